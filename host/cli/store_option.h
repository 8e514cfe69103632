/* store_option.h -- the option --store of bench, compare and lab. */
#ifndef TRIPTYCH_CLI_STORE_OPTION_H
#define TRIPTYCH_CLI_STORE_OPTION_H

#include "triptych.h"

struct json_t; /* of jansson.h */

#define CLI_STORE_HELP \
    "add the results to this SQLite database, which is made if it is not there; 'triptych " \
    "results' " \
    "shows what it holds"

/* Stores what --json would write, and says so. Takes `json` over. Does nothing if `path` is NULL.
 */
enum tri_status cli_store(const char *path, struct json_t *json, struct tri_error *error);

#endif
