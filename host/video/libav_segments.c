/* libav_segments.c -- encoders in parallel. The clip is cut into segments of equally many frames.
 * Each has an encoder of its own with one thread, which begins with a key frame and refers to no
 * other segment, so the bytes do not depend on how many are encoded at the same time. The writer's
 * thread hands over frames and writes packets in the order of segments. */
#include "libav_segments.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>

#define USUAL_GOP 250 /* of encoders that choose it themselves, such as libx264 */
#define VPX_GOP 128
#define SHORTEST 24 /* opening an encoder takes a while */

/* ---- frames ---- */

/* Each encoder has one segment; as many again may wait to be written. */
static int make_room(struct tri_libav_segments *all)
{
    int code = 0;
    pthread_mutex_lock(&all->lock);
    while (code >= 0 && (all->unended >= all->encoders || all->held >= 2 * all->encoders)) {
        tri_libav_wait_for_news(all);
        pthread_mutex_unlock(&all->lock);
        code = tri_libav_write_ready(all);
        pthread_mutex_lock(&all->lock);
    }
    pthread_mutex_unlock(&all->lock);
    return code;
}

static int add_segment(struct tri_libav_segments *all)
{
    const size_t length = (size_t)all->length;
    struct tri_libav_segment *segment = calloc(1, sizeof *segment);
    if (segment == NULL)
        return AVERROR(ENOMEM);
    segment->left = calloc(length, sizeof(AVFrame *));
    segment->times = calloc(length, sizeof *segment->times);
    segment->durations = calloc(length, sizeof *segment->durations);
    if (segment->left == NULL || segment->times == NULL || segment->durations == NULL) {
        tri_libav_free_segment(segment);
        return AVERROR(ENOMEM);
    }
    segment->first = all->frames;
    segment->newest = &segment->oldest;
    pthread_mutex_lock(&all->lock);
    if (all->newest != NULL)
        all->newest->next = segment;
    else
        all->oldest = segment;
    all->newest = segment;
    if (all->next == NULL)
        all->next = segment;
    all->held++;
    all->unended++;
    pthread_mutex_unlock(&all->lock);
    return 0;
}

int tri_libav_put_segment(struct tri_libav_segments *all, const AVFrame *frame)
{
    int code = 0;
    if (all->newest == NULL || all->newest->whole) {
        code = make_room(all);
        if (code >= 0)
            code = add_segment(all);
    }
    AVFrame *own = code >= 0 ? av_frame_clone(frame) : NULL;
    if (own == NULL)
        return code < 0 ? code : AVERROR(ENOMEM);
    struct tri_libav_segment *segment = all->newest;
    segment->times[segment->count] = frame->pts;
    segment->durations[segment->count] =
        ((const struct tri_libav_output *)all->writer->state)->duration;
    all->frames++;
    pthread_mutex_lock(&all->lock);
    segment->left[segment->count++] = own;
    segment->whole = segment->count == all->length;
    pthread_cond_broadcast(&all->arrived);
    pthread_mutex_unlock(&all->lock);
    return tri_libav_write_ready(all);
}

int tri_libav_finish_segments(struct tri_libav_segments *all)
{
    int code = 0;
    pthread_mutex_lock(&all->lock);
    if (all->newest != NULL)
        all->newest->whole = true;
    all->last = true;
    pthread_cond_broadcast(&all->arrived);
    pthread_mutex_unlock(&all->lock);
    while (all->oldest != NULL && code >= 0) {
        pthread_mutex_lock(&all->lock);
        tri_libav_wait_for_news(all);
        pthread_mutex_unlock(&all->lock);
        code = tri_libav_write_ready(all);
    }
    return code;
}

/* ---- beginning and end ---- */

/* A multiple of the frames between key frames, so the file has hardly more of them. */
static int usual_length(const AVCodecContext *encoder)
{
    const AVCodecDescriptor *about = avcodec_descriptor_get(encoder->codec_id);
    const int group = about != NULL && (about->props & AV_CODEC_PROP_INTRA_ONLY) ? 1
                      : encoder->gop_size > 0                                    ? encoder->gop_size
                      : strncmp(encoder->codec->name, "libvpx", 6) == 0          ? VPX_GOP
                                                                                 : USUAL_GOP;
    return group >= SHORTEST ? group : (SHORTEST + group - 1) / group * group;
}

static struct tri_libav_segments *new_segments(void)
{
    struct tri_libav_segments *all = calloc(1, sizeof *all);
    const bool lock = all != NULL && pthread_mutex_init(&all->lock, NULL) == 0,
               arrived = lock && pthread_cond_init(&all->arrived, NULL) == 0;
    if (arrived && pthread_cond_init(&all->advanced, NULL) == 0)
        return all;
    if (arrived)
        pthread_cond_destroy(&all->arrived);
    if (lock)
        pthread_mutex_destroy(&all->lock);
    free(all);
    return NULL;
}

static enum tri_status start(struct tri_libav_segments *all, struct tri_error *error)
{
    const int count = all->encoders;
    all->threads = calloc((size_t)count, sizeof all->threads[0]);
    while (all->threads != NULL && all->started < count &&
           pthread_create(&all->threads[all->started], NULL, tri_libav_encode_segments, all) == 0)
        all->started++;
    return all->started == count ? TRI_OK
                                 : tri_fail(error, TRI_FAILED,
                                            "cannot write %s: cannot start %d encoders in parallel",
                                            all->writer->name, count);
}

/* libx264 (164) looks at memory that it has not set, if macroblock trees meet B-frames in small
 * pictures. One encoder gets zeros from the kernel; those after it get what others have freed. With
 * this they get zeros too: bytes are set to the complement. */
static void set_new_memory(const AVCodec *codec)
{
#if defined(__GLIBC__) && defined(M_PERTURB)
    if (codec->id == AV_CODEC_ID_H264)
        mallopt(M_PERTURB, 0xff);
#else
    (void)codec;
#endif
}

enum tri_status tri_libav_check_segments(const struct tri_video_writer *writer,
                                         const AVCodec *codec, struct tri_error *error)
{
    const bool animation = codec->id == AV_CODEC_ID_GIF || codec->id == AV_CODEC_ID_APNG;
    /* One that has got no frame, or not all of them, cannot be closed: it waits for ever. */
    const bool waits = strcmp(codec->name, "libsvtav1") == 0;
    return !animation && !waits
               ? TRI_OK
               : tri_fail(error, TRI_USAGE,
                          "cannot write %s: --encode-parallel does not apply to %s, %s",
                          writer->name, codec->name,
                          animation ? "whose frames continue those before"
                                    : "which has threads of its own; libaom-av1 is another encoder "
                                      "for AV1");
}

enum tri_status tri_libav_begin_segments(struct tri_video_writer *writer,
                                         struct tri_libav_output *output,
                                         const struct tri_video_write_options *options,
                                         struct tri_error *error)
{
    if (options->parallel == 0)
        return TRI_OK;
    set_new_memory(output->encoder->codec);
    struct tri_libav_segments *all = output->segments = new_segments();
    if (all == NULL)
        return tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", writer->name);
    all->writer = writer;
    all->encoders = options->parallel;
    all->length = options->segment > 0 ? options->segment : usual_length(output->encoder);
    return start(all, error);
}

void tri_libav_free_segments(struct tri_libav_segments *all)
{
    if (all == NULL)
        return;
    pthread_mutex_lock(&all->lock);
    all->stop = true;
    pthread_cond_broadcast(&all->arrived);
    pthread_mutex_unlock(&all->lock);
    for (int i = 0; i < all->started; i++)
        pthread_join(all->threads[i], NULL);
    while (all->oldest != NULL)
        tri_libav_remove_oldest(all);
    pthread_cond_destroy(&all->arrived);
    pthread_cond_destroy(&all->advanced);
    pthread_mutex_destroy(&all->lock);
    free(all->before);
    free(all->threads);
    free(all);
}
