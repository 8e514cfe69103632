/* loop.c -- the event loop: tasks that are ready take turns; threads that have done work for a task
 * say so through an eventfd, for which the loop polls. */
#include "lab/loop.h"
#include "trace/trace.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
    struct tri_task *first, *last;
};

struct tri_loop {
    struct queue ready;   /* the loop's own: no lock */
    int alive;            /* tasks that have not ended */
    int events;           /* the eventfd */
    pthread_mutex_t lock; /* for all below */
    pthread_cond_t handed;
    struct queue to_do, done;
    bool over;
    int started;
    pthread_t threads[];
};

static void append(struct queue *queue, struct tri_task *task)
{
    task->next = NULL;
    if (queue->first == NULL)
        queue->first = task;
    else
        queue->last->next = task;
    queue->last = task;
}

static struct tri_task *remove_first(struct queue *queue)
{
    struct tri_task *task = queue->first;

    if (task != NULL)
        queue->first = task->next;
    return task;
}

/* ---- the threads ---- */

static struct tri_task *next_to_do(struct tri_loop *loop)
{
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_WORK, "idle");

    pthread_mutex_lock(&loop->lock);
    while (loop->to_do.first == NULL && !loop->over)
        pthread_cond_wait(&loop->handed, &loop->lock);
    struct tri_task *task = remove_first(&loop->to_do);
    pthread_mutex_unlock(&loop->lock);
    tri_trace_end(mark);
    return task;
}

static void report_done(struct tri_loop *loop, struct tri_task *task)
{
    const uint64_t one = 1;

    pthread_mutex_lock(&loop->lock);
    append(&loop->done, task);
    pthread_mutex_unlock(&loop->lock);
    /* It can only fail where 2^64 - 2 events were not read, and then the loop is awake. */
    while (write(loop->events, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static void *serve(void *argument)
{
    struct tri_loop *loop = argument;

    tri_trace_name_thread("worker", 0);
    for (struct tri_task *task; (task = next_to_do(loop)) != NULL;) {
        task->work(task->argument);
        report_done(loop, task);
    }
    return NULL;
}

enum tri_status tri_loop_new(int workers, struct tri_loop **made, struct tri_error *error)
{
    struct tri_loop *loop = calloc(1, sizeof *loop + (size_t)workers * sizeof loop->threads[0]);

    *made = NULL;
    if (loop == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an event loop");
    pthread_mutex_init(&loop->lock, NULL);
    pthread_cond_init(&loop->handed, NULL);
    loop->events = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int why = loop->events < 0 ? errno : 0;
    while (why == 0 && loop->started < workers) {
        why = pthread_create(&loop->threads[loop->started], NULL, serve, loop);
        loop->started += why == 0;
    }
    if (why != 0) {
        tri_loop_free(loop);
        return tri_fail(error, TRI_FAILED, "cannot start an event loop with %d threads: %s",
                        workers, strerror(why));
    }
    *made = loop;
    return TRI_OK;
}

void tri_loop_free(struct tri_loop *loop)
{
    if (loop == NULL)
        return;
    pthread_mutex_lock(&loop->lock);
    loop->over = true;
    pthread_cond_broadcast(&loop->handed);
    pthread_mutex_unlock(&loop->lock);
    for (int i = 0; i < loop->started; i++)
        pthread_join(loop->threads[i], NULL);
    if (loop->events >= 0)
        close(loop->events);
    pthread_cond_destroy(&loop->handed);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

/* ---- the loop ---- */

void tri_loop_add(struct tri_loop *loop, struct tri_task *task, bool (*body)(struct tri_task *task))
{
    *task = (struct tri_task){.body = body, .loop = loop};
    loop->alive++;
    append(&loop->ready, task);
}

void tri_loop_ready(struct tri_task *task)
{
    append(&task->loop->ready, task);
}

void tri_loop_hand_over(struct tri_task *task, void (*work)(void *argument), void *argument)
{
    struct tri_loop *loop = task->loop;

    task->work = work;
    task->argument = argument;
    pthread_mutex_lock(&loop->lock);
    append(&loop->to_do, task);
    pthread_cond_signal(&loop->handed);
    pthread_mutex_unlock(&loop->lock);
}

/* Each task that is ready now goes on once. */
static void take_turns(struct tri_loop *loop)
{
    struct queue turn = loop->ready;

    loop->ready = (struct queue){0};
    for (struct tri_task *task; (task = remove_first(&turn)) != NULL;)
        loop->alive -= task->body(task);
}

/* Waits for an event, unless a task is ready anyway. */
static void collect(struct tri_loop *loop)
{
    struct pollfd polled = {.fd = loop->events, .events = POLLIN};
    const bool idle = loop->ready.first == NULL;
    const tri_trace_mark mark = idle ? tri_trace_wait(TRI_TRACE_FOR_WORK, "poll") : 0;
    uint64_t count;

    const bool any = poll(&polled, 1, idle ? -1 : 0) > 0;
    tri_trace_end(mark);
    if (!any || read(loop->events, &count, sizeof count) < 0)
        return;
    pthread_mutex_lock(&loop->lock);
    struct queue done = loop->done;
    loop->done = (struct queue){0};
    pthread_mutex_unlock(&loop->lock);
    for (struct tri_task *task; (task = remove_first(&done)) != NULL;)
        append(&loop->ready, task);
}

void tri_loop_run(struct tri_loop *loop)
{
    while (loop->alive > 0) {
        take_turns(loop);
        if (loop->alive > 0)
            collect(loop);
    }
}
