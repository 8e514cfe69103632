/* blackhat -- the closing of a picture less the picture; borders replicate the edge sample. */
#include "kernel.h"

#ifdef HOST
#include "../../host/pipeline/cover.h"

USES(minus)

KERNEL(blackhat, tri_alpha_kept, "dark details smaller than the window, bright on black",
       "The closing of the picture less the picture: dark specks and lines that the window does "
       "not fit into, without the background and whether that is bright or dark. The window is as "
       "in dilate. Alpha is kept. Borders replicate the edge sample.",
       "gray,blackhat:radius=7:shape=disk",
       PARAM_LENGTH(radius, TRI_INT, 1, 1, 100, "window radius in pixels", TRI_RADIUS)
           PARAM_CHOICE(shape, 0, 3, TRI_WINDOW_SHAPES, "shape of the window"))
ALIASES(blackhat,
        ALIAS("bottomhat|blacktophat|bottomhattransform|morphblackhat", "gray,blackhat:radius=7"))

/* The closing is 9 9 9 9 2 1 1. */
KNOWN(blackhat, "blackhat", PICTURE(7, 1, 1, 9, 0, 9, 9, 2, 1, 0),
      PICTURE(7, 1, 1, 0, 9, 0, 0, 0, 0, 1))

GRAPH_PLANE(blackhat)
{
    const enum tri_window_shape shape = (enum tri_window_shape)VALUE(shape);
    const int radius = (int)VALUE(radius);
    tri_graph_monochrome(graph);
    const int dilated = tri_graph_cover_shape(graph, &tri_cover_dilate, shape, radius, in);
    const int closed = tri_graph_cover_shape(graph, &tri_cover_erode, shape, radius, dilated);
    return NODE(minus, .in = {closed, in});
}
#endif
