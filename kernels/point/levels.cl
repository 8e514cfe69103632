/* levels -- stretches the range from black to white and applies gamma, through a table. */
#include "kernel.h"

#ifdef HOST
USES(lookup)

KERNEL(levels, tri_alpha_kept, "black point, white point and gamma",
       "Maps black to 0 and white to the maximum, and raises the values between them to the power "
       "1/gamma: gamma above 1 brightens. Alpha is kept.",
       "levels:black=0.05:white=0.9:gamma=1.2",
       PARAM_FLOAT(black, 0, 0, 1, "fraction of the maximum that becomes black")
           PARAM_FLOAT(white, 1, 0, 1, "fraction of the maximum that becomes white")
               PARAM_FLOAT(gamma, 1, 0.1, 10, "values between the two get the exponent 1/gamma"))
ALIASES(levels, ALIAS("gamma|gammacorrect", "levels:gamma=1.2"))

/* Gamma 2 takes square roots: 64/255 is 0.251, its root 0.501, times 255 is 127.7. */
KNOWN(levels, "levels:gamma=2", PICTURE(3, 1, 1, 0, 64, 255), PICTURE(3, 1, 1, 0, 128, 255))

GRAPH_PLANE(levels)
{
    tri_graph_needs_rgb(graph);
    const int entries = 1 << tri_graph_bits(graph);
    const double black = VALUE(black), white = VALUE(white), power = 1.0 / VALUE(gamma);
    if (white <= black) {
        tri_graph_fail(graph, "levels: white (%g) must be above black (%g)", white, black);
        return 0;
    }
    ushort table[1 << 16];
    for (int i = 0; i < entries; i++) {
        const double v = ((double)i / (entries - 1) - black) / (white - black);
        const double bent = v <= 0 ? 0 : v >= 1 ? 1 : power == 1 ? v : tri_pow(v, power);
        table[i] = (ushort)(bent * (entries - 1) + 0.5);
    }
    return NODE(lookup, .in = {in}, .constants = table,
                .constants_size = (size_t)entries * sizeof table[0]);
}
#endif
