/* libav_write.c -- frames to the encoder, and its packets into a file. */
#include "libav_codec.h"

#include <libavutil/opt.h>
#include <stdlib.h>
#include <string.h>

enum tri_status tri_libav_cannot_write(const struct tri_video_writer *writer, int code,
                                       struct tri_error *error)
{
    char text[TRI_LIBAV_TEXT];
    const struct tri_libav_output *output = writer->state;
    if (output != NULL && tri_libav_sound_trouble(output) != NULL)
        return tri_fail(error, TRI_FAILED, "%s", tri_libav_sound_trouble(output));
    if (output != NULL && output->complaint != NULL)
        return tri_fail(error, TRI_FAILED, "cannot write %s: %s; leave out --encode-parallel",
                        writer->name, output->complaint);
    return tri_fail(error, TRI_FAILED, "cannot write %s: %s", writer->name,
                    tri_libav_reason(code, text));
}

/* ---- the file ---- */

static enum tri_status add_video(struct tri_video_writer *writer, struct tri_libav_output *output,
                                 struct tri_error *error)
{
    output->stream = avformat_new_stream(output->format, NULL);
    const int code =
        output->stream != NULL
            ? avcodec_parameters_from_context(output->stream->codecpar, output->encoder)
            : AVERROR(ENOMEM);
    if (code < 0)
        return tri_libav_cannot_write(writer, code, error);
    output->stream->time_base = output->encoder->time_base;
    output->stream->avg_frame_rate = output->encoder->framerate;
    output->stream->sample_aspect_ratio = output->encoder->sample_aspect_ratio;
    const bool done =
        output->source != NULL        ? tri_libav_copy_side_data(output->source, output->stream)
        : writer->video.rotation != 0 ? tri_libav_rotate(output->stream, writer->video.rotation)
                                      : true;
    return done && tri_libav_say_light(&writer->video, output->stream)
               ? TRI_OK
               : tri_libav_cannot_write(writer, AVERROR(ENOMEM), error);
}

/* How often it is shown, if the format stores that: GIF stores repeats, -1 once, 0 endlessly; APNG
 * stores plays, 0 endlessly. */
static void set_plays(struct tri_video_writer *writer, AVFormatContext *format)
{
    const struct tri_video *video = &writer->video;
    writer->keeps_plays =
        strcmp(format->oformat->name, "gif") == 0 || strcmp(format->oformat->name, "apng") == 0;
    if (video->plays == 0 || format->priv_data == NULL)
        return;
    if (strcmp(format->oformat->name, "gif") == 0)
        av_opt_set_int(format->priv_data, "loop",
                       video->plays < 0           ? 0
                       : video->plays == 1        ? -1
                       : video->plays - 1 < 65535 ? video->plays - 1
                                                  : 65535,
                       0);
    if (strcmp(format->oformat->name, "apng") == 0)
        av_opt_set_int(format->priv_data, "plays",
                       video->plays < 0       ? 0
                       : video->plays < 65535 ? video->plays
                                              : 65535,
                       0);
}

static enum tri_status begin_file(struct tri_video_writer *writer, struct tri_libav_output *output,
                                  const char *path, const struct tri_video_write_options *options,
                                  struct tri_error *error)
{
    char text[TRI_LIBAV_TEXT];
    const enum tri_status status = tri_output_open(path, &output->file, error);
    if (status != TRI_OK)
        return status;
    output->file.tell = options->pictures.tell;
    output->file.listener = options->pictures.listener;
    if (!tri_libav_open_bytes(output))
        return tri_libav_cannot_write(writer, AVERROR(ENOMEM), error);
    set_plays(writer, output->format);
    /* No random numbers: the same frames give the same file. */
    output->format->flags |= AVFMT_FLAG_BITEXACT;
    int code = avformat_write_header(output->format, NULL);
    if (code >= 0)
        code = output->failure;
    if (code == AVERROR(EINVAL) && output->io->seekable == 0)
        return tri_fail(
            error, TRI_FAILED,
            "cannot write %s: %s may need a seekable file, unlike matroska and mpegts (%s)",
            writer->name, output->format->oformat->name, tri_libav_reason(code, text));
    output->header = code >= 0;
    return code < 0 ? tri_libav_cannot_write(writer, code, error) : TRI_OK;
}

static void free_output(struct tri_libav_output *output)
{
    tri_libav_free_segments(output->segments);
    tri_libav_free_sound(output);
    tri_libav_free_scalers(output);
    pthread_mutex_destroy(&output->lock);
    av_packet_free(&output->packet);
    av_frame_free(&output->newest);
    avcodec_free_context(&output->encoder);
    avformat_free_context(output->format);
    tri_libav_close_bytes(output);
    free(output->streams);
    free(output->starts);
    free(output->narrow[0]);
    free(output->narrow[1]);
    free(output);
}

static enum tri_status take_colours(const struct tri_video_writer *writer,
                                    struct tri_libav_output *output,
                                    const struct tri_write_options *options,
                                    struct tri_error *error)
{
    output->colours = (struct tri_libav_colours){options->colours, options->dither == TRI_DITHER};
    return options->colours == 0 || output->encoder->pix_fmt == AV_PIX_FMT_PAL8
               ? TRI_OK
               : tri_fail(error, TRI_USAGE,
                          "cannot write %s: --colors is for formats with a palette, such as gif",
                          writer->name);
}

enum tri_status tri_libav_create(struct tri_video_writer *writer, const char *path,
                                 const struct tri_video_write_options *options,
                                 struct tri_error *error)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash != NULL ? slash : path, '.');
    const char *format = options->format != NULL ? options->format : dot != NULL ? dot + 1 : "";
    struct tri_libav_output *output = calloc(1, sizeof *output);
    if (output == NULL || pthread_mutex_init(&output->lock, NULL) != 0) {
        free(output);
        return tri_libav_cannot_write(writer, AVERROR(ENOMEM), error);
    }
    av_log_set_level(AV_LOG_QUIET); /* as in tri_libav_open */
    writer->state = output;
    if (writer->video.planes == 1 && writer->video.matrix == TRI_RGB) /* gray pictures */
        writer->video.matrix = tri_video_usual_matrix(writer->video.height);
    output->last = AV_NOPTS_VALUE;
    output->packet = av_packet_alloc();
    if (options->source != NULL && options->source->codec->open == tri_libav_open)
        output->source = options->source->state;
    output->reader = output->source != NULL ? options->source : NULL;
    const int code =
        avformat_alloc_output_context2(&output->format, tri_libav_container(format), NULL, path);
    enum tri_status status =
        code >= 0 && output->packet != NULL
            ? tri_libav_open_encoder(writer, output, options, error)
            : tri_libav_cannot_write(writer, code < 0 ? code : AVERROR(ENOMEM), error);
    if (status == TRI_OK)
        status = take_colours(writer, output, &options->pictures, error);
    if (status == TRI_OK)
        status = tri_libav_begin_segments(writer, output, options, error);
    if (status == TRI_OK)
        status = add_video(writer, output, error);
    if (status == TRI_OK && output->source != NULL)
        status = tri_libav_copy(writer, output, options, error);
    if (status == TRI_OK)
        status = tri_libav_begin_sound(writer, options, error);
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

/* Encoding time is measured separately, for reports. */
static int encode_frame(struct tri_video_writer *writer, const AVFrame *frame)
{
    const struct tri_libav_output *output = writer->state;
    const int64_t start = tri_now_ns();
    const tri_trace_mark mark = tri_trace_module_begin(TRI_TRACE_CODEC, "send to encoder", start);
    const int code = avcodec_send_frame(output->encoder, frame);
    const int64_t end = tri_now_ns();
    tri_trace_module_end(mark, 0, end);
    writer->encode_ns += end - start;
    return code;
}

static int receive_packet(struct tri_video_writer *writer)
{
    const struct tri_libav_output *output = writer->state;
    const int64_t start = tri_now_ns();
    const tri_trace_mark mark = tri_trace_module_begin(TRI_TRACE_CODEC, "take from encoder", start);
    const int code = avcodec_receive_packet(output->encoder, output->packet);
    const int64_t end = tri_now_ns();
    tri_trace_module_end(mark, code == 0 ? output->packet->size : 0, end);
    writer->encode_ns += end - start;
    return code;
}

int tri_libav_put_packet(struct tri_video_writer *writer, AVPacket *packet)
{
    struct tri_libav_output *output = writer->state;
    packet->stream_index = output->stream->index;
    if (packet->duration <= 0) /* matters for the very last frame */
        packet->duration = output->duration;
    av_packet_rescale_ts(packet, output->encoder->time_base, output->stream->time_base);
    packet->pts += packet->pts != AV_NOPTS_VALUE ? output->shift : 0;
    packet->dts += packet->dts != AV_NOPTS_VALUE ? output->shift : 0;
    return tri_libav_write(output, packet);
}

/* Sends a frame, or NULL at the end, and writes the packets that are ready. */
static int send_frame(struct tri_video_writer *writer, const AVFrame *frame)
{
    struct tri_libav_output *output = writer->state;
    if (output->segments != NULL)
        return frame != NULL ? tri_libav_put_segment(output->segments, frame)
                             : tri_libav_finish_segments(output->segments);
    int code = encode_frame(writer, frame);
    if (code == AVERROR_EOF)
        return 0;
    while (code >= 0) {
        code = receive_packet(writer);
        if (code >= 0)
            code = tri_libav_put_packet(writer, output->packet);
    }
    return code == AVERROR(EAGAIN) || code == AVERROR_EOF ? 0 : code;
}

static void set_duration(AVFrame *raw, int64_t duration)
{
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    raw->duration = duration;
#else
    raw->pkt_duration = duration;
#endif
}

/* The part of the first frame's time that the encoder's time base cannot represent. */
static void set_shift(struct tri_libav_output *output, int64_t time, AVRational from, int64_t pts)
{
    output->shift = av_rescale_q(time, from, output->stream->time_base) -
                    av_rescale_q(pts, output->encoder->time_base, output->stream->time_base);
}

/* Writes each frame at its own time. */
static int put_at(struct tri_video_writer *writer, const struct tri_frame *frame, AVFrame *raw)
{
    struct tri_libav_output *output = writer->state;
    const AVRational to = output->encoder->time_base,
                     from = tri_libav_fraction(writer->video.time_base, to);
    const bool first = output->last == AV_NOPTS_VALUE;
    raw->pts = av_rescale_q(frame->time, from, to);
    if (first)
        set_shift(output, frame->time, from, raw->pts);
    if (!first && output->encoder->codec_id == AV_CODEC_ID_GIF &&
        raw->pts < output->last + 100 / TRI_GIF_RATE) {
        output->soon++;
        return 0;
    }
    if (!first && raw->pts <= output->last) /* encoders need increasing times */
        raw->pts = output->last + 1;
    output->last = raw->pts;
    output->duration = av_rescale_q(frame->duration, from, to);
    set_duration(raw, output->duration);
    return send_frame(writer, raw);
}

static int send_newest(struct tri_video_writer *writer, long count)
{
    struct tri_libav_output *output = writer->state;
    const AVRational step = av_inv_q(output->encoder->framerate);
    int code = 0;
    for (long i = 0; i < count && code >= 0; i++) {
        output->newest->pts =
            output->first + av_rescale_q(output->places++, step, output->encoder->time_base);
        code = send_frame(writer, output->newest);
        /* Captions are read in sequence, not shown per frame. */
        av_frame_remove_side_data(output->newest, AV_FRAME_DATA_A53_CC);
    }
    output->captions_left |= count == 0 && output->newest != NULL &&
                             av_frame_get_side_data(output->newest, AV_FRAME_DATA_A53_CC) != NULL;
    return code;
}

/* Writes each frame in its slot at a constant rate. Takes ownership of `raw`. */
static int put_paced(struct tri_video_writer *writer, const struct tri_frame *frame, AVFrame *raw)
{
    struct tri_libav_output *output = writer->state;
    const AVRational to = output->encoder->time_base,
                     from = tri_libav_fraction(writer->video.time_base, to);
    const long count = tri_pace_next(&output->pace, frame->time, frame->duration);
    if (output->newest == NULL) {
        output->first = av_rescale_q(frame->time, from, to);
        output->duration = av_rescale_q(1, av_inv_q(output->encoder->framerate), to);
        set_shift(output, frame->time, from, output->first);
    }
    const int code = send_newest(writer, count);
    av_frame_free(&output->newest);
    output->newest = raw;
    set_duration(raw, output->duration);
    return code;
}

enum tri_status tri_libav_put(struct tri_video_writer *writer, struct tri_frame *frame,
                              struct tri_error *error)
{
    struct tri_libav_output *output = writer->state;
    AVFrame *raw = frame->raw;
    frame->raw = NULL;
    const AVRational own = tri_libav_fraction(writer->video.time_base, (AVRational){1, 1});
    int code = 0;
    output->shown = frame->time + frame->duration;
    if (output->sound != NULL && output->segments == NULL)
        code = tri_libav_write_sound(output, frame->time, own, false);
    if (output->source != NULL && output->segments == NULL)
        code = tri_libav_write_kept(
            output, av_rescale_q(frame->time, own, output->source->stream->time_base));
    if (code < 0 || !output->paced) {
        code = code < 0 ? code : put_at(writer, frame, raw);
        av_frame_free(&raw);
    } else {
        code = put_paced(writer, frame, raw);
    }
    if (output->failure < 0)
        code = output->failure;
    return code < 0 ? tri_libav_cannot_write(writer, code, error) : TRI_OK;
}

/* Data that a failure has held up are not written after it. */
static int finish(struct tri_video_writer *writer)
{
    struct tri_libav_output *output = writer->state;
    int code = output->newest != NULL ? send_newest(writer, tri_pace_end(&output->pace)) : 0;
    if (code >= 0)
        code = send_frame(writer, NULL);
    if (code >= 0)
        code = tri_libav_write_kept(output, INT64_MAX);
    if (code >= 0 && output->sound != NULL)
        code = tri_libav_write_sound(
            output, output->shown, tri_libav_fraction(writer->video.time_base, (AVRational){1, 1}),
            true);
    long refused;
    do { /* until no packet fails */
        refused = output->refused;
        code = code < 0 ? code : tri_libav_write(output, NULL);
    } while (output->refused > refused);
    tri_libav_set_last(output->format, output->duration, output->encoder->time_base);
    if (code >= 0)
        code = av_write_trailer(output->format);
    avio_flush(output->io);
    if (code >= 0 && output->failure == 0)
        code = tri_libav_end_late(output);
    return output->failure < 0 ? output->failure : code;
}

static void note_times(const struct tri_video_writer *writer)
{
    const struct tri_libav_output *output = writer->state;
    tri_pace_note(&output->pace, writer);
    if (output->captions_left)
        tri_video_note(writer, "%s: closed captions of dropped frames are missing", writer->name);
    if (output->soon > 0)
        tri_video_note(writer, "%s can have at most %d frames/s: %ld frames were dropped",
                       writer->name, TRI_GIF_RATE, output->soon);
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
            status = tri_libav_cannot_write(writer, code, error);
    }
    if (status == TRI_OK) {
        note_times(writer);
        tri_libav_note_cut(writer);
        tri_libav_note_sound(writer);
    }
    if (output->refused > 0 && !output->reader->warning[0])
        snprintf(output->reader->warning, sizeof output->reader->warning,
                 "%ld damaged packets of sound or subtitles were dropped", output->refused);
    free_output(output);
    return tri_output_close(&file, status, error);
}
