/* oversubscribe.c -- more workers than cores: no more is done, and each task takes longer. And a
 * producer that is faster than its consumer: a queue without a limit grows, one with a limit makes
 * the producer wait. */
#include "lab/channel.h"
#include "lab/lab.h"
#include "lab/picture.h"
#include "lab/tally.h"
#include "lab/team.h"

#include "image/image.h"
#include "parallel/cpu.h"
#include "trace/trace.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { KINDS = 3, MEMBERS_MAX = 256, ITEMS = 48, LIMIT = 4 };
static const int factors[KINDS] = {1, 4, 16};

struct crowd {
    struct oversubscribe *whole;
    struct tri_lab_team *team;
    atomic_int next;
    atomic_llong taken, tasks; /* ns that all tasks have taken, from begin to end; their number */
    atomic_long gave_up,
        forced; /* switches of the last run: of threads that waited, and by force */
    struct tri_lab_tally gave_up_a_task, forced_a_task;
};

/* A picture on its way; it becomes `done` when the consumer has filtered it. */
struct item {
    struct tri_image *picture;
    int64_t made, done;
};

struct queue {
    struct oversubscribe *whole;
    int room;
    struct tri_channel *channel; /* of the running run */
    struct item items[ITEMS];
    atomic_int waiting;
    int longest; /* of the last run */
    struct tri_lab_tally longest_of_runs;
};

struct oversubscribe {
    struct tri_lab_picture *pictures[MEMBERS_MAX]; /* one for each member */
    struct crowd crowds[KINDS];
    int tasks;
    struct tri_lab_team *pair; /* a producer and a consumer */
    struct tri_lab_picture *filter;
    struct tri_image *source, *filtered;
    struct queue queues[2];
};

/* ---- more workers than cores ---- */

static void take_tasks(void *argument, int member)
{
    struct crowd *crowd = argument;
    struct rusage before, after;
    const bool counted = getrusage(RUSAGE_THREAD, &before) == 0;

    while (atomic_fetch_add(&crowd->next, 1) < crowd->whole->tasks) {
        const int64_t start = tri_now_ns();
        tri_lab_picture_run(crowd->whole->pictures[member]);
        atomic_fetch_add(&crowd->taken, tri_now_ns() - start);
        atomic_fetch_add(&crowd->tasks, 1);
    }
    if (counted && getrusage(RUSAGE_THREAD, &after) == 0) {
        atomic_fetch_add(&crowd->gave_up, after.ru_nvcsw - before.ru_nvcsw);
        atomic_fetch_add(&crowd->forced, after.ru_nivcsw - before.ru_nivcsw);
    }
}

static void run_crowd(void *argument)
{
    struct crowd *crowd = argument;
    const double tasks = crowd->whole->tasks;

    atomic_store(&crowd->next, 0);
    atomic_store(&crowd->gave_up, 0);
    atomic_store(&crowd->forced, 0);
    tri_lab_team_run(crowd->team, "filter", take_tasks, crowd);
    tri_lab_tally_add(&crowd->gave_up_a_task, (double)atomic_load(&crowd->gave_up) / tasks);
    tri_lab_tally_add(&crowd->forced_a_task, (double)atomic_load(&crowd->forced) / tasks);
}

static double milliseconds_a_task(void *argument)
{
    struct crowd *crowd = argument;
    const long long tasks = atomic_load(&crowd->tasks);

    return tasks > 0 ? (double)atomic_load(&crowd->taken) / (double)tasks / 1e6 : 0;
}

static struct tri_interval forced_a_task(void *argument)
{
    return tri_lab_tally_mean(&((const struct crowd *)argument)->forced_a_task);
}

static struct tri_interval gave_up_a_task(void *argument)
{
    return tri_lab_tally_mean(&((const struct crowd *)argument)->gave_up_a_task);
}

static enum tri_status add_crowds(struct tri_lab_run *run, struct tri_error *error)
{
    const struct tri_shape shape = {1280, 960, 3, 8};
    struct oversubscribe *whole = run->context;
    enum tri_status status = TRI_OK;
    int opened = 0;

    whole->tasks =
        16 * run->settings.workers < MEMBERS_MAX ? 16 * run->settings.workers : MEMBERS_MAX;
    for (int kind = 0; kind < KINDS && status == TRI_OK; kind++) {
        struct crowd *crowd = &whole->crowds[kind];
        int members = factors[kind] * run->settings.workers;
        members = members < MEMBERS_MAX ? members : MEMBERS_MAX;
        crowd->whole = whole;
        for (; opened < members && status == TRI_OK; opened++)
            status = tri_lab_picture_new("sequential", NULL, "median:radius=2", &shape,
                                         &whole->pictures[opened], error);
        struct tri_lab_row *row =
            factors[kind] == 1
                ? tri_lab_add(run, run_crowd, crowd, members, "as many workers as cores")
                : tri_lab_add(run, run_crowd, crowd, members, "%d times as many", factors[kind]);
        row->figure = milliseconds_a_task;
        row->unit = "ms a task";
        tri_lab_add_figure(row, forced_a_task, "forced switches");
        tri_lab_add_figure(row, gave_up_a_task, "waits");
        if (status == TRI_OK)
            status = tri_lab_team_new(members, &crowd->team, error);
    }
    return status;
}

/* ---- a producer and a consumer ---- */

/* Makes pictures, by copying one, as fast as the queue takes them. */
static void produce(struct queue *queue)
{
    queue->longest = 0;
    for (int i = 0; i < ITEMS; i++) {
        struct item *item = &queue->items[i];
        const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_STAGE, "produce");
        item->made = tri_now_ns();
        tri_image_copy_plane(queue->whole->source, 0, item->picture, 0);
        tri_trace_end(mark);
        const int waiting = atomic_fetch_add(&queue->waiting, 1) + 1;
        queue->longest = waiting > queue->longest ? waiting : queue->longest;
        tri_channel_send(queue->channel, item);
    }
    tri_channel_close(queue->channel);
}

/* Filters one picture after another, which takes longer. */
static void consume(struct queue *queue)
{
    const struct oversubscribe *whole = queue->whole;
    void *next;

    while (tri_channel_receive(queue->channel, &next)) {
        struct item *item = next;
        atomic_fetch_sub(&queue->waiting, 1);
        const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_STAGE, "consume");
        tri_lab_picture_filter(whole->filter, item->picture, whole->filtered);
        tri_trace_end(mark);
        item->done = tri_now_ns();
    }
}

static void produce_or_consume(void *argument, int member)
{
    if (member == 0)
        consume(argument);
    else
        produce(argument);
}

static void run_queue(void *argument)
{
    struct queue *queue = argument;
    struct tri_error error;

    queue->channel = tri_channel_new(queue->room);
    if (queue->channel == NULL) {
        tri_fail(&error, TRI_FAILED, "out of memory for a queue");
        tri_lab_row_failed(TRI_FAILED, &error);
        return;
    }
    atomic_store(&queue->waiting, 0);
    tri_lab_team_run(queue->whole->pair, "queue", produce_or_consume, queue);
    tri_channel_free(queue->channel);
    tri_lab_tally_add(&queue->longest_of_runs, queue->longest);
}

/* How long a picture takes from made to done: the mean of some of the last run, in ns. */
static int64_t latency(const struct queue *queue, int first, int count)
{
    int64_t sum = 0;

    for (int i = first; i < first + count; i++)
        sum += queue->items[i].done - queue->items[i].made;
    return sum / count;
}

static int64_t latency_at_first(void *argument)
{
    return latency(argument, 0, ITEMS / 4);
}

static int64_t latency_at_last(void *argument)
{
    return latency(argument, ITEMS - ITEMS / 4, ITEMS / 4);
}

static struct tri_interval longest(void *argument)
{
    return tri_lab_tally_mean(&((const struct queue *)argument)->longest_of_runs);
}

/* The pictures exist beforehand: finding memory for them would slow the producer down. */
static enum tri_status open_queue(struct queue *queue, struct oversubscribe *whole, int room,
                                  struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    queue->whole = whole;
    queue->room = room;
    for (int i = 0; i < ITEMS && status == TRI_OK; i++) {
        status = tri_image_new(&whole->source->shape, &queue->items[i].picture, error);
        if (status == TRI_OK)
            tri_image_copy_plane(whole->source, 0, queue->items[i].picture, 0);
    }
    return status;
}

static enum tri_status open_pair(struct oversubscribe *whole, struct tri_error *error)
{
    const struct tri_shape shape = {640, 480, 1, 8};
    enum tri_status status;

    if ((status = tri_picture_generate(&shape, 1, &whole->source, error)) != TRI_OK ||
        (status = tri_image_new(&shape, &whole->filtered, error)) != TRI_OK ||
        (status = tri_lab_picture_new("sequential", NULL,
                                      "median:radius=2,median:radius=2,median:radius=2", &shape,
                                      &whole->filter, error)) != TRI_OK)
        return status;
    return tri_lab_team_new(2, &whole->pair, error);
}

/* A queue that has room for all pictures never makes the producer wait, as one without a limit. */
static enum tri_status add_queues(struct tri_lab_run *run, struct tri_error *error)
{
    static const int rooms[2] = {ITEMS, LIMIT};
    struct oversubscribe *whole = run->context;
    enum tri_status status = open_pair(whole, error);
    const int base = run->row_count;

    for (int i = 0; i < 2 && status == TRI_OK; i++) {
        struct queue *queue = &whole->queues[i];
        status = open_queue(queue, whole, rooms[i], error);
        struct tri_lab_row *row = tri_lab_add(run, run_queue, queue, 2, "%s",
                                              i == 0 ? "queue without a limit" : "queue of 4");
        row->base = base;
        tri_lab_add_figure(row, longest, "waiting at most");
        tri_lab_add_part(run, latency_at_first, "first pictures")->base = base + 1;
        tri_lab_add_part(run, latency_at_last, "last pictures")->base = base + 1;
    }
    return status;
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    run->context = calloc(1, sizeof(struct oversubscribe));
    if (run->context == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    const enum tri_status status = add_crowds(run, error);
    return status != TRI_OK ? status : add_queues(run, error);
}

/* ---- what follows ---- */

static void conclude_throughput(struct tri_lab_run *run, const struct tri_lab_row *fit,
                                const struct tri_lab_row *crowd)
{
    const struct tri_interval faster = tri_lab_faster(crowd, fit);

    if (faster.low > 1.1 && tri_lab_was_busy(run)) {
        tri_lab_say(
            run, TRI_LAB_UNCLEAR,
            "%d workers do the tasks %s times as fast as %d: they took a larger share of the "
            "cores from the other programs.",
            crowd->workers, tri_lab_words(&faster).text, fit->workers);
        return;
    }
    tri_lab_answer(run, faster.low > 1.1 ? 0 : faster.high < 0.9 ? 2 : faster.high < 1.1 ? 1 : -1);
    tri_lab_say(run,
                faster.low > 1.1    ? TRI_LAB_REFUTED
                : faster.high < 1.1 ? TRI_LAB_SHOWN
                                    : TRI_LAB_UNCLEAR,
                "%d workers do the tasks %s times as fast as %d: no more can run at a time than "
                "there are cores.",
                crowd->workers, tri_lab_words(&faster).text, fit->workers);
}

enum { FORCED, GAVE_UP }; /* figures of a crowd */

static void conclude_switches(struct tri_lab_run *run, const struct tri_lab_row *fit,
                              const struct tri_lab_row *crowd)
{
    if (fit->figure_count <= GAVE_UP || crowd->figure_count <= GAVE_UP)
        return;
    const struct tri_interval *few = &fit->figures[FORCED].value,
                              *many = &crowd->figures[FORCED].value;
    if (!(few->ratio + many->ratio + crowd->figures[GAVE_UP].value.ratio > 0)) {
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "The system counted no switches: it does not say how often a worker lost its "
                    "core.");
        return;
    }
    tri_lab_say(run,
                many->low > few->high                             ? TRI_LAB_SHOWN
                : many->high < few->low && !tri_lab_was_busy(run) ? TRI_LAB_REFUTED
                                                                  : TRI_LAB_UNCLEAR,
                "A task loses its core to others %s times with %d workers, and %s times with %d: "
                "the kernel takes turns. It counts %.2g times that one of the %d waited by itself.",
                tri_lab_words(many).text, crowd->workers, tri_lab_words(few).text, fit->workers,
                crowd->figures[GAVE_UP].value.ratio, crowd->workers);
}

static void conclude_crowds(struct tri_lab_run *run)
{
    const struct tri_lab_row *fit = tri_lab_row(run, "as many workers as cores"),
                             *crowd = tri_lab_row(run, "16 times as many");

    if (fit == NULL || crowd == NULL)
        return;
    conclude_throughput(run, fit, crowd);
    tri_lab_say(
        run, crowd->value > 1.5 * fit->value ? TRI_LAB_SHOWN : TRI_LAB_UNCLEAR,
        "A task takes %.3g ms instead of %.3g: it waits while others have the core. That is "
        "why pools have as many threads as cores, and queues a limit.",
        crowd->value, fit->value);
    conclude_switches(run, fit, crowd);
}

/* What a limit does to a queue whose producer is faster than its consumer. */
static void conclude_queues(struct tri_lab_run *run)
{
    const struct tri_lab_row *open = tri_lab_row(run, "queue without a limit"),
                             *first = tri_lab_row(run, "queue without a limit, first pictures"),
                             *last = tri_lab_row(run, "queue without a limit, last pictures"),
                             *limited = tri_lab_row(run, "queue of 4");
    const struct tri_interval grown = tri_lab_faster(first, last),
                              sooner = tri_lab_faster(tri_lab_row(run, "queue of 4, last pictures"),
                                                      last),
                              total = tri_lab_faster(limited, open);

    if (open == NULL || limited == NULL || isnan(grown.ratio) || isnan(sooner.ratio))
        return;
    tri_lab_say(run, tri_lab_above(run, &grown, 1.5),
                "A producer that is faster than its consumer fills a queue without a limit: up to "
                "%.3g pictures wait, and from made to done the last ones take %s times as long as "
                "the first: %.3g ms.",
                open->figure_count > 0 ? open->figures[0].value.ratio : 0,
                tri_lab_words(&grown).text, (double)last->time.median / 1e6);
    tri_lab_say(run, tri_lab_above(run, &sooner, 1.5),
                "A queue of 4 holds the producer back, which is called back-pressure: the last "
                "pictures are done %s times as fast.",
                tri_lab_words(&sooner).text);
    tri_lab_say(run, tri_lab_above(run, &total, 0.8),
                "The limit costs no throughput, as the consumer never runs out of pictures: all "
                "are done %s times as fast as without it.",
                tri_lab_words(&total).text);
}

static void conclude(struct tri_lab_run *run)
{
    conclude_crowds(run);
    conclude_queues(run);
}

static void close_queue(struct queue *queue)
{
    for (int i = 0; i < ITEMS; i++)
        tri_image_free(queue->items[i].picture);
}

static void close(struct tri_lab_run *run)
{
    struct oversubscribe *whole = run->context;

    if (whole == NULL)
        return;
    for (int i = 0; i < KINDS; i++)
        tri_lab_team_free(whole->crowds[i].team);
    for (int i = 0; i < MEMBERS_MAX; i++)
        tri_lab_picture_free(whole->pictures[i]);
    tri_lab_team_free(whole->pair);
    tri_lab_picture_free(whole->filter);
    tri_image_free(whole->source);
    tri_image_free(whole->filtered);
    for (int i = 0; i < 2; i++)
        close_queue(&whole->queues[i]);
    free(whole);
}

TRI_LAB_EXPERIMENT(oversubscribe) = {
    .name = "oversubscribe",
    .claim = "More workers than cores do not get more done: each task only takes longer. And more "
             "work in a queue than is done only waits longer.",
    .plan = "The same median filters of 1280x960 pictures by as many workers as cores, by 4 and by "
            "16 times as many; switches are counted. Then a producer of pictures that is faster "
            "than the filter behind it, with a queue without a limit and with one of 4.",
    .question = "16 times as many workers as cores: how much faster are all tasks done?",
    .answers = {"faster", "about the same", "slower"},
    .next = "triptych lab oversubscribe --trace crowd.svg: who had a core when.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
