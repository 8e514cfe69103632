/* lockstep.h -- runs a backend and scalar stage by stage on the same frames. */
#ifndef TRI_LOCKSTEP_H
#define TRI_LOCKSTEP_H

#include "backend.h"

/* The first difference, in order of frames, then of stages. */
struct tri_mismatch {
    bool found;
    int frame, stage;
    const char *pass, *file; /* that produced it, and its kernel file */
    int plane;               /* of the output; -1: a channel between stages, or a histogram */
    int x, y;
    int64_t expected, actual;
};

/* Runs the pipeline on both, on `frames` images of one shape and until delayed output is flushed,
 * with plans of the backend's kind. Fails if either run fails. */
enum tri_status tri_lockstep(struct tri_backend *reference, struct tri_backend *backend,
                             const struct tri_pipeline *pipeline, struct tri_image *const *pictures,
                             int frames, struct tri_mismatch *mismatch, struct tri_error *error);

#endif
