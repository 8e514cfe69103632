/* limit -- as much arithmetic on a sample as a lane can do, in registers: the limits of a roofline.
 * No kernel uses these passes; host/measure/limits.c runs them. */
#include "kernel.h"

#define LIMIT_CHOICES 32 /* rounds of six */
#define LIMIT_WEIGHTS 64

struct limit {
    short weight[LIMIT_WEIGHTS];
    float real[LIMIT_WEIGHTS];
};

/* Minimum and maximum: the cheapest operation on the smallest type. Six values keep several units
 * busy. Each is clamped between weights in turn, which compilers cannot shorten: minima of maxima
 * do not associate. */
PASS(limit_choose, S, S)
{
    CONSTANT struct limit *k = CONSTANTS(struct limit);
    S a = AT(0, 0), b = a + ALL(S, 1), c = a + ALL(S, 3), d = a + ALL(S, 7), e = a + ALL(S, 15),
      f = a + ALL(S, 31);
    for (int i = 0; i < LIMIT_CHOICES; i += 2) {
        const S low = ALL(S, k->weight[i]), high = ALL(S, k->weight[i + 1]);
        a = MIN(MAX(a, low), high);
        b = MAX(MIN(b, high), low);
        c = MIN(MAX(c, low), high);
        d = MAX(MIN(d, high), low);
        e = MIN(MAX(e, low), high);
        f = MAX(MIN(f, high), low);
    }
    PUT(MAX(MAX(MAX(a, b), MAX(c, d)), MAX(e, f)));
}

/* Multiply-adds, as a convolution does them. */
PASS(limit_multiply, S, S)
{
    CONSTANT struct limit *k = CONSTANTS(struct limit);
#if BITS == 8
    const i16 a = I16(AT(0, 0)), b = a + ALL(i16, 1);
    acc sum = ACC_ZERO();
    for (int i = 0; i < LIMIT_WEIGHTS; i += 2)
        sum = ACC_ADD_PAIR(sum, a, b, k->weight[i], k->weight[i + 1]);
    PUT(TO_S(ACC_NARROW(sum, 8)));
#else
    const f32 a = F32(AT(0, 0));
    f32 sum = ALL(f32, 0.0f);
    for (int i = 0; i < LIMIT_WEIGHTS; i++)
        sum = sum + a * ALL(f32, k->real[i]);
    PUT(S_FROM_F32(sum));
#endif
}

#ifdef HOST
static struct limit limit_weights(void)
{
    struct limit k = {{0}, {0}};
    for (int i = 0; i < LIMIT_WEIGHTS; i++) {
        k.weight[i] = (short)(i - 28);
        k.real[i] = (float)(i - 28) / 256;
    }
    return k;
}

static int limit_choose_graph(struct tri_graph *graph, int in)
{
    const struct limit k = limit_weights();
    return NODE(limit_choose, .in = {in}, .operations = 6 * LIMIT_CHOICES, .constants = &k,
                .constants_size = sizeof k);
}

static int limit_multiply_graph(struct tri_graph *graph, int in)
{
    const struct limit k = limit_weights();
    return NODE(limit_multiply, .in = {in}, .operations = LIMIT_WEIGHTS, .constants = &k,
                .constants_size = sizeof k);
}

static const struct tri_param no_params[] = {{0}};
static const struct tri_about limit_about = {
    "limit", tri_alpha_plain, "", "", "", no_params,
};
const struct tri_kernel tri_limit_choose = {&limit_about, 0, 0, 0, limit_choose_graph};
const struct tri_kernel tri_limit_multiply = {&limit_about, 0, 0, 0, limit_multiply_graph};
#endif
