/* text_piece.c -- draws the glyphs of shaped runs by FreeType, unhinted, into one area of coverage
 * for the glyphs and one for their outline. */
#include "text_setter.h"

#include FT_GLYPH_H
#include FT_STROKER_H
#include <stdlib.h>
#include <string.h>

#define AREA_MOST ((int64_t)1 << 27) /* samples */

/* Both layers of a piece, with room around the pen's way. */
struct canvas {
    int left, top, width, height; /* as in a piece */
    unsigned char *layers[2];
    FT_Stroker stroker; /* NULL: no outline */
};

size_t tri_text_add(struct tri_text_setter *setter, const void *bytes, size_t size)
{
    const size_t at = (setter->size + 15) / 16 * 16;
    if (at + size > setter->room) {
        const size_t room = 2 * setter->room + at + size;
        unsigned char *moved = realloc(setter->block, room);
        if (moved == NULL)
            return 0;
        setter->block = moved;
        setter->room = room;
    }
    memset(setter->block + setter->size, 0, at - setter->size);
    if (size > 0)
        memcpy(setter->block + at, bytes, size);
    setter->size = at + size;
    return at;
}

static enum tri_status no_memory(const struct tri_text_setter *setter)
{
    return tri_fail(setter->error, TRI_FAILED, "text: out of memory for glyphs");
}

/* ---- glyphs ---- */

static void put_bitmap(const struct canvas *canvas, unsigned char *layer, const FT_Bitmap *bitmap,
                       int x, int y)
{
    for (int row = 0; row < (int)bitmap->rows; row++) {
        const int to_row = canvas->top - y + row;
        if (to_row < 0 || to_row >= canvas->height)
            continue;
        for (int column = 0; column < (int)bitmap->width; column++) {
            const int to = x - canvas->left + column;
            if (to < 0 || to >= canvas->width)
                continue;
            unsigned char *sample = &layer[(size_t)to_row * (size_t)canvas->width + (size_t)to];
            const int sum = *sample + bitmap->buffer[row * bitmap->pitch + column];
            *sample = (unsigned char)(sum < 255 ? sum : 255);
        }
    }
}

/* Takes the glyph, which becomes a bitmap. */
static bool put_glyph(const struct canvas *canvas, int layer, FT_Glyph glyph, FT_Vector *at)
{
    const bool drawn = FT_Glyph_To_Bitmap(&glyph, FT_RENDER_MODE_NORMAL, at, 1) == 0;
    if (drawn) {
        const FT_BitmapGlyph bitmap = (FT_BitmapGlyph)glyph;
        put_bitmap(canvas, canvas->layers[layer], &bitmap->bitmap, bitmap->left, bitmap->top);
    }
    FT_Done_Glyph(glyph);
    return drawn;
}

static bool put_outline(const struct canvas *canvas, FT_GlyphSlot slot, FT_Vector *at)
{
    FT_Glyph glyph;
    if (canvas->stroker == NULL)
        return true;
    if (FT_Get_Glyph(slot, &glyph) != 0)
        return false;
    if (FT_Glyph_StrokeBorder(&glyph, canvas->stroker, 0, 1) != 0) {
        FT_Done_Glyph(glyph);
        return false;
    }
    return put_glyph(canvas, 1, glyph, at);
}

/* A place in 26.6; y goes up. Glyphs that the font cannot load are left out. */
static bool draw_glyph(FT_Face face, const struct canvas *canvas, unsigned index, FT_Vector at)
{
    FT_Glyph glyph;
    const int code = FT_Load_Glyph(face, index, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP);
    if (code != 0 || face->glyph->format != FT_GLYPH_FORMAT_OUTLINE)
        return code != FT_Err_Out_Of_Memory;
    if (!put_outline(canvas, face->glyph, &at))
        return false;
    return FT_Get_Glyph(face->glyph, &glyph) == 0 && put_glyph(canvas, 0, glyph, &at);
}

/* Draws a run from the pen, which it moves. */
static bool draw_glyphs(const struct tri_text_setter *setter, const struct canvas *canvas,
                        const struct tri_text_shaped *run, FT_Vector *pen)
{
    unsigned count = 0;
    const hb_glyph_info_t *infos = hb_buffer_get_glyph_infos(run->glyphs, &count);
    const hb_glyph_position_t *places = hb_buffer_get_glyph_positions(run->glyphs, &count);
    bool drawn = true;
    for (unsigned i = 0; i < count && drawn; i++) {
        drawn = draw_glyph(setter->fonts[run->font].face, canvas, infos[i].codepoint,
                           (FT_Vector){pen->x + places[i].x_offset, pen->y + places[i].y_offset});
        pen->x += places[i].x_advance;
        pen->y += places[i].y_advance;
    }
    return drawn;
}

static bool draw_runs(const struct tri_text_setter *setter, const struct canvas *canvas,
                      const struct tri_text_line *line)
{
    FT_Vector pen = {0, 0};
    bool drawn = true;
    for (int i = 0; i < line->run_count && drawn; i++)
        drawn = draw_glyphs(setter, canvas, &line->runs[i], &pen);
    return drawn;
}

/* ---- the area ---- */

static bool open_stroker(const struct tri_text_setter *setter, struct canvas *canvas)
{
    const double outline = setter->request->outline;
    if (outline <= 0)
        return true;
    if (FT_Stroker_New(setter->library, &canvas->stroker) != 0)
        return false;
    FT_Stroker_Set(canvas->stroker, (FT_Fixed)(outline * 64 + 0.5), FT_STROKER_LINECAP_ROUND,
                   FT_STROKER_LINEJOIN_ROUND, 0);
    return true;
}

/* How far the fonts of a line's runs reach from the baseline, in 64ths of a pixel; `gap`: with what
 * is between lines. */
struct reach {
    FT_Pos above, below, gap;
};

static FT_Pos more(FT_Pos a, FT_Pos b)
{
    return a > b ? a : b;
}

static struct reach reach_of(const struct tri_text_setter *setter, const struct tri_text_line *line)
{
    struct reach reach = {0};
    for (int i = 0; i < line->run_count; i++) {
        const FT_Size_Metrics *metrics = &setter->fonts[line->runs[i].font].face->size->metrics;
        reach.above = more(reach.above, metrics->ascender);
        reach.below = more(reach.below, -metrics->descender);
        reach.gap = more(reach.gap, metrics->height - metrics->ascender);
    }
    return reach;
}

/* Glyphs may reach beyond the pen's way and the fonts' height, but no further than the fonts' boxes
 * at their size, or so. */
static enum tri_status open_canvas(const struct tri_text_setter *setter, const struct reach *reach,
                                   int advance, struct canvas *canvas)
{
    const int around = (int)(0.75 * setter->request->size + setter->request->outline) + 2;
    canvas->left = -around;
    canvas->top = (int)(reach->above >> 6) + around;
    canvas->width = (advance >> 6) + 1 + 2 * around;
    canvas->height = (int)((reach->above + reach->gap) >> 6) + 2 * around;
    if ((int64_t)canvas->width * canvas->height > AREA_MOST)
        return tri_fail(setter->error, TRI_USAGE,
                        "text: a line of %d x %d pixels is too large; use a smaller size",
                        canvas->width, canvas->height);
    for (int i = 0; i < 2; i++)
        canvas->layers[i] = calloc((size_t)canvas->width, (size_t)canvas->height);
    return canvas->layers[0] != NULL && canvas->layers[1] != NULL && open_stroker(setter, canvas)
               ? TRI_OK
               : no_memory(setter);
}

static void close_canvas(const struct canvas *canvas)
{
    if (canvas->stroker != NULL)
        FT_Stroker_Done(canvas->stroker);
    free(canvas->layers[0]);
    free(canvas->layers[1]);
}

static bool is_clear(const struct canvas *canvas, int from, int count, int step)
{
    for (int i = 0; i < count; i++)
        if ((canvas->layers[0][from + i * step] | canvas->layers[1][from + i * step]) != 0)
            return false;
    return true;
}

/* The part that is covered: [0] to [1] - 1 across, [2] to [3] - 1 down. */
static void trim(const struct canvas *canvas, int edges[4])
{
    const int width = canvas->width, height = canvas->height;
    edges[0] = edges[2] = 0;
    edges[1] = width;
    edges[3] = height;
    while (edges[2] < height && is_clear(canvas, edges[2] * width, width, 1))
        edges[2]++;
    while (edges[3] > edges[2] && is_clear(canvas, (edges[3] - 1) * width, width, 1))
        edges[3]--;
    while (edges[0] < width && is_clear(canvas, edges[0], height, width))
        edges[0]++;
    while (edges[1] > edges[0] && is_clear(canvas, edges[1] - 1, height, width))
        edges[1]--;
}

/* Copies the covered part of a layer into the block. */
static bool keep(struct tri_text_setter *setter, const struct canvas *canvas, const int edges[4],
                 int layer, size_t *place)
{
    const size_t width = (size_t)(edges[1] - edges[0]), height = (size_t)(edges[3] - edges[2]);
    unsigned char *part = malloc(width * height + 1);
    if (part == NULL)
        return false;
    for (size_t y = 0; y < height; y++)
        memcpy(part + y * width,
               canvas->layers[layer] + ((size_t)edges[2] + y) * (size_t)canvas->width + edges[0],
               width);
    *place = tri_text_add(setter, part, width * height);
    free(part);
    return *place != 0;
}

static bool keep_piece(struct tri_text_setter *setter, const struct canvas *canvas,
                       struct tri_text_piece *piece)
{
    int edges[4];
    trim(canvas, edges);
    piece->width = edges[1] - edges[0];
    piece->height = edges[3] - edges[2];
    piece->left = canvas->left + edges[0];
    piece->top = canvas->top - edges[2];
    return keep(setter, canvas, edges, 0, &piece->layers[0]) &&
           (canvas->stroker == NULL || keep(setter, canvas, edges, 1, &piece->layers[1]));
}

/* ---- runs ---- */

static int64_t advance_of(hb_buffer_t *run)
{
    unsigned count = 0;
    const hb_glyph_position_t *places = hb_buffer_get_glyph_positions(run, &count);
    int64_t sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += places[i].x_advance;
    return sum;
}

static int total_advance(const struct tri_text_line *line)
{
    int64_t sum = 0;
    for (int i = 0; i < line->run_count; i++)
        sum += advance_of(line->runs[i].glyphs);
    return sum < 0 ? 0 : sum < INT32_MAX / 2 ? (int)sum : INT32_MAX / 2;
}

enum tri_status tri_text_draw(struct tri_text_setter *setter, struct tri_text_line *line,
                              struct tri_text_piece *piece)
{
    struct canvas canvas = {0};
    const struct reach reach = reach_of(setter, line);
    piece->advance = total_advance(line);
    piece->ascent = (int)((reach.above + 63) >> 6);
    piece->descent = (int)((reach.below + 63) >> 6);
    enum tri_status status = open_canvas(setter, &reach, piece->advance, &canvas);
    if (status == TRI_OK &&
        (!draw_runs(setter, &canvas, line) || !keep_piece(setter, &canvas, piece)))
        status = no_memory(setter);
    close_canvas(&canvas);
    return status;
}
