/* text.c -- text items and their encodings. */
#include "text.h"

#include "../image/utf8.h"

#include <stdlib.h>
#include <string.h>

/* PNG, 11.3.3.4: compression flag and method, language, translated keyword. */
static bool skip_international(struct tri_text *text)
{
    if (text->size < 2 || text->text[0] != 0)
        return false;
    text->text += 2;
    text->size -= 2;
    for (int i = 0; i < 2; i++) {
        const char *end = memchr(text->text, 0, text->size);
        if (end == NULL)
            return false;
        text->size -= (size_t)(end + 1 - text->text);
        text->text = end + 1;
    }
    return true;
}

bool tri_text_get(const struct tri_metadata_item *item, struct tri_text *text)
{
    text->latin = strcmp(item->type, "tEXt") == 0;
    if (!text->latin && strcmp(item->type, "iTXt") != 0)
        return false;
    const size_t most = item->size < TRI_KEYWORD_MAX + 1 ? item->size : TRI_KEYWORD_MAX + 1;
    const unsigned char *end = most > 0 ? memchr(item->data, 0, most) : NULL;
    if (end == NULL || end == item->data)
        return false;
    memcpy(text->keyword, item->data, (size_t)(end + 1 - item->data));
    text->text = (const char *)end + 1;
    text->size = item->size - (size_t)(end + 1 - item->data);
    return text->latin || skip_international(text);
}

char *tri_text_utf8(const struct tri_text *text)
{
    char *utf8 = malloc(text->size * 2 + 1), *to = utf8;
    if (utf8 == NULL)
        return NULL;
    for (size_t i = 0; i < text->size; i++) {
        const unsigned char c = (unsigned char)text->text[i];
        if (text->latin && c >= 0x80) {
            *to++ = (char)(0xc0 | c >> 6);
            *to++ = (char)(0x80 | (c & 0x3f));
        } else {
            *to++ = (char)c;
        }
    }
    *to = '\0';
    return utf8;
}

enum encoding { ASCII, UTF_8, OTHER };

static enum encoding encoding_of(const char *text, size_t size)
{
    enum encoding encoding = ASCII;
    for (size_t at = 0, length; at < size; at += length) {
        length = tri_utf8_character(text + at, size - at);
        if (length == 0)
            return OTHER;
        if (length > 1)
            encoding = UTF_8;
    }
    return encoding;
}

bool tri_text_add(struct tri_metadata *metadata, const char *keyword, const char *text, size_t size)
{
    const bool utf8 = encoding_of(text, size) == UTF_8;
    const size_t length = strlen(keyword) + 1, head = length + (utf8 ? 4 : 0);
    unsigned char *data = calloc(1, head + size);
    if (data == NULL)
        return false;
    memcpy(data, keyword, length);
    if (size > 0)
        memcpy(data + head, text, size);
    const bool added = tri_metadata_add(metadata, utf8 ? "iTXt" : "tEXt", data, head + size);
    free(data);
    return added;
}
