/* tally.h -- what happens by chance in a run, over many runs. */
#ifndef TRIPTYCH_LAB_TALLY_H
#define TRIPTYCH_LAB_TALLY_H

#include "measure/measure.h"

/* A quantity of each run, such as updates lost; all 0 at first. */
struct tri_lab_tally {
    long runs, hits;     /* hits: runs in which it was not 0 */
    double mean, spread; /* spread: the sum of the squares of what differs from the mean */
};

void tri_lab_tally_add(struct tri_lab_tally *tally, double quantity);
/* The mean of a run, with a 95 % interval by Student's t: NAN with fewer than 2 runs. */
struct tri_interval tri_lab_tally_mean(const struct tri_lab_tally *tally);
/* The share of runs with a hit, with a 95 % interval after E. B. Wilson, "Probable inference, the
 * law of succession, and statistical inference", JASA 22(158), 1927. NAN without runs. */
struct tri_interval tri_lab_tally_odds(const struct tri_lab_tally *tally);

#endif
