/* lockstep.h -- a backend and scalar side by side, stage by stage, on the same frames. */
#ifndef TRI_LOCKSTEP_H
#define TRI_LOCKSTEP_H

#include "backend.h"

/* What differs first, in the order of frames and then of stages. */
struct tri_mismatch {
    bool found;
    int frame, stage;
    const char *pass, *file; /* which made it, and the kernel file that it is from */
    int plane;               /* of the output; -1: it is a channel between stages, or a histogram */
    int x, y;
    int64_t expected, actual;
};

/* Runs the pipeline on `frames` pictures of one shape, and what is late after them, on both, with plans as the backend
 * wants them. Failures of the function are those of either run. */
enum tri_status tri_lockstep(struct tri_backend *reference, struct tri_backend *backend, const struct tri_pipeline *pipeline,
                             struct tri_image *const *pictures, int frames, struct tri_mismatch *mismatch,
                             struct tri_error *error);

#endif
