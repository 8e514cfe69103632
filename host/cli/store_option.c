/* store_option.c -- the option --store of bench, compare and lab. */
#include "cli/store_option.h"

#include "cli/cli.h"
#include "cli/interrupt.h"
#include "store/store.h"

#include <inttypes.h>
#include <jansson.h>

enum tri_status cli_store(const char *path, json_t *json, struct tri_error *error)
{
    int64_t number = 0;

    cli_interrupt_catch();
    cli_write_begin();
    const enum tri_status status = tri_store_put(path, json, &number, error);
    cli_write_end();
    if (status == TRI_OK)
        cli_note("stored as run %" PRId64 " of %s", number, path);
    return status;
}
