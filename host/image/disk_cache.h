/* disk_cache.h -- compiled code and verdicts on disk, keyed by the whole text they depend on. */
#ifndef TRI_DISK_CACHE_H
#define TRI_DISK_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tri_disk_cache {
    char folder[1200];   /* empty: nothing is kept */
    uint64_t limit;      /* bytes of all files together */
    const char *what;    /* is kept, for messages: "OpenCL programs" */
    char complaint[200]; /* why nothing is kept (any more), or empty */
};

/* Opens a private folder in the user's cache, limited by $TRIPTYCH_CACHE_SIZE (MiB; 0: nothing is
 * kept). `what`, a literal, says in messages what is kept. */
void tri_disk_cache_open(struct tri_disk_cache *cache, const char *folder, const char *what);
/* Loads what is stored for a key; the caller frees *data. False: nothing complete is stored. */
bool tri_disk_cache_load(const struct tri_disk_cache *cache, const char *key, void **data,
                         size_t *size);
/* Stores data in place of what was there. On failure sets `complaint` and keeps nothing from then
 * on. */
void tri_disk_cache_store(struct tri_disk_cache *cache, const char *key, const void *data,
                          size_t size);
/* Calls `visit` for everything complete. */
void tri_disk_cache_each(const struct tri_disk_cache *cache,
                         void (*visit)(const char *key, const void *data, size_t size,
                                       void *context),
                         void *context);

#endif
