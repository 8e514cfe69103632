/* tally.c -- what happens by chance in a run, over many runs. */
#include "lab/tally.h"

#include <math.h>

/* After B. P. Welford, "Note on a method for calculating corrected sums of squares and products",
 * Technometrics 4(3), 1962: sums of squares of large numbers would lose digits. */
void tri_lab_tally_add(struct tri_lab_tally *tally, double quantity)
{
    const double before = quantity - tally->mean;

    tally->runs++;
    tally->hits += quantity != 0;
    tally->mean += before / (double)tally->runs;
    tally->spread += before * (quantity - tally->mean);
}

struct tri_interval tri_lab_tally_mean(const struct tri_lab_tally *tally)
{
    const double runs = (double)tally->runs;

    if (tally->runs < 2)
        return (struct tri_interval){tally->runs > 0 ? tally->mean : (double)NAN, (double)NAN,
                                     (double)NAN};
    const double half = tri_student(0.05, runs - 1) * sqrt(tally->spread / (runs - 1) / runs);
    return (struct tri_interval){tally->mean, tally->mean - half, tally->mean + half};
}

struct tri_interval tri_lab_tally_odds(const struct tri_lab_tally *tally)
{
    const double z = 1.959964, runs = (double)tally->runs, share = (double)tally->hits / runs;

    if (tally->runs == 0)
        return (struct tri_interval){(double)NAN, (double)NAN, (double)NAN};
    const double middle = (share + z * z / (2 * runs)) / (1 + z * z / runs);
    const double half =
        z / (1 + z * z / runs) * sqrt(share * (1 - share) / runs + z * z / (4 * runs * runs));
    return (struct tri_interval){share, fmax(0, middle - half), fmin(1, middle + half)};
}
