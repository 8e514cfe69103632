/* cache.c -- encoded answers by key: a hash table, and a list from the newest use to the oldest. */
#include "serve/serve.h"

#include <stdlib.h>

enum { SLOTS = 4096 };

struct tri_serve_cache {
    uint64_t most, bytes, count;
    struct tri_serve_answer *newest, *oldest;
    struct tri_serve_answer *slots[SLOTS];
};

struct tri_serve_cache *tri_serve_cache_new(uint64_t bytes)
{
    struct tri_serve_cache *cache = calloc(1, sizeof *cache);

    if (cache != NULL)
        cache->most = bytes;
    return cache;
}

static uint64_t cost_of(const struct tri_serve_answer *answer)
{
    return answer->size + strlen(answer->key) + sizeof *answer;
}

/* FNV-1a. */
static struct tri_serve_answer **slot_of(struct tri_serve_cache *cache, const char *key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    return &cache->slots[(hash ^ hash >> 32) % SLOTS];
}

static void link_newest(struct tri_serve_cache *cache, struct tri_serve_answer *answer)
{
    answer->newer = NULL;
    answer->older = cache->newest;
    if (cache->newest != NULL)
        cache->newest->newer = answer;
    else
        cache->oldest = answer;
    cache->newest = answer;
}

static void take_out(struct tri_serve_cache *cache, struct tri_serve_answer *answer)
{
    if (answer->newer != NULL)
        answer->newer->older = answer->older;
    else
        cache->newest = answer->older;
    if (answer->older != NULL)
        answer->older->newer = answer->newer;
    else
        cache->oldest = answer->newer;
}

static void drop(struct tri_serve_cache *cache, struct tri_serve_answer *answer)
{
    struct tri_serve_answer **place = slot_of(cache, answer->key);

    while (*place != answer)
        place = &(*place)->next;
    *place = answer->next;
    take_out(cache, answer);
    cache->bytes -= cost_of(answer);
    cache->count--;
    free(answer->key);
    answer->key = NULL;
    tri_serve_answer_release(answer);
}

void tri_serve_cache_free(struct tri_serve_cache *cache)
{
    while (cache != NULL && cache->oldest != NULL)
        drop(cache, cache->oldest);
    free(cache);
}

struct tri_serve_answer *tri_serve_cache_find(struct tri_serve_cache *cache, const char *key)
{
    struct tri_serve_answer *answer = *slot_of(cache, key);

    while (answer != NULL && strcmp(answer->key, key) != 0)
        answer = answer->next;
    if (answer == NULL)
        return NULL;
    take_out(cache, answer);
    link_newest(cache, answer);
    answer->uses++;
    return answer;
}

void tri_serve_cache_add(struct tri_serve_cache *cache, const char *key,
                         struct tri_serve_answer *answer)
{
    struct tri_serve_answer **slot = slot_of(cache, key);
    struct tri_serve_answer *there = tri_serve_cache_find(cache, key);

    tri_serve_answer_release(there);
    if (there != NULL || answer->key != NULL || (answer->key = strdup(key)) == NULL)
        return;
    const uint64_t cost = cost_of(answer);
    if (cost > cache->most / 8) {
        free(answer->key);
        answer->key = NULL;
        return;
    }
    while (cache->bytes + cost > cache->most)
        drop(cache, cache->oldest);
    answer->uses++;
    answer->next = *slot;
    *slot = answer;
    link_newest(cache, answer);
    cache->bytes += cost;
    cache->count++;
}

uint64_t tri_serve_cache_bytes(const struct tri_serve_cache *cache)
{
    return cache->bytes;
}

uint64_t tri_serve_cache_count(const struct tri_serve_cache *cache)
{
    return cache->count;
}
