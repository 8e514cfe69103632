/* sets.h -- which values of its parameters a kernel is tested with. */
#ifndef SETS_H
#define SETS_H

#include "triptych.h"

#define SETS_MAX 40

enum set_rank { SET_DEFAULT, SET_EDGE, SET_OTHER };

struct set {
    char text[500];     /* a pipeline of the one kernel */
    bool refused;       /* by its oracle: these values are TRI_USAGE */
    enum set_rank rank; /* the lower, the more is run of it */
};

/* Returns how many there are. */
int set_list(const struct tri_kernel *kernel, struct set sets[SETS_MAX]);

enum set_values { LOWEST, HIGHEST, RANDOM, RANDOM_SMALL };
void set_draw(const struct tri_kernel *kernel, enum set_values choice, uint64_t *state, struct set *set);

/* What the pipeline makes of `in`; the status is that of parsing or of the shape. */
enum tri_status set_shape(const char *text, const struct tri_shape *in, struct tri_shape *out);
bool set_too_large(const char *text, const struct tri_shape *in); /* for a test */

#endif
