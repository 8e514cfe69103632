/* oracle_places.h -- for oracles of kernels that move pixels to places between others. */
#ifndef ORACLE_PLACES_H
#define ORACLE_PLACES_H

#include "oracle.h"

/* Finds where the centre of an output pixel, at (x, y) from the result's corner, comes from.
 * Returns false, or places far outside, if nowhere. */
typedef void oracle_find_place(const void *data, double x, double y, double *from_x,
                               double *from_y);

/* Fills in the result, by the operation's parameters `filter`, `border` and `gray`. */
void oracle_places(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                   oracle_find_place *find, const void *data, struct expected *out);

#endif
