/* absdiff -- the absolute difference of two pictures. */
#include "kernel.h"

#ifdef HOST
USES(apart)

KERNEL(absdiff, tri_alpha_kept, "absolute difference of two pictures",
       "How far apart the samples of the two pictures are. Both have one size. Alpha is that "
       "of the first picture; that of the second does not count.",
       "absdiff", NO_PARAMS)
ALIASES(absdiff, ALIAS("absolutedifference|imagediff", "absdiff"))

KNOWN(absdiff, "absdiff", PICTURE(3, 1, 1, 10, 200, 255), PICTURE(3, 1, 1, 5, 1, 255),
      .with = PICTURE(3, 1, 1, 5, 201, 0))

GRAPH(absdiff)
{
    const struct tri_value with = tri_graph_with_equal(graph, &in);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = NODE(apart, .in = {in.channel[p], with.channel[p]});
    return in;
}
#endif
