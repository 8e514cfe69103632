/* data_table.h -- the file of --data: lines of comma-separated values, as they are or as JSON. */
#ifndef TRI_DATA_TABLE_H
#define TRI_DATA_TABLE_H

#include "../triptych.h"

struct tri_data_table {
    FILE *file;          /* the caller closes it; NULL: no table is wanted */
    const char *name;    /* of the file, for messages */
    bool json;           /* an array with an object for each line; else CSV with a first line */
    const char *key;     /* the first column, which tells where a line comes from */
    bool numbered;       /* keys are numbers, but for "all" */
    const char *columns; /* the others, separated by commas */
    /* Makes lines for two texts together, for all keys in the end; NULL: none */
    void (*merge)(FILE *to, const char *total, const char *lines);
    /* Filled in; zero at first: */
    bool begun, any_line;
    char *total; /* of the keys so far */
    long keys;
};

/* Returns whether a file of that name gets JSON. */
bool tri_data_table_is_json(const char *path);
/* Adds the lines that belong to `key`, which is text of any kind. Values are text without commas:
 * in JSON, numbers stay numbers, and what is empty becomes null. */
enum tri_status tri_data_table_put(struct tri_data_table *table, const char *key, const char *lines,
                                   struct tri_error *error);
/* Writes the lines for several keys together, whose key is "all", and what follows the last line.
 * To be called once, after failures too. */
enum tri_status tri_data_table_end(struct tri_data_table *table, struct tri_error *error);

#endif
