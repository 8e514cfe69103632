/* fraction.c -- weights as whole numbers over a divisor. Most filters have such weights, and are
 * recovered exactly then. */
#include "learn/learn.h"

#include <math.h>
#include <string.h>

enum { DIVISOR_MAX = 1024, DECIMALS = 10000000 };

/* Rounded samples are off by this, in the mean of squares: the variance of what is uniform between
 * -1/2 and 1/2. What adds a small part of it, or of larger errors, is not seen. */
#define ROUNDING (1.0 / 12)
#define HIDDEN(loss, part) (((loss) > ROUNDING ? (loss) : ROUNDING) / (part))
enum { PART_OF_FILTERS = 4, PART_OF_FRACTIONS = 10 };

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
    return growth(problem, than, weights, offset) <=
           HIDDEN(tri_learn_loss(problem, than), PART_OF_FILTERS);
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

/* With a simple offset, and with the best one. Half a sample may come from another way to round,
 * which none can tell from the sums. */
static void add_fraction(struct tri_learn_fractions *fractions, int divisor,
                         const double *numerators, double offset)
{
    const double simple = fabs(offset) <= 0.5 ? 0 : floor(2 * offset + 0.5) / 2;
    const double offsets[] = {simple, offset};

    for (int i = 0; i < 2 && fractions->count < TRI_LEARN_FRACTIONS_MAX; i++) {
        struct tri_learn_fraction *next = &fractions->list[fractions->count];
        if (i == 1 && offset == simple)
            break;
        memcpy(next->weight, numerators, (size_t)fractions->taps * sizeof *numerators);
        next->divisor = divisor;
        next->offset = offsets[i];
        fractions->count++;
    }
}

void tri_learn_fractions_find(const struct tri_learn_problem *problem, const double *weights,
                              bool decimal, struct tri_learn_fractions *fractions)
{
    const int taps = problem->taps;
    const double hidden = HIDDEN(tri_learn_loss(problem, weights), PART_OF_FRACTIONS);
    double numerators[TRI_LEARN_TAPS_MAX], rounded[TRI_LEARN_TAPS_MAX];

    *fractions = (struct tri_learn_fractions){.taps = taps};
    for (int divisor = 1; divisor <= DIVISOR_MAX && fractions->count < TRI_LEARN_FRACTIONS_MAX - 2;
         divisor = decimal ? 10 * divisor : divisor + 1) {
        divide(taps, weights, divisor, numerators, rounded);
        const double offset = tri_learn_offset(problem, rounded);
        if (growth(problem, weights, rounded, offset) <= hidden && is_new(fractions, rounded))
            add_fraction(fractions, divisor, numerators, offset);
    }
    divide(taps, weights, DECIMALS, numerators, rounded);
    add_fraction(fractions, 1, rounded, tri_learn_offset(problem, rounded));
}
