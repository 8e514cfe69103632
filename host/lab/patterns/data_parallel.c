/* data_parallel.c -- the same operation on different data at the same time; then all wait for each
 * other, and go on to the next operation. Here at two scales: on the pictures of a group, and, for
 * filtering, on strips of one picture.
 *
 * For: large regular data that all get the same operation: samples, matrices, particles. Workers
 * need no messages and no locks: each writes its own rows, and reads what it likes of the input.
 * It is what vector units and GPUs do, and divided within an item it makes a single one faster.
 * Choose it where an item is large and its answer is wanted soon, or where items are alike.
 * Not for many small items: in `lab patterns` they go through in groups, as decoding one picture
 * cannot be divided. So the first answer comes when a whole group is through, later than where a
 * thread has a picture of its own; all of a group are in memory, decoded; and after each operation
 * all wait for the slowest, which adds to the total. */
#include "backend/backend.h"
#include "lab/patterns.h"
#include "parallel/pool.h"

/* Smaller strips let the others help the slowest. */
enum { STRIPS_OF_WORKER = 4, PICTURES_OF_WORKER = 2 };

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
    struct tri_image out = *division->out; /* the same samples, but flags of its own */
    const int height = out.shape.height;
    enum tri_status status = TRI_OK;

    for (int i; status == TRI_OK && (i = atomic_fetch_add(&division->next, 1)) < division->strips;)
        status = tri_inflight_rows(inflight, job, &out, height * i / division->strips,
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

static void filter(struct tri_thumbnail *picture, struct tri_pool *pool)
{
    struct division division = {.tools = picture->tools,
                                .in = picture->image,
                                .strips = STRIPS_OF_WORKER * tri_pool_workers(pool)};
    struct tri_error why;

    if (picture->error.status != TRI_OK)
        return;
    if (tri_image_new(&picture->image->shape, &division.out, &why) != TRI_OK) {
        tri_thumbnail_fail(picture, "%s: %s", picture->from, why.text);
        return;
    }
    tri_image_pad(division.in); /* once, before several read it */
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_STAGE, "filter");
    tri_pool_run(pool, tri_pool_workers(pool), work, &division);
    tri_trace_end(mark);
    tri_image_free(picture->image);
    picture->image = division.out;
    if (atomic_load(&division.status) != TRI_OK)
        tri_thumbnail_fail(picture, "%s: cannot be filtered in strips", picture->from);
}

/* ---- one step of all pictures of a group ---- */

struct group {
    struct tri_thumbnail *pictures;
    int count;
    bool (*step)(struct tri_thumbnail *picture);
    atomic_int next;
};

static void take_pictures(void *argument, int worker)
{
    struct group *group = argument;

    (void)worker;
    for (int i; (i = atomic_fetch_add(&group->next, 1)) < group->count;)
        group->step(&group->pictures[i]);
}

static void step_of_all(struct group *group, struct tri_pool *pool,
                        bool (*step)(struct tri_thumbnail *picture))
{
    group->step = step;
    atomic_store(&group->next, 0);
    tri_pool_run(pool, tri_pool_workers(pool), take_pictures, group);
}

static void make(struct group *group, struct tri_pool *pool)
{
    step_of_all(group, pool, tri_thumbnail_read);
    step_of_all(group, pool, tri_thumbnail_decode);
    step_of_all(group, pool, tri_thumbnail_shrink);
    for (int i = 0; i < group->count; i++)
        filter(&group->pictures[i], pool);
    step_of_all(group, pool, tri_thumbnail_encode);
    step_of_all(group, pool, tri_thumbnail_write);
}

static enum tri_status run(struct tri_pattern_job *job, struct tri_error *error)
{
    const int most = PICTURES_OF_WORKER * job->workers; /* in memory at a time */
    struct tri_pool *pool;
    const enum tri_status status = tri_pool_new(job->workers, &pool, error);

    job->threads = job->workers;
    for (int i = 0; i < job->count && status == TRI_OK; i += most) {
        struct group group = {.pictures = &job->pictures[i],
                              .count = job->count - i < most ? job->count - i : most};
        make(&group, pool);
    }
    tri_pool_free(pool);
    return status;
}

TRI_PATTERN(data_parallel) = {
    .name = "data-parallel", .structure = "each step for a group; filtering in strips", .run = run};
