/* opencl_disk_cache.h -- compiled programs and verdicts on disk, keyed by the whole text they
 * depend on. */
#ifndef TRI_OPENCL_DISK_CACHE_H
#define TRI_OPENCL_DISK_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct opencl_cache {
    char folder[1200];   /* empty: nothing is kept */
    uint64_t limit;      /* bytes of all files together */
    char complaint[200]; /* why nothing is kept (any more), or empty */
};

/* Opens the private folder "programs" in the user's cache, limited by $TRIPTYCH_CACHE_SIZE (MiB; 0:
 * nothing is kept). */
void tri_opencl_cache_open(struct opencl_cache *cache);
/* Loads what is stored for a key; the caller frees *data. False: nothing complete is stored. */
bool tri_opencl_cache_load(const struct opencl_cache *cache, const char *key, void **data,
                           size_t *size);
/* Stores data in place of what was there. On failure sets `complaint` and keeps nothing from then
 * on. */
void tri_opencl_cache_store(struct opencl_cache *cache, const char *key, const void *data,
                            size_t size);
/* Calls `visit` for everything complete. */
void tri_opencl_cache_each(const struct opencl_cache *cache,
                           void (*visit)(const char *key, const void *data, size_t size,
                                         void *context),
                           void *context);

#endif
