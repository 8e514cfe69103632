/* text_shape.c -- shapes runs by HarfBuzz, in the first font; what that cannot show is split off,
 * cluster by cluster, and shaped in another. */
#include "text_setter.h"

#include <string.h>

static enum tri_status shape(struct tri_text_setter *setter, const struct tri_text_line *line,
                             const struct tri_text_run *run, struct tri_text_shaped *shaped)
{
    hb_buffer_t *buffer = hb_buffer_create();
    hb_buffer_add_utf32(buffer, line->characters, line->count, (unsigned)run->first, run->length);
    hb_buffer_set_direction(buffer, run->level % 2 != 0 ? HB_DIRECTION_RTL : HB_DIRECTION_LTR);
    hb_buffer_set_script(buffer, run->script);
    hb_buffer_guess_segment_properties(buffer); /* the language */
    hb_shape(setter->fonts[shaped->font].font, buffer, NULL, 0);
    shaped->glyphs = buffer;
    if (hb_buffer_allocation_successful(buffer))
        return TRI_OK;
    hb_buffer_destroy(buffer);
    return tri_fail(setter->error, TRI_FAILED, "text: out of memory for glyphs");
}

static bool has_missing(const struct tri_text_shaped *shaped)
{
    unsigned count = 0;
    const hb_glyph_info_t *infos = hb_buffer_get_glyph_infos(shaped->glyphs, &count);
    for (unsigned i = 0; i < count; i++)
        if (infos[i].codepoint == 0)
            return true;
    return false;
}

/* ---- clusters: characters that HarfBuzz shapes as one, such as a letter and its marks ---- */

/* Finds where they begin, and gives the font -1 to those with a missing glyph, 0 to others. */
static void find_clusters(struct tri_text_line *line, const struct tri_text_run *run,
                          const struct tri_text_shaped *shaped)
{
    unsigned count = 0;
    const hb_glyph_info_t *infos = hb_buffer_get_glyph_infos(shaped->glyphs, &count);
    for (int i = run->first; i < run->first + run->length; i++) {
        line->starts[i] = i == run->first;
        line->fonts[i] = 0;
    }
    for (unsigned i = 0; i < count; i++) {
        line->starts[infos[i].cluster] = true;
        if (infos[i].codepoint == 0)
            line->fonts[infos[i].cluster] = -1;
    }
}

static int cluster_length(const struct tri_text_line *line, const struct tri_text_run *run,
                          int first)
{
    int end = first + 1;
    while (end < run->first + run->length && !line->starts[end])
        end++;
    return end - first;
}

static enum tri_status choose_fonts(struct tri_text_setter *setter, struct tri_text_line *line,
                                    const struct tri_text_run *run)
{
    for (int at = run->first, length; at < run->first + run->length; at += length) {
        int font = 0;
        length = cluster_length(line, run, at);
        if (line->fonts[at] < 0 &&
            tri_text_choose(setter, &line->characters[at], length, &font) != TRI_OK)
            return TRI_FAILED;
        for (int i = at; i < at + length; i++)
            line->fonts[i] = (short)font;
    }
    return TRI_OK;
}

static enum tri_status tell_missing(struct tri_text_setter *setter, struct tri_text_line *line,
                                    const struct tri_text_run *run,
                                    const struct tri_text_shaped *shaped)
{
    enum tri_status status = TRI_OK;
    const int font = shaped->font;
    if (!has_missing(shaped))
        return TRI_OK;
    find_clusters(line, run, shaped);
    for (int at = run->first, length; at < run->first + run->length; at += length) {
        length = cluster_length(line, run, at);
        if (line->fonts[at] < 0 && status == TRI_OK)
            status = tri_text_miss(setter, &line->characters[at], length, font);
    }
    for (int i = run->first; i < run->first + run->length; i++)
        line->fonts[i] = (short)font;
    return status;
}

/* ---- runs of one font ---- */

static enum tri_status add(struct tri_text_setter *setter, struct tri_text_line *line,
                           const struct tri_text_run *run)
{
    struct tri_text_shaped *shaped = &line->runs[line->run_count];
    shaped->font = line->fonts[run->first];
    const enum tri_status status = shape(setter, line, run, shaped);
    if (status != TRI_OK)
        return status;
    line->run_count++;
    return tell_missing(setter, line, run, shaped);
}

/* From left to right. */
static enum tri_status add_parts(struct tri_text_setter *setter, struct tri_text_line *line,
                                 const struct tri_text_run *run)
{
    const bool rtl = run->level % 2 != 0;
    const int step = rtl ? -1 : 1, last = rtl ? run->first : run->first + run->length - 1;
    enum tri_status status = TRI_OK;
    for (int at = rtl ? run->first + run->length - 1 : run->first, end; status == TRI_OK;
         at = end + step) {
        for (end = at; end != last && line->fonts[end + step] == line->fonts[at];)
            end += step;
        const struct tri_text_run part = {rtl ? end : at, (end - at) * step + 1, run->level,
                                          run->script};
        status = add(setter, line, &part);
        if (end == last)
            break;
    }
    return status;
}

enum tri_status tri_text_shape(struct tri_text_setter *setter, struct tri_text_line *line,
                               const struct tri_text_run *run)
{
    struct tri_text_shaped shaped = {0};
    enum tri_status status = shape(setter, line, run, &shaped);
    if (status != TRI_OK)
        return status;
    if (!has_missing(&shaped)) {
        line->runs[line->run_count++] = shaped;
        return TRI_OK;
    }
    find_clusters(line, run, &shaped);
    hb_buffer_destroy(shaped.glyphs);
    status = choose_fonts(setter, line, run);
    return status == TRI_OK ? add_parts(setter, line, run) : status;
}

void tri_text_end_runs(struct tri_text_line *line)
{
    for (int i = 0; i < line->run_count; i++)
        hb_buffer_destroy(line->runs[i].glyphs);
    line->run_count = 0;
}
