/* clip.c -- a clip's frames: rank 0 reads, decodes, encodes and writes them, all ranks compute. */
#include "agree.h"
#include "deal_internal.h"

#include "../image/image.h"
#include "../parallel/cpu.h"
#include "../video/filter.h"

#include <stdlib.h>
#include <string.h>

struct clip {
    struct tri_cluster_job *job;
    struct tri_video in; /* of the frames that are computed */
    struct tri_filter *filter;
    struct tri_frame from, to; /* of this rank's computation */
    /* On rank 0: */
    struct tri_video_reader *reader;
    struct tri_video_writer *writer;
    struct tri_frame read, written;
    struct kept { /* of frames on their way; frame n is at n % window */
        int64_t time, duration;
        struct tri_metadata *metadata;
    } * kept;
    int window;
};

/* ---- frames as bytes ---- */

static size_t plane_bytes(const struct tri_image *plane)
{
    return (size_t)plane->shape.width * tri_sample_bytes(&plane->shape) *
           (size_t)plane->shape.height * (size_t)plane->shape.planes;
}

static size_t frame_bytes(const struct tri_frame *frame)
{
    size_t sum = 0;
    for (int p = 0; p < 3 && frame->planes[p] != NULL; p++)
        sum += plane_bytes(frame->planes[p]);
    return sum;
}

/* Copies the rows of all planes to bytes, or from them. */
static void copy_frame(const struct tri_frame *frame, unsigned char *bytes, bool from)
{
    for (int p = 0; p < 3 && frame->planes[p] != NULL; p++) {
        struct tri_image *image = frame->planes[p];
        const size_t row = (size_t)image->shape.width * tri_sample_bytes(&image->shape);
        for (int i = 0; i < image->shape.planes * image->shape.height; i++, bytes += row) {
            void *at = tri_image_row(image, i / image->shape.height, i % image->shape.height);
            memcpy(from ? at : bytes, from ? bytes : at, row);
        }
        image->padded &= !from;
    }
}

/* The frame's time goes before its samples: kernels may ask for it. */
static enum tri_status pack(const struct tri_frame *frame, struct tri_parcel *parcel,
                            struct tri_error *error)
{
    const int64_t head[3] = {frame->number, frame->time, frame->duration};
    const size_t size = sizeof head + frame_bytes(frame);
    *parcel = (struct tri_parcel){malloc(size), size};
    if (parcel->data == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a frame of %zu bytes", size);
    memcpy(parcel->data, head, sizeof head);
    copy_frame(frame, parcel->data + sizeof head, false);
    return TRI_OK;
}

static enum tri_status unpack(const struct tri_parcel *parcel, struct tri_frame *frame,
                              struct tri_error *error)
{
    int64_t head[3];
    if (parcel->size != sizeof head + frame_bytes(frame))
        return tri_fail(error, TRI_FAILED, "a frame has %zu bytes in place of %zu", parcel->size,
                        sizeof head + frame_bytes(frame));
    memcpy(head, parcel->data, sizeof head);
    frame->number = (long)head[0];
    frame->time = head[1];
    frame->duration = head[2];
    copy_frame(frame, parcel->data + sizeof head, true);
    return TRI_OK;
}

/* ---- the work ---- */

static enum tri_status prepare(void *own, long first, long *count, struct tri_parcel *task,
                               struct tri_error *error)
{
    struct clip *clip = own;
    bool more;
    enum tri_status status = tri_video_next(clip->reader, &clip->read, &more, error);
    *count = more;
    if (status != TRI_OK || !more)
        return status;
    status = tri_video_decode(clip->reader, &clip->read, error);
    clip->read.number = first;
    if (status == TRI_OK)
        status = pack(&clip->read, task, error);
    clip->kept[first % clip->window] =
        (struct kept){clip->read.time, clip->read.duration, clip->read.metadata};
    clip->read.metadata = NULL;
    return status;
}

static enum tri_status compute(void *own, long first, long count, const struct tri_parcel *task,
                               struct tri_parcel *result, struct tri_error *error)
{
    struct clip *clip = own;
    (void)first, (void)count;
    enum tri_status status = unpack(task, &clip->from, error);
    if (status == TRI_OK)
        status = tri_filter_run(clip->filter, &clip->from, &clip->to, error);
    return status == TRI_OK ? pack(&clip->to, result, error) : status;
}

static enum tri_status take(void *own, int rank, long first, long count, struct tri_parcel *result,
                            const struct tri_error *failure, struct tri_error *error)
{
    struct clip *clip = own;
    struct kept *kept = &clip->kept[first % clip->window];
    char note[TRI_NOTE_MAX] = "";
    (void)rank, (void)count, (void)failure;
    enum tri_status status = unpack(result, &clip->written, error);
    if (status != TRI_OK)
        return status;
    clip->written.number = first;
    clip->written.time = kept->time;
    clip->written.duration = kept->duration;
    clip->written.metadata = kept->metadata;
    kept->metadata = NULL;
    tri_filter_follow(clip->filter, clip->written.metadata, note);
    status = tri_video_encode(clip->writer, &clip->written, error);
    if (status == TRI_OK)
        status = tri_video_put(clip->writer, &clip->written, error);
    tri_frame_free_data(&clip->written);
    clip->job->summary.items = clip->job->summary.done = first + 1;
    return status;
}

/* ---- beginning and end ---- */

static enum tri_status open_reader(struct clip *clip, const char *from, struct tri_error *error)
{
    const struct tri_video_read_options options = {.threads = 1,
                                                   .max_pixels = clip->job->max_pixels};
    const enum tri_status status = tri_video_open(from, &options, &clip->reader, error);
    if (status == TRI_OK)
        clip->in = clip->reader->video;
    return status;
}

/* All ranks are of one build, so the description travels as it is. */
static enum tri_status spread_description(struct clip *clip, struct tri_error *error)
{
    struct tri_link *link = clip->job->link;
    struct tri_parcel parcel = {(unsigned char *)&clip->in, sizeof clip->in};
    enum tri_status status = tri_link_spread(link, &parcel, error);
    if (link->rank == 0 || status != TRI_OK)
        return status;
    if (parcel.size == sizeof clip->in)
        memcpy(&clip->in, parcel.data, sizeof clip->in);
    else
        status = tri_fail(error, TRI_FAILED, "rank %d is of another build of triptych", link->rank);
    tri_parcel_drop(&parcel);
    return status;
}

static enum tri_status open_filter(struct clip *clip, const char *to, struct tri_error *error)
{
    const struct tri_cluster_job *job = clip->job;
    if (tri_pipeline_over_time(job->pipeline))
        return tri_fail(error, TRI_USAGE,
                        "'%s' looks at other frames, so frames cannot be dealt to ranks; use "
                        "'triptych run'",
                        tri_pipeline_text(job->pipeline));
    enum tri_status status =
        tri_filter_new(job->backend, job->pipeline, &clip->in, tri_video_takes(to, NULL),
                       TRI_CHROMA_USUAL, &clip->filter, error);
    if (status == TRI_OK)
        status = tri_frame_new(&clip->in, &clip->from, error);
    return status == TRI_OK ? tri_frame_new(tri_filter_video(clip->filter), &clip->to, error)
                            : status;
}

static void tell(void *listener, const char *text)
{
    const struct clip *clip = listener;
    clip->job->note(text);
}

static enum tri_status open_writer(struct clip *clip, const char *to, struct tri_error *error)
{
    const struct tri_cluster_job *job = clip->job;
    struct tri_video_write_options options = {.crf = -1,
                                              .threads = job->jobs,
                                              .source = clip->reader,
                                              .pictures = job->write,
                                              .strip = job->strip};
    options.pictures.tell = tell;
    options.pictures.listener = clip;
    clip->kept = calloc((size_t)clip->window, sizeof *clip->kept);
    if (clip->kept == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %d frames", clip->window);
    enum tri_status status = tri_frame_new(&clip->in, &clip->read, error);
    if (status == TRI_OK)
        status = tri_frame_new(tri_filter_video(clip->filter), &clip->written, error);
    return status == TRI_OK ? tri_video_create(to, tri_filter_video(clip->filter), &options,
                                               &clip->writer, error)
                            : status;
}

static enum tri_status begin(struct clip *clip, const char *from, const char *to,
                             struct tri_error *error)
{
    struct tri_link *link = clip->job->link;
    enum tri_status status = link->rank == 0 ? open_reader(clip, from, error) : TRI_OK;
    status = tri_link_agree(link, status, error);
    if (status != TRI_OK)
        return status;
    status = tri_link_agree(link, spread_description(clip, error), error);
    if (status == TRI_OK)
        status = tri_link_agree(link, open_filter(clip, to, error), error);
    if (status == TRI_OK)
        status =
            tri_link_agree(link, link->rank == 0 ? open_writer(clip, to, error) : TRI_OK, error);
    return status;
}

static enum tri_status end(struct clip *clip, enum tri_status so_far, struct tri_error *error)
{
    enum tri_status status = so_far;
    if (status == TRI_OK && clip->job->link->rank == 0 && clip->job->summary.done == 0)
        status = tri_fail(error, TRI_FAILED, "%s has no frames", clip->reader->name);
    if (clip->writer != NULL) {
        struct tri_error ending;
        if (clip->written.raw != NULL)
            clip->writer->codec->discard(&clip->written);
        const enum tri_status ended = tri_video_end(clip->writer, status, &ending);
        if (status == TRI_OK && ended != TRI_OK) {
            *error = ending;
            status = ended;
        }
    }
    if (clip->reader != NULL && clip->reader->warning[0] != '\0' && status == TRI_OK)
        status = tri_fail(error, TRI_FAILED, "%s: %s", clip->reader->name, clip->reader->warning);
    if (clip->reader != NULL && clip->read.raw != NULL)
        clip->reader->codec->discard(&clip->read);
    if (clip->reader != NULL)
        tri_video_close(clip->reader);
    for (int i = 0; clip->kept != NULL && i < clip->window; i++)
        tri_metadata_free(clip->kept[i].metadata);
    free(clip->kept);
    tri_frame_free(&clip->from);
    tri_frame_free(&clip->to);
    tri_frame_free(&clip->read);
    tri_frame_free(&clip->written);
    tri_filter_free(clip->filter);
    return status;
}

enum tri_status tri_cluster_clip(struct tri_cluster_job *job, const char *from, const char *to,
                                 struct tri_error *error)
{
    struct clip clip = {.job = job, .window = 3 * job->link->size + 2};
    const int64_t start = tri_now_ns();
    enum tri_status status = begin(&clip, from, to, error);
    struct tri_dealt dealt = {.own = &clip,
                              .items = -1,
                              .window = clip.window,
                              .ahead = 2,
                              .stops = true,
                              .prepare = prepare,
                              .compute = compute,
                              .take = take};
    if (status == TRI_OK)
        status = tri_deal_run(job->link, &dealt, error);
    status = end(&clip, status, error);
    if (!job->link->broken)
        status = tri_link_agree(job->link, status, error);
    job->summary.rank_items_least = dealt.least;
    job->summary.rank_items_most = dealt.most;
    job->summary.wall_ns = tri_now_ns() - start;
    return status == TRI_OK ? tri_cluster_count(job, 0, 0, error) : status;
}
