/* stats_ratio.c -- ratios of medians and their confidence intervals. measure.h names the method. */
#include "measure/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FREEDOM_MAX = 1000 }; /* beyond, Student's t is the normal distribution to four digits */

static int ascending(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static int64_t *sorted_copy(const int64_t *samples, int count)
{
    int64_t *sorted = count > 0 ? malloc((size_t)count * sizeof *sorted) : NULL;

    if (sorted == NULL)
        return NULL;
    memcpy(sorted, samples, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, ascending);
    return sorted;
}

/* ---- distributions ---- */

/* The probability of fewer than k heads in n throws of a coin, k below n / 2. */
static double fewer_heads(int k, int n)
{
    double term =
        exp(lgamma(n + 1.0) - lgamma((double)k) - lgamma(n - k + 2.0) - n * log(2.0)); /* k - 1 */
    double sum = 0;

    for (int heads = k - 1; heads >= 0 && term > sum * 1e-12; heads--) {
        sum += term;
        term *= heads / (n - heads + 1.0);
    }
    return sum;
}

/* What a normal variable exceeds with probability p, 0 < p < 0.5. */
static double normal_above(double p)
{
    double low = 0, high = 40;

    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        if (erfc(middle / sqrt(2)) / 2 > p)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The probability that |T| exceeds t. Abramowitz and Stegun, "Handbook of Mathematical Functions",
 * 26.7.3 and 26.7.4. */
static double student_beyond(double t, int freedom)
{
    const double angle = atan(t / sqrt(freedom)), cosine = cos(angle), square = cosine * cosine;
    const bool odd = freedom % 2 != 0;
    double term = odd ? cosine : 1, sum = 0;

    for (int i = odd ? 3 : 2; i <= freedom; i += 2) {
        sum += term;
        term *= square * (i - 1) / i;
    }
    return odd ? 1 - 2 / M_PI * (angle + sin(angle) * sum) : 1 - sin(angle) * sum;
}

double tri_student(double miss, double freedom)
{
    const int whole = freedom < 1 ? 1 : freedom > FREEDOM_MAX ? FREEDOM_MAX : (int)freedom;
    double low = 0, high = 1;

    while (high < 1e12 && student_beyond(high, whole) > miss)
        high *= 2;
    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        if (student_beyond(middle, whole) > miss)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* ---- medians ---- */

/* Samples k and n - k + 1 of n, ordered, lie z standard deviations to either side of the median, if
 * k and z belong together; k is chosen so that z is near 2. */
static double variance_of(const int64_t *sorted, int count)
{
    const double rounding = 1 / 12.0; /* of a time in whole nanoseconds */
    const int wanted = (int)round((count + 1) / 2.0 - sqrt(count)), k = wanted < 1 ? 1 : wanted;
    const int middle = count / 2;
    const double low = (double)sorted[k - 1], high = (double)sorted[count - k],
                 median = (double)sorted[middle];

    if (count < 2)
        return (double)INFINITY;
    const double deviation = log(high / low) / (2 * normal_above(fewer_heads(k, count)));
    return deviation * deviation + rounding / (median * median);
}

double tri_log_median(const int64_t *samples, int count, double *variance)
{
    int64_t *sorted = sorted_copy(samples, count);

    *variance = (double)NAN;
    if (sorted == NULL)
        return (double)NAN;
    const int lower = (count - 1) / 2, upper = count / 2;
    const double median = ((double)sorted[lower] + (double)sorted[upper]) / 2;
    *variance = variance_of(sorted, count);
    free(sorted);
    return median;
}

/* ---- ratios ---- */

struct tri_estimate tri_estimate_ratio(double over, double over_variance, int over_count,
                                       double under, double under_variance, int under_count)
{
    const double variance = over_variance + under_variance;
    const double shares = over_variance * over_variance / fmax(over_count - 1, 1) +
                          under_variance * under_variance / fmax(under_count - 1, 1);

    return (struct tri_estimate){
        .log = log(over / under),
        .variance = variance,
        .freedom = isfinite(variance) && shares > 0 ? fmax(variance * variance / shares, 1) : 1};
}

struct tri_estimate tri_estimate_mean(const struct tri_estimate *ratios, int count)
{
    struct tri_estimate mean = {.freedom = 1};
    double shares = 0;

    for (int i = 0; i < count; i++) {
        mean.log += ratios[i].log / count;
        mean.variance += ratios[i].variance / count / count;
        shares += ratios[i].variance * ratios[i].variance / ratios[i].freedom;
    }
    const double sum = mean.variance * count * count;
    if (isfinite(sum) && shares > 0)
        mean.freedom = fmax(sum * sum / shares, 1);
    return mean;
}

struct tri_interval tri_estimate_interval(const struct tri_estimate *estimate, double t)
{
    const double reach =
        isfinite(estimate->variance) ? t * sqrt(estimate->variance) : (double)INFINITY;

    return (struct tri_interval){exp(estimate->log), exp(estimate->log - reach),
                                 exp(estimate->log + reach)};
}
