/* results_table.h -- a result of a query as text, CSV or JSON. */
#ifndef TRIPTYCH_CLI_RESULTS_TABLE_H
#define TRIPTYCH_CLI_RESULTS_TABLE_H

#include "store/store.h"

/* Initialize with {0}; release with cli_results_free. */
struct cli_results_table {
    char *names[TRI_STORE_COLUMNS];
    int columns;
    struct cli_results_cell {
        char *text; /* NULL: no value */
        bool number;
    } * cells; /* row by row */
    size_t rows, room;
    bool failed; /* memory ran out */
};

/* A tri_store_each: adds a row, or first of all the names. `table` is the table. */
bool cli_results_add(void *table, int count, const char *const names[],
                     const struct tri_store_value values[]);
/* Columns are as wide as they need, numbers on the right. */
void cli_results_text(FILE *file, const struct cli_results_table *table);
void cli_results_csv(FILE *file, const struct cli_results_table *table);
/* An array of objects. TRI_FAILED: memory ran out, or a value is no text that JSON could hold. */
enum tri_status cli_results_json(FILE *file, const struct cli_results_table *table,
                                 struct tri_error *error);
void cli_results_free(struct cli_results_table *table);

#endif
