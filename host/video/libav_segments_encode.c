/* libav_segments_encode.c -- encodes segments, in threads of their own. */
#include "libav_segments.h"

#include <libavutil/opt.h>
#include <libavutil/timecode.h>
#include <stdlib.h>
#include <string.h>

static void append(struct tri_libav_segments *all, struct tri_libav_segment *segment,
                   struct tri_libav_packet *kept)
{
    pthread_mutex_lock(&all->lock);
    *segment->newest = kept;
    segment->newest = &kept->next;
    pthread_cond_signal(&all->advanced);
    pthread_mutex_unlock(&all->lock);
}

static int receive(struct tri_libav_segments *all, struct tri_libav_segment *segment,
                   AVCodecContext *encoder)
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

static int send(struct tri_libav_segments *all, struct tri_libav_segment *segment,
                AVCodecContext *encoder, const AVFrame *frame)
{
    const tri_trace_mark mark = tri_trace_module_begin(TRI_TRACE_CODEC, "send to encoder", 0);
    const int code = avcodec_send_frame(encoder, frame);
    tri_trace_module_end(mark, 0, 0);
    return code < 0 ? code : receive(all, segment, encoder);
}

/* The next frame; NULL: there is none, or all encoders stop. */
static AVFrame *take_frame(struct tri_libav_segments *all, struct tri_libav_segment *segment)
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

static int encode(struct tri_libav_segments *all, struct tri_libav_segment *segment)
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
static struct tri_libav_segment *take_segment(struct tri_libav_segments *all)
{
    while (!all->stop && !all->last && all->next == NULL)
        pthread_cond_wait(&all->arrived, &all->lock);
    struct tri_libav_segment *segment = all->stop ? NULL : all->next;
    if (segment != NULL)
        all->next = segment->next;
    return segment;
}

void *tri_libav_encode_segments(void *data)
{
    struct tri_libav_segments *all = data;
    pthread_mutex_lock(&all->lock);
    for (struct tri_libav_segment *segment = take_segment(all); segment != NULL;
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
