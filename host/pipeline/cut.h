/* cut.h -- whether a picture can be cut into strips that are computed separately and give the same
 * bytes as the whole. */
#ifndef TRI_CUT_H
#define TRI_CUT_H

#include "plan.h"

/* A strip of output rows depends on the same rows of the input, and on this many above and below
 * them. */
struct tri_cut {
    int above, below;
};

/* Returns false, and in `why` which kernel prevents it, if rows of the output depend on more than
 * the samples of the rows around them: on whole planes, on counts, on earlier frames, or on their
 * position in the picture. `plan` is for the whole picture, of TRI_PLAN_WALK. */
bool tri_plan_cut(const struct tri_plan *plan, struct tri_cut *cut, char why[200]);

/* Returns whether the plan for a strip treats its rows as the plan for the whole does: same passes,
 * windows and constants. A kernel's host part may look at the height and build something else for
 * another one. Both are of TRI_PLAN_WALK. */
bool tri_plan_same_rows(const struct tri_plan *whole, const struct tri_plan *strip);

/* Returns whether bodies in the text of a kernel file use words that depend on the row's position,
 * or read rows outside the window. */
bool tri_source_tells_row(const char *text);
/* Calls `visit` for each word of the bodies, outside comments, strings and host parts, until it
 * returns true; returns whether it did. */
bool tri_source_each_word(const char *text,
                          bool (*visit)(const char *word, size_t length, void *context),
                          void *context);
/* Those words; the list ends with NULL. */
extern const char *const tri_row_words[];

#endif
