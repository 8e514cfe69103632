/* jxl_threads.c -- lets libjxl work on the threads of a pool. */
#include "jxl_codec.h"

#include "../parallel/pool.h"

#include <stdatomic.h>

struct run {
    void *job;
    JxlParallelRunFunction work;
    atomic_uint_fast64_t next; /* of more bits, so that it cannot overflow */
    uint32_t to;
};

static void take_pieces(void *argument, int worker)
{
    struct run *run = argument;
    for (;;) {
        const uint64_t piece = atomic_fetch_add(&run->next, 1);
        if (piece >= run->to)
            return;
        run->work(run->job, (uint32_t)piece, (size_t)worker);
    }
}

JxlParallelRetCode tri_jxl_run(void *pool, void *job, JxlParallelRunInit begin,
                               JxlParallelRunFunction work, uint32_t from, uint32_t to)
{
    const int workers = tri_pool_workers(pool);
    struct run run = {.job = job, .work = work, .to = to};
    atomic_init(&run.next, from);
    const JxlParallelRetCode code = begin(job, (size_t)workers);
    if (code != 0)
        return code;
    if (from < to)
        tri_pool_run(pool, workers, take_pieces, &run);
    return 0;
}
