/* fraction.c -- weights as whole numbers over a divisor. Most filters have such weights, and are
 * recovered exactly then. */
#include "learn/learn.h"

#include <math.h>
#include <string.h>

enum { DIVISOR_MAX = 1024, DECIMALS = 10000000 };

/* Rounded samples are off by this, in the mean of squares: the variance of what is uniform between
 * -1/2 and 1/2. What adds a small part of it is not seen, and rounding may have added it: it is not
 * chance alone, as multiples of 1/16 are rounded up by 1/32 on average. */
#define ROUNDING (1.0 / 12)
#define HIDDEN(loss) (((loss) > ROUNDING ? (loss) : ROUNDING) / 4)

/* By how much the loss grows from `than`, with its best offset, to `weights` with this offset. No
 * difference of losses, which would be lost in rounding. */
static double growth(const struct tri_learn_problem *problem, const double *than,
                     const double *weights, double offset)
{
    const double shift = tri_learn_offset(problem, weights) - offset;
    double slope[TRI_LEARN_TAPS_MAX], by[TRI_LEARN_TAPS_MAX], sum = shift * shift;

    tri_learn_slope(problem, than, slope);
    for (int i = 0; i < problem->taps; i++)
        by[i] = weights[i] - than[i];
    for (int i = 0; i < problem->taps; i++) {
        sum -= 2 * by[i] * slope[i];
        for (int j = 0; j < problem->taps; j++)
            sum += by[i] * problem->covariance[i][j] * by[j];
    }
    return sum;
}

bool tri_learn_fits(const struct tri_learn_problem *problem, const double *than,
                    const double *weights, double offset)
{
    return growth(problem, than, weights, offset) <= HIDDEN(tri_learn_loss(problem, than));
}

/* The offset that is simplest: none, whole, half, or the best one. */
static double simple_offset(const struct tri_learn_problem *problem, const double *than,
                            const double *weights)
{
    const double best = tri_learn_offset(problem, weights);
    const double simple[] = {0, floor(best + 0.5), floor(2 * best + 0.5) / 2};

    for (int i = 0; i < 3; i++)
        if (tri_learn_fits(problem, than, weights, simple[i]))
            return simple[i];
    return best;
}

static void divide(int taps, const double *weights, int divisor, double *numerators,
                   double *rounded)
{
    for (int i = 0; i < taps; i++) {
        numerators[i] = floor(weights[i] * divisor + 0.5);
        rounded[i] = numerators[i] / divisor;
    }
}

/* Of several multiples of the same weights only the first counts. */
static bool is_new(const struct tri_learn_fractions *fractions, const double *rounded)
{
    for (int k = 0; k < fractions->count; k++) {
        const struct tri_learn_fraction *other = &fractions->list[k];
        bool same = true;
        for (int i = 0; i < fractions->taps; i++)
            same = same && other->weight[i] / other->divisor == rounded[i];
        if (same)
            return false;
    }
    return true;
}

void tri_learn_fractions_find(const struct tri_learn_problem *problem, const double *weights,
                              bool decimal, struct tri_learn_fractions *fractions)
{
    const int taps = problem->taps;
    double rounded[TRI_LEARN_TAPS_MAX];

    *fractions = (struct tri_learn_fractions){.taps = taps};
    for (int divisor = 1; divisor <= DIVISOR_MAX && fractions->count < TRI_LEARN_FRACTIONS_MAX - 1;
         divisor = decimal ? 10 * divisor : divisor + 1) {
        struct tri_learn_fraction *next = &fractions->list[fractions->count];
        divide(taps, weights, divisor, next->weight, rounded);
        next->divisor = divisor;
        next->offset = simple_offset(problem, weights, rounded);
        if (tri_learn_fits(problem, weights, rounded, next->offset) && is_new(fractions, rounded))
            fractions->count++;
    }
    struct tri_learn_fraction *last = &fractions->list[fractions->count++];
    divide(taps, weights, DECIMALS, last->weight, rounded);
    memcpy(last->weight, rounded, (size_t)taps * sizeof rounded[0]);
    last->divisor = 1;
    last->offset = tri_learn_offset(problem, rounded);
}
