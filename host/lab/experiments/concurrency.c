/* concurrency.c -- three filters on one core: one after another, as threads, as tasks that yield.
 */
#include "lab/affinity.h"
#include "lab/lab.h"
#include "lab/picture.h"
#include "lab/team.h"
#include "trace/trace.h"

#include <math.h>
#include <semaphore.h>
#include <stdlib.h>

enum { TASKS = 3, SWITCHES = 2000, TURN_NS = 1000000 };

/* A filter on a number of pictures; between two of them it can yield. */
struct task {
    const char *name;
    struct tri_lab_picture *picture;
    int steps, done;
    int64_t answered; /* when the last run of it ended */
};

struct concurrency {
    struct task tasks[TASKS]; /* the longest first: the others wait for it in line */
    struct tri_lab_team *team, *pair;
    int64_t began; /* the last run */
    sem_t turns[2];
};

/* ---- the three tasks ---- */

/* Filters a picture. Returns whether there is more to do. */
static bool step(struct task *task)
{
    tri_lab_picture_run(task->picture);
    if (++task->done < task->steps)
        return true;
    task->answered = tri_now_ns();
    return false;
}

/* Runs to the end, or for about `ns`. Returns whether there is more to do. */
static bool go_on(struct task *task, int64_t ns)
{
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_STAGE, task->name);
    const int64_t start = tri_now_ns();
    bool more;

    do
        more = step(task);
    while (more && tri_now_ns() - start < ns);
    tri_trace_end(mark);
    return more;
}

static void begin_run(struct concurrency *whole)
{
    for (int i = 0; i < TASKS; i++)
        whole->tasks[i].done = 0;
    whole->began = tri_now_ns();
}

static void one_after_another(void *argument)
{
    struct concurrency *whole = argument;

    begin_run(whole);
    for (int i = 0; i < TASKS; i++)
        go_on(&whole->tasks[i], INT64_MAX);
}

static void be_thread(void *argument, int member)
{
    struct concurrency *whole = argument;

    go_on(&whole->tasks[member], INT64_MAX);
}

static void as_threads(void *argument)
{
    struct concurrency *whole = argument;

    begin_run(whole);
    tri_lab_team_run(whole->team, "thread", be_thread, whole);
}

/* An event loop whose events are all "may go on": tasks take turns of a millisecond. */
static void as_tasks(void *argument)
{
    struct concurrency *whole = argument;
    bool more[TASKS] = {true, true, true};
    int left = TASKS;

    begin_run(whole);
    for (int i = 0; left > 0; i = (i + 1) % TASKS)
        if (more[i] && !(more[i] = go_on(&whole->tasks[i], TURN_NS)))
            left--;
}

/* ---- switches alone ---- */

static void hand_over(void *argument, int member)
{
    struct concurrency *whole = argument;

    for (int i = 0; i < SWITCHES / 2; i++) {
        sem_wait(&whole->turns[member]);
        sem_post(&whole->turns[1 - member]);
    }
}

static void switch_threads(void *argument)
{
    struct concurrency *whole = argument;

    sem_post(&whole->turns[0]);
    tri_lab_team_run(whole->pair, "switch", hand_over, whole);
    sem_wait(&whole->turns[0]); /* the last one gave it back */
}

/* A task that only counts its turns: what is left is the loop, a call through a pointer. */
struct counter {
    bool (*step)(struct counter *counter);
    int turns;
};

static bool count_turn(struct counter *counter)
{
    return ++counter->turns < SWITCHES / 2;
}

static void switch_tasks(void *argument)
{
    struct counter pair[2] = {{count_turn, 0}, {count_turn, 0}};
    struct counter *volatile ready[2] = {&pair[0], &pair[1]}; /* no turn is known beforehand */

    (void)argument;
    for (int i = 0; ready[i]->step(ready[i]); i = 1 - i)
        ;
}

/* ---- rows: each on one core ---- */

#define ON_ONE_CORE(name, work) \
    static void name(void *argument) \
    { \
        tri_lab_run_on(1, work, argument); \
    }
ON_ONE_CORE(run_in_line, one_after_another)
ON_ONE_CORE(run_threads, as_threads)
ON_ONE_CORE(run_tasks, as_tasks)
ON_ONE_CORE(run_thread_switches, switch_threads)
ON_ONE_CORE(run_task_switches, switch_tasks)

static int64_t first_answer(void *argument)
{
    const struct concurrency *whole = argument;
    int64_t first = whole->tasks[0].answered;

    for (int i = 1; i < TASKS; i++)
        first = whole->tasks[i].answered < first ? whole->tasks[i].answered : first;
    return first - whole->began;
}

static int64_t longest_answer(void *argument)
{
    const struct concurrency *whole = argument;

    return whole->tasks[0].answered - whole->began;
}

static void add_row(struct tri_lab_run *run, void (*work)(void *argument), const char *name)
{
    const int row = run->row_count;

    tri_lab_add(run, work, run->context, 1, "%s", name);
    tri_lab_add_part(run, first_answer, "first answer")->base = row > 0 ? 1 : row + 1;
    tri_lab_add_part(run, longest_answer, "longest task")->base = row > 0 ? 2 : row + 2;
}

/* As many pictures as take about `ms`. */
static enum tri_status open_task(struct task *task, const char *name, const char *pipeline,
                                 double ms, struct tri_error *error)
{
    const struct tri_shape shape = {1280, 960, 1, 8};
    const enum tri_status status =
        tri_lab_picture_new("sequential", NULL, pipeline, &shape, &task->picture, error);

    if (status != TRI_OK)
        return status;
    tri_lab_picture_run(task->picture);
    const int64_t start = tri_now_ns();
    tri_lab_picture_run(task->picture);
    const double once = fmax(1000, (double)(tri_now_ns() - start));
    task->name = name;
    task->steps = (int)fmin(1000, fmax(2, ms * 1e6 / once));
    return TRI_OK;
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    struct concurrency *whole = run->context = calloc(1, sizeof *whole);
    enum tri_status status;

    if (whole == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    sem_init(&whole->turns[0], 0, 0);
    sem_init(&whole->turns[1], 0, 0);
    struct task *tasks = whole->tasks;
    if ((status = open_task(&tasks[0], "median", "median:radius=2", 32, error)) != TRI_OK ||
        (status = open_task(&tasks[1], "gaussian", "gaussian:sigma=2", 16, error)) != TRI_OK ||
        (status = open_task(&tasks[2], "sobel", "sobel", 4, error)) != TRI_OK ||
        (status = tri_lab_team_new_on(1, TASKS, &whole->team, error)) != TRI_OK ||
        (status = tri_lab_team_new_on(1, 2, &whole->pair, error)) != TRI_OK)
        return status;
    add_row(run, run_in_line, "one after another");
    add_row(run, run_threads, "threads");
    add_row(run, run_tasks, "tasks that yield");
    const int switches = run->row_count;
    tri_lab_add(run, run_thread_switches, whole, 1, "%d thread switches", SWITCHES)->base =
        switches;
    tri_lab_add(run, run_task_switches, whole, 1, "%d task switches", SWITCHES)->base = switches;
    return TRI_OK;
}

/* ---- what follows ---- */

static enum tri_lab_verdict both(enum tri_lab_verdict a, enum tri_lab_verdict b)
{
    if (a == TRI_LAB_REFUTED || b == TRI_LAB_REFUTED)
        return TRI_LAB_REFUTED;
    return a == TRI_LAB_SHOWN ? b : a;
}

static void conclude_total(struct tri_lab_run *run)
{
    const struct tri_lab_row *line = tri_lab_row(run, "one after another");
    const struct tri_interval threads = tri_lab_faster(line, tri_lab_row(run, "threads")),
                              tasks = tri_lab_faster(line, tri_lab_row(run, "tasks that yield"));
    const enum tri_lab_verdict same =
        both(tri_lab_within(run, &threads, 0.85, 1.15), tri_lab_within(run, &tasks, 0.85, 1.15));

    tri_lab_answer(run, same == TRI_LAB_SHOWN                  ? 1
                        : same != TRI_LAB_REFUTED              ? -1
                        : threads.ratio < 1 && tasks.ratio < 1 ? 0
                                                               : 2);
    tri_lab_say(run, same,
                "Interleaved on one core, the same work takes %s times as long with threads, and "
                "%s times with tasks: concurrency alone saves no time.",
                tri_lab_words(&threads).text, tri_lab_words(&tasks).text);
}

/* The worse of threads and tasks: how many times as early, or as late, a part of them ends. */
static void conclude_answers(struct tri_lab_run *run)
{
    const struct tri_lab_row *first = tri_lab_row(run, "one after another, first answer"),
                             *longest = tri_lab_row(run, "one after another, longest task");
    const struct tri_interval threads =
                                  tri_lab_faster(tri_lab_row(run, "threads, first answer"), first),
                              tasks = tri_lab_faster(
                                  tri_lab_row(run, "tasks that yield, first answer"), first),
                              late = tri_lab_faster(
                                  longest, tri_lab_row(run, "tasks that yield, longest task"));

    tri_lab_say(run, both(tri_lab_above(run, &threads, 1.2), tri_lab_above(run, &tasks, 1.2)),
                "But the first answer comes %s times as early with threads, and %s times with "
                "tasks: the short filter need not wait for the long one.",
                tri_lab_words(&threads).text, tri_lab_words(&tasks).text);
    tri_lab_say(run, tri_lab_above(run, &late, 1.1),
                "The longest task, first in line, pays for it: among tasks that yield it takes "
                "%s times as long.",
                tri_lab_words(&late).text);
}

static void conclude(struct tri_lab_run *run)
{
    char threads_name[64], tasks_name[64];

    snprintf(threads_name, sizeof threads_name, "%d thread switches", SWITCHES);
    snprintf(tasks_name, sizeof tasks_name, "%d task switches", SWITCHES);
    const struct tri_lab_row *threads = tri_lab_row(run, threads_name),
                             *tasks = tri_lab_row(run, tasks_name);
    const struct tri_interval cheaper = tri_lab_faster(tasks, threads);

    conclude_total(run);
    conclude_answers(run);
    if (threads != NULL && tasks != NULL)
        tri_lab_say(run, tri_lab_above(run, &cheaper, 2),
                    "A switch between threads takes %.0f ns, and between tasks %.2g ns: %s times "
                    "as fast, since a task switch is a function call.",
                    (double)threads->time.median / SWITCHES, (double)tasks->time.median / SWITCHES,
                    tri_lab_words(&cheaper).text);
}

static void close(struct tri_lab_run *run)
{
    struct concurrency *whole = run->context;

    if (whole == NULL)
        return;
    tri_lab_team_free(whole->team);
    tri_lab_team_free(whole->pair);
    for (int i = 0; i < TASKS; i++)
        tri_lab_picture_free(whole->tasks[i].picture);
    for (int i = 0; i < 2; i++)
        sem_destroy(&whole->turns[i]);
    free(whole);
}

TRI_LAB_EXPERIMENT(concurrency) = {
    .name = "concurrency",
    .claim = "Concurrency is dealing with many things at once: on one core it saves no time, but "
             "answers need not wait for all that was asked before.",
    .plan = "A long, a middle and a short filter on one core: one after another; as threads, which "
            "the kernel switches; as tasks, which yield to each other between two pictures.",
    .question = "Three filters take turns on one core instead of running one after another. How "
                "long do they take together?",
    .answers = {"less time", "the same time", "more time"},
    .cores = true,
    .next =
        "triptych lab parallelism: the same with more cores. In the timeline, threads that share "
        "the core overlap: one that waits for the core is drawn as if it ran.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
