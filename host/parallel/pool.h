/* pool.h -- a thread pool. The calling thread is a worker too. */
#ifndef TRI_POOL_H
#define TRI_POOL_H

#include "../trace/trace.h"

/* Calls work(argument, 0) on this thread and, concurrently, work(argument, 1), ... on free threads
 * of the pool: at most `workers` in all. How many join, and when, is not defined: `work` takes its
 * pieces from a shared counter, and returns when none is left. Returns when all workers have
 * returned. Several threads may call this at once, also from within `work`. With pool NULL the
 * caller works alone. */
void tri_pool_run(struct tri_pool *pool, int workers, void (*work)(void *argument, int worker),
                  void *argument);

/* The same for work that waits in between (tri_pool_wait), on all threads. A thread that is itself
 * waiting does not join: it could not resume its own work before this call ends, and would take
 * another thread's place. */
void tri_pool_run_blocking(struct tri_pool *pool, void (*work)(void *argument, int worker),
                           void *argument);

int tri_pool_workers(const struct tri_pool *pool); /* as created; 1 if NULL */

/* For a worker that has to wait for a change by another: it gets the round, checks for work, and if
 * there is none waits for the next round, helping in calls of tri_pool_run meanwhile. A worker that
 * has changed something starts a new round. `wait` is its recorded span of waiting: it ends before
 * the worker helps. */
int tri_pool_round(struct tri_pool *pool);
void tri_pool_wait(struct tri_pool *pool, int round, tri_trace_mark *wait);
void tri_pool_next_round(struct tri_pool *pool);

#endif
