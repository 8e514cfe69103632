/* pool.c -- threads that spin for about 20 microseconds for the next work, then sleep on a futex: the
 * stages of a plan follow each other faster than a thread wakes up.
 *
 * Calls stand in a table. A free thread joins one by counting itself in, unless somebody has returned
 * from its work already: then there are no pieces left. */
#include "pool.h"
#include "cpu.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPIN_NS 20000

/* The state of a call is one word, so that nobody joins what has just closed. */
#define OPEN UINT64_C(1)
#define LASTING UINT64_C(2)        /* for threads that are free, not for those that wait */
#define ACTIVE (UINT64_C(1) << 8)  /* one worker that has joined and not returned, 16 bits of them */
#define JOINED (UINT64_C(1) << 24) /* one that has joined */
#define MOST (UINT64_C(1) << 40)   /* one that may join */
#define FIELD(state, unit) ((state) / (unit) & 0xffff)

struct call {
    _Alignas(128) _Atomic uint64_t state; /* a line of its own */
    atomic_bool taken;
    void (*work)(void *argument, int worker);
    void *argument;
};

struct tri_pool {
    int workers, calls_size, threads_count;
    pthread_t *threads;
    struct call *calls;
    _Alignas(128) atomic_int round; /* grows when there is something to look at */
    atomic_int sleepers;
    atomic_bool ending;
};

static void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void futex(atomic_int *word, int operation, int value)
{
    syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

/* Returns when the round is no longer `old`. */
static void wait_for_change(struct tri_pool *pool, int old)
{
    const int64_t until = tri_now_ns() + SPIN_NS;
    for (int i = 0; atomic_load_explicit(&pool->round, memory_order_acquire) == old; i++) {
        pause_briefly();
        if (i % 64 != 63 || tri_now_ns() < until)
            continue;
        atomic_fetch_add(&pool->sleepers, 1);
        while (atomic_load(&pool->round) == old)
            futex(&pool->round, FUTEX_WAIT, old);
        atomic_fetch_sub(&pool->sleepers, 1);
        return;
    }
}

/* The number of the worker, or 0: the call is closed or full, or not for it. */
static int join(struct call *call, bool waits)
{
    uint64_t state = atomic_load_explicit(&call->state, memory_order_acquire);
    while (state & OPEN && FIELD(state, JOINED) < FIELD(state, MOST) && !(waits && state & LASTING)) {
        if (atomic_compare_exchange_weak(&call->state, &state, state + JOINED + ACTIVE))
            return (int)FIELD(state, JOINED) + 1;
    }
    return 0;
}

static bool help(struct tri_pool *pool, bool waits)
{
    for (int i = 0; i < pool->calls_size; i++) {
        struct call *call = &pool->calls[i];
        const int worker = join(call, waits);
        if (worker == 0)
            continue;
        call->work(call->argument, worker);
        atomic_fetch_and(&call->state, ~OPEN);
        atomic_fetch_sub(&call->state, ACTIVE);
        return true;
    }
    return false;
}

static void *thread_main(void *argument)
{
    struct tri_pool *pool = argument;
    for (;;) {
        const int round = atomic_load(&pool->round);
        if (atomic_load(&pool->ending))
            return NULL;
        if (!help(pool, false))
            wait_for_change(pool, round);
    }
}

int tri_pool_round(struct tri_pool *pool)
{
    return atomic_load(&pool->round);
}

void tri_pool_wait(struct tri_pool *pool, int round)
{
    if (!help(pool, true))
        wait_for_change(pool, round);
}

void tri_pool_next_round(struct tri_pool *pool)
{
    atomic_fetch_add(&pool->round, 1);
    if (atomic_load(&pool->sleepers) > 0)
        futex(&pool->round, FUTEX_WAKE, INT_MAX);
}

int tri_pool_workers(const struct tri_pool *pool)
{
    return pool == NULL ? 1 : pool->workers;
}

enum tri_status tri_pool_new(int workers, struct tri_pool **result, struct tri_error *error)
{
    struct tri_pool *pool = aligned_alloc(128, sizeof *pool);
    *result = NULL;
    if (pool == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for threads");
    *pool = (struct tri_pool){.workers = workers, .calls_size = 2 * workers + 2};
    pool->threads = calloc((size_t)workers, sizeof pool->threads[0]);
    pool->calls = aligned_alloc(128, (size_t)pool->calls_size * sizeof pool->calls[0]);
    if (pool->threads == NULL || pool->calls == NULL) {
        tri_pool_free(pool);
        return tri_fail(error, TRI_FAILED, "no memory for %d threads", workers);
    }
    for (int i = 0; i < pool->calls_size; i++)
        pool->calls[i] = (struct call){.state = 0};
    while (pool->threads_count < workers - 1) {
        if (pthread_create(&pool->threads[pool->threads_count], NULL, thread_main, pool) != 0) {
            tri_pool_free(pool);
            return tri_fail(error, TRI_FAILED, "cannot start %d threads", workers);
        }
        pool->threads_count++;
    }
    *result = pool;
    return TRI_OK;
}

void tri_pool_free(struct tri_pool *pool)
{
    if (pool == NULL)
        return;
    atomic_store(&pool->ending, true);
    tri_pool_next_round(pool);
    for (int i = 0; i < pool->threads_count; i++)
        pthread_join(pool->threads[i], NULL);
    free(pool->threads);
    free(pool->calls);
    free(pool);
}

static struct call *take_call(struct tri_pool *pool)
{
    for (int i = 0; i < pool->calls_size; i++) {
        if (!atomic_load_explicit(&pool->calls[i].taken, memory_order_relaxed) &&
            !atomic_exchange(&pool->calls[i].taken, true))
            return &pool->calls[i];
    }
    return NULL;
}

static void run(struct tri_pool *pool, int workers, uint64_t kind, void (*work)(void *argument, int worker), void *argument)
{
    struct call *call = NULL;
    if (pool != NULL && workers > 1 && pool->workers > 1)
        call = take_call(pool);
    if (call == NULL) {
        work(argument, 0);
        return;
    }
    call->work = work;
    call->argument = argument;
    atomic_store(&call->state, OPEN | kind | (uint64_t)(workers - 1) * MOST);
    tri_pool_next_round(pool);
    work(argument, 0);
    atomic_fetch_and(&call->state, ~OPEN);
    /* The others are about to finish, for all take pieces from one heap; with more threads than
     * cores one may still wait for its turn. */
    for (int i = 0; FIELD(atomic_load_explicit(&call->state, memory_order_acquire), ACTIVE) > 0; i++) {
        if (i < 1000)
            pause_briefly();
        else
            sched_yield();
    }
    atomic_store_explicit(&call->taken, false, memory_order_release);
}

void tri_pool_run(struct tri_pool *pool, int workers, void (*work)(void *argument, int worker), void *argument)
{
    run(pool, workers, 0, work, argument);
}

void tri_pool_stay(struct tri_pool *pool, void (*work)(void *argument, int worker), void *argument)
{
    run(pool, tri_pool_workers(pool), LASTING, work, argument);
}
