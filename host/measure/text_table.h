/* text_table.h -- a table of texts, for a terminal, where long cells are wrapped, or as markdown.
 */
#ifndef TRIPTYCH_TEXT_TABLE_H
#define TRIPTYCH_TEXT_TABLE_H

#include <stdbool.h>
#include <stdio.h>

enum { TRI_TABLE_COLUMNS = 16 };

struct tri_column {
    const char *head;
    int width; /* on the terminal, in characters, without the blank before the next column */
    bool right;
    bool flush; /* further lines of a cell are not indented */
};

/* Initialize with columns and their number, and the stream. */
struct tri_table {
    FILE *file;
    bool markdown;
    struct tri_column columns[TRI_TABLE_COLUMNS];
    int count;
};

/* Counts the characters of `length` bytes of UTF-8, each as wide as any other. */
int tri_text_width(const char *text, size_t length);
void tri_table_heads(const struct tri_table *table);
/* One cell for each column; none is NULL. UTF-8. */
void tri_table_row(const struct tri_table *table, const char *const cells[]);

#endif
