/* chart_ratios.c -- ratios around 1 with intervals, in groups: machines by kind of backend, or
 * rows. */
#include "report/compare_parts.h"

#include <math.h>
#include <string.h>

enum {
    LEFT = 4,
    RIGHT = 396,
    BASELINE = 14, /* of a group's name */
    HEAD = 20,     /* from the top of a group to its first ratio */
    LINE = 15,     /* a ratio with a label */
    ALONE = 12,    /* a ratio without one */
    GAP = 8,
    LABELS = 104, /* to the right of labels */
    VALUES = 338, /* to the left of values */
    TICKS = 18,
    GAP_TICKS = 56,
    AXIS = 40,
    TALL = 600, /* from here on the axis is at the top too */
    TEXT = 13
};
static const double near_most = 1.5; /* up to here the scale is linear */

/* ---- layout ---- */

static bool labelled(const struct tri_ratio_group *group)
{
    return group->count > 0 && group->list[0].label[0] != '\0';
}

static int line_height(const struct tri_ratio_group *group)
{
    return labelled(group) ? LINE : ALONE;
}

static int height_of(const struct tri_ratio_group *group)
{
    return HEAD + group->count * line_height(group) + GAP;
}

static bool any_labelled(const struct tri_ratio_group *groups, int count)
{
    bool any = false;

    for (int i = 0; i < count; i++)
        any |= labelled(&groups[i]);
    return any;
}

/* ---- scale ---- */

static void widen(double *low, double *high, double value)
{
    if (!isfinite(value) || value <= 0)
        return;
    *low = fmin(*low, value);
    *high = fmax(*high, value);
}

/* Intervals that are wider than a factor of 2 leave the chart. */
static void widen_ratio(double *low, double *high, const struct tri_ratio *ratio)
{
    widen(low, high, ratio->value);
    widen(low, high, fmax(ratio->low, ratio->value / 2));
    widen(low, high, fmin(ratio->high, ratio->value * 2));
    for (int i = 0; i < ratio->each_count; i++)
        widen(low, high, ratio->each[i]);
}

static struct tri_scale scale_of(const struct tri_ratio_group *groups, int count)
{
    struct tri_scale scale = {.from = LEFT + 6, .to = RIGHT - 6, .twos = true};
    double low = 1, high = 1;

    for (int i = 0; i < count; i++)
        for (int j = 0; j < groups[i].count; j++)
            widen_ratio(&low, &high, &groups[i].list[j]);
    const double most = fmax(high, 1 / low), near = fmax(ceil((most - 1) / 0.05 - 1e-9), 1) * 0.05;
    scale.log = most >= near_most;
    scale.low = scale.log ? exp2(floor(log2(low) + 1e-9)) : 1 - near;
    scale.high = scale.log ? exp2(ceil(log2(high) - 1e-9)) : 1 + near;
    if (any_labelled(groups, count)) {
        scale.from = LABELS + 4;
        scale.to = VALUES - 4;
    }
    return scale;
}

static struct tri_words words_of_tick(double ratio)
{
    const bool fraction = ratio < 0.3; /* a power of two */
    struct tri_words words;

    snprintf(words.text, sizeof words.text, "%s%.20s\xC3\x97", fraction ? "1/" : "",
             tri_words_plain(fraction ? 1 / ratio : ratio).text);
    return words;
}

static void put_ticks(FILE *file, const struct tri_scale *scale, double y)
{
    double ticks[32];
    const int count = tri_scale_ticks(scale, GAP_TICKS, ticks);

    for (int i = 0; i < count; i++)
        tri_svg_tick(file, tri_scale_place(scale, ticks[i]), y, words_of_tick(ticks[i]));
}

/* Beside the ratios only, so that lines do not cross names. */
static void put_lines(FILE *file, const struct tri_scale *scale,
                      const struct tri_ratio_group *groups, int count, double y)
{
    double ticks[32];
    const int tick_count = tri_scale_ticks(scale, GAP_TICKS, ticks);

    for (int i = -1; i < tick_count; i++) {
        const double value = i < 0 ? 1 : ticks[i], x = tri_scale_place(scale, value);
        double top = y;

        if (i >= 0 && fabs(value - 1) < 1e-9)
            continue;
        fprintf(file, "<path class=\"%s\" d=\"", i < 0 ? "base" : "grid");
        for (int j = 0; j < count; j++) {
            if (groups[j].count > 0)
                fprintf(file, "M%.1f %.0fv%d", x, top + HEAD - 1,
                        groups[j].count * line_height(&groups[j]) + 2);
            top += height_of(&groups[j]);
        }
        fputs("\"/>\n", file);
    }
}

/* ---- marks ---- */

static void put_each(FILE *file, const struct tri_scale *scale, const struct tri_ratio *ratio,
                     double y)
{
    if (ratio->each_count == 0)
        return;
    fputs("<path class=\"each\" d=\"", file);
    for (int i = 0; i < ratio->each_count; i++)
        fprintf(file, "M%.1f %.1fh0", tri_scale_place(scale, ratio->each[i]), y);
    fputs("\"/>", file);
}

static void put_interval(FILE *file, const struct tri_scale *scale, const struct tri_ratio *ratio,
                         double y)
{
    const double low = tri_scale_place(scale, ratio->low),
                 high = tri_scale_place(scale, isfinite(ratio->high) ? ratio->high : scale->high);

    if (!isfinite(ratio->low) || isnan(ratio->high))
        return;
    fprintf(file, "<path class=\"whisker\" d=\"M%.1f %.1fH%.1fM%.1f %.1fv6M%.1f %.1fv6\"/>", low, y,
            high, low, y - 3, high, y - 3);
}

static void put_ratio(FILE *file, const struct tri_scale *scale, const struct tri_ratio *ratio,
                      double y)
{
    const double one = tri_scale_place(scale, 1), x = tri_scale_place(scale, ratio->value);

    if (!isfinite(ratio->value))
        return;
    tri_svg_mark(file, "", ratio->colour, "%s", ratio->title);
    fprintf(file, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"5\"/>",
            ratio->certain ? "bar" : "open", fmin(one, x), y - 2.5, fmax(fabs(x - one), 0.8));
    put_each(file, scale, ratio, y);
    put_interval(file, scale, ratio, y);
    fprintf(file, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.6\"/>",
            ratio->certain ? "spot" : "open", x, y);
    tri_svg_mark_end(file);
}

static void put_name(FILE *file, const struct tri_ratio_group *group, double y)
{
    char name[sizeof group->name];

    snprintf(name, sizeof name, "%s", group->name);
    tri_svg_fit(name, RIGHT - LEFT - tri_svg_measure(group->words, TEXT) - 14, TEXT);
    tri_svg_text(file, LEFT, y + BASELINE, labelled(group) ? "value" : "name", name);
    if (group->words[0] != '\0')
        tri_svg_text(file, RIGHT, y + BASELINE, "value end", group->words);
}

static void put_group(FILE *file, const struct tri_scale *scale,
                      const struct tri_ratio_group *group, double y)
{
    const int line = line_height(group);

    put_name(file, group, y);
    for (int i = 0; i < group->count; i++) {
        const struct tri_ratio *ratio = &group->list[i];
        const double middle = y + HEAD + line * (i + 0.5);

        put_ratio(file, scale, ratio, middle);
        if (!labelled(group))
            continue;
        tri_svg_text(file, LEFT, middle + 4, "tick", ratio->label);
        tri_svg_text(file, RIGHT, middle + 4, "end", ratio->words);
    }
}

void tri_chart_ratios(FILE *file, const char *label, const char *axis,
                      const struct tri_ratio_group *groups, int count)
{
    const struct tri_scale scale = scale_of(groups, count);
    double height = 0;

    for (int i = 0; i < count; i++)
        height += height_of(&groups[i]);
    double y = height > TALL ? TICKS : 0;
    tri_svg_begin(file, y + height + AXIS, label);
    if (height > TALL)
        put_ticks(file, &scale, 12);
    put_lines(file, &scale, groups, count, y);
    for (int i = 0; i < count; i++) {
        put_group(file, &scale, &groups[i], y);
        y += height_of(&groups[i]);
    }
    put_ticks(file, &scale, y + 10);
    tri_svg_text(file, LEFT, y + 30, "axis", axis);
    tri_svg_end(file);
}
