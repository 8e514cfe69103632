/* quoting.h -- quotes in the text of a pipeline: 'a, b.cube', "a: b.cube", a\,b.cube. */
#ifndef TRI_QUOTING_H
#define TRI_QUOTING_H

#include "../triptych.h"

/* Returns the first `sign` of the text that is not quoted, or NULL. */
char *tri_quoting_find(char *text, char sign);
/* TRI_USAGE if a quote is not closed, with its place. */
enum tri_status tri_quoting_check(const char *text, struct tri_error *error);
/* Takes quotes and backslashes away, in place. */
void tri_quoting_remove(char *text);
/* Writes the text such that it is one value of a pipeline, quoted where necessary. */
void tri_quoting_write(FILE *to, const char *text);

#endif
