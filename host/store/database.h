/* database.h -- connections to SQLite databases, for what is not a store: experiments of the lab.
 */
#ifndef TRIPTYCH_DATABASE_H
#define TRIPTYCH_DATABASE_H

#include "triptych.h"

/* A connection. One thread at a time may use it. */
struct tri_database;

/* What became of statements. SQLite refuses one that would wait for a transaction which waits for
 * it, or whose own transaction has read what others have changed since. */
enum tri_database_answer { TRI_DATABASE_DONE, TRI_DATABASE_REFUSED, TRI_DATABASE_FAILED };

struct tri_database_calls {
    /* Opens the database, and makes it if it is not there. Without `patient`, the connection waits
     * for no lock. TRI_FAILED: it cannot be opened. To be closed. */
    enum tri_status (*open)(const char *path, bool patient, struct tri_database **database,
                            struct tri_error *error);
    /* Also takes back a transaction that is under way. NULL is ignored. */
    void (*close)(struct tri_database *database);
    /* Runs statements. Gets the number in the first column of the last row, if there is a row;
     * `number` may be NULL. Where another connection has a lock, it tries again each millisecond,
     * for up to 30 seconds. `error` is filled with TRI_DATABASE_FAILED. */
    enum tri_database_answer (*run)(struct tri_database *database, const char *sql, int64_t *number,
                                    struct tri_error *error);
    /* How often the connection has waited for a lock. */
    long (*waits)(const struct tri_database *database);
};

/* NULL: SQLite cannot be had, with the reason. */
const struct tri_database_calls *tri_database_load(struct tri_error *error);

#endif
