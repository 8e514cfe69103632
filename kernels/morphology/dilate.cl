/* dilate -- maximum of a square window; borders replicate the edge sample. */
#include "kernel.h"

COVER(dilate, MAX);

#ifdef HOST
KERNEL(dilate, tri_alpha_premultiplied, "maximum of a square window: bright areas grow",
       "The largest of the (2 radius + 1)^2 samples around each sample. The cost grows with the "
       "logarithm of the radius. Borders replicate the edge sample.",
       "dilate:radius=3",
       PARAM_LENGTH(radius, TRI_INT, 1, 1, 100, "window radius in pixels", TRI_RADIUS))
ALIASES(dilate, ALIAS("dilation|maximum|maxfilter", "dilate:radius=1"))

KNOWN(dilate, "dilate", PICTURE(4, 2, 1, 5, 1, 0, 0, 1, 2, 1, 0),
      PICTURE(4, 2, 1, 5, 5, 2, 1, 5, 5, 2, 1))

GRAPH_PLANE(dilate)
{
    return tri_graph_cover(graph, COVER_PASSES(dilate), (int)VALUE(radius), in);
}
#endif
