/* min -- the lower of the samples of two pictures. */
#include "kernel.h"

CHOOSE(pair_min)
{
    PUT(MIN(AT_INPUT(0, 0, 0), AT_INPUT(1, 0, 0)));
}

#ifdef HOST
KERNEL(min, tri_alpha_kept, "the darker of two pictures",
       "The lower of the two samples, in each plane separately. Both have one size. Alpha is "
       "that of the first picture; that of the second does not count.",
       "min", NO_PARAMS)
ALIASES(min, ALIAS("minpair|darken|darkest", "min"))

KNOWN(min, "min", PICTURE(3, 1, 1, 10, 200, 255), PICTURE(3, 1, 1, 5, 200, 255),
      .with = PICTURE(3, 1, 1, 5, 201, 255))

GRAPH(min)
{
    const struct tri_value with = tri_graph_with_equal(graph, &in);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = NODE(pair_min, .in = {in.channel[p], with.channel[p]});
    return in;
}
#endif
