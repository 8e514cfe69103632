/* sets.h -- the parameter values with which a kernel is tested. */
#ifndef SETS_H
#define SETS_H

#include "triptych.h"

#define SETS_MAX 60
#define SET_TEXT 3000 /* bytes of the longest pipeline of one kernel */

enum set_rank { SET_DEFAULT, SET_EDGE, SET_OTHER };

struct set {
    char text[SET_TEXT]; /* a pipeline of this single kernel */
    bool refused;        /* by its oracle: these values are TRI_USAGE */
    enum set_rank rank;  /* lower ranks are tested more */
};

/* The kernel with its initial values, and those of its example where it needs them. */
void set_print_default(const struct tri_kernel *kernel, char *text, size_t size);

/* Returns the number of sets. */
int set_list(const struct tri_kernel *kernel, struct set sets[SETS_MAX]);

enum set_values { LOWEST, HIGHEST, RANDOM, RANDOM_SMALL };
void set_draw(const struct tri_kernel *kernel, enum set_values choice, uint64_t *state,
              struct set *set);

/* The shape of the output for `in`; the status is that of parsing or of the shape. */
enum tri_status set_shape(const char *text, const struct tri_shape *in, struct tri_shape *out);
bool set_too_large(const char *text, const struct tri_shape *in); /* for a test */
/* Whether the oracle says that the kernel refuses such images. */
bool set_refused_for(const char *text, const struct tri_shape *in);
/* Either. */
bool set_unfit(const char *text, const struct tri_shape *in);

#endif
