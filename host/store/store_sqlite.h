/* store_sqlite.h -- between the parts of the module. */
#ifndef TRIPTYCH_STORE_SQLITE_H
#define TRIPTYCH_STORE_SQLITE_H

#include "store/database.h"
#include "store/store.h"

extern const struct tri_database_calls tri_store_sqlite_database;

enum tri_status tri_store_sqlite_put(const char *path, const struct tri_store_run *stored,
                                     int64_t *number, struct tri_error *error);
enum tri_status tri_store_sqlite_query(const char *path, const char *sql,
                                       const char *const parameters[], tri_store_each *each,
                                       void *context, struct tri_error *error);

#endif
