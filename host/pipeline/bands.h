/* bands.h -- which rows a plan needs for a band of its output, so that a part of an image can be computed while the rest
 * is on its way. */
#ifndef TRI_BANDS_H
#define TRI_BANDS_H

#include "plan.h"

struct tri_span {
    int first, count;
};

/* Whether bands of the output can be made one after the other, each stage making a few more rows for each: nothing
 * needs a plane as a whole, counts its samples or knows other frames, and no two planes of the arena lie in one place. */
bool tri_plan_banded(const struct tri_plan *plan);

/* For rows of the output of such a plan: those of the input, and those that each stage makes for them, at
 * stages[0 ... plan->stage_count - 1]. A stage makes rows in units: its first one is a multiple of units[stage], its
 * number too, unless the stage ends there; NULL: all of them are 1. False: the plan is not banded, or there is no memory. */
bool tri_plan_rows(const struct tri_plan *plan, struct tri_span out, const int *units, struct tri_span *stages,
                   struct tri_span *in);

#endif
