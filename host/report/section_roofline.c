/* section_roofline.c -- what each backend reaches of the machine's memory and arithmetic. */
#include "report/page_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROOF_POINTS = 25, ROOFS = 8 };

struct dot {
    const struct tri_bench_case *figures;
    const struct tri_bench_row *row;
    double intensity, rate;    /* operations a byte; 10^9 operations a second */
    double memory, arithmetic; /* limits of that rate */
    int colour;
};

struct roof {
    double memory, choose, multiply; /* GB/s, 10^9 operations a second */
    double x[ROOF_POINTS], y[ROOF_POINTS], low[ROOF_POINTS];
    const struct tri_backend_info *info;
    int colour;
};

static double memory_of(const struct tri_bench_case *figures, const struct tri_bench_row *row)
{
    if (row->device.copy_ns > 0)
        return (double)figures->bytes / (double)row->device.copy_ns;
    return row->info->gpu ? (double)NAN : tri_page_copy_rate(figures, row->info->workers);
}

/* NULL unless the row has limits and the case arithmetic. */
static const struct tri_limit *limit_of(const struct tri_page *page, int index,
                                        const struct tri_bench_row *row)
{
    const double operations = page->cases[index].operations.all;
    const struct tri_limit *limit = tri_limit_of(page->limits, row->info);

    return page->report->cases[index].in.bits == page->limits->bits && operations > 0 &&
                   tri_page_shown(row) && limit != NULL && limit->choose > 0 &&
                   limit->multiply > 0 && memory_of(&page->report->cases[index], row) > 0
               ? limit
               : NULL;
}

static struct dot dot_of(const struct tri_page *page, int index, const struct tri_bench_row *row)
{
    const struct tri_bench_case *figures = &page->report->cases[index];
    const struct tri_operations *operations = &page->cases[index].operations;
    const double intensity = operations->all / (double)figures->bytes;

    return (struct dot){.figures = figures,
                        .row = row,
                        .intensity = intensity,
                        .rate = operations->all / (double)row->total.median,
                        .memory = memory_of(figures, row) * intensity,
                        .arithmetic =
                            tri_page_arithmetic(tri_limit_of(page->limits, row->info), operations),
                        .colour = tri_page_colour(page, row->info)};
}

/* Of what its limits allow. */
static double share_of(const struct dot *dot)
{
    return dot->rate / fmin(dot->memory, dot->arithmetic);
}

/* Whether `a` is closer to its limit than `b`; shares that no limit allows come last. */
static bool closer(const struct dot *a, const struct dot *b)
{
    const double x = share_of(a), y = share_of(b);

    return (x <= TRI_SHARE_MAX && x > y) || (y > TRI_SHARE_MAX && x < y);
}

static int find_dots(const struct tri_page *page, struct dot *dots, int most)
{
    int count = 0;

    for (int i = 0; i < page->report->count; i++)
        for (int k = 0; k < page->report->cases[i].row_count && count < most; k++)
            if (limit_of(page, i, &page->report->cases[i].rows[k]) != NULL)
                dots[count++] = dot_of(page, i, &page->report->cases[i].rows[k]);
    return count;
}

/* A roof for each backend with limits; its slope is the steepest of all cases, as caches help some
 * of them. */
static int find_roofs(const struct tri_page *page, const struct dot *dots, int dot_count,
                      struct roof roofs[ROOFS])
{
    int count = 0;

    for (int i = 0; i < dot_count && count < ROOFS; i++) {
        const struct tri_limit *limit = tri_limit_of(page->limits, dots[i].row->info);
        int k = 0;
        while (k < count && roofs[k].info != dots[i].row->info)
            k++;
        if (k == count)
            roofs[count++] = (struct roof){.choose = limit->choose,
                                           .multiply = limit->multiply,
                                           .info = dots[i].row->info,
                                           .colour = dots[i].colour};
        roofs[k].memory = fmax(roofs[k].memory, memory_of(dots[i].figures, dots[i].row));
    }
    return count;
}

static void draw_roof(struct roof *roof, double low, double high)
{
    for (int i = 0; i < ROOF_POINTS; i++) {
        roof->x[i] = low * pow(high / low, (double)i / (ROOF_POINTS - 1));
        roof->y[i] = fmin(roof->choose, roof->memory * roof->x[i]);
        roof->low[i] = fmin(roof->multiply, roof->memory * roof->x[i]);
    }
}

/* ---- words ---- */

static void title_of(const struct dot *dots, int count, bool several, char *text, size_t size)
{
    const struct dot *best = &dots[0];

    for (int i = 1; i < count; i++)
        best = closer(&dots[i], best) ? &dots[i] : best;
    const double share = share_of(best);
    const char *limit = best->arithmetic < best->memory ? "arithmetic" : "memory";
    const struct tri_words name = tri_page_name(best->row->info);

    if (share > TRI_SHARE_MAX)
        snprintf(text, size, "The limits were measured too low: other work was running");
    else if (several)
        snprintf(text, size, "Closest to its limit is %s with %s: %s of what %s allows", name.text,
                 best->figures->pipeline, tri_words_share(share).text, limit);
    else if (share > 0.9)
        snprintf(text, size, "%s is at the limit of %s (%s)", name.text, limit,
                 tri_words_share(share).text);
    else
        snprintf(text, size, "%s reaches %s of what %s allows", name.text,
                 tri_words_share(share).text, limit);
}

static void put_table(FILE *file, const struct dot *dots, int count)
{
    static const char *const heads[] = {"row",           "pipeline",        "operations a byte",
                                        "10^9 a second", "limit by memory", "limit by arithmetic",
                                        "of the limit"};

    tri_table_begin(file, "Roofline as a table", heads, 7);
    for (int i = 0; i < count; i++) {
        const struct dot *dot = &dots[i];
        const double share = share_of(dot);
        tri_row_begin(file);
        tri_cell_name(file, dot->colour, "%s", tri_page_name(dot->row->info).text);
        tri_cell_text(file, "%s", dot->figures->pipeline);
        tri_cell_number(file, "intensity", dot->intensity, tri_words_digits(dot->intensity));
        tri_cell_number(file, "rate", dot->rate, tri_words_digits(dot->rate));
        tri_cell_number(file, "memory-limit", dot->memory, tri_words_digits(dot->memory));
        tri_cell_number(file, "arithmetic-limit", dot->arithmetic,
                        tri_words_digits(dot->arithmetic));
        tri_cell_number(file, "share", share, tri_words_share(share));
        tri_row_end(file);
    }
    tri_table_end(file);
}

static void say_counts(FILE *file, const struct tri_page *page)
{
    const struct tri_limits *limits = page->limits;

    tri_html_say(file, "p class=note",
                 "What counts: an operation takes one more sample into a result (a multiply-add, a "
                 "minimum, a table look-up), as the passes of the plan declare it; conversions, "
                 "rounding, addresses and what neighbouring strips or tiles make twice do not. "
                 "Bytes are the samples of input and output, moved once. Slopes: a copy of as many "
                 "bytes with as many workers, which caches may hold. Flat: minimum and maximum of "
                 "%d-bit samples in registers, measured now with a loop in the same dialect; a "
                 "multiply-add costs more.",
                 limits->bits);
    for (int i = 0; i < limits->count; i++)
        if (limits->list[i].choose > 0)
            tri_html_say(
                file, "p class=note",
                "%s: %s \xC3\x97 10\xE2\x81\xB9 minima or maxima a second, %s multiply-adds.",
                tri_page_name(limits->list[i].info).text,
                tri_words_digits(limits->list[i].choose).text,
                tri_words_digits(limits->list[i].multiply).text);
    if (limits->memory_gb_per_s > 0)
        tri_html_say(file, "p class=note",
                     "Copies that no cache holds reach %s GB/s, read and written.",
                     tri_words_digits(limits->memory_gb_per_s).text);
}

static void put_chart(const struct tri_page *page, FILE *file, const struct dot *dots, int count,
                      const char *title)
{
    struct roof roofs[ROOFS];
    struct tri_plot_series series[2 * ROOFS + 256];
    const int roof_count = find_roofs(page, dots, count, roofs);
    struct tri_plot plot = {.label = title,
                            .axis_x = "operations a byte",
                            .axis_y = "10\xE2\x81\xB9 operations a second",
                            .x = {(double)INFINITY, 0, 0, 0, true, false},
                            .y = {(double)INFINITY, 0, 0, 0, true, false},
                            .words_x = tri_words_plain,
                            .words_y = tri_words_plain,
                            .series = series,
                            .beyond_x = (double)NAN};

    for (int i = 0; i < count; i++) {
        plot.x.low = fmin(plot.x.low, dots[i].intensity / 4);
        plot.x.high = fmax(plot.x.high, dots[i].intensity * 4);
        plot.y.low = fmin(plot.y.low, dots[i].rate / 2);
    }
    for (int i = 0; i < roof_count; i++) {
        plot.x.high = fmax(plot.x.high, 2 * roofs[i].choose / roofs[i].memory);
        plot.y.high = fmax(plot.y.high, 1.5 * roofs[i].choose);
    }
    for (int i = 0; i < roof_count; i++) {
        draw_roof(&roofs[i], plot.x.low, plot.x.high);
        series[plot.count++] = (struct tri_plot_series){
            TRI_LOOK_LINE, roofs[i].colour, roofs[i].x, roofs[i].y, NULL, NULL, ROOF_POINTS, ""};
        series[plot.count++] = (struct tri_plot_series){TRI_LOOK_DASHED,
                                                        roofs[i].colour,
                                                        roofs[i].x,
                                                        roofs[i].low,
                                                        NULL,
                                                        NULL,
                                                        ROOF_POINTS,
                                                        ""};
    }
    for (int i = 0; i < count; i++)
        series[plot.count++] = (struct tri_plot_series){TRI_LOOK_DOTS,
                                                        dots[i].colour,
                                                        &dots[i].intensity,
                                                        &dots[i].rate,
                                                        NULL,
                                                        NULL,
                                                        1,
                                                        dots[i].row->info->name};
    tri_chart_plot(file, &plot);
}

void tri_section_roofline(struct tri_writer *writer)
{
    enum { DOTS = 256 };
    const struct tri_page *page = writer->page;
    struct dot *dots = page->limits != NULL ? calloc(DOTS, sizeof *dots) : NULL;
    const int count = dots != NULL ? find_dots(page, dots, DOTS) : 0;
    char title[TRI_TITLE];

    if (count > 0) {
        title_of(dots, count, page->report->count > 1, title, sizeof title);
        tri_figure_begin(writer->file, "roofline", title,
                         "Each dot is a backend, below the limits in its colour: on the slope "
                         "memory, on the flat part arithmetic (full: minima and maxima; dashed: "
                         "multiply-adds).");
        tri_page_legend(writer, &page->report->cases[0]);
        put_chart(page, writer->file, dots, count, title);
        put_table(writer->file, dots, count);
        fputs("<details><summary>What counts as an operation</summary>", writer->file);
        say_counts(writer->file, page);
        fputs("</details>\n", writer->file);
        tri_figure_end(writer->file);
    }
    free(dots);
}
