/* typeset.c -- puts the pieces of a text where they belong in a picture. */
#include "typeset.h"

#include "../module.h"

#include <limits.h>
#include <math.h>
#include <string.h>

enum tri_status tri_text_set(const struct tri_text_request *request, struct tri_typeset **typeset,
                             struct tri_error *error)
{
    struct tri_text_segment segments[TRI_TEXT_SEGMENTS];
    const int count = tri_text_split(request->text, segments, error);
    *typeset = NULL;
    if (count < 0)
        return TRI_USAGE;
    const struct tri_text_module *module = tri_module_load("text", error);
    return module != NULL ? module->set(request, segments, count, typeset, error) : TRI_FAILED;
}

void tri_typeset_missing(const struct tri_typeset *typeset, char *text, size_t size)
{
    const int count = typeset->missing, named = count < TRI_TEXT_MISSED ? count : TRI_TEXT_MISSED;
    size_t used = (size_t)snprintf(text, size, "text: no font was found for");
    for (int i = 0; i < named && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s U+%04X", i > 0 ? "," : "",
                                 (unsigned)typeset->missed[i]);
    if (count > named && used < size)
        used += (size_t)snprintf(text + used, size - used, " and %d more", count - named);
    if (used < size)
        snprintf(text + used, size - used, ": %s; install a font that has %s",
                 count == 1 ? "a missing glyph is drawn" : "missing glyphs are drawn",
                 count == 1 ? "it" : "them");
}

/* ---- pieces ---- */

static const struct tri_text_piece *pieces_of(const struct tri_typeset *typeset)
{
    return (const void *)((const unsigned char *)typeset + typeset->piece);
}

/* What is written for a piece that is expanded. */
static void expand(enum tri_text_kind kind, const struct tri_text_place *place, char text[40])
{
    const double limited = place->seconds > 0 ? fmin(place->seconds, 3e6) : 0;
    const long ms = (long)floor(limited * 1000 + 0.5), seconds = ms / 1000;
    if (kind == TRI_TEXT_FRAME)
        snprintf(text, 40, "%ld", place->number);
    else
        snprintf(text, 40, "%02ld:%02ld:%02ld.%03ld", seconds / 3600, seconds / 60 % 60,
                 seconds % 60, ms % 1000);
}

static const struct tri_text_piece *sign_of(const struct tri_typeset *typeset, char sign)
{
    return &typeset->signs[strchr(TRI_TEXT_SIGNS, sign) - TRI_TEXT_SIGNS];
}

static int advance_of(const struct tri_typeset *typeset, const struct tri_text_piece *piece,
                      const struct tri_text_place *place)
{
    char text[40];
    int sum = 0;
    if (piece->kind == TRI_TEXT_PLAIN)
        return piece->advance;
    expand(piece->kind, place, text);
    for (const char *c = text; *c != '\0'; c++)
        sum += sign_of(typeset, *c)->advance;
    return sum;
}

static int line_advance(const struct tri_typeset *typeset, int line,
                        const struct tri_text_place *place)
{
    int sum = 0;
    for (int i = 0; i < typeset->pieces; i++)
        if (pieces_of(typeset)[i].line == line)
            sum += advance_of(typeset, &pieces_of(typeset)[i], place);
    return sum;
}

/* ---- places ---- */

static int rounded(int advance)
{
    return (advance + 32) >> 6;
}

/* As kernels of two pictures place the second: start, middle or end of the room. */
static int placed(int side, int room, int size, int offset)
{
    const int middle = room - size;
    return side == 0   ? offset
           : side == 2 ? room - size - offset
                       : (middle - (middle < 0 ? 1 : 0)) / 2 + offset;
}

static int top_of(const struct tri_typeset *typeset, const struct tri_text_place *place)
{
    return placed(place->gravity / 3, place->height, typeset->height, place->y);
}

static int line_start(const struct tri_typeset *typeset, int line,
                      const struct tri_text_place *place)
{
    return placed(place->gravity % 3, place->width, rounded(line_advance(typeset, line, place)),
                  place->x);
}

/* ---- walking over all that is drawn ---- */

struct visit {
    const struct tri_typeset *typeset;
    void (*piece)(struct visit *visit, const struct tri_text_piece *piece, int x, int y);
    int layer;
    const struct tri_text_mask *mask;
    int left, top, right, bottom; /* of what was visited */
};

static void visit_piece(struct visit *visit, const struct tri_text_piece *piece,
                        const struct tri_text_place *place, int pen, int baseline)
{
    char text[40];
    if (piece->kind == TRI_TEXT_PLAIN) {
        visit->piece(visit, piece, rounded(pen) + piece->left, baseline - piece->top);
        return;
    }
    expand(piece->kind, place, text);
    const int count = (int)strlen(text);
    for (int i = 0; i < count; i++) {
        const char character = text[piece->backwards ? count - 1 - i : i];
        const struct tri_text_piece *sign = sign_of(visit->typeset, character);
        visit->piece(visit, sign, rounded(pen) + sign->left, baseline - sign->top);
        pen += sign->advance;
    }
}

static void visit_line(struct visit *visit, int line, const struct tri_text_place *place)
{
    const struct tri_typeset *typeset = visit->typeset;
    const int top = top_of(typeset, place);
    int pen = 64 * line_start(typeset, line, place);
    for (int i = 0; i < typeset->pieces; i++) {
        const struct tri_text_piece *piece = &pieces_of(typeset)[i];
        if (piece->line != line)
            continue;
        visit_piece(visit, piece, place, pen, top + piece->baseline);
        pen += advance_of(typeset, piece, place);
    }
}

static void visit_all(struct visit *visit, const struct tri_text_place *place)
{
    for (int line = 0; line < visit->typeset->lines; line++)
        visit_line(visit, line, place);
}

/* ---- the box ---- */

static void enclose(struct visit *visit, const struct tri_text_piece *piece, int x, int y)
{
    if (piece->width == 0)
        return;
    visit->left = x < visit->left ? x : visit->left;
    visit->top = y < visit->top ? y : visit->top;
    visit->right = x + piece->width > visit->right ? x + piece->width : visit->right;
    visit->bottom = y + piece->height > visit->bottom ? y + piece->height : visit->bottom;
}

/* Rows of any number, and all columns. */
static void enclose_signs(struct visit *visit, const struct tri_text_place *place)
{
    const struct tri_typeset *typeset = visit->typeset;
    for (int p = 0; p < typeset->pieces; p++) {
        const struct tri_text_piece *piece = &pieces_of(typeset)[p];
        for (int i = 0; i < TRI_TEXT_SIGN_COUNT && piece->kind != TRI_TEXT_PLAIN; i++)
            enclose(visit, &typeset->signs[i], 0,
                    top_of(typeset, place) + piece->baseline - typeset->signs[i].top);
    }
    visit->left = 0;
    visit->right = place->width;
}

static int within(int value, int most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

struct tri_text_box tri_typeset_box(const struct tri_typeset *typeset,
                                    const struct tri_text_place *place)
{
    struct visit visit = {.typeset = typeset,
                          .piece = enclose,
                          .left = INT_MAX,
                          .top = INT_MAX,
                          .right = INT_MIN,
                          .bottom = INT_MIN};
    visit_all(&visit, place);
    if (typeset->moves)
        enclose_signs(&visit, place);
    if (visit.left >= visit.right)
        return (struct tri_text_box){0};
    const int x = within(visit.left, place->width), y = within(visit.top, place->height);
    const struct tri_text_box box = {x, y, within(visit.right, place->width) - x,
                                     within(visit.bottom, place->height) - y};
    return box.width > 0 && box.height > 0 ? box : (struct tri_text_box){0};
}

/* ---- the mask ---- */

/* Glyphs that touch add up, to no more than full coverage. */
static void add(const struct tri_text_mask *mask, size_t at, uint32_t coverage)
{
    const uint32_t share = (coverage * mask->most + 127) / 255;
    if (mask->bits == 8) {
        uint8_t *to = (uint8_t *)mask->samples + at;
        *to = (uint8_t)(*to + share < mask->most ? *to + share : mask->most);
    } else {
        uint16_t *to = (uint16_t *)mask->samples + at;
        *to = (uint16_t)(*to + share < mask->most ? *to + share : mask->most);
    }
}

static void draw(struct visit *visit, const struct tri_text_piece *piece, int x, int y)
{
    const struct tri_text_mask *mask = visit->mask;
    const unsigned char *from = (const unsigned char *)visit->typeset + piece->layers[visit->layer];
    for (int row = 0; row < piece->height; row++) {
        const int to_row = y + row - mask->box.y;
        if (to_row < 0 || to_row >= mask->box.height)
            continue;
        for (int column = 0; column < piece->width; column++) {
            const int to = x + column - mask->box.x;
            if (to >= 0 && to < mask->box.width)
                add(mask, (size_t)to_row * (size_t)mask->stride + (size_t)to,
                    from[(size_t)row * (size_t)piece->width + (size_t)column]);
        }
    }
}

void tri_typeset_draw(const struct tri_typeset *typeset, const struct tri_text_place *place,
                      int layer, const struct tri_text_mask *mask)
{
    struct visit visit = {.typeset = typeset, .piece = draw, .layer = layer, .mask = mask};
    visit_all(&visit, place);
}
