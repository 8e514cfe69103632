/* section_sizes.c -- times over the size of the picture, and where backends break even. */
#include "report/page_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sides {
    double x[TRI_SIZE_POINTS], y[TRI_SIZE_POINTS], low[TRI_SIZE_POINTS], high[TRI_SIZE_POINTS];
};

static double side_of(const struct tri_shape *shape)
{
    return sqrt((double)shape->width * shape->height);
}

static struct tri_words side_words(double side)
{
    struct tri_words words;

    snprintf(words.text, sizeof words.text, "%.0f", side);
    return words;
}

/* ---- break-even ---- */

/* "128 x 128": the size of a square picture. */
static struct tri_words square(double pixels)
{
    struct tri_words words;
    const double side = sqrt(pixels);

    snprintf(words.text, sizeof words.text, "about %.0f \xC3\x97 %.0f", side, side);
    return words;
}

/* The first line that `of` accepts; -1: none. */
static int line_of(const struct tri_sizes_case *sizes, bool threads)
{
    for (int i = 0; i < sizes->line_count; i++) {
        const struct tri_backend_info *info = sizes->lines[i].info;
        if (!info->opencl && info->parts == 0 && (info->workers > 1) == threads)
            return i;
    }
    return -1;
}

static void crossing_words(const struct tri_sizes_case *sizes, int a, int b, char *text,
                           size_t size)
{
    const double pixels = tri_sizes_crossing(sizes, a, b);
    const char *name = sizes->lines[b].info->name, *other = sizes->lines[a].info->name;

    if (isnan(pixels))
        snprintf(text, size, "%s does not beat %s at any size measured", name, other);
    else if (pixels <= 0)
        snprintf(text, size, "%s beats %s at every size measured", name, other);
    else
        snprintf(text, size, "%s beats %s from %s on", name, other, square(pixels).text);
}

static void put_crossings(FILE *file, const struct tri_sizes_case *sizes)
{
    const int one = line_of(sizes, false), many = line_of(sizes, true);
    char text[TRI_TITLE];

    fputs("<ul class=laws>\n", file);
    for (int b = 0; b < sizes->line_count; b++)
        for (int k = 0; k < 2; k++) {
            const int a = k == 0 ? one : many;
            if (a < 0 || a == b || b == one || (k == 1 && !sizes->lines[b].info->opencl))
                continue;
            crossing_words(sizes, a, b, text, sizeof text);
            tri_html_say(file, "li", "%s.", text);
        }
    fputs("</ul>\n", file);
}

void tri_sizes_result(const struct tri_sizes_case *sizes, char *text, size_t size)
{
    const int one = line_of(sizes, false), many = line_of(sizes, true);

    if (one >= 0 && many >= 0)
        crossing_words(sizes, one, many, text, size);
    else if (one >= 0 && sizes->line_count > 1)
        crossing_words(sizes, one, one == 0 ? 1 : 0, text, size);
    else
        snprintf(text, size, "Time over the size of the picture");
}

/* ---- the chart ---- */

static void fill(const struct tri_sizes_case *sizes, int line, struct sides *sides)
{
    for (int i = 0; i < sizes->count; i++) {
        const struct tri_summary *point = &sizes->lines[line].points[i];
        sides->x[i] = side_of(&sizes->shapes[i]);
        sides->y[i] = point->median > 0 ? (double)point->median : (double)NAN;
        sides->low[i] = point->low > 0 ? (double)point->low : (double)NAN;
        sides->high[i] = (double)point->high;
    }
}

static void put_chart(const struct tri_page *page, FILE *file, const char *title)
{
    const struct tri_sizes_case *sizes = page->sizes;
    struct tri_plot_series series[TRI_SIZE_LINES];
    struct sides *sides = calloc(TRI_SIZE_LINES, sizeof *sides);
    struct tri_plot plot = {
        .label = title,
        .axis_x = "side of a square picture, pixels",
        .axis_y = "time of a run",
        .x = {48, 1.4 * side_of(&sizes->shapes[sizes->count - 1]), 0, 0, true, true},
        .y = {(double)INFINITY, 0, 0, 0, true, false},
        .words_x = side_words,
        .words_y = tri_words_time,
        .series = series,
        .count = sizes->line_count,
        .beyond_x = (double)NAN};

    for (int i = 0; i < sizes->line_count && sides != NULL; i++) {
        fill(sizes, i, &sides[i]);
        series[i] =
            (struct tri_plot_series){TRI_LOOK_BOTH, tri_page_colour(page, sizes->lines[i].info),
                                     sides[i].x,    sides[i].y,
                                     sides[i].low,  sides[i].high,
                                     sizes->count,  sizes->lines[i].info->name};
        for (int k = 0; k < sizes->count; k++) {
            plot.y.low = fmin(plot.y.low, sides[i].y[k]);
            plot.y.high = fmax(plot.y.high, sides[i].y[k]);
        }
    }
    tri_scale_round(&plot.y);
    if (sides != NULL)
        tri_chart_plot(file, &plot);
    free(sides);
}

static void put_table(const struct tri_page *page, FILE *file)
{
    const struct tri_sizes_case *sizes = page->sizes;
    const char *heads[TRI_SIZE_LINES + 1] = {"size"};

    for (int i = 0; i < sizes->line_count; i++)
        heads[i + 1] = sizes->lines[i].info->name;
    tri_table_begin(file, "Sizes as a table", heads, sizes->line_count + 1);
    for (int i = 0; i < sizes->count; i++) {
        tri_row_begin(file);
        tri_cell_name(file, -1, "%d \xC3\x97 %d", sizes->shapes[i].width, sizes->shapes[i].height);
        for (int k = 0; k < sizes->line_count; k++) {
            const int64_t median = sizes->lines[k].points[i].median;
            tri_cell_number(file, "median-ns", median > 0 ? (double)median : (double)NAN,
                            tri_words_time((double)median));
        }
        tri_row_end(file);
    }
    tri_table_end(file);
}

void tri_section_sizes(struct tri_writer *writer)
{
    const struct tri_sizes_case *sizes = writer->page->sizes;
    const char *names[TRI_COLOURS] = {NULL};
    char title[TRI_TITLE];

    if (sizes == NULL || sizes->count < 2)
        return;
    tri_sizes_result(sizes, title, sizeof title);
    tri_figure_begin(writer->file, "sizes", title,
                     "Medians on generated pictures, with 95 % intervals. Both scales are "
                     "logarithmic: a line that rises by the same slope as another costs as much "
                     "more for each pixel.");
    for (int i = 0; i < sizes->line_count; i++)
        names[tri_page_colour(writer->page, sizes->lines[i].info)] = sizes->lines[i].info->name;
    tri_svg_legend(writer->file, names);
    put_chart(writer->page, writer->file, title);
    put_crossings(writer->file, sizes);
    put_table(writer->page, writer->file);
    tri_figure_end(writer->file);
}
