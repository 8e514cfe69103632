/* limits.h -- what a machine can do at most: copies from memory, and arithmetic in registers. */
#ifndef TRIPTYCH_LIMITS_H
#define TRIPTYCH_LIMITS_H

#include "measure/measure.h"

/* Operations as tri_graph_operations counts them, in 10^9 a second; 0: not measured. */
struct tri_limit {
    const struct tri_backend_info *info; /* owned by the candidates */
    double choose;                       /* minimum and maximum of samples of this depth */
    double multiply;                     /* multiply-adds of samples of this depth */
};

struct tri_limits {
    int bits; /* of the samples */
    struct tri_limit *list;
    int count;
    double memory_gb_per_s; /* read and written by a copy too large for the caches, all workers;
                               0: not measured */
};

/* Measures the arithmetic limit of each listed contender that `wanted` selects (NULL: all), for
 * some milliseconds each, and the memory. What cannot be measured stays 0. TRI_FAILED: no memory.
 * Free with tri_limits_free, also after a failure. */
enum tri_status tri_limits_measure(const struct tri_candidates *candidates, int bits,
                                   const bool *wanted, struct tri_limits *limits,
                                   struct tri_error *error);
void tri_limits_free(struct tri_limits *limits);
/* NULL: none for this backend. */
const struct tri_limit *tri_limit_of(const struct tri_limits *limits,
                                     const struct tri_backend_info *info);

#endif
