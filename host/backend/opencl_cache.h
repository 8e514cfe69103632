/* opencl_cache.h -- compiled programs and verdicts on disk, by the whole text that they depend on. */
#ifndef TRI_OPENCL_CACHE_H
#define TRI_OPENCL_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct opencl_cache {
    char folder[1200]; /* empty: nothing is kept */
    uint64_t limit;    /* bytes of all files */
    char complaint[200]; /* why nothing is kept (any more); empty otherwise */
};

/* The private folder "programs" of the user's cache, bounded by $TRIPTYCH_CACHE_SIZE (MiB; 0: nothing is kept). */
void tri_opencl_cache_open(struct opencl_cache *cache);
/* What was kept for a key; *data ends with free(). False: nothing, or nothing that is whole. */
bool tri_opencl_cache_load(const struct opencl_cache *cache, const char *key, void **data, size_t *size);
/* Keeps it in place of what was kept before. A failure is in `complaint`, and then nothing is kept from there on. */
void tri_opencl_cache_store(struct opencl_cache *cache, const char *key, const void *data, size_t size);
/* Calls `visit` for all that is kept and whole. */
void tri_opencl_cache_each(const struct opencl_cache *cache,
                           void (*visit)(const char *key, const void *data, size_t size, void *context), void *context);

#endif
