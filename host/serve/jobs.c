/* jobs.c -- jobs that wait for the next picture of their pipeline and shape, and the memory of
 * their images: making one again costs as much as decoding a small picture. */
#include "serve/serve.h"

#include <pthread.h>
#include <stdlib.h>

/* What a job of larger pictures keeps in memory is more than making it again is worth. */
#define PIXELS_MOST (UINT64_C(8) << 20)
/* For images that are computed, with each job: RGB of 1280x853 and what becomes of it. */
#define MEMORY_PER_JOB ((size_t)4 << 20)

struct tri_serve_jobs {
    pthread_mutex_t lock;
    int most, count;
    struct tri_serve_kept *kept; /* the newest last */
    struct tri_serve_memory *memory;
};

static uint64_t pixels_of(const struct tri_shape *shape)
{
    return (uint64_t)shape->width * (uint64_t)shape->height;
}

static bool same_shrunk(const struct tri_shrunk *a, const struct tri_shrunk *b)
{
    return a->factor == b->factor && a->width == b->width && a->height == b->height &&
           a->from_right == b->from_right && a->from_bottom == b->from_bottom;
}

static bool fits(const struct tri_serve_kept *kept, const struct tri_serve_kept *wanted)
{
    return tri_shape_equal(&kept->shape, &wanted->shape) &&
           same_shrunk(&kept->shrunk, &wanted->shrunk) &&
           strcmp(tri_pipeline_text(kept->pipeline), tri_pipeline_text(wanted->pipeline)) == 0;
}

void tri_serve_kept_free(struct tri_serve_kept *kept)
{
    tri_job_free(kept->job);
    tri_pipeline_free(kept->own);
    tri_pipeline_free(kept->pipeline);
    *kept = (struct tri_serve_kept){0};
}

struct tri_serve_jobs *tri_serve_jobs_new(int most)
{
    struct tri_serve_jobs *jobs = calloc(1, sizeof *jobs);

    if (jobs == NULL)
        return NULL;
    jobs->most = most;
    jobs->kept = calloc((size_t)most, sizeof *jobs->kept);
    jobs->memory = tri_serve_memory_new(MEMORY_PER_JOB * (size_t)most);
    if (jobs->kept == NULL || jobs->memory == NULL || pthread_mutex_init(&jobs->lock, NULL) != 0) {
        tri_serve_memory_free(jobs->memory);
        free(jobs->kept);
        free(jobs);
        return NULL;
    }
    return jobs;
}

void tri_serve_jobs_free(struct tri_serve_jobs *jobs)
{
    if (jobs == NULL)
        return;
    while (jobs->count > 0)
        tri_serve_kept_free(&jobs->kept[--jobs->count]);
    pthread_mutex_destroy(&jobs->lock);
    tri_serve_memory_free(jobs->memory);
    free(jobs->kept);
    free(jobs);
}

struct tri_memory *tri_serve_jobs_memory(const struct tri_serve_jobs *jobs)
{
    return tri_serve_memory(jobs->memory);
}

/* Takes the one at `index` out. */
static struct tri_serve_kept take_at(struct tri_serve_jobs *jobs, int index)
{
    const struct tri_serve_kept kept = jobs->kept[index];

    jobs->count--;
    memmove(jobs->kept + index, jobs->kept + index + 1,
            (size_t)(jobs->count - index) * sizeof *jobs->kept);
    return kept;
}

void tri_serve_jobs_take(struct tri_serve_jobs *jobs, struct tri_serve_kept *wanted)
{
    struct tri_serve_kept found = {0};

    pthread_mutex_lock(&jobs->lock);
    for (int i = jobs->count - 1; i >= 0 && found.job == NULL; i--) {
        if (fits(&jobs->kept[i], wanted))
            found = take_at(jobs, i);
    }
    pthread_mutex_unlock(&jobs->lock);
    if (found.job == NULL)
        return;
    tri_serve_kept_free(wanted);
    *wanted = found;
}

void tri_serve_jobs_put(struct tri_serve_jobs *jobs, struct tri_serve_kept *kept)
{
    struct tri_serve_kept surplus = *kept;

    if (pixels_of(&kept->shape) + pixels_of(tri_job_shape(kept->job)) <= PIXELS_MOST) {
        pthread_mutex_lock(&jobs->lock);
        surplus =
            jobs->count == jobs->most ? take_at(jobs, 0) : (struct tri_serve_kept){.job = NULL};
        jobs->kept[jobs->count++] = *kept;
        pthread_mutex_unlock(&jobs->lock);
    }
    tri_serve_kept_free(&surplus);
    *kept = (struct tri_serve_kept){0};
}
