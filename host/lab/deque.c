/* deque.c -- the work-stealing deque. tests/models/deque.pml is its model.
 *
 * Tasks are at places top to bottom - 1. `top` only grows, and only by compare-and-exchange: who
 * succeeds has the task. The owner moves `bottom`. It may take a task without compare-and-exchange
 * unless it is the last one, which a thief may be after.
 *
 * That rests on one thing: the owner, which lowers `bottom` and then reads `top`, and a thief,
 * which reads `top` and then `bottom`, must not both miss what the other did. So these four
 * accesses are sequentially consistent. The paper has two fences for that; they are left out here
 * since ThreadSanitizer does not know fences. */
#include "lab/deque.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

enum { SIZE_FIRST = 16 };

struct ring {
    struct ring *older; /* a thief may still read it */
    int64_t size;       /* a power of two */
    _Atomic(void *) tasks[];
};

struct tri_deque {
    _Atomic int64_t top;
    char apart[128]; /* thieves change `top`; the owner need not notice while it pushes */
    _Atomic int64_t bottom;
    _Atomic(struct ring *) ring;
};

static struct ring *ring_new(int64_t size)
{
    struct ring *ring = calloc(1, sizeof *ring + (size_t)size * sizeof ring->tasks[0]);

    if (ring != NULL)
        ring->size = size;
    return ring;
}

static _Atomic(void *) *place(struct ring *ring, int64_t number)
{
    return &ring->tasks[number & (ring->size - 1)];
}

struct tri_deque *tri_deque_new(void)
{
    struct tri_deque *deque = calloc(1, sizeof *deque);
    struct ring *ring = ring_new(SIZE_FIRST);

    if (deque == NULL || ring == NULL) {
        free(deque);
        free(ring);
        return NULL;
    }
    atomic_init(&deque->ring, ring);
    return deque;
}

void tri_deque_free(struct tri_deque *deque)
{
    if (deque == NULL)
        return;
    for (struct ring *ring = atomic_load(&deque->ring), *older; ring != NULL; ring = older) {
        older = ring->older;
        free(ring);
    }
    free(deque);
}

/* Thieves see either ring; both have the tasks from top to bottom - 1. */
static struct ring *grow(struct tri_deque *deque, int64_t top, int64_t bottom)
{
    struct ring *ring = atomic_load_explicit(&deque->ring, memory_order_relaxed),
                *larger = ring_new(2 * ring->size);

    if (larger == NULL)
        return NULL;
    for (int64_t i = top; i < bottom; i++)
        atomic_store_explicit(place(larger, i),
                              atomic_load_explicit(place(ring, i), memory_order_relaxed),
                              memory_order_relaxed);
    larger->older = ring;
    atomic_store_explicit(&deque->ring, larger, memory_order_release);
    return larger;
}

bool tri_deque_push(struct tri_deque *deque, void *task)
{
    const int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed),
                  top = atomic_load_explicit(&deque->top, memory_order_acquire);
    struct ring *ring = atomic_load_explicit(&deque->ring, memory_order_relaxed);

    if (bottom - top >= ring->size && (ring = grow(deque, top, bottom)) == NULL)
        return false;
    atomic_store_explicit(place(ring, bottom), task, memory_order_relaxed);
    /* Who sees the new bottom sees the task, and what it points to. */
    atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_release);
    return true;
}

void *tri_deque_take(struct tri_deque *deque)
{
    const int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed) - 1;
    struct ring *ring = atomic_load_explicit(&deque->ring, memory_order_relaxed);
    void *task = NULL;

    atomic_store(&deque->bottom, bottom);   /* thieves keep off this one from now on, */
    int64_t top = atomic_load(&deque->top); /* unless one was here before */
    if (top <= bottom)
        task = atomic_load_explicit(place(ring, bottom), memory_order_relaxed);
    if (top < bottom)
        return task;
    /* The last one, for which thieves compete; or none. */
    if (top == bottom && !atomic_compare_exchange_strong(&deque->top, &top, top + 1))
        task = NULL;
    atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_release);
    return task;
}

void *tri_deque_steal(struct tri_deque *deque, bool *again)
{
    int64_t top = atomic_load(&deque->top);
    const int64_t bottom = atomic_load(&deque->bottom);

    *again = false;
    if (top >= bottom)
        return NULL;
    struct ring *ring = atomic_load_explicit(&deque->ring, memory_order_acquire);
    void *task = atomic_load_explicit(place(ring, top), memory_order_relaxed);
    if (atomic_compare_exchange_strong(&deque->top, &top, top + 1))
        return task;
    *again = true;
    return NULL;
}
