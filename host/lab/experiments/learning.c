/* learning.c -- learning from examples on several cores. Synchronous: all workers compute slopes at
 * the same weights, and wait for each other before these change. Stale: each changes them when it
 * is done, by a slope at weights that others have changed meanwhile. */
#include "lab/lab.h"
#include "lab/picture.h"
#include "lab/tally.h"
#include "lab/team.h"

#include "learn/learn.h"
#include "trace/trace.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE = 3,
    TAPS = SIDE * SIDE,
    BLOCK = 128, /* samples across and down */
    ACROSS = 8,  /* blocks of the picture, in both directions */
    BATCH = 8,   /* blocks for a change, where all wait */
    BATCHES = 32,
    LARGE = 4, /* times as many rows has the last block of a batch, where they are unequal */
    MEMBERS_MAX = 64
};

#define FILTER "convolve:matrix=1 2 1 / 2 4 2 / 1 2 1"
#define ONE (1 << 16) /* a weight of 1 in whole numbers */
#define PARTS 16      /* of a sample, in which errors are whole numbers */
#define MIDDLE 128

/* Slopes are whole numbers, so they add up to the same in any order. */
struct slopes {
    int64_t sum[TAPS];
};

struct learner {
    struct learning *whole;
    struct tri_lab_team *team;
    int members;
    bool stale, unequal;
    /* of a run: */
    double weights[TAPS];
    struct slopes slopes[MEMBERS_MAX];
    atomic_int next[BATCHES], next_block;
    long changes, late; /* late: changes by others between reading weights and changing them */
    struct tri_lab_tally losses, others, lateness;
};

enum { ALONE, SYNCHRONOUS, STALE, WAYS };

struct learning {
    struct tri_image *before, *after;
    struct tri_learn_problem problem; /* for the loss */
    double rate;
    struct learner learners[2][WAYS]; /* [unequal] */
    double expected[2][TAPS];         /* what one worker learns */
    pthread_barrier_t barrier;
    bool has_barrier;
    pthread_mutex_t lock; /* for the weights of stale learners */
};

/* ---- slopes ---- */

struct area {
    int left, top, right, bottom;
};

/* In an order that is far from that of the picture. Samples at its edge do not count. */
static struct area area_of(int number, bool unequal)
{
    const int block = number * 37 % (ACROSS * ACROSS), end = ACROSS * BLOCK - 1;
    const bool large = unequal && number % BATCH == BATCH - 1;
    struct area area = {block % ACROSS * BLOCK, block / ACROSS * BLOCK, 0, 0};

    if (large && area.top > end + 1 - LARGE * BLOCK)
        area.top = end + 1 - LARGE * BLOCK;
    area.right = area.left + BLOCK;
    area.bottom = area.top + (large ? LARGE : 1) * BLOCK;
    area.left += area.left == 0;
    area.top += area.top == 0;
    area.right = area.right < end ? area.right : end;
    area.bottom = area.bottom < end ? area.bottom : end;
    return area;
}

static void add_place(const unsigned char *const *rows, int x, int wanted, const int *weights,
                      int64_t *sum)
{
    int samples[TAPS], made = 0;

    for (int i = 0; i < TAPS; i++) {
        samples[i] = rows[i / SIDE][x + i % SIDE - SIDE / 2] - MIDDLE;
        made += weights[i] * samples[i];
    }
    const int error = (wanted - MIDDLE) * PARTS - made / (ONE / PARTS);
    for (int i = 0; i < TAPS; i++)
        sum[i] += (int64_t)error * samples[i];
}

static void add_slopes(const struct learning *whole, const struct area *area, const double *weights,
                       struct slopes *slopes)
{
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_STAGE, "slope");
    int fixed[TAPS];

    for (int i = 0; i < TAPS; i++)
        fixed[i] = (int)floor(weights[i] * ONE + 0.5);
    for (int y = area->top; y < area->bottom; y++) {
        const unsigned char *rows[SIDE];
        const unsigned char *wanted = tri_image_row(whole->after, 0, y);
        for (int i = 0; i < SIDE; i++)
            rows[i] = tri_image_row(whole->before, 0, y + i - SIDE / 2);
        for (int x = area->left; x < area->right; x++)
            add_place(rows, x, wanted[x], fixed, slopes->sum);
    }
    tri_trace_end(mark);
}

static void change(const struct learning *whole, const struct slopes *slopes, double *weights)
{
    for (int i = 0; i < TAPS; i++)
        weights[i] += whole->rate * (double)slopes->sum[i] / PARTS;
}

/* ---- learners ---- */

/* Whole numbers are added before any is rounded: who computed what leaves no trace. */
static void change_together(struct learner *learner)
{
    struct slopes all = {{0}};

    for (int member = 0; member < learner->members; member++)
        for (int i = 0; i < TAPS; i++)
            all.sum[i] += learner->slopes[member].sum[i];
    change(learner->whole, &all, learner->weights);
}

static void learn_together(void *argument, int member)
{
    struct learner *learner = argument;
    struct learning *whole = learner->whole;
    struct slopes *own = &learner->slopes[member];

    for (int batch = 0; batch < BATCHES; batch++) {
        memset(own, 0, sizeof *own);
        for (int i; (i = atomic_fetch_add(&learner->next[batch], 1)) < BATCH;) {
            const struct area area = area_of(batch * BATCH + i, learner->unequal);
            add_slopes(whole, &area, learner->weights, own);
        }
        if (learner->members > 1)
            pthread_barrier_wait(&whole->barrier);
        if (member == 0)
            change_together(learner);
        if (learner->members > 1)
            pthread_barrier_wait(&whole->barrier);
    }
}

static void learn_stale(void *argument, int member)
{
    struct learner *learner = argument;
    struct learning *whole = learner->whole;

    (void)member;
    for (int i; (i = atomic_fetch_add(&learner->next_block, 1)) < BATCHES * BATCH;) {
        const struct area area = area_of(i, learner->unequal);
        struct slopes slopes = {{0}};
        double weights[TAPS];
        pthread_mutex_lock(&whole->lock);
        const long before = learner->changes;
        memcpy(weights, learner->weights, sizeof weights);
        pthread_mutex_unlock(&whole->lock);
        add_slopes(whole, &area, weights, &slopes);
        pthread_mutex_lock(&whole->lock);
        learner->late += learner->changes++ - before;
        change(whole, &slopes, learner->weights);
        pthread_mutex_unlock(&whole->lock);
    }
}

static bool same(const double *a, const double *b)
{
    bool same = true;

    for (int i = 0; i < TAPS; i++)
        same = same && a[i] == b[i];
    return same;
}

static void run_learner(void *argument)
{
    struct learner *learner = argument;
    const double *expected = learner->whole->expected[learner->unequal];

    memset(learner->weights, 0, sizeof learner->weights);
    for (int i = 0; i < BATCHES; i++)
        atomic_store(&learner->next[i], 0);
    atomic_store(&learner->next_block, 0);
    learner->changes = learner->late = 0;
    tri_lab_team_run(learner->team, "learn", learner->stale ? learn_stale : learn_together,
                     learner);
    tri_lab_tally_add(&learner->losses, tri_learn_loss(&learner->whole->problem, learner->weights));
    tri_lab_tally_add(&learner->others, !same(learner->weights, expected));
    tri_lab_tally_add(&learner->lateness, (double)learner->late / (BATCHES * BATCH));
}

static struct tri_interval loss(void *argument)
{
    return tri_lab_tally_mean(&((const struct learner *)argument)->losses);
}

static struct tri_interval others(void *argument)
{
    return tri_lab_tally_odds(&((const struct learner *)argument)->others);
}

static struct tri_interval lateness(void *argument)
{
    return tri_lab_tally_mean(&((const struct learner *)argument)->lateness);
}

/* ---- rows ---- */

/* The loss has the sums of the kernel `products`. With this rate no direction overshoots: the trace
 * is more than the largest curvature. */
static enum tri_status open_problem(struct learning *whole, struct tri_error *error)
{
    const struct tri_learn_model model = {.side = SIDE};
    struct tri_learn_sums sums = {.taps = TAPS};
    struct tri_learn_pair pair;
    struct tri_backend *backend;
    double trace = 0;

    enum tri_status status = tri_backend_open("sequential", NULL, &backend, error);
    if (status == TRI_OK)
        status = tri_learn_pair_sum(backend, &model, whole->before, whole->after, &pair, error);
    tri_backend_close(backend);
    if (status != TRI_OK)
        return status;
    for (int block = 0; block < pair.blocks; block++)
        tri_learn_pair_add(&sums, &pair, 0, block);
    tri_learn_pair_free(&pair);
    tri_learn_problem_fill(&whole->problem, &sums, true);
    for (int i = 0; i < TAPS; i++)
        trace += whole->problem.covariance[i][i] +
                 (whole->problem.mean[i] - MIDDLE) * (whole->problem.mean[i] - MIDDLE);
    whole->rate = 1 / trace / (BATCH * BLOCK * BLOCK);
    return TRI_OK;
}

static enum tri_status open_pictures(struct learning *whole, struct tri_error *error)
{
    const struct tri_shape shape = {ACROSS * BLOCK, ACROSS * BLOCK, 1, 8};
    struct tri_lab_picture *filter = NULL;
    enum tri_status status = tri_picture_generate(&shape, 1, &whole->before, error);

    if (status == TRI_OK)
        status = tri_image_new(&shape, &whole->after, error);
    if (status == TRI_OK)
        status = tri_lab_picture_new("sequential", NULL, FILTER, &shape, &filter, error);
    if (status == TRI_OK)
        tri_lab_picture_filter(filter, whole->before, whole->after);
    tri_lab_picture_free(filter);
    return status == TRI_OK ? open_problem(whole, error) : status;
}

static const char *const names[2][WAYS] = {
    {"one worker", "synchronous", "stale"},
    {"unequal, one worker", "unequal, synchronous", "unequal, stale"}};

static enum tri_status add_learner(struct tri_lab_run *run, int unequal, int way, int members,
                                   struct tri_error *error)
{
    struct learning *whole = run->context;
    struct learner *learner = &whole->learners[unequal][way];

    learner->whole = whole;
    learner->members = way == ALONE ? 1 : members;
    learner->stale = way == STALE;
    learner->unequal = unequal != 0;
    struct tri_lab_row *row =
        tri_lab_add(run, run_learner, learner, learner->members, "%s", names[unequal][way]);
    row->base = unequal * WAYS;
    tri_lab_add_figure(row, loss, "mean squared error");
    tri_lab_add_figure(row, others, "of runs with other weights");
    tri_lab_add_figure(row, lateness, "changes late");
    if (way != ALONE && members < 2) {
        tri_lab_skip(row, "it takes two workers");
        return TRI_OK;
    }
    return tri_lab_team_new(learner->members, &learner->team, error);
}

/* What one worker learns, against which all are compared. */
static void expect(struct learning *whole, int unequal)
{
    struct learner *alone = &whole->learners[unequal][ALONE];

    run_learner(alone);
    memcpy(whole->expected[unequal], alone->weights, sizeof alone->weights);
    alone->losses = alone->others = alone->lateness = (struct tri_lab_tally){0};
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    const int members = run->settings.workers < MEMBERS_MAX ? run->settings.workers : MEMBERS_MAX;
    struct learning *whole = run->context = calloc(1, sizeof *whole);

    if (whole == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    pthread_mutex_init(&whole->lock, NULL);
    whole->has_barrier = pthread_barrier_init(&whole->barrier, NULL, (unsigned)members) == 0;
    if (!whole->has_barrier)
        return tri_fail(error, TRI_FAILED, "out of memory for a barrier");
    enum tri_status status = open_pictures(whole, error);
    for (int unequal = 0; unequal < 2 && status == TRI_OK; unequal++) {
        for (int way = 0; way < WAYS && status == TRI_OK; way++)
            status = add_learner(run, unequal, way, members, error);
        if (status == TRI_OK)
            expect(whole, unequal);
    }
    return status;
}

static void close(struct tri_lab_run *run)
{
    struct learning *whole = run->context;

    if (whole == NULL)
        return;
    for (int i = 0; i < 2 * WAYS; i++)
        tri_lab_team_free(whole->learners[i / WAYS][i % WAYS].team);
    if (whole->has_barrier)
        pthread_barrier_destroy(&whole->barrier);
    pthread_mutex_destroy(&whole->lock);
    tri_image_free(whole->before);
    tri_image_free(whole->after);
    free(whole);
}

/* ---- what follows ---- */

enum { LOSS, OTHERS, LATE }; /* figures */

static void conclude_results(struct tri_lab_run *run, const struct tri_lab_row *together,
                             const struct tri_lab_row *stale)
{
    const double apart = together->figures[OTHERS].value.ratio,
                 other = stale->figures[OTHERS].value.ratio;

    tri_lab_say(run, apart == 0 ? TRI_LAB_SHOWN : TRI_LAB_REFUTED,
                "%s: slopes are at the same weights, and their sums are whole numbers.",
                apart == 0 ? "In each run synchronous workers learn the same bits as one worker"
                           : "Synchronous workers learn other weights than one worker");
    tri_lab_answer(run, other > 0 ? 1 : -1);
    tri_lab_say(run, other > 0 ? TRI_LAB_SHOWN : TRI_LAB_UNCLEAR,
                "With stale slopes, a share of %s of the runs learn other weights than one worker: "
                "it depends on who was first. A slope is %.3g changes late on average.",
                tri_lab_words(&stale->figures[OTHERS].value).text,
                stale->figures[LATE].value.ratio);
}

static void conclude_speed(struct tri_lab_run *run, const char *together, const char *stale,
                           const char *blocks, const char *why)
{
    const struct tri_interval faster =
        tri_lab_faster(tri_lab_row(run, stale), tri_lab_row(run, together));

    if (isnan(faster.ratio))
        return;
    tri_lab_say(run, tri_lab_above(run, &faster, 1),
                "With %s, stale slopes are %s times as fast: %s.", blocks,
                tri_lab_words(&faster).text, why);
}

/* Between half and twice as large counts as much the same: a step more or less makes as much. */
static void conclude_loss(struct tri_lab_run *run, const struct tri_lab_row *together,
                          const struct tri_lab_row *stale)
{
    const double synchronous = together->figures[LOSS].value.ratio;
    const struct tri_interval *loss_of = &stale->figures[LOSS].value;
    const struct tri_interval ratio = {loss_of->ratio / synchronous, loss_of->low / synchronous,
                                       loss_of->high / synchronous};

    tri_lab_say(run, tri_lab_within(run, &ratio, 0.5, 2),
                "After the same blocks, the error of the stale learner is %s times that of the "
                "synchronous one, which is %.4g: slopes that are a little late still point "
                "downwards.",
                tri_lab_words(&ratio).text, synchronous);
}

static void conclude(struct tri_lab_run *run)
{
    const struct tri_lab_row *together = tri_lab_row(run, names[0][SYNCHRONOUS]),
                             *stale = tri_lab_row(run, names[0][STALE]);

    if (together == NULL || stale == NULL) {
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "Nothing is late with one worker: each slope is at the latest weights.");
        return;
    }
    conclude_results(run, together, stale);
    conclude_speed(run, names[0][SYNCHRONOUS], names[0][STALE], "blocks of one size",
                   "nobody waits for the last of a batch");
    conclude_speed(run, names[1][SYNCHRONOUS], names[1][STALE],
                   "one block in eight four times as large",
                   "the others go on while one has the large block");
    conclude_loss(run, together, stale);
}

TRI_LAB_EXPERIMENT(learning) = {
    .name = "learning",
    .claim = "Workers that learn together and wait for each other get the same weights in every "
             "run. Without waiting they are faster, with slopes that are late, and each run learns "
             "other weights.",
    .plan = "A 3x3 kernel is learnt from 256 blocks of a picture before and after: by one worker, "
            "by several that wait for each other after each 8 blocks, and by several that change "
            "the weights whenever one is done with a block. The same with unequal blocks.",
    .question = "Workers compute slopes of blocks, and each changes the weights when it is done, "
                "without waiting for the others. What does that cost?",
    .answers = {"nothing: it learns the same", "each run may learn other weights",
                "it learns nothing useful"},
    .next = "triptych lab learning --trace learning.svg: who waits for whom.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
