/* results_table.h -- a result of a query as text, CSV or JSON. */
#ifndef TRIPTYCH_CLI_RESULTS_TABLE_H
#define TRIPTYCH_CLI_RESULTS_TABLE_H

#include <stdbool.h>
#include <stdio.h>

enum { CLI_RESULTS_COLUMNS = 64 };

/* Initialize with {0}; release with cli_results_free. Cells are NULL where there is no value. */
struct cli_results_table {
    char *names[CLI_RESULTS_COLUMNS];
    int columns;
    char **cells; /* row by row */
    size_t rows, room;
    bool failed; /* memory ran out */
};

/* A tri_store_each: adds a row, or first of all the names. `table` is the table. */
bool cli_results_add(void *table, int count, const char *const names[], const char *const values[]);
/* Columns are as wide as they need, numbers on the right. */
void cli_results_text(FILE *file, const struct cli_results_table *table);
void cli_results_csv(FILE *file, const struct cli_results_table *table);
/* An array of objects. False: memory ran out, or the file cannot be written. */
bool cli_results_json(FILE *file, const struct cli_results_table *table);
void cli_results_free(struct cli_results_table *table);

#endif
