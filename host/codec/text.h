/* text.h -- text beside pictures: items "tEXt" (Latin-1) and "iTXt" (UTF-8), as in PNG, but never compressed. */
#ifndef TRI_TEXT_H
#define TRI_TEXT_H

#include "metadata.h"

#define TRI_KEYWORD_MAX 79

struct tri_text {
    char keyword[TRI_KEYWORD_MAX + 1];
    const char *text; /* not terminated */
    size_t size;
    bool latin; /* Latin-1, otherwise UTF-8 */
};

/* False: the item is no text, or malformed. */
bool tri_text_get(const struct tri_metadata_item *item, struct tri_text *text);
/* In UTF-8, terminated; ends with free(). NULL: no memory. */
char *tri_text_utf8(const struct tri_text *text);
/* Bytes that are UTF-8 are taken for it, others for Latin-1. False: no memory. */
bool tri_text_add(struct tri_metadata *metadata, const char *keyword, const char *text, size_t size);

#endif
