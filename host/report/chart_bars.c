/* chart_bars.c -- bars with intervals, and stacked bars. */
#include "report/svg.h"

#include <math.h>

/* A row has its name and value above its bar: long names need no margin. */
enum { ROW = 38, BASELINE = 14, BAR = 20, THICK = 10, AXIS = 40, TEXT = 13, LEFT = 4, RIGHT = 396 };

static double most_of(const struct tri_bars *bars)
{
    double most = isfinite(bars->mark) ? bars->mark : 0;

    for (int i = 0; i < bars->count; i++)
        most = fmax(most, isfinite(bars->list[i].high) ? bars->list[i].high : bars->list[i].value);
    return most > 0 ? most : 1;
}

static double least_of(const struct tri_bars *bars)
{
    double least = isfinite(bars->mark) ? bars->mark : (double)INFINITY;

    for (int i = 0; i < bars->count; i++)
        if (bars->list[i].value > 0)
            least = fmin(least, bars->list[i].low > 0 ? bars->list[i].low : bars->list[i].value);
    return isfinite(least) ? least : 1;
}

static void put_axis(FILE *file, const struct tri_bars *bars, const struct tri_scale *scale,
                     int rows)
{
    double ticks[32];
    const int count = tri_scale_ticks(scale, 58, ticks), y = rows * ROW;
    const struct tri_svg_rows all = {rows, ROW, BAR, THICK};

    for (int i = 0; i < count; i++) {
        const double x = tri_scale_place(scale, ticks[i]);

        tri_svg_rule(file, x, &all, "grid");
        tri_svg_tick(file, x, y + 17, tri_words_tick(bars->words(ticks[i])));
    }
    if (isfinite(bars->mark))
        tri_svg_rule(file, tri_scale_place(scale, bars->mark), &all, "base");
}

static void put_interval(FILE *file, const struct tri_scale *scale, const struct tri_bar *bar,
                         double y)
{
    if (!isfinite(bar->low) || !isfinite(bar->high))
        return;
    const double low = tri_scale_place(scale, bar->low), high = tri_scale_place(scale, bar->high);
    fprintf(file, "<path class=whisker d=\"M%.1f %.1fH%.1fM%.1f %.1fv6M%.1f %.1fv6\"/>", low, y,
            high, low, y - 3, high, y - 3);
}

static void put_bar(FILE *file, const struct tri_scale *scale, const struct tri_bar *bar, int row)
{
    const double x = tri_scale_place(scale, bar->value), y = row * ROW + BAR;

    if (!isfinite(bar->value))
        return;
    tri_svg_mark(file, "", bar->colour, "%s", bar->title);
    if (scale->log)
        fprintf(file, "<circle class=spot cx=%.1f cy=%.1f r=5 />", x, y + THICK / 2.0);
    else
        fprintf(file, "<rect class=bar x=%d y=%.0f width=%.1f height=%d rx=1.5 />", LEFT, y,
                fmax(x - LEFT, 0.8), THICK);
    put_interval(file, scale, bar, y + THICK / 2.0);
    tri_svg_mark_end(file);
}

static void put_words(FILE *file, const struct tri_bar *bar, int row)
{
    char name[sizeof bar->name];
    const double value = tri_svg_measure(bar->words, TEXT);

    snprintf(name, sizeof name, "%s", bar->name);
    tri_svg_fit(name, RIGHT - LEFT - value - 14, TEXT);
    tri_svg_text(file, LEFT, row * ROW + BASELINE, "name", name);
    tri_svg_text(file, RIGHT, row * ROW + BASELINE, "value end", bar->words);
}

static void put_scale(FILE *file, const struct tri_bars *bars, struct tri_scale scale)
{
    tri_scale_round(&scale);
    fprintf(file, "<g class=%s>\n", scale.log ? "log" : "lin");
    put_axis(file, bars, &scale, bars->count);
    for (int i = 0; i < bars->count; i++)
        put_bar(file, &scale, &bars->list[i], i);
    fputs("</g>\n", file);
}

void tri_chart_bars(FILE *file, const struct tri_bars *bars)
{
    const struct tri_scale scale = {0, most_of(bars), LEFT, RIGHT - 8, false, false};

    tri_svg_begin(file, bars->count * ROW + AXIS, bars->label);
    put_scale(file, bars, scale);
    if (bars->both)
        put_scale(
            file, bars,
            (struct tri_scale){least_of(bars) * 0.9, scale.high, LEFT + 6, RIGHT - 8, true, false});
    for (int i = 0; i < bars->count; i++)
        put_words(file, &bars->list[i], i);
    tri_svg_text(file, LEFT, bars->count * ROW + 36, "axis", bars->axis);
    tri_svg_end(file);
}

/* ---- stacks ---- */

static double sum_of(const struct tri_stack *stack, int parts)
{
    double sum = 0;

    for (int i = 0; i < parts; i++)
        sum += stack->parts[i];
    return sum;
}

static void put_stack(FILE *file, const struct tri_scale *scale, const struct tri_stack *stack,
                      int parts, int row)
{
    double at = 0;

    for (int i = 0; i < parts; i++) {
        const double from = tri_scale_place(scale, at),
                     to = tri_scale_place(scale, at + stack->parts[i]);
        at += stack->parts[i];
        if (stack->parts[i] <= 0)
            continue;
        tri_svg_mark(file, "", stack->colour, "%s", stack->titles[i]);
        fprintf(file, "<rect class=\"p%d\" x=%.1f y=%d width=%.1f height=%d />", i, from,
                row * ROW + BAR, fmax(to - from, 0.3), THICK + 2);
        tri_svg_mark_end(file);
    }
}

void tri_chart_stacks(FILE *file, const char *label, const struct tri_stack *stacks, int count,
                      int parts, struct tri_words (*words)(double))
{
    struct tri_scale scale = {0, 0, LEFT, RIGHT - 8, false, false};

    for (int i = 0; i < count; i++)
        scale.high = fmax(scale.high, sum_of(&stacks[i], parts));
    scale.high = scale.high > 0 ? scale.high : 1;
    tri_scale_round(&scale);
    const struct tri_bars frame = {.words = words, .mark = (double)NAN};
    tri_svg_begin(file, count * ROW + 24, label);
    put_axis(file, &frame, &scale, count);
    for (int i = 0; i < count; i++) {
        struct tri_bar bar = {.value = 0};
        snprintf(bar.name, sizeof bar.name, "%s", stacks[i].name);
        snprintf(bar.words, sizeof bar.words, "%s", stacks[i].words);
        put_words(file, &bar, i);
        put_stack(file, &scale, &stacks[i], parts, i);
    }
    tri_svg_end(file);
}
