/* tophat -- a picture less its opening; borders replicate the edge sample. */
#include "kernel.h"

#ifdef HOST
#include "../../host/pipeline/cover.h"

USES(minus)

KERNEL(tophat, tri_alpha_kept, "bright details smaller than the window, on black",
       "The picture less its opening: bright specks and lines that the window does not fit into, "
       "without the background and whether that is bright or dark. The window is as in dilate. "
       "Alpha is kept. Borders replicate the edge sample.",
       "gray,tophat:radius=7:shape=disk",
       PARAM_LENGTH(radius, TRI_INT, 1, 1, 100, "window radius in pixels", TRI_RADIUS)
           PARAM_CHOICE(shape, 0, 3, TRI_WINDOW_SHAPES, "shape of the window"))
ALIASES(tophat, ALIAS("whitetophat|tophattransform|morphtophat", "gray,tophat:radius=7"))

/* The opening is 1 1 1 1 7 8 8. */
KNOWN(tophat, "tophat", PICTURE(7, 1, 1, 1, 9, 1, 1, 7, 8, 9),
      PICTURE(7, 1, 1, 0, 8, 0, 0, 0, 0, 1))

GRAPH_PLANE(tophat)
{
    const enum tri_window_shape shape = (enum tri_window_shape)VALUE(shape);
    const int radius = (int)VALUE(radius);
    tri_graph_monochrome(graph);
    const int eroded = tri_graph_cover_shape(graph, &tri_cover_erode, shape, radius, in);
    const int opened = tri_graph_cover_shape(graph, &tri_cover_dilate, shape, radius, eroded);
    return NODE(minus, .in = {in, opened});
}
#endif
