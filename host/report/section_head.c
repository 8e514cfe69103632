/* section_head.c -- the top of a report: its main result, what was compared, the pictures. */
#include "report/page_parts.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* "threads:2 are 1.59x as fast as sequential code": for one case, over the fastest sequential row.
 */
static void result_of(const struct tri_bench_case *figures, char *text, size_t size)
{
    const struct tri_bench_row *best = tri_page_fastest(figures, tri_page_any),
                               *base = tri_page_fastest(figures, tri_page_sequential);

    if (best == NULL) {
        snprintf(text, size, "%s: no backend has figures", figures->pipeline);
        return;
    }
    if (base == NULL) {
        snprintf(text, size, "%s: %s takes %s", figures->pipeline, best->info->name,
                 tri_words_time((double)best->total.median).text);
        return;
    }
    const struct tri_range range = tri_page_speedup(base, best);
    if (best == base || !(range.low > 1))
        snprintf(text, size, "%s: nothing is measurably faster than sequential %s",
                 figures->pipeline, base->info->isa);
    else
        snprintf(text, size, "%s: %s is %s as fast as sequential %s", figures->pipeline,
                 best->info->name,
                 tri_words_times((double)base->total.median / (double)best->total.median).text,
                 base->info->isa);
}

void tri_page_result(const struct tri_page *page, char *text, size_t size)
{
    int gain = 0;

    if (page->report->count == 1) {
        result_of(&page->report->cases[0], text, size);
        return;
    }
    if (page->sizes != NULL) { /* one pipeline */
        char crossing[TRI_TITLE];
        tri_sizes_result(page->sizes, crossing, sizeof crossing);
        snprintf(text, size, "%.300s: %.400s", page->report->cases[0].pipeline, crossing);
        return;
    }
    for (int i = 0; i < page->report->count; i++) {
        const struct tri_bench_case *figures = &page->report->cases[i];
        const struct tri_bench_row *best = tri_page_fastest(figures, tri_page_any),
                                   *base = tri_page_fastest(figures, tri_page_sequential);
        gain +=
            best != NULL && base != NULL && best != base && tri_page_speedup(base, best).low > 1;
    }
    snprintf(text, size, "%d of %d measurements gain from threads or devices", gain,
             page->report->count);
}

/* ---- what was compared ---- */

static int rows_shown(const struct tri_bench_case *figures, int *fewest, int *most)
{
    int count = 0;

    *fewest = TRI_ROUNDS_MAX;
    *most = 0;
    for (int i = 0; i < figures->row_count; i++) {
        const struct tri_bench_row *row = &figures->rows[i];
        if (!tri_page_shown(row))
            continue;
        count++;
        *fewest = row->total.count < *fewest ? row->total.count : *fewest;
        *most = row->total.count > *most ? row->total.count : *most;
    }
    return count;
}

static void say_compared(struct tri_writer *writer, const struct tri_bench_case *figures)
{
    int fewest, most, count = rows_shown(figures, &fewest, &most);
    const int named = (int)strcspn(figures->input, ",");

    tri_html_say(writer->file, "p class=lead",
                 "%s on %.*s (%s): %d way%s to compute it on one machine, taking turns, %d to %d "
                 "runs each; every output has the same bytes as %s %s.",
                 figures->pipeline, named, figures->input, tri_page_shape(&figures->in).text, count,
                 count == 1 ? "" : "s", fewest, most, figures->rows[0].info->name,
                 figures->rows[0].info->isa);
}

static void say_suite(struct tri_writer *writer)
{
    const struct tri_report *report = writer->page->report;

    tri_html_say(writer->file, "p class=lead",
                 "%d measurements on one machine: each pipeline on each backend, taking turns; "
                 "every output has the same bytes as %s %s, or no figures.",
                 report->count, report->cases[0].rows[0].info->name,
                 report->cases[0].rows[0].info->isa);
}

/* ---- pictures ---- */

static void put_picture(FILE *file, const struct tri_thumbnail *picture, const char *what,
                        const char *alt)
{
    if (picture->base64 == NULL)
        return;
    fprintf(file,
            "<figure class=picture><img width=%d height=%d src=\"data:image/png;base64,%s\" alt=\"",
            picture->width, picture->height, picture->base64);
    tri_html_text(file, alt);
    fputs("\">", file);
    tri_html_say(file, "figcaption", "%s", what);
    fputs("</figure>\n", file);
}

static void put_pictures(struct tri_writer *writer, int index)
{
    const struct tri_page_case *shown = &writer->page->cases[index];
    const struct tri_bench_case *figures = &writer->page->report->cases[index];
    char before[300], after[300];

    if (writer->detail >= TRI_DETAIL_NO_PICTURES ||
        (shown->before.base64 == NULL && shown->after.base64 == NULL))
        return;
    snprintf(before, sizeof before, "before: %s", tri_page_shape(&figures->in).text);
    snprintf(after, sizeof after, "after: %s", tri_page_shape(&figures->out).text);
    fputs("<div class=pictures>\n", writer->file);
    put_picture(writer->file, &shown->before, before, "the input, scaled down");
    put_picture(writer->file, &shown->after, after, "the output, scaled down");
    fputs("</div>\n", writer->file);
}

/* ---- figures that count ---- */

static void put_numbers(FILE *file, const struct tri_bench_case *figures)
{
    const struct tri_bench_row *best = tri_page_fastest(figures, tri_page_any),
                               *base = tri_page_fastest(figures, tri_page_sequential);
    char what[200];

    if (best == NULL)
        return;
    fputs("<dl class=numbers>\n", file);
    snprintf(what, sizeof what, "a run of %s, the fastest", tri_page_name(best->info).text);
    tri_html_number(file, tri_words_time((double)best->total.median).text, what);
    if (base != NULL && base != best) {
        snprintf(what, sizeof what, "over sequential %s", base->info->isa);
        tri_html_number(file, tri_words_times(best->speedup_best).text, what);
    }
    if (isfinite(best->speedup) && best->speedup > 1)
        tri_html_number(file, tri_words_times(best->speedup).text, "over sequential scalar");
    snprintf(what, sizeof what, "%s Mpix/s", tri_words_digits(best->mpix_per_s).text);
    tri_html_number(file, what, "pixels of the input");
    fputs("</dl>\n", file);
}

static void put_date(const struct tri_page *page, FILE *file)
{
    const struct tri_environment *environment = page->report->environment;
    const time_t now = (time_t)page->seconds;
    char date[40] = "";
    struct tm parts;

    if (page->seconds > 0 && gmtime_r(&now, &parts) != NULL)
        strftime(date, sizeof date, ", %Y-%m-%d %H:%M UTC", &parts);
    tri_html_say(file, "p class=over", "triptych bench: %s, %d core%s%s", environment->cpu,
                 environment->cores, environment->cores == 1 ? "" : "s", date);
}

void tri_section_head(struct tri_writer *writer)
{
    char result[TRI_TITLE];

    tri_page_result(writer->page, result, sizeof result);
    fputs("<header>\n", writer->file);
    put_date(writer->page, writer->file);
    tri_html_say(writer->file, "h1", "%s", result);
    if (writer->page->report->count == 1) {
        say_compared(writer, &writer->page->report->cases[0]);
        fputs("<div class=opening>\n", writer->file);
        put_pictures(writer, 0);
        put_numbers(writer->file, &writer->page->report->cases[0]);
        fputs("</div>\n", writer->file);
    } else {
        say_suite(writer);
    }
    fputs("</header>\n", writer->file);
}

void tri_section_case(struct tri_writer *writer, int index)
{
    const struct tri_bench_case *figures = &writer->page->report->cases[index];
    char result[TRI_TITLE];

    fprintf(writer->file, "<section id=%s class=case>\n", tri_page_id("case", index).text);
    if (writer->page->report->count > 1) {
        result_of(figures, result, sizeof result);
        tri_html_say(writer->file, "h2", "%s", result);
        say_compared(writer, figures);
        put_pictures(writer, index);
    }
    fputs("<div class=charts>\n", writer->file);
    tri_section_speedups(writer, index);
    if (writer->detail < TRI_DETAIL_SPEEDUPS)
        tri_section_scaling(writer, index);
    if (writer->page->report->count == 1) {
        tri_section_sizes(writer);
        tri_section_roofline(writer);
        tri_section_end_to_end(writer);
    }
    fputs("</div>\n", writer->file);
    if (writer->detail < TRI_DETAIL_SPEEDUPS)
        tri_section_why(writer, index);
    fputs("</section>\n", writer->file);
}
