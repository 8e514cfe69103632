/* libav_write.c -- encoding and muxing. */
#include "libav_codec.h"

#include <libavutil/avstring.h>
#include <libavutil/opt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES (1 << 18)
#define MP4_NAMES "mp4,mov,3gp,3g2,ipod,psp,f4v,ismv"
#define CRF_MOST 63 /* of any encoder */
#define GIF_LEAST 2 /* hundredths of a second for a frame: fewer are shown as 10 */

static enum tri_status cannot_write(const struct tri_video_writer *writer, int code, struct tri_error *error)
{
    char text[TRI_LIBAV_TEXT];
    return tri_fail(error, TRI_FAILED, "cannot write %s: %s", writer->name, tri_libav_reason(code, text));
}

/* ---- bytes ---- */

#if LIBAVFORMAT_VERSION_MAJOR < 61
static int write_bytes(void *context, uint8_t *data, int size)
#else
static int write_bytes(void *context, const uint8_t *data, int size)
#endif
{
    const struct tri_libav_output *output = context;
    for (int at = 0; at < size;) {
        const ssize_t done = write(output->descriptor, data + at, (size_t)(size - at));
        if (done < 0 && errno != EINTR)
            return AVERROR(errno);
        at += done > 0 ? (int)done : 0;
    }
    return size;
}

static int64_t seek_bytes(void *context, int64_t offset, int whence)
{
    const struct tri_libav_output *output = context;
    const off_t at = whence == AVSEEK_SIZE ? -1 : lseek(output->descriptor, offset, whence & ~AVSEEK_FORCE);
    return at < 0 ? AVERROR(errno != 0 ? errno : ENOSYS) : at;
}

static enum tri_status open_file(struct tri_video_writer *writer, struct tri_libav_output *output, const char *path,
                                 const struct tri_video_write_options *options, struct tri_error *error)
{
    const enum tri_status status = tri_output_open(path, &output->file, error);
    if (status != TRI_OK)
        return status;
    output->file.tell = options->pictures.tell;
    output->file.listener = options->pictures.listener;
    unsigned char *buffer = av_malloc(BUFFER_BYTES);
    if (buffer == NULL)
        return cannot_write(writer, AVERROR(ENOMEM), error);
    output->descriptor = fileno(output->file.file);
    /* What is written in place may be a pipe: nothing is sought there. */
    const bool regular = output->file.temporary != NULL;
    output->io =
        avio_alloc_context(buffer, BUFFER_BYTES, 1, output, NULL, write_bytes, regular ? seek_bytes : NULL);
    if (output->io == NULL) {
        av_free(buffer);
        return cannot_write(writer, AVERROR(ENOMEM), error);
    }
    output->format->pb = output->io;
    return TRI_OK;
}

/* ---- the encoder ---- */

static enum tri_status find_codec(const struct tri_video_writer *writer, const AVOutputFormat *container,
                                  const char *name, const AVCodec **codec, struct tri_error *error)
{
    if (name != NULL) {
        *codec = avcodec_find_encoder_by_name(name);
        if (*codec == NULL || (*codec)->type != AVMEDIA_TYPE_VIDEO)
            return tri_fail(error, TRI_USAGE, "cannot write %s: '%s' is no video encoder of libavcodec",
                            writer->name, name);
        if (avformat_query_codec(container, (*codec)->id, FF_COMPLIANCE_UNOFFICIAL) == 0)
            return tri_fail(error, TRI_USAGE, "cannot write %s: %s cannot hold video of %s", writer->name,
                            container->name, name);
        return TRI_OK;
    }
    *codec = avcodec_find_encoder(container->video_codec);
    if (*codec == NULL && avformat_query_codec(container, AV_CODEC_ID_MPEG4, FF_COMPLIANCE_UNOFFICIAL) == 1)
        *codec = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    if (*codec == NULL)
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: libavcodec has no encoder for %s; name another one", writer->name,
                        avcodec_get_name(container->video_codec));
    return TRI_OK;
}

static bool same_chroma(const struct tri_video *a, const struct tri_video *b)
{
    return a->planes == b->planes && a->shift_x == b->shift_x && a->shift_y == b->shift_y &&
           (a->matrix == TRI_RGB) == (b->matrix == TRI_RGB);
}

/* libavutil has names of their own for some layouts where they are of full range. */
static bool is_full_range_name(enum AVPixelFormat format)
{
    const char *name = av_get_pix_fmt_name(format);
    return name != NULL && strncmp(name, "yuvj", 4) == 0;
}

/* The planar format with these planes and the fewest bits that suffice; AV_PIX_FMT_NONE: there is none. */
static enum AVPixelFormat planar_format(const struct tri_video *video)
{
    enum AVPixelFormat best = AV_PIX_FMT_NONE;
    int bits = 17;
    for (const AVPixFmtDescriptor *desc = av_pix_fmt_desc_next(NULL); desc != NULL;
         desc = av_pix_fmt_desc_next(desc)) {
        const enum AVPixelFormat format = av_pix_fmt_desc_get_id(desc);
        struct tri_video own = {0};
        if ((desc->flags & AV_PIX_FMT_FLAG_ALPHA) || is_full_range_name(format) ||
            !tri_libav_is_planar(desc) || !tri_libav_layout(format, &own) || !same_chroma(&own, video) ||
            own.bits < video->bits || own.bits >= bits)
            continue;
        best = format;
        bits = own.bits;
    }
    return best;
}

static enum AVPixelFormat full_range_twin(enum AVPixelFormat format)
{
    switch (format) {
    case AV_PIX_FMT_YUV420P:
        return AV_PIX_FMT_YUVJ420P;
    case AV_PIX_FMT_YUV422P:
        return AV_PIX_FMT_YUVJ422P;
    case AV_PIX_FMT_YUV444P:
        return AV_PIX_FMT_YUVJ444P;
    case AV_PIX_FMT_YUV440P:
        return AV_PIX_FMT_YUVJ440P;
    default:
        return format;
    }
}

/* What an encoder takes, lists with an end; NULL where it takes anything. */
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
static const void *taken(const AVCodec *codec, enum AVCodecConfig config)
{
    const void *list = NULL;
    return avcodec_get_supported_config(NULL, codec, config, 0, &list, NULL) >= 0 ? list : NULL;
}
#define taken_formats(codec) ((const enum AVPixelFormat *)taken(codec, AV_CODEC_CONFIG_PIX_FORMAT))
#define taken_rates(codec) ((const AVRational *)taken(codec, AV_CODEC_CONFIG_FRAME_RATE))
#else
#define taken_formats(codec) ((codec)->pix_fmts)
#define taken_rates(codec) ((codec)->supported_framerates)
#endif

static bool has(const enum AVPixelFormat *list, enum AVPixelFormat format)
{
    while (*list != AV_PIX_FMT_NONE && *list != format)
        list++;
    return *list == format;
}

static enum AVPixelFormat nearest_format(const AVCodec *codec, enum AVPixelFormat planar, bool full_range)
{
    const enum AVPixelFormat *formats = taken_formats(codec);
    const enum AVPixelFormat twin = full_range_twin(planar);
    if (formats == NULL)
        return planar;
    /* JPEG knows nothing but the full range. */
    if (has(formats, twin) && (full_range || codec->id == AV_CODEC_ID_MJPEG))
        return twin;
    return avcodec_find_best_pix_fmt_of_list(formats, planar, 0, NULL);
}

/* The encoder's pixels, and whether planes go into them directly. */
static enum tri_status choose_pixels(const struct tri_video_writer *writer, struct tri_libav_output *output,
                                     const struct tri_video_write_options *options, const AVCodec *codec, struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    AVCodecContext *encoder = output->encoder;
    struct tri_video own = {0};
    output->planar = planar_format(video);
    if (output->planar == AV_PIX_FMT_NONE)
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: libavutil has no pixel format for %d bits and such chroma",
                        writer->name, video->bits);
    encoder->pix_fmt = nearest_format(codec, output->planar, video->full_range);
    if (tri_libav_take_pixels(writer, options, codec, taken_formats(codec), &encoder->pix_fmt, error) != TRI_OK)
        return TRI_USAGE;
    const bool known = tri_libav_layout(encoder->pix_fmt, &own);
    const bool narrow = is_full_range_name(encoder->pix_fmt) && !video->full_range;
    if (known && tri_libav_is_planar(av_pix_fmt_desc_get(encoder->pix_fmt)) && !narrow &&
        (same_chroma(&own, video) || (video->planes == 1 && own.matrix != TRI_RGB)))
        output->planar = encoder->pix_fmt;
    if (is_full_range_name(encoder->pix_fmt))
        encoder->color_range = AVCOL_RANGE_JPEG;
    if (known && own.matrix == TRI_RGB) {
        encoder->colorspace = AVCOL_SPC_RGB;
        encoder->color_range = AVCOL_RANGE_JPEG;
    } else if (video->matrix == TRI_RGB) {
        encoder->colorspace = video->height > 576 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
        encoder->color_range = is_full_range_name(encoder->pix_fmt) ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    }
    return TRI_OK;
}

/* Frames keep their times as far as the container and the codec know times that are no multiples of the
 * rate's. */
static void choose_times(const struct tri_video *video, const AVOutputFormat *container, const AVCodec *codec,
                         AVCodecContext *encoder)
{
    AVRational rate = tri_libav_fraction(video->rate, (AVRational){25, 1});
    /* MP4 can, but does not say so. */
    bool regular = !(container->flags & AVFMT_VARIABLE_FPS) && av_match_name(container->name, MP4_NAMES) == 0;
    const AVRational *rates = taken_rates(codec);
    if (rates != NULL) {
        rate = rates[av_find_nearest_q_idx(rate, rates)];
        regular = true;
    }
    encoder->framerate = rate;
    encoder->time_base = tri_libav_fraction(video->time_base, av_inv_q(rate));
    if (regular || (codec->id == AV_CODEC_ID_MPEG4 && encoder->time_base.den > 65535))
        encoder->time_base = av_inv_q(rate);
    if (codec->id == AV_CODEC_ID_GIF)
        encoder->time_base = (AVRational){1, 100};
}

static enum tri_status set_quality(const struct tri_video_writer *writer, const AVCodec *codec, int crf,
                                   AVCodecContext *encoder, struct tri_error *error)
{
    char text[16];
    const bool known =
        encoder->priv_data != NULL && av_opt_find(encoder->priv_data, "crf", NULL, 0, 0) != NULL;
    if (crf < 0) {
        /* Without a quality these would get by with 200 kbit/s, whatever comes of it. */
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
        return tri_fail(error, TRI_USAGE, "cannot write %s: the encoder %s has no constant rate factor",
                        writer->name, codec->name);
    snprintf(text, sizeof text, "%d", crf);
    if (crf > CRF_MOST || av_opt_set(encoder->priv_data, "crf", text, 0) < 0)
        return tri_fail(error, TRI_USAGE, "cannot write %s: %d is no constant rate factor of %s",
                        writer->name, crf, codec->name);
    return TRI_OK;
}

/* These write to standard error by themselves. */
static void silence(const AVCodec *codec, AVCodecContext *encoder)
{
    if (strcmp(codec->name, "libx265") == 0)
        av_opt_set(encoder->priv_data, "x265-params", "log-level=none", 0);
    else if (strcmp(codec->name, "libsvtav1") == 0)
        setenv("SVT_LOG", "1", 0);
}

static enum tri_status open_encoder(struct tri_video_writer *writer, struct tri_libav_output *output,
                                    const struct tri_video_write_options *options, struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    const AVCodec *codec = NULL;
    enum tri_status status = find_codec(writer, output->format->oformat, options->video_codec, &codec, error);
    if (status != TRI_OK)
        return status;
    AVCodecContext *encoder = output->encoder = avcodec_alloc_context3(codec);
    if (encoder == NULL)
        return cannot_write(writer, AVERROR(ENOMEM), error);
    encoder->width = video->width;
    encoder->height = video->height;
    encoder->thread_count = writer->threads;
    if (output->format->oformat->flags & AVFMT_GLOBALHEADER)
        encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    tri_libav_tag(encoder, video, output->source != NULL ? options->source : NULL);
    choose_times(video, output->format->oformat, codec, encoder);
    status = choose_pixels(writer, output, options, codec, error);
    if (status == TRI_OK)
        status = set_quality(writer, codec, options->crf, encoder, error);
    if (status != TRI_OK)
        return status;
    silence(codec, encoder);
    const int code = avcodec_open2(encoder, codec, NULL);
    return code < 0 ? tri_libav_refuse_size(writer, codec, encoder->pix_fmt, taken_formats(codec), code, error) : TRI_OK;
}

/* ---- the file ---- */

static enum tri_status add_video(struct tri_video_writer *writer, struct tri_libav_output *output,
                                 struct tri_error *error)
{
    output->stream = avformat_new_stream(output->format, NULL);
    const int code = output->stream != NULL
                         ? avcodec_parameters_from_context(output->stream->codecpar, output->encoder)
                         : AVERROR(ENOMEM);
    if (code < 0)
        return cannot_write(writer, code, error);
    output->stream->time_base = output->encoder->time_base;
    output->stream->avg_frame_rate = output->encoder->framerate;
    output->stream->sample_aspect_ratio = output->encoder->sample_aspect_ratio;
    const bool done = output->source != NULL     ? tri_libav_copy_side_data(output->source, output->stream)
                      : writer->video.rotation != 0 ? tri_libav_rotate(output->stream, writer->video.rotation)
                                                    : true;
    return done ? TRI_OK : cannot_write(writer, AVERROR(ENOMEM), error);
}

static enum tri_status begin_file(struct tri_video_writer *writer, struct tri_libav_output *output, const char *path,
                                  const struct tri_video_write_options *options, struct tri_error *error)
{
    char text[TRI_LIBAV_TEXT];
    const enum tri_status status = open_file(writer, output, path, options, error);
    if (status != TRI_OK)
        return status;
    output->format->flags |= AVFMT_FLAG_BITEXACT; /* no random numbers: the same frames give the same file */
    const int code = avformat_write_header(output->format, NULL);
    if (code == AVERROR(EINVAL) && output->io->seekable == 0)
        return tri_fail(
            error, TRI_FAILED,
            "cannot write %s: %s may need a file that can be sought in, as matroska and mpegts do not (%s)",
            writer->name, output->format->oformat->name, tri_libav_reason(code, text));
    output->header = code >= 0;
    return code < 0 ? cannot_write(writer, code, error) : TRI_OK;
}

static void free_output(struct tri_libav_output *output)
{
    tri_libav_free_scalers(output);
    pthread_mutex_destroy(&output->lock);
    av_packet_free(&output->packet);
    avcodec_free_context(&output->encoder);
    avformat_free_context(output->format);
    if (output->io != NULL)
        av_freep(&output->io->buffer);
    avio_context_free(&output->io);
    free(output->streams);
    free(output);
}

enum tri_status tri_libav_create(struct tri_video_writer *writer, const char *path,
                                 const struct tri_video_write_options *options, struct tri_error *error)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash != NULL ? slash : path, '.');
    const char *format = options->format != NULL ? options->format : dot != NULL ? dot + 1 : "";
    struct tri_libav_output *output = calloc(1, sizeof *output);
    if (output == NULL || pthread_mutex_init(&output->lock, NULL) != 0) {
        free(output);
        return cannot_write(writer, AVERROR(ENOMEM), error);
    }
    av_log_set_level(AV_LOG_QUIET); /* as in tri_libav_open */
    writer->state = output;
    if (writer->video.planes == 1 && writer->video.matrix == TRI_RGB) /* the gray of pictures */
        writer->video.matrix = tri_video_usual_matrix(writer->video.height);
    output->last = AV_NOPTS_VALUE;
    output->packet = av_packet_alloc();
    if (options->source != NULL && options->source->codec->open == tri_libav_open)
        output->source = options->source->state;
    output->reader = output->source != NULL ? options->source : NULL;
    const int code = avformat_alloc_output_context2(&output->format, tri_libav_container(format), NULL, path);
    enum tri_status status = code >= 0 && output->packet != NULL
                                 ? open_encoder(writer, output, options, error)
                                 : cannot_write(writer, code < 0 ? code : AVERROR(ENOMEM), error);
    if (status == TRI_OK)
        status = add_video(writer, output, error);
    if (status == TRI_OK && output->source != NULL)
        status = tri_libav_copy(writer, output, options, error);
    if (status == TRI_OK)
        status = begin_file(writer, output, path, options, error);
    if (status != TRI_OK) {
        struct tri_output file = output->file;
        free_output(output);
        tri_output_close(&file, status, NULL);
    }
    return status;
}

/* ---- frames ---- */

/* Encoding is counted apart, for whoever asks where the time goes. */
static int encode_frame(struct tri_video_writer *writer, const AVFrame *frame)
{
    const struct tri_libav_output *output = writer->state;
    const int64_t start = tri_now_ns();
    const int code = avcodec_send_frame(output->encoder, frame);
    writer->encode_ns += tri_now_ns() - start;
    return code;
}

static int receive_packet(struct tri_video_writer *writer)
{
    const struct tri_libav_output *output = writer->state;
    const int64_t start = tri_now_ns();
    const int code = avcodec_receive_packet(output->encoder, output->packet);
    writer->encode_ns += tri_now_ns() - start;
    return code;
}

/* Sends a frame, or NULL at the end, and writes the packets that there are then. */
static int send_frame(struct tri_video_writer *writer, const AVFrame *frame)
{
    struct tri_libav_output *output = writer->state;
    AVPacket *packet = output->packet;
    int code = encode_frame(writer, frame);
    if (code == AVERROR_EOF)
        return 0;
    while (code >= 0) {
        code = receive_packet(writer);
        if (code < 0)
            break;
        packet->stream_index = output->stream->index;
        if (packet->duration <= 0) /* of the last frame of all it matters */
            packet->duration = output->duration;
        av_packet_rescale_ts(packet, output->encoder->time_base, output->stream->time_base);
        packet->pts += packet->pts != AV_NOPTS_VALUE ? output->shift : 0;
        packet->dts += packet->dts != AV_NOPTS_VALUE ? output->shift : 0;
        code = tri_libav_write(output, packet);
    }
    return code == AVERROR(EAGAIN) || code == AVERROR_EOF ? 0 : code;
}

/* False: the frame comes too soon behind the one before. */
static bool set_times(const struct tri_video_writer *writer, const struct tri_frame *frame, AVFrame *raw)
{
    struct tri_libav_output *output = writer->state;
    const AVRational to = output->encoder->time_base, from = tri_libav_fraction(writer->video.time_base, to);
    raw->pts = av_rescale_q(frame->time, from, to);
    if (output->last == AV_NOPTS_VALUE)
        output->shift = av_rescale_q(frame->time, from, output->stream->time_base) -
                        av_rescale_q(raw->pts, to, output->stream->time_base);
    if (output->last != AV_NOPTS_VALUE && output->encoder->codec_id == AV_CODEC_ID_GIF &&
        raw->pts < output->last + GIF_LEAST)
        return false;
    if (output->last != AV_NOPTS_VALUE && raw->pts <= output->last) /* encoders want them to grow */
        raw->pts = output->last + 1;
    output->last = raw->pts;
    output->duration = av_rescale_q(frame->duration, from, to);
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    raw->duration = output->duration;
#else
    raw->pkt_duration = output->duration;
#endif
    return true;
}

enum tri_status tri_libav_put(struct tri_video_writer *writer, struct tri_frame *frame,
                              struct tri_error *error)
{
    struct tri_libav_output *output = writer->state;
    AVFrame *raw = frame->raw;
    frame->raw = NULL;
    const bool soon = !set_times(writer, frame, raw);
    int code = tri_libav_write_kept(output);
    if (code >= 0 && !soon)
        code = send_frame(writer, raw);
    av_frame_free(&raw);
    if (code >= 0)
        code = output->io->error;
    return code < 0 ? cannot_write(writer, code, error) : TRI_OK;
}

/* Data that a failure has held up are not written after it. */
static int finish(struct tri_video_writer *writer)
{
    struct tri_libav_output *output = writer->state;
    int code = send_frame(writer, NULL);
    if (code >= 0)
        code = tri_libav_write_kept(output);
    long refused;
    do { /* until nothing is left that fails */
        refused = output->refused;
        code = code < 0 ? code : tri_libav_write(output, NULL);
    } while (output->refused > refused);
    if (code >= 0)
        code = av_write_trailer(output->format);
    avio_flush(output->io);
    return code < 0 ? code : output->io->error;
}

enum tri_status tri_libav_end(struct tri_video_writer *writer, enum tri_status so_far,
                              struct tri_error *error)
{
    struct tri_libav_output *output = writer->state;
    struct tri_output file = output->file;
    enum tri_status status = so_far;
    if (status == TRI_OK) {
        const int code = finish(writer);
        if (code < 0)
            status = cannot_write(writer, code, error);
    }
    if (output->refused > 0 && !output->reader->warning[0])
        snprintf(output->reader->warning, sizeof output->reader->warning,
                 "%ld damaged packets of its sound or subtitles were left out", output->refused);
    free_output(output);
    return tri_output_close(&file, status, error);
}
