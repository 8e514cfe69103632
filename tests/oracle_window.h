/* oracle_window.h -- for oracles of kernels that choose samples from windows of several shapes, and
 * for those of edge strengths. */
#ifndef ORACLE_WINDOW_H
#define ORACLE_WINDOW_H

#include "oracle.h"

/* These make `out` or overwrite it; release it with free(). */
void oracle_plain(const struct tri_image *in, struct expected *out);
/* The highest sample of the window that the operation's "radius" and "shape" give (sign 1), or the
 * lowest (sign -1). */
void oracle_extreme(const struct tri_pipeline *pipeline, int operation, const struct expected *in,
                    int sign, struct expected *out);

/* Writes the sample of each window that has `rank` samples before it in their order to plane
 * `plane` of `out`. Small windows are sorted; of large ones, the counts of each value follow the
 * window. */
void oracle_rank(const struct tri_image *in, int plane, int radius, int64_t rank,
                 struct expected *out);

/* Writes a - b to `out`, which has their size and may be one of them. */
void oracle_less(const struct expected *a, const struct expected *b, struct expected *out);

/* Texts of parameters that have all shapes, for windows that are chosen from once. */
extern const char *const oracle_shapes[];

/* A component of the gradient by Sobel's operator. */
int64_t oracle_derivative(const struct tri_image *in, int plane, int x, int y, bool across);
/* Makes `out`: the sum of the absolute components of the gradient across and down, or with norm=l2
 * its length rounded, at most the maximum. */
void oracle_strength(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                     int64_t (*component)(const struct tri_image *in, int plane, int x, int y,
                                          bool across),
                     struct expected *out);

#endif
