/* section_speedups.c -- bars of the speed-ups: of the backends of a case, and of the cases. */
#include "report/page_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char reading[] =
    "Bars are ratios of median times; thin lines are their 95 % intervals, from 2000 resamples of "
    "both rows.";

/* What speed-ups are over: sequential scalar if that is the reference, else the first row. */
static const struct tri_bench_row *base_of(const struct tri_bench_case *figures)
{
    const struct tri_bench_row *first = &figures->rows[0];

    return first->total.count > 0 && tri_is_sequential(first->info)
               ? first
               : tri_page_fastest(figures, tri_page_any);
}

static struct tri_bar bar_of(const struct tri_writer *writer, const struct tri_bench_row *base,
                             const struct tri_bench_row *row)
{
    struct tri_bar bar = {.colour = tri_page_colour(writer->page, row->info),
                          .value = (double)NAN,
                          .low = (double)NAN,
                          .high = (double)NAN};
    const struct tri_words name = tri_page_name(row->info);

    snprintf(bar.name, sizeof bar.name, "%s", name.text);
    if (!tri_page_shown(row)) {
        snprintf(bar.words, sizeof bar.words, "%s", row->failure[0] ? "failed" : "other bytes");
        return bar;
    }
    const struct tri_range range = tri_page_speedup(base, row);
    bar.value = (double)base->total.median / (double)row->total.median;
    bar.low = range.low;
    bar.high = range.high;
    snprintf(bar.words, sizeof bar.words, "%.40s", tri_words_times(bar.value).text);
    snprintf(bar.title, sizeof bar.title, "%s: %s, %.40s", name.text,
             tri_page_times(bar.value, range).text, tri_words_time((double)row->total.median).text);
    return bar;
}

/* ---- the result, as a title ---- */

static void title_of(const struct tri_bench_case *figures, char *text, size_t size)
{
    const struct tri_bench_row *one = tri_page_fastest(figures, tri_page_sequential),
                               *many = tri_page_fastest(figures, tri_page_threads),
                               *device = tri_page_fastest(figures, tri_page_device);
    const struct tri_bench_row *best = many != NULL ? many : device;

    if (one == NULL || best == NULL) {
        snprintf(text, size, "Speed-ups of %s", figures->pipeline);
        return;
    }
    const struct tri_range range = tri_page_speedup(one, best);
    const double ratio = (double)one->total.median / (double)best->total.median;
    if (range.low <= 1 && range.high >= 1)
        snprintf(text, size, "No difference between %s and sequential %s can be told",
                 best->info->name, one->info->isa);
    else if (ratio < 1)
        snprintf(text, size, "%s is slower than sequential %s: %s of its speed", best->info->name,
                 one->info->isa, tri_words_share(ratio).text);
    else
        snprintf(text, size, "%s is %s as fast as sequential %s", best->info->name,
                 tri_words_times(ratio).text, one->info->isa);
    const size_t length = strlen(text);
    if (best == many && device != NULL)
        snprintf(text + length, size - length, ", %s %s", device->info->name,
                 tri_words_times((double)one->total.median / (double)device->total.median).text);
}

/* ---- the table behind it ---- */

static void put_row(const struct tri_writer *writer, const struct tri_bench_row *row)
{
    FILE *file = writer->file;

    tri_row_begin(file);
    tri_cell_name(file, tri_page_colour(writer->page, row->info), "%s",
                  tri_page_name(row->info).text);
    fprintf(file, "<td data-workers=%d>%d</td>", row->info->workers, row->info->workers);
    if (!tri_page_shown(row)) {
        fputs("<td class=t colspan=8>", file);
        tri_html_text(file, row->failure[0] ? row->failure
                                            : "other bytes than the reference: no figures");
        fputs("</td>", file);
        tri_row_end(file);
        return;
    }
    const double total = (double)row->total.median;
    tri_cell_number(file, "median-ns", total, tri_words_time(total));
    if (row->total.low >= 0)
        tri_cell_text(
            file, "%s",
            tri_words_range((double)row->total.low, (double)row->total.high, tri_words_time).text);
    else
        tri_cell_text(file, "\xE2\x80\x93");
    tri_cell_number(file, "mpix-per-s", row->mpix_per_s, tri_words_digits(row->mpix_per_s));
    tri_cell_number(file, "speedup", row->speedup, tri_words_times(row->speedup));
    tri_cell_number(file, "speedup-best", row->speedup_best, tri_words_times(row->speedup_best));
    tri_cell_number(file, "efficiency", row->efficiency, tri_words_share(row->efficiency));
    tri_cell_number(file, "karp-flatt", row->karp_flatt, tri_words_share(row->karp_flatt));
    tri_cell_number(file, "copy-share", row->copy_share, tri_words_share(row->copy_share));
    tri_row_end(file);
}

static void put_table(const struct tri_writer *writer, const struct tri_bench_case *figures)
{
    static const char *const heads[] = {"backend",
                                        "workers",
                                        "median",
                                        "95 % within",
                                        "Mpix/s",
                                        "over scalar",
                                        "over best sequential",
                                        "efficiency",
                                        "Karp-Flatt",
                                        "share of copy"};

    tri_table_begin(writer->file, "All rows as a table", heads, 10);
    for (int i = 0; i < figures->row_count; i++)
        if (figures->rows[i].listed)
            put_row(writer, &figures->rows[i]);
    tri_table_end(writer->file);
}

void tri_section_speedups(struct tri_writer *writer, int index)
{
    const struct tri_bench_case *figures = &writer->page->report->cases[index];
    const struct tri_bench_row *base = base_of(figures);
    struct tri_bar *list = calloc((size_t)figures->row_count + 1, sizeof *list);
    char title[TRI_TITLE], axis[100];
    int count = 0;

    for (int i = 0; i < figures->row_count && list != NULL && base != NULL; i++)
        if (figures->rows[i].listed)
            list[count++] = bar_of(writer, base, &figures->rows[i]);
    title_of(figures, title, sizeof title);
    tri_figure_begin(writer->file, tri_page_id("speedups", index).text, title, reading);
    tri_page_legend(writer, figures);
    if (count > 0) {
        snprintf(axis, sizeof axis, "times as fast as %.60s", tri_page_name(base->info).text);
        tri_chart_bars(writer->file, &(struct tri_bars){title, axis, list, count, tri_words_times,
                                                        1, writer->page->report->count == 1});
    }
    put_table(writer, figures);
    tri_figure_end(writer->file);
    free(list);
}

/* ---- several cases ---- */

/* A bar for each case: the fastest row over the fastest sequential one. */
static struct tri_bar case_bar(const struct tri_page *page, const struct tri_bench_case *figures)
{
    const struct tri_bench_row *base = tri_page_fastest(figures, tri_page_sequential),
                               *best = tri_page_fastest(figures, tri_page_any);
    struct tri_bar bar = {.value = (double)NAN, .low = (double)NAN, .high = (double)NAN};

    if (page->report->count > 1 && tri_shape_equal(&figures->in, &page->report->cases[0].in) &&
        tri_shape_equal(&figures->in, &page->report->cases[page->report->count - 1].in))
        snprintf(bar.name, sizeof bar.name, "%.60s", figures->pipeline);
    else
        snprintf(bar.name, sizeof bar.name, "%dx%d %.50s", figures->in.width, figures->in.height,
                 figures->pipeline);
    snprintf(bar.words, sizeof bar.words, "no figures");
    if (best == NULL || base == NULL)
        return bar;
    const struct tri_range range = tri_page_speedup(base, best);
    bar.colour = tri_page_colour(page, best->info);
    bar.value = (double)base->total.median / (double)best->total.median;
    bar.low = range.low;
    bar.high = range.high;
    snprintf(bar.words, sizeof bar.words, "%.20s, %.20s",
             tri_words_time((double)best->total.median).text, tri_words_times(bar.value).text);
    snprintf(bar.title, sizeof bar.title, "%s: %s, %s", bar.name, tri_page_name(best->info).text,
             tri_page_times(bar.value, range).text);
    return bar;
}

static void put_summary_table(const struct tri_writer *writer)
{
    static const char *const heads[] = {"pipeline", "image", "fastest", "median",
                                        "over best sequential"};
    const struct tri_report *report = writer->page->report;

    tri_table_begin(writer->file, "Fastest backends as a table", heads, 5);
    for (int i = 0; i < report->count; i++) {
        const struct tri_bench_row *best = tri_page_fastest(&report->cases[i], tri_page_any);
        const double median = best != NULL ? (double)best->total.median : (double)NAN;
        tri_row_begin(writer->file);
        tri_cell_name(writer->file, -1, "%s", report->cases[i].pipeline);
        tri_cell_text(writer->file, "%dx%d", report->cases[i].in.width, report->cases[i].in.height);
        tri_cell_text(writer->file, "%s", best != NULL ? tri_page_name(best->info).text : "none");
        tri_cell_number(writer->file, "median-ns", median, tri_words_time(median));
        tri_cell_number(writer->file, "speedup-best",
                        best != NULL ? best->speedup_best : (double)NAN,
                        tri_words_times(best != NULL ? best->speedup_best : 0));
        tri_row_end(writer->file);
    }
    tri_table_end(writer->file);
}

void tri_section_summary(struct tri_writer *writer)
{
    const struct tri_report *report = writer->page->report;
    struct tri_bar *list = calloc((size_t)report->count, sizeof *list);

    fputs("<section id=summary><h2>All measurements</h2><div class=charts>\n", writer->file);
    tri_figure_begin(writer->file, "gains", "What the fastest backend gains over sequential code",
                     "Over the fastest sequential instruction set; the colour is that of the "
                     "fastest backend. Thin lines are 95 % intervals.");
    tri_page_legend(writer, &report->cases[0]);
    for (int i = 0; i < report->count && list != NULL; i++)
        list[i] = case_bar(writer->page, &report->cases[i]);
    if (list != NULL)
        tri_chart_bars(writer->file,
                       &(struct tri_bars){"gain of the fastest backend, by measurement",
                                          "times as fast as the best sequential code", list,
                                          report->count, tri_words_times, 1, true});
    put_summary_table(writer);
    tri_figure_end(writer->file);
    tri_section_sizes(writer);
    tri_section_roofline(writer);
    tri_section_end_to_end(writer);
    fputs("</div></section>\n", writer->file);
    free(list);
}
