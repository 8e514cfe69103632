/* section_ratios.c -- the ratio of each row, what differs most first: of two files as bars, of more
 * as colours, with all of them as a table behind. */
#include "report/compare_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 30 /* rows in a chart */ };

int tri_compared_fit(const struct tri_compare_writer *writer, int count)
{
    return writer->detail < TRI_COMPARED_ROWS ? count
                                              : count >> (writer->detail - TRI_COMPARED_ROWS + 1);
}

static void name_row(const struct tri_comparison_row *row, char *text, size_t size)
{
    char work[300];

    tri_compared_work(row->work, work, sizeof work);
    snprintf(text, size, "%.110s, %.45s", work, row->kind);
}

/* The ratio that rows are sorted by: the farthest from 1, of the certain ones if any. */
static double farthest(const struct tri_comparison_row *row, int files)
{
    double found = 1;

    for (int i = 0; i < files; i++) {
        const struct tri_compared *own = &row->files[i];
        if (own->row != NULL && i != row->base && (own->certain || !row->certain) &&
            fabs(own->estimate.log) > fabs(log(found)))
            found = own->interval.ratio;
    }
    return found;
}

/* Of the chart: the kind and the ratio that rows are sorted by. */
static void word_row(const struct tri_comparison_row *row, double ratio, char *text, size_t size)
{
    snprintf(text, size, "%.30s %.16s", row->kind, tri_words_times(ratio).text);
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* ---- two files ---- */

static void fill_ratio(const struct tri_comparison_row *row, struct tri_ratio_group *group,
                       struct tri_ratio *ratio)
{
    const struct tri_interval *interval = &row->files[1].interval;

    tri_compared_work(row->work, group->name, sizeof group->name);
    word_row(row, interval->ratio, group->words, sizeof group->words);
    group->list = ratio;
    group->count = 1;
    *ratio = (struct tri_ratio){.value = interval->ratio,
                                .low = interval->low,
                                .high = interval->high,
                                .certain = row->files[1].certain,
                                .colour = tri_kind_colour(row->kind, row->files[1].row)};
    const struct tri_words before = tri_words_time(row->files[0].row->median),
                           after = tri_words_time(row->files[1].row->median);
    snprintf(ratio->title, sizeof ratio->title, "%.70s, %.30s: %.60s, %.20s instead of %.20s%s",
             group->name, row->kind, tri_words_interval(interval).text, after.text, before.text,
             ratio->certain ? "" : "; cannot be told");
}

static void put_bars(const struct tri_compare_writer *writer, const char *title)
{
    const struct tri_comparison *comparison = writer->comparison;
    const int count = smaller(comparison->row_count, SHOWN);
    struct tri_ratio_group *groups = calloc((size_t)count, sizeof *groups);
    struct tri_ratio *ratios = calloc((size_t)count, sizeof *ratios);

    for (int i = 0; i < count && groups != NULL && ratios != NULL; i++)
        fill_ratio(&comparison->rows[i], &groups[i], &ratios[i]);
    if (groups != NULL && ratios != NULL)
        tri_chart_ratios(writer->file, title, "times as fast as the reference", groups, count);
    free(ratios);
    free(groups);
}

static void put_row_of_two(const struct tri_compare_writer *writer,
                           const struct tri_comparison_row *row)
{
    const struct tri_compared *own = &row->files[1];
    const double before = row->files[0].row->median, after = own->row->median;
    FILE *file = writer->file;
    char work[300];

    tri_compared_work(row->work, work, sizeof work);
    tri_row_begin(file);
    tri_cell_name(file, tri_kind_colour(row->kind, own->row), "%s", work);
    tri_cell_text(file, "%s", row->kind);
    tri_cell_number(file, "ratio", own->interval.ratio, tri_words_times(own->interval.ratio));
    if (isfinite(own->interval.high))
        tri_cell_text(
            file, "%s",
            tri_words_range(own->interval.low, own->interval.high, tri_words_digits).text);
    else
        tri_cell_text(file, "unknown");
    tri_cell_text(file, "%s", own->certain ? "certain" : "cannot be told");
    tri_cell_number(file, "base-ns", before, tri_words_time(before));
    tri_cell_number(file, "median-ns", after, tri_words_time(after));
    tri_row_end(file);
}

static void put_table_of_two(const struct tri_compare_writer *writer, int count)
{
    static const char *const heads[] = {"work", "backend",       "ratio",    "all within, 95 %",
                                        "",     "the reference", "the other"};

    tri_table_begin(writer->file, "All rows as a table", heads, 7);
    for (int i = 0; i < count; i++)
        put_row_of_two(writer, &writer->comparison->rows[i]);
    tri_table_end(writer->file);
}

/* ---- more files ---- */

static void say_file(const struct tri_compare_writer *writer, const struct tri_comparison_row *row,
                     int file, char *text, size_t size)
{
    snprintf(text, size, "%.16s in %d, %.60s",
             tri_words_times(row->files[file].interval.ratio).text, file + 1,
             writer->names[file].text);
}

static int count_open(const struct tri_comparison_row *row, int files)
{
    int count = 0;

    for (int i = 0; i < files; i++)
        count += row->files[i].row != NULL && i != row->base && !row->files[i].certain;
    return count;
}

static void fill_heat(const struct tri_compare_writer *writer, const struct tri_comparison_row *row,
                      struct tri_heat_row *heat)
{
    const int files = writer->comparison->file_count, open = count_open(row, files);
    char one[100], other[100];
    int least, most;

    heat->row = row;
    tri_compared_work(row->work, heat->name, sizeof heat->name);
    tri_comparison_extremes(row, files, &least, &most);
    say_file(writer, row, least, one, sizeof one);
    say_file(writer, row, most, other, sizeof other);
    word_row(row, farthest(row, files), heat->words, sizeof heat->words);
    const int used = snprintf(heat->title, sizeof heat->title,
                              least == most ? "%.70s, %.30s: %s" : "%.70s, %.30s: %s, to %s",
                              heat->name, row->kind, one, other);
    if (open > 0 && used > 0 && (size_t)used < sizeof heat->title)
        snprintf(heat->title + used, sizeof heat->title - (size_t)used, "; %d cannot be told",
                 open);
}

static void put_heat(const struct tri_compare_writer *writer, const char *title)
{
    const struct tri_comparison *comparison = writer->comparison;
    const int count = smaller(comparison->row_count, SHOWN);
    struct tri_heat_row *rows = calloc((size_t)count, sizeof *rows);

    tri_heat_legend(writer->file);
    for (int i = 0; i < count && rows != NULL; i++)
        fill_heat(writer, &comparison->rows[i], &rows[i]);
    if (rows != NULL)
        tri_chart_heat(writer->file, title, rows, count, comparison->file_count);
    free(rows);
}

/* End tags of cells and rows are optional, and there are many. */
static void put_cell(const struct tri_compare_writer *writer, const struct tri_comparison_row *row,
                     int file)
{
    const struct tri_compared *own = &row->files[file];
    const char *class = tri_heat_class(row, file);
    const double within = own->interval.high / own->interval.ratio - 1;

    if (class[0] == '\0') {
        fputs("<td>", writer->file);
    } else if (file == row->base) {
        fprintf(writer->file, "<td>%s", tri_words_time(own->row->median).text);
    } else {
        fprintf(writer->file, "<td class=%s>%s", class, tri_words_digits(own->interval.ratio).text);
        if (writer->detail < TRI_COMPARED_NO_INTERVALS && isfinite(within))
            fprintf(writer->file, "<i>\xC2\xB1%.*f%%</i>", within < 0.0995 ? 1 : 0, 100 * within);
    }
}

static void put_row_of_many(const struct tri_compare_writer *writer,
                            const struct tri_comparison_row *row)
{
    char work[300];

    tri_compared_work(row->work, work, sizeof work);
    tri_row_begin(writer->file);
    fputs("<th scope=row>", writer->file);
    tri_html_text(writer->file, work);
    fputs("<td class=t>", writer->file);
    tri_html_text(writer->file, row->kind);
    for (int i = 0; i < writer->comparison->file_count; i++)
        put_cell(writer, row, i);
    tri_row_end(writer->file);
}

static void put_table_of_many(const struct tri_compare_writer *writer, int count)
{
    const int files = writer->comparison->file_count;
    const char **heads = calloc((size_t)files + 2, sizeof *heads);
    struct tri_words *numbers = calloc((size_t)files, sizeof *numbers);

    if (heads != NULL && numbers != NULL) {
        heads[0] = "work";
        heads[1] = "backend";
        for (int i = 0; i < files; i++) {
            snprintf(numbers[i].text, sizeof numbers[i].text, "%d", i + 1);
            heads[2 + i] = numbers[i].text;
        }
        tri_table_begin(writer->file, "All rows as a table, with a column for each file", heads,
                        files + 2);
        for (int i = 0; i < count; i++)
            put_row_of_many(writer, &writer->comparison->rows[i]);
        tri_table_end(writer->file);
    }
    free(numbers);
    free(heads);
}

/* ---- the figure ---- */

static void put_title(const struct tri_comparison *comparison, char *title, size_t size)
{
    char name[170];
    const struct tri_comparison_row *first = &comparison->rows[0];

    name_row(first, name, sizeof name);
    if (comparison->certain_count == 0)
        snprintf(title, size, "No row differs for certain");
    else
        snprintf(title, size, "%d of %d rows differ for certain, most of all %s: %s",
                 comparison->certain_count, comparison->row_count, name,
                 tri_words_times(farthest(first, comparison->file_count)).text);
}

static void say_reading(const struct tri_comparison *comparison, char *text, size_t size)
{
    const bool pair = comparison->file_count == 2;
    char shown[80] = "Rows by the size of their difference.";

    if (comparison->row_count > SHOWN)
        snprintf(shown, sizeof shown, "The %d of %d rows that differ most; the table has all.",
                 SHOWN, comparison->row_count);
    snprintf(
        text, size,
        "%s %s All intervals of rows together hold with 95 %% confidence; where one includes 1, "
        "no difference can be told: %s.",
        shown,
        pair ? "Thin lines are intervals from the samples of both files."
             : "A cell is a file; an empty box is the first file that has the row, which the "
               "others are compared with.",
        pair ? "those marks are hollow" : "those cells are gray");
}

void tri_compared_rows(struct tri_compare_writer *writer)
{
    const struct tri_comparison *comparison = writer->comparison;
    char title[TRI_TITLE], reading[600];

    put_title(comparison, title, sizeof title);
    say_reading(comparison, reading, sizeof reading);
    tri_figure_begin(writer->file, "rows", title, reading);
    (comparison->file_count == 2 ? put_bars : put_heat)(writer, title);
    fputs("<p class=\"note noprint\"><a href=\"#all\">All rows as a table</a></p>\n", writer->file);
    tri_figure_end(writer->file);
}

/* As wide as the page, so not within the figure. */
void tri_compared_table(struct tri_compare_writer *writer)
{
    const struct tri_comparison *comparison = writer->comparison;
    const bool pair = comparison->file_count == 2;
    const int count = tri_compared_fit(writer, comparison->row_count);

    fputs("<div id=all>\n", writer->file);
    (pair ? put_table_of_two : put_table_of_many)(writer, count);
    if (writer->detail >= TRI_COMPARED_NO_INTERVALS && !pair)
        tri_html_say(writer->file, "p class=note",
                     "The intervals would make this page too large; --format csv has them.");
    if (count < comparison->row_count)
        tri_html_say(writer->file, "p class=note",
                     "The table has the first %d of %d rows; --format csv has all.", count,
                     comparison->row_count);
    fputs("</div>\n", writer->file);
}
