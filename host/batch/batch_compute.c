/* batch_compute.c -- jobs for the shapes of a batch, and running a picture through one. */
#include "batch_parts.h"

#include <stdlib.h>
#include <string.h>

/* ---- jobs ---- */

static struct tri_job *take_idle(struct tri_batch_run *run, const struct tri_shape *shape)
{
    struct tri_job *job = NULL;
    tri_trace_lock(&run->lock, "the batch");
    for (int i = run->idle_count - 1; i >= 0 && job == NULL; i--) {
        if (tri_shape_equal(&run->idle[i].shape, shape)) {
            job = run->idle[i].job;
            run->idle[i] = run->idle[--run->idle_count];
        }
    }
    pthread_mutex_unlock(&run->lock);
    return job;
}

/* If as many jobs are idle as files can be in flight, another shape's job is freed. */
static void put_idle(struct tri_batch_run *run, struct tri_job *job, const struct tri_shape *shape)
{
    struct tri_job *surplus = NULL;
    tri_trace_lock(&run->lock, "the batch");
    if (run->idle_count == run->batch->jobs) {
        surplus = run->idle[0].job;
        run->idle[0] = run->idle[--run->idle_count];
    }
    run->idle[run->idle_count++] = (struct tri_batch_job){job, *shape};
    pthread_mutex_unlock(&run->lock);
    tri_job_free(surplus);
}

void tri_batch_free_idle(struct tri_batch_run *run)
{
    while (run->idle_count > 0)
        tri_job_free(run->idle[--run->idle_count].job);
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
    if (!run->over_time)
        return;
    if (run->last_shape.width > 0 && !tri_shape_equal(&run->last_shape, shape)) {
        item->result.new_series = !run->reshaped;
        run->reshaped = true;
        tri_batch_free_idle(run); /* stage "compute" is in order: no other thread uses the jobs */
    }
    run->last_shape = *shape;
}

/* ---- computing ---- */

/* A job for pictures of that shape, idle or new. */
static enum tri_status get_job(struct tri_batch_run *run, const struct tri_shape *shape,
                               struct tri_job **job, struct tri_error *error)
{
    *job = take_idle(run, shape);
    return *job != NULL ? TRI_OK
                        : tri_job_new(run->batch->backend, run->batch->pipeline, shape, job, error);
}

/* After a failure the job is not used again. */
static enum tri_status end_job(struct tri_batch_run *run, struct tri_batch_item *item,
                               struct tri_job *job, const struct tri_shape *shape,
                               enum tri_status status)
{
    if (status == TRI_OK) {
        item->transposed = tri_job_transposed(job);
        put_idle(run, job, shape);
    } else {
        tri_job_free(job);
    }
    return status;
}

/* The kernels of a picture whose results do not wait for others. */
enum tri_status tri_batch_compute(struct tri_batch_run *run, struct tri_batch_item *item)
{
    const struct tri_shape shape = item->image->shape;
    struct tri_error *error = &item->result.error;
    struct tri_job *job;
    enum tri_status status = get_job(run, &shape, &job, error);
    if (status == TRI_OK)
        status = tri_image_new_for(run->batch->backend, tri_job_shape(job), &item->out, error);
    if (status == TRI_OK)
        status = tri_inflight_compute(item->inflight, job, item->out, error);
    return end_job(run, item, job, &shape, status);
}

/* Upload, kernels and download at once, in order. */
static enum tri_status run_late(struct tri_batch_run *run, struct tri_batch_item *item,
                                struct tri_image **out)
{
    const struct tri_shape shape = item->image->shape;
    struct tri_error *error = &item->result.error;
    struct tri_job *job;
    enum tri_status status = get_job(run, &shape, &job, error);
    *out = NULL;
    if (status == TRI_OK && run->ended)
        tri_job_end(job);
    if (status == TRI_OK)
        status = tri_image_new_for(run->batch->backend, tri_job_shape(job), out, error);
    if (status == TRI_OK)
        status =
            tri_job_run(job, item->image, *out, run->batch->timed ? &item->timing : NULL, error);
    return end_job(run, item, job, &shape, status);
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
    if (!item->flush && run->late_count > 0 &&
        !tri_shape_equal(&run->late[0].image->shape, &item->image->shape)) {
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
    if (run_late(run, last, &out) != TRI_OK) {
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
    if (tri_tracing())
        tri_trace_set_item(item->traced);
    memmove(run->late, run->late + 1, (size_t)--run->late_count * sizeof run->late[0]);
    tri_image_free(item->image);
    item->image = out;
    return true;
}
