/* race.c -- threads that increment one counter: updates are lost, and what not losing them costs.
 *
 * A data race on a plain variable has no defined meaning in C: a compiler may make anything of it.
 * Here the load and the store of an unprotected increment are atomic, each by itself. On the usual
 * machines that is the same code, and its meaning is defined. */
#include "lab/lab.h"
#include "lab/team.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { EACH = 100000 }; /* increments of a member in a run */

struct variant {
    struct race *whole;
    const char *name;
    void (*count)(void *argument, int member); /* its argument is the race */
    int64_t wanted, counted;                   /* over all runs */
};

struct race {
    struct tri_lab_team *team;
    int members;
    pthread_mutex_t lock;
    struct variant variants[5];
    _Alignas(64) atomic_int counter;
};

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

static void run_variant(void *argument)
{
    struct variant *variant = argument;
    struct race *race = variant->whole;

    atomic_store(&race->counter, 0);
    tri_lab_team_run(race->team, variant->name, variant->count, race);
    variant->counted += atomic_load(&race->counter);
    variant->wanted += (int64_t)EACH * race->members;
}

static double percent_lost(void *argument)
{
    const struct variant *variant = argument;

    return variant->wanted > 0 ? 100 * (1 - (double)variant->counted / (double)variant->wanted) : 0;
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    static const struct variant kinds[5] = {{.name = "unprotected", .count = unprotected},
                                            {.name = "in a register", .count = in_a_register},
                                            {.name = "atomic", .count = with_atomics},
                                            {.name = "mutex", .count = with_a_mutex},
                                            {.name = "own, then joined", .count = own_counters}};
    struct race *race = run->context = aligned_alloc(64, (sizeof *race + 63) / 64 * 64);

    if (race == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    *race = (struct race){.members = run->settings.workers};
    pthread_mutex_init(&race->lock, NULL);
    for (int i = 0; i < 5; i++) {
        race->variants[i] = kinds[i];
        race->variants[i].whole = race;
        struct tri_lab_row *row =
            tri_lab_add(run, run_variant, &race->variants[i], race->members, "%s", kinds[i].name);
        row->figure = percent_lost;
        row->unit = "% lost";
    }
    return tri_lab_team_new(race->members, &race->team, error);
}

static void conclude_losses(struct tri_lab_run *run)
{
    const struct tri_lab_row *unsafe = tri_lab_row(run, "unprotected");
    static const char *const safe[] = {"atomic", "mutex", "own, then joined"};
    bool right = true;

    if (unsafe != NULL && unsafe->value > 0) {
        tri_lab_answer(run, unsafe->value > 10 ? 2 : 1);
        tri_lab_say(run, TRI_LAB_SHOWN,
                    "%.3g %% of the unprotected increments are lost: a thread stores what it has "
                    "loaded before another one's store.",
                    unsafe->value);
    } else if (unsafe != NULL) {
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "No unprotected increment was lost this time, which proves "
                    "nothing: %s.",
                    unsafe->workers > 1 ? "the threads happened not to meet"
                                        : "with one thread there is nobody to meet");
    }
    for (int i = 0; i < 3; i++) {
        const struct tri_lab_row *row = tri_lab_row(run, safe[i]);
        right = right && row != NULL && row->value == 0;
    }
    tri_lab_say(run, right ? TRI_LAB_SHOWN : TRI_LAB_REFUTED,
                "Atomic increments, a mutex, and own counters that are joined lose none.");
}

static void conclude(struct tri_lab_run *run)
{
    const struct tri_lab_row *plain = tri_lab_row(run, "in a register");
    const struct tri_interval atomic =
        tri_lab_faster(tri_lab_row(run, "own, then joined"), tri_lab_row(run, "atomic"));
    const struct tri_interval mutex =
        tri_lab_faster(tri_lab_row(run, "own, then joined"), tri_lab_row(run, "mutex"));

    conclude_losses(run);
    tri_lab_say(
        run, tri_lab_above(run, &atomic, 1),
        "Own counters are %s times as fast as a shared atomic one, and %s times as fast as a "
        "mutex: share at the end.",
        tri_lab_words(&atomic).text, tri_lab_words(&mutex).text);
    if (plain != NULL && plain->workers > 1)
        tri_lab_say(
            run, TRI_LAB_SHOWN,
            "A compiler may keep a plain counter in a register: then a thread's increments are "
            "lost together or not at all, here %.3g %%. A test that passes says little.",
            plain->value);
}

static void close(struct tri_lab_run *run)
{
    struct race *race = run->context;

    if (race == NULL)
        return;
    tri_lab_team_free(race->team);
    pthread_mutex_destroy(&race->lock);
    free(race);
}

TRI_LAB_EXPERIMENT(race) = {
    .name = "race",
    .claim = "Threads that change the same data without protection lose updates; protection costs "
             "time, and sharing less costs least.",
    .plan = "Each thread increments a counter 100,000 times: unprotected, as a compiler may do it, "
            "atomic, under a mutex, and each its own counter, added up at the end.",
    .question = "All cores increment one counter without protection. How much is lost?",
    .answers = {"nothing", "up to a tenth", "more than a tenth"},
    .next = "triptych lab race --workers 1: without a second thread nothing is lost.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
