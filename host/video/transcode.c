/* transcode.c -- frames as a stream of items. Planes are used again and again, so that their memory is touched
 * first only once. */
#include "transcode.h"

#include "../image/image.h"
#include "../parallel/cpu.h"
#include "../parallel/stream.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

const char *const tri_video_stage_names[TRI_VIDEO_STAGES] = {"read",     "decode", "upload", "compute",
                                                            "download", "encode", "write"};

struct item {
    long number; /* in the order of reading */
    struct tri_frame in, out;
    struct tri_frame with; /* of the second input */
    bool no_room; /* there is no memory for a frame, which is no fault of the input */
    struct tri_filter_slot *slot; /* from `upload` to `download` */
    bool flush; /* no frame: drives out what lags behind */
};

/* Where the stream ends for a failure. Items behind it go no further, however far they are: what comes out is the
 * same as if one thing was done after another. */
struct failure {
    long at;    /* number of the first item that failed; LONG_MAX: none */
    bool input; /* it could not be read: what lags behind is driven out yet, */
    long flush_at; /* up to the first of those items that fails; LONG_MAX: none */
    struct tri_error error;
};

struct run {
    struct tri_transcode *transcode;
    const struct tri_video *video_in, *video_out;
    int delay;
    /* Of stage "read": */
    long begun;
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
    struct failure failure;
};

/* Of several failures the first frame's counts, and is told. */
static void fail(struct run *run, const struct item *item, bool input, const struct tri_error *error)
{
    struct failure *failure = &run->failure;
    pthread_mutex_lock(&run->lock);
    if (item->number < failure->at)
        *failure = (struct failure){item->number, input, failure->flush_at, *error};
    else if (item->flush && item->number < failure->flush_at)
        failure->flush_at = item->number;
    pthread_mutex_unlock(&run->lock);
}

static bool may_go_on(struct run *run, const struct item *item)
{
    const struct failure *failure = &run->failure;
    pthread_mutex_lock(&run->lock);
    const bool result = item->number < failure->at || (item->flush && failure->input && item->number < failure->flush_at);
    pthread_mutex_unlock(&run->lock);
    return result;
}

/* ---- planes ---- */

static enum tri_status take(struct run *run, bool in, struct tri_frame *frame, struct tri_error *error)
{
    int *count = in ? &run->spare_in_count : &run->spare_out_count;
    const struct tri_frame *spare = in ? run->spare_in : run->spare_out;
    pthread_mutex_lock(&run->lock);
    const bool found = *count > 0;
    if (found)
        *frame = spare[--*count];
    pthread_mutex_unlock(&run->lock);
    return found ? TRI_OK : tri_frame_new_in(tri_filter_memory(run->transcode->filter), in ? run->video_in : run->video_out, frame,
                                            error);
}

static void put_back(struct run *run, bool in, struct tri_frame *frame)
{
    int *count = in ? &run->spare_in_count : &run->spare_out_count;
    if (frame->planes[0] == NULL)
        return;
    tri_frame_free_data(frame);
    pthread_mutex_lock(&run->lock);
    (in ? run->spare_in : run->spare_out)[(*count)++] = (struct tri_frame){
        .planes = {frame->planes[0], frame->planes[1], frame->planes[2]}};
    pthread_mutex_unlock(&run->lock);
    *frame = (struct tri_frame){0};
}

/* For a frame that goes no further. */
static void discard_frame(struct run *run, const struct tri_video_codec *codec, bool in, struct tri_frame *frame)
{
    if (frame->raw != NULL)
        codec->discard(frame);
    put_back(run, in, frame);
}

static void discard(struct run *run, struct item *item)
{
    const struct tri_transcode *transcode = run->transcode;
    tri_filter_drop(transcode->filter, item->slot);
    item->slot = NULL;
    discard_frame(run, transcode->reader->codec, true, &item->in);
    if (transcode->with != NULL)
        discard_frame(run, transcode->with->codec, true, &item->with);
    discard_frame(run, transcode->writer->codec, false, &item->out);
}

/* ---- stages ---- */

/* A stage's work, unless there was a failure before. False: the item ends here. */
static bool go(struct run *run, struct item *item, bool input,
               enum tri_status (*work)(struct run *run, struct item *item, struct tri_error *error))
{
    struct tri_error error;
    bool goes_on = may_go_on(run, item);
    if (goes_on && work(run, item, &error) != TRI_OK) {
        fail(run, item, input && !item->no_room, &error);
        goes_on = false;
    }
    if (!goes_on)
        discard(run, item);
    return goes_on;
}

/* After the last frame as many items as results lag behind. */
static bool flush(struct run *run, struct item *item)
{
    run->ended = true;
    item->flush = run->any && run->flushed < run->delay;
    run->flushed += item->flush;
    return item->flush;
}

static enum tri_status next_frame(struct run *run, struct tri_video_reader *reader, struct item *item, struct tri_frame *frame,
                                  bool *more, struct tri_error *error)
{
    enum tri_status status = take(run, true, frame, error);
    *more = false;
    item->no_room = status != TRI_OK;
    if (status == TRI_OK)
        status = tri_video_next(reader, frame, more, error);
    if (status != TRI_OK || !*more) {
        discard_frame(run, reader->codec, true, frame);
        *more = false;
    }
    return status;
}

static enum tri_status read_work(struct run *run, struct item *item, struct tri_error *error)
{
    const struct tri_transcode *transcode = run->transcode;
    bool more;
    if (transcode->stop != NULL && transcode->stop())
        return TRI_OK;
    enum tri_status status = next_frame(run, transcode->reader, item, &item->in, &more, error);
    if (more && transcode->with != NULL) /* the second input may have ended */
        status = next_frame(run, transcode->with, item, &item->with, &more, error);
    return status;
}

static bool read_frame(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    item->number = run->begun++;
    if (!run->ended && go(run, item, true, read_work) && item->in.planes[0] != NULL)
        return run->any = true;
    return flush(run, item);
}

static enum tri_status decode_work(struct run *run, struct item *item, struct tri_error *error)
{
    const struct tri_transcode *transcode = run->transcode;
    enum tri_status status = item->flush ? TRI_OK : tri_video_decode(transcode->reader, &item->in, error);
    if (status == TRI_OK && item->with.planes[0] != NULL)
        status = tri_video_decode(transcode->with, &item->with, error);
    return status;
}

static bool decode(void *run, void *item)
{
    return go(run, item, true, decode_work);
}

static enum tri_status upload_work(struct run *run, struct item *item, struct tri_error *error)
{
    return item->flush ? TRI_OK : tri_filter_upload(run->transcode->filter, &item->in, &item->slot, error);
}

static bool upload(void *run, void *item)
{
    return go(run, item, false, upload_work);
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
    tri_frame_free_data(&item->out);
    return status;
}

static enum tri_status compute_work(struct run *run, struct item *item, struct tri_error *error)
{
    struct tri_filter *filter = run->transcode->filter;
    enum tri_status status = take(run, false, &item->out, error);
    if (run->delay > 0 && !item->flush) {
        run->late[run->late_count++] = item->in;
        item->in = (struct tri_frame){0};
    }
    if (item->flush && run->late_count == 0) /* no frame got here */
        return status;
    if (item->flush)
        tri_filter_end(filter);
    if (status == TRI_OK && item->flush) /* the last frame once more */
        status = tri_filter_upload(filter, &run->late[run->late_count - 1], &item->slot, error);
    if (status == TRI_OK)
        status = run_with(run, item, error);
    return status == TRI_OK ? tri_filter_compute(filter, item->slot, &item->out, error) : status;
}

/* Where results are late, that of the oldest frame is there now, or none yet. */
static bool bring_late(struct run *run, struct item *item)
{
    if (run->late_count == 0 || run->runs++ < run->delay)
        return false;
    item->in = run->late[0];
    memmove(run->late, run->late + 1, (size_t)--run->late_count * sizeof run->late[0]);
    return true;
}

static bool compute(void *context, void *data)
{
    struct run *run = context;
    struct item *item = data;
    if (!go(run, item, false, compute_work))
        return false;
    if (run->delay == 0 || bring_late(run, item))
        return true;
    discard(run, item);
    return false;
}

static enum tri_status download_work(struct run *run, struct item *item, struct tri_error *error)
{
    const enum tri_status status = tri_filter_download(run->transcode->filter, item->slot, &item->in, error);
    item->slot = NULL;
    if (status != TRI_OK)
        return status;
    item->out.number = item->in.number;
    item->out.time = item->in.time;
    item->out.duration = item->in.duration;
    item->out.metadata = item->in.metadata;
    item->in.metadata = NULL;
    tri_filter_follow(run->transcode->filter, item->out.metadata);
    put_back(run, true, &item->in);
    return TRI_OK;
}

static bool download(void *run, void *item)
{
    return go(run, item, false, download_work);
}

static enum tri_status encode_work(struct run *run, struct item *item, struct tri_error *error)
{
    return tri_video_encode(run->transcode->writer, &item->out, error);
}

static bool encode(void *run, void *item)
{
    return go(run, item, false, encode_work);
}

/* Each line begins with the number of its frame. */
static enum tri_status write_data(const struct tri_transcode *transcode, const struct tri_frame *frame,
                                  struct tri_error *error)
{
    if (transcode->data == NULL)
        return TRI_OK;
    bool written = true;
    for (const char *line = frame->data; line != NULL && *line != '\0'; line += strcspn(line, "\n") + 1)
        written &= fprintf(transcode->data, "%ld,%.*s\n", frame->number, (int)strcspn(line, "\n"), line) > 0;
    return written ? TRI_OK : tri_fail(error, TRI_FAILED, "cannot write %s: %s", transcode->data_name, strerror(errno));
}

static enum tri_status write_work(struct run *run, struct item *item, struct tri_error *error)
{
    struct tri_transcode *transcode = run->transcode;
    enum tri_status status = write_data(transcode, &item->out, error);
    if (status == TRI_OK)
        status = tri_video_put(transcode->writer, &item->out, error);
    if (status != TRI_OK)
        return status;
    put_back(run, false, &item->out);
    transcode->frames++;
    if (transcode->through != NULL)
        transcode->through(transcode->listener, transcode->frames);
    return TRI_OK;
}

static bool write_frame(void *run, void *item)
{
    return go(run, item, false, write_work);
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
    const bool in_order = tri_filter_in_order(transcode->filter);
    const struct tri_stream_stage stages[TRI_VIDEO_STAGES] = {
        {"read", true, read_frame},     {"decode", false, decode}, {"upload", false, upload}, {"compute", in_order, compute},
        {"download", false, download}, {"encode", false, encode}, {"write", true, write_frame},
    };
    struct run run = {.transcode = transcode,
                      .video_in = &transcode->reader->video,
                      .video_out = tri_filter_video(transcode->filter),
                      .delay = tri_filter_delay(transcode->filter),
                      .failure = {.at = LONG_MAX, .flush_at = LONG_MAX}};
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
    for (int i = 0; i < TRI_VIDEO_STAGES; i++)
        transcode->in_order[i] = stages[i].in_order;
    /* Decoders and encoders that need their frames in order are at work where those are read and written. */
    move_time(transcode, TRI_READ, TRI_DECODE_FRAME, transcode->reader->decode_ns - decoded_ns);
    move_time(transcode, TRI_WRITE, TRI_ENCODE_FRAME, transcode->writer->encode_ns - encoded_ns);
    transcode->wall_ns = stream.wall_ns;
    transcode->sound = run.failure.at == LONG_MAX || (run.failure.input && run.failure.flush_at == LONG_MAX);
    if (status == TRI_OK && run.failure.at != LONG_MAX) {
        status = run.failure.error.status;
        if (error != NULL)
            *error = run.failure.error;
    }
    tri_frame_free(&run.with);
    free_frames(run.late, run.late_count);
    free_frames(run.spare_in, run.spare_in_count);
    free_frames(run.spare_out, run.spare_out_count);
    pthread_mutex_destroy(&run.lock);
    return status;
}
