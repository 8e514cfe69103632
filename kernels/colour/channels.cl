/* channels -- the colours in another order, or one of them alone. No samples are computed. */
#include "kernel.h"

#ifdef HOST
KERNEL(channels, tri_alpha_kept, "reorder colours, or take one",
       "The result's red, green and blue are the planes that order names: bgr swaps red and blue. "
       "With red, green or blue the result is that plane as gray. A gray picture does not change. "
       "Alpha is kept.",
       "channels:order=bgr",
       PARAM_CHOICE(order, 0, 9, "bgr|rgb|rbg|grb|gbr|brg|red|green|blue", "what the result has"))
ALIASES(channels,
        ALIAS("swapchannels|shufflechannels|shuffleplanes|reorder|bgr", "channels:order=bgr")
            ALIAS("extractchannel|extractplanes|extractband|separate|split", "channels:order=red"))

KNOWN(channels, "channels:order=gbr", PICTURE(2, 1, 3, 1, 2, 3, 4, 5, 6),
      PICTURE(2, 1, 3, 3, 4, 5, 6, 1, 2))

GRAPH(channels)
{
    static const int orders[6][3] = {{2, 1, 0}, {0, 1, 2}, {0, 2, 1},
                                     {1, 0, 2}, {1, 2, 0}, {2, 0, 1}};
    const int order = (int)VALUE(order);
    tri_graph_needs_rgb(graph);
    if (in.planes == 1)
        return in;
    if (order >= 6)
        return (struct tri_value){1, {in.channel[order - 6]}};
    const int *of = orders[order];
    return (struct tri_value){3, {in.channel[of[0]], in.channel[of[1]], in.channel[of[2]]}};
}
#endif
