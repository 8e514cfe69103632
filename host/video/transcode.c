/* transcode.c -- frames as a stream of items. Planes are used again and again, so that their memory is touched
 * first only once. */
#include "transcode.h"

#include "../image/image.h"
#include "../parallel/cpu.h"
#include "../parallel/stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

const char *const tri_video_stage_names[TRI_VIDEO_STAGES] = {"read",     "decode", "upload", "compute",
                                                            "download", "encode", "write"};

struct item {
    struct tri_frame in, out;
    struct tri_frame with; /* of the second input */
    struct tri_filter_slot *slot; /* from `upload` to `download` */
    bool flush; /* no frame: drives out what lags behind */
};

struct run {
    struct tri_transcode *transcode;
    const struct tri_video *video_in, *video_out;
    int delay;
    /* Of stage "read": */
    int flushed;
    bool ended, any;
    /* Frames whose results lag behind, oldest first; stage "compute" is in order where there are any. */
    struct tri_frame *late;
    int late_count;
    long runs;
    struct tri_frame with; /* the last of the second input, for stage "compute" */
    pthread_mutex_t lock;  /* for what follows */
    struct tri_frame *spare_in, *spare_out;
    int spare_in_count, spare_out_count;
    enum tri_status status;
    struct tri_error error;
};

static bool fail(struct run *run, const struct tri_error *error)
{
    pthread_mutex_lock(&run->lock);
    if (run->status == TRI_OK) {
        run->error = *error;
        run->status = error->status;
    }
    pthread_mutex_unlock(&run->lock);
    return false;
}

static bool failed(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    const bool result = run->status != TRI_OK;
    pthread_mutex_unlock(&run->lock);
    return result;
}

/* ---- planes ---- */

static bool take(struct run *run, bool in, struct tri_frame *frame)
{
    struct tri_error error;
    int *count = in ? &run->spare_in_count : &run->spare_out_count;
    const struct tri_frame *spare = in ? run->spare_in : run->spare_out;
    pthread_mutex_lock(&run->lock);
    const bool found = *count > 0;
    if (found)
        *frame = spare[--*count];
    pthread_mutex_unlock(&run->lock);
    return found || tri_frame_new(in ? run->video_in : run->video_out, frame, &error) == TRI_OK || fail(run, &error);
}

static void put_back(struct run *run, bool in, struct tri_frame *frame)
{
    int *count = in ? &run->spare_in_count : &run->spare_out_count;
    if (frame->planes[0] == NULL)
        return;
    free(frame->data);
    pthread_mutex_lock(&run->lock);
    (in ? run->spare_in : run->spare_out)[(*count)++] = (struct tri_frame){
        .planes = {frame->planes[0], frame->planes[1], frame->planes[2]}};
    pthread_mutex_unlock(&run->lock);
    *frame = (struct tri_frame){0};
}

/* ---- stages ---- */

/* After the last frame, and after a failure to read one, as many items as results lag behind. */
static bool flush(struct run *run, struct item *item)
{
    run->ended = true;
    item->flush = run->any && run->flushed < run->delay;
    run->flushed += item->flush;
    return item->flush;
}

/* For a frame that goes no further. */
static void discard_frame(struct run *run, const struct tri_video_reader *reader, struct tri_frame *frame)
{
    if (frame->raw != NULL && reader->codec->discard != NULL)
        reader->codec->discard(frame);
    put_back(run, true, frame);
}

/* The second input's frame, if it has one more. */
static bool read_with(struct run *run, struct item *item)
{
    struct tri_error error;
    bool more = false;
    if (!take(run, true, &item->with))
        return false;
    if (tri_video_next(run->transcode->with, &item->with, &more, &error) != TRI_OK) {
        put_back(run, true, &item->with);
        return fail(run, &error);
    }
    if (!more)
        put_back(run, true, &item->with);
    return true;
}

static bool read_frame(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    struct tri_transcode *transcode = run->transcode;
    struct tri_error error;
    bool more = false;
    if (!run->ended && failed(run))
        return false;
    if (run->ended || (transcode->stop != NULL && transcode->stop()))
        return flush(run, item);
    if (!take(run, true, &item->in))
        return false;
    if (tri_video_next(transcode->reader, &item->in, &more, &error) != TRI_OK) {
        fail(run, &error);
        more = false;
    }
    if (more && transcode->with != NULL && !read_with(run, item))
        more = false;
    if (!more)
        discard_frame(run, transcode->reader, &item->in);
    run->any |= more;
    return more || flush(run, item);
}

static void discard(struct run *run, struct item *item)
{
    tri_filter_drop(run->transcode->filter, item->slot);
    item->slot = NULL;
    discard_frame(run, run->transcode->reader, &item->in);
    discard_frame(run, run->transcode->with, &item->with);
    put_back(run, false, &item->out);
}

static bool decode(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    struct tri_error error;
    if (item->flush || (tri_video_decode(run->transcode->reader, &item->in, &error) == TRI_OK &&
                        (item->with.planes[0] == NULL ||
                         tri_video_decode(run->transcode->with, &item->with, &error) == TRI_OK)))
        return true;
    fail(run, &error);
    discard(run, item);
    return false;
}

static bool upload(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    struct tri_error error;
    if (item->flush || tri_filter_upload(run->transcode->filter, &item->in, &item->slot, &error) == TRI_OK)
        return true;
    fail(run, &error);
    discard(run, item);
    return false;
}

/* Runs the second input's frame before, whose own result nobody wants. */
static enum tri_status run_with(struct run *run, struct item *item, struct tri_error *error)
{
    if (item->with.planes[0] != NULL) {
        put_back(run, true, &run->with);
        run->with = item->with;
        item->with = (struct tri_frame){0};
    }
    if (run->transcode->with == NULL)
        return TRI_OK;
    if (run->with.planes[0] == NULL)
        return tri_fail(error, TRI_FAILED, "%s has no frames", run->transcode->with->name);
    const enum tri_status status = tri_filter_run(run->transcode->filter, &run->with, &item->out, error);
    free(item->out.data);
    item->out.data = NULL;
    return status;
}

static enum tri_status compute_frame(struct run *run, struct item *item, struct tri_error *error)
{
    struct tri_filter *filter = run->transcode->filter;
    enum tri_status status = TRI_OK;
    if (item->flush)
        tri_filter_end(filter);
    if (item->flush) /* the last frame once more */
        status = tri_filter_upload(filter, &run->late[run->late_count - 1], &item->slot, error);
    if (status == TRI_OK)
        status = run_with(run, item, error);
    return status == TRI_OK ? tri_filter_compute(filter, item->slot, &item->out, error) : status;
}

/* Where results are late, that of the oldest frame is there now, or none yet. */
static bool bring_late(struct run *run, struct item *item)
{
    if (run->runs++ < run->delay)
        return false;
    item->in = run->late[0];
    memmove(run->late, run->late + 1, (size_t)--run->late_count * sizeof run->late[0]);
    return true;
}

static bool compute(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    struct tri_error error;
    bool goes_on = take(run, false, &item->out);
    if (goes_on && run->delay > 0 && !item->flush) {
        run->late[run->late_count++] = item->in;
        item->in = (struct tri_frame){0};
    }
    if (goes_on && run->delay > 0 && run->late_count == 0) /* no frame got here */
        goes_on = false;
    if (goes_on && compute_frame(run, item, &error) != TRI_OK)
        goes_on = fail(run, &error);
    if (goes_on && run->delay > 0)
        goes_on = bring_late(run, item);
    if (!goes_on)
        discard(run, item);
    return goes_on;
}

static bool download(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    struct tri_error error;
    const enum tri_status status = tri_filter_download(run->transcode->filter, item->slot, &item->in, &error);
    item->slot = NULL;
    if (status != TRI_OK) {
        fail(run, &error);
        discard(run, item);
        return false;
    }
    item->out.number = item->in.number;
    item->out.time = item->in.time;
    item->out.duration = item->in.duration;
    put_back(run, true, &item->in);
    return true;
}

static bool encode(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    struct tri_error error;
    if (tri_video_encode(run->transcode->writer, &item->out, &error) == TRI_OK)
        return true;
    fail(run, &error);
    put_back(run, false, &item->out);
    return false;
}

/* Each line begins with the number of its frame. */
static enum tri_status write_data(const struct tri_transcode *transcode, const struct tri_frame *frame,
                                  struct tri_error *error)
{
    if (transcode->data == NULL)
        return TRI_OK;
    for (const char *line = frame->data; line != NULL && *line != '\0'; line += strcspn(line, "\n") + 1)
        fprintf(transcode->data, "%ld,%.*s\n", frame->number, (int)strcspn(line, "\n"), line);
    return ferror(transcode->data) ? tri_fail(error, TRI_FAILED, "cannot write %s: %s", transcode->data_name, strerror(errno))
                                   : TRI_OK;
}

static bool write_frame(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    struct tri_transcode *transcode = run->transcode;
    struct tri_error error;
    const bool written = (write_data(transcode, &item->out, &error) == TRI_OK &&
                          tri_video_put(transcode->writer, &item->out, &error) == TRI_OK) ||
                         fail(run, &error);
    put_back(run, false, &item->out);
    if (written && transcode->through != NULL)
        transcode->through(transcode->listener, transcode->frames + 1);
    transcode->frames += written;
    return written;
}

/* ---- the run ---- */

static void free_frames(struct tri_frame *frames, int count)
{
    for (int i = 0; frames != NULL && i < count; i++)
        tri_frame_free(&frames[i]);
    free(frames);
}

static void move_time(struct tri_transcode *transcode, enum tri_video_stage from, enum tri_video_stage to, int64_t time)
{
    transcode->busy_ns[from] -= time;
    transcode->busy_ns[to] += time;
}

enum tri_status tri_transcode_run(struct tri_transcode *transcode, struct tri_error *error)
{
    /* A device computes one frame at a time, and frames over time follow each other. */
    const bool in_order = transcode->over_time || tri_backend_info(transcode->backend)->opencl;
    const struct tri_stream_stage stages[TRI_VIDEO_STAGES] = {
        {"read", true, read_frame},     {"decode", false, decode}, {"upload", false, upload}, {"compute", in_order, compute},
        {"download", false, download}, {"encode", false, encode}, {"write", true, write_frame},
    };
    struct run run = {.transcode = transcode,
                      .video_in = &transcode->reader->video,
                      .video_out = tri_filter_video(transcode->filter),
                      .delay = tri_filter_delay(transcode->filter)};
    struct tri_stream stream = {.stages = stages,
                                .stage_count = TRI_VIDEO_STAGES,
                                .context = &run,
                                .item_size = sizeof(struct item),
                                .items_most = transcode->jobs};
    const size_t room = 2 * ((size_t)transcode->jobs + (size_t)run.delay + 1);
    run.late = calloc(room, sizeof run.late[0]);
    run.spare_in = calloc(room, sizeof run.spare_in[0]);
    run.spare_out = calloc(room, sizeof run.spare_out[0]);
    if (run.late == NULL || run.spare_in == NULL || run.spare_out == NULL || pthread_mutex_init(&run.lock, NULL) != 0) {
        free(run.late);
        free(run.spare_in);
        free(run.spare_out);
        return tri_fail(error, TRI_FAILED, "no memory for %d frames under way", transcode->jobs);
    }
    if (transcode->data != NULL) {
        fprintf(transcode->data, "frame,%s\n", tri_filter_data_columns(transcode->filter));
        tri_filter_tell(transcode->filter);
    }
    const int64_t decoded_ns = transcode->reader->decode_ns, encoded_ns = transcode->writer->encode_ns;
    enum tri_status status = tri_stream_run(transcode->pool, &stream, error);
    memcpy(transcode->busy_ns, stream.busy_ns, sizeof transcode->busy_ns);
    /* Decoders and encoders that need their frames in order are at work where those are read and written. */
    move_time(transcode, TRI_READ, TRI_DECODE_FRAME, transcode->reader->decode_ns - decoded_ns);
    move_time(transcode, TRI_WRITE, TRI_ENCODE_FRAME, transcode->writer->encode_ns - encoded_ns);
    transcode->wall_ns = stream.wall_ns;
    if (status == TRI_OK && run.status != TRI_OK) {
        status = run.status;
        if (error != NULL)
            *error = run.error;
    }
    tri_frame_free(&run.with);
    free_frames(run.late, run.late_count);
    free_frames(run.spare_in, run.spare_in_count);
    free_frames(run.spare_out, run.spare_out_count);
    pthread_mutex_destroy(&run.lock);
    return status;
}
