/* text_module.c -- the module that sets text, with FreeType, HarfBuzz, FriBidi and fontconfig. */
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

static enum tri_status set_sign(struct tri_text_setter *setter, struct tri_text_line *line,
                                char sign, struct tri_text_piece *piece)
{
    const struct tri_text_run run = {.length = 1, .script = HB_SCRIPT_COMMON};
    line->characters[0] = (unsigned char)sign;
    line->count = 1;
    line->run_count = 0;
    enum tri_status status = tri_text_shape(setter, line, &run);
    if (status == TRI_OK)
        status = tri_text_draw(setter, line, piece);
    tri_text_end_runs(line);
    return status;
}

/* Digits get one width, so that numbers do not jitter. */
static enum tri_status set_signs(struct tri_text_setter *setter, struct tri_text_line *line)
{
    int widest = 0;
    for (int i = 0; i < TRI_TEXT_SIGN_COUNT; i++) {
        struct tri_text_piece piece = {0};
        const enum tri_status status = set_sign(setter, line, TRI_TEXT_SIGNS[i], &piece);
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

static enum tri_status set_lines(struct tri_text_setter *setter, struct tri_text_line *line,
                                 const struct tri_text_segment *segments, int count,
                                 struct tri_text_piece *pieces, int *piece_count)
{
    enum tri_status status = TRI_OK;
    for (int first = 0, end; first < count && status == TRI_OK; first = end) {
        for (end = first + 1; end < count && segments[end].line == segments[first].line; end++) {
        }
        status =
            tri_text_set_line(setter, line, &segments[first], end - first, pieces, piece_count);
    }
    return status;
}

static int more(int a, int b)
{
    return a > b ? a : b;
}

static int up(long sixty_fourths)
{
    return (int)((sixty_fourths + 63) >> 6);
}

/* Makes room for a piece above and below the baseline of its line. */
static void make_room(const struct tri_text_piece *piece, int *ascent, int *descent)
{
    *ascent = more(*ascent, piece->ascent);
    *descent = more(*descent, piece->descent);
}

static void measure_line(const struct tri_typeset *typeset, const struct tri_text_piece *pieces,
                         int count, int line, int *ascent, int *descent)
{
    for (int p = 0; p < count; p++) {
        if (pieces[p].line != line)
            continue;
        make_room(&pieces[p], ascent, descent);
        for (int i = 0; i < TRI_TEXT_SIGN_COUNT && pieces[p].kind != TRI_TEXT_PLAIN; i++)
            make_room(&typeset->signs[i], ascent, descent);
    }
}

/* Lines are as far apart as the first font tells, and further where others are taller. */
static void set_baselines(const struct tri_text_setter *setter, struct tri_text_piece *pieces,
                          int count)
{
    const FT_Size_Metrics *metrics = &setter->fonts[0].face->size->metrics;
    const int usual_ascent = up(metrics->ascender), usual_descent = up(-metrics->descender);
    struct tri_typeset *typeset = typeset_of(setter);
    int baseline = 0, below = 0;
    for (int line = 0; line < typeset->lines; line++) {
        int ascent = usual_ascent, descent = usual_descent;
        measure_line(typeset, pieces, count, line, &ascent, &descent);
        baseline += line == 0 ? ascent : up(metrics->height) + below + ascent - usual_ascent;
        below = descent - usual_descent;
        typeset->height = baseline + descent;
        for (int p = 0; p < count; p++)
            if (pieces[p].line == line)
                pieces[p].baseline = baseline;
    }
}

static enum tri_status set_pieces(struct tri_text_setter *setter, struct tri_text_line *line,
                                  const struct tri_text_segment *segments, int count,
                                  struct tri_text_piece *pieces)
{
    int piece_count = 0;
    bool moves = false;
    enum tri_status status = set_lines(setter, line, segments, count, pieces, &piece_count);
    for (int i = 0; i < count; i++)
        moves |= segments[i].kind != TRI_TEXT_PLAIN;
    if (status == TRI_OK && moves)
        status = set_signs(setter, line);
    if (status != TRI_OK)
        return status;
    set_baselines(setter, pieces, piece_count);
    const size_t at = tri_text_add(setter, pieces, (size_t)piece_count * sizeof *pieces);
    typeset_of(setter)->piece = at;
    typeset_of(setter)->pieces = piece_count;
    typeset_of(setter)->moves = moves;
    return at != 0 ? TRI_OK : no_memory(setter);
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
    if (setter->block != NULL)
        typeset_of(setter)->lines = lines;
    /* What is plain may be on both sides of each part that is expanded. */
    struct tri_text_piece *pieces = calloc(2 * (size_t)count + 1, sizeof *pieces);
    struct tri_text_line *line = malloc(sizeof *line);
    const enum tri_status status = setter->block != NULL && pieces != NULL && line != NULL
                                       ? set_pieces(setter, line, segments, count, pieces)
                                       : no_memory(setter);
    free(line);
    free(pieces);
    if (status == TRI_OK)
        typeset_of(setter)->size = setter->size;
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
