/* data_table.c -- writes lines of comma-separated values as CSV or as JSON. */
#include "data_table.h"

#include "text_csv.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool tri_data_table_is_json(const char *path)
{
    const size_t length = strlen(path);
    return length > 5 && strcasecmp(path + length - 5, ".json") == 0;
}

/* ---- CSV ---- */

static void put_csv(const struct tri_data_table *table, const char *key, const char *line,
                    size_t length)
{
    tri_csv_text(table->file, key);
    fprintf(table->file, "%.*s\n", (int)length, line);
}

/* ---- JSON ---- */

/* A whole number or one with a fraction, as printf writes them. */
static bool is_number(const char *text, size_t length)
{
    const size_t sign = length > 0 && text[0] == '-';
    bool point = false;
    if (length == sign || !isdigit((unsigned char)text[sign]) ||
        !isdigit((unsigned char)text[length - 1]))
        return false;
    for (size_t i = sign; i < length; i++) {
        if (!isdigit((unsigned char)text[i]) && (text[i] != '.' || point))
            return false;
        point |= text[i] == '.';
    }
    return true;
}

/* In text that is not UTF-8, all bytes beyond ASCII become question marks. */
static void put_string(FILE *to, const char *text, size_t length)
{
    json_t *string = json_stringn(text, length);
    char *copy = string == NULL ? strndup(text, length) : NULL;
    for (char *at = copy; at != NULL && *at != '\0'; at++)
        *at = (unsigned char)*at > 127 ? '?' : *at;
    if (copy != NULL)
        string = json_string(copy);
    if (string == NULL || json_dumpf(string, to, JSON_ENCODE_ANY) != 0)
        fputs("null", to);
    json_decref(string);
    free(copy);
}

static void put_value(FILE *to, const char *text, size_t length)
{
    if (length == 0)
        fputs("null", to);
    else if (is_number(text, length))
        fwrite(text, 1, length, to);
    else
        put_string(to, text, length);
}

static void put_json(const struct tri_data_table *table, const char *key, const char *line,
                     size_t length)
{
    const char *column = table->columns, *end = line + length;
    fputs(table->any_line ? ",\n{" : "\n{", table->file);
    put_string(table->file, table->key, strlen(table->key));
    fputs(": ", table->file);
    if (table->numbered && is_number(key, strlen(key)))
        fputs(key, table->file);
    else
        put_string(table->file, key, strlen(key));
    while (*column != '\0') {
        const size_t name = strcspn(column, ","), value = strcspn(line, ",\n");
        fputs(", ", table->file);
        put_string(table->file, column, name);
        fputs(": ", table->file);
        put_value(table->file, line, value);
        column += name + (column[name] == ',');
        line += line + value < end ? value + 1 : value;
    }
    fputc('}', table->file);
}

/* ---- the table ---- */

static void begin(struct tri_data_table *table)
{
    if (!table->begun && table->json)
        fputc('[', table->file);
    else if (!table->begun)
        fprintf(table->file, "%s,%s\n", table->key, table->columns);
    table->begun = true;
}

static enum tri_status check(const struct tri_data_table *table, struct tri_error *error)
{
    return !ferror(table->file)
               ? TRI_OK
               : tri_fail(error, TRI_FAILED, "cannot write %s: %s", table->name, strerror(errno));
}

static void put_lines(struct tri_data_table *table, const char *key, const char *lines)
{
    begin(table);
    for (const char *line = lines; line != NULL && *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        if (table->json)
            put_json(table, key, line, length);
        else
            put_csv(table, key, line, length);
        table->any_line = true;
        line += length + (line[length] == '\n');
    }
}

/* Adds lines to the total. */
static enum tri_status add(struct tri_data_table *table, const char *lines, struct tri_error *error)
{
    char *sum = NULL;
    size_t size = 0;
    if (table->merge == NULL || lines == NULL)
        return TRI_OK;
    if (table->keys++ == 0) {
        sum = strdup(lines);
    } else {
        FILE *to = open_memstream(&sum, &size);
        if (to != NULL)
            table->merge(to, table->total, lines);
        if (to != NULL && (ferror(to) | (fclose(to) != 0)) != 0) {
            free(sum);
            sum = NULL;
        }
    }
    free(table->total);
    table->total = sum;
    return sum != NULL
               ? TRI_OK
               : tri_fail(error, TRI_FAILED, "out of memory for the totals of %s", table->name);
}

enum tri_status tri_data_table_put(struct tri_data_table *table, const char *key, const char *lines,
                                   struct tri_error *error)
{
    if (table->file == NULL)
        return TRI_OK;
    put_lines(table, key, lines);
    const enum tri_status status = add(table, lines, error);
    return status == TRI_OK ? check(table, error) : status;
}

enum tri_status tri_data_table_end(struct tri_data_table *table, struct tri_error *error)
{
    if (table->file == NULL)
        return TRI_OK;
    put_lines(table, "all", table->keys > 1 ? table->total : NULL);
    if (table->json)
        fputs("\n]\n", table->file);
    free(table->total);
    table->total = NULL;
    return check(table, error);
}
