/* engine.c -- triptych's own batch, which `triptych run FOLDER` uses.
 *
 * For: files through a pipeline. A bounded number of files is in flight; a thread carries its file
 * from stage to stage, and threads without a file help those that have one (host/batch/batch.c,
 * host/parallel/stream.h).
 * Choose it whenever the job is one that it knows. In `lab patterns` it is what others should come
 * close to: no more threads than workers, a file for each of them in memory, an early first answer.
 * Its lines only call it; what they call is not counted.
 * Not where the steps are other than read, filter and write. */
#include "batch/batch.h"
#include "lab/patterns.h"

#include <stdlib.h>

struct engine {
    struct tri_pattern_job *job;
    struct tri_batch_file *files;
    struct tri_batch batch;
};

/* One call at a time. */
static void through(void *listener, const struct tri_batch_result *result)
{
    const struct engine *engine = listener;
    struct tri_thumbnail *picture = &engine->job->pictures[result->file - engine->files];

    if (result->error.status == TRI_OK)
        tri_thumbnail_written(picture);
    else
        picture->error = result->error;
}

static enum tri_status run_batch(struct engine *engine, struct tri_pool *pool,
                                 struct tri_backend *backend, const struct tri_pipeline *pipeline,
                                 struct tri_error *error)
{
    const struct tri_pattern_job *job = engine->job;

    for (int i = 0; i < job->count; i++)
        engine->files[i] = (struct tri_batch_file){job->pictures[i].from, job->pictures[i].to};
    engine->batch = (struct tri_batch){.pipeline = pipeline,
                                       .backend = backend,
                                       .pool = pool,
                                       .jobs = job->workers,
                                       .files = engine->files,
                                       .count = job->count,
                                       .read = tri_read_options_default(),
                                       .write = tri_write_options_default(),
                                       .strip = true,
                                       .through = through,
                                       .listener = engine};
    const enum tri_status status = tri_batch_run(&engine->batch, error);
    /* A picture that failed has its own error. */
    return engine->batch.done + engine->batch.failed == job->count ? TRI_OK : status;
}

static enum tri_status run(struct tri_pattern_job *job, struct tri_error *error)
{
    struct engine engine = {.job = job, .files = calloc((size_t)job->count, sizeof *engine.files)};
    struct tri_backend_options options = tri_backend_options_default();
    struct tri_backend *backend = NULL;
    struct tri_pipeline *pipeline = NULL;
    struct tri_pool *pool = NULL;
    enum tri_status status = engine.files == NULL
                                 ? tri_fail(error, TRI_FAILED, "out of memory for files")
                                 : tri_pool_new(job->workers, &pool, error);

    job->threads = job->workers;
    options.pool = pool;
    if (status == TRI_OK)
        status = tri_backend_open("threads", &options, &backend, error);
    if (status == TRI_OK)
        status =
            tri_pipeline_parse(TRI_THUMBNAIL_SHRINK "," TRI_THUMBNAIL_FILTER, &pipeline, error);
    if (status == TRI_OK)
        status = run_batch(&engine, pool, backend, pipeline, error);
    tri_pipeline_free(pipeline);
    if (backend != NULL)
        tri_backend_close(backend);
    tri_pool_free(pool);
    free(engine.files);
    return status;
}

TRI_PATTERN(engine) = {.name = "engine", .structure = "triptych's own batch", .run = run};
