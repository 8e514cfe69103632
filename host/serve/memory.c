/* memory.c -- memory of images, kept for the next ones of the same size: to get it anew from the
 * system costs as much as decoding a small picture. */
#include "serve/serve.h"

#include "image/image.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PAGE ((size_t)4096)

/* It stands in the page before the memory that an image gets. */
struct block {
    size_t size; /* of that memory */
    struct block *next;
};

struct tri_serve_memory {
    struct tri_memory memory;
    pthread_mutex_t lock;
    size_t most, kept;   /* bytes */
    struct block *first; /* the newest first */
};

static void drop(struct block *block)
{
    tri_memory_free(block, PAGE + block->size);
}

static struct block *take_kept(struct tri_serve_memory *memory, size_t size)
{
    struct block **at = &memory->first;

    pthread_mutex_lock(&memory->lock);
    while (*at != NULL && (*at)->size != size)
        at = &(*at)->next;
    struct block *block = *at;
    if (block != NULL) {
        *at = block->next;
        memory->kept -= size;
    }
    pthread_mutex_unlock(&memory->lock);
    return block;
}

/* As new memory it has no samples of anybody else's picture, which a damaged file could show. */
static void *take(struct tri_memory *from, size_t size)
{
    struct block *block = take_kept((struct tri_serve_memory *)from, size);

    if (block != NULL) {
        memset((char *)block + PAGE, 0, size);
        return (char *)block + PAGE;
    }
    block = size <= SIZE_MAX - PAGE ? tri_memory_new(PAGE + size) : NULL;
    if (block == NULL)
        return NULL;
    block->size = size;
    return (char *)block + PAGE;
}

/* Those that have not been used for longest leave if there are too many. Returns them. */
static struct block *cut_off(struct tri_serve_memory *memory)
{
    struct block **at = &memory->first;
    size_t kept = 0;

    while (*at != NULL && kept + (*at)->size <= memory->most) {
        kept += (*at)->size;
        at = &(*at)->next;
    }
    struct block *rest = *at;
    *at = NULL;
    memory->kept = kept;
    return rest;
}

static void drop_all(struct block *block)
{
    while (block != NULL) {
        struct block *next = block->next;
        drop(block);
        block = next;
    }
}

static void give(struct tri_memory *to, void *at)
{
    struct tri_serve_memory *memory = (struct tri_serve_memory *)to;
    struct block *block = (struct block *)((char *)at - PAGE), *rest = NULL;

    if (block->size > memory->most / 2) {
        drop(block);
        return;
    }
    pthread_mutex_lock(&memory->lock);
    block->next = memory->first;
    memory->first = block;
    memory->kept += block->size;
    if (memory->kept > memory->most)
        rest = cut_off(memory);
    pthread_mutex_unlock(&memory->lock);
    drop_all(rest);
}

struct tri_serve_memory *tri_serve_memory_new(size_t most)
{
    struct tri_serve_memory *memory = calloc(1, sizeof *memory);

    if (memory == NULL)
        return NULL;
    memory->memory = (struct tri_memory){take, give};
    memory->most = most;
    if (pthread_mutex_init(&memory->lock, NULL) != 0) {
        free(memory);
        return NULL;
    }
    return memory;
}

void tri_serve_memory_free(struct tri_serve_memory *memory)
{
    if (memory == NULL)
        return;
    drop_all(memory->first);
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

struct tri_memory *tri_serve_memory(struct tri_serve_memory *memory)
{
    return &memory->memory;
}
