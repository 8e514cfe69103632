/* pool.h -- threads that wait for work; the caller is worker 0. */
#ifndef TRI_POOL_H
#define TRI_POOL_H

struct tri_pool;
struct tri_pool *tri_pool_new(int workers); /* NULL: threads or memory are short */
void tri_pool_free(struct tri_pool *pool);
/* Calls work(argument, worker) once for each worker, at the same time; returns when all are done. */
void tri_pool_run(struct tri_pool *pool, void (*work)(void *argument, int worker), void *argument);

#endif
