/* gray -- weighted sum of red, green and blue, rounded to nearest. */
#include "kernel.h"

struct gray {
    uint red, green, blue; /* weights that sum to `scale` */
    struct tri_divisor scale;
};

PASS(gray, S, S)
{
    CONSTANT struct gray *k = CONSTANTS(struct gray);
    const u32 sum = U32(AT_INPUT(0, 0, 0)) * ALL(u32, k->red) +
                    U32(AT_INPUT(1, 0, 0)) * ALL(u32, k->green) +
                    U32(AT_INPUT(2, 0, 0)) * ALL(u32, k->blue);
    PUT(TO_S(DIVIDE(sum + ALL(u32, k->scale.divisor / 2), k->scale)));
}

#ifdef HOST
KERNEL(
    gray, tri_alpha_kept, "luma of a colour picture",
    "The weighted sum of red, green and blue, rounded to nearest: 0.299, 0.587, 0.114 for BT.601, "
    "0.2126, 0.7152, 0.0722 for BT.709. A gray picture does not change. Alpha is kept.",
    "gray:standard=bt709",
    PARAM_CHOICE(standard, 0, 2, "bt601|bt709", "standard that defines the weights"))
ALIASES(gray, ALIAS("grayscale|greyscale|grey|desaturate|monochrome|bw|bandw|luma", "gray"))

/* 0.299 * 255 = 76.2, 0.587 * 255 = 149.7, 0.114 * 255 = 29.1 */
KNOWN(gray, "gray", PICTURE(3, 1, 3, 255, 0, 0, 0, 255, 0, 0, 0, 255),
      PICTURE(3, 1, 1, 76, 150, 29))

GRAPH(gray)
{
    static const uint weights[2][4] = {{299, 587, 114, 1000}, {2126, 7152, 722, 10000}};
    const uint *w = weights[(int)VALUE(standard)];
    const struct gray k = {w[0], w[1], w[2], tri_divisor_make(w[3])};
    if (in.planes == 1)
        return in;
    return (struct tri_value){1,
                              {NODE(gray, .in = {in.channel[0], in.channel[1], in.channel[2]},
                                    .constants = &k, .constants_size = sizeof k)}};
}
#endif
