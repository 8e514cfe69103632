/* multiply -- the product of two pictures. */
#include "kernel.h"

PASS(pair_multiply, S, S)
{
    PUT(divide_maximum(TO_WIDE(AT_INPUT(0, 0, 0)) * TO_WIDE(AT_INPUT(1, 0, 0))));
}

#ifdef HOST
KERNEL(multiply, tri_alpha_kept, "product of two pictures",
       "The product of the samples as fractions of the maximum, rounded to nearest: white "
       "changes nothing, black gives black. Both have one size. Alpha is that of the first "
       "picture; that of the second does not count.",
       "multiply", NO_PARAMS)
ALIASES(multiply, ALIAS("mul|times|product", "multiply"))

KNOWN(multiply, "multiply", PICTURE(3, 1, 1, 10, 200, 255), PICTURE(3, 1, 1, 2, 200, 128),
      .with = PICTURE(3, 1, 1, 51, 255, 128))

GRAPH(multiply)
{
    const struct tri_value with = tri_graph_with_equal(graph, &in);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] = NODE(pair_multiply, .in = {in.channel[p], with.channel[p]});
    return in;
}
#endif
