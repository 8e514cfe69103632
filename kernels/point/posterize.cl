/* posterize -- rounds each sample to one of a few levels, evenly spaced. */
#include "kernel.h"

struct posterize {
    uint steps; /* between levels: one less than there are levels */
    struct tri_divisor twice_maximum, twice_steps;
};

PASS(posterize, S, S)
{
    CONSTANT struct posterize *k = CONSTANTS(struct posterize);
    const u32 level =
        DIVIDE(U32(AT(0, 0)) * ALL(u32, 2 * k->steps) + ALL(u32, MAXIMUM), k->twice_maximum);
    PUT(TO_S(DIVIDE(level * ALL(u32, 2 * MAXIMUM) + ALL(u32, k->steps), k->twice_steps)));
}

#ifdef HOST
USES(lookup)

KERNEL(posterize, tri_alpha_kept, "few levels per colour",
       "Rounds each sample to the nearest of so many levels, evenly spaced from 0 to the maximum, "
       "and each level half up, as ImageMagick's -posterize does without dithering. Alpha is kept.",
       "posterize:levels=4", PARAM_INT(levels, 4, 2, 256, "levels per colour"))
ALIASES(posterize, ALIAS("posterise|quantize|quantise|reducecolors", "posterize:levels=4"))

/* Three levels are 0, 127.5 and 255; the nearest changes at 63.75 and 191.25. */
KNOWN(posterize, "posterize:levels=3", PICTURE(5, 1, 1, 63, 64, 191, 192, 255),
      PICTURE(5, 1, 1, 0, 128, 128, 255, 255))

GRAPH_PLANE(posterize)
{
    tri_graph_needs_rgb(graph);
    const uint maximum = (1u << tri_graph_bits(graph)) - 1, steps = (uint)VALUE(levels) - 1;
    const struct posterize k = {steps, tri_divisor_make(2 * maximum), tri_divisor_make(2 * steps)};
    if (tri_graph_bits(graph) == 16)
        return NODE(posterize, .in = {in}, .constants = &k, .constants_size = sizeof k);
    ushort table[256];
    for (uint v = 0; v < 256; v++) {
        const uint level = (2 * v * steps + maximum) / (2 * maximum);
        table[v] = (ushort)((2 * level * maximum + steps) / (2 * steps));
    }
    return NODE(lookup, .in = {in}, .constants = table, .constants_size = sizeof table);
}
#endif
