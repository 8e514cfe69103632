/* store_module.c -- what this module provides to store.c. */
#include "store_sqlite.h"

#include <string.h>

static const struct tri_store_module module = {.put = tri_store_sqlite_put,
                                               .query = tri_store_sqlite_query,
                                               .database = &tri_store_sqlite_database};
TRI_MODULE_BEGIN(module)
