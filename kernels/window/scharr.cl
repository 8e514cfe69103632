/* scharr -- edge strength by the Scharr operator; borders replicate the edge sample. */
#include "kernel.h"

/* A quarter of the gradient's components, which is as much as Sobel's, rounded. */
#define SCHARR_GRADIENTS \
    GRADIENT_PARTS \
    const WIDE_SIGNED three = ALL(WIDE_SIGNED, 3), ten = ALL(WIDE_SIGNED, 10); \
    const WIDE_SIGNED across_all = (rising + falling) * three + across * ten; \
    const WIDE_SIGNED down_all = (rising - falling) * three + down * ten; \
    const WIDE_SIGNED gx = (ABS(across_all) + ALL(WIDE_SIGNED, 2)) >> ALL(WIDE_SIGNED, 2); \
    const WIDE_SIGNED gy = (ABS(down_all) + ALL(WIDE_SIGNED, 2)) >> ALL(WIDE_SIGNED, 2);

PASS(scharr_l1, S, S)
{
    SCHARR_GRADIENTS
    PUT(TO_S(MIN(gx + gy, ALL(WIDE_SIGNED, MAXIMUM))));
}

PASS(scharr_l2, S, S)
{
    SCHARR_GRADIENTS
    PUT(round_length(MIN(gx, ALL(WIDE_SIGNED, MAXIMUM)), MIN(gy, ALL(WIDE_SIGNED, MAXIMUM))));
}

#ifdef HOST
KERNEL(scharr, tri_alpha_kept, "edge strength (Scharr operator)",
       "Like sobel, but nearer to the same strength in all directions: the gradient with the "
       "weights 3, 10, 3. Its components, divided by 4 and rounded, are on sobel's scale: "
       "min(|gx| + |gy|, maximum), or with norm=l2 the length of the vector, rounded. Alpha is "
       "kept. Borders replicate the edge sample.",
       "gray,scharr:norm=l2", PARAM_CHOICE(norm, 0, 2, "l1|l2", "how to combine gx and gy"))
ALIASES(scharr, ALIAS("scharrderivative", "gray,scharr"))

/* A step of 10 from left to right: gx = 16 * 10 / 4 on both sides of it. */
KNOWN(scharr, "scharr", PICTURE(4, 2, 1, 0, 0, 10, 10, 0, 0, 10, 10),
      PICTURE(4, 2, 1, 0, 40, 40, 0, 0, 40, 40, 0))

GRAPH_PLANE(scharr)
{
    tri_graph_monochrome(graph);
    if (VALUE(norm) == 1)
        return NODE(scharr_l2, .in = {in}, .low = -1, .high = 1, .reach = 1);
    return NODE(scharr_l1, .in = {in}, .low = -1, .high = 1, .reach = 1);
}
#endif
