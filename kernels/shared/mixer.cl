/* mixer -- makes each of three colours a weighted sum of three, in integers: `tri_graph_mix`. */
#include "kernel.h"

/* out[i] = after[i] + sum of weight[i][j] * (in[j] - before[j]), rounded half up and clamped; the
 * weights are in units of 1 / 2^shift. */
struct mixer {
    int before[3], after[3], shift;
    int weight[3][3];
};

#if BITS == 8
#define MIXER_LANES i16
#define MIXER_IN(i) (I16(AT_INPUT(i, 0, 0)) - ALL(i16, k->before[i]))

INLINE S mixer_sum(CONSTANT struct mixer *k, int i, i16 a, i16 b, i16 c)
{
    acc sum = ACC_ADD_PAIR(ACC_ZERO(), a, b, (short)k->weight[i][0], (short)k->weight[i][1]);
    sum = ACC_ADD_PAIR(sum, c, ALL(i16, 0), (short)k->weight[i][2], 0);
    return U8(CLAMP(I16(ACC_NARROW(sum, k->shift) + ALL(i16, k->after[i])), ALL(i16, 0),
                    ALL(i16, MAXIMUM)));
}
#else
#define MIXER_LANES i32
#define MIXER_IN(i) (I32(AT_INPUT(i, 0, 0)) - ALL(i32, k->before[i]))

/* High and low bytes separately, because the products of 17 and 22 bits do not fit. */
INLINE S mixer_sum(CONSTANT struct mixer *k, int i, i32 a, i32 b, i32 c)
{
    const i32 eight = ALL(i32, 8), low_byte = ALL(i32, 255);
    const i32 x = ALL(i32, k->weight[i][0]), y = ALL(i32, k->weight[i][1]),
              z = ALL(i32, k->weight[i][2]);
    const i32 high = (a >> eight) * x + (b >> eight) * y + (c >> eight) * z;
    const i32 low = (a & low_byte) * x + (b & low_byte) * y + (c & low_byte) * z +
                    ALL(i32, 1 << (k->shift - 1));
    const i32 sum = (high + (low >> eight)) >> ALL(i32, k->shift - 8);
    return U16(CLAMP(sum + ALL(i32, k->after[i]), ALL(i32, 0), ALL(i32, MAXIMUM)));
}
#endif

PASS(mixer, S, S)
{
    CONSTANT struct mixer *k = CONSTANTS(struct mixer);
    const MIXER_LANES a = MIXER_IN(0), b = MIXER_IN(1), c = MIXER_IN(2);
    PUT_OUTPUT(0, mixer_sum(k, 0, a, b, c));
    PUT_OUTPUT(1, mixer_sum(k, 1, a, b, c));
    PUT_OUTPUT(2, mixer_sum(k, 2, a, b, c));
}

#ifdef HOST
#include <math.h>

/* Finds the largest shift with which weights of 8-bit samples have 16 bits, and sums of products
 * with 16-bit samples, in two parts, 32. */
static int mixer_shift(const struct tri_mix *mix, int bits)
{
    double largest = 0, longest = 0;
    for (int i = 0; i < 3; i++) {
        double sum = 0;
        for (int j = 0; j < 3; j++) {
            largest = fmax(largest, fabs(mix->weight[i][j]));
            sum += fabs(mix->weight[i][j]);
        }
        longest = fmax(longest, sum);
    }
    int shift = bits == 8 ? 14 : 20;
    while (bits == 8 ? largest * (1 << shift) > 32760 : longest * (1 << shift) > 7 << 20)
        shift--;
    return shift;
}

struct tri_value tri_graph_mix(struct tri_graph *graph, const struct tri_mix *mix,
                               struct tri_value in)
{
    struct mixer k = {.shift = mixer_shift(mix, tri_graph_bits(graph))};
    const double one = 1 << k.shift;
    for (int i = 0; i < 3; i++) {
        const double *w = mix->weight[i];
        k.before[i] = mix->before[i];
        k.after[i] = mix->after[i];
        for (int j = 0; j < 3; j++)
            k.weight[i][j] = (int)floor(w[j] * one + 0.5);
        /* Gray stays gray: green absorbs the rounding error of the row's sum. */
        k.weight[i][1] =
            (int)floor((w[0] + w[1] + w[2]) * one + 0.5) - k.weight[i][0] - k.weight[i][2];
    }
    const int first = NODE(mixer, .in = {in.channel[0], in.channel[1], in.channel[2]}, .outputs = 3,
                           .constants = &k, .constants_size = sizeof k);
    return (struct tri_value){3, {first, first + 1, first + 2}};
}
#endif
