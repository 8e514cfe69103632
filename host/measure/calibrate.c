/* calibrate.c -- the memory limit: memcpy with any number of threads, which a filter cannot beat. */
#include "measure/measure.h"

#include "backend/cpu.h"
#include "backend/pool.h"
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

struct tri_copier {
    int workers;
    size_t bytes;
    char *from, *to;
    struct tri_pool *pool;
};

static void copy_part(void *argument, int index)
{
    const struct tri_copier *copier = argument;
    /* Parts end on cache lines, so that no line is written by two threads. */
    size_t lines = (copier->bytes + 63) / 64, workers = (size_t)copier->workers;
    size_t first = lines * (size_t)index / workers * 64, last = lines * ((size_t)index + 1) / workers * 64;

    if (last > copier->bytes)
        last = copier->bytes;
    if (first < last)
        memcpy(copier->to + first, copier->from + first, last - first);
}

int64_t tri_copier_run(struct tri_copier *copier)
{
    int64_t start = tri_now_ns();

    tri_pool_run(copier->pool, copy_part, copier);
    return tri_now_ns() - start;
}

void tri_copier_free(struct tri_copier *copier)
{
    if (!copier)
        return;
    tri_pool_free(copier->pool);
    tri_memory_free(copier->from, copier->bytes);
    tri_memory_free(copier->to, copier->bytes);
    free(copier);
}

enum tri_status tri_copier_new(int workers, size_t bytes, struct tri_copier **result, struct tri_error *error)
{
    struct tri_copier *copier = calloc(1, sizeof *copier);

    *result = NULL;
    if (!copier)
        return tri_fail(error, TRI_FAILED, "no memory to calibrate with");
    copier->workers = workers;
    copier->bytes = bytes;
    copier->from = tri_memory_new(bytes);
    copier->to = tri_memory_new(bytes);
    copier->pool = tri_pool_new(workers);
    if (!copier->from || !copier->to || !copier->pool) {
        tri_copier_free(copier);
        return tri_fail(error, TRI_FAILED, "no memory or threads to copy %zu bytes with %d workers", bytes,
                        workers);
    }
    memset(copier->from, 1, bytes); /* untouched pages would all be the one zero page */
    memset(copier->to, 2, bytes);
    *result = copier;
    return TRI_OK;
}
