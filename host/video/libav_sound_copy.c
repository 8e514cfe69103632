/* libav_sound_copy.c -- the sound of joined videos in the packets it has: cut between these where
 * one part ends and the next begins, so that no part is more than half a packet off. */
#include "libav_sound.h"

#ifdef TRI_LIBAV_JOINS_SOUND

/* The next packet of the part with its time in the output. */
static int hold_next(struct tri_libav_sound *sound, int64_t begin)
{
    AVPacket *packet = sound->packet;
    const AVRational unit = sound->stream->time_base;
    const int code = tri_libav_read_sound(&sound->input, packet);
    if (code < 0)
        return code;
    if (packet->pts == AV_NOPTS_VALUE)
        packet->pts = packet->dts;
    const int64_t time = packet->pts != AV_NOPTS_VALUE
                             ? tri_libav_sound_time(sound, packet->pts, unit, begin)
                         : sound->end != AV_NOPTS_VALUE ? sound->end
                                                        : begin;
    packet->duration = av_rescale_q(packet->duration, sound->input.stream->time_base, unit);
    packet->pts = packet->dts = time;
    packet->stream_index = sound->stream->index;
    packet->pos = -1;
    sound->held = true;
    return 0;
}

/* What is before the part, or overlaps what is written by more than half of it, is left out. */
static bool is_early(const struct tri_libav_output *output, int64_t begin)
{
    const struct tri_libav_sound *sound = output->sound;
    const AVPacket *packet = sound->packet;
    if (begin <= 0 && sound->part == 0 && packet->pts < 0)
        return begin < 0 ? packet->pts + packet->duration / 2 < 0
                         : tri_libav_is_hidden(output, packet);
    const int64_t from = begin > 0 ? begin : 0,
                  end = sound->end != AV_NOPTS_VALUE && sound->end > from ? sound->end : from;
    return packet->pts + packet->duration / 2 < end ||
           (sound->newest != AV_NOPTS_VALUE && packet->pts <= sound->newest);
}

static void measure_gap(struct tri_libav_sound *sound, int64_t to)
{
    const int64_t from = sound->end != AV_NOPTS_VALUE ? sound->end : 0;
    const double gap = (double)(to - from) * av_q2d(sound->stream->time_base);
    if (sound->part > 0 && !sound->begun && gap > sound->gap)
        sound->gap = gap;
    sound->begun = true;
}

static int write_held(struct tri_libav_output *output, int64_t begin)
{
    struct tri_libav_sound *sound = output->sound;
    sound->held = false;
    if (is_early(output, begin)) {
        av_packet_unref(sound->packet);
        return 0;
    }
    measure_gap(sound, sound->packet->pts);
    sound->newest = sound->packet->pts;
    sound->end = sound->packet->pts + sound->packet->duration;
    return tri_libav_write(output, sound->packet);
}

int tri_libav_copy_sound(struct tri_libav_output *output, int64_t limit, bool last, bool *done)
{
    struct tri_libav_sound *sound = output->sound;
    int64_t begin, end;
    int code = 0;
    *done = false;
    while (code >= 0 && tri_libav_sound_span(sound, sound->stream->time_base, &begin, &end)) {
        if (!sound->held)
            code = hold_next(sound, begin);
        if (code == AVERROR_EOF) {
            *done = end != INT64_MAX;
            return 0;
        }
        if (code < 0)
            return code;
        const AVPacket *packet = sound->packet;
        const int64_t middle = packet->pts + packet->duration / 2;
        if (middle > end || (last && middle > limit)) { /* the part is over */
            av_packet_unref(sound->packet);
            sound->held = false;
            *done = true;
            return 0;
        }
        if (packet->pts >= limit)
            return 0;
        code = write_held(output, begin);
    }
    return code;
}

#endif
