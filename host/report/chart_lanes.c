/* chart_lanes.c -- spans of time in lanes: who did what when. */
#include "report/svg.h"

#include <math.h>
#include <string.h>

enum { LANES = 64, ROW = 34, BASELINE = 12, BAR = 17, THICK = 13, LEFT = 4, RIGHT = 396 };
static const char *const kinds[TRI_SPAN_KINDS] = {"work", "codec", "transfer", "wait"};

/* Returns the number of lanes; those beyond LANES are left out. */
static int find_lanes(const struct tri_span *spans, int count, const char *lanes[LANES])
{
    int found = 0;

    for (int i = 0; i < count; i++) {
        int k = 0;
        while (k < found && strcmp(lanes[k], spans[i].lane) != 0)
            k++;
        if (k == found && found < LANES)
            lanes[found++] = spans[i].lane;
    }
    return found;
}

static void put_lane(FILE *file, const struct tri_span *spans, int count, const char *lane,
                     const struct tri_scale *scale, int row, int colour)
{
    char name[64];

    snprintf(name, sizeof name, "%s", lane);
    tri_svg_fit(name, RIGHT - LEFT, 13);
    tri_svg_text(file, LEFT, row * ROW + BASELINE, "name", name);
    for (int i = 0; i < count; i++) {
        const struct tri_span *span = &spans[i];
        const double from = tri_scale_place(scale, (double)span->begin),
                     to = tri_scale_place(scale, (double)span->end);

        if (strcmp(span->lane, lane) != 0)
            continue;
        tri_svg_mark(file, "", colour, "%s: %s, %s after %s", span->lane, span->label,
                     tri_words_time((double)(span->end - span->begin)).text,
                     tri_words_time((double)span->begin).text);
        fprintf(file, "<rect class=\"s-%s\" x=%.1f y=%d width=%.2f height=%d />", kinds[span->kind],
                from, row * ROW + BAR, fmax(to - from, 0.4), THICK);
        tri_svg_mark_end(file);
    }
}

int tri_chart_lane_count(const struct tri_span *spans, int count)
{
    const char *lanes[LANES];
    return find_lanes(spans, count, lanes);
}

void tri_chart_lanes(FILE *file, const char *label, const struct tri_span *spans, int count,
                     int colour)
{
    const char *lanes[LANES];
    const int found = find_lanes(spans, count, lanes);
    struct tri_scale scale = {0, 1, LEFT, RIGHT - 8, false, false};
    double ticks[32];

    for (int i = 0; i < count; i++)
        scale.high = fmax(scale.high, (double)spans[i].end);
    tri_svg_begin(file, found * ROW + 22, label);
    const int tick_count = tri_scale_ticks(&scale, 64, ticks);
    for (int i = 0; i < tick_count; i++) {
        const double x = tri_scale_place(&scale, ticks[i]);
        tri_svg_rule(file, x, &(struct tri_svg_rows){found, ROW, BAR, THICK}, "grid");
        tri_svg_tick(file, x, found * ROW + 17, tri_words_tick(tri_words_time(ticks[i])));
    }
    for (int i = 0; i < found; i++)
        put_lane(file, spans, count, lanes[i], &scale, i, colour);
    tri_svg_end(file);
}
