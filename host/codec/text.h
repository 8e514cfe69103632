/* text.h -- text metadata: items "tEXt" (Latin-1) and "iTXt" (UTF-8), as in PNG, but never
 * compressed. */
#ifndef TRI_TEXT_H
#define TRI_TEXT_H

#include "metadata.h"

#define TRI_KEYWORD_MAX 79

struct tri_text {
    char keyword[TRI_KEYWORD_MAX + 1];
    const char *text; /* not terminated */
    size_t size;
    bool latin; /* Latin-1, else UTF-8 */
};

/* False if the item is no text, or malformed. */
bool tri_text_get(const struct tri_metadata_item *item, struct tri_text *text);
/* Terminated UTF-8; free with free(). NULL if out of memory. */
char *tri_text_utf8(const struct tri_text *text);
/* Valid UTF-8 is taken as such, anything else as Latin-1. False if out of memory. */
bool tri_text_add(struct tri_metadata *metadata, const char *keyword, const char *text,
                  size_t size);

#endif
