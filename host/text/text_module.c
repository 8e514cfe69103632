/* text_module.c -- the module that sets text, with FreeType, HarfBuzz and fontconfig. */
#include "text_setter.h"

#include <stdlib.h>
#include <string.h>

static struct tri_typeset *typeset_of(const struct tri_text_setter *setter)
{
    return (struct tri_typeset *)(void *)setter->block;
}

static enum tri_status no_memory(const struct tri_text_setter *setter)
{
    return tri_fail(setter->error, TRI_FAILED, "text: out of memory for a text");
}

/* Digits get one width, so that numbers do not jitter. */
static enum tri_status set_signs(struct tri_text_setter *setter)
{
    int widest = 0;
    for (int i = 0; i < TRI_TEXT_SIGN_COUNT; i++) {
        struct tri_text_piece piece = {0};
        bool rtl;
        const enum tri_status status =
            tri_text_draw_run(setter, &TRI_TEXT_SIGNS[i], 1, &piece, &rtl);
        if (status != TRI_OK)
            return status;
        widest = i < 10 && piece.advance > widest ? piece.advance : widest;
        typeset_of(setter)->signs[i] = piece;
    }
    for (int i = 0; i < 10; i++) {
        struct tri_text_piece *sign = &typeset_of(setter)->signs[i];
        sign->left += (widest - sign->advance) / 128;
        sign->advance = widest;
    }
    return TRI_OK;
}

/* A line goes from right to left if the first of its plain parts with a direction does. */
static void note_direction(const struct tri_text_segment *segment, bool rtl, unsigned char *lines,
                           bool *known)
{
    const bool blank = (int)strspn(segment->text, " .,:;()[]0123456789-+/") >= segment->length;
    if (segment->kind != TRI_TEXT_PLAIN || blank || known[segment->line])
        return;
    known[segment->line] = true;
    lines[segment->line] = rtl;
}

static enum tri_status set_pieces(struct tri_text_setter *setter,
                                  const struct tri_text_segment *segments, int count, int lines,
                                  struct tri_text_piece *pieces)
{
    unsigned char rtl[TRI_TEXT_MOST + 1] = {0};
    bool known[TRI_TEXT_MOST + 1] = {false}, moves = false;
    enum tri_status status = TRI_OK;
    for (int i = 0; i < count && status == TRI_OK; i++) {
        bool right_to_left = false;
        if (segments[i].kind == TRI_TEXT_PLAIN)
            status = tri_text_draw_run(setter, segments[i].text, segments[i].length, &pieces[i],
                                       &right_to_left);
        pieces[i].kind = segments[i].kind;
        pieces[i].line = segments[i].line;
        moves |= segments[i].kind != TRI_TEXT_PLAIN;
        note_direction(&segments[i], right_to_left, rtl, known);
    }
    if (status == TRI_OK && moves)
        status = set_signs(setter);
    if (status != TRI_OK)
        return status;
    const size_t rtl_at = tri_text_add(setter, rtl, (size_t)lines);
    const size_t at = tri_text_add(setter, pieces, (size_t)count * sizeof *pieces);
    typeset_of(setter)->rtl = rtl_at;
    typeset_of(setter)->piece = at;
    typeset_of(setter)->moves = moves;
    return rtl_at != 0 && at != 0 ? TRI_OK : no_memory(setter);
}

static int up(long sixty_fourths)
{
    return (int)((sixty_fourths + 63) >> 6);
}

static void describe(struct tri_text_setter *setter, int lines, int count)
{
    const FT_Size_Metrics *metrics = &setter->face->size->metrics;
    struct tri_typeset *typeset = typeset_of(setter);
    typeset->lines = lines;
    typeset->pieces = count;
    typeset->ascent = up(metrics->ascender);
    typeset->descent = up(-metrics->descender);
    typeset->line_height = up(metrics->height);
    typeset->size = setter->size;
}

static enum tri_status set_open(struct tri_text_setter *setter,
                                const struct tri_text_segment *segments, int count)
{
    int lines = 1;
    for (const char *c = setter->request->text; *c != '\0'; c++)
        lines += *c == '\n';
    setter->room = 1 << 16;
    setter->block = calloc(1, setter->room);
    setter->size = sizeof(struct tri_typeset);
    struct tri_text_piece *pieces = calloc((size_t)count + 1, sizeof *pieces);
    const enum tri_status status = setter->block != NULL && pieces != NULL
                                       ? set_pieces(setter, segments, count, lines, pieces)
                                       : no_memory(setter);
    free(pieces);
    if (status == TRI_OK)
        describe(setter, lines, count);
    return status;
}

static enum tri_status set(const struct tri_text_request *request,
                           const struct tri_text_segment *segments, int count,
                           struct tri_typeset **typeset, struct tri_error *error)
{
    struct tri_text_setter setter = {.request = request, .error = error};
    enum tri_status status = tri_text_font_open(&setter);
    if (status == TRI_OK)
        status = set_open(&setter, segments, count);
    if (status == TRI_OK)
        *typeset = typeset_of(&setter);
    else
        free(setter.block);
    tri_text_font_close(&setter);
    return status;
}

static const struct tri_text_module module = {set};

TRI_MODULE_BEGIN(module)
