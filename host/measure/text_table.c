/* text_table.c -- a table of texts, for a terminal, where long cells are wrapped, or as markdown.
 */
#include "measure/text_table.h"

#include <string.h>

int tri_text_width(const char *text, size_t length)
{
    int width = 0;

    for (size_t i = 0; i < length; i++)
        width += (text[i] & 0xC0) != 0x80;
    return width;
}

/* Returns the bytes of `width` characters, or of the whole text if it is shorter. */
static size_t bytes_of(const char *text, int width)
{
    size_t length = 0;

    while (text[length] != '\0' && width > 0) {
        length++;
        while ((text[length] & 0xC0) == 0x80)
            length++;
        width--;
    }
    return length;
}

/* Returns the bytes of the text's next line: up to the last blank that fits, or after the last
 * comma, colon or slash, or else as much as fits. */
static size_t next_line(const char *text, int width)
{
    const size_t most = bytes_of(text, width);
    size_t at = most;

    if (text[most] == '\0' || text[most] == ' ')
        return most;
    while (at > 0 && strchr(" ,:/", text[at - 1]) == NULL)
        at--;
    return at > 0 ? at : most;
}

/* Blanks are owed until text follows, so that no line ends with them. */
static void put_cell(const struct tri_table *table, int column, const char *text, size_t length,
                     int *owed)
{
    const struct tri_column *own = &table->columns[column];
    const int width = tri_text_width(text, length),
              gap = own->width > width ? own->width - width : 0;

    *owed += own->right ? gap : 0;
    if (length > 0) {
        fprintf(table->file, "%*s%.*s", *owed, "", (int)length, text);
        *owed = 0;
    }
    *owed += 1 + (own->right ? 0 : gap);
}

/* Prints one line of a row, and advances the cells. Returns whether any text is left. */
static bool put_line(const struct tri_table *table, const char *rest[], bool first)
{
    bool more = false;
    int owed = 0;

    for (int i = 0; i < table->count; i++) {
        const struct tri_column *own = &table->columns[i];
        const int indent = !first && !own->right && !own->flush && *rest[i] != '\0';
        size_t length = next_line(rest[i], own->width - indent), shown = length;

        while (shown > 0 && rest[i][shown - 1] == ' ')
            shown--;
        char cell[256];
        const int bytes =
            snprintf(cell, sizeof cell, "%s%.*s", indent ? " " : "", (int)shown, rest[i]);
        put_cell(table, i, cell, (size_t)bytes < sizeof cell ? (size_t)bytes : sizeof cell - 1,
                 &owed);
        rest[i] += length;
        rest[i] += strspn(rest[i], " ");
        more |= *rest[i] != '\0';
    }
    fputc('\n', table->file);
    return more;
}

/* Markdown ends a cell at a bar. */
static void put_markdown(const struct tri_table *table, const char *const cells[])
{
    fputc('|', table->file);
    for (int i = 0; i < table->count; i++) {
        fputc(' ', table->file);
        for (const char *c = cells[i]; *c; c++) {
            fputs(*c == '|' ? "\\" : "", table->file);
            fputc(*c == '\n' ? ' ' : *c, table->file);
        }
        fputs(" |", table->file);
    }
    fputc('\n', table->file);
}

void tri_table_row(const struct tri_table *table, const char *const cells[])
{
    const char *rest[TRI_TABLE_COLUMNS];

    if (table->markdown) {
        put_markdown(table, cells);
        return;
    }
    for (int i = 0; i < table->count; i++)
        rest[i] = cells[i];
    for (bool first = true; put_line(table, rest, first); first = false)
        continue;
}

void tri_table_heads(const struct tri_table *table)
{
    const char *heads[TRI_TABLE_COLUMNS];

    for (int i = 0; i < table->count; i++)
        heads[i] = table->columns[i].head;
    tri_table_row(table, heads);
    if (!table->markdown)
        return;
    fputc('|', table->file);
    for (int i = 0; i < table->count; i++)
        fputs(table->columns[i].right ? "--:|" : "---|", table->file);
    fputc('\n', table->file);
}
