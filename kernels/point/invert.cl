/* invert -- subtracts each sample from the maximum: a photographic negative. */
#include "kernel.h"

/* For samples whose black and white are not the ends of the range: black + white - v. */
struct negative {
    uint above, below; /* how far black + white is above, or below, the maximum */
};

PASS(invert, S, S)
{
    PUT(~AT(0, 0));
}

PASS(invert_between, S, S)
{
    const S v = AT(0, 0), up = ~(v - MIN(v, ALL(S, CONSTANTS(struct negative)->above)));
    PUT(up - MIN(up, ALL(S, CONSTANTS(struct negative)->below)));
}

#ifdef HOST
KERNEL(invert, tri_alpha_kept, "negative of the picture",
       "Subtracts each sample from the maximum, or in planes of video from the sum of black and "
       "white. Alpha is kept.",
       "invert", NO_PARAMS)
ALIASES(invert, ALIAS("negate|negative|inverse", "invert"))

KNOWN(invert, "invert", PICTURE(3, 1, 1, 0, 100, 255), PICTURE(3, 1, 1, 255, 155, 0))

GRAPH_PLANE(invert)
{
    const struct tri_levels levels = tri_graph_levels(graph);
    const uint sum = levels.black + levels.white, most = (1u << tri_graph_bits(graph)) - 1;
    const struct negative k = {sum > most ? sum - most : 0, sum < most ? most - sum : 0};
    if (sum == most)
        return NODE(invert, .in = {in});
    return NODE(invert_between, .in = {in}, .constants = &k, .constants_size = sizeof k);
}
#endif
