/* oracle_window.h -- for oracles of kernels that choose samples from windows of several shapes. */
#ifndef ORACLE_WINDOW_H
#define ORACLE_WINDOW_H

#include "oracle.h"

/* These make `out` or overwrite it; release it with free(). */
void oracle_plain(const struct tri_image *in, struct expected *out);
/* The highest sample of the window that the operation's "radius" and "shape" give (sign 1), or the
 * lowest (sign -1). */
void oracle_extreme(const struct tri_pipeline *pipeline, int operation, const struct expected *in,
                    int sign, struct expected *out);

/* Writes a - b to `out`, which has their size and may be one of them. */
void oracle_less(const struct expected *a, const struct expected *b, struct expected *out);

#endif
