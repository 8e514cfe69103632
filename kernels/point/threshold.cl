/* threshold -- white where a sample is above a level, black elsewhere. */
#include "kernel.h"

struct threshold {
    uint level; /* samples above it become white */
};

PASS(threshold, S, S)
{
    const S level = ALL(S, CONSTANTS(struct threshold)->level);
    PUT(SELECT(AT(0, 0) > level, ALL(S, MAXIMUM), ALL(S, 0)));
}

#ifdef HOST
KERNEL(threshold, tri_alpha_kept, "white above a level, black elsewhere",
       "In each plane separately: the maximum where the sample is greater than level times the "
       "maximum, "
       "0 elsewhere. Alpha is kept.",
       "gray,threshold:level=0.4", PARAM_FLOAT(level, 0.5, 0, 1, "fraction of the maximum"))
ALIASES(threshold, ALIAS("binarize|binarise|blackwhite|otsu", "gray,threshold:level=0.5"))

KNOWN(threshold, "threshold:level=0.5", PICTURE(3, 1, 1, 127, 128, 255),
      PICTURE(3, 1, 1, 0, 255, 255))

GRAPH_PLANE(threshold)
{
    const double maximum = (1 << tri_graph_bits(graph)) - 1;
    const struct threshold k = {(uint)(VALUE(level) * maximum)};
    tri_graph_monochrome(graph);
    return NODE(threshold, .in = {in}, .constants = &k, .constants_size = sizeof k);
}
#endif
