/* parts.h -- a picture too large for memory, computed part by part: as many rows of it at a time as
 * fit.
 *
 * Images and planes are as large as those of the whole picture, so coordinates, borders and bytes
 * are those of the whole; but they are in sparse memory, and only rows that a part needs are ever
 * filled. What a pipeline counts is counted in passes before the last: each goes over all parts,
 * and ends with tri_parts_complete. */
#ifndef TRI_PARTS_H
#define TRI_PARTS_H

#include "backend.h"
#include "../pipeline/strips.h"

struct tri_parts;

/* TRI_USAGE: the pipeline cannot be computed in parts. Backends without run_stage, such as devices,
 * can only where tri_plan_cut allows it: parts are then pictures of their own. */
enum tri_status tri_parts_new(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                              const struct tri_shape *in, struct tri_parts **parts,
                              struct tri_error *error);
void tri_parts_free(struct tri_parts *parts);
int tri_parts_passes(const struct tri_parts *parts); /* 1, and one for each stage that counts */
const struct tri_shape *tri_parts_shape(const struct tri_parts *parts); /* of the result */
/* Rows above and below a part's own that its last pass reads, away from the edges. */
struct tri_reach {
    int above, below;
};
struct tri_reach tri_parts_reach(const struct tri_parts *parts, int pass);
/* Bytes of memory for a row of a part, in all planes. */
size_t tri_parts_row_bytes(const struct tri_parts *parts);

/* The rows of the input that a pass needs for rows of the picture. */
enum tri_status tri_parts_needs(const struct tri_parts *parts, int pass, struct tri_span rows,
                                struct tri_span *in, struct tri_error *error);
/* Where these rows are to be. */
struct tri_image *tri_parts_input(const struct tri_parts *parts);
/* Computes a part, whose input is there. */
enum tri_status tri_parts_run(struct tri_parts *parts, int pass, struct tri_span rows,
                              struct tri_error *error);
/* Where the rows of the last pass are then. */
struct tri_image *tri_parts_output(const struct tri_parts *parts);
/* Forgets the part. */
void tri_parts_drop(struct tri_parts *parts);

/* What a pass has counted so far in histogram `number`, from 0 on, to be replaced by the sums of
 * all who count, or by the largest; NULL: there are no more. */
uint64_t *tri_parts_counts(struct tri_parts *parts, int number, size_t *count, bool *largest);
/* Ends a pass, whose counts are complete, and begins the next. */
void tri_parts_complete(struct tri_parts *parts, int pass);

#endif
