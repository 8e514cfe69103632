/* compare_text.c -- a comparison as text of 80 columns, and as markdown. Files are numbered from 1.
 */
#include "measure/compare.h"
#include "measure/text_table.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 80, LEFT_SHOWN = 3, FILES_IN_COLUMNS = 9 };

/* ---- cells ---- */

const char *tri_work_text(const struct tri_results_row *work, char text[100])
{
    char shape[64];

    if (work->frames > 0)
        snprintf(text, 100, "%dx%d, %d frames", work->shape.width, work->shape.height,
                 work->frames);
    else
        snprintf(text, 100, "%s", tri_shape_text(&work->shape, shape));
    return text;
}

void tri_format_ms(char cell[TRI_CELL], double ns)
{
    const double ms = ns / 1e6;

    snprintf(cell, TRI_CELL, "%.*f",
             ms < 0.1    ? 4
             : ms < 10   ? 3
             : ms < 100  ? 2
             : ms < 1000 ? 1
                         : 0,
             ms);
}

void tri_format_ratio(char cell[TRI_CELL], double ratio)
{
    const int digits = ratio < 0.1 ? 3 : ratio < 10 ? 2 : ratio < 100 ? 1 : 0;

    if (isfinite(ratio))
        snprintf(cell, TRI_CELL, "%.*fx", digits, ratio);
    else
        snprintf(cell, TRI_CELL, "-");
}

void tri_format_within(char cell[TRI_CELL], const struct tri_interval *interval)
{
    const double share = interval->high / interval->ratio - 1;

    if (isfinite(share) && share < 9.995)
        snprintf(cell, TRI_CELL, "±%.*f %%", share < 0.0995 ? 1 : 0, share * 100);
    else
        snprintf(cell, TRI_CELL, "unknown");
}

void tri_file_numbers(char *text, size_t size, const bool *chosen, int count)
{
    size_t used = 0;

    text[0] = '\0';
    for (int first = 0, next; first < count && used + 24 < size; first = next) {
        for (next = first + 1; chosen[first] && next < count && chosen[next];)
            next++;
        if (chosen[first])
            used +=
                (size_t)snprintf(text + used, size - used, "%s%d", used > 0 ? ", " : "", first + 1);
        if (chosen[first] && next - first > 1)
            used += (size_t)snprintf(text + used, size - used, "-%d", next);
    }
}

void tri_format_size(char cell[TRI_CELL], const struct tri_results_row *work)
{
    char text[100];

    snprintf(cell, TRI_CELL, "%s", tri_work_text(work, text));
    char *usual = strstr(cell, " RGB 8 bits");
    if (usual != NULL)
        *usual = '\0';
}

/* ---- what was compared ---- */

/* Text without a table, wrapped for a terminal. */
__attribute__((format(printf, 3, 4))) static void put_prose(FILE *file, bool markdown,
                                                            const char *format, ...)
{
    const struct tri_table lines = {file, false, {{"", COLUMNS, false, true}}, 1};
    char text[1200];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (markdown)
        fprintf(file, "%s\n", text);
    else
        tri_table_row(&lines, (const char *[]){text});
}

static void put_sentence(FILE *file, const struct tri_comparison *comparison, bool markdown)
{
    const bool pair = comparison->file_count == 2;
    char files[60];

    snprintf(files, sizeof files, pair ? "%d" : "two or more of %d", comparison->file_count);
    put_prose(file, markdown,
              "Medians of %d rows that did the same work with the same bytes in %s files; a ratio "
              "is the time in file 1%s over the time in %s: above 1, %s is faster.",
              comparison->row_count, files, pair ? "" : " (or the first file that has the row)",
              pair ? "file 2" : "another", pair ? "file 2" : "the other");
    fputc('\n', file);
    put_prose(file, markdown,
              "%d row%s for certain: all intervals together hold with 95 %% confidence (ratio of "
              "medians by Price and Bonett, Bonferroni). They are of these runs; another run of "
              "the same machine may differ by more.",
              comparison->certain_count, comparison->certain_count == 1 ? " differs" : "s differ");
    fputc('\n', file);
}

static void put_files(FILE *file, const struct tri_comparison *comparison, bool markdown)
{
    const struct tri_table table = {
        file,
        markdown,
        {{"#", 3, true, false}, {"file", 36, false, false}, {"machine", 39, false, false}},
        3};

    tri_table_heads(&table);
    for (int i = 0; i < comparison->file_count; i++) {
        const struct tri_results *own = &comparison->files[i];
        char number[16], machine[300];

        snprintf(number, sizeof number, "%d", i + 1);
        snprintf(machine, sizeof machine, "%.150s%s%s", own->cpu[0] ? own->cpu : "unknown",
                 own->date[0] ? ", " : "", own->date);
        if (own->cores > 0)
            snprintf(machine, sizeof machine, "%.150s, %d core%s%s%.10s", own->cpu, own->cores,
                     own->cores == 1 ? "" : "s", own->date[0] ? ", " : "", own->date);
        tri_table_row(&table, (const char *[]){number, own->path, machine});
    }
    fputc('\n', file);
}

/* Each value once, with the files that have it. */
static void put_property(const struct tri_table *table,
                         const struct tri_comparison_property *property, int count, bool *chosen,
                         bool *done)
{
    memset(done, 0, (size_t)count * sizeof *done);
    for (int i = 0, shown = 0; i < count; i++) {
        char files[TRI_CELL];
        if (done[i])
            continue;
        for (int j = 0; j < count; j++) {
            chosen[j] = strcmp(property->values[i], property->values[j]) == 0;
            done[j] |= chosen[j];
        }
        tri_file_numbers(files, sizeof files, chosen, count);
        const char *value = property->values[i][0] ? property->values[i] : "not stated";
        tri_table_row(table, (const char *[]){shown++ == 0 || table->markdown ? property->name : "",
                                              files, value});
    }
}

static void put_properties(FILE *file, const struct tri_comparison *comparison, bool markdown)
{
    const struct tri_table table = {
        file,
        markdown,
        {{"differs", 14, false, false}, {"in", 11, false, false}, {"is", 53, false, false}},
        3};
    bool *flags = calloc(2 * (size_t)comparison->file_count, sizeof *flags);

    if (flags == NULL || comparison->property_count == 0) {
        free(flags);
        return;
    }
    tri_table_heads(&table);
    for (int i = 0; i < comparison->property_count; i++)
        put_property(&table, &comparison->properties[i], comparison->file_count, flags,
                     flags + comparison->file_count);
    free(flags);
    fputc('\n', file);
}

/* ---- geometric means ---- */

static void put_means_of_two(FILE *file, const struct tri_comparison *comparison, bool markdown)
{
    const struct tri_table table = {file,
                                    markdown,
                                    {{"geometric mean", 22, false, false},
                                     {"rows", 6, true, false},
                                     {"ratio", 8, true, false},
                                     {"within", 9, true, false}},
                                    4};

    tri_table_heads(&table);
    for (int i = 0; i < comparison->mean_count; i++) {
        const struct tri_comparison_mean *mean = &comparison->means[i];
        char rows[TRI_CELL], ratio[TRI_CELL], within[TRI_CELL];

        snprintf(rows, TRI_CELL, "%d", mean->files[1].rows);
        tri_format_ratio(ratio, mean->files[1].interval.ratio);
        tri_format_within(within, &mean->files[1].interval);
        tri_table_row(&table, (const char *[]){mean->kind, rows, ratio, within});
    }
    fputc('\n', file);
}

/* One line for each file, one column for each kind. */
static void put_means_of_many(FILE *file, const struct tri_comparison *comparison, bool markdown)
{
    struct tri_table table = {file, markdown, {{"#", 3, true, false}}, 1 + comparison->mean_count};
    char cells[1 + 8][TRI_CELL];
    const char *row[1 + 8];

    fprintf(file, "Geometric means of the ratios\n%s", markdown ? "\n" : "");
    for (int i = 0; i < comparison->mean_count; i++)
        table.columns[1 + i] = (struct tri_column){comparison->means[i].kind, 10, true, false};
    for (int i = 0; i <= comparison->mean_count; i++)
        row[i] = cells[i];
    tri_table_heads(&table);
    for (int i = 0; i < comparison->file_count; i++) {
        snprintf(cells[0], TRI_CELL, "%d", i + 1);
        for (int j = 0; j < comparison->mean_count; j++)
            tri_format_ratio(cells[1 + j], comparison->means[j].files[i].interval.ratio);
        tri_table_row(&table, row);
    }
    fputc('\n', file);
}

/* ---- rows ---- */

static void put_rows_of_two(FILE *file, const struct tri_comparison *comparison, bool certain,
                            bool markdown)
{
    const struct tri_table table = {file,
                                    markdown,
                                    {{"pipeline", 21, false, false},
                                     {"size", 9, false, false},
                                     {"backend", 17, false, false},
                                     {"1, ms", 6, true, false},
                                     {"2, ms", 6, true, false},
                                     {"ratio", 6, true, false},
                                     {"within", 7, true, false}},
                                    7};

    tri_table_heads(&table);
    for (int i = 0; i < comparison->row_count; i++) {
        const struct tri_comparison_row *row = &comparison->rows[i];
        char size[TRI_CELL], one[TRI_CELL], two[TRI_CELL], ratio[TRI_CELL], within[TRI_CELL];

        if (row->certain != certain)
            continue;
        tri_format_size(size, row->work);
        tri_format_ms(one, row->files[0].row->median);
        tri_format_ms(two, row->files[1].row->median);
        tri_format_ratio(ratio, row->files[1].interval.ratio);
        tri_format_within(within, &row->files[1].interval);
        tri_table_row(&table, (const char *[]){row->work->pipeline, size, row->kind, one, two,
                                               ratio, within});
    }
    fputc('\n', file);
}

/* "0.43x (12)", "~" before it if it is not certain. */
static void format_compared(char cell[TRI_CELL], const struct tri_comparison_row *row, int file)
{
    char ratio[TRI_CELL];

    tri_format_ratio(ratio, row->files[file].interval.ratio);
    snprintf(cell, TRI_CELL, "%s%.40s (%d)", row->files[file].certain ? "" : "~", ratio, file + 1);
}

void tri_comparison_extremes(const struct tri_comparison_row *row, int count, int *least, int *most)
{
    *least = *most = -1;
    for (int i = 0; i < count; i++) {
        const double ratio = row->files[i].interval.ratio;
        if (row->files[i].row == NULL || i == row->base)
            continue;
        *least = *least < 0 || ratio < row->files[*least].interval.ratio ? i : *least;
        *most = *most < 0 || ratio > row->files[*most].interval.ratio ? i : *most;
    }
}

static void put_rows_of_many(FILE *file, const struct tri_comparison *comparison, bool certain,
                             bool markdown)
{
    const struct tri_table table = {file,
                                    markdown,
                                    {{"pipeline", 19, false, false},
                                     {"size", 9, false, false},
                                     {"backend", 17, false, false},
                                     {"base, ms", 10, true, false},
                                     {"lowest", 10, true, false},
                                     {"highest", 10, true, false}},
                                    6};

    tri_table_heads(&table);
    for (int i = 0; i < comparison->row_count; i++) {
        const struct tri_comparison_row *row = &comparison->rows[i];
        char size[TRI_CELL], ms[TRI_CELL], base[2 * TRI_CELL], slowest[TRI_CELL], fastest[TRI_CELL];
        int least, most;

        if (row->certain != certain)
            continue;
        tri_comparison_extremes(row, comparison->file_count, &least, &most);
        tri_format_size(size, row->work);
        tri_format_ms(ms, row->files[row->base].row->median);
        snprintf(base, sizeof base, row->base > 0 ? "%s (%d)" : "%s", ms, row->base + 1);
        format_compared(slowest, row, least);
        format_compared(fastest, row, most);
        tri_table_row(&table, (const char *[]){row->work->pipeline, size, row->kind, base,
                                               least == most ? "" : slowest, fastest});
    }
    fputc('\n', file);
}

/* Markdown has no bound of columns: one for each file, as long as that can be read. */
static void put_rows_in_columns(FILE *file, const struct tri_comparison *comparison)
{
    struct tri_table table = {file,
                              true,
                              {{"pipeline", 0, false, false},
                               {"size", 0, false, false},
                               {"backend", 0, false, false},
                               {"1, ms", 0, true, false}},
                              3 + comparison->file_count};
    char cells[3 + FILES_IN_COLUMNS][TRI_CELL], heads[FILES_IN_COLUMNS][16];
    const char *texts[3 + FILES_IN_COLUMNS];

    for (int i = 1; i < comparison->file_count; i++) {
        snprintf(heads[i], sizeof heads[i], "%d", i + 1);
        table.columns[3 + i] = (struct tri_column){heads[i], 0, true, false};
    }
    for (int i = 0; i < table.count; i++)
        texts[i] = cells[i];
    tri_table_heads(&table);
    for (int i = 0; i < comparison->row_count; i++) {
        const struct tri_comparison_row *row = &comparison->rows[i];
        texts[0] = row->work->pipeline;
        texts[2] = row->kind;
        tri_format_size(cells[1], row->work);
        for (int j = 0; j < comparison->file_count; j++) {
            const struct tri_compared *own = &row->files[j];
            char within[TRI_CELL];
            snprintf(cells[3 + j], TRI_CELL, "-");
            if (own->row != NULL && j == row->base) {
                tri_format_ms(cells[3 + j], own->row->median);
                strcat(cells[3 + j], j > 0 ? " ms" : "");
            } else if (own->row != NULL) {
                tri_format_ratio(cells[3 + j], own->interval.ratio);
                tri_format_within(within, &own->interval);
                snprintf(cells[3 + j] + strlen(cells[3 + j]), TRI_CELL - strlen(cells[3 + j]),
                         " %s", within);
            }
        }
        tri_table_row(&table, texts);
    }
    fputc('\n', file);
}

static void put_rows(FILE *file, const struct tri_comparison *comparison, bool certain,
                     bool markdown)
{
    const int count =
        certain ? comparison->certain_count : comparison->row_count - comparison->certain_count;

    if (count == 0)
        return;
    if (!certain)
        fprintf(file, "%d row%s without a certain difference\n%s", count, count == 1 ? "" : "s",
                markdown ? "\n" : "");
    if (comparison->file_count == 2)
        put_rows_of_two(file, comparison, certain, markdown);
    else
        put_rows_of_many(file, comparison, certain, markdown);
}

/* ---- what is left ---- */

static size_t add_left_row(char *text, size_t size, const struct tri_results_row *row, bool first)
{
    char shape[100];

    return (size_t)snprintf(text, size, "%s%.200s, %s, on %.60s%s%.30s", first ? ": " : "; ",
                            row->pipeline, tri_work_text(row, shape), row->backend,
                            row->isa[0] ? " " : "", row->isa);
}

static int count_left(const struct tri_comparison *comparison, int number, bool unusable)
{
    int count = 0;

    for (int i = 0; i < comparison->left_count; i++)
        count += comparison->left[i].file == number && comparison->left[i].unusable == unusable;
    return count;
}

/* Their number, and the first of them; JSON has all. */
static void put_left(FILE *file, const struct tri_comparison *comparison, int number, bool unusable,
                     bool markdown)
{
    const int count = count_left(comparison, number, unusable);
    char rows[LEFT_SHOWN * 450] = "";
    size_t used = 0;

    for (int i = 0, shown = 0; i < comparison->left_count && shown < LEFT_SHOWN; i++)
        if (comparison->left[i].file == number && comparison->left[i].unusable == unusable)
            used += add_left_row(rows + used, sizeof rows - used, comparison->left[i].row,
                                 shown++ == 0);
    if (count > 0)
        put_prose(file, markdown, "%s%d row%s of file %d %s%.1000s%s", markdown ? "- " : "", count,
                  count == 1 ? "" : "s", number + 1,
                  unusable ? "without figures" : "without a counterpart", rows,
                  count > LEFT_SHOWN ? "; ..." : "");
}

static void put_all_left(FILE *file, const struct tri_comparison *comparison, bool markdown)
{
    for (int i = 0; i < comparison->file_count; i++) {
        put_left(file, comparison, i, false, markdown);
        put_left(file, comparison, i, true, markdown);
    }
}

/* ---- all of it ---- */

static void put_head(FILE *file, const struct tri_comparison *comparison, bool markdown)
{
    put_sentence(file, comparison, markdown);
    put_files(file, comparison, markdown);
    put_properties(file, comparison, markdown);
    if (comparison->mean_count > 0 && comparison->file_count == 2)
        put_means_of_two(file, comparison, markdown);
    else if (comparison->mean_count > 0)
        put_means_of_many(file, comparison, markdown);
}

void tri_comparison_text(FILE *file, const struct tri_comparison *comparison)
{
    put_head(file, comparison, false);
    if (comparison->file_count > 2)
        put_prose(file, false,
                  "A ratio is followed by the number of its file; ~ is before one that is not "
                  "certain.\n");
    put_rows(file, comparison, true, false);
    put_rows(file, comparison, false, false);
    put_all_left(file, comparison, false);
}

void tri_comparison_markdown(FILE *file, const struct tri_comparison *comparison)
{
    put_head(file, comparison, true);
    if (comparison->file_count > 2 && comparison->file_count <= FILES_IN_COLUMNS) {
        put_rows_in_columns(file, comparison);
    } else {
        put_rows(file, comparison, true, true);
        put_rows(file, comparison, false, true);
    }
    put_all_left(file, comparison, true);
}
