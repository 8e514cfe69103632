/* data_parallel.c -- one picture at a time, and all workers on different strips of it.
 *
 * For: large regular data that all get the same operation: samples, matrices, particles. Workers
 * need no messages and no locks while they work: each writes its own rows, and reads whatever it
 * likes of the input. It is what vector units and GPUs do, and it makes a single item faster.
 * Choose it where one item is large, and its answer is wanted soon.
 * Not where items are many and small: after each operation all wait for the slowest, and what
 * cannot be divided, such as decoding most formats, keeps one worker busy and all others idle
 * (Amdahl).
 *
 * Filtering is spelled out below. The engine divides decoding, shrinking and encoding among the
 * same threads in the same way, as far as they can be divided. */
#include "backend/backend.h"
#include "lab/patterns.h"
#include "parallel/pool.h"

enum { STRIPS_OF_WORKER = 4 }; /* smaller strips let the others help the slowest */

struct division {
    const struct tri_thumbnail_tools *tools; /* each worker on its own */
    struct tri_image *in, *out;
    int strips;
    atomic_int next, status;
};

/* Strips that no other worker has taken. A sobel reads a row more on both sides: that is in the
 * input, which nobody writes. */
static enum tri_status filter_strips(struct division *division, struct tri_job *job,
                                     struct tri_inflight *inflight, struct tri_error *error)
{
    const int height = division->out->shape.height;
    enum tri_status status = TRI_OK;

    for (int i; status == TRI_OK && (i = atomic_fetch_add(&division->next, 1)) < division->strips;)
        status = tri_inflight_rows(inflight, job, division->out, height * i / division->strips,
                                   height * (i + 1) / division->strips, error);
    return status;
}

static void work(void *argument, int worker)
{
    struct division *division = argument;
    const struct tri_thumbnail_tools *tools = division->tools;
    struct tri_inflight *inflight = NULL;
    struct tri_job *job = NULL;
    struct tri_error error;

    (void)worker;
    enum tri_status status =
        tri_job_new(tools->backend, tools->filter, &division->in->shape, &job, &error);
    if (status == TRI_OK)
        status = tri_inflight_new(tools->backend, &inflight, &error);
    if (status == TRI_OK)
        status = tri_inflight_upload(inflight, division->in, &error);
    if (status == TRI_OK)
        status = filter_strips(division, job, inflight, &error);
    if (status != TRI_OK)
        atomic_store(&division->status, (int)status);
    tri_inflight_free(inflight);
    tri_job_free(job);
}

static bool filter(struct tri_thumbnail *picture, struct tri_pool *pool,
                   const struct tri_thumbnail_tools *alone)
{
    struct division division = {.tools = alone, .in = picture->image};
    struct tri_error why;

    if (picture->error.status != TRI_OK)
        return false;
    if (tri_image_new(&picture->image->shape, &division.out, &why) != TRI_OK)
        return tri_thumbnail_fail(picture, "%s: %s", picture->from, why.text);
    division.strips = STRIPS_OF_WORKER * tri_pool_workers(pool);
    tri_image_pad(division.in); /* once, before several read it */
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_STAGE, "filter");
    tri_pool_run(pool, tri_pool_workers(pool), work, &division);
    tri_trace_end(mark);
    tri_image_free(picture->image);
    picture->image = division.out;
    return atomic_load(&division.status) == TRI_OK ||
           tri_thumbnail_fail(picture, "%s: cannot be filtered in strips", picture->from);
}

static void make(struct tri_thumbnail *picture, struct tri_pool *pool,
                 struct tri_thumbnail_tools *all)
{
    const struct tri_thumbnail_tools *alone = picture->tools;

    picture->tools = all;
    if (tri_thumbnail_read(picture) && tri_thumbnail_decode(picture) &&
        tri_thumbnail_shrink(picture) && filter(picture, pool, alone) &&
        tri_thumbnail_encode(picture))
        tri_thumbnail_write(picture);
}

static enum tri_status run(struct tri_pattern_job *job, struct tri_error *error)
{
    struct tri_thumbnail_tools all;
    struct tri_pool *pool;
    enum tri_status status = tri_pool_new(job->workers, &pool, error);

    job->threads = job->workers;
    if (status != TRI_OK)
        return status;
    status = tri_thumbnail_tools_open(pool, &all, error);
    for (int i = 0; i < job->count && status == TRI_OK; i++)
        make(&job->pictures[i], pool, &all);
    tri_thumbnail_tools_close(&all);
    tri_pool_free(pool);
    return status;
}

TRI_PATTERN(data_parallel) = {
    .name = "data-parallel", .structure = "all workers on strips of one picture", .run = run};
