/* fork_join.c -- work is halved until it is small; a worker without any steals from another
 * (lab/deque.h).
 *
 * For: work that divides into parts of the same kind, of sizes that nobody knows before: sorting,
 * trees, searches, a list. A worker forks one half, does the other, and joins: if nobody stole the
 * half, it does that too, and the fork cost a few instructions. Thieves take the oldest part, which
 * is the largest, so they seldom come.
 * Choose it for recursion, and where parts take unequal times: no worker is idle while another has
 * parts left. `lab patterns` shows no thread more than workers, one picture for each in memory, and
 * an early first answer.
 * Not for work that is a list of equal parts: a shared counter, as in map_reduce.c, does that in
 * fewer lines. Not for work that waits: a worker that waits for a file computes nothing meanwhile.
 * Not where results are wanted in an order. (R. D. Blumofe and C. E. Leiserson, "Scheduling
 * Multithreaded Computations by Work Stealing", Journal of the ACM 46(5), 1999.) */
#include "lab/deque.h"
#include "lab/patterns.h"
#include "lab/team.h"

#include <pthread.h>
#include <stdlib.h>

/* Pictures `from` to `to` - 1. It is in the frame of the function that forked it, and joins it. */
struct part {
    int from, to;
    atomic_bool done;
};

struct workers {
    struct tri_pattern_job *job;
    struct tri_deque **deques; /* one for each */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_long news; /* parts that were forked or done so far */
};

/* Wakes those who found nothing. */
static void announce(struct workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    atomic_fetch_add(&workers->news, 1);
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
}

static void wait_for_news(struct workers *workers, long known)
{
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_WORK, "steal");

    pthread_mutex_lock(&workers->lock);
    while (atomic_load(&workers->news) == known)
        pthread_cond_wait(&workers->changed, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
    tri_trace_end(mark);
}

/* Its own newest part, else the oldest of another's; NULL: there is none. */
static struct part *find_part(const struct workers *workers, int member)
{
    const int count = workers->job->workers;
    struct part *part = tri_deque_take(workers->deques[member]);

    for (int i = 1; i < count && part == NULL; i++) {
        bool again = true;
        while (part == NULL && again)
            part = tri_deque_steal(workers->deques[(member + i) % count], &again);
    }
    return part;
}

static void do_part(struct workers *workers, int member, struct part *part);

/* Does other parts until this one is done. */
static void work_until(struct workers *workers, int member, struct part *part)
{
    while (!atomic_load(&part->done)) {
        const long known = atomic_load(&workers->news);
        struct part *other = find_part(workers, member);
        if (other != NULL)
            do_part(workers, member, other);
        else if (!atomic_load(&part->done))
            wait_for_news(workers, known);
    }
}

static void do_part(struct workers *workers, int member, struct part *part)
{
    const int middle = (part->from + part->to) / 2;
    struct part left = {.from = part->from, .to = middle}, right = {.from = middle, .to = part->to};

    if (part->to - part->from == 1) {
        tri_thumbnail_make(&workers->job->pictures[part->from]);
    } else if (tri_deque_push(workers->deques[member], &right)) { /* fork */
        announce(workers);
        do_part(workers, member, &left);
        work_until(workers, member, &right); /* join */
    } else {                                 /* no memory for more parts */
        do_part(workers, member, &left);
        do_part(workers, member, &right);
    }
    atomic_store(&part->done, true); /* from here on the part may be gone */
    announce(workers);
}

struct root {
    struct workers *workers;
    struct part all;
};

static void work(void *argument, int member)
{
    struct root *root = argument;

    if (member == 0)
        do_part(root->workers, 0, &root->all);
    else
        work_until(root->workers, member, &root->all);
}

static enum tri_status run(struct tri_pattern_job *job, struct tri_error *error)
{
    struct workers workers = {.job = job,
                              .deques = calloc((size_t)job->workers, sizeof *workers.deques),
                              .lock = PTHREAD_MUTEX_INITIALIZER,
                              .changed = PTHREAD_COND_INITIALIZER};
    struct root root = {.workers = &workers, .all = {.to = job->count}};
    struct tri_lab_team *team = NULL;
    bool memory = workers.deques != NULL;

    for (int i = 0; i < job->workers && memory; i++)
        memory = (workers.deques[i] = tri_deque_new()) != NULL;
    const enum tri_status status = memory ? tri_lab_team_new(job->workers, &team, error)
                                          : tri_fail(error, TRI_FAILED, "out of memory for deques");
    job->threads = job->workers;
    if (status == TRI_OK)
        tri_lab_team_run(team, "fork-join", work, &root);
    tri_lab_team_free(team);
    for (int i = 0; i < job->workers && workers.deques != NULL; i++)
        tri_deque_free(workers.deques[i]);
    free(workers.deques);
    return status;
}

TRI_PATTERN(fork_join) = {
    .name = "fork-join", .structure = "halves; idle workers steal", .run = run};
