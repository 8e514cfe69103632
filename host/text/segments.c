/* segments.c -- the parts of a text: lines, plain text, and what is expanded for each frame. */
#include "typeset.h"

#include <string.h>

/* Bytes of the UTF-8 character; 0: it is none. */
static int character(const unsigned char *at)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const int length = at[0] < 0x80             ? 1
                       : (at[0] & 0xe0) == 0xc0 ? 2
                       : (at[0] & 0xf0) == 0xe0 ? 3
                       : (at[0] & 0xf8) == 0xf0 ? 4
                                                : 0;
    uint32_t code = length == 1 ? at[0] : at[0] & (0xffu >> (length + 1));
    for (int i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3f);
    }
    return length > 0 && code >= least[length] && code < 0x110000 &&
                   (code < 0xd800 || code > 0xdfff)
               ? length
               : 0;
}

static bool is_utf8(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        const int length = character(at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
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
