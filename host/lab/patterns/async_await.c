/* async_await.c -- tasks that read from top to bottom and stop at each await: one thread runs them
 * all (lab/task.h, lab/loop.h).
 *
 * For: many things that mostly wait, each of which is a sequence: "read, then compute, then write"
 * stays three lines in a loop, as in sequential code. Between two awaits nobody else runs, so tasks
 * share variables without locks.
 * Choose it where there are far more things in flight than threads would be good for (requests,
 * connections): in `lab patterns` twice as many pictures as workers are, and it takes one thread
 * more than workers, and of all that compute at the same time the fewest lines.
 * Not where most of the time is computing: that has to be handed to threads anyway, where steps of
 * all pictures stand in one line. So the first answer comes later than with a thread for each
 * picture, and the total is no smaller. A task that computes itself stops all others, and whatever
 * calls a task's code becomes a task, for an await may stand only there. */
#include "lab/loop.h"
#include "lab/patterns.h"

#include <stdlib.h>

struct album {
    struct tri_pattern_job *job;
    int next; /* without a lock: only tasks use it, and only one runs at a time */
};

/* What survives an await. */
struct maker {
    struct tri_task task;
    struct album *album;
    struct tri_thumbnail *picture;
};

/* On a thread of the loop's. */
static void read_file(void *picture)
{
    tri_thumbnail_read(picture);
}

static void compute(void *picture)
{
    tri_thumbnail_compute(picture);
}

static void write_file(void *picture)
{
    tri_thumbnail_write(picture);
}

/* A picture that failed passes the other steps, which then do nothing. */
static bool make_pictures(struct tri_task *task)
{
    struct maker *own = (struct maker *)task;
    struct tri_pattern_job *job = own->album->job;

    TRI_TASK_BEGIN(task);
    while (own->album->next < job->count) {
        own->picture = &job->pictures[own->album->next++];
        TRI_TASK_AWAIT(task, tri_loop_hand_over(task, read_file, own->picture));
        TRI_TASK_AWAIT(task, tri_loop_hand_over(task, compute, own->picture));
        TRI_TASK_AWAIT(task, tri_loop_hand_over(task, write_file, own->picture));
    }
    TRI_TASK_END;
}

static enum tri_status run(struct tri_pattern_job *job, struct tri_error *error)
{
    struct album album = {.job = job};
    struct tri_loop *loop;
    /* As many pictures are in memory as there are tasks: one is computed by each thread, and one is
     * read or written meanwhile. */
    const int count = 2 * job->workers;
    struct maker *makers = calloc((size_t)count, sizeof *makers);

    if (makers == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for tasks");
    const enum tri_status status = tri_loop_new(job->workers, &loop, error);
    if (status == TRI_OK) {
        job->threads = job->workers + 1;
        for (int i = 0; i < count; i++) {
            makers[i].album = &album;
            tri_loop_add(loop, &makers[i].task, make_pictures);
        }
        tri_loop_run(loop);
    }
    tri_loop_free(loop);
    free(makers);
    return status;
}

TRI_PATTERN(async_await) = {
    .name = "async-await", .structure = "tasks on one thread await work of others", .run = run};
