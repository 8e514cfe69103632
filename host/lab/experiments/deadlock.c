/* deadlock.c -- two locks in opposite order; and four ways not to get stuck, one for each of the
 * conditions that Coffman, Elphick and Shoshani (1971) found a deadlock needs: mutual exclusion,
 * holding one thing while waiting for another, nothing is taken away, and a circle. */
#include "lab/lab.h"
#include "lab/stuck.h"
#include "lab/team.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { BINS = 256, TRANSFERS = 10000, TURNS = 200000, MEMBERS_MAX = 16, START = 100 };

/* Two tables; a transfer moves one from a bin of the first to the same bin of the second, or back.
 * However many are made, the sum of all bins stays. */
struct table {
    pthread_mutex_t lock;
    atomic_int bins[BINS];
};

struct way {
    struct deadlock *whole;
    const char *name;
    void (*transfer)(struct deadlock *whole, int from, int bin);
    int64_t runs, wrong;
};

struct deadlock {
    struct table tables[2];
    struct tri_lab_team *team;
    int members;
    pthread_mutex_t arbiter; /* of `taken` */
    pthread_cond_t given_back;
    bool taken;
    struct way ways[4];
    struct tri_lab_stuck last;
    int64_t tries, stuck, turns;
};

/* ---- what both locks are needed for ---- */

static int read_bin(struct table *table, int bin)
{
    return atomic_load_explicit(&table->bins[bin], memory_order_relaxed);
}

/* By whoever has both tables for itself. */
static void move_one(struct deadlock *whole, int from, int bin)
{
    struct table *source = &whole->tables[from], *target = &whole->tables[1 - from];
    const int there = read_bin(source, bin), here = read_bin(target, bin);

    if (there == 0)
        return;
    atomic_store_explicit(&source->bins[bin], there - 1, memory_order_relaxed);
    atomic_store_explicit(&target->bins[bin], here + 1, memory_order_relaxed);
}

/* ---- ways not to get stuck ---- */

/* No circle: everybody takes the locks in the same order, whichever way the transfer goes. */
static void in_the_same_order(struct deadlock *whole, int from, int bin)
{
    pthread_mutex_lock(&whole->tables[0].lock);
    pthread_mutex_lock(&whole->tables[1].lock);
    move_one(whole, from, bin);
    pthread_mutex_unlock(&whole->tables[1].lock);
    pthread_mutex_unlock(&whole->tables[0].lock);
}

/* Taking away: who cannot have the second lock gives the first one back, and tries again. */
static void back_off(struct deadlock *whole, int from, int bin)
{
    for (;;) {
        pthread_mutex_lock(&whole->tables[from].lock);
        if (pthread_mutex_trylock(&whole->tables[1 - from].lock) == 0)
            break;
        pthread_mutex_unlock(&whole->tables[from].lock);
        sched_yield();
    }
    move_one(whole, from, bin);
    pthread_mutex_unlock(&whole->tables[1 - from].lock);
    pthread_mutex_unlock(&whole->tables[from].lock);
}

/* Nobody holds one while waiting for another: an arbiter gives both or neither. */
static void both_at_once(struct deadlock *whole, int from, int bin)
{
    pthread_mutex_lock(&whole->arbiter);
    while (whole->taken)
        pthread_cond_wait(&whole->given_back, &whole->arbiter);
    whole->taken = true;
    pthread_mutex_unlock(&whole->arbiter);
    move_one(whole, from, bin);
    pthread_mutex_lock(&whole->arbiter);
    whole->taken = false;
    pthread_cond_signal(&whole->given_back);
    pthread_mutex_unlock(&whole->arbiter);
}

/* No mutual exclusion: atomic operations need no lock. Between the two, one is in neither table. */
static void without_locks(struct deadlock *whole, int from, int bin)
{
    atomic_int *source = &whole->tables[from].bins[bin];
    int there = atomic_load(source);

    while (there > 0 && !atomic_compare_exchange_weak(source, &there, there - 1))
        ;
    if (there > 0)
        atomic_fetch_add(&whole->tables[1 - from].bins[bin], 1);
}

/* ---- rows ---- */

static void transfer_share(void *argument, int member)
{
    const struct way *way = argument;
    const int members = way->whole->members;

    for (int i = member; i < TRANSFERS; i += members)
        way->transfer(way->whole, member % 2, i % BINS);
}

static int64_t sum_of(struct deadlock *whole)
{
    int64_t sum = 0;

    for (int bin = 0; bin < BINS; bin++)
        sum += read_bin(&whole->tables[0], bin) + read_bin(&whole->tables[1], bin);
    return sum;
}

static void run_way(void *argument)
{
    struct way *way = argument;

    tri_lab_team_run(way->whole->team, way->name, transfer_share, way);
    way->runs++;
    way->wrong += sum_of(way->whole) != INT64_C(2) * BINS * START;
}

static double percent_wrong(void *argument)
{
    const struct way *way = argument;

    return way->runs > 0 ? 100 * (double)way->wrong / (double)way->runs : 0;
}

/* What a process does between its two locks: it looks at all of the table. */
static void look_at_table(void *argument)
{
    struct deadlock *whole = argument;
    volatile int sum = 0;

    for (int bin = 0; bin < BINS; bin++)
        sum = sum + read_bin(&whole->tables[0], bin);
}

static void get_stuck(void *argument)
{
    struct deadlock *whole = argument;
    struct tri_error error;
    const enum tri_status status =
        tri_lab_get_stuck(TURNS, look_at_table, whole, &whole->last, &error);

    if (status != TRI_OK)
        tri_lab_row_failed(status, &error);
    whole->tries++;
    whole->stuck += whole->last.stuck;
    whole->turns += whole->last.turns;
}

static double percent_stuck(void *argument)
{
    const struct deadlock *whole = argument;

    return whole->tries > 0 ? 100 * (double)whole->stuck / (double)whole->tries : 0;
}

static int64_t time_until_stuck(void *argument)
{
    return ((const struct deadlock *)argument)->last.until;
}

static double turns_before(void *argument)
{
    const struct deadlock *whole = argument;

    return whole->tries > 0 ? (double)whole->turns / (double)whole->tries : 0;
}

static void set_figure(struct tri_lab_row *row, double (*figure)(void *argument), const char *unit)
{
    row->figure = figure;
    row->unit = unit;
}

static void add_rows(struct tri_lab_run *run)
{
    static const struct way kinds[4] = {{.name = "same order", .transfer = in_the_same_order},
                                        {.name = "try, else back off", .transfer = back_off},
                                        {.name = "both at once", .transfer = both_at_once},
                                        {.name = "no locks", .transfer = without_locks}};
    struct deadlock *whole = run->context;

    for (int i = 0; i < 4; i++) {
        whole->ways[i] = kinds[i];
        whole->ways[i].whole = whole;
        set_figure(tri_lab_add(run, run_way, &whole->ways[i], whole->members, "%s", kinds[i].name),
                   percent_wrong, "% of the runs wrong");
    }
    struct tri_lab_row *row = tri_lab_add(run, get_stuck, whole, 2, "opposite order");
    row->base = run->row_count - 1;
    set_figure(row, percent_stuck, "% of the runs stuck");
    row = tri_lab_add_part(run, time_until_stuck, "until the watch knows");
    row->base = run->row_count - 1;
    set_figure(row, turns_before, "turns before it");
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    struct deadlock *whole = run->context = calloc(1, sizeof *whole);

    if (whole == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    pthread_mutex_init(&whole->arbiter, NULL);
    pthread_cond_init(&whole->given_back, NULL);
    for (int i = 0; i < 2; i++) {
        pthread_mutex_init(&whole->tables[i].lock, NULL);
        for (int bin = 0; bin < BINS; bin++)
            atomic_init(&whole->tables[i].bins[bin], START);
    }
    /* Even with one worker, two threads: they take turns on one core. */
    whole->members = (int)fmin(MEMBERS_MAX, fmax(2, run->settings.workers));
    add_rows(run);
    return tri_lab_team_new(whole->members, &whole->team, error);
}

/* ---- what follows ---- */

static void conclude_stuck(struct tri_lab_run *run, const struct tri_lab_row *stuck)
{
    const struct tri_lab_row *until = tri_lab_row(run, "opposite order, until the watch knows");

    if (stuck == NULL || until == NULL)
        return;
    if (stuck->value == 0) {
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "The two processes never got stuck in %.0f turns, which proves nothing: "
                    "the wrong order waits for its moment.",
                    until->value);
        return;
    }
    tri_lab_answer(run, until->value < 10 ? 0 : until->value < 10000 ? 1 : 2);
    tri_lab_say(run, TRI_LAB_SHOWN,
                "In %.3g %% of the runs the two processes got stuck, after %.0f turns that went "
                "well: each held one lock and waited for the other's, and would for ever. A test "
                "with fewer turns would have passed.",
                stuck->value, until->value);
}

static void conclude_ways(struct tri_lab_run *run)
{
    static const char *const ways[4] = {"same order", "try, else back off", "both at once",
                                        "no locks"};
    const struct tri_lab_row *best = NULL;
    bool right = true;

    for (int i = 0; i < 4; i++) {
        const struct tri_lab_row *row = tri_lab_row(run, ways[i]);
        right = right && row != NULL && row->value == 0;
        if (row != NULL && (best == NULL || row->time.median < best->time.median))
            best = row;
    }
    if (best == NULL)
        return;
    tri_lab_say(run, right ? TRI_LAB_SHOWN : TRI_LAB_REFUTED,
                "A deadlock needs four conditions; each of the four ways breaks another one, made "
                "all of its %d transfers in every run, and lost none.",
                TRANSFERS);
    if (best != tri_lab_row(run, "same order")) {
        const struct tri_interval faster = tri_lab_faster(best, tri_lab_row(run, "same order"));
        tri_lab_say(run, tri_lab_above(run, &faster, 1),
                    "'%s' is %s times as fast as the same order, here where the locks are "
                    "hardly ever free.",
                    best->name, tri_lab_words(&faster).text);
    }
}

static void conclude(struct tri_lab_run *run)
{
    conclude_stuck(run, tri_lab_row(run, "opposite order"));
    conclude_ways(run);
}

static void close(struct tri_lab_run *run)
{
    struct deadlock *whole = run->context;

    if (whole == NULL)
        return;
    tri_lab_team_free(whole->team);
    for (int i = 0; i < 2; i++)
        pthread_mutex_destroy(&whole->tables[i].lock);
    pthread_cond_destroy(&whole->given_back);
    pthread_mutex_destroy(&whole->arbiter);
    free(whole);
}

TRI_LAB_EXPERIMENT(deadlock) = {
    .name = "deadlock",
    .claim = "Two locks that are taken in opposite orders stop a program, sooner or later; there "
             "are four ways not to, one for each condition that a deadlock needs.",
    .plan = "10,000 transfers between two tables by all threads, in four ways; and two processes "
            "that take two locks in opposite order, until a watch sees who waits for whom and ends "
            "them.",
    .question =
        "Two processes take two locks in opposite order, again and again. How many turns go "
        "well before they are stuck?",
    .answers = {"fewer than 10", "10 to 10,000", "more than 10,000"},
    .next = "triptych lab deadlock again: the number of turns changes from run to run. "
            "triptych lab race on sharing less.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
