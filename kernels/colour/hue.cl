/* hue -- rotates colours about the axis of grays, in Y'CbCr: luma stays the same. */
#include "kernel.h"

#ifdef HOST
KERNEL(
    hue, tri_alpha_kept, "rotate all hues",
    "Rotates Cb and Cr by an angle and leaves Y as it is: Cb becomes cos * Cb - sin * Cr, Cr "
    "becomes sin * Cb + cos * Cr, so that with 120 degrees red turns towards green. Colours are "
    "sums of red, green and blue, rounded half up and clamped; their weights are integers, with at "
    "least 13 bits after the point at 8 bits and 19 at 16. FFmpeg's hue rotates the same way; "
    "ImageMagick's -modulate rotates in HSL, where luma changes. A gray picture does not change. "
    "Alpha is kept.",
    "hue:angle=90",
    PARAM_FLOAT(angle, 90, -360, 360, "degrees")
        PARAM_CHOICE(standard, 0, 2, "bt601|bt709", "standard that defines Y'CbCr"))
ALIASES(hue, ALIAS("huerotate|rotatehue|hueshift", "hue"))

KNOWN(hue, "hue:angle=180", PICTURE(2, 1, 3, 100, 90, 100, 90, 150, 90),
      PICTURE(2, 1, 3, 111, 90, 111, 90, 61, 90))

GRAPH(hue)
{
    static const double luma[2][3] = {{0.299, 0.587, 0.114}, {0.2126, 0.7152, 0.0722}};
    const double *w = luma[(int)VALUE(standard)], turns = VALUE(angle) / 180;
    const double sine = tri_sin_pi(turns), cosine = tri_sin_pi(turns + 0.5);
    const double cb = 2 * (1 - w[2]), cr = 2 * (1 - w[0]); /* blue - Y = cb * Cb */
    struct tri_mix mix = {.before = {0, 0, 0}};
    for (int j = 0; j < 3; j++) {
        const double from_cb = ((j == 2) - w[j]) / cb, from_cr = ((j == 0) - w[j]) / cr;
        const double blue = cb * (cosine * from_cb - sine * from_cr);
        const double red = cr * (sine * from_cb + cosine * from_cr);
        mix.weight[0][j] = w[j] + red;
        mix.weight[1][j] = w[j] - (w[0] * red + w[2] * blue) / w[1];
        mix.weight[2][j] = w[j] + blue;
    }
    return in.planes == 1 ? in : tri_graph_mix(graph, &mix, in);
}
#endif
