/* invert -- each sample subtracted from the maximum: a photographic negative. */
#include "kernel.h"

PASS(invert, S, S)
{
    PUT(~AT(0, 0));
}

#ifdef HOST
KERNEL(invert, tri_alpha_kept, "negative of the picture",
       "Subtracts every sample from the maximum. Alpha is kept.", "invert", NO_PARAMS)

KNOWN(invert, "invert", PICTURE(3, 1, 1, 0, 100, 255), PICTURE(3, 1, 1, 255, 155, 0))

GRAPH_PLANE(invert)
{
    return NODE(invert, .in = {in});
}
#endif
