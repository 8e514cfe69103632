/* section_compared.c -- the top of a comparison's page: its main result, what was compared, and the
 * verdict of --fail-slower. */
#include "report/compare_parts.h"

#include <string.h>
#include <time.h>

static int count_works(const struct tri_comparison *comparison)
{
    int count = 0;

    for (int i = 0; i < comparison->row_count; i++) {
        bool first = true;
        for (int j = 0; j < i && first; j++)
            first = comparison->rows[j].number != comparison->rows[i].number;
        count += first;
    }
    return count;
}

static void say_compared(const struct tri_compare_writer *writer)
{
    const struct tri_comparison *comparison = writer->comparison;
    const int works = count_works(comparison);
    char files[700];

    if (comparison->file_count == 2)
        snprintf(files, sizeof files, "%.300s compared with %.300s, the reference",
                 comparison->files[1].path, comparison->files[0].path);
    else
        snprintf(files, sizeof files, "%d files compared with %.300s, the reference",
                 comparison->file_count - 1, comparison->files[0].path);
    tri_html_say(writer->file, "p class=lead",
                 "%s: %d row%s of %d piece%s of work (a pipeline on an image) match, with the same "
                 "bytes. A ratio is the time in the reference over the time in the other file: "
                 "above 1\xC3\x97, the other is faster.",
                 files, comparison->row_count, comparison->row_count == 1 ? "" : "s", works,
                 works == 1 ? "" : "s");
}

/* Files of other suites or versions can be compared, but their authors should know. */
static void say_versions(const struct tri_compare_writer *writer)
{
    const struct tri_comparison *comparison = writer->comparison;
    bool suites = false, versions = false;

    for (int i = 0; i < comparison->property_count; i++) {
        suites |= strcmp(comparison->properties[i].name, "suite") == 0;
        versions |= strcmp(comparison->properties[i].name, "triptych") == 0;
    }
    if (suites || versions)
        tri_html_say(writer->file, "p class=read",
                     "The files are of different %s; rows match by what was measured.",
                     suites && versions ? "suites and versions of triptych"
                     : suites           ? "suites"
                                        : "versions of triptych");
}

static int count_left(const struct tri_comparison *comparison)
{
    int count = 0;

    for (int i = 0; i < comparison->left_count; i++)
        count += !comparison->left[i].unusable;
    return count;
}

static void put_numbers(const struct tri_compare_writer *writer)
{
    const struct tri_comparison *comparison = writer->comparison;
    const bool pair = comparison->file_count == 2;
    char number[20];

    fputs("<div class=opening><dl class=numbers>\n", writer->file);
    snprintf(number, sizeof number, "%d", comparison->row_count);
    tri_html_number(writer->file, number,
                    pair ? "rows are in both files" : "rows are in two or more");
    snprintf(number, sizeof number, "%d", comparison->certain_count);
    tri_html_number(writer->file, number,
                    pair ? "of them differ for certain" : "of them differ for certain in a file");
    snprintf(number, sizeof number, "%d", comparison->row_count - comparison->certain_count);
    tri_html_number(writer->file, number, "cannot be told: intervals include 1");
    snprintf(number, sizeof number, "%d", count_left(comparison));
    tri_html_number(writer->file, number, "rows have no counterpart");
    fputs("</dl></div>\n", writer->file);
}

static void put_date(const struct tri_compare_writer *writer)
{
    const time_t now = (time_t)writer->page->seconds;
    char date[40] = "";
    struct tm parts;

    if (writer->page->seconds > 0 && gmtime_r(&now, &parts) != NULL)
        strftime(date, sizeof date, ", %Y-%m-%d %H:%M UTC", &parts);
    tri_html_say(writer->file, "p class=over", "triptych compare: %d files%s",
                 writer->comparison->file_count, date);
}

/* ---- --fail-slower ---- */

static bool slower(const struct tri_compare_writer *writer, const struct tri_comparison_row *row,
                   int file)
{
    return row->base == 0 && file > 0 &&
           tri_compared_slower(&row->files[file], writer->page->slower);
}

static int count_slower(const struct tri_compare_writer *writer)
{
    const struct tri_comparison *comparison = writer->comparison;
    int count = 0;

    for (int i = 0; i < comparison->row_count; i++)
        for (int j = 1; j < comparison->file_count; j++)
            count += slower(writer, &comparison->rows[i], j);
    return count;
}

static void say_verdict(const struct tri_compare_writer *writer)
{
    const int count = writer->page->slower >= 0 ? count_slower(writer) : 0;
    char share[80];

    if (writer->page->slower < 0)
        return;
    snprintf(share, sizeof share, "%s %%", tri_words_plain(100 * writer->page->slower).text);
    if (count == 0)
        tri_html_say(writer->file, "p class=\"verdict passed\"",
                     "Passed: no row takes longer than in the reference by more than %s for "
                     "certain.",
                     share);
    else
        tri_html_say(writer->file, "p class=\"verdict failed\"",
                     "Failed: %d row%s longer than in the reference by more than %s for certain.",
                     count, count == 1 ? " takes" : "s take", share);
}

static void put_slower(const struct tri_compare_writer *writer,
                       const struct tri_comparison_row *row, int file)
{
    const struct tri_interval *interval = &row->files[file].interval;
    char work[300];

    tri_compared_work(row->work, work, sizeof work);
    tri_row_begin(writer->file);
    tri_cell_name(writer->file, tri_kind_colour(row->kind, row->files[file].row), "%s", work);
    tri_cell_text(writer->file, "%s", row->kind);
    tri_cell_text(writer->file, "%s\xC3\x97 as long",
                  tri_words_range(1 / interval->high, 1 / interval->low, tri_words_digits).text);
    if (writer->comparison->file_count > 2)
        tri_cell_text(writer->file, "%d, %s", file + 1, writer->names[file].text);
    tri_row_end(writer->file);
}

void tri_compared_verdict(struct tri_compare_writer *writer)
{
    static const char *const heads[] = {"work", "backend", "takes", "in"};
    const struct tri_comparison *comparison = writer->comparison;
    const int count = writer->page->slower >= 0 ? count_slower(writer) : 0,
              most = tri_compared_fit(writer, count);
    int shown = 0;

    if (count == 0)
        return;
    fputs("<section id=slower><h2>Rows that are slower</h2>\n", writer->file);
    tri_html_table_begin(writer->file, "rows that are slower", heads,
                         comparison->file_count > 2 ? 4 : 3);
    for (int i = 0; i < comparison->row_count; i++)
        for (int j = 1; j < comparison->file_count; j++)
            if (slower(writer, &comparison->rows[i], j) && shown++ < most)
                put_slower(writer, &comparison->rows[i], j);
    tri_html_table_end(writer->file);
    if (count > most)
        tri_html_say(writer->file, "p class=note", "%d more would make this page too large.",
                     count - most);
    fputs("</section>\n", writer->file);
}

void tri_compared_head(struct tri_compare_writer *writer)
{
    char result[TRI_TITLE];

    tri_compared_result(writer, result, sizeof result);
    fputs("<header>\n", writer->file);
    put_date(writer);
    tri_html_say(writer->file, "h1", "%s", result);
    say_compared(writer);
    say_versions(writer);
    say_verdict(writer);
    put_numbers(writer);
    fputs("</header>\n", writer->file);
}
