/* pool.h -- threads that wait for work. Whoever calls is a worker, too. */
#ifndef TRI_POOL_H
#define TRI_POOL_H

#include "../triptych.h"

/* Calls work(argument, 0) here and, at the same time, work(argument, 1), ... on those threads of the pool
 * that are free: `workers` in all at most. How many come, and when, is open: work takes its pieces from a
 * counter that all share, and returns when none is left. Returns when all have returned. Several
 * threads may call at once, and from within work. With pool NULL the caller works alone. */
void tri_pool_run(struct tri_pool *pool, int workers, void (*work)(void *argument, int worker), void *argument);

/* The same for work that waits in between (tri_pool_wait), on all threads. None comes that waits itself: it could not go
 * on with what it waits in before this has ended, and would take the place of another. */
void tri_pool_stay(struct tri_pool *pool, void (*work)(void *argument, int worker), void *argument);

int tri_pool_workers(const struct tri_pool *pool); /* as made; 1 of NULL */

/* For a worker that has to wait until another changes something: takes the round, looks, and where there is
 * nothing to do waits for the next round; meanwhile it helps where tri_pool_run asks for it. Whoever has
 * changed something begins a new round. */
int tri_pool_round(struct tri_pool *pool);
void tri_pool_wait(struct tri_pool *pool, int round);
void tri_pool_next_round(struct tri_pool *pool);

#endif
