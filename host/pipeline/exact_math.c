/* exact_math.c -- elementary functions from + - * / only: a libm may round differently on another
 * machine, and kernels' tables must not. Relative errors are below 1e-14 in the ranges used. */
#include "kernel_description.h"

#include <math.h>

static double power_of_two(int n)
{
    double result = 1.0, factor = n < 0 ? 0.5 : 2.0;
    for (int i = n < 0 ? -n : n; i > 0; i--)
        result *= factor;
    return result;
}

double tri_exp(double x)
{
    const double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
    if (x < -700.0)
        return 0.0;
    const int n = (int)(x / (ln2_high + ln2_low) + (x < 0 ? -0.5 : 0.5));
    const double r = (x - n * ln2_high) - n * ln2_low;
    double sum = 1.0;
    for (int i = 20; i > 0; i--)
        sum = 1.0 + sum * r / i;
    return sum * power_of_two(n);
}

static double natural_log(double x)
{
    int n = 0;
    for (; x > 1.5; n++)
        x *= 0.5;
    for (; x < 0.75; n--)
        x *= 2.0;
    const double z = (x - 1.0) / (x + 1.0), z2 = z * z;
    double sum = 0.0;
    for (int i = 41; i > 0; i -= 2)
        sum = sum * z2 + 1.0 / i;
    return 2.0 * z * sum + n * 6.93147180559945309417e-01;
}

double tri_pow(double x, double y)
{
    return tri_exp(y * natural_log(x));
}

double tri_sin_pi(double x)
{
    const double whole = floor(x + 0.5); /* exact */
    const double r = (x - whole) * 3.14159265358979323846, r2 = r * r;
    double sum = 1.0;
    for (int i = 24; i > 0; i -= 2)
        sum = 1.0 - sum * r2 / (i * (i + 1.0));
    return (whole / 2.0 != floor(whole / 2.0) ? -1.0 : 1.0) * r * sum;
}

struct tri_divisor tri_divisor_make(uint32_t divisor)
{
    uint32_t shift = 0;
    while ((UINT64_C(1) << shift) < divisor)
        shift++;
    const uint64_t scale = UINT64_C(1) << (31 + shift);
    return (struct tri_divisor){(uint32_t)((scale + divisor - 1) / divisor), shift, divisor};
}

void tri_table_stretch(ushort *table, int maximum, int low, int high)
{
    const int64_t range = high - low;
    for (int v = 0; v <= maximum; v++) {
        const int64_t scaled = range <= 0 ? v
                               : v <= low
                                   ? 0
                                   : (((int64_t)v - low) * maximum * 2 + range) / (range * 2);
        table[v] = (ushort)(scaled > maximum ? maximum : scaled);
    }
}
