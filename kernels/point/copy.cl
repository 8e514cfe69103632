/* copy -- copies the picture unchanged. */
#include "kernel.h"

#ifdef HOST
USES(relay)

KERNEL(copy, tri_alpha_plain, "the picture unchanged",
       "Copies every sample. Shows the cost of reading and writing.", "copy", NO_PARAMS)
ALIASES(copy, ALIAS("null|identity|noop", "copy"))

KNOWN(copy, "copy", PICTURE(2, 1, 1, 7, 9), PICTURE(2, 1, 1, 7, 9))

GRAPH_PLANE(copy)
{
    tri_graph_same_samples(graph);
    tri_graph_moves(graph, false, false);
    return NODE(relay, .in = {in});
}
#endif
