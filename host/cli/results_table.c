/* results_table.c -- a result of a query as text, CSV or JSON. */
#include "cli/results_table.h"

#include "image/text_csv.h"
#include "measure/text_table.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_results_cell *cell(const struct cli_results_table *table, size_t row,
                                           int column)
{
    return &table->cells[row * (size_t)table->columns + (size_t)column];
}

static const char *text_of(const struct cli_results_table *table, size_t row, int column,
                           const char *none)
{
    const char *text = cell(table, row, column)->text;

    return text != NULL ? text : none;
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
    struct cli_results_cell *larger = realloc(table->cells, room * sizeof *larger);
    table->failed = larger == NULL;
    if (larger != NULL) {
        table->cells = larger;
        table->room = room;
    }
    return larger != NULL;
}

bool cli_results_add(void *context, int count, const char *const names[],
                     const struct tri_store_value values[])
{
    struct cli_results_table *table = context;

    if (values == NULL)
        return add_names(table, count, names);
    if (!make_room(table, (table->rows + 1) * (size_t)count))
        return false;
    for (int i = 0; i < count; i++) {
        const struct tri_store_value *value = &values[i];
        char *copy = value->text != NULL ? strdup(value->text) : NULL;
        table->failed = table->failed || (value->text != NULL && copy == NULL);
        table->cells[table->rows * (size_t)count + (size_t)i] =
            (struct cli_results_cell){copy, value->number};
    }
    table->rows++;
    return !table->failed;
}

void cli_results_free(struct cli_results_table *table)
{
    for (size_t i = 0; i < table->rows * (size_t)table->columns; i++)
        free(table->cells[i].text);
    for (int i = 0; i < table->columns; i++)
        free(table->names[i]);
    free(table->cells);
}

/* ---- writing ---- */

static bool has_numbers(const struct cli_results_table *table, int column)
{
    for (size_t row = 0; row < table->rows; row++)
        if (cell(table, row, column)->text != NULL && !cell(table, row, column)->number)
            return false;
    return true;
}

static int width_of(const char *text)
{
    return tri_text_width(text, strlen(text));
}

struct layout {
    int widths[TRI_STORE_COLUMNS];
    bool right[TRI_STORE_COLUMNS];
};

static void lay_out(const struct cli_results_table *table, struct layout *layout)
{
    for (int i = 0; i < table->columns; i++) {
        layout->widths[i] = width_of(table->names[i]);
        layout->right[i] = has_numbers(table, i);
        for (size_t row = 0; row < table->rows; row++) {
            const int width = width_of(text_of(table, row, i, "-"));
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
        for (int i = 0; i < table->columns; i++)
            put_text(file, &layout, i, text_of(table, row, i, "-"), i == table->columns - 1);
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
            tri_csv_cell(file, text_of(table, row, i, ""));
            fputs(i < table->columns - 1 ? "," : "\n", file);
        }
    }
}

static json_t *value_json(const struct cli_results_cell *value)
{
    return value->text == NULL ? json_null()
           : value->number     ? json_loads(value->text, JSON_DECODE_ANY, NULL)
                               : json_string(value->text);
}

/* NULL: a value is no text, or memory ran out; *column is where. */
static json_t *row_json(const struct cli_results_table *table, size_t row, int *column)
{
    json_t *object = json_object();

    for (int i = 0; i < table->columns; i++) {
        *column = i;
        if (json_object_set_new(object, table->names[i], value_json(cell(table, row, i))) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

enum tri_status cli_results_json(FILE *file, const struct cli_results_table *table,
                                 struct tri_error *error)
{
    json_t *rows = json_array();
    int column = 0;
    bool made = rows != NULL;

    for (size_t row = 0; row < table->rows && made; row++)
        made = json_array_append_new(rows, row_json(table, row, &column)) == 0;
    if (made) {
        json_dumpf(rows, file, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
        fputc('\n', file);
    }
    json_decref(rows);
    return made ? TRI_OK
                : tri_fail(error, TRI_FAILED,
                           "column %s is not text, which JSON needs; ask for hex() of it",
                           table->names[column]);
}
