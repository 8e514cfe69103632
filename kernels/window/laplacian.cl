/* laplacian -- how much a sample differs from its neighbours' mean; borders replicate the edge
 * sample. */
#include "kernel.h"

#define LAPLACIAN_SIDES \
    (TO_WIDE_SIGNED(AT(0, -1)) + TO_WIDE_SIGNED(AT(-1, 0)) + TO_WIDE_SIGNED(AT(1, 0)) + \
     TO_WIDE_SIGNED(AT(0, 1)))
#define LAPLACIAN_CORNERS \
    (TO_WIDE_SIGNED(AT(-1, -1)) + TO_WIDE_SIGNED(AT(1, -1)) + TO_WIDE_SIGNED(AT(-1, 1)) + \
     TO_WIDE_SIGNED(AT(1, 1)))

PASS(laplacian_4, S, S)
{
    const WIDE_SIGNED centre = TO_WIDE_SIGNED(AT(0, 0)) << ALL(WIDE_SIGNED, 2);
    const WIDE_SIGNED sum = LAPLACIAN_SIDES - centre;
    PUT(TO_S(MIN(ABS(sum), ALL(WIDE_SIGNED, MAXIMUM))));
}

PASS(laplacian_8, S, S)
{
    const WIDE_SIGNED centre = TO_WIDE_SIGNED(AT(0, 0)) << ALL(WIDE_SIGNED, 3);
    const WIDE_SIGNED sum = (LAPLACIAN_SIDES + LAPLACIAN_CORNERS) - centre;
    PUT(TO_S(MIN(ABS(sum), ALL(WIDE_SIGNED, MAXIMUM))));
}

#ifdef HOST
KERNEL(laplacian, tri_alpha_kept, "edges and fine detail (Laplace operator)",
       "The absolute value of the sum of the 4 or 8 neighbours less as many times the sample, at "
       "most the maximum: large on both sides of edges, and at points and lines. Alpha is kept. "
       "Borders replicate the edge sample.",
       "gray,gaussian:sigma=1,laplacian:neighbours=8",
       PARAM_CHOICE(neighbours, 0, 2, "4|8", "neighbours that count: sides, or corners too"))
ALIASES(laplacian, ALIAS("laplace|laplacianfilter|laplaceoperator", "gray,laplacian"))

/* The only row is above and below too: 0 + 0 + 10 + 10 - 40 in the middle. */
KNOWN(laplacian, "laplacian", PICTURE(3, 1, 1, 0, 10, 0), PICTURE(3, 1, 1, 10, 20, 10))

GRAPH_PLANE(laplacian)
{
    tri_graph_monochrome(graph);
    if (VALUE(neighbours) == 1)
        return NODE(laplacian_8, .in = {in}, .low = -1, .high = 1, .reach = 1);
    return NODE(laplacian_4, .in = {in}, .low = -1, .high = 1, .reach = 1);
}
#endif
