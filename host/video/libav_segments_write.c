/* libav_segments_write.c -- writes the packets of segments in order, with times as those of one
 * encoder. */
#include "libav_segments.h"

#include <stdlib.h>

static void free_packets(struct tri_libav_packet *kept)
{
    while (kept != NULL) {
        struct tri_libav_packet *next = kept->next;
        av_packet_free(&kept->packet);
        free(kept);
        kept = next;
    }
}

void tri_libav_free_segment(struct tri_libav_segment *segment)
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
static void set_decoding_time(struct tri_libav_segments *all,
                              const struct tri_libav_segment *segment, AVPacket *packet)
{
    const int at = segment->written - all->delay;
    if (segment->first == 0)
        all->delay += packet->dts != AV_NOPTS_VALUE && packet->dts < segment->times[0];
    else if (all->delay > 0 && segment->written < segment->count)
        packet->dts = at >= 0 ? segment->times[at] : all->before[all->length + at];
}

static void set_duration(const struct tri_libav_segment *segment, AVPacket *packet)
{
    for (int i = 0; i < segment->count; i++) {
        if (segment->times[i] == packet->pts)
            packet->duration = segment->durations[i];
    }
}

static int write_packet(struct tri_libav_segments *all, struct tri_libav_segment *segment,
                        AVPacket *packet)
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

void tri_libav_remove_oldest(struct tri_libav_segments *all)
{
    struct tri_libav_segment *segment = all->oldest;
    pthread_mutex_lock(&all->lock);
    all->oldest = segment->next;
    if (all->oldest == NULL)
        all->newest = NULL;
    all->held--;
    pthread_mutex_unlock(&all->lock);
    free(all->before);
    all->before = segment->times;
    segment->times = NULL;
    tri_libav_free_segment(segment);
}

/* Writes packets of the oldest segment that are there; *ended: these were all. */
static int write_some(struct tri_libav_segments *all, bool *ended)
{
    struct tri_libav_output *output = all->writer->state;
    struct tri_libav_segment *segment = all->oldest;
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

int tri_libav_write_ready(struct tri_libav_segments *all)
{
    bool ended = true;
    int code = 0;
    while (ended && all->oldest != NULL && code >= 0) {
        code = write_some(all, &ended);
        if (ended && code >= 0)
            tri_libav_remove_oldest(all);
    }
    return code;
}

void tri_libav_wait_for_news(struct tri_libav_segments *all)
{
    const int unended = all->unended;
    const int64_t start = tri_now_ns();
    while (all->oldest->oldest == NULL && !all->oldest->ended && all->unended == unended)
        pthread_cond_wait(&all->advanced, &all->lock);
    all->writer->encode_ns += tri_now_ns() - start;
}
