/* pool.c -- threads that spin for about 20 microseconds for the next work, then sleep on a futex:
 * the stages of a plan follow each other faster than a thread wakes up.
 *
 * Calls are in a table. A free thread joins one by counting itself in, unless a worker has already
 * returned from it: then no pieces are left. */
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

/* The state of a call is one word, so that no thread joins a call that has just closed. */
#define OPEN UINT64_C(1)
#define LASTING UINT64_C(2) /* for free threads, not for waiting ones */
#define ACTIVE \
    (UINT64_C(1) \
     << 8) /* one worker that has joined and not returned; 16-bit field, as those below */
#define JOINED (UINT64_C(1) << 24) /* one that has joined */
#define MOST (UINT64_C(1) << 40)   /* one that may join */
#define FIELD(state, unit) ((state) / (unit)&0xffff)

struct call {
    _Alignas(128) _Atomic uint64_t state; /* on a cache line of its own */
    atomic_bool taken;
    void (*work)(void *argument, int worker);
    void *argument;
    uint64_t item; /* that the caller works on, for recordings */
};

struct tri_pool {
    int workers, calls_size, threads_count;
    atomic_int numbered; /* threads that have a number */
    pthread_t *threads;
    struct call *calls;
    _Alignas(128) atomic_int round; /* incremented when there may be work */
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

/* Returns the worker's number, or 0 if the call is closed, full, or not for waiting threads. */
static int join(struct call *call, bool waits)
{
    uint64_t state = atomic_load_explicit(&call->state, memory_order_acquire);
    while (state & OPEN && FIELD(state, JOINED) < FIELD(state, MOST) &&
           !(waits && state & LASTING)) {
        if (atomic_compare_exchange_weak(&call->state, &state, state + JOINED + ACTIVE))
            return (int)FIELD(state, JOINED) + 1;
    }
    return 0;
}

/* Returns the item before. */
static uint64_t exchange_item(uint64_t item)
{
    const uint64_t before = tri_trace_item();
    tri_trace_set_item(item);
    return before;
}

/* `wait` is as for tri_pool_wait. */
static bool help(struct tri_pool *pool, bool waits, tri_trace_mark *wait)
{
    for (int i = 0; i < pool->calls_size; i++) {
        struct call *call = &pool->calls[i];
        const int worker = join(call, waits);
        if (worker == 0)
            continue;
        tri_trace_end(*wait);
        *wait = 0;
        const uint64_t item = tri_tracing() ? exchange_item(call->item) : 0;
        call->work(call->argument, worker);
        if (tri_tracing())
            tri_trace_set_item(item);
        atomic_fetch_and(&call->state, ~OPEN);
        atomic_fetch_sub(&call->state, ACTIVE);
        return true;
    }
    return false;
}

static void *thread_main(void *argument)
{
    struct tri_pool *pool = argument;
    tri_trace_mark wait = 0;
    tri_trace_name_thread("worker", atomic_fetch_add(&pool->numbered, 1) + 1);
    for (;;) {
        const int round = atomic_load(&pool->round);
        if (atomic_load(&pool->ending))
            break;
        if (help(pool, false, &wait))
            continue;
        if (wait == 0)
            wait = tri_trace_wait(TRI_TRACE_FOR_WORK, "idle");
        wait_for_change(pool, round);
    }
    tri_trace_end(wait);
    return NULL;
}

int tri_pool_round(struct tri_pool *pool)
{
    return atomic_load(&pool->round);
}

void tri_pool_wait(struct tri_pool *pool, int round, tri_trace_mark *wait)
{
    if (!help(pool, true, wait))
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
        return tri_fail(error, TRI_FAILED, "out of memory for threads");
    *pool = (struct tri_pool){.workers = workers, .calls_size = 2 * workers + 2};
    pool->threads = calloc((size_t)workers, sizeof pool->threads[0]);
    pool->calls = aligned_alloc(128, (size_t)pool->calls_size * sizeof pool->calls[0]);
    if (pool->threads == NULL || pool->calls == NULL) {
        tri_pool_free(pool);
        return tri_fail(error, TRI_FAILED, "out of memory for %d threads", workers);
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

/* They are about to finish, because all share one supply of pieces; with more threads than cores
 * one may still wait to be scheduled. */
static void wait_for_workers(const struct call *call)
{
    tri_trace_mark wait = 0;
    for (int i = 0; FIELD(atomic_load_explicit(&call->state, memory_order_acquire), ACTIVE) > 0;
         i++) {
        if (i == 0)
            wait = tri_trace_wait(TRI_TRACE_FOR_WORKERS, "others");
        if (i < 1000)
            pause_briefly();
        else
            sched_yield();
    }
    tri_trace_end(wait);
}

static void run(struct tri_pool *pool, int workers, uint64_t kind,
                void (*work)(void *argument, int worker), void *argument)
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
    if (tri_tracing())
        call->item = tri_trace_item();
    atomic_store(&call->state, OPEN | kind | (uint64_t)(workers - 1) * MOST);
    tri_pool_next_round(pool);
    work(argument, 0);
    atomic_fetch_and(&call->state, ~OPEN);
    wait_for_workers(call);
    atomic_store_explicit(&call->taken, false, memory_order_release);
}

void tri_pool_run(struct tri_pool *pool, int workers, void (*work)(void *argument, int worker),
                  void *argument)
{
    run(pool, workers, 0, work, argument);
}

void tri_pool_run_blocking(struct tri_pool *pool, void (*work)(void *argument, int worker),
                           void *argument)
{
    run(pool, tri_pool_workers(pool), LASTING, work, argument);
}
