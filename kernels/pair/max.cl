/* max -- the higher of the samples of two pictures. */
#include "kernel.h"

CHOOSE(pair_max)
{
    PUT(MAX(AT_INPUT(0, 0, 0), AT_INPUT(1, 0, 0)));
}

#ifdef HOST
KERNEL(max, tri_alpha_kept, "the brighter of two pictures",
       "The higher of the two samples, in each plane separately. Both have one size. Alpha is "
       "that of the first picture; that of the second does not count.",
       "max", NO_PARAMS)
ALIASES(max, ALIAS("maxpair|lighten|lightest", "max"))

KNOWN(max, "max", PICTURE(3, 1, 1, 10, 200, 0), PICTURE(3, 1, 1, 10, 201, 0),
      .with = PICTURE(3, 1, 1, 5, 201, 0))

GRAPH(max)
{
    const struct tri_value with = tri_graph_with_equal(graph, &in);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = NODE(pair_max, .in = {in.channel[p], with.channel[p]});
    return in;
}
#endif
