/* text_line.c -- splits a line into runs of one direction and script, and sets them from left to
 * right. */
#include "text_setter.h"

#include <fontconfig/fontconfig.h>
#include <string.h>

/* ---- characters ---- */

static void add_character(struct tri_text_line *line, uint32_t character, enum tri_text_kind kind)
{
    line->characters[line->count] = character;
    line->kinds[line->count++] = (unsigned char)kind;
}

static void add_segment(struct tri_text_line *line, const struct tri_text_segment *segment)
{
    FcChar32 character = 0;
    if (segment->kind != TRI_TEXT_PLAIN) {
        add_character(line, '0', segment->kind);
        return;
    }
    for (int at = 0, length; at < segment->length; at += length) {
        length =
            FcUtf8ToUcs4((const FcChar8 *)segment->text + at, &character, segment->length - at);
        if (length <= 0)
            break;
        add_character(line, character, TRI_TEXT_PLAIN);
    }
}

static bool has_script(hb_script_t script)
{
    return script != HB_SCRIPT_COMMON && script != HB_SCRIPT_INHERITED &&
           script != HB_SCRIPT_UNKNOWN;
}

/* What has no script of its own, such as blanks, is part of what is before it. */
static void find_scripts(struct tri_text_line *line)
{
    hb_unicode_funcs_t *unicode = hb_unicode_funcs_get_default();
    hb_script_t last = HB_SCRIPT_COMMON;
    for (int i = 0; i < line->count; i++)
        line->scripts[i] = hb_unicode_script(unicode, line->characters[i]);
    for (int i = 0; i < line->count && last == HB_SCRIPT_COMMON; i++)
        if (has_script(line->scripts[i]))
            last = line->scripts[i];
    for (int i = 0; i < line->count; i++) {
        if (has_script(line->scripts[i]))
            last = line->scripts[i];
        else
            line->scripts[i] = last;
    }
}

/* ---- runs ---- */

/* Whether what is at two neighbouring places is shaped together. */
static bool belong_together(const struct tri_text_line *line, int left, int right)
{
    const int a = line->order[left], b = line->order[right];
    return line->kinds[b] == TRI_TEXT_PLAIN && line->levels[a] == line->levels[b] &&
           line->scripts[a] == line->scripts[b] && b - a == (line->levels[a] % 2 != 0 ? -1 : 1);
}

/* The plain run at a place from the left; it takes as many places as its length. */
static struct tri_text_run run_at(const struct tri_text_line *line, int place)
{
    int end = place + 1;
    while (end < line->count && belong_together(line, end - 1, end))
        end++;
    const int left = line->order[place], right = line->order[end - 1];
    return (struct tri_text_run){left < right ? left : right, end - place, line->levels[left],
                                 line->scripts[left]};
}

/* Shapes what is plain from a place up to `end`. */
static enum tri_status shape(struct tri_text_setter *setter, struct tri_text_line *line, int place,
                             int *end)
{
    for (*end = place; *end < line->count && line->kinds[line->order[*end]] == TRI_TEXT_PLAIN;) {
        const struct tri_text_run run = run_at(line, *end);
        if (tri_text_shape(setter, line, &run) != TRI_OK)
            return TRI_FAILED;
        *end += run.length;
    }
    return TRI_OK;
}

/* As one piece, so that the pen is not rounded between runs. */
static enum tri_status set_plain(struct tri_text_setter *setter, struct tri_text_line *line,
                                 int place, struct tri_text_piece *piece, int *end)
{
    enum tri_status status = shape(setter, line, place, end);
    if (status == TRI_OK)
        status = tri_text_draw(setter, line, piece);
    tri_text_end_runs(line);
    return status;
}

enum tri_status tri_text_set_line(struct tri_text_setter *setter, struct tri_text_line *line,
                                  const struct tri_text_segment *segments, int count,
                                  struct tri_text_piece *pieces, int *piece_count)
{
    bool guessed = false;
    enum tri_status status = TRI_OK;
    line->count = line->run_count = 0;
    for (int i = 0; i < count; i++)
        add_segment(line, &segments[i]);
    find_scripts(line);
    if (!tri_text_order(line, &guessed))
        return tri_fail(setter->error, TRI_FAILED, "text: out of memory for a line");
    ((struct tri_typeset *)(void *)setter->block)->guessed |= guessed;
    for (int place = 0, end; place < line->count && status == TRI_OK; place = end) {
        struct tri_text_piece *piece = &pieces[(*piece_count)++];
        const int first = line->order[place];
        end = place + 1;
        if (line->kinds[first] == TRI_TEXT_PLAIN)
            status = set_plain(setter, line, place, piece, &end);
        piece->kind = line->kinds[first];
        piece->line = segments[0].line;
        piece->backwards = line->levels[first] % 2 != 0;
    }
    return status;
}
