/* sizes.h -- how the times of a few backends grow with the picture. */
#ifndef TRIPTYCH_SIZES_H
#define TRIPTYCH_SIZES_H

#include "measure/measure.h"

enum { TRI_SIZE_POINTS = 24, TRI_SIZE_LINES = 12 };

/* One backend over all sizes; median 0: not measured. */
struct tri_size_line {
    const struct tri_backend_info *info; /* owned by the candidates */
    struct tri_summary points[TRI_SIZE_POINTS];
};

struct tri_sizes_case {
    struct tri_shape shapes[TRI_SIZE_POINTS]; /* ascending */
    int count;
    struct tri_size_line lines[TRI_SIZE_LINES];
    int line_count;
};

/* Measures generated pictures of the planes and depth of `like`, from 64x64, doubled until the
 * picture has as many pixels as `like` and 2048x2048, or a run takes 50 ms. The contenders that
 * `wanted` selects take turns, `seconds` for each; the bytes of all are compared with those of the
 * first. */
enum tri_status tri_sizes_measure(const struct tri_candidates *candidates, const bool *wanted,
                                  const struct tri_pipeline *pipeline, const struct tri_shape *like,
                                  double seconds, struct tri_sizes_case *result,
                                  struct tri_error *error);

/* The number of pixels at which line `b` becomes faster than line `a`, between the last measured
 * size where it is not and the first where it stays so; 0: from the smallest size on; NAN: never
 * within the sizes. */
double tri_sizes_crossing(const struct tri_sizes_case *sizes, int a, int b);

#endif
