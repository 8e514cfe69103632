/* close -- dilation, then erosion by the same window; borders replicate the edge sample. */
#include "kernel.h"

#ifdef HOST
#include "../../host/pipeline/cover.h"

KERNEL(close, tri_alpha_premultiplied, "closing: fills dark details smaller than the window",
       "Dilates, then erodes: dark specks, lines and gaps that the window does not fit into "
       "disappear, and the rest keeps its size. The window is as in dilate. Borders replicate the "
       "edge sample.",
       "close:radius=2:shape=disk",
       PARAM_LENGTH(radius, TRI_INT, 1, 1, 100, "window radius in pixels", TRI_RADIUS)
           PARAM_CHOICE(shape, 0, 3, TRI_WINDOW_SHAPES, "shape of the window"))
ALIASES(close, ALIAS("closing|morphclose|morphologicalclosing", "close:radius=1"))

/* The dark line is narrower than the window. What is darkest at the edge becomes as its neighbour.
 */
KNOWN(close, "close", PICTURE(7, 1, 1, 9, 0, 9, 9, 2, 1, 0), PICTURE(7, 1, 1, 9, 9, 9, 9, 2, 1, 1))

GRAPH_PLANE(close)
{
    const enum tri_window_shape shape = (enum tri_window_shape)VALUE(shape);
    const int radius = (int)VALUE(radius);
    const int dilated = tri_graph_cover_shape(graph, &tri_cover_dilate, shape, radius, in);
    return tri_graph_cover_shape(graph, &tri_cover_erode, shape, radius, dilated);
}
#endif
