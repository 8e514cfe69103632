/* libav_sound_encode.c -- the sound of joined videos decoded, converted to one form, and encoded:
 * each sample at its time, with silence where a part has no sound. */
#include "libav_sound.h"

#ifdef TRI_LIBAV_JOINS_SOUND

#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>

#define CHUNK 4096 /* samples at once, where the encoder does not state how many */
#define JUMP 0.1   /* seconds: less is the imprecision of times in files */

/* ---- samples in the encoder's form ---- */

static AVFrame *new_frame(const AVCodecContext *encoder, int count)
{
    AVFrame *frame = av_frame_alloc();
    if (frame == NULL)
        return NULL;
    frame->format = encoder->sample_fmt;
    frame->sample_rate = encoder->sample_rate;
    frame->nb_samples = count;
    if (av_channel_layout_copy(&frame->ch_layout, &encoder->ch_layout) < 0 ||
        av_frame_get_buffer(frame, 0) < 0)
        av_frame_free(&frame);
    return frame;
}

static int put_samples(AVAudioFifo *fifo, const AVFrame *frame)
{
    const int code = av_audio_fifo_write(fifo, (void **)frame->extended_data, frame->nb_samples);
    return code < 0 ? code : 0;
}

static int put_silence(const AVCodecContext *encoder, AVAudioFifo *fifo, int64_t count)
{
    AVFrame *frame = new_frame(encoder, CHUNK);
    int code = frame != NULL ? 0 : AVERROR(ENOMEM);
    if (code >= 0)
        av_samples_set_silence(frame->extended_data, 0, CHUNK, encoder->ch_layout.nb_channels,
                               encoder->sample_fmt);
    for (; code >= 0 && count > 0; count -= frame->nb_samples) {
        frame->nb_samples = count < CHUNK ? (int)count : CHUNK;
        code = put_samples(fifo, frame);
    }
    av_frame_free(&frame);
    return code;
}

static bool is_like(const AVFrame *a, const AVFrame *b)
{
    return a->format == b->format && a->sample_rate == b->sample_rate &&
           av_channel_layout_compare(&a->ch_layout, &b->ch_layout) == 0;
}

/* Converts a frame, or with NULL what the resampler still has, and adds it to what was read. */
static int resample(struct tri_libav_sound_coder *coder, const AVFrame *frame)
{
    const int room = swr_get_out_samples(coder->resampler, frame != NULL ? frame->nb_samples : 0);
    AVFrame *converted = room > 0 ? new_frame(coder->encoder, room) : NULL;
    if (converted == NULL)
        return room > 0 ? AVERROR(ENOMEM) : room;
    int code = swr_convert(coder->resampler, converted->extended_data, room,
                           frame != NULL ? (const uint8_t **)frame->extended_data : NULL,
                           frame != NULL ? frame->nb_samples : 0);
    if (code >= 0) {
        converted->nb_samples = code;
        coder->tail += code;
        code = put_samples(coder->read, converted);
    }
    av_frame_free(&converted);
    return code;
}

static int drain(struct tri_libav_sound_coder *coder)
{
    const int code = coder->resampler != NULL ? resample(coder, NULL) : 0;
    coder->drained = true;
    swr_free(&coder->resampler);
    return code;
}

/* The resampler for frames of this form. */
static int begin_resampler(struct tri_libav_sound_coder *coder, const AVFrame *frame)
{
    AVCodecContext *encoder = coder->encoder;
    AVChannelLayout layout = {0};
    if (coder->resampler != NULL && is_like(coder->like, frame))
        return 0;
    int code = coder->resampler != NULL ? drain(coder) : 0;
    coder->drained = false;
    av_frame_unref(coder->like);
    if (code >= 0)
        code = av_channel_layout_copy(&coder->like->ch_layout, &frame->ch_layout);
    coder->like->format = frame->format;
    coder->like->sample_rate = frame->sample_rate;
    if (frame->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(&layout, frame->ch_layout.nb_channels);
    else if (code >= 0)
        code = av_channel_layout_copy(&layout, &frame->ch_layout);
    if (code >= 0)
        code = swr_alloc_set_opts2(&coder->resampler, &encoder->ch_layout, encoder->sample_fmt,
                                   encoder->sample_rate, &layout, frame->format, frame->sample_rate,
                                   0, NULL);
    av_channel_layout_uninit(&layout);
    return code < 0 ? code : swr_init(coder->resampler);
}

/* ---- the sound of a part ---- */

/* Where a frame goes: behind the one before, unless its time says that something is missing, which
 * becomes silence. */
static void place(struct tri_libav_sound *sound, const AVFrame *frame, int64_t begin)
{
    struct tri_libav_sound_coder *coder = &sound->coder;
    const AVCodecContext *encoder = coder->encoder;
    const int64_t time =
        frame->best_effort_timestamp != AV_NOPTS_VALUE
            ? tri_libav_sound_time(sound, frame->best_effort_timestamp, encoder->time_base, begin)
        : coder->begun ? coder->tail
                       : begin;
    if (!coder->begun) {
        coder->begun = true;
        coder->tail = time;
        return;
    }
    const int64_t missing =
        time - coder->tail - swr_get_delay(coder->resampler, encoder->sample_rate);
    if ((double)missing >= JUMP * encoder->sample_rate && av_audio_fifo_size(coder->read) == 0)
        coder->tail += missing;
}

static int take_frames(struct tri_libav_sound *sound, int64_t begin)
{
    struct tri_libav_sound_coder *coder = &sound->coder;
    int code = 0;
    while (code >= 0) {
        code = avcodec_receive_frame(sound->input.decoder, coder->decoded);
        if (code >= 0 && coder->decoded->nb_samples > 0) {
            code = begin_resampler(coder, coder->decoded);
            if (code >= 0) {
                place(sound, coder->decoded, begin);
                code = resample(coder, coder->decoded);
            }
        }
        av_frame_unref(coder->decoded);
    }
    return code == AVERROR(EAGAIN) || code == AVERROR_EOF ? 0 : code;
}

/* Reads and decodes a packet. What cannot be decoded is missing, and becomes silence. */
static int read_more(struct tri_libav_sound *sound, int64_t begin)
{
    struct tri_libav_sound_input *input = &sound->input;
    int code = tri_libav_read_sound(input, sound->packet);
    const bool over = code == AVERROR_EOF;
    if (over && (input->stream == NULL || sound->coder.drained))
        return code;
    if (code < 0 && !over)
        return code;
    code = avcodec_send_packet(input->decoder, over ? NULL : sound->packet);
    av_packet_unref(sound->packet);
    if (code == AVERROR(ENOMEM))
        return code;
    sound->damaged |= code < 0 && code != AVERROR_EOF;
    code = take_frames(sound, begin);
    if (code < 0 && code != AVERROR(ENOMEM)) {
        sound->damaged = true;
        code = 0;
    }
    if (over && code >= 0)
        code = drain(&sound->coder);
    return code;
}

static void begin_part(struct tri_libav_sound_coder *coder)
{
    av_audio_fifo_reset(coder->read);
    swr_free(&coder->resampler);
    coder->begun = coder->drained = false;
}

/* Moves samples that are at their place, or silence, to those to encode, up to `limit`. */
static int move_samples(struct tri_libav_sound_coder *coder, int64_t limit)
{
    const int size = av_audio_fifo_size(coder->read);
    const int64_t head = coder->tail - size;
    if (head > coder->placed) {
        const int64_t silent = (head < limit ? head : limit) - coder->placed;
        coder->placed += silent;
        return put_silence(coder->encoder, coder->ready, silent);
    }
    if (head < coder->placed) {
        const int64_t late = coder->placed - head;
        return av_audio_fifo_drain(coder->read, late < size ? (int)late : size);
    }
    const int64_t left = limit - coder->placed;
    AVFrame *frame = new_frame(coder->encoder, left < size ? (int)left : size);
    int code = frame != NULL ? av_audio_fifo_read(coder->read, (void **)frame->extended_data,
                                                  frame->nb_samples)
                             : AVERROR(ENOMEM);
    if (code >= 0)
        code = put_samples(coder->ready, frame);
    coder->placed += code >= 0 ? frame->nb_samples : 0;
    av_frame_free(&frame);
    return code;
}

/* ---- packets ---- */

static int receive(struct tri_libav_output *output)
{
    struct tri_libav_sound *sound = output->sound;
    int code = 0;
    while (code >= 0) {
        code = avcodec_receive_packet(sound->coder.encoder, sound->packet);
        if (code < 0)
            break;
        av_packet_rescale_ts(sound->packet, sound->coder.encoder->time_base,
                             sound->stream->time_base);
        sound->packet->stream_index = sound->stream->index;
        code = tri_libav_write(output, sound->packet);
    }
    return code == AVERROR(EAGAIN) || code == AVERROR_EOF ? 0 : code;
}

static int encode(struct tri_libav_output *output, int count)
{
    struct tri_libav_sound_coder *coder = &output->sound->coder;
    AVFrame *frame = new_frame(coder->encoder, count);
    int code = frame != NULL
                   ? av_audio_fifo_read(coder->ready, (void **)frame->extended_data, count)
                   : AVERROR(ENOMEM);
    if (code >= 0) {
        frame->pts = coder->encoded;
        coder->encoded += count;
        code = avcodec_send_frame(coder->encoder, frame);
    }
    av_frame_free(&frame);
    return code < 0 ? code : receive(output);
}

/* Encodes what fills frames, and with `all` the rest. */
static int encode_ready(struct tri_libav_output *output, bool all)
{
    const struct tri_libav_sound_coder *coder = &output->sound->coder;
    const int whole = coder->encoder->frame_size > 0 ? coder->encoder->frame_size : CHUNK;
    int code = 0;
    for (int size = av_audio_fifo_size(coder->ready);
         code >= 0 && size > 0 && (size >= whole || all); size = av_audio_fifo_size(coder->ready))
        code = encode(output, size < whole ? size : whole);
    return code;
}

int tri_libav_encode_sound(struct tri_libav_output *output, int64_t limit, bool *done)
{
    struct tri_libav_sound *sound = output->sound;
    struct tri_libav_sound_coder *coder = &sound->coder;
    int64_t begin, end;
    int code = 0;
    *done = false;
    if (!tri_libav_sound_span(sound, coder->encoder->time_base, &begin, &end))
        return 0;
    const int64_t most = limit < end ? limit : end;
    while (code >= 0 && coder->placed < most) {
        if (av_audio_fifo_size(coder->read) > 0) {
            code = move_samples(coder, most);
        } else {
            code = read_more(sound, begin);
            if (code == AVERROR_EOF) {
                code = put_silence(coder->encoder, coder->ready, most - coder->placed);
                coder->placed = most;
            }
        }
    }
    *done = end <= coder->placed;
    if (*done)
        begin_part(coder);
    return code < 0 ? code : encode_ready(output, false);
}

int tri_libav_finish_sound_encoder(struct tri_libav_output *output)
{
    int code = encode_ready(output, true);
    if (code >= 0)
        code = avcodec_send_frame(output->sound->coder.encoder, NULL);
    return code < 0 ? code : receive(output);
}

#endif
