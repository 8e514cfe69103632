/* transcode.c -- frames as a stream of items. Planes are reused, so the cost of first touching
 * their memory arises only once. */
#include "transcode.h"

#include "../image/image.h"
#include "../parallel/cpu.h"
#include "../parallel/stream.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const char *const tri_video_stage_names[TRI_VIDEO_STAGES] = {
    "read", "decode", "upload", "compute", "download", "encode", "write"};

struct item {
    long number; /* in reading order */
    struct tri_frame in, out;
    struct tri_frame with;        /* from the second input */
    bool no_room;                 /* no memory for a frame, which is not the input's fault */
    struct tri_filter_slot *slot; /* from `upload` to `download` */
    bool flush;                   /* no frame: flush delayed results */
};

/* Where the stream ends because of a failure. Items after it go no further, however far they are:
 * the output is the same as in sequential execution. */
struct failure {
    long at;       /* number of the first item that failed; LONG_MAX if none */
    bool input;    /* it could not be read: delayed results are still flushed, */
    long flush_at; /* up to the first flush item that fails; LONG_MAX if none */
    struct tri_error error;
};

struct transcode_run {
    struct tri_transcode *transcode;
    const struct tri_video *video_in, *video_out;
    int delay;
    /* For stage "read": */
    long begun;
    int flushed;
    bool ended, any;
    /* Frames with delayed results, oldest first; if there are any, stage "compute" is in order. */
    struct tri_frame *late;
    int late_count;
    long runs;
    int lent;                    /* frames whose computing reads a frame again, after its own */
    struct tri_frame with;       /* the second input's last frame, for stage "compute" */
    char told[4 * TRI_NOTE_MAX]; /* reported losses of metadata, for tri_video_is_new */
    pthread_mutex_t lock;        /* for the members below */
    struct tri_frame *spare_in, *spare_out;
    int spare_in_count, spare_out_count;
    struct tri_frame *held; /* done with, but still read by later frames */
    int held_count;
    long computed; /* frames, with the flushed ones */
    struct failure failure;
};

/* Of several failures the first frame's counts and is reported. */
static void fail(struct transcode_run *run, const struct item *item, bool input,
                 const struct tri_error *error)
{
    struct failure *failure = &run->failure;
    tri_trace_lock(&run->lock, "the frames");
    if (item->number < failure->at)
        *failure = (struct failure){item->number, input, failure->flush_at, *error};
    else if (item->flush && item->number < failure->flush_at)
        failure->flush_at = item->number;
    pthread_mutex_unlock(&run->lock);
}

static bool may_go_on(struct transcode_run *run, const struct item *item)
{
    const struct failure *failure = &run->failure;
    tri_trace_lock(&run->lock, "the frames");
    const bool result = item->number < failure->at ||
                        (item->flush && failure->input && item->number < failure->flush_at);
    pthread_mutex_unlock(&run->lock);
    return result;
}

/* ---- planes ---- */

static enum tri_status take(struct transcode_run *run, bool in, struct tri_frame *frame,
                            struct tri_error *error)
{
    int *count = in ? &run->spare_in_count : &run->spare_out_count;
    const struct tri_frame *spare = in ? run->spare_in : run->spare_out;
    tri_trace_lock(&run->lock, "the frames");
    const bool found = *count > 0;
    if (found)
        *frame = spare[--*count];
    pthread_mutex_unlock(&run->lock);
    return found ? TRI_OK
                 : tri_frame_new_in(tri_filter_memory(run->transcode->filter),
                                    in ? run->video_in : run->video_out, frame, error);
}

static void put_back(struct transcode_run *run, bool in, struct tri_frame *frame)
{
    const struct tri_frame planes = {
        .planes = {frame->planes[0], frame->planes[1], frame->planes[2]},
        .read_until = frame->read_until};
    if (frame->planes[0] == NULL)
        return;
    tri_frame_free_data(frame);
    tri_trace_lock(&run->lock, "the frames");
    if (in && frame->read_until > run->computed)
        run->held[run->held_count++] = planes;
    else if (in)
        run->spare_in[run->spare_in_count++] = planes;
    else
        run->spare_out[run->spare_out_count++] = planes;
    pthread_mutex_unlock(&run->lock);
    *frame = (struct tri_frame){0};
}

/* A frame has been computed: those that only it still read are free. */
static void count_computed(struct transcode_run *run)
{
    int kept = 0;
    tri_trace_lock(&run->lock, "the frames");
    run->computed++;
    for (int i = 0; i < run->held_count; i++) {
        if (run->held[i].read_until > run->computed)
            run->held[kept++] = run->held[i];
        else
            run->spare_in[run->spare_in_count++] = run->held[i];
    }
    run->held_count = kept;
    pthread_mutex_unlock(&run->lock);
}

/* For a frame that is not processed further. */
static void discard_frame(struct transcode_run *run, const struct tri_video_codec *codec, bool in,
                          struct tri_frame *frame)
{
    if (frame->raw != NULL)
        codec->discard(frame);
    put_back(run, in, frame);
}

static void discard(struct transcode_run *run, struct item *item)
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

/* Does a stage's work, unless an earlier item failed. False: the item ends here. A lack of memory
 * is no fault of the input, though reading it fails: every allocation that fails sets errno, in
 * whatever words the codec then reports it. */
static bool go(struct transcode_run *run, struct item *item, bool input,
               enum tri_status (*work)(struct transcode_run *run, struct item *item,
                                       struct tri_error *error))
{
    struct tri_error error;
    bool goes_on = may_go_on(run, item);
    errno = 0;
    if (goes_on && work(run, item, &error) != TRI_OK) {
        const bool of_memory = errno == ENOMEM || item->no_room;
        fail(run, item, input && !of_memory && error.status != TRI_USAGE, &error);
        goes_on = false;
    }
    if (!goes_on)
        discard(run, item);
    return goes_on;
}

/* After the last frame, as many items as results are delayed. */
static bool flush(struct transcode_run *run, struct item *item)
{
    run->ended = true;
    item->flush = run->any && run->flushed < run->delay;
    run->flushed += item->flush;
    return item->flush;
}

static enum tri_status next_frame(struct transcode_run *run, struct tri_video_reader *reader,
                                  struct item *item, struct tri_frame *frame, bool *more,
                                  struct tri_error *error)
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

static enum tri_status read_work(struct transcode_run *run, struct item *item,
                                 struct tri_error *error)
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
    struct transcode_run *run = context;
    struct item *item = data;
    item->number = run->begun++;
    if (!run->ended && go(run, item, true, read_work) && item->in.planes[0] != NULL)
        return run->any = true;
    return flush(run, item);
}

static enum tri_status decode_work(struct transcode_run *run, struct item *item,
                                   struct tri_error *error)
{
    const struct tri_transcode *transcode = run->transcode;
    enum tri_status status =
        item->flush ? TRI_OK : tri_video_decode(transcode->reader, &item->in, error);
    if (status == TRI_OK && item->with.planes[0] != NULL)
        status = tri_video_decode(transcode->with, &item->with, error);
    return status;
}

static bool decode(void *run, void *item)
{
    return go(run, item, true, decode_work);
}

static enum tri_status upload_work(struct transcode_run *run, struct item *item,
                                   struct tri_error *error)
{
    return item->flush ? TRI_OK
                       : tri_filter_upload(run->transcode->filter, &item->in, &item->slot, error);
}

static bool upload(void *run, void *item)
{
    return go(run, item, false, upload_work);
}

/* Runs the second input's frame first; its own result is discarded. */
static enum tri_status run_with(struct transcode_run *run, struct item *item,
                                struct tri_error *error)
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
    const enum tri_status status =
        tri_filter_run(run->transcode->filter, &run->with, &item->out, error);
    tri_frame_free_data(&item->out);
    return status;
}

static enum tri_status compute_work(struct transcode_run *run, struct item *item,
                                    struct tri_error *error)
{
    struct tri_filter *filter = run->transcode->filter;
    enum tri_status status = take(run, false, &item->out, error);
    if (run->lent > 0 && !item->flush) /* this is frame number `computed`, in order */
        item->in.read_until = run->computed + 1 + run->lent;
    if (run->delay > 0 && !item->flush) {
        item->in.traced = tri_tracing() ? tri_trace_item() : 0;
        run->late[run->late_count++] = item->in;
        item->in = (struct tri_frame){0};
    }
    if (item->flush && run->late_count == 0) /* no frame got this far */
        return status;
    if (item->flush)
        tri_filter_end(filter);
    if (status == TRI_OK && item->flush) /* the last frame again */
        status = tri_filter_upload(filter, &run->late[run->late_count - 1], &item->slot, error);
    if (status == TRI_OK)
        status = run_with(run, item, error);
    if (status == TRI_OK && run->transcode->second != NULL)
        tri_filter_with(item->slot, tri_second_image(run->transcode->second));
    if (status == TRI_OK)
        status = tri_filter_compute(filter, item->slot, &item->out, error);
    if (run->lent > 0)
        count_computed(run);
    return status;
}

/* With delayed results, the oldest frame's is ready now, or none yet. */
static bool bring_late(struct transcode_run *run, struct item *item)
{
    if (run->late_count == 0 || run->runs++ < run->delay)
        return false;
    item->in = run->late[0];
    if (tri_tracing())
        tri_trace_set_item(item->in.traced);
    memmove(run->late, run->late + 1, (size_t)--run->late_count * sizeof run->late[0]);
    return true;
}

static enum tri_status second_work(struct transcode_run *run, struct item *item,
                                   struct tri_error *error)
{
    (void)item;
    return tri_second_next(run->transcode->second, error);
}

static bool compute(void *context, void *data)
{
    struct transcode_run *run = context;
    struct item *item = data;
    if (run->transcode->second != NULL && !item->flush && !go(run, item, true, second_work))
        return false;
    if (!go(run, item, false, compute_work))
        return false;
    if (run->delay == 0 || bring_late(run, item))
        return true;
    discard(run, item);
    return false;
}

/* Each note is reported once: all frames lose the same. */
static void follow(struct transcode_run *run, struct tri_metadata *metadata)
{
    struct tri_video_writer *writer = run->transcode->writer;
    char note[TRI_NOTE_MAX] = "";
    tri_filter_follow(run->transcode->filter, metadata, note);
    if (note[0] == '\0' || run->transcode->strip)
        return;
    if (tri_video_is_new(writer, run->told, sizeof run->told, note))
        tri_video_note(writer, "%s: %s", writer->name, note);
}

static enum tri_status download_work(struct transcode_run *run, struct item *item,
                                     struct tri_error *error)
{
    const enum tri_status status =
        tri_filter_download(run->transcode->filter, item->slot, &item->in, error);
    item->slot = NULL;
    if (status != TRI_OK)
        return status;
    item->out.number = item->in.number;
    item->out.time = item->in.time;
    item->out.duration = item->in.duration;
    item->out.metadata = item->in.metadata;
    item->in.metadata = NULL;
    follow(run, item->out.metadata);
    put_back(run, true, &item->in);
    return TRI_OK;
}

static bool download(void *run, void *item)
{
    return go(run, item, false, download_work);
}

static enum tri_status encode_work(struct transcode_run *run, struct item *item,
                                   struct tri_error *error)
{
    return tri_video_encode(run->transcode->writer, &item->out, error);
}

static bool encode(void *run, void *item)
{
    return go(run, item, false, encode_work);
}

/* Each line begins with its frame's number. */
static enum tri_status write_data(const struct tri_transcode *transcode,
                                  const struct tri_frame *frame, struct tri_error *error)
{
    char number[24];
    if (transcode->data == NULL)
        return TRI_OK;
    snprintf(number, sizeof number, "%ld", frame->number);
    return tri_data_table_put(transcode->data, number, frame->data, error);
}

static enum tri_status write_work(struct transcode_run *run, struct item *item,
                                  struct tri_error *error)
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

static void move_time(struct tri_transcode *transcode, enum tri_video_stage from,
                      enum tri_video_stage to, int64_t time)
{
    transcode->busy_ns[from] -= time;
    transcode->busy_ns[to] += time;
}

static bool take_memory(struct transcode_run *run)
{
    const size_t room =
        2 * ((size_t)run->transcode->jobs + (size_t)run->delay + 1) + (size_t)run->lent;
    run->late = calloc(room, sizeof run->late[0]);
    run->spare_in = calloc(room, sizeof run->spare_in[0]);
    run->held = calloc(room, sizeof run->held[0]);
    run->spare_out = calloc(room, sizeof run->spare_out[0]);
    return run->late != NULL && run->spare_in != NULL && run->held != NULL &&
           run->spare_out != NULL;
}

static void give_memory(struct transcode_run *run)
{
    tri_frame_free(&run->with);
    free_frames(run->late, run->late_count);
    free_frames(run->spare_in, run->spare_in_count);
    free_frames(run->held, run->held_count);
    free_frames(run->spare_out, run->spare_out_count);
}

/* Where the time went; `before` holds the codecs' clocks at the start of the run. */
static void set_times(struct tri_transcode *transcode, const struct tri_stream *stream,
                      const int64_t before[2])
{
    memcpy(transcode->busy_ns, stream->busy_ns, sizeof transcode->busy_ns);
    for (int i = 0; i < TRI_VIDEO_STAGES; i++)
        transcode->in_order[i] = stream->stages[i].in_order;
    /* Decoders and encoders that need frames in order run in the read and write stages. */
    move_time(transcode, TRI_READ, TRI_DECODE_FRAME, transcode->reader->decode_ns - before[0]);
    move_time(transcode, TRI_WRITE, TRI_ENCODE_FRAME, transcode->writer->encode_ns - before[1]);
    transcode->wall_ns = stream->wall_ns;
}

static enum tri_status run_stages(struct transcode_run *run, struct tri_error *error)
{
    struct tri_transcode *transcode = run->transcode;
    const bool in_order = tri_filter_in_order(transcode->filter) || transcode->second != NULL;
    const struct tri_stream_stage stages[TRI_VIDEO_STAGES] = {
        {"read", true, read_frame},     {"decode", false, decode},     {"upload", false, upload},
        {"compute", in_order, compute}, {"download", false, download}, {"encode", false, encode},
        {"write", true, write_frame},
    };
    struct tri_stream stream = {.stages = stages,
                                .stage_count = TRI_VIDEO_STAGES,
                                .context = run,
                                .item_size = sizeof(struct item),
                                .items_most = transcode->jobs};
    const int64_t before[2] = {transcode->reader->decode_ns, transcode->writer->encode_ns};
    const enum tri_status status = tri_stream_run(transcode->pool, &stream, error);
    set_times(transcode, &stream, before);
    return status;
}

enum tri_status tri_transcode_run(struct tri_transcode *transcode, struct tri_error *error)
{
    struct transcode_run run = {.transcode = transcode,
                                .video_in = &transcode->reader->video,
                                .video_out = tri_filter_video(transcode->filter),
                                .delay = tri_filter_delay(transcode->filter),
                                .failure = {.at = LONG_MAX, .flush_at = LONG_MAX}};
    /* A second input's frames follow each other with the first's: kernels read only one frame back,
     * and `with` is kept as long. */
    enum tri_status status = tri_filter_lend(transcode->filter, &run.lent, error);
    if (status != TRI_OK)
        return status;
    if (!take_memory(&run) || pthread_mutex_init(&run.lock, NULL) != 0) {
        give_memory(&run);
        return tri_fail(error, TRI_FAILED, "out of memory for %d frames in flight",
                        transcode->jobs);
    }
    if (transcode->data != NULL)
        tri_filter_tell(transcode->filter);
    if (tri_tracing())
        tri_trace_instant("video", tri_trace_text(transcode->reader->name));
    status = run_stages(&run, error);
    transcode->intact =
        run.failure.at == LONG_MAX || (run.failure.input && run.failure.flush_at == LONG_MAX);
    if (status == TRI_OK && run.failure.at != LONG_MAX) {
        status = run.failure.error.status;
        if (error != NULL)
            *error = run.failure.error;
    }
    give_memory(&run);
    pthread_mutex_destroy(&run.lock);
    return status;
}
