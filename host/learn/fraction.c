/* fraction.c -- weights as whole numbers over a divisor, where such numbers explain the pictures as
 * well. Most filters have such weights, and are recovered exactly then. */
#include "learn/learn.h"

#include <math.h>
#include <string.h>

enum { DIVISOR_MAX = 1024, DECIMALS = 10000000 };

/* Samples are rounded, so this is left of every exact fit: the variance of what is uniform between
 * -1/2 and 1/2. */
#define ROUNDING (1.0 / 12)

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

/* The right weights fit worse than the learnt ones by as much as chance lets these fit the errors:
 * times the number of places, and divided by the variance of the errors, that has the distribution
 * chi-squared, with a degree of freedom for each weight and for the offset: its mean is their
 * number, and its variance twice that. */
bool tri_learn_fits(const struct tri_learn_problem *problem, const double *than,
                    const double *weights, double offset)
{
    const double loss = tri_learn_loss(problem, than), freedom = problem->taps + 1;
    const double most = freedom + 5 * sqrt(2 * freedom);

    return growth(problem, than, weights, offset) * problem->places <=
           most * (loss > ROUNDING ? loss : ROUNDING);
}

/* The offset that is simplest: none, whole, half, or as it is. */
static double simple_offset(const struct tri_learn_problem *problem, const double *than,
                            const double *weights, double offset)
{
    const double simple[] = {0, floor(offset + 0.5), floor(2 * offset + 0.5) / 2};

    for (int i = 0; i < 3; i++)
        if (tri_learn_fits(problem, than, weights, simple[i]))
            return simple[i];
    return offset;
}

static void divide(int taps, const double *weights, int divisor, double *numerators,
                   double *rounded)
{
    for (int i = 0; i < taps; i++) {
        numerators[i] = floor(weights[i] * divisor + 0.5);
        rounded[i] = numerators[i] / divisor;
    }
}

void tri_learn_fraction_find(const struct tri_learn_problem *problem, const double *weights,
                             double offset, struct tri_learn_fraction *fraction)
{
    const int taps = problem->taps;
    double rounded[TRI_LEARN_TAPS_MAX];

    *fraction = (struct tri_learn_fraction){.taps = taps};
    for (int divisor = 1; divisor <= DIVISOR_MAX; divisor++) {
        divide(taps, weights, divisor, fraction->weight, rounded);
        const double its =
            simple_offset(problem, weights, rounded, tri_learn_offset(problem, rounded));
        if (!tri_learn_fits(problem, weights, rounded, its))
            continue;
        fraction->divisor = divisor;
        fraction->offset = its;
        return;
    }
    divide(taps, weights, DECIMALS, fraction->weight, rounded);
    memcpy(fraction->weight, rounded, (size_t)taps * sizeof rounded[0]);
    fraction->divisor = 1;
    fraction->offset = simple_offset(problem, weights, rounded, offset);
}
