/* batch.c -- files as stream items: named, decoded, uploaded, computed, downloaded, encoded. */
#include "batch_parts.h"

#include "../codec/move_file.h"
#include "../image/image.h"
#include "../parallel/cpu.h"
#include "../parallel/stream.h"

#include <stdlib.h>
#include <string.h>

const char *const tri_phase_names[TRI_PHASES] = {"decode", "upload", "kernel", "download",
                                                 "encode"};

/* ---- items ---- */

/* Puts the file's name before the text: a pipeline knows shapes, not files. */
static void name_file(struct tri_batch_item *item)
{
    const struct tri_error inner = item->result.error;
    tri_fail(&item->result.error, inner.status, "%s: %s", item->result.file->from, inner.text);
}

static void free_own(struct tri_batch_file *own)
{
    if (own == NULL)
        return;
    free((char *)own->from);
    free((char *)own->to);
    free(own);
}

/* All but the names, which a report needs. */
static void drop_contents(struct tri_batch_run *run, struct tri_batch_item *item)
{
    tri_batch_put_inflight(run, item);
    tri_image_free(item->image);
    tri_image_free(item->out);
    tri_metadata_free(item->info.metadata);
    tri_picture_free(&item->picture);
    tri_part_free(item->part);
    item->part = NULL;
    item->image = item->out = NULL;
    item->info.metadata = NULL;
}

/* Drops an item without a report: only its effect on later frames is needed. */
static void pass_over(struct tri_batch_run *run, struct tri_batch_item *item)
{
    drop_contents(run, item);
    free(item->result.data);
    free_own(item->own);
    item->own = NULL;
}

void tri_batch_end(struct tri_batch_run *run, struct tri_batch_item *item)
{
    struct tri_batch *batch = run->batch;
    const struct tri_error *error = &item->result.error;
    drop_contents(run, item);
    tri_trace_lock(&run->lock, "the batch");
    for (int i = 0; i < TRI_PHASES; i++)
        batch->phases[i] += item->phases[i];
    batch->done += error->status == TRI_OK && !item->result.left;
    batch->megapixels += error->status == TRI_OK ? item->result.megapixels : 0;
    /* A device that fails will fail on the others, too, and a file without one of its pictures is
     * not written. */
    if (error->status != TRI_OK &&
        (batch->fail_fast || error->status == TRI_NO_DEVICE || batch->series.writer != NULL))
        run->stopped = true;
    const bool first = batch->failed == 0;
    batch->failed += error->status != TRI_OK;
    if (error->status != TRI_OK && first && run->error != NULL)
        *run->error = *error;
    if (batch->through != NULL && (first || batch->series.writer == NULL)) /* a file is lost once */
        batch->through(batch->listener, &item->result);
    pthread_mutex_unlock(&run->lock);
    free(item->result.notes);
    free(item->result.data);
    free_own(item->own);
    item->own = NULL;
}

/* ---- pictures of one file ---- */

/* Names for messages and for the output. The number is known even if a picture cannot be read. */
static enum tri_status name_picture(const struct tri_batch *batch, struct tri_batch_item *item,
                                    struct tri_error *error)
{
    static const struct tri_batch_file unnamed = {"a picture", "its result"};
    const struct tri_batch_series *series = &batch->series;
    const char *from =
        item->picture.name != NULL ? item->picture.name : tri_pictures_name(series->pictures);
    item->own = calloc(1, sizeof *item->own);
    if (item->own != NULL) {
        item->own->from = strdup(from);
        item->own->to = series->name(batch->listener, item->picture.number);
    }
    const bool named = item->own != NULL && item->own->from != NULL && item->own->to != NULL;
    item->result.file = named ? item->own : &unnamed;
    if (tri_tracing())
        tri_trace_instant("picture", tri_trace_text(item->result.file->from));
    return named ? TRI_OK : tri_fail(error, TRI_FAILED, "out of memory for file names");
}

/* Whether a picture is run: it is wanted, or precedes the wanted one, or follows it so closely that
 * the wanted one waits for it. */
static bool is_run(const struct tri_batch_run *run, long number)
{
    const long only = run->batch->series.only;
    return only == 0 || number == only || (run->over_time && number <= only + run->delay);
}

static bool is_wanted(const struct tri_batch_run *run, const struct tri_batch_item *item)
{
    const long only = run->batch->series.only;
    return only == 0 || item->result.number == only;
}

/* The next picture to run; false: none. One that cannot be read is an item too, with its error. */
static bool take_picture(struct tri_batch_run *run, struct tri_batch_item *item)
{
    struct tri_batch_series *series = &run->batch->series;
    bool more = true, taken = false;
    while (more && !taken && (series->only == 0 || run->next < series->only + run->delay)) {
        struct tri_error *error = &item->result.error;
        enum tri_status status = tri_pictures_take(series->pictures, &item->picture, &more, error);
        if (status == TRI_OK && !more)
            break;
        item->result.number = ++run->next;
        series->found |= item->result.number == series->only;
        taken = status != TRI_OK || is_run(run, item->result.number);
        if (taken && name_picture(run->batch, item, status == TRI_OK ? error : NULL) != TRI_OK)
            run->stopped = true;
        if (!taken)
            tri_picture_free(&item->picture);
    }
    return taken;
}

static bool next_picture(void *context, void *data)
{
    struct tri_batch_run *run = context;
    struct tri_batch_item *item = data;
    tri_trace_lock(&run->lock, "the batch");
    bool stopped = run->stopped;
    pthread_mutex_unlock(&run->lock);
    if (!stopped && take_picture(run, item))
        return true;
    item->flush = run->flushed++ < run->delay;
    return item->flush;
}

/* ---- stages ---- */

static bool next_file(void *context, void *data)
{
    struct tri_batch_run *run = context;
    struct tri_batch_item *item = data;
    tri_trace_lock(&run->lock, "the batch");
    const bool any = !run->stopped && run->next < run->batch->count;
    if (any)
        item->result.file = &run->batch->files[run->next++];
    else
        item->flush = run->flushed++ < run->delay;
    pthread_mutex_unlock(&run->lock);
    if (any && tri_tracing())
        tri_trace_instant("picture", tri_trace_text(item->result.file->from));
    return any || item->flush;
}

static enum tri_status read_image(struct tri_batch_run *run, struct tri_batch_item *item)
{
    struct tri_read_options options = run->batch->read;
    struct tri_error *error = &item->result.error;
    options.size = sizeof options;
    options.memory = tri_backend_memory(run->batch->backend);
    item->info.size = sizeof item->info;
    if (run->batch->series.pictures == NULL)
        return tri_image_read(item->result.file->from, &options, &item->image, &item->info, error);
    if (error->status != TRI_OK)
        return error->status;
    const enum tri_status status = tri_picture_decode(run->batch->series.pictures, &item->picture,
                                                      &item->image, &item->info, error);
    tri_picture_free(&item->picture);
    return status;
}

static bool decode(void *context, void *data)
{
    struct tri_batch_run *run = context;
    struct tri_batch_item *item = data;
    const struct tri_batch *batch = run->batch;
    const int64_t start = tri_now_ns();
    if (item->flush)
        return true;
    const enum tri_status status = read_image(run, item);
    item->phases[TRI_DECODE] = tri_now_ns() - start;
    item->result.left = status == TRI_OK && item->info.pictures != 1 && batch->leaves != NULL &&
                        batch->leaves(batch->listener, item->result.file, &item->info);
    if (status != TRI_OK || item->result.left) {
        tri_batch_end(run, item);
        return false;
    }
    if (batch->trim != NULL && tri_batch_trim(run, item, &item->result.error) != TRI_OK)
        return tri_batch_fail(run, item);
    const struct tri_shape *shape = &item->image->shape;
    item->result.from = *shape;
    item->result.shrunk = item->info.shrunk.factor;
    if (item->result.shrunk > 1) {
        item->result.from.width = item->info.shrunk.width;
        item->result.from.height = item->info.shrunk.height;
    }
    item->result.megapixels = (double)item->result.from.width * item->result.from.height / 1e6;
    memcpy(item->result.warning, item->info.warning, sizeof item->result.warning);
    return true;
}

bool tri_batch_fail(struct tri_batch_run *run, struct tri_batch_item *item)
{
    name_file(item);
    tri_batch_end(run, item);
    return false;
}

static bool upload(void *context, void *data)
{
    struct tri_batch_run *run = context;
    struct tri_batch_item *item = data;
    if (run->delay > 0)
        return true;
    enum tri_status status = tri_batch_take_inflight(run, item, &item->result.error);
    if (status == TRI_OK)
        status = tri_inflight_upload(item->inflight, item->image, &item->result.error);
    return status == TRI_OK || tri_batch_fail(run, item);
}

static bool compute(void *context, void *data)
{
    struct tri_batch_run *run = context;
    struct tri_batch_item *item = data;
    if (run->delay > 0)
        return tri_batch_compute_late(run, item);
    tri_batch_continue_series(run, item);
    return tri_batch_compute(run, item) == TRI_OK || tri_batch_fail(run, item);
}

static bool download(void *context, void *data)
{
    struct tri_batch_run *run = context;
    struct tri_batch_item *item = data;
    if (run->delay > 0)
        return true;
    if (tri_inflight_download(item->inflight, &item->result.error) != TRI_OK)
        return tri_batch_fail(run, item);
    tri_batch_put_inflight(run, item);
    tri_batch_add_timing(item);
    tri_image_free(item->image);
    item->image = item->out;
    item->out = NULL;
    return true;
}

static void add_note(void *listener, const char *text)
{
    struct tri_batch_result *result = listener;
    char *notes;
    if (asprintf(&notes, "%s%s\n", result->notes != NULL ? result->notes : "", text) < 0)
        return;
    free(result->notes);
    result->notes = notes;
}

/* Writes to the item's own file, or as a part of one. */
static enum tri_status write_image(const struct tri_batch *batch, struct tri_batch_item *item,
                                   const struct tri_write_options *options)
{
    struct tri_error *error = &item->result.error;
    if (batch->nowhere)
        return TRI_OK;
    if (batch->series.writer != NULL) {
        char note[TRI_NOTE_MAX] = "";
        const enum tri_status status =
            tri_pictures_prepare(batch->series.writer, item->image, item->result.number,
                                 options->metadata, note, &item->part, error);
        tri_write_tell(options, item->result.file->to, note);
        return status;
    }
    if (batch->writing != NULL)
        batch->writing();
    const enum tri_status status =
        tri_image_write(item->result.file->to, item->image, options, error);
    if (batch->written != NULL)
        batch->written();
    return status;
}

static bool encode(void *context, void *data)
{
    struct tri_batch_run *run = context;
    struct tri_batch_item *item = data;
    const struct tri_batch *batch = run->batch;
    struct tri_write_options options = batch->write;
    const int64_t start = tri_now_ns();
    if (!is_wanted(run, item)) {
        pass_over(run, item);
        return false;
    }
    item->result.to = item->image->shape;
    options.size = sizeof options;
    options.tell = add_note;
    options.listener = &item->result;
    if (!batch->strip && !batch->nowhere && item->info.metadata != NULL) {
        const struct tri_metadata_change change = {batch->pipeline, item->result.from,
                                                   item->image->shape, item->transposed};
        char note[TRI_NOTE_MAX] = "";
        tri_metadata_follow(item->info.metadata, &change, note);
        tri_write_tell(&options, item->result.file->to, note);
        options.metadata = item->info.metadata;
    }
    const enum tri_status status = write_image(batch, item, &options);
    item->phases[TRI_ENCODE] = tri_now_ns() - start;
    if (status == TRI_OK && item->part != NULL)
        return true;
    tri_batch_end(run, item);
    return false;
}

/* All of a file at once, where samples are only moved. */
static bool move(void *context, void *data)
{
    struct tri_batch_run *run = context;
    struct tri_batch_item *item = data;
    const struct tri_batch *batch = run->batch;
    struct tri_batch_result *result = &item->result;
    const int64_t start = tri_now_ns();
    struct tri_write_options options = batch->write;
    options.tell = add_note;
    options.listener = result;
    struct tri_file_move file = {.from = result->file->from,
                                 .to = result->file->to,
                                 .pipeline = batch->pipeline,
                                 .read = &batch->read,
                                 .write = &options,
                                 .strip = batch->strip,
                                 .writing = batch->writing,
                                 .written = batch->written};
    tri_file_move(&file, &result->error);
    result->from = file.in;
    result->to = file.out;
    result->megapixels = (double)file.in.width * file.in.height / 1e6;
    memcpy(result->warning, file.warning, sizeof result->warning);
    item->phases[TRI_ENCODE] = tri_now_ns() - start;
    tri_batch_end(run, item);
    return false;
}

/* Writes parts of one file, in order. */
static bool put(void *context, void *data)
{
    struct tri_batch_run *run = context;
    struct tri_batch_item *item = data;
    const struct tri_write_options options = {.tell = add_note, .listener = &item->result};
    const int64_t start = tri_now_ns();
    char note[TRI_NOTE_MAX] = "";
    tri_pictures_put(run->batch->series.writer, item->part, item->info.duration, note,
                     &item->result.error);
    tri_write_tell(&options, item->result.file->to, note);
    item->phases[TRI_ENCODE] += tri_now_ns() - start;
    tri_batch_end(run, item);
    return true;
}

/* ---- the batch ---- */

static enum tri_status run_stream(struct tri_batch_run *run, struct tri_error *error)
{
    struct tri_batch *batch = run->batch;
    /* A device computes one picture at a time, and frames follow each other. */
    const bool in_order = run->over_time || tri_backend_info(batch->backend)->opencl;
    const struct tri_stream_stage stages[] = {
        {"next", true, batch->series.pictures != NULL ? next_picture : next_file},
        {"decode", false, decode},
        {"upload", false, upload},
        {"compute", in_order, compute},
        {"download", false, download},
        {"encode", false, encode},
        {"put", true, put}, /* only where all pictures go into one file */
    };
    const struct tri_stream_stage moving[] = {{"next", true, next_file}, {"move", false, move}};
    const int count = (int)(sizeof stages / sizeof stages[0]);
    struct tri_stream stream = {
        .stages = batch->moves ? moving : stages,
        .stage_count = batch->moves                   ? 2
                       : batch->series.writer != NULL ? count
                                                      : count - 1,
        .context = run,
        .item_size = sizeof(struct tri_batch_item),
        .items_most = batch->series.pictures != NULL || batch->jobs < batch->count ? batch->jobs
                                                                                   : batch->count};
    const enum tri_status status = tri_stream_run(batch->pool, &stream, error);
    batch->wall_ns = stream.wall_ns;
    return status;
}

enum tri_status tri_batch_run(struct tri_batch *batch, struct tri_error *error)
{
    struct tri_error first = {.status = TRI_FAILED};
    struct tri_batch_run run = {
        .batch = batch, .error = &first, .over_time = tri_pipeline_over_time(batch->pipeline)};
    enum tri_status status;

    if (batch->count == 0 && batch->series.pictures == NULL)
        return TRI_OK;
    run.delay = run.over_time ? tri_pipeline_delay(batch->pipeline) : 0;
    run.late = calloc((size_t)run.delay + 1, sizeof run.late[0]);
    run.idle = calloc((size_t)batch->jobs, sizeof run.idle[0]);
    run.inflight = calloc((size_t)batch->jobs, sizeof run.inflight[0]);
    if (batch->trim != NULL &&
        tri_backend_open("sequential", NULL, &run.trimmer, error) != TRI_OK) {
        free(run.late);
        free(run.idle);
        free(run.inflight);
        return TRI_FAILED;
    }
    if (run.late == NULL || run.idle == NULL || run.inflight == NULL ||
        pthread_mutex_init(&run.lock, NULL) != 0) {
        free(run.late);
        free(run.idle);
        free(run.inflight);
        tri_backend_close(run.trimmer);
        return tri_fail(error, TRI_FAILED, "out of memory for %d files in flight", batch->jobs);
    }
    status = run_stream(&run, error);
    tri_backend_close(run.trimmer);
    tri_batch_free_inflight(&run);
    tri_batch_free_idle(&run);
    free(run.idle);
    for (int i = 0; i < run.late_count; i++) /* left by a failing device */
        pass_over(&run, &run.late[i]);
    free(run.late);
    pthread_mutex_destroy(&run.lock);
    if (status != TRI_OK || batch->failed == 0)
        return status;
    if (error != NULL)
        *error = first;
    return batch->count == 1 || batch->series.pictures != NULL || first.status == TRI_NO_DEVICE
               ? first.status
               : TRI_FAILED;
}
