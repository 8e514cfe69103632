/* section_samples.c -- every sample: as dots in the order of measurement, and as numbers. */
#include "report/page_parts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { ROW = 66, BASELINE = 14, STRIP = 22, FEW = 150 /* dots */ };

static int count_rows(const struct tri_bench_case *figures)
{
    int count = 0;

    for (int i = 0; i < figures->row_count; i++)
        count += tri_page_shown(&figures->rows[i]);
    return count;
}

static void bounds(const struct tri_bench_row *row, double *low, double *high)
{
    *low = *high = (double)row->samples[0];
    for (int i = 1; i < row->total.count; i++) {
        *low = fmin(*low, (double)row->samples[i]);
        *high = fmax(*high, (double)row->samples[i]);
    }
}

static void put_row(const struct tri_writer *writer, const struct tri_bench_row *row, int at)
{
    const int every =
        writer->detail >= TRI_DETAIL_FEW_DOTS ? (row->total.count + FEW - 1) / FEW : 1;
    struct tri_words name = tri_page_name(row->info), range;
    const double y = (double)at * ROW;
    double low, high;

    bounds(row, &low, &high);
    range = tri_words_range(low, high, tri_words_time);
    tri_svg_fit(name.text, 392 - tri_svg_measure(range.text, 13) - 14, 13);
    tri_svg_text(writer->file, 4, y + BASELINE, "name", name.text);
    tri_svg_text(writer->file, 396, y + BASELINE, "value end", range.text);
    tri_svg_line(writer->file, 4, y + STRIP + 34, 396, y + STRIP + 34, "grid");
    tri_chart_samples(writer->file, y + STRIP, row->samples, row->total.count, every, low, high,
                      tri_page_colour(writer->page, row->info));
}

/* The longest over the median says how steady a row is. */
static void title_of(const struct tri_bench_case *figures, char *text, size_t size)
{
    const struct tri_bench_row *worst = NULL;
    double most = 0;

    for (int i = 0; i < figures->row_count; i++) {
        const struct tri_bench_row *row = &figures->rows[i];
        double low, high;
        if (!tri_page_shown(row))
            continue;
        bounds(row, &low, &high);
        if (worst == NULL || high / (double)row->total.median > most) {
            most = high / (double)row->total.median;
            worst = row;
        }
    }
    snprintf(text, size, "The slowest run of %s takes %s its median",
             worst != NULL ? tri_page_name(worst->info).text : "", tri_words_times(most).text);
}

static void put_numbers(FILE *file, const struct tri_bench_row *row)
{
    char summary[120];

    snprintf(summary, sizeof summary, "%s: %d samples in ns", tri_page_name(row->info).text,
             row->total.count);
    fputs("<details><summary>", file);
    tri_html_text(file, summary);
    fputs("</summary><p class=samples data-row=\"", file);
    tri_html_text(file, tri_page_name(row->info).text);
    fputs("\">", file);
    for (int i = 0; i < row->total.count; i++)
        fprintf(file, i == 0 ? "%" PRId64 : " %" PRId64, row->samples[i]);
    fputs("</p></details>\n", file);
}

static void put_all_numbers(const struct tri_writer *writer, const struct tri_bench_case *figures)
{
    if (writer->detail > TRI_DETAIL_ALL) {
        tri_html_say(writer->file, "p class=note",
                     "The numbers would make this page too large; they are in the file of results "
                     "below.");
        return;
    }
    for (int i = 0; i < figures->row_count; i++)
        if (tri_page_shown(&figures->rows[i]))
            put_numbers(writer->file, &figures->rows[i]);
}

void tri_section_samples(struct tri_writer *writer, int index)
{
    const struct tri_bench_case *figures = &writer->page->report->cases[index];
    const int rows = count_rows(figures);
    char title[TRI_TITLE];
    int at = 0;

    if (rows == 0)
        return;
    title_of(figures, title, sizeof title);
    if (writer->page->report->count > 1) {
        fputs("<details class=more><summary>", writer->file);
        tri_html_text(writer->file, figures->pipeline);
        fprintf(writer->file, ", %d \xC3\x97 %d</summary>\n", figures->in.width,
                figures->in.height);
    }
    tri_figure_begin(
        writer->file, tri_page_id("runs", index).text, title,
        writer->detail >= TRI_DETAIL_FEW_DOTS
            ? "Runs from left to right in the order of measurement, at most 150 of "
              "each row, each row from its shortest time to its longest, on a logarithmic scale."
            : "Every run, from left to right in the order of measurement, each row "
              "from its shortest time to its longest, on a logarithmic scale.");
    tri_svg_begin(writer->file, rows * ROW, title);
    for (int i = 0; i < figures->row_count; i++)
        if (tri_page_shown(&figures->rows[i]))
            put_row(writer, &figures->rows[i], at++);
    tri_svg_end(writer->file);
    fputs("<div class=lists>\n", writer->file);
    put_all_numbers(writer, figures);
    fputs("</div>\n", writer->file);
    tri_figure_end(writer->file);
    if (writer->page->report->count > 1)
        fputs("</details>\n", writer->file);
}
