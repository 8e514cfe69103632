/* open -- erosion, then dilation by the same window; borders replicate the edge sample. */
#include "kernel.h"

#ifdef HOST
#include "../../host/pipeline/cover.h"

KERNEL(
    open, tri_alpha_premultiplied, "opening: removes bright details smaller than the window",
    "Erodes, then dilates: bright specks and lines that the window does not fit into disappear, "
    "and the rest keeps its size. The window is as in dilate. Borders replicate the edge sample.",
    "open:radius=2:shape=disk",
    PARAM_LENGTH(radius, TRI_INT, 1, 1, 100, "window radius in pixels", TRI_RADIUS)
        PARAM_CHOICE(shape, 0, 3, TRI_WINDOW_SHAPES, "shape of the window"))
ALIASES(open, ALIAS("opening|morphopen|morphologicalopening", "open:radius=1"))

/* The bright line is narrower than the window. What is brightest at the edge becomes as its
 * neighbour. */
KNOWN(open, "open", PICTURE(7, 1, 1, 0, 9, 0, 0, 7, 8, 9), PICTURE(7, 1, 1, 0, 0, 0, 0, 7, 8, 8))

GRAPH_PLANE(open)
{
    const enum tri_window_shape shape = (enum tri_window_shape)VALUE(shape);
    const int radius = (int)VALUE(radius);
    const int eroded = tri_graph_cover_shape(graph, &tri_cover_erode, shape, radius, in);
    return tri_graph_cover_shape(graph, &tri_cover_dilate, shape, radius, eroded);
}
#endif
