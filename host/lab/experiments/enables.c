/* enables.c -- concurrency enables parallelism: one concurrent program on more and more cores,
 * without a change; and one whose threads share a state, which gains nothing. */
#include "lab/affinity.h"
#include "lab/channel.h"
#include "lab/lab.h"
#include "lab/picture.h"
#include "lab/team.h"
#include "trace/trace.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { ITEMS = 12, STAGES = 3, REPLICAS_MAX = 16, SIZES_MAX = 8, CAPACITY = 4 };

static const char *const filters[STAGES] = {"median:radius=2", "gaussian:sigma=2", "sobel"};
static const char *const filter_names[STAGES] = {"median", "gaussian", "sobel"};

/* A program with as many cores as its threads may use. */
struct size {
    struct enables *whole;
    struct tri_lab_team *team;
    int cores;
};

struct enables {
    struct tri_image *images[ITEMS][STAGES + 1];
    struct tri_lab_picture *workers[STAGES][REPLICAS_MAX]; /* of each thread */
    int numbers[ITEMS];                                    /* what channels carry */
    struct tri_channel *channels[STAGES];                  /* into each stage */
    atomic_int writers[STAGES];                            /* the last one closes the channel */
    struct size sizes[SIZES_MAX];
    int replicas, size_count;
    pthread_mutex_t state; /* who holds it may use the first worker of each stage */
    atomic_int next;
};

/* ---- the threads ---- */

static void send(struct enables *whole, int stage, int *item)
{
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_WORKERS, "room");

    tri_channel_send(whole->channels[stage], item);
    tri_trace_end(mark);
}

static bool receive(struct enables *whole, int stage, int *item)
{
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_WORK, "item");
    void *number;
    const bool received = tri_channel_receive(whole->channels[stage], &number);

    tri_trace_end(mark);
    *item = received ? *(int *)number : 0;
    return received;
}

static void leave(struct enables *whole, int stage)
{
    if (atomic_fetch_sub(&whole->writers[stage], 1) == 1)
        tri_channel_close(whole->channels[stage]);
}

static void filter(struct enables *whole, int stage, int worker, int item)
{
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_STAGE, filter_names[stage]);

    tri_lab_picture_filter(whole->workers[stage][worker], whole->images[item][stage],
                           whole->images[item][stage + 1]);
    tri_trace_end(mark);
}

static void be_source(struct enables *whole)
{
    for (int i = 0; i < ITEMS; i++)
        send(whole, 0, &whole->numbers[i]);
    leave(whole, 0);
}

static void be_stage(struct enables *whole, int stage, int worker)
{
    const bool last = stage + 1 == STAGES;

    for (int item; receive(whole, stage, &item);) {
        filter(whole, stage, worker, item);
        if (!last)
            send(whole, stage + 1, &whole->numbers[item]);
    }
    if (!last)
        leave(whole, stage + 1);
}

static void take_part_in_pipeline(void *argument, int member)
{
    struct enables *whole = argument;

    if (member == 0)
        be_source(whole);
    else
        be_stage(whole, (member - 1) % STAGES, (member - 1) / STAGES);
}

/* Threads that take items themselves, and need the one shared state for each. */
static void share_state(void *argument, int member)
{
    struct enables *whole = argument;

    (void)member;
    for (int item; (item = atomic_fetch_add(&whole->next, 1)) < ITEMS;) {
        const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_LOCK, "state");
        pthread_mutex_lock(&whole->state);
        tri_trace_end(mark);
        for (int stage = 0; stage < STAGES; stage++)
            filter(whole, stage, 0, item);
        pthread_mutex_unlock(&whole->state);
    }
}

/* ---- rows: the caller takes part, so it is kept to the same cores ---- */

static void run_pipeline_here(void *argument)
{
    const struct size *size = argument;

    tri_lab_team_run(size->team, "thread", take_part_in_pipeline, size->whole);
}

static void run_shared_here(void *argument)
{
    const struct size *size = argument;

    tri_lab_team_run(size->team, "thread", share_state, size->whole);
}

/* Channels close for good, so each run has its own. */
static bool open_channels(struct enables *whole)
{
    bool good = true;

    for (int stage = 0; stage < STAGES; stage++) {
        whole->channels[stage] = tri_channel_new(CAPACITY);
        atomic_store(&whole->writers[stage], stage == 0 ? 1 : whole->replicas);
        good &= whole->channels[stage] != NULL;
    }
    return good;
}

static void run_pipeline(void *argument)
{
    struct size *size = argument;

    struct tri_error error;

    if (open_channels(size->whole))
        tri_lab_run_on(size->cores, run_pipeline_here, size);
    else
        tri_lab_row_failed(tri_fail(&error, TRI_FAILED, "out of memory for channels"), &error);
    for (int stage = 0; stage < STAGES; stage++)
        tri_channel_free(size->whole->channels[stage]);
}

static void run_shared(void *argument)
{
    struct size *size = argument;

    atomic_store(&size->whole->next, 0);
    tri_lab_run_on(size->cores, run_shared_here, size);
}

static enum tri_status open_size(struct tri_lab_run *run, int cores, struct tri_error *error)
{
    struct enables *whole = run->context;
    struct size *size = &whole->sizes[whole->size_count++];

    size->whole = whole;
    size->cores = cores;
    return tri_lab_team_new_on(cores, 1 + STAGES * whole->replicas, &size->team, error);
}

static void add_rows(struct tri_lab_run *run, void (*work)(void *argument), const char *name)
{
    struct enables *whole = run->context;
    const int base = run->row_count;

    for (int i = 0; i < whole->size_count; i++)
        tri_lab_add(run, work, &whole->sizes[i], whole->sizes[i].cores, "%s, %d core%s", name,
                    whole->sizes[i].cores, whole->sizes[i].cores > 1 ? "s" : "")
            ->base = base;
}

static enum tri_status open_images(struct enables *whole, struct tri_error *error)
{
    const struct tri_shape shape = {1280, 960, 1, 8};
    enum tri_status status = TRI_OK;

    for (int stage = 0; stage < STAGES; stage++)
        for (int i = 0; i < whole->replicas && status == TRI_OK; i++)
            status = tri_lab_picture_new("sequential", NULL, filters[stage], &shape,
                                         &whole->workers[stage][i], error);
    for (int i = 0; i < ITEMS && status == TRI_OK; i++)
        status = tri_picture_generate(&shape, i + 1, &whole->images[i][0], error);
    for (int i = 0; i < ITEMS; i++)
        for (int stage = 1; stage <= STAGES && status == TRI_OK; stage++)
            status = tri_image_new(&shape, &whole->images[i][stage], error);
    return status;
}

static int cores_of(const struct tri_lab_run *run)
{
    return run->settings.workers < run->cores ? run->settings.workers : run->cores;
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    struct enables *whole = run->context = calloc(1, sizeof *whole);
    const int most = cores_of(run);

    if (whole == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    pthread_mutex_init(&whole->state, NULL);
    for (int i = 0; i < ITEMS; i++)
        whole->numbers[i] = i;
    whole->replicas = most < REPLICAS_MAX ? most : REPLICAS_MAX;
    enum tri_status status = open_images(whole, error);
    for (int n = 1; n < most && whole->size_count < SIZES_MAX - 1 && status == TRI_OK; n *= 2)
        status = open_size(run, n, error);
    if (status == TRI_OK)
        status = open_size(run, most, error);
    if (status != TRI_OK)
        return status;
    add_rows(run, run_pipeline, "pipeline");
    add_rows(run, run_shared, "shared state");
    return TRI_OK;
}

/* ---- what follows ---- */

/* With all cores over one core. */
static struct tri_interval gain(const struct tri_lab_run *run, const char *program)
{
    char one[64], all[64];

    snprintf(one, sizeof one, "%s, 1 core", program);
    snprintf(all, sizeof all, "%s, %d cores", program, cores_of(run));
    return tri_lab_faster(tri_lab_row(run, all), tri_lab_row(run, one));
}

static void conclude(struct tri_lab_run *run)
{
    const int cores = cores_of(run);

    if (cores < 2) {
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "There is one core here, and no other to give to a concurrent program.");
        return;
    }
    const struct tri_interval pipeline = gain(run, "pipeline"), shared = gain(run, "shared state");
    const enum tri_lab_verdict faster = tri_lab_above(run, &pipeline, 1.2),
                               still = tri_lab_above(run, &shared, 1.2);
    if (faster != TRI_LAB_UNCLEAR && still != TRI_LAB_UNCLEAR)
        tri_lab_answer(run, (faster == TRI_LAB_SHOWN ? 0 : 2) + (still == TRI_LAB_SHOWN ? 0 : 1));
    tri_lab_say(run, tri_lab_above(run, &pipeline, 1 + (cores - 1) / 3.0),
                "The pipeline, not changed in any way, is %s times as fast on %d cores as on one: "
                "its parts were independent already.",
                tri_lab_words(&pipeline).text, cores);
    tri_lab_say(run,
                still == TRI_LAB_REFUTED ? TRI_LAB_SHOWN
                : still == TRI_LAB_SHOWN ? TRI_LAB_REFUTED
                                         : TRI_LAB_UNCLEAR,
                "The program whose threads need one shared state is %s times as fast: concurrent, "
                "and yet never parallel.",
                tri_lab_words(&shared).text);
}

static void close(struct tri_lab_run *run)
{
    struct enables *whole = run->context;

    if (whole == NULL)
        return;
    for (int i = 0; i < whole->size_count; i++)
        tri_lab_team_free(whole->sizes[i].team);
    for (int stage = 0; stage < STAGES; stage++)
        for (int i = 0; i < REPLICAS_MAX; i++)
            tri_lab_picture_free(whole->workers[stage][i]);
    for (int i = 0; i < ITEMS; i++)
        for (int stage = 0; stage <= STAGES; stage++)
            tri_image_free(whole->images[i][stage]);
    pthread_mutex_destroy(&whole->state);
    free(whole);
}

TRI_LAB_EXPERIMENT(enables) = {
    .name = "enables",
    .claim = "Concurrency enables parallelism: a program of independent parts runs on as many "
             "cores as it is given; a shared state undoes it.",
    .plan = "12 pictures through three filters, as a pipeline of threads with channels, and as "
            "threads that share one state under a lock; the same threads on 1 to all cores.",
    .question = "A concurrent program is given all cores instead of one, and is not changed. Which "
                "gets faster?",
    .answers = {"the pipeline and the program with shared state", "the pipeline",
                "the program with shared state", "neither"},
    .next = "triptych lab enables --workers 1; triptych lab race on what sharing costs.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
