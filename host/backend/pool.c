/* pool.c -- threads that spin for about 20 microseconds for the next work, then sleep on a futex: the
 * stages of a plan follow each other faster than a thread wakes up. */
#include "pool.h"
#include "cpu.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPIN_NS 20000

struct tri_pool {
    int workers;
    pthread_t *threads;
    atomic_int round;     /* grows with each piece of work */
    atomic_int sleepers;
    atomic_int unfinished;
    atomic_bool ending;
    void (*work)(void *argument, int worker);
    void *argument;
    struct start {
        struct tri_pool *pool;
        int worker;
    } *starts;
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

/* Returns when `word` is no longer `old`. */
static void wait_for_change(atomic_int *word, atomic_int *sleepers, int old)
{
    const int64_t until = tri_now_ns() + SPIN_NS;
    for (int i = 0; atomic_load_explicit(word, memory_order_acquire) == old; i++) {
        pause_briefly();
        if (i % 64 != 63 || tri_now_ns() < until)
            continue;
        atomic_fetch_add(sleepers, 1);
        while (atomic_load(word) == old)
            futex(word, FUTEX_WAIT, old);
        atomic_fetch_sub(sleepers, 1);
        return;
    }
}

static void *worker_main(void *argument)
{
    const struct start *start = argument;
    struct tri_pool *pool = start->pool;
    for (int round = 0;; round++) {
        wait_for_change(&pool->round, &pool->sleepers, round);
        if (atomic_load(&pool->ending))
            return NULL;
        pool->work(pool->argument, start->worker);
        atomic_fetch_sub(&pool->unfinished, 1);
    }
}

static void next_round(struct tri_pool *pool)
{
    atomic_fetch_add(&pool->round, 1);
    if (atomic_load(&pool->sleepers) > 0)
        futex(&pool->round, FUTEX_WAKE, INT_MAX);
}

struct tri_pool *tri_pool_new(int workers)
{
    struct tri_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    pool->threads = calloc((size_t)workers, sizeof pool->threads[0]);
    pool->starts = calloc((size_t)workers, sizeof pool->starts[0]);
    pool->workers = 1;
    if (pool->threads == NULL || pool->starts == NULL) {
        tri_pool_free(pool);
        return NULL;
    }
    for (int i = 1; i < workers; i++) {
        pool->starts[i] = (struct start){pool, i};
        if (pthread_create(&pool->threads[i], NULL, worker_main, &pool->starts[i]) != 0) {
            tri_pool_free(pool);
            return NULL;
        }
        pool->workers++;
    }
    return pool;
}

void tri_pool_free(struct tri_pool *pool)
{
    if (pool == NULL)
        return;
    atomic_store(&pool->ending, true);
    if (pool->workers > 1)
        next_round(pool);
    for (int i = 1; i < pool->workers; i++)
        pthread_join(pool->threads[i], NULL);
    free(pool->threads);
    free(pool->starts);
    free(pool);
}

void tri_pool_run(struct tri_pool *pool, void (*work)(void *argument, int worker), void *argument)
{
    pool->work = work;
    pool->argument = argument;
    atomic_store(&pool->unfinished, pool->workers - 1);
    if (pool->workers > 1)
        next_round(pool);
    work(argument, 0);
    /* The others are about to finish, for all take pieces from one heap; with more threads than
     * cores one may still wait for its turn. */
    for (int i = 0; atomic_load_explicit(&pool->unfinished, memory_order_acquire) > 0; i++) {
        if (i < 1000)
            pause_briefly();
        else
            sched_yield();
    }
}
