/* nearest.h -- for "did you mean". */
#ifndef TRI_NEAREST_H
#define TRI_NEAREST_H

/* The name most like `word`, or NULL where none is like it. */
const char *tri_nearest(const char *word, const char *const names[], int count);

/* The pipeline that does what other programs call `name`, as "gaussian:sigma=2" for "blur"; NULL: it is no such name. */
const char *tri_kernel_call(const char *name);
/* The names of one such pipeline, separated by '|'; NULL after the last. */
const char *tri_kernel_alias(int index);

#endif
