/* event_loop.c -- one thread waits for events, and calls back who asked for them: libuv, on which
 * Node.js is built.
 *
 * For: many connections and files that mostly wait. Nothing blocks: one asks for something, names a
 * function and returns. Callbacks run one at a time, so what they share needs no lock.
 * Choose it for servers and user interfaces; such a library knows every kind of waiting. One thread
 * looks after everything in flight, as `lab patterns` shows: one more than those that compute.
 * Not where most of the time is computing: a callback that computes stops all others, so computing
 * is handed to the library's pool, and there files and computing stand in one line: the total is no
 * smaller, and the first answer comes late. And not where the order of steps is to be seen: one
 * follows the callbacks from `start`, at the end, upwards, and each error must find its own way
 * out. async_await.c does the same in fewer lines. How files are read and written without blocking
 * is in lab/event_loop_files.c. */
#include "lab/event_loop_files.h"
#include "lab/patterns.h"
#include "lab/team.h"

#include <stdlib.h>
#include <string.h>

/* Makes one picture after another; several flows take turns. */
struct flow {
    uv_loop_t *loop;
    struct tri_pattern_job *job;
    int *next; /* picture; all flows' */
    struct tri_thumbnail *picture;
    struct tri_uv_file file;
    uv_work_t work;
};

static void start(struct flow *flow);

static void written(struct tri_uv_file *file)
{
    struct flow *flow = file->data;

    if (file->why < 0)
        tri_thumbnail_fail(flow->picture, "cannot write %s: %s", flow->picture->to,
                           strerror(-file->why));
    else
        tri_thumbnail_written(flow->picture);
    start(flow);
}

static void computed(uv_work_t *work, int status)
{
    struct flow *flow = work->data;

    (void)status; /* nobody cancels it */
    if (flow->picture->error.status != TRI_OK) {
        start(flow);
        return;
    }
    flow->file.bytes = flow->picture->data; /* still the picture's */
    flow->file.size = flow->picture->size;
    flow->file.done = written;
    tri_uv_write(flow->loop, &flow->file, flow->picture->to);
}

/* On a thread of the pool: it must not touch the loop. */
static void compute(uv_work_t *work)
{
    struct flow *flow = work->data;

    tri_trace_name_thread("worker", 0);
    tri_thumbnail_compute(flow->picture);
}

static void have_read(struct tri_uv_file *file)
{
    struct flow *flow = file->data;

    flow->picture->data = file->bytes;
    flow->picture->size = file->size;
    if (file->why < 0) {
        tri_thumbnail_fail(flow->picture, "cannot read %s: %s", flow->picture->from,
                           strerror(-file->why));
        start(flow);
        return;
    }
    uv_queue_work(flow->loop, &flow->work, compute, computed);
}

static void start(struct flow *flow)
{
    if (*flow->next == flow->job->count)
        return; /* the loop ends when nobody waits for anything */
    flow->picture = &flow->job->pictures[(*flow->next)++];
    flow->file.done = have_read;
    tri_uv_read(flow->loop, &flow->file, flow->picture->from);
}

/* libuv reads the variable when the process first uses its pool; without it there are 4. */
static int threads_of_pool(void)
{
    const char *text = getenv("UV_THREADPOOL_SIZE");

    return text != NULL && atoi(text) > 0 ? atoi(text) : 4;
}

/* libuv ends the process if it cannot start the threads of its pool, which then stay: so that is
 * tried before, once. */
static enum tri_status try_threads(int count, struct tri_error *error)
{
    static atomic_bool there;
    struct tri_lab_team *team = NULL;

    if (atomic_load(&there))
        return TRI_OK;
    const enum tri_status status = tri_lab_team_new(count, &team, error);
    atomic_store(&there, status == TRI_OK);
    tri_lab_team_free(team);
    return status;
}

static enum tri_status run(struct tri_pattern_job *job, struct tri_error *error)
{
    const int count = 2 * job->workers; /* of two, one is computed and one is read or written */

    job->threads = 1 + threads_of_pool();
    if (try_threads(job->threads, error) != TRI_OK)
        return TRI_FAILED;

    struct flow *flows = calloc((size_t)count, sizeof *flows);
    uv_loop_t loop;
    int next = 0;

    if (flows == NULL || uv_loop_init(&loop) != 0) {
        free(flows);
        return tri_fail(error, TRI_FAILED, "cannot start an event loop: no memory or descriptors");
    }
    for (int i = 0; i < count; i++) {
        flows[i] = (struct flow){.loop = &loop, .job = job, .next = &next};
        flows[i].file.data = flows[i].work.data = &flows[i];
        start(&flows[i]);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    free(flows);
    return TRI_OK;
}

TRI_PATTERN(event_loop) = {
    .name = "event-loop", .structure = "callbacks on one thread, libuv's pool", .run = run};
