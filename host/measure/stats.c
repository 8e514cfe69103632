/* stats.c -- medians with their confidence intervals, and the measures and laws of scaling. */
#include "measure/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

/* The greatest k for which fewer than k of n samples lie below the median with a probability of at
 * most 2.5 %; then the k-th smallest and k-th largest sample bound it with 95 %. 0 if there is
 * none. */
static int interval_rank(int n)
{
    /* Summed from the logarithm of each term, as 2^-n alone underflows for n > 1074. */
    double below = 0;
    int k = 0;

    while (k < n) {
        below += exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) - n * log(2.0));
        if (below > 0.025)
            break;
        k++;
    }
    return k;
}

struct tri_summary tri_summarize(const int64_t *samples, int count)
{
    struct tri_summary summary = {.count = count, .low = -1, .high = -1};
    int64_t *sorted = count > 0 ? malloc((size_t)count * sizeof *sorted) : NULL;

    if (sorted == NULL) {
        summary.count = 0;
        return summary;
    }
    memcpy(sorted, samples, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, ascending);

    int64_t lower = sorted[(count - 1) / 2], upper = sorted[count / 2];
    summary.minimum = sorted[0];
    summary.median = lower + (upper - lower) / 2;
    int rank = interval_rank(count);
    if (rank > 0) {
        summary.low = sorted[rank - 1];
        summary.high = sorted[count - rank];
    }
    free(sorted);
    return summary;
}

double tri_efficiency(double one, double many, int workers)
{
    return one / (workers * many);
}

double tri_karp_flatt(double speedup, int workers)
{
    if (workers < 2)
        return (double)NAN;
    double share = 1.0 / workers;
    return (1 / speedup - share) / (1 - share);
}

double tri_amdahl(double serial, double workers)
{
    return 1 / (serial + (1 - serial) / workers);
}

double tri_gustafson(double serial, double workers)
{
    return workers - serial * (workers - 1);
}

/* Least squares of n/S - 1 = contention (n-1) + coherence n (n-1); neither can be negative. */
static void fit_universal(struct tri_scaling *fit, const int *workers, const double *speedups)
{
    double xx = 0, xz = 0, zz = 0, xy = 0, zy = 0;

    for (int i = 0; i < fit->points; i++) {
        double n = workers[i], x = n - 1, z = n * (n - 1), y = n / speedups[i] - 1;

        xx += x * x;
        xz += x * z;
        zz += z * z;
        xy += x * y;
        zy += z * y;
    }
    double determinant = xx * zz - xz * xz;
    if (determinant <= 0)
        return;
    fit->contention = (xy * zz - zy * xz) / determinant;
    fit->coherence = (zy * xx - xy * xz) / determinant;
    if (fit->coherence < 0) {
        fit->coherence = 0;
        fit->contention = xy / xx;
    } else if (fit->contention < 0) {
        fit->contention = 0;
        fit->coherence = zy / zz;
    }
    fit->contention = fmax(fit->contention, 0);
    fit->coherence = fmax(fit->coherence, 0);
}

struct tri_scaling tri_scaling_fit(const int *workers, const double *speedups, int points)
{
    struct tri_scaling fit = {points, 0, (double)NAN, (double)NAN, (double)NAN};
    double squares = 0, products = 0;

    for (int i = 0; i < points; i++) {
        double ideal = 1.0 / workers[i];

        squares += (1 - ideal) * (1 - ideal);
        products += (1 - ideal) * (1 / speedups[i] - ideal);
        if (workers[i] > fit.most_workers)
            fit.most_workers = workers[i];
    }
    if (squares > 0)
        fit.serial = fmin(fmax(products / squares, 0), 1);
    if (points >= 6)
        fit_universal(&fit, workers, speedups);
    return fit;
}

int tri_worker_steps(int most, int steps[32])
{
    int count = 0;

    for (int n = 1; n < most && count < 31; n = n < 8                ? n + 1
                                                : (n & (n - 1)) == 0 ? n + n / 2
                                                                     : n / 3 * 4)
        steps[count++] = n;
    steps[count++] = most;
    return count;
}
