/* spelling.h -- finds similar names, for "did you mean", and words in lists. */
#ifndef TRI_SPELLING_H
#define TRI_SPELLING_H

#include <stddef.h>

/* Returns the name most similar to `word`, or NULL if none is similar. */
const char *tri_nearest(const char *word, const char *const names[], int count);
/* Returns the index of a word of so many characters in "a|b|c", or -1 if it is not among them. */
int tri_word_index(const char *words, const char *word, size_t length);

#endif
