/* sobel -- edge strength by the Sobel operator; borders replicate the edge sample. */
#include "kernel.h"

PASS(sobel_l1, S, S)
{
    GRADIENT
    PUT(TO_S(MIN(ABS(gx) + ABS(gy), ALL(WIDE_SIGNED, MAXIMUM))));
}

PASS(sobel_l2, S, S)
{
    GRADIENT
    PUT(round_length(MIN(ABS(gx), ALL(WIDE_SIGNED, MAXIMUM)),
                     MIN(ABS(gy), ALL(WIDE_SIGNED, MAXIMUM))));
}

#ifdef HOST
KERNEL(
    sobel, tri_alpha_premultiplied, "edge strength (Sobel operator)",
    "The gradient gx, gy of the 3x3 Sobel operator: min(|gx| + |gy|, maximum), or with norm=l2 the "
    "length of the vector, rounded. Borders replicate the edge sample.",
    "gray,sobel", PARAM_CHOICE(norm, 0, 2, "l1|l2", "how to combine gx and gy"))
ALIASES(sobel, ALIAS("edge|edges|edgedetect|findedges|prewitt", "sobel"))

/* A step of 10 from left to right: gx = 4 * 10 on both sides of it. */
KNOWN(sobel, "sobel", PICTURE(4, 2, 1, 0, 0, 10, 10, 0, 0, 10, 10),
      PICTURE(4, 2, 1, 0, 40, 40, 0, 0, 40, 40, 0))

GRAPH_PLANE(sobel)
{
    tri_graph_monochrome(graph);
    if (VALUE(norm) == 1)
        return NODE(sobel_l2, .in = {in}, .low = -1, .high = 1, .reach = 1);
    return NODE(sobel_l1, .in = {in}, .low = -1, .high = 1, .reach = 1);
}
#endif
