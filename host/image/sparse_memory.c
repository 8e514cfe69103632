/* sparse_memory.c -- memory of which only what is written takes room. */
#include "sparse_memory.h"

#include <sys/mman.h>

/* What one plane's end and the next one's start may share, and what bodies read beyond the last. */
#define SPARE ((size_t)1 << 16)

void *tri_sparse_new(size_t size)
{
    void *memory = mmap(NULL, size + SPARE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
        /* Rows are written next to each other, and the first touch of small pages takes long. */
#ifdef MADV_HUGEPAGE
    madvise(memory, size + SPARE, MADV_HUGEPAGE);
#endif
    return memory;
}

void tri_sparse_drop(void *memory, size_t size)
{
    if (memory != NULL)
        madvise(memory, size + SPARE, MADV_DONTNEED);
}

void tri_sparse_free(void *memory, size_t size)
{
    if (memory != NULL)
        munmap(memory, size + SPARE);
}

static void *take(struct tri_memory *memory, size_t size)
{
    ((struct tri_sparse_memory *)memory)->size = size;
    return tri_sparse_new(size);
}

static void give(struct tri_memory *memory, void *at)
{
    tri_sparse_free(at, ((struct tri_sparse_memory *)memory)->size);
}

void tri_sparse_memory_begin(struct tri_sparse_memory *memory)
{
    *memory = (struct tri_sparse_memory){.memory = {.take = take, .give = give}};
}
