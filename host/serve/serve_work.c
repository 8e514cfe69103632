/* serve_work.c -- computations: a bounded queue, the threads that take from it, and what waits.
 *
 * The workers are those of a pool, which help each other while the queue is empty: one picture then
 * uses all cores. `work` runs in them; all else runs in the event loop. */
#include "serve_parts.h"

#include "parallel/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { KEPT_PER_WORKER = 4 };

/* ---- workers ---- */

static struct tri_serve_job *take(struct tri_serve_service *service, bool *ending)
{
    pthread_mutex_lock(&service->lock);
    struct tri_serve_job *job = service->queue;
    if (job != NULL) {
        service->queue = job->next;
        if (job->next == NULL)
            service->queue_end = &service->queue;
        job->state = TRI_SERVE_RUNNING;
        service->queued--;
        service->running++;
    }
    *ending = service->ending;
    pthread_mutex_unlock(&service->lock);
    return job;
}

static void give(struct tri_serve_service *service, struct tri_serve_job *job)
{
    const uint64_t one = 1;

    pthread_mutex_lock(&service->lock);
    job->state = TRI_SERVE_DONE;
    job->next = service->done;
    service->done = job;
    service->running--;
    pthread_mutex_unlock(&service->lock);
    /* Fails only where the loop is to be woken up anyway. */
    if (write(service->wake, &one, sizeof one) < 0)
        return;
}

static void work(void *argument, int worker)
{
    struct tri_serve_service *service = argument;
    tri_trace_mark wait = 0;
    bool ending = false;

    (void)worker;
    for (;;) {
        const int round = tri_pool_round(service->pool);
        struct tri_serve_job *job = take(service, &ending);
        if (job != NULL) {
            job->answer = tri_serve_compute(&job->work);
            give(service, job);
        } else if (ending) {
            return;
        } else {
            tri_pool_wait(service->pool, round, &wait);
        }
    }
}

static void *run_workers(void *argument)
{
    struct tri_serve_service *service = argument;

    tri_pool_run_blocking(service->pool, work, service);
    return NULL;
}

/* ---- jobs ---- */

void tri_serve_job_free(struct tri_serve_job *job)
{
    tri_serve_answer_release(job->answer);
    tri_serve_file_close(&job->file);
    if (job->body != NULL)
        evbuffer_free(job->body);
    free(job->key);
    free(job);
}

struct tri_serve_job *tri_serve_job_find(struct tri_serve_service *service, const char *key)
{
    struct tri_serve_job *job = service->jobs;

    while (job != NULL && (job->key == NULL || strcmp(job->key, key) != 0 ||
                           atomic_load_explicit(&job->unwanted, memory_order_relaxed)))
        job = job->next_known;
    return job;
}

static void forget(struct tri_serve_service *service, const struct tri_serve_job *job)
{
    struct tri_serve_job **place = &service->jobs;

    while (*place != job)
        place = &(*place)->next_known;
    *place = job->next_known;
}

bool tri_serve_queue_is_full(struct tri_serve_service *service)
{
    pthread_mutex_lock(&service->lock);
    const bool full = service->queued >= service->options->queue;
    pthread_mutex_unlock(&service->lock);
    return full;
}

void tri_serve_job_add(struct tri_serve_service *service, struct tri_serve_job *job)
{
    job->next = NULL;
    job->next_known = service->jobs;
    service->jobs = job;
    pthread_mutex_lock(&service->lock);
    job->state = TRI_SERVE_QUEUED;
    *service->queue_end = job;
    service->queue_end = &job->next;
    service->queued++;
    pthread_mutex_unlock(&service->lock);
    tri_pool_next_round(service->pool);
}

/* Takes a job that no worker has begun out of the queue. */
static bool withdraw(struct tri_serve_service *service, struct tri_serve_job *job)
{
    pthread_mutex_lock(&service->lock);
    const bool queued = job->state == TRI_SERVE_QUEUED;
    if (queued) {
        struct tri_serve_job **place = &service->queue;
        while (*place != job)
            place = &(*place)->next;
        *place = job->next;
        if (job->next == NULL)
            service->queue_end = place;
        service->queued--;
    }
    pthread_mutex_unlock(&service->lock);
    return queued;
}

void tri_serve_job_leave(struct tri_serve_request *request)
{
    struct tri_serve_service *service = request->service;
    struct tri_serve_job *job = request->job;

    if (job == NULL)
        return;
    struct tri_serve_request **place = &job->requests;
    while (*place != request)
        place = &(*place)->next;
    *place = request->next;
    request->job = NULL;
    if (job->requests != NULL)
        return;
    atomic_store_explicit(&job->unwanted, true, memory_order_relaxed);
    if (withdraw(service, job)) {
        forget(service, job);
        tri_serve_job_free(job);
    }
}

/* Answers all that wait for it. */
static void finish(struct tri_serve_service *service, struct tri_serve_job *job)
{
    forget(service, job);
    service->metrics.computed += job->answer != NULL;
    if (job->answer != NULL && job->answer->code == 200 && job->key != NULL)
        tri_serve_cache_add(service->cache, job->key, job->answer);
    while (job->requests != NULL) {
        struct tri_serve_request *request = job->requests;
        job->requests = request->next;
        request->job = NULL;
        if (job->answer != NULL)
            tri_serve_reply(request, job->answer);
        else
            tri_serve_reply_text(request, 500, "out of memory\n");
    }
    tri_serve_job_free(job);
}

static void woken_cb(evutil_socket_t fd, short what, void *argument)
{
    struct tri_serve_service *service = argument;
    uint64_t count;

    (void)what;
    if (read(fd, &count, sizeof count) < 0 && errno != EAGAIN)
        return;
    pthread_mutex_lock(&service->lock);
    struct tri_serve_job *job = service->done;
    service->done = NULL;
    pthread_mutex_unlock(&service->lock);
    while (job != NULL) {
        struct tri_serve_job *next = job->next;
        finish(service, job);
        job = next;
    }
    tri_serve_check_end(service);
}

/* ---- all ---- */

enum tri_status tri_serve_work_begin(struct tri_serve_service *service, struct tri_error *error)
{
    struct tri_backend_options options = tri_backend_options_default();
    const int workers =
        service->options->workers > 0 ? service->options->workers : tri_cpu_workers();

    service->queue_end = &service->queue;
    service->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (service->wake < 0)
        return tri_fail(error, TRI_FAILED, "cannot start threads: %s", strerror(errno));
    service->woken =
        event_new(service->base, service->wake, EV_READ | EV_PERSIST, woken_cb, service);
    if (service->woken == NULL || event_add(service->woken, NULL) != 0)
        return tri_fail(error, TRI_FAILED, "out of memory for the service");
    enum tri_status status = tri_pool_new(workers, &service->pool, error);
    options.pool = service->pool;
    if (status == TRI_OK)
        status = tri_backend_open("threads", &options, &service->backend, error);
    service->kept = tri_serve_jobs_new(KEPT_PER_WORKER * workers);
    if (status == TRI_OK && service->kept == NULL)
        status = tri_fail(error, TRI_FAILED, "out of memory for the service");
    if (status != TRI_OK)
        return status;
    service->started = pthread_create(&service->thread, NULL, run_workers, service) == 0;
    return service->started ? TRI_OK
                            : tri_fail(error, TRI_FAILED, "cannot start %d threads", workers);
}

void tri_serve_work_end(struct tri_serve_service *service)
{
    if (service->started) {
        pthread_mutex_lock(&service->lock);
        service->ending = true;
        pthread_mutex_unlock(&service->lock);
        tri_pool_next_round(service->pool);
        pthread_join(service->thread, NULL);
    }
    while (service->jobs != NULL) {
        struct tri_serve_job *job = service->jobs;
        service->jobs = job->next_known;
        tri_serve_job_free(job);
    }
    tri_serve_jobs_free(service->kept);
    tri_backend_close(service->backend);
    tri_pool_free(service->pool);
    if (service->woken != NULL)
        event_free(service->woken);
    if (service->wake >= 0)
        close(service->wake);
}
