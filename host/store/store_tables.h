/* store_tables.h -- the tables of a store, and how older ones become these. */
#ifndef TRIPTYCH_STORE_TABLES_H
#define TRIPTYCH_STORE_TABLES_H

/* "trip": says, with SQLite's own files command too, whose database this is. */
enum { TRI_STORE_APPLICATION = 0x74726970 };

/* Step n makes tables of version n + 1 from those of version n, which PRAGMA user_version holds. A
 * step that has been released never changes; what is to change is a further step. */
static const char *const tri_store_steps[] = {
    "CREATE TABLE run ("
    " id INTEGER PRIMARY KEY,"
    " stored TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),"
    " kind TEXT NOT NULL, date TEXT, triptych TEXT, commit_id TEXT, cpu TEXT, cores INTEGER,"
    " json TEXT NOT NULL CHECK (json_valid(json))) STRICT;"
    /* Times are nanoseconds. */
    "CREATE TABLE row ("
    " run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE, number INTEGER NOT NULL,"
    " pipeline TEXT NOT NULL, input TEXT, width INTEGER, height INTEGER, planes INTEGER,"
    " bits INTEGER, frames INTEGER, backend TEXT, device TEXT, isa TEXT, workers INTEGER,"
    " usable INTEGER NOT NULL, samples INTEGER NOT NULL, median_ns REAL,"
    " PRIMARY KEY (run, number)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX row_of_pipeline ON row (pipeline, run);",
};

#endif
