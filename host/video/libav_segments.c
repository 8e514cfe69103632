/* libav_segments.c -- encoders in parallel. The clip is cut into segments of equally many frames.
 * Each has an encoder of its own with one thread, which begins with a key frame and refers to no
 * other segment, so the bytes do not depend on how many are encoded at the same time. The writer's
 * thread hands over frames and writes packets in the order of segments. */
#include "libav_codec.h"

#include <libavutil/opt.h>
#include <libavutil/timecode.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>

#define USUAL_GOP 250 /* of encoders that choose it themselves, such as libx264 */
#define VPX_GOP 128
#define SHORTEST 24 /* opening an encoder takes a while */

struct segment {
    struct segment *next;
    long first;     /* number of its first frame */
    AVFrame **left; /* by number in the segment: frames that the encoder has not taken */
    int64_t *times, *durations; /* of its frames, in the encoder's time base; the writer's */
    int count, taken;           /* frames that have arrived, and that the encoder took */
    bool whole;                 /* no more frames follow */
    struct tri_libav_packet *oldest, **newest; /* packets to be written */
    int written;
    bool ended; /* by its encoder, with libav's code, and what else is to be said */
    int code;
    const char *complaint;
};

struct tri_libav_segments {
    struct tri_video_writer *writer;
    int length; /* frames of a segment */
    int encoders, started;
    pthread_t *threads;
    pthread_cond_t arrived, advanced;       /* signals to encoders, and to the writer */
    pthread_mutex_t lock;                   /* for the members below, and those of segments */
    bool stop, last;                        /* stop at once; no more segments follow */
    struct segment *oldest, *newest, *next; /* next: that no encoder has taken */
    int held, unended;
    /* The writer's: frames in earlier segments, packets before the first frame's time, which show
     * how many frames an encoder holds back for reordering, and the previous segment's times. */
    long frames;
    int delay;
    int64_t *before;
};

/* ---- encoding, in threads of their own ---- */

static void append(struct tri_libav_segments *all, struct segment *segment,
                   struct tri_libav_packet *kept)
{
    pthread_mutex_lock(&all->lock);
    *segment->newest = kept;
    segment->newest = &kept->next;
    pthread_cond_signal(&all->advanced);
    pthread_mutex_unlock(&all->lock);
}

static int receive(struct tri_libav_segments *all, struct segment *segment, AVCodecContext *encoder)
{
    int code = 0;
    while (code >= 0) {
        struct tri_libav_packet *kept = calloc(1, sizeof *kept);
        AVPacket *packet = kept != NULL ? av_packet_alloc() : NULL;
        const tri_trace_mark mark = tri_trace_module_begin(TRI_TRACE_CODEC, "take from encoder", 0);
        code = packet != NULL ? avcodec_receive_packet(encoder, packet) : AVERROR(ENOMEM);
        tri_trace_module_end(mark, code >= 0 ? packet->size : 0, 0);
        if (code >= 0) {
            kept->packet = packet;
            append(all, segment, kept);
        } else {
            av_packet_free(&packet);
            free(kept);
        }
    }
    return code == AVERROR(EAGAIN) || code == AVERROR_EOF ? 0 : code;
}

static int send(struct tri_libav_segments *all, struct segment *segment, AVCodecContext *encoder,
                const AVFrame *frame)
{
    const tri_trace_mark mark = tri_trace_module_begin(TRI_TRACE_CODEC, "send to encoder", 0);
    const int code = avcodec_send_frame(encoder, frame);
    tri_trace_module_end(mark, 0, 0);
    return code < 0 ? code : receive(all, segment, encoder);
}

/* The next frame; NULL: there is none, or all encoders stop. */
static AVFrame *take_frame(struct tri_libav_segments *all, struct segment *segment)
{
    AVFrame *frame = NULL;
    pthread_mutex_lock(&all->lock);
    while (!all->stop && segment->taken == segment->count && !segment->whole)
        pthread_cond_wait(&all->arrived, &all->lock);
    if (!all->stop && segment->taken < segment->count) {
        frame = segment->left[segment->taken];
        segment->left[segment->taken++] = NULL;
    }
    pthread_mutex_unlock(&all->lock);
    return frame;
}

static bool stops(struct tri_libav_segments *all)
{
    pthread_mutex_lock(&all->lock);
    const bool stop = all->stop;
    pthread_mutex_unlock(&all->lock);
    return stop;
}

/* MPEG-1 and MPEG-2 count frames in groups' timecodes. */
static void set_timecode(AVCodecContext *encoder, long first)
{
    AVTimecode code;
    char text[AV_TIMECODE_STR_SIZE];
    if (encoder->priv_data != NULL &&
        av_opt_find(encoder->priv_data, "gop_timecode", NULL, 0, 0) != NULL && first > 0 &&
        av_timecode_init(&code, encoder->framerate, AV_TIMECODE_FLAG_24HOURSMAX, 0, NULL) >= 0)
        av_opt_set(encoder->priv_data, "gop_timecode",
                   av_timecode_make_string(&code, text, (int)(first % INT_MAX)), 0);
}

/* The file has one header for all segments. */
static bool has_header(const AVCodecContext *encoder, const AVCodecContext *like)
{
    return !(like->flags & AV_CODEC_FLAG_GLOBAL_HEADER) ||
           (encoder->extradata_size == like->extradata_size &&
            (like->extradata_size == 0 ||
             memcmp(encoder->extradata, like->extradata, (size_t)like->extradata_size) == 0));
}

static int encode(struct tri_libav_segments *all, struct segment *segment)
{
    const struct tri_libav_output *output = all->writer->state;
    AVCodecContext *encoder = tri_libav_prepare_another(all->writer);
    if (encoder == NULL)
        return AVERROR(ENOMEM);
    set_timecode(encoder, segment->first);
    int code = avcodec_open2(encoder, output->encoder->codec, NULL);
    if (code >= 0 && !has_header(encoder, output->encoder)) {
        segment->complaint = "the encoder's header differs between segments";
        code = AVERROR_INVALIDDATA;
    }
    while (code >= 0) {
        AVFrame *frame = take_frame(all, segment);
        if (frame == NULL)
            break;
        code = send(all, segment, encoder, frame);
        av_frame_free(&frame);
    }
    if (code >= 0 && !stops(all))
        code = send(all, segment, encoder, NULL);
    avcodec_free_context(&encoder);
    return code;
}

/* Waits for a segment; NULL: there are no more. Locked. */
static struct segment *take_segment(struct tri_libav_segments *all)
{
    while (!all->stop && !all->last && all->next == NULL)
        pthread_cond_wait(&all->arrived, &all->lock);
    struct segment *segment = all->stop ? NULL : all->next;
    if (segment != NULL)
        all->next = segment->next;
    return segment;
}

static void *encode_segments(void *data)
{
    struct tri_libav_segments *all = data;
    pthread_mutex_lock(&all->lock);
    for (struct segment *segment = take_segment(all); segment != NULL;
         segment = take_segment(all)) {
        pthread_mutex_unlock(&all->lock);
        const int code = encode(all, segment);
        pthread_mutex_lock(&all->lock);
        segment->code = code;
        segment->ended = true;
        all->unended--;
        pthread_cond_signal(&all->advanced);
    }
    pthread_mutex_unlock(&all->lock);
    return NULL;
}

/* ---- writing ---- */

static void free_packets(struct tri_libav_packet *kept)
{
    while (kept != NULL) {
        struct tri_libav_packet *next = kept->next;
        av_packet_free(&kept->packet);
        free(kept);
        kept = next;
    }
}

static void free_segment(struct segment *segment)
{
    for (int i = 0; segment->left != NULL && i < segment->count; i++)
        av_frame_free(&segment->left[i]);
    free_packets(segment->oldest);
    free(segment->left);
    free(segment->times);
    free(segment->durations);
    free(segment);
}

/* Decoding times are those of one encoder for the whole clip: the time of the frame that is shown
 * `delay` frames earlier. */
static void set_decoding_time(struct tri_libav_segments *all, const struct segment *segment,
                              AVPacket *packet)
{
    const int at = segment->written - all->delay;
    if (segment->first == 0)
        all->delay += packet->dts != AV_NOPTS_VALUE && packet->dts < segment->times[0];
    else if (all->delay > 0 && segment->written < segment->count)
        packet->dts = at >= 0 ? segment->times[at] : all->before[all->length + at];
}

static void set_duration(const struct segment *segment, AVPacket *packet)
{
    for (int i = 0; i < segment->count; i++) {
        if (segment->times[i] == packet->pts)
            packet->duration = segment->durations[i];
    }
}

static int write_packet(struct tri_libav_segments *all, struct segment *segment, AVPacket *packet)
{
    struct tri_libav_output *output = all->writer->state;
    int code = 0;
    if (segment->written == 0 && !(packet->flags & AV_PKT_FLAG_KEY)) {
        output->complaint = "the encoder does not begin with a key frame";
        return AVERROR_INVALIDDATA;
    }
    if (output->source != NULL) /* sound waits until the frames are at its time */
        code = tri_libav_write_kept(output, av_rescale_q(packet->pts, output->encoder->time_base,
                                                         output->source->stream->time_base));
    if (output->sound != NULL && code >= 0)
        code = tri_libav_write_sound(output, packet->pts, output->encoder->time_base, false);
    set_duration(segment, packet);
    set_decoding_time(all, segment, packet);
    segment->written++;
    return code < 0 ? code : tri_libav_put_packet(all->writer, packet);
}

static void remove_oldest(struct tri_libav_segments *all)
{
    struct segment *segment = all->oldest;
    pthread_mutex_lock(&all->lock);
    all->oldest = segment->next;
    if (all->oldest == NULL)
        all->newest = NULL;
    all->held--;
    pthread_mutex_unlock(&all->lock);
    free(all->before);
    all->before = segment->times;
    segment->times = NULL;
    free_segment(segment);
}

/* Writes packets of the oldest segment that are there; *ended: these were all. */
static int write_some(struct tri_libav_segments *all, bool *ended)
{
    struct tri_libav_output *output = all->writer->state;
    struct segment *segment = all->oldest;
    pthread_mutex_lock(&all->lock);
    struct tri_libav_packet *kept = segment->oldest;
    segment->oldest = NULL;
    segment->newest = &segment->oldest;
    *ended = segment->ended;
    pthread_mutex_unlock(&all->lock);
    int code = 0;
    for (const struct tri_libav_packet *at = kept; at != NULL && code >= 0; at = at->next)
        code = write_packet(all, segment, at->packet);
    free_packets(kept);
    if (!*ended || code < 0)
        return code;
    if (segment->code < 0)
        output->complaint = segment->complaint;
    return segment->code;
}

static int write_ready(struct tri_libav_segments *all)
{
    bool ended = true;
    int code = 0;
    while (ended && all->oldest != NULL && code >= 0) {
        code = write_some(all, &ended);
        if (ended && code >= 0)
            remove_oldest(all);
    }
    return code;
}

/* Waits until the oldest segment has something to write, or another has ended. Locked. */
static void wait_for_news(struct tri_libav_segments *all)
{
    const int unended = all->unended;
    const int64_t start = tri_now_ns();
    while (all->oldest->oldest == NULL && !all->oldest->ended && all->unended == unended)
        pthread_cond_wait(&all->advanced, &all->lock);
    all->writer->encode_ns += tri_now_ns() - start;
}

/* ---- frames ---- */

/* Each encoder has one segment; as many again may wait to be written. */
static int make_room(struct tri_libav_segments *all)
{
    int code = 0;
    pthread_mutex_lock(&all->lock);
    while (code >= 0 && (all->unended >= all->encoders || all->held >= 2 * all->encoders)) {
        wait_for_news(all);
        pthread_mutex_unlock(&all->lock);
        code = write_ready(all);
        pthread_mutex_lock(&all->lock);
    }
    pthread_mutex_unlock(&all->lock);
    return code;
}

static int add_segment(struct tri_libav_segments *all)
{
    const size_t length = (size_t)all->length;
    struct segment *segment = calloc(1, sizeof *segment);
    if (segment == NULL)
        return AVERROR(ENOMEM);
    segment->left = calloc(length, sizeof(AVFrame *));
    segment->times = calloc(length, sizeof *segment->times);
    segment->durations = calloc(length, sizeof *segment->durations);
    if (segment->left == NULL || segment->times == NULL || segment->durations == NULL) {
        free_segment(segment);
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
    struct segment *segment = all->newest;
    segment->times[segment->count] = frame->pts;
    segment->durations[segment->count] =
        ((const struct tri_libav_output *)all->writer->state)->duration;
    all->frames++;
    pthread_mutex_lock(&all->lock);
    segment->left[segment->count++] = own;
    segment->whole = segment->count == all->length;
    pthread_cond_broadcast(&all->arrived);
    pthread_mutex_unlock(&all->lock);
    return write_ready(all);
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
        wait_for_news(all);
        pthread_mutex_unlock(&all->lock);
        code = write_ready(all);
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
           pthread_create(&all->threads[all->started], NULL, encode_segments, all) == 0)
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
        remove_oldest(all);
    pthread_cond_destroy(&all->arrived);
    pthread_cond_destroy(&all->advanced);
    pthread_mutex_destroy(&all->lock);
    free(all->before);
    free(all->threads);
    free(all);
}
