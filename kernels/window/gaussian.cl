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
#define PAIR(dx, dy) (I16(AT(-(dx), -(dy))) + I16(AT(dx, dy)))

/* Two products at a time; of an odd number the last one is added with nothing. */
#define GAUSSIAN_EVEN(taps) ((taps) / 2 * 2)
#define GAUSSIAN_SUM(taps, dx, dy) \
    CONSTANT struct gaussian *k = CONSTANTS(struct gaussian); \
    acc sum = ACC_ZERO(); \
    UNROLL \
    for (int i = 0; i < (taps); i += 2) \
    sum = ACC_ADD_PAIR(sum, PAIR((dx)*i, (dy)*i), PAIR((dx) * (i + 1), (dy) * (i + 1)), \
                       k->weight[i], k->weight[i + 1])
#define GAUSSIAN_LAST(taps, dx, dy) \
    if ((taps) % 2 != 0) \
    sum = ACC_ADD_PAIR(sum, PAIR((dx) * ((taps)-1), (dy) * ((taps)-1)), ALL(i16, 0), \
                       k->weight[(taps)-1], 0)
#define GAUSSIAN_BETWEEN ACC_NARROW(sum, k->columns_shift)
#define GAUSSIAN_RESULT TO_S(ACC_NARROW(sum, k->rows_shift))
#else
#define BETWEEN f32
#define PAIR(dx, dy) (F32(AT(-(dx), -(dy))) + F32(AT(dx, dy)))

#define GAUSSIAN_SUM(taps, dx, dy) \
    CONSTANT struct gaussian *k = CONSTANTS(struct gaussian); \
    f32 sum = PAIR(0, 0) * ALL(f32, k->real[0]); \
    UNROLL \
    for (int i = 1; i < (taps); i++) \
    sum = sum + PAIR((dx)*i, (dy)*i) * ALL(f32, k->real[i])
#define GAUSSIAN_EVEN(taps) (taps)
#define GAUSSIAN_LAST(taps, dx, dy) (void)0
#define GAUSSIAN_BETWEEN sum
#define GAUSSIAN_RESULT S_FROM_F32(sum)
#endif

/* At 8 bits the number of taps is even. */
PASS(gaussian_columns, S, BETWEEN)
{
    GAUSSIAN_SUM(k->taps, 0, 1);
    PUT(GAUSSIAN_BETWEEN);
}

PASS(gaussian_rows, BETWEEN, S)
{
    GAUSSIAN_SUM(k->taps, 1, 0);
    PUT(GAUSSIAN_RESULT);
}

/* For small windows: with a known number of taps, the loop is unrolled everywhere. */
#define GAUSSIAN(taps) \
    PASS(gaussian_columns_##taps, S, BETWEEN) \
    { \
        GAUSSIAN_SUM(GAUSSIAN_EVEN(taps), 0, 1); \
        GAUSSIAN_LAST(taps, 0, 1); \
        PUT(GAUSSIAN_BETWEEN); \
    } \
\
    PASS(gaussian_rows_##taps, BETWEEN, S) \
    { \
        GAUSSIAN_SUM(GAUSSIAN_EVEN(taps), 1, 0); \
        GAUSSIAN_LAST(taps, 1, 0); \
        PUT(GAUSSIAN_RESULT); \
    }
#define GAUSSIAN_MOST 9
GAUSSIAN(2)
GAUSSIAN(3)
GAUSSIAN(4)
GAUSSIAN(5)
GAUSSIAN(6)
GAUSSIAN(7)
GAUSSIAN(8)
GAUSSIAN(9)

#ifdef HOST
KERNEL(gaussian, tri_alpha_premultiplied, "Gaussian blur",
       "Convolves with a Gaussian truncated at 4 sigma. The result is within 1 of the exact one "
       "(within "
       "16 of 65535 at 16 bits). Borders replicate the edge sample.",
       "gaussian:sigma=2",
       PARAM_LENGTH(sigma, TRI_FLOAT, 1, 0.1, 100, "standard deviation in pixels", TRI_RADIUS))
ALIASES(gaussian, ALIAS("blur|gaussianblur|gaussblur|gblur|smooth|smartblur", "gaussian:sigma=2"))

/* For sigma 0.5 the weights are 0.7866, 0.1064 and 0.0003; times 255 that is 200.6, 27.1 and
 * 0.07.
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

#define GAUSSIAN_PASSES(taps) \
    [taps] = {&tri_pass_gaussian_columns_##taps, &tri_pass_gaussian_rows_##taps}
static const struct tri_pass *const gaussian_passes[GAUSSIAN_MOST + 1][2] = {
    {&tri_pass_gaussian_columns, &tri_pass_gaussian_rows},
    GAUSSIAN_PASSES(2),
    GAUSSIAN_PASSES(3),
    GAUSSIAN_PASSES(4),
    GAUSSIAN_PASSES(5),
    GAUSSIAN_PASSES(6),
    GAUSSIAN_PASSES(7),
    GAUSSIAN_PASSES(8),
    GAUSSIAN_PASSES(9),
};

/* In that table. */
static int gaussian_number(const struct gaussian *k)
{
    return k->taps > 1 && k->taps <= GAUSSIAN_MOST ? k->taps : 0;
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
    while (tri_graph_bits(graph) == 8 && k.taps > 1 && k.weight[k.taps - 1] == 0)
        k.taps--;
    if (tri_graph_bits(graph) == 8 && gaussian_number(&k) == 0)
        k.taps += k.taps % 2; /* the extra weight is zero */
    const int radius = k.taps - 1;
    struct tri_node_spec spec = {.in = {in},
                                 .low = -radius,
                                 .high = radius,
                                 .constants = &k,
                                 .constants_size = sizeof k,
                                 .specialize = true};
    spec.in[0] = tri_graph_add(graph, gaussian_passes[gaussian_number(&k)][0], &spec);
    spec.low = spec.high = 0;
    spec.reach = radius;
    return tri_graph_add(graph, gaussian_passes[gaussian_number(&k)][1], &spec);
}
#endif
