/* libav_read.c -- demuxing and decoding: frames one by one, as the decoder returns them. */
#include "libav_codec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAILURES_MOST 1000 /* consecutive decoder failures before it counts as at its end */
#define BUFFER_BYTES (1 << 16)

static enum tri_status cannot_read(const struct tri_video_reader *reader, const char *why,
                                   struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot read %s: %s", reader->name, why);
}

static enum tri_status cannot_read_code(const struct tri_video_reader *reader, int code,
                                        struct tri_error *error)
{
    char text[TRI_LIBAV_TEXT];
    if (code == AVERROR(ENOMEM)) /* of whatever thread */
        errno = ENOMEM;
    return cannot_read(reader, tri_libav_reason(code, text), error);
}

/* Records the first damage; reading continues. */
static void note_damage(struct tri_video_reader *reader, const char *what)
{
    const struct tri_libav_input *input = reader->state;
    if (!reader->warning[0])
        snprintf(reader->warning, sizeof reader->warning, "damaged at about frame %ld: %s",
                 input->skipped + input->frames + 1, what);
}

static void note_code(struct tri_video_reader *reader, int code)
{
    char text[TRI_LIBAV_TEXT];
    note_damage(reader, tri_libav_reason(code, text));
}

/* ---- pipes ---- */

/* For what needs to be looked at again. */
static void keep_begin(struct tri_libav_input *input, const uint8_t *data, size_t size)
{
    tri_libav_keep_movie(&input->movie, data, size);
    const size_t room = sizeof input->begin - input->begin_size, count = size < room ? size : room;
    memcpy(input->begin + input->begin_size, data, count);
    input->begin_size += count;
}

static int read_input(void *context, uint8_t *data, int size)
{
    struct tri_libav_input *input = context;
    const size_t left = input->reader->options.head_size - input->head_at;
    if (left > 0) {
        const size_t count = left < (size_t)size ? left : (size_t)size;
        memcpy(data, input->head + input->head_at, count);
        input->head_at += count;
        keep_begin(input, data, count);
        return (int)count;
    }
    while (tri_video_wait(input->reader, input->pipe)) {
        const ssize_t got = read(input->pipe, data, (size_t)size);
        if (got > 0)
            keep_begin(input, data, (size_t)got);
        if (got >= 0)
            return got > 0 ? (int)got : AVERROR_EOF;
        if (errno != EINTR && errno != EAGAIN)
            return AVERROR(errno);
    }
    return AVERROR_EXIT; /* asked to stop */
}

static bool is_pipe(const char *path)
{
    struct stat status;
    return strcmp(path, "-") == 0 || (stat(path, &status) == 0 && S_ISFIFO(status.st_mode));
}

static int open_pipe(struct tri_libav_input *input, const char *path)
{
    input->pipe = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (input->pipe < 0)
        return AVERROR(errno);
    unsigned char *buffer = av_malloc(BUFFER_BYTES);
    if (buffer == NULL)
        return AVERROR(ENOMEM);
    input->io = avio_alloc_context(buffer, BUFFER_BYTES, 0, input, read_input, NULL, NULL);
    if (input->io == NULL) {
        av_free(buffer);
        return AVERROR(ENOMEM);
    }
    input->format->pb = input->io;
    return 0;
}

/* ---- the demuxer and the decoder ---- */

/* A path is not a URL: "file:" keeps libavformat from parsing "http://..." or "concat:...". */
static int open_format(struct tri_libav_input *input, const char *path)
{
    char *address = NULL;
    input->format = avformat_alloc_context();
    if (input->format == NULL)
        return AVERROR(ENOMEM);
    int code = 0;
    if (is_pipe(path))
        code = open_pipe(input, path);
    else if (asprintf(&address, "file:%s", path) < 0)
        return AVERROR(ENOMEM);
    if (code >= 0)
        code = avformat_open_input(&input->format, address, NULL,
                                   NULL); /* frees the context on failure */
    free(address);
    if (code >= 0)
        code = avformat_find_stream_info(input->format, NULL);
    return code < 0 ? code : tri_libav_read_track_names(input, path);
}

const AVCodec *tri_libav_decoder(const AVStream *stream, bool *beside)
{
    const enum AVCodecID id = stream->codecpar->codec_id;
    const AVDictionaryEntry *mode = av_dict_get(stream->metadata, "alpha_mode", NULL, 0);
    const char *name = id == AV_CODEC_ID_VP8 ? "libvpx" : id == AV_CODEC_ID_VP9 ? "libvpx-vp9" : "";
    const AVCodec *codec =
        mode != NULL && strcmp(mode->value, "1") == 0 ? avcodec_find_decoder_by_name(name) : NULL;
    *beside = codec != NULL;
    return codec != NULL ? codec : avcodec_find_decoder(id);
}

static int open_decoder(struct tri_libav_input *input, int threads)
{
    const AVCodec *codec = NULL;
    const int index = av_find_best_stream(input->format, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    if (index < 0)
        return index;
    input->stream = input->format->streams[index];
    codec = tri_libav_decoder(input->stream, &input->alpha_beside);
    if (input->stream->disposition & AV_DISPOSITION_ATTACHED_PIC) /* the cover of an audio file */
        return AVERROR_STREAM_NOT_FOUND;
    input->decoder = avcodec_alloc_context3(codec);
    if (input->decoder == NULL)
        return AVERROR(ENOMEM);
    const int code = avcodec_parameters_to_context(input->decoder, input->stream->codecpar);
    if (code < 0)
        return code;
    input->decoder->pkt_timebase = input->stream->time_base;
    input->decoder->thread_count = threads;
    return avcodec_open2(input->decoder, codec, NULL);
}

/* An EBML number: the leading zeros of its first byte give its length. -1: all ones, "unknown". */
static int64_t read_ebml_size(AVIOContext *io)
{
    int length = 1, value = avio_r8(io);
    while (length < 8 && !(value & 0x80 >> (length - 1)))
        length++;
    int64_t size = value & ((0x80 >> (length - 1)) - 1);
    bool ones = size == (0x80 >> (length - 1)) - 1;
    for (int i = 1; i < length; i++) {
        value = avio_r8(io);
        ones &= value == 0xff;
        size = size << 8 | value;
    }
    return ones ? -1 : size;
}

/* Whether a Matroska file is shorter than its first segment, which libavformat silently ignores. */
static bool is_short_matroska(AVFormatContext *format)
{
    AVIOContext *io = format->pb;
    const int64_t file_size = avio_size(io);
    if (strncmp(format->iformat->name, "matroska", 8) != 0 ||
        !(io->seekable & AVIO_SEEKABLE_NORMAL) || file_size < 0 || avio_seek(io, 4, SEEK_SET) < 0)
        return false;
    const int64_t header = read_ebml_size(io);
    if (header < 0 || avio_skip(io, header) < 0 || avio_rb32(io) != 0x18538067)
        return false;
    const int64_t segment = read_ebml_size(io);
    return segment >= 0 && avio_tell(io) > file_size - segment;
}

/* The number of packets is not stored, but each must be complete: 188 bytes, or 4 or 16 more with a
 * time or a check. */
static bool is_short_mpegts(AVFormatContext *format)
{
    const int64_t size = avio_size(format->pb);
    return strcmp(format->iformat->name, "mpegts") == 0 && size > 0 && size % 188 != 0 &&
           size % 192 != 0 && size % 204 != 0;
}

/* The demuxer stops after a ';', or at the end of the file. */
static bool is_short_gif(AVFormatContext *format)
{
    AVIOContext *io = format->pb;
    return strcmp(format->iformat->name, "gif") == 0 && (io->seekable & AVIO_SEEKABLE_NORMAL) &&
           avio_seek(io, -1, SEEK_CUR) >= 0 && avio_r8(io) != ';';
}

/* The index of MP4 and AVI gives the number of packets. */
static void end_input(struct tri_video_reader *reader, int code)
{
    struct tri_libav_input *input = reader->state;
    input->ended = true;
    /* Demuxers may take an error for the end. */
    if (code == AVERROR_EOF && input->format->pb != NULL && input->format->pb->error < 0)
        code = input->format->pb->error;
    if (code == AVERROR_EXIT)
        return;
    if (code != AVERROR_EOF)
        note_code(reader, code);
    else if (input->packets < avformat_index_get_entries_count(input->stream) ||
             is_short_matroska(input->format) || is_short_mpegts(input->format) ||
             is_short_gif(input->format))
        note_damage(reader, "the file is truncated");
}

/* Decoding time is measured separately, for reports. */
static int send_packet(struct tri_video_reader *reader, const AVPacket *packet)
{
    const struct tri_libav_input *input = reader->state;
    const int64_t start = tri_now_ns();
    const tri_trace_mark mark = tri_trace_module_begin(TRI_TRACE_CODEC, "send to decoder", start);
    const int code = avcodec_send_packet(input->decoder, packet);
    const int64_t end = tri_now_ns();
    tri_trace_module_end(mark, packet != NULL ? packet->size : 0, end);
    reader->decode_ns += end - start;
    return code;
}

static int receive_frame(struct tri_video_reader *reader, AVFrame *frame)
{
    const struct tri_libav_input *input = reader->state;
    const int64_t start = tri_now_ns();
    const tri_trace_mark mark = tri_trace_module_begin(TRI_TRACE_CODEC, "take from decoder", start);
    const int code = avcodec_receive_frame(input->decoder, frame);
    const int64_t end = tri_now_ns();
    tri_trace_module_end(mark, 0, end);
    reader->decode_ns += end - start;
    return code;
}

/* After a jump the index may know how many packets are before this one. */
static void count_packet(struct tri_libav_input *input, const AVPacket *packet)
{
    const int entries = avformat_index_get_entries_count(input->stream);
    if (input->jumped && packet->dts != AV_NOPTS_VALUE) {
        const int at = av_index_search_timestamp(input->stream, packet->dts, AVSEEK_FLAG_ANY);
        input->packets = at < 0 ? entries : at;
        if (at >= 0 && entries == input->stream->nb_frames)
            input->skipped = at;
    }
    input->jumped = false;
    input->packets++;
}

/* Passes on the next packet. Returns 0, or the code that ends reading. */
static int feed(struct tri_video_reader *reader)
{
    struct tri_libav_input *input = reader->state;
    AVPacket *packet = input->packet;
    int code = av_read_frame(input->format, packet);
    if (code < 0) {
        end_input(reader, code);
        code = send_packet(reader, NULL);
        return code == AVERROR(ENOMEM) ? code : 0;
    }
    tri_libav_join(input, packet);
    if (packet->stream_index != input->stream->index) {
        const bool kept = tri_libav_keep(input, packet);
        av_packet_unref(packet);
        return kept ? 0 : AVERROR(ENOBUFS);
    }
    count_packet(input, packet);
    if (input->decode_from != AV_NOPTS_VALUE && packet->dts < input->decode_from) {
        tri_libav_forget(input, packet->dts);
        input->skipped++;
        av_packet_unref(packet);
        return 0;
    }
    if (packet->flags & AV_PKT_FLAG_CORRUPT)
        note_damage(reader, "a packet is incomplete");
    code = send_packet(reader, packet);
    av_packet_unref(packet);
    if (code < 0 && code != AVERROR(ENOMEM))
        note_code(reader, code);
    return code == AVERROR(ENOMEM) ? code : 0;
}

/* Gets the next frame; AVERROR_EOF if there is none, or after FAILURES_MOST failures in a row.
 * Frames that fail to decode are skipped; those that the decoder concealed are kept and noted. */
int tri_libav_decode_next(struct tri_video_reader *reader, AVFrame *frame)
{
    struct tri_libav_input *input = reader->state;
    for (;;) {
        int code = receive_frame(reader, frame);
        if (code >= 0) {
            input->failures = 0;
            if ((frame->flags & AV_FRAME_FLAG_CORRUPT) || frame->decode_error_flags)
                note_damage(reader, "the decoder concealed errors");
            return 0;
        }
        if (code == AVERROR_EOF || code == AVERROR(ENOMEM))
            return code;
        if (code != AVERROR(EAGAIN)) {
            note_code(reader, code);
            if (++input->failures > FAILURES_MOST)
                return AVERROR_EOF;
            continue;
        }
        if (input->ended) /* the decoder asks for more than there is */
            return AVERROR_EOF;
        code = feed(reader);
        if (code < 0)
            return code;
    }
}

/* The start of the file, in the video's time base. Sound before 0 primes its decoder; but a clock
 * that is about to wrap also appears as a time before 0, and then everything is before 0. */
static int64_t start_of(const struct tri_libav_input *input)
{
    const AVFormatContext *format = input->format;
    const int64_t first = input->first->best_effort_timestamp;
    const bool clock = format->iformat->flags & AVFMT_TS_DISCONT,
               before = first != AV_NOPTS_VALUE && first < 0;
    if (format->start_time == AV_NOPTS_VALUE || (format->start_time < 0 && !clock && !before))
        return 0;
    return av_rescale_q(format->start_time, AV_TIME_BASE_Q, input->stream->time_base);
}

static enum tri_status open_first(struct tri_video_reader *reader, struct tri_error *error)
{
    struct tri_libav_input *input = reader->state;
    struct tri_video *video = &reader->video;
    input->first = av_frame_alloc();
    input->packet = av_packet_alloc();
    if (input->first == NULL || input->packet == NULL)
        return cannot_read(reader, "out of memory", error);
    const int code = tri_libav_decode_next(reader, input->first);
    if (code == AVERROR_EOF)
        return cannot_read(reader,
                           input->io == NULL ? "no frame can be decoded"
                                             : "no frame can be decoded; MP4 with the index at the "
                                               "end cannot be read from a pipe",
                           error);
    if (code < 0)
        return cannot_read_code(reader, code, error);
    if (input->io != NULL)
        input->plays = tri_libav_plays_of_input(input);
    tri_libav_describe(input, input->first, video);
    if (video->planes == 0) {
        const char *name = av_get_pix_fmt_name(input->first->format);
        return tri_fail(error, TRI_FAILED, "cannot read %s: the pixel format %s is not supported",
                        reader->name, name != NULL ? name : "unknown");
    }
    if (tri_video_check_size(reader, video->width, video->height, error) != TRI_OK)
        return TRI_FAILED;
    input->start = start_of(input);
    tri_libav_tell_unread(reader);
    return TRI_OK;
}

enum tri_status tri_libav_open(struct tri_video_reader *reader, const char *path,
                               struct tri_error *error)
{
    struct tri_libav_input *input = calloc(1, sizeof *input);
    if (input == NULL || pthread_mutex_init(&input->lock, NULL) != 0) {
        free(input);
        return cannot_read(reader, "out of memory", error);
    }
    /* One setting for the whole process: failures are reported by codes, and only errors belong on
     * stderr. */
    av_log_set_level(AV_LOG_QUIET);
    reader->state = input;
    input->newest = &input->oldest;
    input->last = input->decode_from = AV_NOPTS_VALUE;
    input->reader = reader;
    if (reader->options.head_size > 0)
        memcpy(input->head, reader->options.head, reader->options.head_size);
    input->plays = tri_libav_find_plays(path);
    int code = open_format(input, path);
    if (code >= 0)
        code = open_decoder(input, reader->options.threads);
    enum tri_status status = TRI_OK;
    if (code == AVERROR_STREAM_NOT_FOUND)
        status = cannot_read(reader, "the file contains no video", error);
    else if (code < 0)
        status = cannot_read_code(reader, code, error);
    else
        status = open_first(reader, error);
    if (status != TRI_OK)
        tri_libav_close(reader);
    return status;
}

/* ---- frames ---- */

static int64_t duration_of(const AVFrame *frame, const struct tri_video *video)
{
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    const int64_t duration = frame->duration;
#else
    const int64_t duration = frame->pkt_duration;
#endif
    if (duration > 0 || video->rate[0] < 1)
        return duration > 0 ? duration : 1;
    const int64_t frames = av_rescale_q(1, (AVRational){video->rate[1], video->rate[0]},
                                        (AVRational){video->time_base[0], video->time_base[1]});
    return frames > 0 ? frames : 1;
}

/* When the stream ends, in its own time base; 0: unknown. With reordered frames MP4 states it for
 * the whole file only. */
static int64_t end_of(const struct tri_libav_input *input)
{
    const AVFormatContext *format = input->format;
    const AVStream *stream = input->stream;
    const int64_t own = stream->start_time != AV_NOPTS_VALUE && stream->duration > 0
                            ? stream->start_time + stream->duration
                            : 0;
    const bool alone =
        format->nb_streams == 1 && format->duration > 0 && format->start_time != AV_NOPTS_VALUE;
    const int64_t all = alone ? av_rescale_q(format->start_time + format->duration, AV_TIME_BASE_Q,
                                             stream->time_base)
                              : 0;
    return all > own ? all : own;
}

/* The last frame is shown until the stream ends; its packet's duration may be one tick. */
static int64_t last_duration(const struct tri_libav_input *input, const AVFrame *frame,
                             int64_t duration)
{
    const int64_t end =
        input->skipped + input->frames + 1 == input->stream->nb_frames ? end_of(input) : 0;
    if (end == 0 || frame->best_effort_timestamp == AV_NOPTS_VALUE)
        return duration;
    const int64_t rest = end - frame->best_effort_timestamp;
    return rest > duration ? rest : duration;
}

/* A frame without a time of its own follows the previous one. */
void tri_libav_set_times(struct tri_libav_input *input, const struct tri_video *video,
                         struct tri_frame *frame)
{
    const AVFrame *raw = frame->raw;
    frame->duration = last_duration(input, raw, duration_of(raw, video));
    if (raw->best_effort_timestamp != AV_NOPTS_VALUE)
        frame->time = raw->best_effort_timestamp - input->start;
    else
        frame->time = input->last == AV_NOPTS_VALUE ? 0 : input->last + frame->duration;
    input->last = frame->time;
    frame->number = input->frames++;
}

static enum tri_status check_shape(const struct tri_video_reader *reader, const AVFrame *raw,
                                   struct tri_error *error)
{
    const struct tri_libav_input *input = reader->state;
    const struct tri_video *video = &reader->video;
    struct tri_video own = {0};
    if (raw->width != video->width || raw->height != video->height)
        return tri_fail(
            error, TRI_FAILED,
            "cannot read %s: frame %ld has %d x %d pixels, but the frames before it %d x %d",
            reader->name, input->skipped + input->frames + 1, raw->width, raw->height, video->width,
            video->height);
    if (!tri_libav_layout(raw->format, &own) || own.planes != video->planes ||
        own.shift_x != video->shift_x || own.shift_y != video->shift_y || own.bits != video->bits ||
        own.alpha > video->alpha || (own.matrix == TRI_RGB) != (video->matrix == TRI_RGB))
        return tri_fail(
            error, TRI_FAILED,
            "cannot read %s: the pixel format of frame %ld differs from the frames before it",
            reader->name, input->skipped + input->frames + 1);
    return TRI_OK;
}

enum tri_status tri_libav_next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                               struct tri_error *error)
{
    struct tri_libav_input *input = reader->state;
    AVFrame *raw = input->first;
    *more = false;
    if (input->frames == 0 && !input->wanted)
        tri_libav_drop(input);
    if (raw != NULL) {
        input->first = NULL;
    } else {
        raw = av_frame_alloc();
        const int code = raw != NULL ? tri_libav_decode_next(reader, raw) : AVERROR(ENOMEM);
        if (code < 0) {
            av_frame_free(&raw);
            if (code == AVERROR(ENOBUFS))
                return cannot_read(reader, "the sound is too far ahead of the video", error);
            return code == AVERROR_EOF ? TRI_OK : cannot_read_code(reader, code, error);
        }
    }
    if (check_shape(reader, raw, error) != TRI_OK) {
        av_frame_free(&raw);
        return TRI_FAILED;
    }
    *more = true;
    frame->raw = raw;
    tri_libav_set_times(input, &reader->video, frame);
    return TRI_OK;
}

void tri_libav_close(struct tri_video_reader *reader)
{
    struct tri_libav_input *input = reader->state;
    tri_libav_drop(input);
    av_frame_free(&input->first);
    av_packet_free(&input->packet);
    avcodec_free_context(&input->decoder);
    avformat_close_input(&input->format);
    if (input->io != NULL)
        av_freep(&input->io->buffer);
    avio_context_free(&input->io);
    if (input->pipe > STDIN_FILENO)
        close(input->pipe);
    free(input->movie.data);
    free(input->clocks);
    pthread_mutex_destroy(&input->lock);
    free(input);
    reader->state = NULL;
}
