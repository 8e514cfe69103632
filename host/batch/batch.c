/* batch.c -- files as a stream of items: named, decoded, brought to the backend, computed, fetched, encoded. */
#include "batch.h"

#include "../parallel/cpu.h"
#include "../parallel/stream.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

const char *const tri_phase_names[TRI_PHASES] = {"decode", "upload", "kernel", "download", "encode"};

struct item {
    struct tri_batch_result result;
    struct tri_image *image; /* the input, then the output */
    struct tri_read_info info;
    int64_t phases[TRI_PHASES];
    bool flush; /* no file: drives out a result that lags behind */
    bool turned;           /* rows have become columns */
    /* From `upload` to `download`: */
    struct tri_flight *flight;
    struct tri_image *out;
    struct tri_timing timing;
};

/* A job that waits for the next picture of its shape. */
struct idle_job {
    struct tri_job *job;
    struct tri_shape shape;
};

struct run {
    struct tri_batch *batch;
    bool over_time;
    int delay, flushed; /* frames by which results lag behind; stage "compute" is in order then */
    struct item *late;  /* files whose results are not there yet, oldest first */
    int late_count;
    long frames;          /* that the job has seen */
    bool ended;           /* and no file follows */
    pthread_mutex_t lock; /* for all that follows */
    int next;
    bool stopped;
    struct idle_job *idle; /* at most batch->jobs */
    int idle_count;
    struct tri_flight **flights; /* that are idle, at most batch->jobs */
    int flight_count;
    bool reshaped;
    struct tri_shape last_shape; /* of the series of frames; width 0: none yet */
    struct tri_error *error;     /* of the first file that failed */
};

/* ---- jobs ---- */

static struct tri_job *take_idle(struct run *run, const struct tri_shape *shape)
{
    struct tri_job *job = NULL;
    pthread_mutex_lock(&run->lock);
    for (int i = run->idle_count - 1; i >= 0 && job == NULL; i--) {
        if (tri_shape_equal(&run->idle[i].shape, shape)) {
            job = run->idle[i].job;
            run->idle[i] = run->idle[--run->idle_count];
        }
    }
    pthread_mutex_unlock(&run->lock);
    return job;
}

/* Where there are as many as files can be under way, another shape's job has to go. */
static void put_idle(struct run *run, struct tri_job *job, const struct tri_shape *shape)
{
    struct tri_job *surplus = NULL;
    pthread_mutex_lock(&run->lock);
    if (run->idle_count == run->batch->jobs) {
        surplus = run->idle[0].job;
        run->idle[0] = run->idle[--run->idle_count];
    }
    run->idle[run->idle_count++] = (struct idle_job){job, *shape};
    pthread_mutex_unlock(&run->lock);
    tri_job_free(surplus);
}

static void free_idle(struct run *run)
{
    while (run->idle_count > 0)
        tri_job_free(run->idle[--run->idle_count].job);
}

/* ---- flights ---- */

static enum tri_status take_flight(struct run *run, struct item *item, struct tri_error *error)
{
    pthread_mutex_lock(&run->lock);
    if (run->flight_count > 0)
        item->flight = run->flights[--run->flight_count];
    pthread_mutex_unlock(&run->lock);
    const enum tri_status status =
        item->flight != NULL ? TRI_OK : tri_flight_new(run->batch->backend, &item->flight, error);
    if (status == TRI_OK)
        tri_flight_time(item->flight, run->batch->timed ? &item->timing : NULL);
    return status;
}

static void put_flight(struct run *run, struct item *item)
{
    if (item->flight == NULL)
        return;
    tri_flight_time(item->flight, NULL);
    pthread_mutex_lock(&run->lock);
    run->flights[run->flight_count++] = item->flight;
    pthread_mutex_unlock(&run->lock);
    item->flight = NULL;
}

static void free_flights(struct run *run)
{
    while (run->flight_count > 0)
        tri_flight_free(run->flights[--run->flight_count]);
    free(run->flights);
}

/* Pictures of one shape are frames, in the order of the files; another shape begins a new series. */
static void continue_series(struct run *run, struct item *item)
{
    const struct tri_shape *shape = &item->image->shape;
    if (!run->over_time)
        return;
    if (run->last_shape.width > 0 && !tri_shape_equal(&run->last_shape, shape)) {
        item->result.new_series = !run->reshaped;
        run->reshaped = true;
        free_idle(run); /* stage "compute" is in order: nobody else is at the jobs */
    }
    run->last_shape = *shape;
}

/* ---- stages ---- */

/* Puts the file's name before the text: a pipeline knows shapes, not files. */
static void name_file(struct item *item)
{
    const struct tri_error inner = item->result.error;
    tri_fail(&item->result.error, inner.status, "%s: %s", item->result.file->from, inner.text);
}

static void end_item(struct run *run, struct item *item)
{
    struct tri_batch *batch = run->batch;
    const struct tri_error *error = &item->result.error;
    put_flight(run, item);
    tri_image_free(item->image);
    tri_image_free(item->out);
    tri_metadata_free(item->info.metadata);
    pthread_mutex_lock(&run->lock);
    for (int i = 0; i < TRI_PHASES; i++)
        batch->phases[i] += item->phases[i];
    batch->done += error->status == TRI_OK;
    batch->megapixels += error->status == TRI_OK ? item->result.megapixels : 0;
    /* A device that fails will fail on the others, too. */
    if (error->status != TRI_OK && (batch->fail_fast || error->status == TRI_NO_DEVICE))
        run->stopped = true;
    if (error->status != TRI_OK && batch->failed++ == 0 && run->error != NULL)
        *run->error = *error;
    if (batch->through != NULL)
        batch->through(batch->listener, &item->result);
    pthread_mutex_unlock(&run->lock);
}

static bool next_file(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    pthread_mutex_lock(&run->lock);
    const bool any = !run->stopped && run->next < run->batch->count;
    if (any)
        item->result.file = &run->batch->files[run->next++];
    else
        item->flush = run->flushed++ < run->delay;
    pthread_mutex_unlock(&run->lock);
    return any || item->flush;
}

static bool decode(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    const int64_t start = tri_now_ns();
    if (item->flush)
        return true;
    struct tri_read_options options = run->batch->read;
    options.memory = tri_backend_memory(run->batch->backend);
    const enum tri_status status =
        tri_image_read(item->result.file->from, &options, &item->image, &item->info, &item->result.error);
    item->phases[TRI_DECODE] = tri_now_ns() - start;
    if (status != TRI_OK) {
        end_item(run, item);
        return false;
    }
    const struct tri_shape *shape = &item->image->shape;
    item->result.from = *shape;
    item->result.megapixels = (double)shape->width * shape->height / 1e6;
    memcpy(item->result.warning, item->info.warning, sizeof item->result.warning);
    return true;
}

/* Upload, kernels and download of a picture whose results do not wait for others. */
static enum tri_status compute_picture(struct run *run, struct item *item)
{
    const struct tri_shape shape = item->image->shape;
    struct tri_error *error = &item->result.error;
    struct tri_job *job = take_idle(run, &shape);
    enum tri_status status = TRI_OK;
    if (job == NULL)
        status = tri_job_new(run->batch->backend, run->batch->pipeline, &shape, &job, error);
    if (status == TRI_OK)
        status = tri_image_new_for(run->batch->backend, tri_job_shape(job), &item->out, error);
    if (status == TRI_OK)
        status = tri_flight_compute(item->flight, job, item->out, error);
    if (status == TRI_OK) {
        item->turned = tri_job_turned(job);
        put_idle(run, job, &shape);
    } else {
        tri_job_free(job);
    }
    return status;
}

/* All of it at once: in order. */
static enum tri_status run_late(struct run *run, struct item *item, struct tri_image **out)
{
    const struct tri_shape shape = item->image->shape;
    struct tri_error *error = &item->result.error;
    struct tri_job *job = take_idle(run, &shape);
    enum tri_status status = TRI_OK;
    *out = NULL;
    if (job == NULL)
        status = tri_job_new(run->batch->backend, run->batch->pipeline, &shape, &job, error);
    if (status == TRI_OK && run->ended)
        tri_job_end(job);
    if (status == TRI_OK)
        status = tri_image_new_for(run->batch->backend, tri_job_shape(job), out, error);
    if (status == TRI_OK)
        status = tri_job_run(job, item->image, *out, run->batch->timed ? &item->timing : NULL, error);
    if (status == TRI_OK) {
        item->turned = tri_job_turned(job);
        put_idle(run, job, &shape);
    } else {
        tri_job_free(job);
    }
    return status;
}

static void add_timing(struct item *item)
{
    item->phases[TRI_UPLOAD] = item->timing.upload_ns;
    item->phases[TRI_KERNEL] = item->timing.kernel_ns;
    item->phases[TRI_DOWNLOAD] = item->timing.download_ns;
}

static bool fail_item(struct run *run, struct item *item)
{
    name_file(item);
    end_item(run, item);
    return false;
}

/* Where results lag behind, the item goes on as the file whose result there is now. */
static bool compute_late(struct run *run, struct item *item)
{
    struct tri_image *out;
    if (!item->flush && run->late_count > 0 && !tri_shape_equal(&run->late[0].image->shape, &item->image->shape)) {
        tri_fail(&item->result.error, TRI_FAILED, "it has another shape than the pictures before it, and %s looks at both",
                 tri_pipeline_text(run->batch->pipeline));
        return fail_item(run, item);
    }
    if (!item->flush)
        run->late[run->late_count++] = *item;
    if (run->late_count == 0)
        return false;
    run->ended |= item->flush;
    struct item *last = &run->late[run->late_count - 1];
    if (run_late(run, last, &out) != TRI_OK) {
        tri_image_free(out);
        *item = *last;
        run->late_count--;
        return fail_item(run, item);
    }
    add_timing(last);
    if (run->frames++ < run->delay) {
        tri_image_free(out);
        return false;
    }
    *item = run->late[0];
    memmove(run->late, run->late + 1, (size_t)--run->late_count * sizeof run->late[0]);
    tri_image_free(item->image);
    item->image = out;
    return true;
}

static bool upload(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    if (run->delay > 0)
        return true;
    enum tri_status status = take_flight(run, item, &item->result.error);
    if (status == TRI_OK)
        status = tri_flight_upload(item->flight, item->image, &item->result.error);
    return status == TRI_OK || fail_item(run, item);
}

static bool compute(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    if (run->delay > 0)
        return compute_late(run, item);
    continue_series(run, item);
    return compute_picture(run, item) == TRI_OK || fail_item(run, item);
}

static bool download(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    if (run->delay > 0)
        return true;
    if (tri_flight_download(item->flight, &item->result.error) != TRI_OK)
        return fail_item(run, item);
    put_flight(run, item);
    add_timing(item);
    tri_image_free(item->image);
    item->image = item->out;
    item->out = NULL;
    return true;
}

static void add_note(void *listener, const char *text)
{
    struct tri_batch_result *result = listener;
    const size_t used = strlen(result->notes);
    snprintf(result->notes + used, sizeof result->notes - used, "%s\n", text);
}

static bool encode(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    struct tri_batch *batch = run->batch;
    struct tri_write_options options = batch->write;
    const int64_t start = tri_now_ns();
    item->result.to = item->image->shape;
    options.tell = add_note;
    options.listener = &item->result;
    options.note = item->result.note;
    if (!batch->strip && item->info.metadata != NULL) {
        const struct tri_metadata_change change = {batch->pipeline, item->result.from, item->image->shape, item->turned};
        tri_metadata_follow(item->info.metadata, &change, item->result.note);
        options.metadata = item->info.metadata;
    }
    if (batch->writing != NULL)
        batch->writing();
    tri_image_write(item->result.file->to, item->image, &options, &item->result.error);
    if (batch->written != NULL)
        batch->written();
    item->phases[TRI_ENCODE] = tri_now_ns() - start;
    end_item(run, item);
    return true;
}

/* ---- the batch ---- */

static enum tri_status run_stream(struct run *run, struct tri_error *error)
{
    struct tri_batch *batch = run->batch;
    /* A device computes one picture at a time, and frames follow each other. */
    const bool in_order = run->over_time || tri_backend_info(batch->backend)->opencl;
    const struct tri_stream_stage stages[] = {
        {"next", true, next_file},
        {"decode", false, decode},
        {"upload", false, upload},
        {"compute", in_order, compute},
        {"download", false, download},
        {"encode", false, encode},
    };
    struct tri_stream stream = {.stages = stages, .stage_count = sizeof stages / sizeof stages[0], .context = run, .item_size = sizeof(struct item),
                                .items_most = batch->jobs < batch->count ? batch->jobs : batch->count};
    const enum tri_status status = tri_stream_run(batch->pool, &stream, error);
    batch->wall_ns = stream.wall_ns;
    return status;
}

enum tri_status tri_batch_run(struct tri_batch *batch, struct tri_error *error)
{
    struct tri_error first = {.status = TRI_FAILED};
    struct run run = {.batch = batch, .error = &first, .over_time = tri_pipeline_over_time(batch->pipeline)};
    enum tri_status status;

    if (batch->count == 0)
        return TRI_OK;
    run.delay = run.over_time ? tri_pipeline_delay(batch->pipeline) : 0;
    run.late = calloc((size_t)run.delay + 1, sizeof run.late[0]);
    run.idle = calloc((size_t)batch->jobs, sizeof run.idle[0]);
    run.flights = calloc((size_t)batch->jobs, sizeof run.flights[0]);
    if (run.late == NULL || run.idle == NULL || run.flights == NULL || pthread_mutex_init(&run.lock, NULL) != 0) {
        free(run.late);
        free(run.idle);
        free(run.flights);
        return tri_fail(error, TRI_FAILED, "no memory for %d files under way", batch->jobs);
    }
    status = run_stream(&run, error);
    free_flights(&run);
    free_idle(&run);
    free(run.idle);
    for (int i = 0; i < run.late_count; i++) { /* what a failing device has left */
        tri_image_free(run.late[i].image);
        tri_metadata_free(run.late[i].info.metadata);
    }
    free(run.late);
    pthread_mutex_destroy(&run.lock);
    if (status != TRI_OK || batch->failed == 0)
        return status;
    if (error != NULL)
        *error = first;
    return batch->count == 1 || first.status == TRI_NO_DEVICE ? first.status : TRI_FAILED;
}
