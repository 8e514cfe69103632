/* bilateral -- mean of the samples around that are about as bright: smooths, keeps edges. Borders
 * replicate the edge sample.
 *
 * A sample at distance r whose value differs by d has the weight
 * exp(-r^2 / (2 sigma_space^2)) * (1 - d^2 / (3 sigma_color)^2)^4, or 0 from 3 sigma_color on. The
 * second factor differs from exp(-d^2 / (2 sigma_color^2)) by 0.04 at most and needs no table.
 * Four samples at the same distance share a factor.
 * 8 bits: 16-bit integers, in which the weights of four samples fit and the weighted differences of
 * two; their sums have 32 bits, are rounded to 16 and divided exactly.
 * 16 bits: floats, added in a fixed order; weights add up to 32767, of which 103 or more are the
 * middle's. */
#include "kernel.h"

#define BILATERAL_RADIUS 10
#define BILATERAL_PAIRS 40 /* of fours, around the middle */

struct bilateral {
    int pairs;
    /* 8 bits: the squared difference from which on there is no weight; two factors that make
     * `peak` of it; the fourth root of the weight of equal samples, times 2^12; that weight. */
    ushort limit, scale, factor, peak;
    short alike;
    short middle; /* the factor for distance 0 */
    int sum_shift, difference_shift, unit;
    int near; /* no difference of 127 or more has a weight */
    /* 16 bits. */
    float steepness, real_middle;
    struct bilateral_pair {
        short dx[8], dy[8]; /* four samples at one distance, four at another */
        short weight[2];
        float real[2];
    } pair[BILATERAL_PAIRS];
};

#if BITS == 8
/* The sample plus difference / sum, rounded. */
INLINE S bilateral_add(S sample, i32 difference, i32 sum)
{
    const u32 divisor = U32(sum), magnitude = U32(ABS(difference)) + (divisor >> 1);
    const i32 change = I32(divide_lanes(magnitude, divisor)), from = I32(sample);
    const i32 moved = SELECT(difference < ALL(i32, 0), from - change, from + change);
    return TO_S(CLAMP(moved, ALL(i32, 0), ALL(i32, MAXIMUM)));
}

#define BILATERAL_WEIGHT(k, away, weight) \
    u16 weight; \
    { \
        const u16 square_ = MIN(away * away, ALL(u16, (k)->limit)); \
        const u16 fallen_ = MUL_HIGH(square_ * ALL(u16, (k)->scale), ALL(u16, (k)->factor)); \
        const u16 root_ = ALL(u16, (k)->peak) - fallen_, squared_ = MUL_HIGH(root_, root_); \
        weight = MUL_HIGH(squared_, squared_); \
    }
#define BILATERAL_SAMPLE(k, p, i, sum, difference) \
    { \
        const i16 apart = I16(AT((k)->pair[p].dx[i], (k)->pair[p].dy[i])) - here; \
        const u16 away = U16(ABS(apart)); \
        BILATERAL_WEIGHT(k, away, unsigned_weight) \
        const i16 weight = I16(unsigned_weight); \
        sum = sum + weight; \
        difference = difference + weight * apart; \
    }
#define BILATERAL_FOUR(k, p, four, sum, low, high) \
    i16 sum = ALL(i16, 0), low = ALL(i16, 0), high = ALL(i16, 0); \
    BILATERAL_SAMPLE(k, p, 4 * (four), sum, low) \
    BILATERAL_SAMPLE(k, p, 4 * (four) + 1, sum, low) \
    BILATERAL_SAMPLE(k, p, 4 * (four) + 2, sum, high) \
    BILATERAL_SAMPLE(k, p, 4 * (four) + 3, sum, high) \
    differences = ACC_ADD_PAIR(differences, low, high, (k)->pair[p].weight[four], \
                               (k)->pair[p].weight[four]);

#ifdef WEIGH_LANES
#define BILATERAL_AT(p, i) AT(k->pair[p].dx[i], k->pair[p].dy[i])
#define BILATERAL_SAMPLES(name, p, four) \
    const struct weigh_samples name = { \
        BILATERAL_AT(p, 4 * (four)), BILATERAL_AT(p, 4 * (four) + 1), \
        BILATERAL_AT(p, 4 * (four) + 2), BILATERAL_AT(p, 4 * (four) + 3)};
#define BILATERAL_TABLES \
    if (k->near) { \
        const u8 each = {LANES_FROM(0)}; \
        const u16 first = U16(each), second = first + ALL(u16, LANES); \
        BILATERAL_WEIGHT(k, first, first_weights) \
        BILATERAL_WEIGHT(k, second, second_weights) \
        struct weigh weigh; \
        weigh_load(&weigh, 0, first_weights); \
        weigh_load(&weigh, 1, second_weights); \
        struct weigh_sums sums = {weigh_start(k->alike * k->middle), weigh_start(0), \
                                  weigh_start(0)}; \
        for (int p = 0; p < k->pairs; p++) { \
            BILATERAL_SAMPLES(first_four, p, 0) \
            BILATERAL_SAMPLES(second_four, p, 1) \
            weigh_add_eight(&sums, &weigh, AT(0, 0), first_four, second_four, \
                            k->pair[p].weight[0], k->pair[p].weight[1]); \
        } \
        BILATERAL_PUT(weigh_narrow(weigh_differences(&sums), k->difference_shift), \
                      weigh_narrow(sums.weights, k->sum_shift)) \
        return; \
    }
#else
#define BILATERAL_TABLES
#endif
#define BILATERAL_PUT(differences, all) \
    PUT(bilateral_add(AT(0, 0), I32(differences) * ALL(i32, k->unit), I32(all)));

PASS(bilateral, S, S)
{
    CONSTANT struct bilateral *k = CONSTANTS(struct bilateral);
    BILATERAL_TABLES
    const i16 here = I16(AT(0, 0));
    acc all = ACC_ADD_PAIR(ACC_ZERO(), ALL(i16, k->alike), ALL(i16, 0), k->middle, 0);
    acc differences = ACC_ZERO();
    UNROLL
    for (int p = 0; p < k->pairs; p++) {
        BILATERAL_FOUR(k, p, 0, sum_a, low_a, high_a)
        BILATERAL_FOUR(k, p, 1, sum_b, low_b, high_b)
        all = ACC_ADD_PAIR(all, sum_a, sum_b, k->pair[p].weight[0], k->pair[p].weight[1]);
    }
    BILATERAL_PUT(ACC_NARROW(differences, k->difference_shift), ACC_NARROW(all, k->sum_shift))
}
#else
/* 1 / sum, for sums from 64 to 32767: a whole quotient, and twice as many right digits from each
 * step of Newton's. */
INLINE f32 bilateral_inverse(f32 sum)
{
    const u32 rough = divide_lanes(ALL(u32, 1u << 22), U32(I32(sum)));
    f32 inverse = F32(I32(rough)) * ALL(f32, 1.0f / (1 << 22));
    inverse = inverse * (ALL(f32, 2.0f) - sum * inverse);
    return inverse * (ALL(f32, 2.0f) - sum * inverse);
}

#define BILATERAL_SAMPLE(k, p, i) \
    { \
        const f32 apart = F32(AT((k)->pair[p].dx[i], (k)->pair[p].dy[i])) - here; \
        const f32 square = MIN(apart * apart * ALL(f32, (k)->steepness), ALL(f32, 1.0f)); \
        const f32 root = ALL(f32, 1.0f) - square, squared = root * root, \
                  weight = squared * squared; \
        sum = sum + weight; \
        difference = difference + weight * apart; \
    }
#define BILATERAL_FOUR(k, p, four) \
    { \
        f32 sum = ALL(f32, 0.0f), difference = ALL(f32, 0.0f); \
        BILATERAL_SAMPLE(k, p, 4 * (four)) \
        BILATERAL_SAMPLE(k, p, 4 * (four) + 1) \
        BILATERAL_SAMPLE(k, p, 4 * (four) + 2) \
        BILATERAL_SAMPLE(k, p, 4 * (four) + 3) \
        all = all + sum * ALL(f32, (k)->pair[p].real[four]); \
        differences = differences + difference * ALL(f32, (k)->pair[p].real[four]); \
    }

PASS(bilateral, S, S)
{
    CONSTANT struct bilateral *k = CONSTANTS(struct bilateral);
    const f32 here = F32(AT(0, 0));
    f32 all = ALL(f32, k->real_middle), differences = ALL(f32, 0.0f);
    UNROLL
    for (int p = 0; p < k->pairs; p++) {
        BILATERAL_FOUR(k, p, 0)
        BILATERAL_FOUR(k, p, 1)
    }
    PUT(S_FROM_F32(here + differences * bilateral_inverse(all)));
}
#endif

#ifdef HOST
#include <stddef.h>

KERNEL(bilateral, tri_alpha_premultiplied, "smooths and keeps edges (bilateral filter)",
       "The mean of the samples no farther than radius, which count less with distance, by a "
       "Gaussian of sigma_space, and with the difference d from the sample: (1 - (d / 3 "
       "sigma_color)^2)^4, which is within 0.04 of a Gaussian of sigma_color, times the maximum, "
       "and 0 beyond 3 sigma_color. Each plane has its own weights. Borders replicate the edge "
       "sample.",
       "bilateral:radius=4:sigma_space=3:sigma_color=0.1",
       PARAM_LENGTH(radius, TRI_INT, 4, 1, BILATERAL_RADIUS, "window radius in pixels", TRI_RADIUS)
           PARAM_LENGTH(sigma_space, TRI_FLOAT, 3, 0.1, 100,
                        "standard deviation for distances, in pixels", TRI_RADIUS)
               PARAM_FLOAT(sigma_color, 0.1, 0.001, 1,
                           "standard deviation for differences, as a fraction of the maximum"))
ALIASES(bilateral,
        ALIAS("bilateralfilter|bilateralblur|surfaceblur|selectiveblur|edgepreservingblur",
              "bilateral"))

/* A difference of 200 is too much for any weight. */
KNOWN(bilateral, "bilateral:radius=1:sigma_color=0.1", PICTURE(4, 1, 1, 10, 10, 210, 210),
      PICTURE(4, 1, 1, 10, 10, 210, 210))

/* The weight of a difference at 8 bits, as the pass makes it. */
static uint bilateral_weight(const struct bilateral *k, uint difference)
{
    const uint square = difference * difference < k->limit ? difference * difference : k->limit;
    const uint root = k->peak - (square * k->scale * k->factor >> 16), squared = root * root >> 16;
    return squared * squared >> 16;
}

/* The largest product of a difference and its weight. */
static uint bilateral_largest(const struct bilateral *k)
{
    uint largest = 0;
    for (uint d = 1; d <= 255; d++) {
        const uint product = d * bilateral_weight(k, d);
        largest = product > largest ? product : largest;
    }
    return largest;
}

/* Sets the weights of differences: as large as 16 bits allow. `reach` is 3 sigma_color, in
 * samples. Returns the largest product. */
static uint bilateral_differences(struct bilateral *k, double reach)
{
    const double square = reach * reach < 65535 ? reach * reach : 65535;
    uint limit = (uint)square, largest;
    limit += limit < square;
    k->limit = (ushort)limit;
    k->scale = 1;
    while (limit * k->scale * 2 <= 65535)
        k->scale = (ushort)(k->scale * 2);
    /* beyond the largest difference there is no limit, but the curve is that of `reach` */
    const double end = reach * reach > 65535 ? reach * reach : limit;
    for (uint peak = 32767;; peak -= peak / 64) {
        k->peak = (ushort)peak;
        k->factor = (ushort)(peak * 65536.0 / (end * k->scale));
        largest = bilateral_largest(k);
        if (largest <= 32767 / 2)
            break;
    }
    k->alike = (short)bilateral_weight(k, 0);
    return largest;
}

/* Places at the same distance come in fours: a quarter of the window, turned. Returns how many. */
static int bilateral_places(struct bilateral *k, int radius, double distance[2 * BILATERAL_PAIRS])
{
    int fours = 0;
    for (int x = 1; x <= radius; x++) {
        for (int y = 0; x * x + y * y <= radius * radius; y++) {
            const int at[4][2] = {{x, y}, {-y, x}, {-x, -y}, {y, -x}};
            for (int i = 0; i < 4; i++) {
                k->pair[fours / 2].dx[fours % 2 * 4 + i] = (short)at[i][0];
                k->pair[fours / 2].dy[fours % 2 * 4 + i] = (short)at[i][1];
            }
            distance[fours++] = x * x + y * y;
        }
    }
    k->pairs = (fours + 1) / 2; /* the last one may be half empty: weight 0 */
    return fours;
}

/* The smallest shift after which sums of up to `most` fit in 15 bits. */
static int bilateral_shift(double most)
{
    int shift = 0;
    while (most / (1 << shift) > 32766)
        shift++;
    return shift;
}

static void bilateral_distances(struct bilateral *k, int radius, double sigma, uint largest)
{
    double weight[2 * BILATERAL_PAIRS], sum = 1;
    const int fours = bilateral_places(k, radius, weight);
    for (int i = 0; i < fours; i++) {
        weight[i] = tri_exp(-0.5 * weight[i] / (sigma * sigma));
        sum += weight[i];
    }
    /* sums of weighted differences, of two samples up to 2^15, fit in 32 bits */
    const double unit = 32500 / sum, real = 32767 / (4 * sum - 3);
    double all = k->middle = (short)(unit + 0.5);
    k->real_middle = (float)real;
    for (int i = 0; i < fours; i++) {
        k->pair[i / 2].weight[i % 2] = (short)(weight[i] * unit + 0.5);
        k->pair[i / 2].real[i % 2] = (float)(weight[i] * real);
        all += 4 * k->pair[i / 2].weight[i % 2];
    }
    k->near = bilateral_weight(k, 127) == 0;
    k->sum_shift = bilateral_shift(all * k->alike);
    k->difference_shift = bilateral_shift(all * largest);
    if (k->difference_shift < k->sum_shift)
        k->difference_shift = k->sum_shift;
    k->unit = 1 << (k->difference_shift - k->sum_shift);
}

GRAPH_PLANE(bilateral)
{
    const int radius = (int)VALUE(radius), maximum = (1 << tri_graph_bits(graph)) - 1;
    const double reach = 3 * VALUE(sigma_color) * maximum;
    struct bilateral k = {.steepness = (float)(1 / (reach * reach))};
    const uint largest = bilateral_differences(&k, reach * 255 / maximum);
    bilateral_distances(&k, radius, VALUE(sigma_space), largest);
    return NODE(bilateral, .in = {in}, .low = -radius, .high = radius, .reach = radius,
                .operations = 80.0 * k.pairs, .constants = &k,
                .constants_size =
                    offsetof(struct bilateral, pair) + (size_t)k.pairs * sizeof k.pair[0],
                .specialize = true);
}
#endif
