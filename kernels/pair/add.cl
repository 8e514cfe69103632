/* add -- the sum of two pictures. */
#include "kernel.h"

PASS(pair_add, S, S)
{
    const S a = AT_INPUT(0, 0, 0), b = AT_INPUT(1, 0, 0);
    PUT(a + MIN(b, ALL(S, MAXIMUM) - a));
}

#ifdef HOST
KERNEL(add, tri_alpha_kept, "sum of two pictures",
       "Adds the samples of the second picture to those of the first; what is above the "
       "maximum becomes the maximum. Both have one size. Alpha is that of the first picture; "
       "that of the second does not count.",
       "add", NO_PARAMS)
ALIASES(add, ALIAS("plus|sum|lineardodge", "add"))

KNOWN(add, "add", PICTURE(3, 1, 1, 10, 200, 255), PICTURE(3, 1, 1, 15, 255, 255),
      .with = PICTURE(3, 1, 1, 5, 56, 255))

GRAPH(add)
{
    const struct tri_value with = tri_graph_with_equal(graph, &in);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = NODE(pair_add, .in = {in.channel[p], with.channel[p]});
    return in;
}
#endif
