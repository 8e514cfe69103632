/* engine.c -- opens the backend and the threads of triptych run. */
#include "cli/cli.h"
#include "cli/run.h"
#include "parallel/pool.h"

#include <stdlib.h>
#include <string.h>

/* Extra threads: those that wait for transfers to or from a device's own memory use no core. */
#define WAITING 2

int cli_workers(const char *on)
{
    if (strcmp(on, "sequential") == 0)
        return 1;
    if (strncmp(on, "threads:", 8) == 0)
        return atoi(on + 8) > 1 ? atoi(on + 8) : 1;
    return tri_cpu_workers();
}

static void note(void *listener, const char *text)
{
    (void)listener;
    cli_note("%s", text);
}

/* One pool of threads does everything; a backend on the CPU uses part of it, or all. */
static enum tri_status open_engine(const struct cli_run_request *request, struct cli_engine *engine,
                                   struct tri_error *error)
{
    struct tri_backend_options with = {
        .size = sizeof with, .isa = request->isa, .note = request->quiet ? NULL : note};
    const bool several = tri_names_several(request->on);

    cli_set_opencl_environment(&request->on, 1);
    if (strncmp(request->on, "opencl", 6) == 0 && !several &&
        tri_backend_open(request->on, &with, &engine->backend, error) != TRI_OK)
        return error->status;
    const int waiting =
        several || (engine->backend != NULL && tri_backend_info(engine->backend)->gpu) ? WAITING
                                                                                       : 0;
    const int workers = cli_workers(request->on) + waiting;
    engine->jobs = request->jobs > 0 ? (int)request->jobs : workers;
    const int threads = engine->jobs > workers ? engine->jobs : workers;
    if (threads > 1 && threads <= CLI_JOBS_MAX &&
        tri_pool_new(threads, &engine->pool, error) != TRI_OK)
        return TRI_FAILED;
    with.pool = engine->pool;
    if (engine->backend == NULL &&
        tri_backend_open(request->on, &with, &engine->backend, error) != TRI_OK)
        return error->status;
    /* While one thread waits for the device, the others read and write. */
    if ((tri_backend_info(engine->backend)->opencl || several) && request->jobs == 0)
        engine->jobs = workers + 1;
    engine->quiet = request->quiet;
    cli_engine_tell(engine);
    return TRI_OK;
}

enum tri_status cli_engine_open(const struct cli_run_request *request, struct cli_engine *engine,
                                struct tri_error *error)
{
    const enum tri_status status = open_engine(request, engine, error);

    if (!request->quiet)
        cli_note_drivers(status == TRI_OK ? NULL : error);
    if (request->verbose && status == TRI_OK) {
        const struct tri_backend_info *info = tri_backend_info(engine->backend);
        cli_say("%s: %s, %s, %d worker%s; %d at a time", info->name, info->device, info->isa,
                info->workers, info->workers == 1 ? "" : "s", engine->jobs);
    }
    return status;
}

void cli_engine_tell(struct cli_engine *engine)
{
    if (engine->backend != NULL && !engine->quiet)
        cli_backend_notes(engine->backend, &engine->told);
}

void cli_engine_close(struct cli_engine *engine)
{
    cli_engine_tell(engine);
    tri_backend_close(engine->backend);
    tri_pool_free(engine->pool);
}
