/* section_scaling.c -- the speed-up over workers, and the laws fitted to it. */
#include "report/page_parts.h"

#include <math.h>
#include <string.h>

enum { LAW_POINTS = 25, CURVES = 6 };

/* One family of rows: measured points and laws. */
struct family {
    struct tri_curve curve;
    struct tri_scaling fit;
    struct tri_scaling_range range;
    double workers[TRI_CURVE_MAX], speedup[TRI_CURVE_MAX], low[TRI_CURVE_MAX], high[TRI_CURVE_MAX];
    double law_x[LAW_POINTS], amdahl[LAW_POINTS], universal[LAW_POINTS];
    double ends[2], gustafson[2];
    struct tri_words name;
    int colour;
};

static void measure_points(struct family *family)
{
    const struct tri_bench_row *one = family->curve.one;

    for (int i = 0; i < family->curve.count; i++) {
        const struct tri_bench_row *row = family->curve.rows[i];
        const struct tri_range range = tri_page_speedup(one, row);
        family->workers[i] = row->info->workers;
        family->speedup[i] = (double)one->total.median / (double)row->total.median;
        family->low[i] = range.low;
        family->high[i] = range.high;
    }
}

static void draw_laws(struct family *family, double most)
{
    const struct tri_scaling *fit = &family->fit;

    family->ends[0] = family->gustafson[0] = 1;
    family->ends[1] = most;
    family->gustafson[1] = tri_gustafson(fit->serial, most);
    for (int i = 0; i < LAW_POINTS; i++) {
        const double n = 1 + (most - 1) * i / (LAW_POINTS - 1);
        family->law_x[i] = n;
        family->amdahl[i] = tri_amdahl(fit->serial, n);
        family->universal[i] = n / (1 + fit->contention * (n - 1) + fit->coherence * n * (n - 1));
    }
}

static int find_families(const struct tri_page *page, const struct tri_bench_case *figures,
                         struct family families[CURVES], int *most)
{
    int count = 0;

    *most = 1;
    for (int i = 0; i < figures->row_count && count < CURVES; i++) {
        struct family *family = &families[count];
        if (tri_bench_curve(figures, i, &family->curve) < 2)
            continue;
        const struct tri_backend_info *info = figures->rows[i].info;
        family->fit = tri_bench_scaling(figures, i);
        family->range = tri_scaling_range(&family->curve);
        family->colour = tri_page_colour(page, info);
        snprintf(family->name.text, sizeof family->name.text, "%.*s %.16s",
                 (int)(info->opencl ? strcspn(info->name, "/") : strcspn(info->name, ":")),
                 info->name, info->isa);
        measure_points(family);
        *most = family->fit.most_workers > *most ? family->fit.most_workers : *most;
        count++;
    }
    return count;
}

/* ---- words ---- */

/* "12 % (9 to 15 %)", or that it cannot be told. */
static struct tri_words share_words(double value, struct tri_range range)
{
    struct tri_words words;

    if (!isfinite(value))
        return (struct tri_words){"cannot be told"};
    if (!isfinite(range.low)) {
        snprintf(words.text, sizeof words.text, "%.20s, interval unknown",
                 tri_words_share(value).text);
        return words;
    }
    if (range.high - range.low > 0.5)
        snprintf(words.text, sizeof words.text, "cannot be told: %.36s",
                 tri_words_range(range.low, range.high, tri_words_share).text);
    else if (range.low <= 0 && range.high > 0.0005)
        snprintf(words.text, sizeof words.text, "at most %.16s, not told from 0",
                 tri_words_share(range.high).text);
    else
        snprintf(words.text, sizeof words.text, "%.16s (%.36s)", tri_words_share(value).text,
                 tri_words_range(range.low, range.high, tri_words_share).text);
    return words;
}

/* What the fit adds to the title. */
static void add_serial(const struct family *family, char *text, size_t size)
{
    const struct tri_range serial = family->range.serial;

    if (serial.low <= 0.0005)
        snprintf(text, size, "; a serial part cannot be told from 0");
    else if (serial.high - serial.low > 0.5)
        snprintf(text, size, "; how much is serial cannot be told");
    else if (family->fit.serial < 0.9)
        snprintf(text, size, "; %s of the work is serial, which allows %s",
                 tri_words_share(family->fit.serial).text,
                 tri_words_times(1 / family->fit.serial).text);
}

static void title_of(const struct family *family, char *text, size_t size)
{
    const int most = family->fit.most_workers, last = family->curve.count - 1;
    const struct tri_words times = tri_words_times(family->speedup[last]);

    if (family->low[last] <= 1 && family->high[last] >= 1) {
        snprintf(text, size, "No gain from %d workers over one can be told", most);
        return;
    }
    if (family->speedup[last] < 1) {
        snprintf(text, size, "%d workers are slower than one: %s", most, times.text);
        return;
    }
    snprintf(text, size, "%d workers are %s as fast as one", most, times.text);
    const size_t length = strlen(text);
    add_serial(family, text + length, size - length);
}

/* ---- the chart ---- */

static int add_series(const struct family *family, struct tri_plot_series *series)
{
    const struct tri_plot_series law = {TRI_LOOK_LINE,  family->colour, family->law_x,
                                        family->amdahl, NULL,           NULL,
                                        LAW_POINTS,     "Amdahl"};
    int count = 0;

    series[count++] = law;
    series[count] = law;
    series[count].look = TRI_LOOK_DASHED;
    series[count].x = family->ends;
    series[count].count = 2; /* a straight line */
    series[count++].y = family->gustafson;
    if (isfinite(family->fit.contention)) {
        series[count] = law;
        series[count].look = TRI_LOOK_DOTTED;
        series[count++].y = family->universal;
    }
    series[count++] = (struct tri_plot_series){
        TRI_LOOK_DOTS, family->colour, family->workers,     family->speedup,
        family->low,   family->high,   family->curve.count, family->name.text};
    return count;
}

static void put_chart(FILE *file, struct family *families, int count, int most, const char *label,
                      bool both)
{
    const double beyond = most < 4 ? 2 * most : 1.5 * most, ideal[2] = {1, beyond};
    struct tri_plot_series series[4 * CURVES + 1] = {
        {TRI_LOOK_LINE, -1, ideal, ideal, NULL, NULL, 2, "ideal"}};
    int used = 1;

    for (int i = 0; i < count; i++) {
        draw_laws(&families[i], beyond);
        used += add_series(&families[i], &series[used]);
    }
    tri_chart_plot(file, &(struct tri_plot){.label = label,
                                            .axis_x = "workers",
                                            .axis_y = "times as fast as one worker",
                                            .x = {.low = 1, .high = beyond, .twos = true},
                                            .y = {.low = 0, .high = beyond, .twos = true},
                                            .words_x = tri_words_plain,
                                            .words_y = tri_words_plain,
                                            .series = series,
                                            .count = used,
                                            .both = both,
                                            .beyond_x = most});
}

static void put_table(FILE *file, const struct family *families, int count)
{
    static const char *const heads[] = {"row", "workers", "speed-up", "95 % within"};

    tri_table_begin(file, "Points as a table", heads, 4);
    for (int i = 0; i < count; i++)
        for (int k = 0; k < families[i].curve.count; k++) {
            const struct family *family = &families[i];
            tri_row_begin(file);
            tri_cell_name(file, family->colour, "%s",
                          tri_page_name(family->curve.rows[k]->info).text);
            tri_cell_number(file, "workers", family->workers[k],
                            tri_words_plain(family->workers[k]));
            tri_cell_number(file, "over-one", family->speedup[k],
                            tri_words_times(family->speedup[k]));
            tri_cell_text(
                file, "%s",
                isfinite(family->low[k])
                    ? tri_words_range(family->low[k], family->high[k], tri_words_digits).text
                    : "\xE2\x80\x93");
            tri_row_end(file);
        }
    tri_table_end(file);
}

static void put_laws(FILE *file, const struct family *family)
{
    const struct tri_scaling *fit = &family->fit;
    const double more = fit->most_workers < 8 ? 16 : 4.0 * fit->most_workers;

    fprintf(file, "<li><i class=\"dot k%d\"></i>", family->colour);
    tri_html_say(file, "b", "%s", family->name.text);
    tri_html_say(file, "span",
                 " Serial part (Amdahl): %s. %.0f workers: %s, or %s if the picture grows with "
                 "them (Gustafson).",
                 share_words(fit->serial, family->range.serial).text, more,
                 tri_words_times(tri_amdahl(fit->serial, more)).text,
                 tri_words_times(tri_gustafson(fit->serial, more)).text);
    if (fit->points < 6)
        tri_html_say(file, "span",
                     " Universal Scalability Law: cannot be told from %d points; it needs 6.",
                     fit->points);
    else
        tri_html_say(file, "span", " Universal Scalability Law: contention %s, coherence %s.",
                     share_words(fit->contention, family->range.contention).text,
                     share_words(fit->coherence, family->range.coherence).text);
    fputs("</li>\n", file);
}

void tri_section_scaling(struct tri_writer *writer, int index)
{
    const struct tri_bench_case *figures = &writer->page->report->cases[index];
    struct family families[CURVES];
    char title[TRI_TITLE];
    int most;
    const int count = find_families(writer->page, figures, families, &most);

    if (count == 0)
        return;
    title_of(&families[0], title, sizeof title);
    tri_figure_begin(writer->file, tri_page_id("scaling", index).text, title,
                     "Dots are measured, lines are fitted by least squares: Amdahl's law (full), "
                     "Gustafson's (dashed), the Universal Scalability Law (dotted). Gray is one "
                     "worker times n. Beyond the shade's edge nothing was measured.");
    put_chart(writer->file, families, count, most, title, writer->page->report->count == 1);
    fputs("<ul class=laws>\n", writer->file);
    for (int i = 0; i < count; i++)
        put_laws(writer->file, &families[i]);
    fputs("</ul>\n", writer->file);
    put_table(writer->file, families, count);
    tri_figure_end(writer->file);
}
