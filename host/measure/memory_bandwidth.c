/* memory_bandwidth.c -- the memory limit: memcpy with any number of threads, which no filter can
 * beat. */
#include "measure/measure.h"

#include "image/image.h"
#include "parallel/cpu.h"
#include "parallel/pool.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct tri_copier {
    int workers;
    size_t bytes;
    char *from, *to;
    atomic_size_t next;
    struct tri_pool *pool;
};

/* Parts are a quarter of a worker's share, like the strips of a stage. */
static void copy_parts(void *argument, int worker)
{
    struct tri_copier *copier = argument;
    const size_t part = (copier->bytes / (size_t)(4 * copier->workers) + 64) / 64 * 64;
    (void)worker;

    for (;;) {
        const size_t first = atomic_fetch_add(&copier->next, part);
        if (first >= copier->bytes)
            return;
        memcpy(copier->to + first, copier->from + first,
               copier->bytes - first < part ? copier->bytes - first : part);
    }
}

int64_t tri_copier_run(struct tri_copier *copier)
{
    int64_t start = tri_now_ns();

    atomic_store(&copier->next, 0);
    tri_pool_run(copier->pool, copier->workers, copy_parts, copier);
    return tri_now_ns() - start;
}

void tri_copier_free(struct tri_copier *copier)
{
    if (copier == NULL)
        return;
    tri_pool_free(copier->pool);
    tri_memory_free(copier->from, copier->bytes);
    tri_memory_free(copier->to, copier->bytes);
    free(copier);
}

enum tri_status tri_copier_new(int workers, size_t bytes, struct tri_copier **result,
                               struct tri_error *error)
{
    struct tri_copier *copier = calloc(1, sizeof *copier);

    *result = NULL;
    if (copier == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory while calibrating");
    copier->workers = workers;
    copier->bytes = bytes;
    copier->from = tri_memory_new(bytes);
    copier->to = tri_memory_new(bytes);
    if (copier->from == NULL || copier->to == NULL ||
        tri_pool_new(workers, &copier->pool, error) != TRI_OK) {
        tri_copier_free(copier);
        return tri_fail(error, TRI_FAILED,
                        "out of memory or threads for copying %zu bytes with %d workers", bytes,
                        workers);
    }
    memset(copier->from, 1, bytes); /* untouched pages would all map to the zero page */
    memset(copier->to, 2, bytes);
    *result = copier;
    return TRI_OK;
}
