/* libav_timestamps.c -- frame times in the form that containers and encoders support. */
#include "libav_codec.h"

#include <math.h>

#define MPEG4_TICKS 65535 /* per second, at most */

/* Rates that differ by less count as equal: one frame in a hundred is repeated or dropped. */
#define NEAR 0.01

/* For MPEG, libavcodec lists some rates that no standard has, and for MPEG-2 others that hardly any
 * player knows. */
static bool is_allowed(const AVCodec *codec, AVRational rate)
{
    static const AVRational usual[] = {{24000, 1001}, {24, 1}, {25, 1},       {30000, 1001},
                                       {30, 1},       {50, 1}, {60000, 1001}, {60, 1}};
    bool found = codec->id != AV_CODEC_ID_MPEG1VIDEO && codec->id != AV_CODEC_ID_MPEG2VIDEO;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0] && !found; i++)
        found = av_cmp_q(rate, usual[i]) == 0;
    return found;
}

/* How badly a rate shows frames of another rate. Below 1: each equally often; below 2: each, but
 * some more often than others; else some have no slot. */
static double distance(AVRational rate, AVRational wanted)
{
    const double ratio = av_q2d(rate) / av_q2d(wanted),
                 whole = ratio < 1 ? 1 : (double)(int64_t)(ratio + 0.5);
    const double off = fabs(ratio / whole - 1);
    if (off < NEAR)
        return 1 - 1 / whole + off / 10;
    return ratio < 1 ? 3 - ratio : 2 - 1 / ratio;
}

static AVRational best_rate(const AVCodec *codec, const AVRational *rates, AVRational wanted)
{
    AVRational best = rates[0];
    for (; rates->num > 0; rates++) {
        if (!is_allowed(codec, *rates))
            continue;
        if (!is_allowed(codec, best) || distance(*rates, wanted) < distance(best, wanted))
            best = *rates;
    }
    return best;
}

/* Ticks of 1/n second that represent frames of the rate exactly, and others nearly. */
static AVRational ticks_for(AVRational rate, int most)
{
    return rate.num > most ? (AVRational){1, most} : (AVRational){1, rate.num * (most / rate.num)};
}

enum tri_status tri_libav_choose_times(const struct tri_video_writer *writer,
                                       struct tri_libav_output *output, const AVCodec *codec,
                                       const struct tri_video_write_options *options,
                                       struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    const AVOutputFormat *container = output->format->oformat;
    AVCodecContext *encoder = output->encoder;
    const AVRational *rates = tri_libav_taken_rates(codec);
    const bool asked = options->frame_rate[0] > 0, mpeg4 = codec->id == AV_CODEC_ID_MPEG4;
    int steady[2];
    tri_video_steady_rate(video, options, steady);
    /* MP4 can hold any times, but does not declare it. */
    output->paced = asked || rates != NULL ||
                    (!(container->flags & AVFMT_VARIABLE_FPS) && !tri_libav_is_mp4(container));
    AVRational rate = tri_libav_fraction(output->paced ? steady : video->rate, (AVRational){25, 1});
    if (rates != NULL) {
        const AVRational best = best_rate(codec, rates, rate);
        if (asked && av_cmp_q(best, rate) != 0)
            return tri_fail(
                error, TRI_USAGE,
                "cannot write %s: %s does not support %.6g frames/s; use --frame-rate %d/%d",
                writer->name, codec->name, av_q2d(rate), best.num, best.den);
        rate = best;
    }
    if (asked && codec->id == AV_CODEC_ID_GIF && av_q2d(rate) > TRI_GIF_RATE)
        return tri_fail(error, TRI_USAGE, "cannot write %s: GIF supports at most %d frames/s",
                        writer->name, TRI_GIF_RATE);
    if (mpeg4)
        av_reduce(&rate.num, &rate.den, rate.num, rate.den, MPEG4_TICKS);
    encoder->framerate = rate;
    encoder->time_base =
        output->paced ? av_inv_q(rate) : tri_libav_fraction(video->time_base, av_inv_q(rate));
    if (mpeg4 && encoder->time_base.den > MPEG4_TICKS)
        encoder->time_base = ticks_for(rate, MPEG4_TICKS);
    if (codec->id == AV_CODEC_ID_GIF)
        encoder->time_base = (AVRational){1, 100};
    tri_pace_begin(&output->pace, (const int[2]){rate.num, rate.den}, video->time_base);
    output->pace.asked = asked;
    return TRI_OK;
}
