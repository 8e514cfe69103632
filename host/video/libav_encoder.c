/* libav_encoder.c -- chooses and opens the encoder of pictures. */
#include "libav_codec.h"

#include <libavutil/opt.h>
#include <string.h>

#define CRF_MOST 63 /* the highest of any encoder */

static enum tri_status find_codec(const struct tri_video_writer *writer,
                                  const AVOutputFormat *container, const char *name,
                                  const AVCodec **codec, struct tri_error *error)
{
    if (name != NULL) {
        *codec = avcodec_find_encoder_by_name(name);
        if (*codec == NULL || (*codec)->type != AVMEDIA_TYPE_VIDEO)
            return tri_fail(error, TRI_USAGE,
                            "cannot write %s: libavcodec has no video encoder '%s' ('ffmpeg "
                            "-encoders' lists them)",
                            writer->name, name);
        if (avformat_query_codec(container, (*codec)->id, FF_COMPLIANCE_UNOFFICIAL) == 0)
            return tri_fail(error, TRI_USAGE,
                            "cannot write %s: %s cannot store video encoded by %s", writer->name,
                            container->name, name);
        return TRI_OK;
    }
    *codec = avcodec_find_encoder(container->video_codec);
    if (*codec == NULL &&
        avformat_query_codec(container, AV_CODEC_ID_MPEG4, FF_COMPLIANCE_UNOFFICIAL) == 1)
        *codec = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    if (*codec == NULL)
        return tri_fail(
            error, TRI_USAGE,
            "cannot write %s: libavcodec has no encoder for %s; choose another with --video-codec",
            writer->name, avcodec_get_name(container->video_codec));
    return TRI_OK;
}

static enum tri_status set_quality(const struct tri_video_writer *writer, const AVCodec *codec,
                                   int crf, AVCodecContext *encoder, struct tri_error *error)
{
    char text[16];
    const bool known =
        encoder->priv_data != NULL && av_opt_find(encoder->priv_data, "crf", NULL, 0, 0) != NULL;
    if (crf < 0) {
        /* Without a quality these use 200 kbit/s, however bad the result. */
        const bool old = codec->id == AV_CODEC_ID_MPEG4 || codec->id == AV_CODEC_ID_MPEG2VIDEO ||
                         codec->id == AV_CODEC_ID_MPEG1VIDEO || codec->id == AV_CODEC_ID_MJPEG ||
                         codec->id == AV_CODEC_ID_FLV1 || codec->id == AV_CODEC_ID_MSMPEG4V3;
        if (old && !known) {
            encoder->flags |= AV_CODEC_FLAG_QSCALE;
            encoder->global_quality = 3 * FF_QP2LAMBDA;
        }
        return TRI_OK;
    }
    if (!known)
        return tri_fail(error, TRI_USAGE, "cannot write %s: the encoder %s does not support --crf",
                        writer->name, codec->name);
    snprintf(text, sizeof text, "%d", crf);
    if (crf > CRF_MOST || av_opt_set(encoder->priv_data, "crf", text, 0) < 0)
        return tri_fail(error, TRI_USAGE, "cannot write %s: invalid --crf %d for %s", writer->name,
                        crf, codec->name);
    return TRI_OK;
}

void tri_libav_tune(const AVCodec *codec, const struct tri_video *video, AVCodecContext *encoder)
{
    char light[TRI_X265_LIGHT], params[TRI_X265_LIGHT + 40];
    const bool alone = encoder->thread_count == 1; /* these have threads of another count */
    tri_libav_x265_light(video, light);
    snprintf(params, sizeof params, "log-level=none%s%s", alone ? ":pools=1" : "", light);
    if (strcmp(codec->name, "libx265") == 0)
        av_opt_set(encoder->priv_data, "x265-params", params, 0);
    else if (strcmp(codec->name, "libvpx") == 0 && tri_libav_has_alpha(encoder->pix_fmt))
        av_opt_set(encoder->priv_data, "auto-alt-ref", "0", 0);
}

enum tri_status tri_libav_open_encoder(struct tri_video_writer *writer,
                                       struct tri_libav_output *output,
                                       const struct tri_video_write_options *options,
                                       struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    const AVCodec *codec = NULL;
    enum tri_status status =
        find_codec(writer, output->format->oformat, options->video_codec, &codec, error);
    if (status == TRI_OK && options->parallel > 0)
        status = tri_libav_check_segments(writer, codec, error);
    if (status != TRI_OK)
        return status;
    AVCodecContext *encoder = output->encoder = avcodec_alloc_context3(codec);
    if (encoder == NULL)
        return tri_libav_cannot_write(writer, AVERROR(ENOMEM), error);
    encoder->width = video->width;
    encoder->height = video->height;
    encoder->thread_count = options->parallel > 0 ? 1 : writer->threads;
    output->crf = options->crf;
    if (output->format->oformat->flags & AVFMT_GLOBALHEADER)
        encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    snprintf(output->in, sizeof output->in, "%s in %s", codec->name, output->format->oformat->name);
    tri_libav_tag(encoder, video, output->source != NULL ? options->source : NULL);
    status = tri_libav_choose_times(writer, output, codec, options, error);
    if (status == TRI_OK)
        status = tri_libav_choose_pixels(writer, output, options, codec, error);
    if (status == TRI_OK)
        status = set_quality(writer, codec, options->crf, encoder, error);
    if (status != TRI_OK)
        return status;
    tri_libav_tune(codec, video, encoder);
    const int code = avcodec_open2(encoder, codec, NULL);
    return code < 0 ? tri_libav_refuse_size(writer, codec, encoder->pix_fmt, code, error) : TRI_OK;
}

AVCodecContext *tri_libav_prepare_another(const struct tri_video_writer *writer)
{
    const struct tri_libav_output *output = writer->state;
    const AVCodecContext *like = output->encoder;
    AVCodecContext *encoder = avcodec_alloc_context3(like->codec);
    if (encoder == NULL)
        return NULL;
    encoder->width = like->width;
    encoder->height = like->height;
    encoder->pix_fmt = like->pix_fmt;
    encoder->time_base = like->time_base;
    encoder->framerate = like->framerate;
    encoder->sample_aspect_ratio = like->sample_aspect_ratio;
    encoder->field_order = like->field_order;
    encoder->color_range = like->color_range;
    encoder->colorspace = like->colorspace;
    encoder->color_primaries = like->color_primaries;
    encoder->color_trc = like->color_trc;
    encoder->chroma_sample_location = like->chroma_sample_location;
    encoder->flags = like->flags;
    encoder->thread_count = 1;
    set_quality(writer, like->codec, output->crf, encoder, NULL); /* has been accepted before */
    tri_libav_tune(like->codec, &writer->video, encoder);
    return encoder;
}
