/* erode -- minimum of a square window; borders replicate the edge sample. */
#include "kernel.h"

COVER(erode, MIN);

#ifdef HOST
KERNEL(erode, tri_alpha_premultiplied, "minimum of a square window: dark areas grow",
       "The smallest of the (2 radius + 1)^2 samples around each sample. The cost grows with the "
       "logarithm of the radius. Borders replicate the edge sample.",
       "erode:radius=3",
       PARAM_LENGTH(radius, TRI_INT, 1, 1, 100, "window radius in pixels", TRI_RADIUS))
ALIASES(erode, ALIAS("erosion|minimum|minfilter", "erode:radius=1"))

KNOWN(erode, "erode", PICTURE(4, 2, 1, 5, 4, 9, 9, 6, 8, 9, 9),
      PICTURE(4, 2, 1, 4, 4, 4, 9, 4, 4, 4, 9))

GRAPH_PLANE(erode)
{
    return tri_graph_cover(graph, COVER_PASSES(erode), (int)VALUE(radius), in);
}
#endif
