/* saturation -- moves each colour away from the pixel's luma, or towards it. */
#include "kernel.h"

#ifdef HOST
KERNEL(
    saturation, tri_alpha_kept, "more or less colour",
    "Each colour becomes Y + amount * (colour - Y), where Y is the pixel's luma, so that luma "
    "stays the same: 0 is gray, 1 no change. The three sums of red, green and blue are rounded "
    "half up and clamped; their weights are integers, with at least 12 bits after the point at 8 "
    "bits and 18 at 16. FFmpeg's eq does the same in Y'CbCr; ImageMagick's -modulate works in HSL. "
    "A gray "
    "picture does not change. Alpha is kept.",
    "saturation:amount=1.5",
    PARAM_FLOAT(amount, 1.5, 0, 8, "factor of the distance from luma")
        PARAM_CHOICE(standard, 0, 2, "bt601|bt709", "standard that defines luma"))
ALIASES(saturation, ALIAS("saturate|modulate|colorize|vibrance|adjustsaturation", "saturation"))

/* Red's luma is 0.299 * 255 = 76.245: half of the way there are 165.6 and 38.1. */
KNOWN(saturation, "saturation:amount=0.5", PICTURE(2, 1, 3, 255, 90, 0, 90, 0, 90),
      PICTURE(2, 1, 3, 166, 90, 38, 90, 38, 90))

GRAPH(saturation)
{
    static const double luma[2][3] = {{0.299, 0.587, 0.114}, {0.2126, 0.7152, 0.0722}};
    const double amount = VALUE(amount), *w = luma[(int)VALUE(standard)];
    struct tri_mix mix = {.before = {0, 0, 0}};
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            mix.weight[i][j] = (1 - amount) * w[j] + (i == j ? amount : 0);
    }
    return in.planes == 1 ? in : tri_graph_mix(graph, &mix, in);
}
#endif
