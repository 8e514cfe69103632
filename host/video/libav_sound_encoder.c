/* libav_sound_encoder.c -- chooses and opens an encoder for the sound of joined videos. */
#include "libav_sound.h"

#ifdef TRI_LIBAV_JOINS_SOUND

#include <libavutil/channel_layout.h>

#define CHUNK 4096          /* samples that a queue begins with */
#define BIT_RATE_EACH 96000 /* of a channel, if it is not known */

static const AVCodec *find_encoder(const AVOutputFormat *container, enum AVCodecID wanted)
{
    const AVCodec *codec = avformat_query_codec(container, wanted, FF_COMPLIANCE_UNOFFICIAL) > 0
                               ? avcodec_find_encoder(wanted)
                               : NULL;
    return codec != NULL ? codec : avcodec_find_encoder(container->audio_codec);
}

static enum AVSampleFormat choose_format(const AVCodec *codec, enum AVSampleFormat wanted)
{
    const enum AVSampleFormat *list =
        TRI_LIBAV_TAKEN(codec, sample_fmts, AV_CODEC_CONFIG_SAMPLE_FORMAT);
    const int bytes = av_get_bytes_per_sample(wanted);
    enum AVSampleFormat best = AV_SAMPLE_FMT_NONE;
    if (list == NULL)
        return wanted;
    for (; *list != AV_SAMPLE_FMT_NONE; list++) {
        if (av_get_packed_sample_fmt(*list) == av_get_packed_sample_fmt(wanted))
            return *list;
        if (best == AV_SAMPLE_FMT_NONE || av_get_bytes_per_sample(best) < bytes)
            best = *list;
    }
    return best;
}

/* The lowest that loses nothing, or the highest. */
static int choose_rate(const AVCodec *codec, int wanted)
{
    const int *list = TRI_LIBAV_TAKEN(codec, supported_samplerates, AV_CODEC_CONFIG_SAMPLE_RATE);
    int best = 0;
    if (list == NULL)
        return wanted;
    for (; *list != 0; list++)
        if (best == 0 || (best < wanted ? *list > best : *list >= wanted && *list < best))
            best = *list;
    return best;
}

static bool takes_layout(const AVCodec *codec, const AVChannelLayout *layout)
{
    const AVChannelLayout *list =
        TRI_LIBAV_TAKEN(codec, ch_layouts, AV_CODEC_CONFIG_CHANNEL_LAYOUT);
    if (list == NULL)
        return true;
    while (list->nb_channels > 0 && av_channel_layout_compare(list, layout) != 0)
        list++;
    return list->nb_channels > 0;
}

static int set_layout(AVCodecContext *encoder, const AVCodec *codec, const AVChannelLayout *like)
{
    int code = 0;
    if (like->order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(&encoder->ch_layout, like->nb_channels);
    else
        code = av_channel_layout_copy(&encoder->ch_layout, like);
    if (code >= 0 && !takes_layout(codec, &encoder->ch_layout)) {
        av_channel_layout_uninit(&encoder->ch_layout);
        av_channel_layout_default(&encoder->ch_layout, like->nb_channels > 1 ? 2 : 1);
    }
    return code;
}

static int open_encoder(struct tri_libav_sound_coder *coder, const AVOutputFormat *container,
                        const AVCodec *codec, const AVCodecParameters *like)
{
    AVCodecContext *encoder = coder->encoder = avcodec_alloc_context3(codec);
    if (encoder == NULL)
        return AVERROR(ENOMEM);
    encoder->sample_rate = choose_rate(codec, like->sample_rate);
    encoder->sample_fmt = choose_format(codec, like->format);
    encoder->time_base = (AVRational){1, encoder->sample_rate};
    const int code = set_layout(encoder, codec, &like->ch_layout);
    if (code < 0)
        return code;
    encoder->bit_rate = codec->id == like->codec_id && like->bit_rate > 0
                            ? like->bit_rate
                            : (int64_t)BIT_RATE_EACH * encoder->ch_layout.nb_channels;
    if (codec->id == like->codec_id)
        encoder->bits_per_raw_sample = like->bits_per_raw_sample;
    if (container->flags & AVFMT_GLOBALHEADER)
        encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    encoder->flags |= AV_CODEC_FLAG_BITEXACT;
    return avcodec_open2(encoder, codec, NULL);
}

static AVAudioFifo *new_fifo(const AVCodecContext *encoder)
{
    return av_audio_fifo_alloc(encoder->sample_fmt, encoder->ch_layout.nb_channels, CHUNK);
}

int tri_libav_open_sound_encoder(struct tri_libav_sound *sound, const AVOutputFormat *container,
                                 const AVCodecParameters *like)
{
    struct tri_libav_sound_coder *coder = &sound->coder;
    const AVCodec *codec = find_encoder(container, like->codec_id);
    const int code =
        codec != NULL ? open_encoder(coder, container, codec, like) : AVERROR_ENCODER_NOT_FOUND;
    if (code < 0)
        return code;
    coder->decoded = av_frame_alloc();
    coder->like = av_frame_alloc();
    coder->read = new_fifo(coder->encoder);
    coder->ready = new_fifo(coder->encoder);
    return coder->decoded != NULL && coder->like != NULL && coder->read != NULL &&
                   coder->ready != NULL
               ? 0
               : AVERROR(ENOMEM);
}

void tri_libav_free_sound_coder(struct tri_libav_sound_coder *coder)
{
    avcodec_free_context(&coder->encoder);
    swr_free(&coder->resampler);
    av_frame_free(&coder->decoded);
    av_frame_free(&coder->like);
    if (coder->read != NULL)
        av_audio_fifo_free(coder->read);
    if (coder->ready != NULL)
        av_audio_fifo_free(coder->ready);
}

#endif
