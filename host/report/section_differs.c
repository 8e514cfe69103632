/* section_differs.c -- what differs in the environments, the work without a counterpart, and the
 * files. */
#include "report/compare_parts.h"

#include <stdlib.h>
#include <string.h>

enum { VALUES = 8 /* of a property, beyond which the others are folded */, NUMBERS = 4000 };

/* ---- environments ---- */

static void put_value(const struct tri_compare_writer *writer, const char *value,
                      const bool *chosen, int first)
{
    const int files = writer->comparison->file_count;
    char numbers[NUMBERS];

    tri_file_numbers(numbers, sizeof numbers, chosen, files);
    fputs("<div><b>", writer->file);
    tri_html_text(writer->file,
                  files == 2 ? (first == 0 ? "the reference" : "the other") : numbers);
    fputs("</b> ", writer->file);
    tri_html_text(writer->file, value[0] != '\0' ? value : "not stated");
    fputs("</div>\n", writer->file);
}

/* Whether no file before has the value of file `index`. */
static bool is_first(const struct tri_comparison_property *property, int index)
{
    for (int i = 0; i < index; i++)
        if (strcmp(property->values[i], property->values[index]) == 0)
            return false;
    return true;
}

static int count_values(const struct tri_comparison_property *property, int files)
{
    int count = 0;

    for (int i = 0; i < files; i++)
        count += is_first(property, i);
    return count;
}

/* Each value once, with the files that have it. */
static void put_values(const struct tri_compare_writer *writer,
                       const struct tri_comparison_property *property, bool *chosen)
{
    const int files = writer->comparison->file_count, values = count_values(property, files);
    int shown = 0;

    for (int i = 0; i < files; i++) {
        if (!is_first(property, i))
            continue;
        for (int j = 0; j < files; j++)
            chosen[j] = strcmp(property->values[i], property->values[j]) == 0;
        if (shown++ == VALUES)
            fprintf(writer->file, "<details><summary>%d more</summary>\n", values - VALUES);
        put_value(writer, property->values[i], chosen, i);
    }
    if (values > VALUES)
        fputs("</details>\n", writer->file);
}

void tri_compared_differs(struct tri_compare_writer *writer)
{
    const struct tri_comparison *comparison = writer->comparison;
    bool *flags = calloc((size_t)comparison->file_count, sizeof *flags);

    fputs("<section id=differs><h2>What differs in the environments</h2>\n", writer->file);
    if (comparison->property_count == 0)
        tri_html_say(writer->file, "p class=note", "Nothing that the files state.");
    else
        fputs("<dl class=facts>\n", writer->file);
    for (int i = 0; i < comparison->property_count && flags != NULL; i++) {
        tri_html_say(writer->file, "dt", "%s", comparison->properties[i].name);
        fputs("<dd>", writer->file);
        put_values(writer, &comparison->properties[i], flags);
        fputs("</dd>\n", writer->file);
    }
    if (comparison->property_count > 0)
        fputs("</dl>\n", writer->file);
    fputs("</section>\n", writer->file);
    free(flags);
}

/* ---- work without a counterpart ---- */

typedef const struct tri_comparison_left *left_pointer;

static int by_row(const struct tri_comparison_left *one, const struct tri_comparison_left *two)
{
    const struct tri_results_row *a = one->row, *b = two->row;
    int order = one->unusable - two->unusable;

    order = order != 0 ? order : strcmp(a->pipeline, b->pipeline);
    order = order != 0 ? order : a->shape.width - b->shape.width;
    order = order != 0 ? order : a->shape.height - b->shape.height;
    order = order != 0 ? order : a->shape.planes - b->shape.planes;
    order = order != 0 ? order : a->shape.bits - b->shape.bits;
    order = order != 0 ? order : a->frames - b->frames;
    order = order != 0 ? order : strcmp(a->backend, b->backend);
    return order != 0 ? order : strcmp(a->isa, b->isa);
}

static int by_left(const void *a, const void *b)
{
    const left_pointer one = *(const left_pointer *)a, two = *(const left_pointer *)b;
    const int order = by_row(one, two);

    return order != 0 ? order : one->file - two->file;
}

static void put_left(const struct tri_compare_writer *writer, const left_pointer *first, int count,
                     bool *chosen)
{
    const struct tri_results_row *row = first[0]->row;
    const int files = writer->comparison->file_count;
    char work[300], numbers[NUMBERS];

    memset(chosen, 0, (size_t)files * sizeof *chosen);
    for (int i = 0; i < count; i++)
        chosen[first[i]->file] = true;
    tri_file_numbers(numbers, sizeof numbers, chosen, files);
    tri_compared_work(row, work, sizeof work);
    tri_row_begin(writer->file);
    tri_cell_name(writer->file, tri_kind_colour("", row), "%s", work);
    tri_cell_text(writer->file, "%s %s", row->backend, row->isa);
    tri_cell_text(writer->file, "%s", files == 2 ? writer->names[first[0]->file].text : numbers);
    tri_cell_text(writer->file, "%s", first[0]->unusable ? "no figures" : "not in the others");
    tri_row_end(writer->file);
}

/* Rows that are alike in several files are one row here. Returns their number. */
static int put_all_left(const struct tri_compare_writer *writer, const left_pointer *list, int most,
                        bool *chosen)
{
    const int count = writer->comparison->left_count;
    int rows = 0;

    for (int first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count && by_row(list[first], list[next]) == 0;)
            next++;
        if (rows++ < most)
            put_left(writer, list + first, next - first, chosen);
    }
    return rows;
}

void tri_compared_left(struct tri_compare_writer *writer)
{
    static const char *const heads[] = {"work", "backend", "only in", "why"};
    const struct tri_comparison *comparison = writer->comparison;
    const int count = comparison->left_count, most = tri_compared_fit(writer, count);
    left_pointer *list = calloc((size_t)count + 1, sizeof *list);
    bool *chosen = calloc((size_t)comparison->file_count, sizeof *chosen);

    fputs("<section id=left><h2>Work without a counterpart</h2>\n", writer->file);
    if (count == 0)
        tri_html_say(writer->file, "p class=note", "None: every row has one in another file.");
    if (count > 0 && list != NULL && chosen != NULL) {
        for (int i = 0; i < count; i++)
            list[i] = &comparison->left[i];
        qsort(list, (size_t)count, sizeof *list, by_left);
        tri_html_table_begin(writer->file, "work without a counterpart", heads, 4);
        const int rows = put_all_left(writer, list, most, chosen);
        tri_html_table_end(writer->file);
        if (rows > most)
            tri_html_say(writer->file, "p class=note",
                         "%d more would make this page too large; --format json has all.",
                         rows - most);
    }
    fputs("</section>\n", writer->file);
    free(chosen);
    free(list);
}

/* ---- files ---- */

void tri_compared_files(struct tri_compare_writer *writer)
{
    static const char *const heads[] = {"#",    "file",     "machine", "measured",
                                        "rows", "triptych", "suite"};
    const struct tri_comparison *comparison = writer->comparison;
    FILE *file = writer->file;

    fputs("<section id=files><h2>The files</h2>\n", file);
    tri_html_table_begin(file, "the files", heads, 7);
    for (int i = 0; i < comparison->file_count; i++) {
        const struct tri_results *own = &comparison->files[i];
        tri_row_begin(file);
        tri_cell_name(file, -1, "%d", i + 1);
        tri_cell_text(file, "%s%s", own->path, i == 0 ? " (the reference)" : "");
        if (own->cores > 0)
            tri_cell_text(file, "%s, %d core%s", own->cpu[0] != '\0' ? own->cpu : "unknown",
                          own->cores, own->cores == 1 ? "" : "s");
        else
            tri_cell_text(file, "%s", own->cpu[0] != '\0' ? own->cpu : "unknown");
        tri_cell_text(file, "%.10s", own->date[0] != '\0' ? own->date : "unknown");
        fprintf(file, "<td>%d</td>", own->row_count);
        tri_cell_text(file, "%s", tri_results_property(own, "triptych"));
        tri_cell_text(file, "%s", tri_results_property(own, "suite"));
        tri_row_end(file);
    }
    tri_html_table_end(file);
    fputs("\n", file);
    if (writer->page->command != NULL) {
        fputs("<p class=note>", file);
        tri_html_text(file, writer->page->command);
        fputs("</p>\n", file);
    }
}
