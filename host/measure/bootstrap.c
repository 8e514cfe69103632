/* bootstrap.c -- confidence intervals of ratios and of fitted laws, by resampling. */
#include "measure/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 2000 };

struct resampled {
    int64_t *sorted;
    int count;
};

static int ascending(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static int ascending_real(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static struct resampled sort_samples(const int64_t *samples, int count)
{
    struct resampled result = {0};

    if (count < TRI_ROUNDS_MIN || samples == NULL)
        return result;
    result.sorted = malloc((size_t)count * sizeof *samples);
    if (result.sorted == NULL)
        return result;
    memcpy(result.sorted, samples, (size_t)count * sizeof *samples);
    qsort(result.sorted, (size_t)count, sizeof *samples, ascending);
    result.count = count;
    return result;
}

/* ---- random numbers, the same in every run ---- */

/* In (0, 1): xorshift64*, G. Marsaglia and S. Vigna. */
static double uniform(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return ((double)((*state * UINT64_C(2685821657736338717)) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
    return sqrt(-2 * log(uniform(state))) * cos(2 * M_PI * uniform(state));
}

/* Of the gamma distribution, shape >= 1. G. Marsaglia and W. W. Tsang, "A simple method for
 * generating gamma variables", ACM TOMS 26(3), 2000. */
static double gamma_of(double shape, uint64_t *state)
{
    const double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);

    for (;;) {
        const double x = normal(state), root = 1 + c * x, v = root * root * root;
        if (root > 0 && log(uniform(state)) < 0.5 * x * x + d - d * v + d * log(v))
            return d * v;
    }
}

/* The median of a resample of n samples is the sample at rank n times the median of n uniform
 * variables, whose distribution is known: beta((n+1)/2, (n+1)/2). So nothing is sorted again. */
static double draw_median(const struct resampled *samples, uint64_t *state)
{
    const double shape = (samples->count + 1) / 2.0, a = gamma_of(shape, state),
                 b = gamma_of(shape, state);
    const int rank = (int)(samples->count * (a / (a + b)));

    return (double)samples->sorted[rank < samples->count ? rank : samples->count - 1];
}

/* Sorts the results. */
static struct tri_range percentiles(double *results)
{
    qsort(results, RESAMPLES, sizeof *results, ascending_real);
    return (struct tri_range){results[RESAMPLES / 40], results[RESAMPLES - 1 - RESAMPLES / 40]};
}

static const struct tri_range unknown = {(double)NAN, (double)NAN};

struct tri_range tri_ratio_range(const int64_t *over, int over_count, const int64_t *under,
                                 int under_count)
{
    struct resampled a = sort_samples(over, over_count), b = sort_samples(under, under_count);
    double *results = malloc(RESAMPLES * sizeof *results);
    struct tri_range range = unknown;
    uint64_t state = 1;

    if (a.count > 0 && b.count > 0 && results != NULL) {
        for (int i = 0; i < RESAMPLES; i++)
            results[i] = draw_median(&a, &state) / fmax(draw_median(&b, &state), 1);
        range = percentiles(results);
    }
    free(results);
    free(a.sorted);
    free(b.sorted);
    return range;
}

/* ---- a curve ---- */

struct drawn_curve {
    struct resampled one, rows[TRI_CURVE_MAX];
    double *serial, *contention, *coherence;
    bool complete;
};

static void open_curve(const struct tri_curve *curve, struct drawn_curve *drawn)
{
    drawn->one = sort_samples(curve->one->samples, curve->one->total.count);
    drawn->serial = malloc(3 * RESAMPLES * sizeof *drawn->serial);
    drawn->complete = drawn->one.count > 0 && drawn->serial != NULL;
    for (int i = 0; i < curve->count; i++) {
        drawn->rows[i] = sort_samples(curve->rows[i]->samples, curve->rows[i]->total.count);
        drawn->complete &= drawn->rows[i].count > 0;
    }
    if (!drawn->complete)
        return;
    drawn->contention = drawn->serial + RESAMPLES;
    drawn->coherence = drawn->contention + RESAMPLES;
}

static void close_curve(const struct tri_curve *curve, struct drawn_curve *drawn)
{
    for (int i = 0; i < curve->count; i++)
        free(drawn->rows[i].sorted);
    free(drawn->one.sorted);
    free(drawn->serial);
}

static void resample_curve(const struct tri_curve *curve, struct drawn_curve *drawn)
{
    double speedups[TRI_CURVE_MAX];
    int workers[TRI_CURVE_MAX];
    uint64_t state = 1;

    for (int k = 0; k < RESAMPLES; k++) {
        const double one = draw_median(&drawn->one, &state);
        for (int i = 0; i < curve->count; i++) {
            workers[i] = curve->rows[i]->info->workers;
            speedups[i] = one / fmax(draw_median(&drawn->rows[i], &state), 1);
        }
        const struct tri_scaling fit = tri_scaling_fit(workers, speedups, curve->count);
        drawn->serial[k] = fit.serial;
        drawn->contention[k] = fit.contention;
        drawn->coherence[k] = fit.coherence;
    }
}

struct tri_scaling_range tri_scaling_range(const struct tri_curve *curve)
{
    struct tri_scaling_range range = {unknown, unknown, unknown};
    struct drawn_curve drawn = {0};

    if (curve->count < 2)
        return range;
    open_curve(curve, &drawn);
    if (drawn.complete) {
        resample_curve(curve, &drawn);
        range.serial = percentiles(drawn.serial);
        if (isfinite(drawn.contention[0])) {
            range.contention = percentiles(drawn.contention);
            range.coherence = percentiles(drawn.coherence);
        }
    }
    close_curve(curve, &drawn);
    return range;
}
