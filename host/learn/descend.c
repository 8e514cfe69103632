/* descend.c -- finds weights by descending along slopes of the loss, which come from exact sums.
 * Doubles are added, multiplied and divided in a fixed order, so every machine gets the same bits.
 *
 * The loss is a parabola in each direction, so each step goes exactly to the lowest point of its
 * direction. Conjugate directions: M. R. Hestenes and E. Stiefel, "Methods of conjugate gradients
 * for solving linear systems", Journal of Research of the NBS 49 (1952). */
#include "learn/learn.h"

#include <math.h>
#include <string.h>

enum { PLACES_A_TAP = 10 };

/* Parts of its variance that no other tap explains: less is lost in rounding. */
#define DISTINCT 1e-11

static int at(int i, int j)
{
    return i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i;
}

static double mean(const struct tri_learn_sums *sums, int i)
{
    return (double)sums->product[at(sums->taps, i)] / (double)tri_learn_places(sums);
}

/* Of factors i and j. The difference is exact, and is rounded once. */
static double covariance(const struct tri_learn_sums *sums, int i, int j, bool offset)
{
    const int one = sums->taps;
    const tri_learn_wide places = tri_learn_places(sums), sum = sums->product[at(i, j)];
    const tri_learn_wide apart =
        places * sum - sums->product[at(one, i)] * sums->product[at(one, j)];

    return offset ? (double)apart / (double)places / (double)places : (double)sum / (double)places;
}

void tri_learn_problem_fill(struct tri_learn_problem *problem, const struct tri_learn_sums *sums,
                            bool offset)
{
    const int taps = sums->taps, wanted = taps + 1;

    problem->taps = taps;
    problem->places = (double)tri_learn_places(sums);
    for (int i = 0; i < taps; i++) {
        problem->mean[i] = offset ? mean(sums, i) : 0;
        problem->with_wanted[i] = covariance(sums, i, wanted, offset);
        for (int j = 0; j < taps; j++)
            problem->covariance[i][j] = covariance(sums, i, j, offset);
    }
    problem->wanted = offset ? mean(sums, wanted) : 0;
    problem->variance = covariance(sums, wanted, wanted, offset);
}

/* Whether no tap is a sum of others: the pivots of a Cholesky decomposition. */
static bool are_distinct(const struct tri_learn_problem *problem)
{
    static _Thread_local double rest[TRI_LEARN_TAPS_MAX][TRI_LEARN_TAPS_MAX];
    const int taps = problem->taps;

    memcpy(rest, problem->covariance, sizeof rest);
    for (int k = 0; k < taps; k++) {
        if (!(rest[k][k] > DISTINCT * problem->covariance[k][k]))
            return false;
        for (int i = k + 1; i < taps; i++)
            for (int j = k + 1; j < taps; j++)
                rest[i][j] -= rest[i][k] * rest[k][j] / rest[k][k];
    }
    return true;
}

enum tri_status tri_learn_problem_set(struct tri_learn_problem *problem,
                                      const struct tri_learn_sums *sums, bool offset,
                                      struct tri_error *error)
{
    const long places = (long)tri_learn_places(sums), least = (long)PLACES_A_TAP * (sums->taps + 1);

    if (places < least)
        return tri_fail(
            error, TRI_USAGE,
            "only %ld samples can be learnt from, and %d weights need %ld: samples near "
            "an edge do not count, nor those that are 0 or the maximum afterwards; use "
            "larger or more pictures, or a smaller kernel",
            places, sums->taps, least);
    tri_learn_problem_fill(problem, sums, offset);
    if (!are_distinct(problem))
        return tri_fail(error, TRI_USAGE,
                        "the pictures before have too little detail to tell the weights apart: "
                        "different filters do the same to them; use pictures with more detail, or "
                        "a smaller kernel");
    return TRI_OK;
}

void tri_learn_slope(const struct tri_learn_problem *problem, const double *weights, double *slope)
{
    for (int i = 0; i < problem->taps; i++) {
        double sum = problem->with_wanted[i];
        for (int j = 0; j < problem->taps; j++)
            sum -= problem->covariance[i][j] * weights[j];
        slope[i] = sum;
    }
}

static double dot(const double *a, const double *b, int count)
{
    double sum = 0;

    for (int i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* variance - w c - w (c - S w). Of an exact fit, rounding may leave less than nothing. */
double tri_learn_loss(const struct tri_learn_problem *problem, const double *weights)
{
    double slope[TRI_LEARN_TAPS_MAX];

    tri_learn_slope(problem, weights, slope);
    const double loss = problem->variance - dot(weights, problem->with_wanted, problem->taps) -
                        dot(weights, slope, problem->taps);
    return loss > 0 ? loss : 0;
}

double tri_learn_offset(const struct tri_learn_problem *problem, const double *weights)
{
    return problem->wanted - dot(weights, problem->mean, problem->taps);
}

/* ---- steps ---- */

struct descent {
    const struct tri_learn_problem *problem;
    bool steepest;
    double weights[TRI_LEARN_TAPS_MAX], slope[TRI_LEARN_TAPS_MAX], along[TRI_LEARN_TAPS_MAX];
    double steepness; /* the square of the slope's length */
};

/* Goes to the lowest point along the direction; false if rounding errors are all that is left. */
static bool go(struct descent *d)
{
    const int taps = d->problem->taps;
    double curvature = 0;

    for (int i = 0; i < taps; i++)
        curvature += d->along[i] * dot(d->problem->covariance[i], d->along, taps);
    if (!(curvature > 0))
        return false;
    const double length = dot(d->along, d->slope, taps) / curvature;
    for (int i = 0; i < taps; i++)
        d->weights[i] += length * d->along[i];
    return true;
}

static void turn(struct descent *d)
{
    const int taps = d->problem->taps;
    const double before = d->steepness;

    tri_learn_slope(d->problem, d->weights, d->slope);
    d->steepness = dot(d->slope, d->slope, taps);
    const double keep = d->steepest || !(before > 0) ? 0 : d->steepness / before;
    for (int i = 0; i < taps; i++)
        d->along[i] = d->slope[i] + keep * d->along[i];
}

static struct tri_learn_step measure(const struct descent *d, const struct tri_learn_problem *check,
                                     int plane, long number)
{
    const struct tri_learn_step step = {.plane = plane,
                                        .number = number,
                                        .loss = tri_learn_loss(d->problem, d->weights),
                                        .check = check != NULL ? tri_learn_loss(check, d->weights)
                                                               : (double)NAN};

    return step;
}

struct tri_learn_step tri_learn_descend(const struct tri_learn_problem *problem,
                                        const struct tri_learn_problem *check,
                                        const struct tri_learn_descent *descent, double *weights)
{
    struct descent d = {.problem = problem, .steepest = descent->steepest};
    struct tri_learn_step best = measure(&d, check, descent->plane, 0), step = best;
    const double all = dot(problem->with_wanted, problem->with_wanted, problem->taps);

    memset(weights, 0, (size_t)problem->taps * sizeof *weights);
    turn(&d);
    while (step.number < descent->steps && step.number - best.number < descent->patience &&
           d.steepness > 1e-28 * all && go(&d)) {
        turn(&d);
        step = measure(&d, check, descent->plane, step.number + 1);
        if (descent->tell != NULL)
            descent->tell(descent->listener, &step);
        if (check != NULL ? step.check < best.check : step.loss < best.loss) {
            best = step;
            memcpy(weights, d.weights, (size_t)problem->taps * sizeof *weights);
        }
    }
    return best;
}
