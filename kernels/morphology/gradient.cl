/* gradient -- dilation less erosion; borders replicate the edge sample. */
#include "kernel.h"

#ifdef HOST
#include "../../host/pipeline/cover.h"

USES(minus)

KERNEL(gradient, tri_alpha_kept, "outlines: dilation less erosion",
       "The largest sample of the window less the smallest: bright along edges. The window is as "
       "in dilate. Alpha is kept. Borders replicate the edge sample.",
       "gray,gradient",
       PARAM_LENGTH(radius, TRI_INT, 1, 1, 100, "window radius in pixels", TRI_RADIUS)
           PARAM_CHOICE(shape, 0, 3, TRI_WINDOW_SHAPES, "shape of the window"))
ALIASES(gradient, ALIAS("morphgradient|morphologicalgradient|edgemorph|localrange|rangefilter",
                        "gray,gradient:radius=1"))

/* Largest and smallest: 5 0, 9 0, 9 5, 9 9. */
KNOWN(gradient, "gradient", PICTURE(5, 1, 1, 0, 5, 9, 9, 9), PICTURE(5, 1, 1, 5, 9, 4, 0, 0))

GRAPH_PLANE(gradient)
{
    const enum tri_window_shape shape = (enum tri_window_shape)VALUE(shape);
    const int radius = (int)VALUE(radius);
    tri_graph_monochrome(graph);
    const int highest = tri_graph_cover_shape(graph, &tri_cover_dilate, shape, radius, in);
    const int lowest = tri_graph_cover_shape(graph, &tri_cover_erode, shape, radius, in);
    return NODE(minus, .in = {highest, lowest});
}
#endif
