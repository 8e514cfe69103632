/* batch_compute.c -- jobs for the shapes of a batch, and running a picture through one. */
#include "batch_parts.h"

#include <stdlib.h>
#include <string.h>

/* ---- jobs ---- */

static bool same_shrunk(const struct tri_shrunk *a, const struct tri_shrunk *b)
{
    return a->factor == b->factor && a->width == b->width && a->height == b->height &&
           a->from_right == b->from_right && a->from_bottom == b->from_bottom;
}

/* Whether a picture of one kind can follow the other through a job. */
static bool same_kind(const struct tri_shape *a, const struct tri_shrunk *a_shrunk,
                      const struct tri_shape *b, const struct tri_shrunk *b_shrunk)
{
    return tri_shape_equal(a, b) && same_shrunk(a_shrunk, b_shrunk);
}

static void free_job(struct tri_batch_job *job)
{
    tri_job_free(job->job);
    tri_pipeline_free(job->own);
    *job = (struct tri_batch_job){0};
}

/* Completes `job`, which has the kind that is wanted. */
static void take_idle(struct tri_batch_run *run, struct tri_batch_job *job)
{
    tri_trace_lock(&run->lock, "the batch");
    for (int i = run->idle_count - 1; i >= 0 && job->job == NULL; i--) {
        const struct tri_batch_job *idle = &run->idle[i];
        if (same_kind(&idle->shape, &idle->shrunk, &job->shape, &job->shrunk)) {
            *job = *idle;
            run->idle[i] = run->idle[--run->idle_count];
        }
    }
    pthread_mutex_unlock(&run->lock);
}

/* If as many jobs are idle as files can be in flight, another shape's job is freed. */
static void put_idle(struct tri_batch_run *run, const struct tri_batch_job *job)
{
    struct tri_batch_job surplus = {0};
    tri_trace_lock(&run->lock, "the batch");
    if (run->idle_count == run->batch->jobs) {
        surplus = run->idle[0];
        run->idle[0] = run->idle[--run->idle_count];
    }
    run->idle[run->idle_count++] = *job;
    pthread_mutex_unlock(&run->lock);
    free_job(&surplus);
}

void tri_batch_free_idle(struct tri_batch_run *run)
{
    while (run->idle_count > 0)
        free_job(&run->idle[--run->idle_count]);
}

/* ---- frames in flight ---- */

enum tri_status tri_batch_take_inflight(struct tri_batch_run *run, struct tri_batch_item *item,
                                        struct tri_error *error)
{
    tri_trace_lock(&run->lock, "the batch");
    if (run->inflight_count > 0)
        item->inflight = run->inflight[--run->inflight_count];
    pthread_mutex_unlock(&run->lock);
    const enum tri_status status =
        item->inflight != NULL ? TRI_OK
                               : tri_inflight_new(run->batch->backend, &item->inflight, error);
    if (status == TRI_OK)
        tri_inflight_time(item->inflight, run->batch->timed ? &item->timing : NULL);
    return status;
}

void tri_batch_put_inflight(struct tri_batch_run *run, struct tri_batch_item *item)
{
    if (item->inflight == NULL)
        return;
    tri_inflight_time(item->inflight, NULL);
    tri_trace_lock(&run->lock, "the batch");
    run->inflight[run->inflight_count++] = item->inflight;
    pthread_mutex_unlock(&run->lock);
    item->inflight = NULL;
}

void tri_batch_free_inflight(struct tri_batch_run *run)
{
    while (run->inflight_count > 0)
        tri_inflight_free(run->inflight[--run->inflight_count]);
    free(run->inflight);
}

/* Pictures of one shape are frames, in file order; another shape starts a new series. */
void tri_batch_continue_series(struct tri_batch_run *run, struct tri_batch_item *item)
{
    const struct tri_shape *shape = &item->image->shape;
    const struct tri_shrunk *shrunk = &item->info.shrunk;
    if (!run->over_time)
        return;
    if (run->last_shape.width > 0 &&
        !same_kind(&run->last_shape, &run->last_shrunk, shape, shrunk)) {
        item->result.new_series = !run->reshaped;
        run->reshaped = true;
        tri_batch_free_idle(run); /* stage "compute" is in order: no other thread uses the jobs */
    }
    run->last_shape = *shape;
    run->last_shrunk = *shrunk;
}

/* ---- computing ---- */

/* A job for pictures of that kind, idle or new. After a failure nothing is left to free. */
static enum tri_status get_job(struct tri_batch_run *run, const struct tri_batch_item *item,
                               struct tri_batch_job *job, struct tri_error *error)
{
    const struct tri_pipeline *pipeline = run->batch->pipeline;
    enum tri_status status = TRI_OK;
    *job = (struct tri_batch_job){.shape = item->image->shape, .shrunk = item->info.shrunk};
    take_idle(run, job);
    if (job->job != NULL)
        return TRI_OK;
    if (job->shrunk.factor > 1)
        status = tri_pipeline_shrunk(pipeline, &job->shrunk, &job->own, error);
    if (status == TRI_OK)
        status = tri_job_new(run->batch->backend, job->own != NULL ? job->own : pipeline,
                             &job->shape, &job->job, error);
    if (status != TRI_OK)
        free_job(job);
    return status;
}

/* After a failure the job is not used again. */
static enum tri_status end_job(struct tri_batch_run *run, struct tri_batch_item *item,
                               struct tri_batch_job *job, enum tri_status status)
{
    if (status == TRI_OK) {
        item->transposed = tri_job_transposed(job->job);
        put_idle(run, job);
    } else {
        free_job(job);
    }
    return status;
}

/* What a kernel reports about the result that the job has just made. */
static enum tri_status get_data(const struct tri_batch_run *run, struct tri_job *job, char **data,
                                struct tri_error *error)
{
    return run->batch->data ? tri_job_data(job, data, error) : TRI_OK;
}

/* The kernels of a picture whose results do not wait for others. */
enum tri_status tri_batch_compute(struct tri_batch_run *run, struct tri_batch_item *item)
{
    struct tri_error *error = &item->result.error;
    struct tri_batch_job job;
    enum tri_status status = get_job(run, item, &job, error);
    if (status == TRI_OK)
        status = tri_image_new_for(run->batch->backend, tri_job_shape(job.job), &item->out, error);
    if (status == TRI_OK)
        status = tri_inflight_compute(item->inflight, job.job, item->out, error);
    if (status == TRI_OK)
        status = get_data(run, job.job, &item->result.data, error);
    return end_job(run, item, &job, status);
}

/* Upload, kernels and download at once, in order. */
static enum tri_status run_late(struct tri_batch_run *run, struct tri_batch_item *item,
                                struct tri_image **out, char **text)
{
    struct tri_error *error = &item->result.error;
    struct tri_batch_job job;
    enum tri_status status = get_job(run, item, &job, error);
    *out = NULL;
    if (status == TRI_OK && run->ended)
        tri_job_end(job.job);
    if (status == TRI_OK)
        status = tri_image_new_for(run->batch->backend, tri_job_shape(job.job), out, error);
    if (status == TRI_OK)
        status = tri_job_run(job.job, item->image, *out, run->batch->timed ? &item->timing : NULL,
                             error);
    if (status == TRI_OK && run->frames >= run->delay)
        status = get_data(run, job.job, text, error);
    return end_job(run, item, &job, status);
}

void tri_batch_add_timing(struct tri_batch_item *item)
{
    item->phases[TRI_UPLOAD] = item->timing.upload_ns;
    item->phases[TRI_KERNEL] = item->timing.kernel_ns;
    item->phases[TRI_DOWNLOAD] = item->timing.download_ns;
}

/* With delayed results, the item continues as the file whose result is ready now. */
bool tri_batch_compute_late(struct tri_batch_run *run, struct tri_batch_item *item)
{
    struct tri_image *out;
    char *text = NULL;
    if (!item->flush && run->late_count > 0 &&
        !same_kind(&run->late[0].image->shape, &run->late[0].info.shrunk, &item->image->shape,
                   &item->info.shrunk)) {
        tri_fail(&item->result.error, TRI_FAILED,
                 "its shape differs from the pictures before it, but %s uses both",
                 tri_pipeline_text(run->batch->pipeline));
        return tri_batch_fail(run, item);
    }
    item->traced = tri_tracing() ? tri_trace_item() : 0;
    if (!item->flush)
        run->late[run->late_count++] = *item;
    if (run->late_count == 0)
        return false;
    run->ended |= item->flush;
    struct tri_batch_item *last = &run->late[run->late_count - 1];
    if (run_late(run, last, &out, &text) != TRI_OK) {
        tri_image_free(out);
        *item = *last;
        run->late_count--;
        return tri_batch_fail(run, item);
    }
    tri_batch_add_timing(last);
    if (run->frames++ < run->delay) {
        tri_image_free(out);
        return false;
    }
    *item = run->late[0];
    item->result.data = text;
    if (tri_tracing())
        tri_trace_set_item(item->traced);
    memmove(run->late, run->late + 1, (size_t)--run->late_count * sizeof run->late[0]);
    tri_image_free(item->image);
    item->image = out;
    return true;
}
