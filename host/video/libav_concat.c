/* libav_concat.c -- streams that were joined, as by "cat a.ts b.ts", restart their times; here they
 * continue. */
#include "libav_codec.h"

#include <stdlib.h>
#include <string.h>

#define GAP_MOST (10 * (int64_t)AV_TIME_BASE) /* a longer one is no gap */
#define BACK_MOST (AV_TIME_BASE / 10)
#define NEAR AV_TIME_BASE

struct tri_libav_clock {
    int64_t shift, last, end; /* in units of AV_TIME_BASE; of the newest packet, after the shift */
    bool begun;
};

/* NULL: no memory. Streams may appear late. */
static struct tri_libav_clock *clock_of(struct tri_libav_input *input, int index)
{
    if (index >= input->clock_count) {
        const int count = index + 1;
        struct tri_libav_clock *clocks = realloc(input->clocks, (size_t)count * sizeof *clocks);
        if (clocks == NULL)
            return NULL;
        memset(clocks + input->clock_count, 0,
               (size_t)(count - input->clock_count) * sizeof *clocks);
        input->clocks = clocks;
        input->clock_count = count;
    }
    return &input->clocks[index];
}

/* Streams reach a seam at different times: the first sets the shift, and the others adopt it if
 * that makes them continue, which keeps sound in sync with pictures. */
static void follow(struct tri_libav_input *input, struct tri_libav_clock *clock, int64_t time)
{
    const int64_t ahead = time + clock->shift - clock->end;
    if (!clock->begun) {
        clock->shift = input->shift;
        clock->begun = true;
    } else if (ahead > GAP_MOST || time + clock->shift + BACK_MOST < clock->last) {
        if (clock->shift == input->shift || llabs(time + input->shift - clock->end) > NEAR)
            input->shift = clock->end - time;
        clock->shift = input->shift;
    }
    clock->last = time + clock->shift;
}

void tri_libav_join(struct tri_libav_input *input, AVPacket *packet)
{
    const AVStream *stream = input->format->streams[packet->stream_index];
    const bool steady = stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO ||
                        stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
    struct tri_libav_clock *clock = input->format->iformat->flags & AVFMT_TS_DISCONT
                                        ? clock_of(input, packet->stream_index)
                                        : NULL;
    if (clock == NULL)
        return;
    if (!steady) {
        clock->shift = input->shift;
    } else if (packet->dts != AV_NOPTS_VALUE) {
        follow(input, clock, av_rescale_q(packet->dts, stream->time_base, AV_TIME_BASE_Q));
        clock->end =
            clock->last + av_rescale_q(packet->duration, stream->time_base, AV_TIME_BASE_Q);
    }
    const int64_t shift = av_rescale_q(clock->shift, AV_TIME_BASE_Q, stream->time_base);
    if (packet->dts != AV_NOPTS_VALUE)
        packet->dts += shift;
    if (packet->pts != AV_NOPTS_VALUE)
        packet->pts += shift;
}
