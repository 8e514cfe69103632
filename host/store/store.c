/* store.c -- loads the module that knows SQLite, and takes results apart for it. */
#include "store/store.h"

#include "measure/measure.h"
#include "measure/results.h"
#include "module.h"
#include "store/database.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const struct tri_store_module *load(struct tri_error *error)
{
#ifdef TRI_STORE
    return tri_module_load("store", error);
#else
    tri_fail(error, TRI_FAILED,
             "this triptych was built without SQLite; install libsqlite3-dev and build it again");
    return NULL;
#endif
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* The columns of a run; texts belong to `root`. */
static struct tri_store_run run_of(const json_t *root)
{
    const json_t *environment = json_object_get(root, "environment");
    const json_t *machine =
        environment != NULL ? environment : root; /* the lab has it at the top */

    return (struct tri_store_run){.kind = text_of(root, "kind"),
                                  .date = text_of(root, "date"),
                                  .triptych = text_of(root, "triptych"),
                                  .commit = text_of(environment, "commit"),
                                  .cpu = text_of(machine, "cpu"),
                                  .cores =
                                      (int)json_integer_value(json_object_get(machine, "cores"))};
}

static enum tri_status put(const struct tri_store_module *module, const char *path, json_t *root,
                           int64_t *number, struct tri_error *error)
{
    struct tri_store_run run = run_of(root);
    struct tri_results results = {0};
    enum tri_status status = TRI_OK;
    char *json = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(6));

    run.json = json;
    if (json == NULL)
        status = tri_fail(error, TRI_FAILED, "out of memory for the results");
    else if (run.kind != NULL && tri_results_have_rows(run.kind)) {
        status = tri_results_take(json_incref(root), "this run", &results, error);
        run.of = &results;
    }
    if (status == TRI_OK)
        status = module->put(path, &run, number, error);
    tri_results_free(&results);
    free(json);
    return status;
}

enum tri_status tri_store_put(const char *path, json_t *root, int64_t *number,
                              struct tri_error *error)
{
    const struct tri_store_module *module = load(error);
    enum tri_status status = TRI_FAILED;

    if (module != NULL && root == NULL)
        status = tri_fail(error, TRI_FAILED, "out of memory for the results");
    else if (module != NULL)
        status = put(module, path, root, number, error);
    json_decref(root);
    return status;
}

enum tri_status tri_store_query(const char *path, const char *sql, const char *const parameters[],
                                tri_store_each *each, void *context, struct tri_error *error)
{
    const struct tri_store_module *module = load(error);

    return module != NULL ? module->query(path, sql, parameters, each, context, error) : TRI_FAILED;
}

const struct tri_database_calls *tri_database_load(struct tri_error *error)
{
    const struct tri_store_module *module = load(error);

    return module != NULL ? module->database : NULL;
}
