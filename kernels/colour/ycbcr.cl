/* ycbcr -- R, G, B to Y, Cb, Cr and back: each result is a weighted sum of the three, in integers.
 */
#include "kernel.h"

/* out[i] = after[i] + sum of weight[i][j] * (in[j] - before[j]), rounded half up and clamped; the
 * weights are in units of 1 / 2^shift. */
struct ycbcr {
    int before[3], after[3], shift;
    int weight[3][3];
};

#if BITS == 8
#define YCBCR_IN(i) (I16(AT_INPUT(i, 0, 0)) - ALL(i16, k->before[i]))

INLINE S ycbcr_sum(CONSTANT struct ycbcr *k, int i, i16 a, i16 b, i16 c)
{
    acc sum = ACC_ADD_PAIR(ACC_ZERO(), a, b, (short)k->weight[i][0], (short)k->weight[i][1]);
    sum = ACC_ADD_PAIR(sum, c, ALL(i16, 0), (short)k->weight[i][2], 0);
    return U8(CLAMP(I16(ACC_NARROW(sum, k->shift) + ALL(i16, k->after[i])), ALL(i16, 0),
                    ALL(i16, MAXIMUM)));
}
#define YCBCR_LANES i16
#else
#define YCBCR_IN(i) (I32(AT_INPUT(i, 0, 0)) - ALL(i32, k->before[i]))

/* High and low bytes separately, because the products of 17 and 22 bits do not fit; the sum is the
 * same. */
INLINE S ycbcr_sum(CONSTANT struct ycbcr *k, int i, i32 a, i32 b, i32 c)
{
    const i32 eight = ALL(i32, 8), low_byte = ALL(i32, 255);
    const i32 x = ALL(i32, k->weight[i][0]), y = ALL(i32, k->weight[i][1]),
              z = ALL(i32, k->weight[i][2]);
    const i32 high = (a >> eight) * x + (b >> eight) * y + (c >> eight) * z;
    const i32 rounding = ALL(i32, 1 << (k->shift - 1));
    const i32 low = (a & low_byte) * x + (b & low_byte) * y + (c & low_byte) * z + rounding;
    const i32 sum = (high + (low >> eight)) >> ALL(i32, k->shift - 8);
    return U16(CLAMP(sum + ALL(i32, k->after[i]), ALL(i32, 0), ALL(i32, MAXIMUM)));
}
#define YCBCR_LANES i32
#endif

PASS(ycbcr, S, S)
{
    CONSTANT struct ycbcr *k = CONSTANTS(struct ycbcr);
    const YCBCR_LANES a = YCBCR_IN(0), b = YCBCR_IN(1), c = YCBCR_IN(2);
    PUT_OUTPUT(0, ycbcr_sum(k, 0, a, b, c));
    PUT_OUTPUT(1, ycbcr_sum(k, 1, a, b, c));
    PUT_OUTPUT(2, ycbcr_sum(k, 2, a, b, c));
}

/* For pictures of one plane. */
PASS(ycbcr_luma, S, S)
{
    CONSTANT struct ycbcr *k = CONSTANTS(struct ycbcr);
    PUT(ycbcr_sum(k, 0, YCBCR_IN(0), ALL(YCBCR_LANES, 0), ALL(YCBCR_LANES, 0)));
}

#ifdef HOST
#include <math.h>

KERNEL(
    ycbcr, tri_alpha_kept, "RGB to Y'CbCr and back",
    "Converts planes R, G, B to Y, Cb, Cr (to=ycbcr) or back (to=rgb), rounded to nearest and "
    "clamped. "
    "Limited range is 16 to 235 for Y and 16 to 240 for Cb and Cr; full range is 0 to 255 for all "
    "three. "
    "Cb and Cr of gray are 128. With more bits these levels are multiplied by 2^(bits - 8). Values "
    "of fewer "
    "than 16 bits in 16-bit samples are spread over the full range: value << (16 - bits), with the "
    "highest bits repeated below. "
    "With matrix=ycgco the planes are Y, Cg, Co. A gray picture is Y alone: only its range "
    "changes. "
    "RGB survives the round trip within 1 through full range, and within 2 through limited range, "
    "which has fewer "
    "levels. Alpha is kept.",
    "ycbcr:to=rgb:matrix=bt709:range=limited",
    PARAM_CHOICE(to, 0, 2, "ycbcr|rgb", "what to convert to")
        PARAM_CHOICE(matrix, 0, 4, "bt601|bt709|bt2020|ycgco", "standard that defines the weights")
            PARAM_CHOICE(range, 0, 2, "limited|full", "levels of Y, Cb and Cr")
                PARAM_INT(bits, 16, 8, 16, "bits of the values in 16-bit samples"))
ALIASES(ycbcr, NO_ALIASES)

/* Red: Y is 16 + 219 * 0.299 = 81.48, Cb 128 - 224 * 0.299 / 1.772 = 90.2, Cr 128 + 112; white: Y
 * is 235. */
KNOWN(ycbcr, "ycbcr", PICTURE(2, 1, 3, 255, 255, 0, 255, 0, 255),
      PICTURE(2, 1, 3, 81, 235, 90, 128, 240, 128))

/* Computes the real-valued weights; `red` and `blue` are their weights in Y. */
static void ycbcr_weights(bool to_rgb, double red, double blue, double y_scale, double c_scale,
                          double w[3][3])
{
    const double green = 1 - red - blue, cb = 2 * (1 - blue), cr = 2 * (1 - red);
    const double from[3][3] = {{red * y_scale, green * y_scale, blue * y_scale},
                               {-red / cb * c_scale, -green / cb * c_scale, 0.5 * c_scale},
                               {0.5 * c_scale, -green / cr * c_scale, -blue / cr * c_scale}};
    const double to[3][3] = {
        {1 / y_scale, 0, cr / c_scale},
        {1 / y_scale, -cb * blue / green / c_scale, -cr * red / green / c_scale},
        {1 / y_scale, cb / c_scale, 0}};
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            w[i][j] = to_rgb ? to[i][j] : from[i][j];
    }
}

/* The same for YCgCo, whose chroma is green against red and blue, and red against blue. */
static void ycbcr_weights_of_ycgco(bool to_rgb, double y_scale, double c_scale, double w[3][3])
{
    const double from[3][3] = {{0.25 * y_scale, 0.5 * y_scale, 0.25 * y_scale},
                               {-0.25 * c_scale, 0.5 * c_scale, -0.25 * c_scale},
                               {0.5 * c_scale, 0, -0.5 * c_scale}};
    const double to[3][3] = {{1 / y_scale, -1 / c_scale, 1 / c_scale},
                             {1 / y_scale, 1 / c_scale, 0},
                             {1 / y_scale, -1 / c_scale, -1 / c_scale}};
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            w[i][j] = to_rgb ? to[i][j] : from[i][j];
    }
}

/* Returns an 8-bit level at `bits` bits, spread over the bits of a sample. */
static int ycbcr_level(int level, int bits, int of_samples)
{
    const int value = level << (bits - 8);
    return of_samples == 8 ? value : value << (16 - bits) | value >> (2 * bits - 16);
}

GRAPH(ycbcr)
{
    static const double weights[4][2] = {
        {0.299, 0.114}, {0.2126, 0.0722}, {0.2627, 0.0593}, {0, 0}};
    tri_graph_needs_rgb(graph); /* videos arrive as R, G and B too, like pictures */
    const bool to_rgb = VALUE(to) == 1, full = VALUE(range) == 1;
    const int of_samples = tri_graph_bits(graph), bits = of_samples == 8 ? 8 : (int)VALUE(bits);
    const double *of = weights[(int)VALUE(matrix)];
    struct ycbcr k = {.shift = of_samples == 16 ? 20
                               : to_rgb         ? 13
                                                : 15}; /* as large as the sums allow */
    const double one = (double)(1 << (bits - 8)) / ((1 << bits) - 1);
    const double y_scale = full ? 1 : 219 * one, c_scale = full ? 1 : 224 * one;
    const int grey = ycbcr_level(128, bits, of_samples);
    const int zero[3] = {full ? 0 : ycbcr_level(16, bits, of_samples), grey, grey};
    double w[3][3];
    if (of[0] > 0)
        ycbcr_weights(to_rgb, of[0], of[1], y_scale, c_scale, w);
    else
        ycbcr_weights_of_ycgco(to_rgb, y_scale, c_scale, w);
    for (int i = 0; i < 3; i++) {
        (to_rgb ? k.before : k.after)[i] = zero[i];
        for (int j = 0; j < 3; j++)
            k.weight[i][j] = (int)floor(w[i][j] * (1 << k.shift) + 0.5);
    }
    if (!to_rgb) { /* gray stays gray: green absorbs the rounding error of a row's sum */
        k.weight[0][1] =
            (int)floor(y_scale * (1 << k.shift) + 0.5) - k.weight[0][0] - k.weight[0][2];
        k.weight[1][1] = -k.weight[1][0] - k.weight[1][2];
        k.weight[2][1] = -k.weight[2][0] - k.weight[2][2];
    }
    if (in.planes == 1 && full)
        return in;
    if (in.planes == 1) {
        k.weight[0][0] += to_rgb ? 0 : k.weight[0][1] + k.weight[0][2];
        in.channel[0] =
            NODE(ycbcr_luma, .in = {in.channel[0]}, .constants = &k, .constants_size = sizeof k);
        return in;
    }
    const int first = NODE(ycbcr, .in = {in.channel[0], in.channel[1], in.channel[2]}, .outputs = 3,
                           .constants = &k, .constants_size = sizeof k);
    return (struct tri_value){3, {first, first + 1, first + 2}};
}
#endif
