/* cover.h -- graphs of minima and maxima over windows of several shapes, for the morphology
 * kernels.
 */
#ifndef TRI_COVER_H
#define TRI_COVER_H

#include "kernel_description.h"

/* A disk has the samples whose centres are no farther than the radius. */
enum tri_window_shape { TRI_SQUARE, TRI_CROSS, TRI_DISK };
#define TRI_WINDOW_SHAPES "square|cross|disk"

/* The passes of such a kernel: those of cover.h, one that chooses between two channels, and the
 * same followed by rows of radius 1, 2 and 3. */
struct tri_cover_shapes {
    const struct tri_cover *square;
    const struct tri_pass *join, *join_rows[3];
};
extern const struct tri_cover_shapes tri_cover_dilate, tri_cover_erode;

/* Applies the choice to a window of this shape. A disk costs as much as the number of different
 * lengths of its rows, which grows with the radius. */
int tri_graph_cover_shape(struct tri_graph *graph, const struct tri_cover_shapes *passes,
                          enum tri_window_shape shape, int radius, int channel);

#endif
