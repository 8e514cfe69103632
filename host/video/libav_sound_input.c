/* libav_sound_input.c -- reads the sound of one of several joined videos. */
#include "libav_sound.h"

#ifdef TRI_LIBAV_JOINS_SOUND

#include <stdio.h>
#include <stdlib.h>

/* As the start of the file is found for pictures: sound before 0 primes its decoder. */
static int64_t start_of(const AVFormatContext *format, const AVStream *video)
{
    const bool clock = format->iformat->flags & AVFMT_TS_DISCONT,
               before = video->start_time != AV_NOPTS_VALUE && video->start_time < 0,
               known = format->start_time != AV_NOPTS_VALUE;
    return known && (format->start_time >= 0 || clock || before) ? format->start_time : 0;
}

static int open_decoder(struct tri_libav_sound_input *input)
{
    const AVCodec *codec = avcodec_find_decoder(input->stream->codecpar->codec_id);
    if (codec == NULL)
        return AVERROR_DECODER_NOT_FOUND;
    input->decoder = avcodec_alloc_context3(codec);
    if (input->decoder == NULL)
        return AVERROR(ENOMEM);
    input->decoder->pkt_timebase = input->stream->time_base;
    const int code = avcodec_parameters_to_context(input->decoder, input->stream->codecpar);
    return code < 0 ? code : avcodec_open2(input->decoder, codec, NULL);
}

/* Only packets of the sound are read. */
static void choose_stream(struct tri_libav_sound_input *input)
{
    AVFormatContext *format = input->whole.format;
    const int video = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0),
              sound = av_find_best_stream(format, AVMEDIA_TYPE_AUDIO, -1, video, NULL, 0);
    if (video < 0 || sound < 0 || format->streams[sound]->codecpar->sample_rate <= 0)
        return;
    input->start = start_of(format, format->streams[video]);
    input->stream = format->streams[sound];
    for (unsigned i = 0; i < format->nb_streams; i++) {
        const bool other = (int)i != sound;
        format->streams[i]->discard = other ? AVDISCARD_ALL : AVDISCARD_DEFAULT;
        input->further += other && format->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
    }
}

int tri_libav_open_sound(struct tri_libav_sound_input *input, const char *path, bool decodes)
{
    char *address = NULL;
    *input = (struct tri_libav_sound_input){0};
    if (asprintf(&address, "file:%s", path) < 0)
        return AVERROR(ENOMEM);
    int code = avformat_open_input(&input->whole.format, address, NULL, NULL);
    free(address);
    if (code >= 0)
        code = avformat_find_stream_info(input->whole.format, NULL);
    if (code >= 0) {
        choose_stream(input);
        if (decodes && input->stream != NULL)
            code = open_decoder(input);
    }
    if (code < 0)
        tri_libav_close_sound(input);
    return code;
}

void tri_libav_close_sound(struct tri_libav_sound_input *input)
{
    avcodec_free_context(&input->decoder);
    avformat_close_input(&input->whole.format);
    free(input->whole.clocks);
    *input = (struct tri_libav_sound_input){0};
}

int tri_libav_read_sound(struct tri_libav_sound_input *input, AVPacket *packet)
{
    while (input->stream != NULL && !input->ended) {
        const int code = av_read_frame(input->whole.format, packet);
        if (code == AVERROR(ENOMEM))
            return code;
        if (code < 0) /* damage was reported when the pictures were read */
            break;
        tri_libav_join(&input->whole, packet);
        if (packet->stream_index == input->stream->index)
            return 0;
        av_packet_unref(packet);
    }
    input->ended = true;
    return AVERROR_EOF;
}

#endif
