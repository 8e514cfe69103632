/* parts_strip.h -- parts of a picture on backends that compute whole pictures only, such as
 * devices: each is a picture of its own, with the rows around it. */
#ifndef TRI_PARTS_STRIP_H
#define TRI_PARTS_STRIP_H

#include "backend.h"
#include "../pipeline/cut.h"
#include "../pipeline/strips.h"

struct tri_parts_strip {
    struct tri_backend *backend;
    const struct tri_pipeline *pipeline;
    struct tri_plan *plan; /* of the whole picture; NULL: not in use */
    struct tri_cut cut;
    struct tri_job *job; /* for the last part's height */
    struct tri_image *in, *out;
};

/* TRI_USAGE: the pipeline gives other bytes on strips. */
enum tri_status tri_parts_strip_begin(struct tri_parts_strip *strip, struct tri_backend *backend,
                                      const struct tri_pipeline *pipeline,
                                      const struct tri_shape *in, struct tri_error *error);
/* The rows of the input that a part needs. */
struct tri_span tri_parts_strip_needs(const struct tri_parts_strip *strip, struct tri_span rows);
/* Both images have the whole picture's size. */
enum tri_status tri_parts_strip_run(struct tri_parts_strip *strip, struct tri_span rows,
                                    const struct tri_image *in, struct tri_image *out,
                                    struct tri_error *error);
void tri_parts_strip_end(struct tri_parts_strip *strip);

#endif
