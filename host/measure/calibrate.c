/* calibrate.c -- the memory limit: memcpy with any number of threads, which a filter cannot beat. */
#include "measure/measure.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

struct tri_copier {
    int workers;
    size_t bytes;
    char *from, *to;
    struct member {
        struct tri_copier *copier;
        pthread_t thread;
        int index;
    } * members; /* the caller is number 0 and has no thread */
    int started;

    pthread_mutex_t lock;
    pthread_cond_t begin, end;
    unsigned turn;
    int busy;
    bool quit;
};

int64_t tri_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void copy_part(const struct tri_copier *copier, int index)
{
    /* Parts end on cache lines, so that no line is written by two threads. */
    size_t lines = (copier->bytes + 63) / 64, workers = (size_t)copier->workers;
    size_t first = lines * (size_t)index / workers * 64, last = lines * ((size_t)index + 1) / workers * 64;

    if (last > copier->bytes)
        last = copier->bytes;
    if (first < last)
        memcpy(copier->to + first, copier->from + first, last - first);
}

static void *member_main(void *argument)
{
    const struct member *member = argument;
    struct tri_copier *copier = member->copier;
    unsigned seen = 0;

    pthread_mutex_lock(&copier->lock);
    for (;;) {
        while (copier->turn == seen && !copier->quit)
            pthread_cond_wait(&copier->begin, &copier->lock);
        if (copier->quit)
            break;
        seen = copier->turn;
        pthread_mutex_unlock(&copier->lock);
        copy_part(copier, member->index);
        pthread_mutex_lock(&copier->lock);
        if (--copier->busy == 0)
            pthread_cond_signal(&copier->end);
    }
    pthread_mutex_unlock(&copier->lock);
    return NULL;
}

int64_t tri_copier_run(struct tri_copier *copier)
{
    int64_t start = tri_clock_ns();

    if (copier->workers == 1) {
        copy_part(copier, 0);
        return tri_clock_ns() - start;
    }
    pthread_mutex_lock(&copier->lock);
    copier->busy = copier->started;
    copier->turn++;
    pthread_cond_broadcast(&copier->begin);
    pthread_mutex_unlock(&copier->lock);
    copy_part(copier, 0);
    pthread_mutex_lock(&copier->lock);
    while (copier->busy > 0)
        pthread_cond_wait(&copier->end, &copier->lock);
    pthread_mutex_unlock(&copier->lock);
    return tri_clock_ns() - start;
}

void tri_copier_free(struct tri_copier *copier)
{
    if (!copier)
        return;
    pthread_mutex_lock(&copier->lock);
    copier->quit = true;
    pthread_cond_broadcast(&copier->begin);
    pthread_mutex_unlock(&copier->lock);
    for (int i = 1; i <= copier->started; i++)
        pthread_join(copier->members[i].thread, NULL);
    pthread_mutex_destroy(&copier->lock);
    pthread_cond_destroy(&copier->begin);
    pthread_cond_destroy(&copier->end);
    free(copier->members);
    free(copier->from);
    free(copier->to);
    free(copier);
}

/* On huge pages, as images are: with small ones memcpy would be slower than filters are. */
static char *new_buffer(size_t bytes, int value)
{
    enum { HUGE_PAGE = 2 << 20 };
    size_t size = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    char *buffer = aligned_alloc(HUGE_PAGE, size);

    if (!buffer)
        return NULL;
    madvise(buffer, size, MADV_HUGEPAGE);
    memset(buffer, value, bytes); /* untouched pages would all be the one zero page */
    return buffer;
}

static enum tri_status start_members(struct tri_copier *copier, struct tri_error *error)
{
    copier->members = calloc((size_t)copier->workers, sizeof *copier->members);
    if (!copier->members)
        return tri_fail(error, TRI_FAILED, "no memory to calibrate %d threads with", copier->workers);
    for (int i = 1; i < copier->workers; i++) {
        struct member *member = &copier->members[i];

        member->copier = copier;
        member->index = i;
        if (pthread_create(&member->thread, NULL, member_main, member) != 0)
            return tri_fail(error, TRI_FAILED, "cannot start %d threads to calibrate with", copier->workers);
        copier->started++;
    }
    return TRI_OK;
}

enum tri_status tri_copier_new(int workers, size_t bytes, struct tri_copier **result, struct tri_error *error)
{
    struct tri_copier *copier = calloc(1, sizeof *copier);
    enum tri_status status;

    *result = NULL;
    if (!copier)
        return tri_fail(error, TRI_FAILED, "no memory to calibrate with");
    copier->workers = workers;
    copier->bytes = bytes;
    pthread_mutex_init(&copier->lock, NULL);
    pthread_cond_init(&copier->begin, NULL);
    pthread_cond_init(&copier->end, NULL);
    copier->from = new_buffer(bytes, 1);
    copier->to = new_buffer(bytes, 2);
    if (!copier->from || !copier->to) {
        status = tri_fail(error, TRI_FAILED, "no memory for a copy of %zu bytes", bytes);
        goto fail;
    }
    status = start_members(copier, error);
    if (status != TRI_OK)
        goto fail;
    *result = copier;
    return TRI_OK;
fail:
    tri_copier_free(copier);
    return status;
}
