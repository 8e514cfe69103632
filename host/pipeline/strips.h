/* strips.h -- which rows a plan needs for a strip of its output, to compute part of an image while
 * the rest is in transfer. */
#ifndef TRI_STRIPS_H
#define TRI_STRIPS_H

#include "plan.h"

struct tri_span {
    int first, count;
};

/* Returns whether strips of the output can be made one after another, with each stage making a few
 * more rows for each: no node needs a whole plane, counts samples or sees other frames, and no two
 * planes of the arena overlap. */
bool tri_plan_in_strips(const struct tri_plan *plan);

/* Gets, for rows `out` of the output of such a plan, the input rows needed and the rows that each
 * stage makes for them, at stages[0 ... plan->stage_count - 1]. A stage makes rows in units: the
 * first row and the count are multiples of units[stage], except at the stage's end; NULL: units
 * of 1. Returns false if the plan has no strips, or out of memory. */
bool tri_plan_rows(const struct tri_plan *plan, struct tri_span out, const int *units,
                   struct tri_span *stages, struct tri_span *in);

/* Returns whether parts of the picture can be computed one by one, each with all stages for its
 * rows, though counts need all parts before stages go on. If not, `why` says which kernel prevents
 * it. Planes of the arena may overlap: a part runs its stages one after another. */
bool tri_plan_in_parts(const struct tri_plan *plan, char why[200]);
/* Gets the rows that stages make, and those of the input that they read, for rows `out` of the
 * output; or, if `last` is not negative, for those of that stage. Returns false if out of
 * memory. */
bool tri_plan_part(const struct tri_plan *plan, struct tri_span out, int last,
                   struct tri_span *stages, struct tri_span *in);

#endif
