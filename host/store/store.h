/* store.h -- results of bench, compare and lab in an SQLite database, which many processes may use
 * at once. Each run is one transaction: it is stored whole, or not at all. */
#ifndef TRIPTYCH_STORE_H
#define TRIPTYCH_STORE_H

#include "triptych.h"

struct json_t; /* of jansson.h */
struct tri_database_calls;

/* What of a run is in columns of its own, beside its JSON. NULL: unknown. */
struct tri_store_run {
    const char *kind, *date, *triptych, *commit, *cpu, *json;
    int cores;              /* 0: unknown */
    struct tri_results *of; /* its rows; NULL: it has none */
};

enum { TRI_STORE_COLUMNS = 64 };

struct tri_store_value {
    const char *text; /* NULL: null */
    bool number;
};

/* Gets a result's columns, in order, at most TRI_STORE_COLUMNS. The first call has no values
 * (NULL): a result without rows has names, too. Texts are valid during the call. False stops. */
typedef bool tri_store_each(void *context, int count, const char *const names[],
                            const struct tri_store_value values[]);

/* What the module provides. Both open the database and close it again. They wait up to 30 seconds
 * for other processes. TRI_FAILED: it cannot be opened, read or written, was made by a later
 * version, or is none of triptych's. TRI_USAGE: `sql` is wrong. */
struct tri_store_module {
    /* Makes the database if it is not there. Gets the run's number. */
    enum tri_status (*put)(const char *path, const struct tri_store_run *run, int64_t *number,
                           struct tri_error *error);
    /* Changes nothing. `parameters` are for ?1, ?2 and so on; the list ends with NULL. */
    enum tri_status (*query)(const char *path, const char *sql, const char *const parameters[],
                             tri_store_each *each, void *context, struct tri_error *error);
    const struct tri_database_calls *database;
};

/* Stores what --json would write; takes `root` over, NULL if memory ran out. Gets its number. */
enum tri_status tri_store_put(const char *path, struct json_t *root, int64_t *number,
                              struct tri_error *error);
enum tri_status tri_store_query(const char *path, const char *sql, const char *const parameters[],
                                tri_store_each *each, void *context, struct tri_error *error);

#endif
