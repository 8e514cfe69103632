/* difference -- how much each sample changed since the previous frame; the first frame is compared
 * with itself. */
#include "kernel.h"

PASS(difference, S, S)
{
    PUT(ABS_DIFFERENCE(AT_INPUT(0, 0, 0), AT_INPUT(1, 0, 0)));
}

#ifdef HOST
KERNEL(difference, tri_alpha_kept, "change since the previous frame",
       "The absolute difference from the previous frame; the first frame gives black. Alpha is "
       "that of "
       "the current frame.",
       "difference", NO_PARAMS)
ALIASES(difference, ALIAS("tblend|framediff", "difference"))

KNOWN(difference, "difference", PICTURE(3, 1, 1, 10, 20, 255), PICTURE(3, 1, 1, 5, 10, 255),
      PICTURE(3, 1, 1, 15, 10, 0))

GRAPH_PLANE(difference)
{
    tri_graph_monochrome(graph);
    return NODE(difference, .in = {in, tri_graph_previous(graph, in, 1)});
}
#endif
