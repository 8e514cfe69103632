/* gray -- weighted sum of red, green and blue, rounded to nearest. */
#include "kernel.h"

struct gray {
    uint red, green, blue; /* weights that sum to `scale` */
    struct tri_divisor scale;
    struct sum_weights thousandths;
};

#define GRAY_OF(k) \
    const u32 sum = U32(AT_INPUT(0, 0, 0)) * ALL(u32, (k)->red) + \
                    U32(AT_INPUT(1, 0, 0)) * ALL(u32, (k)->green) + \
                    U32(AT_INPUT(2, 0, 0)) * ALL(u32, (k)->blue); \
    PUT(TO_S(DIVIDE(sum + ALL(u32, (k)->scale.divisor / 2), (k)->scale)));

PASS(gray, S, S){GRAY_OF(CONSTANTS(struct gray))}

/* For 8 bits and a scale of 1000, in 16 bits: with s, the sum, floor((s + 500) / 1000) is
 * floor((floor((s + 4) / 8) + 62) / 125), as 500 is 4 + 8 * 62. Multiplying by 33555 / 2^22 divides
 * numbers up to 59000 by 125. */
PASS(gray_thousandths, S, S)
{
    CONSTANT struct gray *k = CONSTANTS(struct gray);
#if BITS == 8
    const sum_s sum = SUM_ADD_4(SUM_ZERO(), AT_INPUT(0, 0, 0), AT_INPUT(1, 0, 0), AT_INPUT(2, 0, 0),
                                ALL(S, 0), &k->thousandths);
    const u16 eighths = U16(SUM_NARROW(sum, 3)) + ALL(u16, 62);
    PUT(TO_S(MUL_HIGH(eighths, ALL(u16, 33555)) >> ALL(u16, 6)));
#else
    GRAY_OF(k)
#endif
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
    const short each[] = {(short)w[0], (short)w[1], (short)w[2]};
    const struct gray k = {w[0], w[1], w[2], tri_divisor_make(w[3]), sum_weights_of(each, 3)};
    const struct tri_pass *pass =
        w[3] == 1000 && tri_graph_bits(graph) == 8 ? &tri_pass_gray_thousandths : &tri_pass_gray;
    const struct tri_node_spec spec = {.in = {in.channel[0], in.channel[1], in.channel[2]},
                                       .constants = &k,
                                       .constants_size = sizeof k};
    if (in.planes == 1)
        return in;
    return (struct tri_value){1, {tri_graph_add(graph, pass, &spec)}};
}
#endif
