/* subtract -- the first picture minus the second. */
#include "kernel.h"

PASS(pair_subtract, S, S)
{
    const S a = AT_INPUT(0, 0, 0);
    PUT(a - MIN(a, AT_INPUT(1, 0, 0)));
}

#ifdef HOST
KERNEL(subtract, tri_alpha_kept, "first picture minus the second",
       "Subtracts the samples of the second picture from those of the first; what is below 0 "
       "becomes 0. Both have one size. Alpha is that of the first picture; that of the second "
       "does not count.",
       "subtract", NO_PARAMS)
ALIASES(subtract, ALIAS("minus|sub", "subtract"))

KNOWN(subtract, "subtract", PICTURE(3, 1, 1, 10, 200, 255), PICTURE(3, 1, 1, 5, 0, 254),
      .with = PICTURE(3, 1, 1, 5, 201, 1))

GRAPH(subtract)
{
    const struct tri_value with = tri_graph_with_equal(graph, &in);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = NODE(pair_subtract, .in = {in.channel[p], with.channel[p]});
    return in;
}
#endif
