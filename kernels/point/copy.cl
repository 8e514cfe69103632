/* copy -- the picture as it is. */
#include "kernel.h"

PASS(copy, S, S)
{
    PUT(AT(0, 0));
}

#ifdef HOST
KERNEL(copy, tri_alpha_plain, "the picture unchanged",
       "Copies every sample. Shows what reading and writing cost.", "copy", NO_PARAMS)

KNOWN(copy, "copy", PICTURE(2, 1, 1, 7, 9), PICTURE(2, 1, 1, 7, 9))

GRAPH_PLANE(copy)
{
    return NODE(copy, .in = {in});
}
#endif
