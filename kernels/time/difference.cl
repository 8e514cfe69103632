/* difference -- how much each sample changed since the frame before; the first frame is compared
 * with itself. */
#include "kernel.h"

PASS(difference, S, S)
{
    PUT(ABS_DIFFERENCE(AT_INPUT(0, 0, 0), AT_INPUT(1, 0, 0)));
}

#ifdef HOST
KERNEL(difference, tri_alpha_kept, "change from the frame before",
       "The absolute difference from the frame before; the first frame gives black. Alpha is that of "
       "this frame.",
       "difference", NO_PARAMS)
ALIASES(difference, ALIAS("tblend|framediff|absdiff", "difference"))

KNOWN(difference, "difference", PICTURE(3, 1, 1, 10, 20, 255), PICTURE(3, 1, 1, 5, 10, 255), PICTURE(3, 1, 1, 15, 10, 0))

GRAPH_PLANE(difference)
{
    tri_graph_monochrome(graph);
    return NODE(difference, .in = {in, tri_graph_before(graph, in, 1)});
}
#endif
