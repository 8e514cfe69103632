/* segments.c -- the parts of a text: lines, plain text, and what is expanded for each frame. */
#include "typeset.h"

#include "../image/utf8.h"

#include <string.h>

static bool is_utf8(const char *text)
{
    size_t left = strlen(text), length = 1;
    for (; left > 0 && length > 0; text += length, left -= length)
        length = tri_utf8_character(text, left);
    return length > 0;
}

/* The word of a percent sign, of which `*length` bytes are taken; its text is what is plain. */
static enum tri_status take_percent(const char *at, struct tri_text_segment *segment, int *length,
                                    struct tri_error *error)
{
    static const struct {
        const char *word;
        enum tri_text_kind kind;
    } words[] = {{"%%", TRI_TEXT_PLAIN}, {"%{frame}", TRI_TEXT_FRAME}, {"%{time}", TRI_TEXT_TIME}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        *length = (int)strlen(words[i].word);
        if (strncmp(at, words[i].word, (size_t)*length) != 0)
            continue;
        *segment = (struct tri_text_segment){.kind = words[i].kind, .text = at, .length = 1};
        return TRI_OK;
    }
    return tri_fail(error, TRI_USAGE,
                    "text: '%.12s' is unknown; expected %%{frame}, %%{time}, or %%%% for a percent "
                    "sign",
                    at);
}

static enum tri_status take(const char *at, struct tri_text_segment *segment, int *length,
                            struct tri_error *error)
{
    if (*at == '%')
        return take_percent(at, segment, length, error);
    *length = (int)strcspn(at, "%\n");
    *segment = (struct tri_text_segment){.text = at, .length = *length};
    return TRI_OK;
}

int tri_text_split(const char *text, struct tri_text_segment segments[TRI_TEXT_SEGMENTS],
                   struct tri_error *error)
{
    int count = 0, line = 0, length = 0;
    if (strlen(text) > TRI_TEXT_MOST || !is_utf8(text)) {
        tri_fail(error, TRI_USAGE,
                 "text: the text is longer than %d bytes, or is not UTF-8; shorten or convert it",
                 TRI_TEXT_MOST);
        return -1;
    }
    for (const char *at = text; *at != '\0'; at += length) {
        if (*at == '\n') {
            line++;
            length = 1;
            continue;
        }
        if (count == TRI_TEXT_SEGMENTS) {
            tri_fail(error, TRI_USAGE, "text: more than %d parts; use fewer lines and %%{}",
                     TRI_TEXT_SEGMENTS);
            return -1;
        }
        if (take(at, &segments[count], &length, error) != TRI_OK)
            return -1;
        segments[count++].line = line;
    }
    return count;
}
