/* nearest.h -- for "did you mean". */
#ifndef TRI_NEAREST_H
#define TRI_NEAREST_H

/* The name most like `word`, or NULL where none is like it. */
const char *tri_nearest(const char *word, const char *const names[], int count);

#endif
