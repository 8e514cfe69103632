/* cut.h -- whether a picture may be cut into bands of rows that are computed apart, with the bytes of the whole. */
#ifndef TRI_CUT_H
#define TRI_CUT_H

#include "plan.h"

/* A band of output rows depends on those rows of the input, and on so many beyond them. */
struct tri_cut {
    int above, below;
};

/* False, and a few words on which kernel stands in the way of it, where rows of the output depend on more than the rows
 * around them and on their samples: on planes as a whole, on counts, on frames before, or on where in the picture they
 * are. `plan` is one for the whole picture, of TRI_PLAN_WALK. */
bool tri_plan_cut(const struct tri_plan *plan, struct tri_cut *cut, char why[200]);

/* Whether the plan for a band does with its rows what the plan for the whole does: same passes, windows and constants. A
 * kernel's host part may look at the height and make something else of another one. Both of TRI_PLAN_WALK. */
bool tri_plan_same_rows(const struct tri_plan *whole, const struct tri_plan *band);

/* Whether bodies in the text of a kernel file name words that tell in which row they are, or read other rows than those of
 * the window. */
bool tri_source_tells_row(const char *text);
/* Those words; the list ends with NULL. */
extern const char *const tri_row_words[];

#endif
