/* store_database.c -- connections to SQLite databases. */
#include "store_sqlite.h"

#include <sqlite3.h>
#include <stdlib.h>

enum { WAITS_MAX = 30000 };

struct tri_database {
    sqlite3 *db;
    bool patient;
    long waits;
};

/* SQLite's own handler sleeps longer and longer, so that times would be about its naps. */
static int wait_a_moment(void *argument, int times)
{
    struct tri_database *database = argument;

    if (!database->patient || times >= WAITS_MAX)
        return 0;
    database->waits++;
    sqlite3_sleep(1);
    return 1;
}

static void disconnect(struct tri_database *database)
{
    if (database == NULL)
        return;
    sqlite3_close(database->db);
    free(database);
}

static enum tri_status connect_to(const char *path, bool patient, struct tri_database **database,
                                  struct tri_error *error)
{
    struct tri_database *opened = *database = calloc(1, sizeof *opened);

    if (opened == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a database");
    opened->patient = patient;
    if (sqlite3_open_v2(path, &opened->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) ==
            SQLITE_OK &&
        sqlite3_busy_handler(opened->db, wait_a_moment, opened) == SQLITE_OK)
        return TRI_OK;
    tri_fail(error, TRI_FAILED, "cannot open %s: %s", path,
             opened->db != NULL ? sqlite3_errmsg(opened->db) : "out of memory");
    disconnect(opened);
    *database = NULL;
    return TRI_FAILED;
}

/* Runs a statement to its end. Returns SQLite's code. */
static int finish(sqlite3_stmt *statement, int64_t *number)
{
    int code;

    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        if (number != NULL)
            *number = sqlite3_column_int64(statement, 0);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static enum tri_database_answer run(struct tri_database *database, const char *sql, int64_t *number,
                                    struct tri_error *error)
{
    int code = SQLITE_OK;

    while (code == SQLITE_OK && *sql != '\0') {
        sqlite3_stmt *statement = NULL;
        code = sqlite3_prepare_v2(database->db, sql, -1, &statement, &sql);
        if (code == SQLITE_OK && statement != NULL)
            code = finish(statement, number);
        sqlite3_finalize(statement);
    }
    if (code == SQLITE_OK)
        return TRI_DATABASE_DONE;
    if (code == SQLITE_BUSY)
        return TRI_DATABASE_REFUSED;
    tri_fail(error, TRI_FAILED, "SQLite failed: %s", sqlite3_errmsg(database->db));
    return TRI_DATABASE_FAILED;
}

static long waits(const struct tri_database *database)
{
    return database->waits;
}

const struct tri_database_calls tri_store_sqlite_database = {
    .open = connect_to, .close = disconnect, .run = run, .waits = waits};
