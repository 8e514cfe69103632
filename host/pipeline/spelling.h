/* spelling.h -- finds similar names, for "did you mean". */
#ifndef TRI_SPELLING_H
#define TRI_SPELLING_H

/* Returns the name most similar to `word`, or NULL if none is similar. */
const char *tri_nearest(const char *word, const char *const names[], int count);

#endif
