/* store_sqlite.c -- a store as an SQLite database: a write-ahead log, so that readers and a writer
 * do not wait for each other, and immediate transactions, so that a writer waits before it has
 * read. */
#include "store_tables.h"

#include "measure/results.h"
#include "store_sqlite.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 30000, STEPS = sizeof tri_store_steps / sizeof tri_store_steps[0] };

static enum tri_status fail(sqlite3 *db, const char *path, const char *what,
                            struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot %s %s: %s", what, path,
                    db != NULL ? sqlite3_errmsg(db) : "out of memory");
}

static bool run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* Gets a number that a query gives. */
static bool number_of(sqlite3 *db, const char *query, int64_t *number)
{
    sqlite3_stmt *statement;

    *number = 0;
    if (sqlite3_prepare_v2(db, query, -1, &statement, NULL) != SQLITE_OK)
        return false;
    const bool found = sqlite3_step(statement) == SQLITE_ROW;
    if (found)
        *number = sqlite3_column_int64(statement, 0);
    return sqlite3_finalize(statement) == SQLITE_OK && found;
}

/* Refuses databases of other programs and of later versions. An empty file is a new store. All is
 * read at one moment, as another process may be making the tables. */
static enum tri_status check(sqlite3 *db, const char *path, int64_t *version,
                             struct tri_error *error)
{
    int64_t application, tables;
    if (!run(db, "SAVEPOINT at_one_moment") ||
        !number_of(db, "PRAGMA application_id", &application) ||
        !number_of(db, "SELECT count(*) FROM sqlite_schema", &tables) ||
        !number_of(db, "PRAGMA user_version", version) || !run(db, "RELEASE at_one_moment"))
        return fail(db, path, "read", error);
    if (application != TRI_STORE_APPLICATION && (tables > 0 || application != 0))
        return tri_fail(error, TRI_FAILED, "%s is a database, but no store of triptych", path);
    if (*version > STEPS)
        return tri_fail(error, TRI_FAILED,
                        "%s was written by a later version of triptych (tables %d, known are %d)",
                        path, (int)*version, (int)STEPS);
    return TRI_OK;
}

/* ---- writing ---- */

/* Makes the tables those of this version, within a transaction. */
static enum tri_status migrate(sqlite3 *db, const char *path, struct tri_error *error)
{
    char sql[100];
    int64_t version;

    if (check(db, path, &version, error) != TRI_OK)
        return TRI_FAILED;
    if (version == STEPS)
        return TRI_OK;
    for (; version < STEPS; version++) {
        if (!run(db, tri_store_steps[version]))
            return fail(db, path, "make the tables of", error);
    }
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             TRI_STORE_APPLICATION, (int)STEPS);
    return run(db, sql) ? TRI_OK : fail(db, path, "make the tables of", error);
}

/* Two processes may want the log at once, and SQLite then waits for neither. */
static bool use_log(sqlite3 *db)
{
    for (int waited = 0; !run(db, "PRAGMA journal_mode = WAL"); waited += 10) {
        const int code = sqlite3_errcode(db);
        if ((code != SQLITE_BUSY && code != SQLITE_LOCKED) || waited >= WAIT_MS)
            return false;
        sqlite3_sleep(10);
    }
    return true;
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text != NULL && text[0] != '\0' ? text : NULL, -1,
                      SQLITE_STATIC);
}

/* A count of which 0 means unknown. */
static void bind_count(sqlite3_stmt *statement, int at, int count)
{
    if (count > 0)
        sqlite3_bind_int(statement, at, count);
}

static bool insert_run(sqlite3 *db, const struct tri_store_run *stored)
{
    static const char sql[] = "INSERT INTO run (kind, date, triptych, commit_id, cpu, json, cores) "
                              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    const char *const texts[] = {stored->kind,   stored->date, stored->triptych,
                                 stored->commit, stored->cpu,  stored->json};
    sqlite3_stmt *statement;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        return false;
    for (int i = 0; i < 6; i++)
        bind_text(statement, i + 1, texts[i]);
    bind_count(statement, 7, stored->cores);
    const bool done = sqlite3_step(statement) == SQLITE_DONE;
    return sqlite3_finalize(statement) == SQLITE_OK && done;
}

static void bind_row(sqlite3_stmt *statement, const struct tri_results_row *row)
{
    const int counts[] = {row->shape.width, row->shape.height, row->shape.planes,
                          row->shape.bits,  row->frames,       row->workers};

    bind_text(statement, 3, row->pipeline);
    bind_text(statement, 4, row->input);
    bind_text(statement, 5, row->backend);
    bind_text(statement, 6, row->device);
    bind_text(statement, 7, row->isa);
    for (int i = 0; i < 6; i++)
        bind_count(statement, 8 + i, counts[i]);
    sqlite3_bind_int(statement, 14, row->usable);
    sqlite3_bind_int(statement, 15, row->count);
    if (row->usable && row->count > 0)
        sqlite3_bind_double(statement, 16, row->median);
}

static bool insert_rows(sqlite3 *db, int64_t number, const struct tri_results *results)
{
    static const char sql[] =
        "INSERT INTO row (run, number, pipeline, input, backend, device, isa, width, height, "
        "planes,"
        " bits, frames, workers, usable, samples, median_ns) VALUES"
        " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
    sqlite3_stmt *statement;
    bool done = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK;

    for (int i = 0; done && results != NULL && i < results->row_count; i++) {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
        sqlite3_bind_int64(statement, 1, number);
        sqlite3_bind_int(statement, 2, i + 1);
        bind_row(statement, &results->rows[i]);
        done = sqlite3_step(statement) == SQLITE_DONE;
    }
    return sqlite3_finalize(statement) == SQLITE_OK && done;
}

/* One transaction, with the tables if they are missing. */
static enum tri_status insert(sqlite3 *db, const char *path, const struct tri_store_run *stored,
                              int64_t *number, struct tri_error *error)
{
    if (!use_log(db) || !run(db, "PRAGMA foreign_keys = ON") || !run(db, "BEGIN IMMEDIATE"))
        return fail(db, path, "write", error);
    enum tri_status status = migrate(db, path, error);
    if (status == TRI_OK && !insert_run(db, stored))
        status = fail(db, path, "write", error);
    *number = sqlite3_last_insert_rowid(db);
    if (status == TRI_OK && !insert_rows(db, *number, stored->of))
        status = fail(db, path, "write", error);
    if (status == TRI_OK && !run(db, "COMMIT"))
        status = fail(db, path, "write", error);
    return status; /* closing takes back what is not committed */
}

enum tri_status tri_store_sqlite_put(const char *path, const struct tri_store_run *stored,
                                     int64_t *number, struct tri_error *error)
{
    sqlite3 *db = NULL;
    int64_t version;
    enum tri_status status = TRI_OK;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        status = fail(db, path, "open", error);
    else
        sqlite3_busy_timeout(db, WAIT_MS);
    if (status == TRI_OK) /* before anything of another program's file is changed */
        status = check(db, path, &version, error);
    if (status == TRI_OK)
        status = insert(db, path, stored, number, error);
    sqlite3_close(db);
    return status;
}

/* ---- reading ---- */

/* Where nothing may be written, the log cannot be used. If there is none, nobody is writing, and
 * the file can be read as it is. */
static int open_unchanging(const char *path, sqlite3 **db)
{
    char *log = sqlite3_mprintf("%s-wal", path),
         *uri = sqlite3_mprintf("file:%s?immutable=1", path);
    int code = SQLITE_CANTOPEN;

    if (log != NULL && uri != NULL && strpbrk(path, "?#%") == NULL && access(log, F_OK) != 0)
        code = sqlite3_open_v2(uri, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    sqlite3_free(log);
    sqlite3_free(uri);
    return code;
}

/* Whether a read failed because the log's index cannot be made beside the file. */
static bool needs_the_log(sqlite3 *db)
{
    int64_t version;
    return !number_of(db, "PRAGMA user_version", &version) &&
           (sqlite3_errcode(db) == SQLITE_CANTOPEN || sqlite3_errcode(db) == SQLITE_READONLY);
}

static enum tri_status open_to_read(const char *path, sqlite3 **db, int64_t *version,
                                    struct tri_error *error)
{
    if (access(path, R_OK) != 0) /* SQLite says the same of everything that it cannot open */
        return tri_fail(error, TRI_FAILED, "cannot read %s: %s", path, strerror(errno));
    if (sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        return fail(*db, path, "open", error);
    sqlite3_busy_timeout(*db, WAIT_MS);
    if (needs_the_log(*db)) {
        sqlite3_close(*db);
        *db = NULL;
        if (open_unchanging(path, db) != SQLITE_OK)
            return fail(*db, path, "open", error);
    }
    return check(*db, path, version, error);
}

static bool pass_on(sqlite3_stmt *statement, bool values, tri_store_each *each, void *context)
{
    const char *names[TRI_STORE_COLUMNS];
    struct tri_store_value cells[TRI_STORE_COLUMNS];
    const int count = sqlite3_column_count(statement);

    for (int i = 0; i < count; i++) {
        names[i] = sqlite3_column_name(statement, i);
        if (values) {
            const int type = sqlite3_column_type(statement, i);
            cells[i].number = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
            cells[i].text = (const char *)sqlite3_column_text(statement, i);
        }
    }
    return each(context, count, names, values ? cells : NULL);
}

static enum tri_status each_row(sqlite3 *db, const char *path, sqlite3_stmt *statement,
                                tri_store_each *each, void *context, struct tri_error *error)
{
    int code = SQLITE_ROW;

    bool more = pass_on(statement, false, each, context);
    while (more && (code = sqlite3_step(statement)) == SQLITE_ROW)
        more = pass_on(statement, true, each, context);
    return code == SQLITE_ROW || code == SQLITE_DONE ? TRI_OK : fail(db, path, "read", error);
}

static enum tri_status ask(sqlite3 *db, const char *path, const char *sql,
                           const char *const parameters[], tri_store_each *each, void *context,
                           struct tri_error *error)
{
    sqlite3_stmt *statement = NULL;
    const char *rest = NULL;
    enum tri_status status;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, &rest) != SQLITE_OK)
        return tri_fail(error, TRI_USAGE, "the query is wrong: %s", sqlite3_errmsg(db));
    if (statement == NULL || rest[strspn(rest, " \t\r\n;")] != '\0')
        status = tri_fail(error, TRI_USAGE, "the query has to be one statement");
    else if (sqlite3_stmt_readonly(statement) == 0)
        status = tri_fail(error, TRI_USAGE, "the query would change the store");
    else if (sqlite3_column_count(statement) > TRI_STORE_COLUMNS)
        status = tri_fail(error, TRI_USAGE, "the query has %d columns; at most %d are shown",
                          sqlite3_column_count(statement), (int)TRI_STORE_COLUMNS);
    else {
        for (int i = 0; parameters != NULL && parameters[i] != NULL; i++)
            sqlite3_bind_text(statement, i + 1, parameters[i], -1, SQLITE_STATIC);
        status = each_row(db, path, statement, each, context, error);
    }
    sqlite3_finalize(statement);
    return status;
}

enum tri_status tri_store_sqlite_query(const char *path, const char *sql,
                                       const char *const parameters[], tri_store_each *each,
                                       void *context, struct tri_error *error)
{
    sqlite3 *db = NULL;
    int64_t version = 0;

    enum tri_status status = open_to_read(path, &db, &version, error);
    if (status == TRI_OK && version < STEPS)
        status = tri_fail(error, TRI_FAILED,
                          version == 0 ? "%s has no runs"
                                       : "%s is of an earlier version of triptych; "
                                         "storing a run brings it up to date",
                          path);
    if (status == TRI_OK)
        status = ask(db, path, sql, parameters, each, context, error);
    sqlite3_close(db);
    return status;
}
