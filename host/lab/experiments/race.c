/* race.c -- threads that increment one counter, or count pixels into one table: updates are lost,
 * and what not losing them costs.
 *
 * A data race on a plain variable has no defined meaning in C: a compiler may make anything of it.
 * Here the load and the store of an unprotected increment are atomic, each by itself. On the usual
 * machines that is the same code, and its meaning is defined. */
#include "lab/affinity.h"
#include "lab/lab.h"
#include "lab/tally.h"
#include "lab/team.h"

#include "parallel/cpu.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    EACH = 100000, /* increments of a member in a run */
    COUNTERS = 5,  /* variants of the counter; those of the histogram follow */
    VARIANTS = 9,
    LEVELS = 256,
    PINNED_MAX = 256,
    PATIENCE_NS = 20000
};

struct variant {
    const char *name, *span;
    void (*count)(void *argument, int member); /* its argument is the race */
    struct race *whole;
    struct tri_lab_tally lost; /* percent of a run's updates */
};

struct race {
    struct tri_lab_team *team;
    int members;
    struct tri_lab_cores *before[PINNED_MAX]; /* where the members might run */
    struct tri_image *picture;
    atomic_int arrived; /* members at the start of a run */
    pthread_mutex_t lock;
    struct variant variants[VARIANTS];
    _Alignas(64) atomic_int counter;
    _Alignas(64) atomic_int table[LEVELS];
};

/* ---- the counter ---- */

static void increment(atomic_int *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

static void unprotected(void *argument, int member)
{
    struct race *race = argument;

    (void)member;
    for (int i = 0; i < EACH; i++)
        increment(&race->counter);
}

/* What -O2 makes of a plain counter: one load, one addition, one store. */
static void in_a_register(void *argument, int member)
{
    struct race *race = argument;
    const int before = atomic_load_explicit(&race->counter, memory_order_relaxed);

    (void)member;
    atomic_store_explicit(&race->counter, before + EACH, memory_order_relaxed);
}

static void with_atomics(void *argument, int member)
{
    struct race *race = argument;

    (void)member;
    for (int i = 0; i < EACH; i++)
        atomic_fetch_add_explicit(&race->counter, 1, memory_order_relaxed);
}

static void with_a_mutex(void *argument, int member)
{
    struct race *race = argument;

    (void)member;
    for (int i = 0; i < EACH; i++) {
        pthread_mutex_lock(&race->lock);
        increment(&race->counter);
        pthread_mutex_unlock(&race->lock);
    }
}

static void own_counters(void *argument, int member)
{
    struct race *race = argument;
    atomic_int own = 0;

    (void)member;
    for (int i = 0; i < EACH; i++)
        increment(&own);
    atomic_fetch_add(&race->counter, atomic_load(&own));
}

/* ---- the histogram: each member counts the levels of some rows of a picture ---- */

static void count_rows(struct race *race, int member, void (*add)(struct race *race, int level))
{
    const int height = race->picture->shape.height;

    for (int y = height * member / race->members; y < height * (member + 1) / race->members; y++) {
        const unsigned char *row = tri_image_row(race->picture, 0, y);
        for (int x = 0; x < race->picture->shape.width; x++)
            add(race, row[x]);
    }
}

static void add_unprotected(struct race *race, int level)
{
    increment(&race->table[level]);
}

static void add_atomic(struct race *race, int level)
{
    atomic_fetch_add_explicit(&race->table[level], 1, memory_order_relaxed);
}

static void add_locked(struct race *race, int level)
{
    pthread_mutex_lock(&race->lock);
    increment(&race->table[level]);
    pthread_mutex_unlock(&race->lock);
}

static void histogram_unprotected(void *argument, int member)
{
    count_rows(argument, member, add_unprotected);
}

static void histogram_with_atomics(void *argument, int member)
{
    count_rows(argument, member, add_atomic);
}

static void histogram_with_a_mutex(void *argument, int member)
{
    count_rows(argument, member, add_locked);
}

static void own_histograms(void *argument, int member)
{
    struct race *race = argument;
    const int height = race->picture->shape.height;
    int own[LEVELS] = {0};

    for (int y = height * member / race->members; y < height * (member + 1) / race->members; y++) {
        const unsigned char *row = tri_image_row(race->picture, 0, y);
        for (int x = 0; x < race->picture->shape.width; x++)
            own[row[x]]++;
    }
    for (int level = 0; level < LEVELS; level++)
        atomic_fetch_add(&race->table[level], own[level]);
}

/* ---- rows ---- */

/* All begin together: otherwise the first could be done before the last has woken up. Members that
 * share a core give way to each other. */
static void take_part(void *argument, int member)
{
    const struct variant *variant = argument;
    struct race *race = variant->whole;
    const int64_t start = tri_now_ns();

    atomic_fetch_add(&race->arrived, 1);
    while (atomic_load(&race->arrived) < race->members)
        if (tri_now_ns() - start > PATIENCE_NS)
            sched_yield();
    variant->count(race, member);
}

static void run_members(struct variant *variant)
{
    struct race *race = variant->whole;

    atomic_store(&race->arrived, 0);
    tri_lab_team_run(race->team, variant->span, take_part, variant);
}

static void run_counter(void *argument)
{
    struct variant *variant = argument;
    struct race *race = variant->whole;
    const double wanted = (double)EACH * race->members;

    atomic_store(&race->counter, 0);
    run_members(variant);
    tri_lab_tally_add(&variant->lost, 100 * (wanted - atomic_load(&race->counter)) / wanted);
}

static void run_histogram(void *argument)
{
    struct variant *variant = argument;
    struct race *race = variant->whole;
    const double wanted = (double)race->picture->shape.width * race->picture->shape.height;
    int64_t counted = 0;

    for (int level = 0; level < LEVELS; level++)
        atomic_store(&race->table[level], 0);
    run_members(variant);
    for (int level = 0; level < LEVELS; level++)
        counted += atomic_load(&race->table[level]);
    tri_lab_tally_add(&variant->lost, 100 * (wanted - (double)counted) / wanted);
}

static struct tri_interval percent_lost(void *argument)
{
    struct tri_interval lost = tri_lab_tally_mean(&((const struct variant *)argument)->lost);

    lost.low = fmax(0, lost.low); /* no run loses less than nothing */
    return lost;
}

static struct tri_interval percent_of_runs(void *argument)
{
    const struct tri_interval odds = tri_lab_tally_odds(&((const struct variant *)argument)->lost);

    return (struct tri_interval){100 * odds.ratio, 100 * odds.low, 100 * odds.high};
}

static const struct variant variants[VARIANTS] = {
    {"unprotected", "unprotected", unprotected, NULL, {0}},
    {"in a register", "in a register", in_a_register, NULL, {0}},
    {"atomic", "atomic", with_atomics, NULL, {0}},
    {"mutex", "mutex", with_a_mutex, NULL, {0}},
    {"own, then joined", "own, then joined", own_counters, NULL, {0}},
    {"histogram, unprotected", "unprotected", histogram_unprotected, NULL, {0}},
    {"histogram, atomic", "atomic", histogram_with_atomics, NULL, {0}},
    {"histogram, mutex", "mutex", histogram_with_a_mutex, NULL, {0}},
    {"histogram, own, then joined", "own, then joined", own_histograms, NULL, {0}}};

static void add_rows(struct tri_lab_run *run)
{
    struct race *race = run->context;

    for (int i = 0; i < VARIANTS; i++) {
        race->variants[i] = variants[i];
        race->variants[i].whole = race;
        struct tri_lab_row *row =
            tri_lab_add(run, i < COUNTERS ? run_counter : run_histogram, &race->variants[i],
                        race->members, "%s", variants[i].name);
        row->base = i < COUNTERS ? 0 : COUNTERS;
        tri_lab_add_figure(row, percent_lost, "% lost");
        tri_lab_add_figure(row, percent_of_runs, "% of runs lost some");
    }
}

/* Each on a core of its own: the kernel may leave threads that run so shortly on one core, where
 * they seldom meet. If it does not allow that, they meet as they happen to. */
static void settle(void *argument, int member)
{
    struct race *race = argument;
    struct tri_error error;

    if (member < PINNED_MAX && tri_lab_pin_to(member, &race->before[member], &error) != TRI_OK)
        race->before[member] = NULL;
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    const struct tri_shape shape = {640, 480, 1, 8};
    struct race *race = run->context = aligned_alloc(64, (sizeof *race + 63) / 64 * 64);

    if (race == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    *race = (struct race){.members = run->settings.workers};
    pthread_mutex_init(&race->lock, NULL);
    add_rows(run);
    enum tri_status status = tri_picture_generate(&shape, 1, &race->picture, error);
    if (status == TRI_OK)
        status = tri_lab_team_new(race->members, &race->team, error);
    if (status == TRI_OK)
        tri_lab_team_run(race->team, "settle", settle, race);
    return status;
}

/* ---- what follows ---- */

enum { LOST, RUNS }; /* figures of a row */

static void conclude_unsafe(struct tri_lab_run *run, const struct tri_lab_row *unsafe,
                            const char *update)
{
    const struct tri_interval *lost = &unsafe->figures[LOST].value,
                              *odds = &unsafe->figures[RUNS].value;

    if (lost->ratio > 0)
        tri_lab_say(run, TRI_LAB_SHOWN,
                    "%s %% of the unprotected %ss are lost: a thread stores what it has loaded "
                    "before another one's store. The odds that a run loses any: %s %%.",
                    tri_lab_words(lost).text, update, tri_lab_words(odds).text);
    else if (unsafe->workers > 1)
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "No unprotected %s was lost this time: the threads happened not to meet. That "
                    "proves nothing; a run may lose some with odds of up to %.2g %%.",
                    update, odds->high);
    else
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "No unprotected %s was lost: with one thread there is nobody to meet.", update);
}

/* Whether the rows of a task, "" or "histogram, ", that are protected lost nothing. */
static bool are_right(const struct tri_lab_run *run, const char *task)
{
    static const char *const safe[] = {"atomic", "mutex", "own, then joined"};
    bool right = true;

    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", task, safe[i]);
        const struct tri_lab_row *row = tri_lab_row(run, name);
        right = right && row != NULL && row->figures[LOST].value.ratio == 0;
    }
    return right;
}

static void conclude_counter(struct tri_lab_run *run)
{
    const struct tri_lab_row *unsafe = tri_lab_row(run, "unprotected"),
                             *own = tri_lab_row(run, "own, then joined"),
                             *plain = tri_lab_row(run, "in a register");
    const struct tri_interval atomic = tri_lab_faster(own, tri_lab_row(run, "atomic")),
                              mutex = tri_lab_faster(own, tri_lab_row(run, "mutex"));

    if (unsafe != NULL) {
        const double lost = unsafe->figures[LOST].value.ratio;
        if (lost > 0)
            tri_lab_answer(run, lost > 10 ? 2 : 1);
        conclude_unsafe(run, unsafe, "increment");
    }
    tri_lab_say(run, are_right(run, "") ? TRI_LAB_SHOWN : TRI_LAB_REFUTED,
                "Atomic increments, a mutex, and own counters that are joined lose none.");
    tri_lab_say(
        run, tri_lab_above(run, &atomic, 1),
        "Own counters are %s times as fast as a shared atomic one, and %s times as fast as a "
        "mutex: share at the end.",
        tri_lab_words(&atomic).text, tri_lab_words(&mutex).text);
    if (plain != NULL && plain->workers > 1)
        tri_lab_say(
            run, TRI_LAB_SHOWN,
            "A compiler may keep a plain counter in a register: then a thread's increments are "
            "lost together or not at all, here in %.2g %% of the runs. A test that passes says "
            "little.",
            plain->figures[RUNS].value.ratio);
}

static void conclude_histogram(struct tri_lab_run *run)
{
    const struct tri_lab_row *unsafe = tri_lab_row(run, "histogram, unprotected"),
                             *own = tri_lab_row(run, "histogram, own, then joined");
    const struct tri_interval atomic = tri_lab_faster(own, tri_lab_row(run, "histogram, atomic")),
                              mutex = tri_lab_faster(own, tri_lab_row(run, "histogram, mutex"));

    if (unsafe == NULL)
        return;
    conclude_unsafe(run, unsafe, "histogram update");
    tri_lab_say(run, are_right(run, "histogram, ") ? TRI_LAB_SHOWN : TRI_LAB_REFUTED,
                "With atomics, a mutex, or own tables that are joined, the histogram has every "
                "pixel.");
    tri_lab_say(run, tri_lab_above(run, &atomic, 1),
                "Own tables are %s times as fast as one table with atomics, and %s times as fast "
                "as one under a mutex.",
                tri_lab_words(&atomic).text, tri_lab_words(&mutex).text);
}

static void conclude(struct tri_lab_run *run)
{
    conclude_counter(run);
    conclude_histogram(run);
}

static void close(struct tri_lab_run *run)
{
    struct race *race = run->context;

    if (race == NULL)
        return;
    tri_lab_team_free(race->team);
    tri_image_free(race->picture);
    for (int i = 0; i < PINNED_MAX; i++)
        tri_lab_unpin(race->before[i]); /* all had the same cores, this thread's among them */
    pthread_mutex_destroy(&race->lock);
    free(race);
}

TRI_LAB_EXPERIMENT(race) = {
    .name = "race",
    .claim = "Threads that change the same data without protection lose updates; protection costs "
             "time, and sharing less costs least.",
    .plan = "Each thread increments a counter 100,000 times: unprotected, as a compiler may do it, "
            "atomic, under a mutex, and each its own counter, added up at the end. And together "
            "they count how often each level occurs in a picture of 640x480, in the same ways.",
    .question = "All cores increment one counter without protection. How much is lost?",
    .answers = {"nothing", "up to a tenth", "more than a tenth"},
    .next = "triptych lab race --workers 1: without a second thread nothing is lost.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
