/* gaussian -- Gaussian blur, columns then rows; borders replicate the edge sample.
 *
 * 8 bits: integer weights with as many fraction bits as fit, products summed in 32 bits, and 4 to 6
 * fraction bits kept between the passes; the error before the last rounding stays below 0.3.
 * 16 bits: floats, added in a fixed order. Samples at -k and k share a weight. */
#include "kernel.h"

#define GAUSSIAN_TAPS 402

struct gaussian {
    int taps, columns_shift, rows_shift;
    short weight[GAUSSIAN_TAPS]; /* [0] is half the centre's weight: the centre is added twice */
    float real[GAUSSIAN_TAPS];
};

#if BITS == 8
#define BETWEEN i16
#define PAIR(k, dx, dy) (I16(AT(-(dx), -(dy))) + I16(AT(dx, dy)))

PASS(gaussian_columns, S, BETWEEN)
{
    CONSTANT struct gaussian *k = CONSTANTS(struct gaussian);
    acc sum = ACC_ZERO();
    UNROLL
    for (int i = 0; i < k->taps; i += 2)
        sum = ACC_ADD_PAIR(sum, PAIR(k, 0, i), PAIR(k, 0, i + 1), k->weight[i], k->weight[i + 1]);
    PUT(ACC_NARROW(sum, k->columns_shift));
}

PASS(gaussian_rows, BETWEEN, S)
{
    CONSTANT struct gaussian *k = CONSTANTS(struct gaussian);
    acc sum = ACC_ZERO();
    UNROLL
    for (int i = 0; i < k->taps; i += 2)
        sum = ACC_ADD_PAIR(sum, PAIR(k, i, 0), PAIR(k, i + 1, 0), k->weight[i], k->weight[i + 1]);
    PUT(TO_S(ACC_NARROW(sum, k->rows_shift)));
}
#else
#define BETWEEN f32

PASS(gaussian_columns, S, BETWEEN)
{
    CONSTANT struct gaussian *k = CONSTANTS(struct gaussian);
    f32 sum = (F32(AT(0, 0)) + F32(AT(0, 0))) * ALL(f32, k->real[0]);
    UNROLL
    for (int i = 1; i < k->taps; i++)
        sum = sum + (F32(AT(0, -i)) + F32(AT(0, i))) * ALL(f32, k->real[i]);
    PUT(sum);
}

PASS(gaussian_rows, BETWEEN, S)
{
    CONSTANT struct gaussian *k = CONSTANTS(struct gaussian);
    f32 sum = (AT(0, 0) + AT(0, 0)) * ALL(f32, k->real[0]);
    UNROLL
    for (int i = 1; i < k->taps; i++)
        sum = sum + (AT(-i, 0) + AT(i, 0)) * ALL(f32, k->real[i]);
    PUT(S_FROM_F32(sum));
}
#endif

#ifdef HOST
KERNEL(gaussian, tri_alpha_premultiplied, "Gaussian blur",
       "Convolves with a Gaussian truncated at 4 sigma. The result is within 1 of the exact one "
       "(within "
       "16 of 65535 at 16 bits). Borders replicate the edge sample.",
       "gaussian:sigma=2",
       PARAM_LENGTH(sigma, TRI_FLOAT, 1, 0.1, 100, "standard deviation in pixels", TRI_RADIUS))
ALIASES(gaussian, ALIAS("blur|gaussianblur|gaussblur|gblur|smooth|smartblur", "gaussian:sigma=2"))

/* For sigma 0.5 the weights are 0.7866, 0.1064 and 0.0003; times 255 that is 200.6, 27.1 and 0.07.
 */
KNOWN(gaussian, "gaussian:sigma=0.5", PICTURE(5, 1, 1, 0, 0, 255, 0, 0),
      PICTURE(5, 1, 1, 0, 27, 201, 27, 0))

/* Fills in half of a two-sided Gaussian, whose sum is 1/2; returns the number of weights. */
static int half_gaussian(double sigma, double weight[GAUSSIAN_TAPS])
{
    int taps = 0;
    double sum = 0;
    while (taps <= 4 * sigma && taps < GAUSSIAN_TAPS - 1) {
        weight[taps] = (taps == 0 ? 0.5 : 1.0) * tri_exp(-0.5 * taps * taps / (sigma * sigma));
        sum += weight[taps++];
    }
    for (int i = 0; i < taps; i++)
        weight[i] *= 0.5 / sum;
    return taps;
}

GRAPH_PLANE(gaussian)
{
    double weight[GAUSSIAN_TAPS] = {0};
    struct gaussian k = {.taps = half_gaussian(VALUE(sigma), weight)};
    int fraction = 15;
    while (fraction < 19 && weight[k.taps > 1 && weight[1] > weight[0]] * (2 << fraction) < 32767)
        fraction++;
    int rest = 1 << (fraction - 1);
    for (int i = 0; i < k.taps; i++) {
        k.weight[i] = (short)(weight[i] * (1 << fraction) + 0.5);
        k.real[i] = (float)weight[i];
        rest -= k.weight[i];
    }
    k.weight[0] = (short)(k.weight[0] + rest);
    const int between = fraction < 17 ? 6 : 23 - fraction;
    k.columns_shift = fraction - between;
    k.rows_shift = fraction + between;
    if (tri_graph_bits(graph) == 8) {
        while (k.taps > 1 && k.weight[k.taps - 1] == 0)
            k.taps--;
        k.taps += k.taps % 2; /* taps are added in pairs; the extra weight is zero */
    }
    const int radius = k.taps - 1;
    const int columns = NODE(gaussian_columns, .in = {in}, .low = -radius, .high = radius,
                             .constants = &k, .constants_size = sizeof k, .specialize = true);
    return NODE(gaussian_rows, .in = {columns}, .reach = radius, .constants = &k,
                .constants_size = sizeof k, .specialize = true);
}
#endif
