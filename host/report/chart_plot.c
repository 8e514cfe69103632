/* chart_plot.c -- lines and dots over two axes, linear or logarithmic. */
#include "report/svg.h"

#include <math.h>
#include <string.h>

enum { RIGHT = 392, TOP = 24, BOTTOM = 238, HEIGHT = 284, TICK = 12, GAP_X = 56, GAP_Y = 34 };

/* All lines of the grid are one path. */
static void put_grid(FILE *file, const struct tri_plot *plot)
{
    double ticks[32];
    int count = tri_scale_ticks(&plot->x, GAP_X, ticks);

    fputs("<path class=grid d=\"", file);
    for (int i = 0; i < count; i++)
        fprintf(file, "M%.1f %dV%d", tri_scale_place(&plot->x, ticks[i]), TOP, BOTTOM + 4);
    count = tri_scale_ticks(&plot->y, GAP_Y, ticks);
    for (int i = 0; i < count; i++)
        fprintf(file, "M%.1f %.1fH%d", plot->x.from, tri_scale_place(&plot->y, ticks[i]), RIGHT);
    fputs("\"/>\n", file);
}

static void put_axis_x(FILE *file, const struct tri_plot *plot)
{
    double ticks[32];
    const int count = tri_scale_ticks(&plot->x, GAP_X, ticks);

    for (int i = 0; i < count; i++)
        tri_svg_tick(file, tri_scale_place(&plot->x, ticks[i]), BOTTOM + 18,
                     tri_words_tick(plot->words_x(ticks[i])));
    tri_svg_text(file, RIGHT, BOTTOM + 38, "axis end", plot->axis_x);
}

static void put_axis_y(FILE *file, const struct tri_plot *plot)
{
    double ticks[32];
    const int count = tri_scale_ticks(&plot->y, GAP_Y, ticks);

    for (int i = 0; i < count; i++)
        tri_svg_text(file, plot->x.from - 6, tri_scale_place(&plot->y, ticks[i]) + 4, "tick end",
                     tri_words_tick(plot->words_y(ticks[i])).text);
    tri_svg_text(file, 0, 10, "axis", plot->axis_y);
}

/* Labels of the vertical axis need this much room. */
static double left_of(const struct tri_plot *plot)
{
    double ticks[32], left = 20;
    const int count = tri_scale_ticks(&plot->y, GAP_Y, ticks);

    for (int i = 0; i < count; i++)
        left = fmax(left, tri_svg_measure(tri_words_tick(plot->words_y(ticks[i])).text, TICK) + 8);
    return left;
}

static void put_line(FILE *file, const struct tri_plot *plot, const struct tri_plot_series *series)
{
    static const char *const looks[] = {"line", "line dashed", "line dotted", "", "line"};
    char pen = 'M';

    if (series->look == TRI_LOOK_DOTS)
        return;
    fprintf(file, "<path class=\"%s k%d\" d=\"", looks[series->look], series->colour);
    for (int i = 0; i < series->count; i++) {
        if (!isfinite(series->y[i]) || (plot->y.log && series->y[i] <= 0))
            continue;
        fprintf(file, "%c%.1f %.1f", pen, tri_scale_place(&plot->x, series->x[i]),
                tri_scale_place(&plot->y, series->y[i]));
        pen = 'L';
    }
    fputs("\"/>\n", file);
}

static void put_dot(FILE *file, const struct tri_plot *plot, const struct tri_plot_series *series,
                    int i)
{
    const double x = tri_scale_place(&plot->x, series->x[i]),
                 y = tri_scale_place(&plot->y, series->y[i]);
    const struct tri_words at = plot->words_x(series->x[i]), value = plot->words_y(series->y[i]);

    tri_svg_mark(file, "", series->colour, "%s: %s at %s", series->name, value.text, at.text);
    if (series->low != NULL && isfinite(series->low[i]) && series->low[i] > 0)
        fprintf(file, "<path class=whisker d=\"M%.1f %.1fV%.1f\"/>", x,
                tri_scale_place(&plot->y, series->low[i]),
                tri_scale_place(&plot->y, series->high[i]));
    fprintf(file, "<circle class=spot cx=%.1f cy=%.1f r=%d />", x, y,
            series->look == TRI_LOOK_BOTH ? 4 : 6);
    tri_svg_mark_end(file);
}

static void put_series(FILE *file, const struct tri_plot *plot,
                       const struct tri_plot_series *series)
{
    put_line(file, plot, series);
    if (series->look == TRI_LOOK_DOTS || series->look == TRI_LOOK_BOTH)
        for (int i = 0; i < series->count; i++)
            if (isfinite(series->y[i]))
                put_dot(file, plot, series, i);
}

static void put_scales(FILE *file, struct tri_plot plot, bool log_both)
{
    plot.x.log |= log_both;
    plot.y.log |= log_both;
    plot.y.from = BOTTOM;
    plot.y.to = TOP;
    plot.x.from = left_of(&plot);
    plot.x.to = RIGHT;
    if (isfinite(plot.beyond_x) && plot.beyond_x < plot.x.high) {
        const double x = tri_scale_place(&plot.x, plot.beyond_x);
        fprintf(file, "<rect class=beyond x=%.1f y=%d width=%.1f height=%d />\n", x, TOP, RIGHT - x,
                BOTTOM - TOP);
    }
    put_grid(file, &plot);
    put_axis_x(file, &plot);
    put_axis_y(file, &plot);
    for (int i = 0; i < plot.count; i++)
        put_series(file, &plot, &plot.series[i]);
}

void tri_chart_plot(FILE *file, const struct tri_plot *plot)
{
    tri_svg_begin(file, HEIGHT, plot->label);
    fprintf(file, plot->both ? "<g class=lin>\n" : "<g>\n");
    put_scales(file, *plot, false);
    fputs("</g>\n", file);
    if (plot->both) {
        struct tri_plot log = *plot;
        log.x.low = fmax(log.x.low, 1);
        log.y.low = log.y.low > 0 ? log.y.low : 0.5;
        fputs("<g class=log>\n", file);
        put_scales(file, log, true);
        fputs("</g>\n", file);
    }
    tri_svg_end(file);
}
