/* chart_timeline.c -- a recorded timeline as lanes of cells: what fills most of each. */
#include "report/svg.h"
#include "report/timeline_chart.h"

#include <stdlib.h>
#include <string.h>

enum { ROW = 32, BASELINE = 12, BAR = 17, THICK = 12, LEFT = 4, RIGHT = 396 };
enum { LANES_MOST = 24, CELLS = 196 };
#define CELL ((RIGHT - 8 - LEFT) / (double)CELLS)
#define BUSY_LEAST 0.1 /* cells with less are left blank */
#define BUSY_FULL 0.6  /* those with less are pale */

/* Colours of kinds, by how long they are busy; those beyond the colours share the last one. */
struct palette {
    int colours[TRI_TIMELINE_KINDS];
    int order[TRI_TIMELINE_KINDS], count; /* kinds, the busiest first; no waits */
};

static struct palette choose_colours(const struct tri_timeline *timeline)
{
    struct palette palette = {.count = 0};

    for (int kind = 0; kind < timeline->kind_count; kind++) {
        int at = palette.count;
        if (timeline->kinds[kind].class == TRI_TIMELINE_WAIT || timeline->kinds[kind].busy == 0)
            continue;
        for (; at > 0 && timeline->kinds[palette.order[at - 1]].busy < timeline->kinds[kind].busy;
             at--)
            palette.order[at] = palette.order[at - 1];
        palette.order[at] = kind;
        palette.count++;
    }
    for (int i = 0; i < palette.count; i++)
        palette.colours[palette.order[i]] = i < TRI_COLOURS ? i : TRI_COLOURS - 1;
    return palette;
}

static bool is_pale(const struct tri_timeline_cell *cell)
{
    return cell->busy < BUSY_FULL;
}

static bool is_shown(const struct tri_timeline_cell *cell, int kind, bool pale)
{
    return cell->kind == kind && cell->busy >= BUSY_LEAST && is_pale(cell) == pale;
}

/* All cells of a lane that look the same are one path. */
static void put_cells(FILE *file, const struct tri_timeline_cell *cells, int kind, bool pale, int y)
{
    bool any = false;

    for (int i = 0; i < CELLS; i++) {
        const int first = i;
        while (i < CELLS && is_shown(&cells[i], kind, pale))
            i++;
        if (i == first)
            continue;
        if (!any)
            fprintf(file, "<path class=%s d=\"", pale ? "s-transfer" : "s-work");
        any = true;
        fprintf(file, "M%.1f %dh%.1fv%dh-%.1fz", LEFT + first * CELL, y, (i - first) * CELL, THICK,
                (i - first) * CELL);
    }
    if (any)
        fputs("\"/>", file);
}

static void put_lane(FILE *file, const struct tri_timeline *timeline, const struct palette *palette,
                     int lane, struct tri_timeline_cell *cells)
{
    const struct tri_timeline_lane *of = &timeline->lanes[lane];
    const double share = (double)of->busy / (double)(timeline->length + 1);
    char name[170];

    if (tri_timeline_cells(timeline, lane, INT64_MAX, cells, CELLS) != TRI_OK)
        return;
    snprintf(name, sizeof name, "%s%s%s", of->device, of->device[0] ? ": " : "", of->name);
    tri_svg_text(file, LEFT, lane * ROW + BASELINE, "name", name);
    tri_svg_text(file, RIGHT, lane * ROW + BASELINE, "tick end", tri_words_share(share).text);
    for (int i = 0; i < palette->count; i++) {
        const int kind = palette->order[i];
        tri_svg_mark(file, "", palette->colours[kind], "%s: %s", name, timeline->kinds[kind].name);
        put_cells(file, cells, kind, false, lane * ROW + BAR);
        put_cells(file, cells, kind, true, lane * ROW + BAR);
        tri_svg_mark_end(file);
    }
}

static void put_axis(FILE *file, const struct tri_timeline *timeline, int lanes)
{
    const struct tri_scale scale = {0, (double)timeline->length, LEFT, RIGHT - 8, false, false};
    double ticks[32];
    const int count = tri_scale_ticks(&scale, 64, ticks);

    for (int i = 0; i < count; i++) {
        const double x = tri_scale_place(&scale, ticks[i]);
        tri_svg_rule(file, x, &(struct tri_svg_rows){lanes, ROW, BAR, THICK}, "grid");
        tri_svg_tick(file, x, lanes * ROW + 17, tri_words_tick(tri_words_time(ticks[i])));
    }
}

static void put_legend(FILE *file, const struct tri_timeline *timeline,
                       const struct palette *palette)
{
    fputs("<p class=legend>", file);
    for (int i = 0; i < palette->count; i++) {
        const int kind = palette->order[i];
        fprintf(file, "<span class=k%d><span class=sw></span>", palette->colours[kind]);
        tri_html_text(file, timeline->kinds[kind].name);
        fputs("</span> ", file);
    }
    fputs("</p>\n", file);
}

void tri_chart_timeline(FILE *file, const char *label, const struct tri_timeline *timeline)
{
    const struct palette palette = choose_colours(timeline);
    const int lanes = timeline->lane_count < LANES_MOST ? timeline->lane_count : LANES_MOST;
    struct tri_timeline_cell *cells = calloc(CELLS, sizeof *cells);

    if (cells == NULL)
        return;
    put_legend(file, timeline, &palette);
    tri_svg_begin(file, lanes * ROW + 22, label);
    put_axis(file, timeline, lanes);
    for (int lane = 0; lane < lanes; lane++)
        put_lane(file, timeline, &palette, lane, cells);
    tri_svg_end(file);
    free(cells);
    if (lanes < timeline->lane_count)
        tri_html_say(file, "p class=note", "%d more lanes are not drawn.",
                     timeline->lane_count - lanes);
}
