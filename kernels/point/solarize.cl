/* solarize -- inverts the samples above a level, as overexposed film does. */
#include "kernel.h"

struct solarize {
    uint level; /* samples above it are inverted */
};

PASS(solarize, S, S)
{
    const S v = AT(0, 0), inverted = TO_S(~v);
    PUT(SELECT(v > ALL(S, CONSTANTS(struct solarize)->level), inverted, v));
}

#ifdef HOST
KERNEL(solarize, tri_alpha_kept, "invert what is above a level",
       "Subtracts samples greater than level times the maximum from the maximum, as ImageMagick "
       "does; Pillow inverts samples equal to its threshold too. Alpha is kept.",
       "solarize:level=0.5", PARAM_FLOAT(level, 0.5, 0, 1, "fraction of the maximum"))
ALIASES(solarize, ALIAS("solarise", "solarize"))

KNOWN(solarize, "solarize:level=0.5", PICTURE(4, 1, 1, 0, 127, 128, 255),
      PICTURE(4, 1, 1, 0, 127, 127, 0))

GRAPH_PLANE(solarize)
{
    tri_graph_needs_rgb(graph);
    const double maximum = (1 << tri_graph_bits(graph)) - 1;
    const struct solarize k = {(uint)(VALUE(level) * maximum)};
    return NODE(solarize, .in = {in}, .constants = &k, .constants_size = sizeof k);
}
#endif
