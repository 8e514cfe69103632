/* quadrants.c -- waiting and computing, one after another, concurrently and in parallel: which of
 * them helps with which. */
#include "lab/affinity.h"
#include "lab/lab.h"
#include "lab/peer.h"
#include "lab/picture.h"
#include "lab/team.h"
#include "trace/trace.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS = 12, WORKERS_MAX = 64, DELAY_NS = 3000000 };

struct quadrants {
    struct tri_lab_peer *peer;
    struct tri_lab_picture *pictures[TASKS], *device;
    int passes; /* of the filter over a task's picture, so that a task takes a while */
    struct tri_lab_team *pinned, *waiting, *computing; /* one thread a task; as many as workers */
    atomic_int next;
};

/* ---- waiting: for the answer of a peer ---- */

static void wait_for(struct quadrants *whole, int task)
{
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_WORK, "answer");

    if (tri_lab_peer_ask(whole->peer, task))
        tri_lab_peer_answer(whole->peer, task);
    tri_trace_end(mark);
}

static void wait_one_by_one(void *argument)
{
    for (int i = 0; i < TASKS; i++)
        wait_for(argument, i);
}

/* Takes the answers that have come; those sockets are not looked at again. Returns how many. */
static int take_answers(const struct quadrants *whole, struct pollfd *sockets)
{
    int taken = 0;

    for (int i = 0; i < TASKS; i++)
        if (sockets[i].fd >= 0 && sockets[i].revents != 0) {
            tri_lab_peer_answer(whole->peer, i);
            sockets[i].fd = -1;
            taken++;
        }
    return taken;
}

/* An event loop: it asks all, and waits for whichever answers. */
static void wait_for_any(void *argument)
{
    const struct quadrants *whole = argument;
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_WORK, "answer");
    struct pollfd sockets[TASKS];
    int left = 0;

    for (int i = 0; i < TASKS; i++) {
        const bool asked = tri_lab_peer_ask(whole->peer, i);
        sockets[i] = (struct pollfd){asked ? tri_lab_peer_socket(whole->peer, i) : -1, POLLIN, 0};
        left += asked;
    }
    while (left > 0)
        if (poll(sockets, TASKS, -1) >= 0 || errno != EINTR)
            left -= take_answers(whole, sockets);
    tri_trace_end(mark);
}

static void wait_as_member(void *argument, int member)
{
    wait_for(argument, member);
}

static void wait_in_pinned_threads(void *argument)
{
    tri_lab_team_run(((struct quadrants *)argument)->pinned, "thread", wait_as_member, argument);
}

static void wait_in_threads(void *argument)
{
    tri_lab_team_run(((struct quadrants *)argument)->waiting, "thread", wait_as_member, argument);
}

/* ---- computing: filters on pictures ---- */

static void compute(struct tri_lab_picture *picture, int passes)
{
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_STAGE, "filter");

    for (int i = 0; i < passes; i++)
        tri_lab_picture_run(picture);
    tri_trace_end(mark);
}

static void compute_one_by_one(void *argument)
{
    const struct quadrants *whole = argument;

    for (int i = 0; i < TASKS; i++)
        compute(whole->pictures[i], whole->passes);
}

/* An event loop: each task does one pass in its turn. */
static void compute_in_turns(void *argument)
{
    const struct quadrants *whole = argument;

    for (int pass = 0; pass < whole->passes; pass++)
        for (int i = 0; i < TASKS; i++)
            compute(whole->pictures[i], 1);
}

static void compute_as_member(void *argument, int member)
{
    const struct quadrants *whole = argument;

    compute(whole->pictures[member], whole->passes);
}

static void compute_in_pinned_threads(void *argument)
{
    tri_lab_team_run(((struct quadrants *)argument)->pinned, "thread", compute_as_member, argument);
}

static void take_tasks(void *argument, int member)
{
    struct quadrants *whole = argument;

    (void)member;
    for (int i; (i = atomic_fetch_add(&whole->next, 1)) < TASKS;)
        compute_as_member(whole, i);
}

static void compute_in_threads(void *argument)
{
    struct quadrants *whole = argument;

    atomic_store(&whole->next, 0);
    tri_lab_team_run(whole->computing, "thread", take_tasks, whole);
}

static void compute_on_device(void *argument)
{
    const struct quadrants *whole = argument;

    for (int i = 0; i < TASKS; i++)
        compute(whole->device, whole->passes);
}

/* ---- rows ---- */

#define ON_ONE_CORE(name, work) \
    static void name(void *argument) \
    { \
        tri_lab_run_on(1, work, argument); \
    }
ON_ONE_CORE(wait_in_line, wait_one_by_one)
ON_ONE_CORE(wait_in_loop, wait_for_any)
ON_ONE_CORE(wait_on_one_core, wait_in_pinned_threads)
ON_ONE_CORE(compute_in_line, compute_one_by_one)
ON_ONE_CORE(compute_in_loop, compute_in_turns)
ON_ONE_CORE(compute_on_one_core, compute_in_pinned_threads)

static enum tri_status open_pictures(struct quadrants *whole, struct tri_error *error)
{
    const struct tri_shape shape = {640, 480, 1, 8};
    enum tri_status status = TRI_OK;

    for (int i = 0; i < TASKS && status == TRI_OK; i++)
        status = tri_lab_picture_new("sequential", NULL, "median:radius=2", &shape,
                                     &whole->pictures[i], error);
    if (status != TRI_OK)
        return status;
    tri_lab_picture_run(whole->pictures[0]); /* caches and clocks */
    const int64_t start = tri_now_ns();
    tri_lab_picture_run(whole->pictures[0]);
    whole->passes = (int)fmin(64, fmax(1, DELAY_NS / fmax(1, (double)(tri_now_ns() - start))));
    return TRI_OK;
}

static enum tri_status open_teams(struct quadrants *whole, int workers, struct tri_error *error)
{
    enum tri_status status = tri_lab_team_new_on(1, TASKS, &whole->pinned, error);

    if (status == TRI_OK)
        status = tri_lab_team_new(TASKS, &whole->waiting, error);
    return status != TRI_OK ? status : tri_lab_team_new(workers, &whole->computing, error);
}

static void add_device(struct tri_lab_run *run)
{
    const struct tri_shape shape = {640, 480, 1, 8};
    struct quadrants *whole = run->context;
    struct tri_error error;
    const enum tri_status status =
        tri_lab_picture_new("opencl", NULL, "median:radius=2", &shape, &whole->device, &error);
    struct tri_lab_row *row =
        tri_lab_add(run, compute_on_device, whole, 1, "computing, OpenCL device");

    if (status != TRI_OK)
        tri_lab_skip(row, "%s", error.text);
}

static void add_rows(struct tri_lab_run *run, int workers)
{
    struct quadrants *whole = run->context;

    tri_lab_add(run, wait_in_line, whole, 1, "waiting, sequential");
    tri_lab_add(run, wait_in_loop, whole, 1, "waiting, concurrent on one core");
    tri_lab_add(run, wait_on_one_core, whole, 1, "waiting, threads on one core");
    tri_lab_add(run, wait_in_threads, whole, workers, "waiting, threads on all cores");
    tri_lab_skip(tri_lab_add(run, NULL, NULL, 1, "waiting, OpenCL device"),
                 "a device computes; it cannot wait for a socket");
    const int base = run->row_count;
    tri_lab_add(run, compute_in_line, whole, 1, "computing, sequential");
    tri_lab_add(run, compute_in_loop, whole, 1, "computing, concurrent on one core");
    tri_lab_add(run, compute_on_one_core, whole, 1, "computing, threads on one core");
    tri_lab_add(run, compute_in_threads, whole, workers, "computing, threads on all cores");
    add_device(run);
    for (int i = base; i < run->row_count; i++)
        run->rows[i].base = base;
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    const int workers = run->settings.workers < WORKERS_MAX ? run->settings.workers : WORKERS_MAX;
    struct quadrants *whole = run->context = calloc(1, sizeof *whole);
    enum tri_status status;

    if (whole == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    if ((status = tri_lab_peer_new(TASKS, DELAY_NS, &whole->peer, error)) != TRI_OK ||
        (status = open_pictures(whole, error)) != TRI_OK ||
        (status = open_teams(whole, workers, error)) != TRI_OK)
        return status;
    add_rows(run, workers);
    return TRI_OK;
}

/* ---- what follows ---- */

/* How many times as fast as the sequential row a row of "waiting" or "computing" is. */
static struct tri_interval gain(const struct tri_lab_run *run, const char *task, const char *way)
{
    char base[64], name[64];

    snprintf(base, sizeof base, "%s, sequential", task);
    snprintf(name, sizeof name, "%s, %s", task, way);
    return tri_lab_faster(tri_lab_row(run, name), tri_lab_row(run, base));
}

static void conclude_waiting(struct tri_lab_run *run, const struct tri_interval *loop)
{
    const struct tri_interval more =
        tri_lab_faster(tri_lab_row(run, "waiting, threads on all cores"),
                       tri_lab_row(run, "waiting, threads on one core"));

    tri_lab_say(run, tri_lab_above(run, loop, 2),
                "Waiting overlaps: an event loop on one core gets %d answers %s times as fast as "
                "one after another.",
                TASKS, tri_lab_words(loop).text);
    tri_lab_say(run, tri_lab_within(run, &more, 0.67, 1.5),
                "More cores do not make the answers come sooner: with all of them, threads that "
                "wait are %s times as fast as on one.",
                tri_lab_words(&more).text);
}

static void conclude_computing(struct tri_lab_run *run, const struct tri_interval *loop)
{
    const int workers = run->settings.workers < TASKS ? run->settings.workers : TASKS;
    const struct tri_interval all = gain(run, "computing", "threads on all cores");

    tri_lab_say(run, tri_lab_within(run, loop, 0, 1.15), /* turns may cost time: cold caches */
                "Computing does not overlap on one core: taking turns is %s times as fast as one "
                "after another.",
                tri_lab_words(loop).text);
    if (workers < 2 || run->cores < 2)
        tri_lab_say(run, TRI_LAB_UNCLEAR, "This machine has no second core to compute on.");
    else
        tri_lab_say(run, tri_lab_above(run, &all, 1 + (workers - 1) / 3.0),
                    "Cores make computing faster: all of them %s times.", tri_lab_words(&all).text);
}

/* The fastest row of "waiting" or "computing" by its median; NULL: none was measured. */
static const struct tri_lab_row *fastest(const struct tri_lab_run *run, const char *task)
{
    const struct tri_lab_row *best = NULL;

    for (int i = 0; i < run->row_count; i++) {
        const struct tri_lab_row *row = &run->rows[i];
        if (row->count > 0 && strncmp(row->name, task, strlen(task)) == 0 &&
            (best == NULL || row->time.median < best->time.median))
            best = row;
    }
    return best;
}

/* Another row that may be as fast as the fastest one; NULL: there is none. */
static const struct tri_lab_row *rival(const struct tri_lab_run *run, const char *task,
                                       const struct tri_lab_row *best)
{
    for (int i = 0; i < run->row_count; i++) {
        const struct tri_lab_row *row = &run->rows[i];
        const struct tri_interval behind = tri_lab_faster(best, row);
        if (row != best && row->count > 0 && strncmp(row->name, task, strlen(task)) == 0 &&
            !(behind.low > 1))
            return row;
    }
    return NULL;
}

/* When to use which, read off the table. */
static void conclude_rule(struct tri_lab_run *run)
{
    const struct tri_lab_row *computing = fastest(run, "computing, ");
    const struct tri_interval device = gain(run, "computing", "OpenCL device"),
                              threads = gain(run, "waiting", "threads on one core");

    if (!isnan(device.ratio))
        tri_lab_say(run, tri_lab_above(run, &device, 1),
                    "The OpenCL device computes %s times as fast as one core.",
                    tri_lab_words(&device).text);
    if (computing == NULL)
        return;
    const struct tri_lab_row *other = rival(run, "computing, ", computing);
    tri_lab_say(run, tri_lab_above(run, &threads, 2),
                "So on this machine: what waits needs concurrency and no cores, as an event loop "
                "or as threads (%s times as fast on one core); what computes is fastest as "
                "'%s'%s%s%s.",
                tri_lab_words(&threads).text, computing->name + strlen("computing, "),
                other != NULL ? ", as far as can be told ('" : "",
                other != NULL ? other->name + strlen("computing, ") : "",
                other != NULL ? "' may be as fast)" : "");
}

static void conclude(struct tri_lab_run *run)
{
    const struct tri_interval waiting = gain(run, "waiting", "concurrent on one core"),
                              computing = gain(run, "computing", "concurrent on one core");
    const enum tri_lab_verdict helps_waiting = tri_lab_above(run, &waiting, 1.2),
                               helps_computing = tri_lab_above(run, &computing, 1.2);

    if (helps_waiting != TRI_LAB_UNCLEAR && helps_computing != TRI_LAB_UNCLEAR)
        tri_lab_answer(run, (helps_waiting == TRI_LAB_SHOWN ? 0 : 2) +
                                (helps_computing == TRI_LAB_SHOWN ? 0 : 1));
    conclude_waiting(run, &waiting);
    conclude_computing(run, &computing);
    conclude_rule(run);
}

static void close(struct tri_lab_run *run)
{
    struct quadrants *whole = run->context;

    if (whole == NULL)
        return;
    tri_lab_team_free(whole->pinned);
    tri_lab_team_free(whole->waiting);
    tri_lab_team_free(whole->computing);
    tri_lab_peer_free(whole->peer);
    for (int i = 0; i < TASKS; i++)
        tri_lab_picture_free(whole->pictures[i]);
    tri_lab_picture_free(whole->device);
    free(whole);
}

TRI_LAB_EXPERIMENT(quadrants) = {
    .name = "quadrants",
    .claim = "What waits gains from concurrency, even on one core; what computes gains from cores "
             "and devices.",
    .plan = "12 requests to a peer that answers after 3 ms, and 12 pictures whose filters take "
            "about as long: sequential, concurrent on one core, threads on one core, threads on "
            "all cores, OpenCL.",
    .question = "Twelve tasks run concurrently on one core instead of one after another. Which are "
                "done sooner?",
    .answers = {"those that wait and those that compute", "those that wait", "those that compute",
                "neither"},
    .precision = 0.04,
    .next = "triptych lab quadrants --workers 1; triptych lab enables.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
