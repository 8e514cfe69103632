/* results_table.c -- a result of a query as text, CSV or JSON. */
#include "cli/results_table.h"

#include "measure/text_csv.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *cell(const struct cli_results_table *table, size_t row, int column)
{
    return table->cells[row * (size_t)table->columns + (size_t)column];
}

/* ---- filling ---- */

static bool add_names(struct cli_results_table *table, int count, const char *const names[])
{
    for (int i = 0; i < count; i++) {
        table->names[i] = strdup(names[i]);
        table->failed = table->failed || table->names[i] == NULL;
        table->columns++;
    }
    return !table->failed;
}

static bool make_room(struct cli_results_table *table, size_t cells)
{
    const size_t room = table->room > 0 ? 2 * table->room : 1024;

    if (cells <= table->room)
        return true;
    char **larger = realloc(table->cells, room * sizeof *larger);
    table->failed = larger == NULL;
    if (larger != NULL) {
        table->cells = larger;
        table->room = room;
    }
    return larger != NULL;
}

bool cli_results_add(void *context, int count, const char *const names[],
                     const char *const values[])
{
    struct cli_results_table *table = context;

    if (values == NULL)
        return add_names(table, count, names);
    if (!make_room(table, (table->rows + 1) * (size_t)count))
        return false;
    for (int i = 0; i < count; i++) {
        char *copy = values[i] != NULL ? strdup(values[i]) : NULL;
        table->failed = table->failed || (values[i] != NULL && copy == NULL);
        table->cells[table->rows * (size_t)count + (size_t)i] = copy;
    }
    table->rows++;
    return !table->failed;
}

void cli_results_free(struct cli_results_table *table)
{
    for (size_t i = 0; i < table->rows * (size_t)table->columns; i++)
        free(table->cells[i]);
    for (int i = 0; i < table->columns; i++)
        free(table->names[i]);
    free(table->cells);
}

/* ---- writing ---- */

static bool is_number(const char *text)
{
    char *end;

    strtod(text, &end);
    return end != text && *end == '\0' && strspn(text, "+-.0123456789eE") == strlen(text);
}

static bool has_numbers(const struct cli_results_table *table, int column)
{
    for (size_t row = 0; row < table->rows; row++)
        if (cell(table, row, column) != NULL && !is_number(cell(table, row, column)))
            return false;
    return true;
}

/* In characters of UTF-8. */
static int width_of(const char *text)
{
    int width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

struct layout {
    int widths[CLI_RESULTS_COLUMNS];
    bool right[CLI_RESULTS_COLUMNS];
};

static void lay_out(const struct cli_results_table *table, struct layout *layout)
{
    for (int i = 0; i < table->columns; i++) {
        layout->widths[i] = width_of(table->names[i]);
        layout->right[i] = has_numbers(table, i);
        for (size_t row = 0; row < table->rows; row++) {
            const char *text = cell(table, row, i);
            const int width = width_of(text != NULL ? text : "-");
            layout->widths[i] = width > layout->widths[i] ? width : layout->widths[i];
        }
    }
}

static void put_text(FILE *file, const struct layout *layout, int column, const char *text,
                     bool last)
{
    const int blanks = layout->widths[column] - width_of(text);

    if (layout->right[column])
        fprintf(file, "%*s%s", blanks, "", text);
    else
        fprintf(file, "%s%*s", text, last ? 0 : blanks, "");
    fputs(last ? "\n" : "  ", file);
}

void cli_results_text(FILE *file, const struct cli_results_table *table)
{
    struct layout layout;

    lay_out(table, &layout);
    for (int i = 0; i < table->columns; i++)
        put_text(file, &layout, i, table->names[i], i == table->columns - 1);
    for (size_t row = 0; row < table->rows; row++) {
        for (int i = 0; i < table->columns; i++) {
            const char *text = cell(table, row, i);
            put_text(file, &layout, i, text != NULL ? text : "-", i == table->columns - 1);
        }
    }
}

void cli_results_csv(FILE *file, const struct cli_results_table *table)
{
    for (int i = 0; i < table->columns; i++) {
        tri_csv_cell(file, table->names[i]);
        fputs(i < table->columns - 1 ? "," : "\n", file);
    }
    for (size_t row = 0; row < table->rows; row++) {
        for (int i = 0; i < table->columns; i++) {
            const char *text = cell(table, row, i);
            tri_csv_cell(file, text != NULL ? text : "");
            fputs(i < table->columns - 1 ? "," : "\n", file);
        }
    }
}

static json_t *value_json(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *number = is_number(text) ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    return number != NULL ? number : json_string(text);
}

bool cli_results_json(FILE *file, const struct cli_results_table *table)
{
    json_t *rows = json_array();

    for (size_t row = 0; row < table->rows; row++) {
        json_t *object = json_object();
        for (int i = 0; i < table->columns; i++)
            json_object_set_new(object, table->names[i], value_json(cell(table, row, i)));
        json_array_append_new(rows, object);
    }
    const bool written = rows != NULL && json_array_size(rows) == table->rows &&
                         json_dumpf(rows, file, JSON_INDENT(1) | JSON_REAL_PRECISION(15)) == 0 &&
                         fputc('\n', file) != EOF;
    json_decref(rows);
    return written;
}
