/* libav_capabilities.c -- what a file stores about its pictures, found by writing a few frames and
 * reading one back. No interface reports which codecs and containers can store the range, matrix,
 * light or rotation, and it changes between versions. */
#include "libav_codec.h"

#include <errno.h>
#include <libavutil/opt.h>
#include <string.h>

#define SIDE_MOST 256 /* side of the test frame; encoders refuse very small ones */
#define FRAMES 4      /* some demuxers ignore a single frame */
#define BUFFER_BYTES 4096

struct memory {
    uint8_t *data; /* free with av_free */
    int64_t size, at;
};

static int get_bytes(void *context, uint8_t *data, int size)
{
    struct memory *memory = context;
    const int64_t left = memory->size - memory->at, count = left < size ? left : size;
    if (count <= 0)
        return AVERROR_EOF;
    memcpy(data, memory->data + memory->at, (size_t)count);
    memory->at += count;
    return (int)count;
}

#if LIBAVFORMAT_VERSION_MAJOR < 61
static int put_bytes(void *context, uint8_t *data, int size)
#else
static int put_bytes(void *context, const uint8_t *data, int size)
#endif
{
    struct memory *memory = context;
    const int64_t end = memory->at + size;
    if (end > memory->size) {
        uint8_t *larger = av_realloc(memory->data, (size_t)end);
        if (larger == NULL)
            return AVERROR(ENOMEM);
        memset(larger + memory->size, 0, (size_t)(end - memory->size));
        memory->data = larger;
        memory->size = end;
    }
    memcpy(memory->data + memory->at, data, (size_t)size);
    memory->at = end;
    return size;
}

static int64_t seek(void *context, int64_t offset, int whence)
{
    struct memory *memory = context;
    if (whence & AVSEEK_SIZE)
        return memory->size;
    whence &= ~AVSEEK_FORCE;
    const int64_t at = offset + (whence == SEEK_CUR   ? memory->at
                                 : whence == SEEK_END ? memory->size
                                                      : 0);
    if (at < 0)
        return AVERROR(EINVAL);
    return memory->at = at;
}

/* Opens it at the start. Close with close_memory. */
static AVIOContext *open_memory(struct memory *memory, bool writes)
{
    unsigned char *buffer = av_malloc(BUFFER_BYTES);
    AVIOContext *io = buffer != NULL ? avio_alloc_context(buffer, BUFFER_BYTES, writes, memory,
                                                          writes ? NULL : get_bytes,
                                                          writes ? put_bytes : NULL, seek)
                                     : NULL;
    if (io == NULL)
        av_free(buffer);
    memory->at = 0;
    return io;
}

static void close_memory(AVIOContext *io)
{
    if (io != NULL)
        av_freep(&io->buffer);
    avio_context_free(&io);
}

/* ---- writing ---- */

static AVCodecContext *open_encoder(const AVCodecContext *like, const AVCodec *codec,
                                    const struct tri_video *video, int width, int height)
{
    AVCodecContext *encoder = avcodec_alloc_context3(codec);
    if (encoder == NULL)
        return NULL;
    encoder->width = width;
    encoder->height = height;
    encoder->pix_fmt = like->pix_fmt;
    encoder->time_base = like->time_base;
    encoder->framerate = like->framerate;
    encoder->flags = like->flags & AV_CODEC_FLAG_GLOBAL_HEADER;
    encoder->color_range = like->color_range;
    encoder->colorspace = like->colorspace;
    encoder->color_primaries = like->color_primaries;
    encoder->color_trc = like->color_trc;
    encoder->sample_aspect_ratio = like->sample_aspect_ratio;
    encoder->thread_count = 1;
    tri_libav_tune(codec, video, encoder);
    if (avcodec_open2(encoder, codec, NULL) < 0)
        avcodec_free_context(&encoder);
    return encoder;
}

static int send_frame(AVFormatContext *format, AVCodecContext *encoder, AVFrame *frame,
                      AVPacket *packet)
{
    int code = avcodec_send_frame(encoder, frame);
    while (code >= 0) {
        code = avcodec_receive_packet(encoder, packet);
        if (code < 0)
            break;
        packet->stream_index = 0;
        packet->duration = packet->duration > 0 ? packet->duration : 1;
        av_packet_rescale_ts(packet, encoder->time_base, format->streams[0]->time_base);
        code = av_interleaved_write_frame(format, packet);
    }
    return code == AVERROR(EAGAIN) || code == AVERROR_EOF ? 0 : code;
}

/* libavformat frees the list's entries with av_freep. */
static bool add_chapter(AVFormatContext *format)
{
    AVChapter *chapter = av_mallocz(sizeof *chapter);
    format->chapters = av_calloc(1, sizeof(AVChapter *));
    if (chapter == NULL || format->chapters == NULL) {
        av_free(chapter);
        return false;
    }
    *chapter = (AVChapter){.id = 1, .time_base = {1, 1000}, .start = 0, .end = 100};
    format->chapters[format->nb_chapters++] = chapter;
    return av_dict_set(&chapter->metadata, "title", "chapter", 0) >= 0;
}

static bool say_all(AVFormatContext *format, AVStream *stream, const struct tri_libav_say *say,
                    AVFrame *frame)
{
    const int rotation = say->video->rotation;
    return (rotation == 0 || tri_libav_rotate(stream, rotation)) &&
           tri_libav_say_light(say->video, stream) && (!say->chapters || add_chapter(format)) &&
           (!say->timecode || av_dict_set(&stream->metadata, "timecode", "01:00:00:00", 0) >= 0) &&
           (say->tags == NULL || av_dict_copy(&format->metadata, say->tags, 0) >= 0) &&
           (say->flags == NULL || av_opt_set(format->priv_data, "movflags", say->flags, 0) >= 0) &&
           tri_libav_say_beside(say->beside, frame);
}

static int write_stream(AVFormatContext *format, AVCodecContext *encoder,
                        const struct tri_libav_say *say, AVFrame *frame, AVPacket *packet)
{
    AVStream *stream = avformat_new_stream(format, NULL);
    if (stream == NULL || frame == NULL || packet == NULL || !say_all(format, stream, say, frame))
        return AVERROR(ENOMEM);
    stream->sample_aspect_ratio = encoder->sample_aspect_ratio;
    stream->time_base = encoder->time_base;
    stream->avg_frame_rate = encoder->framerate;
    frame->format = encoder->pix_fmt;
    frame->width = encoder->width;
    frame->height = encoder->height;
    tri_libav_tag_frame(frame, encoder);
    int code = avcodec_parameters_from_context(stream->codecpar, encoder);
    if (code >= 0)
        code = av_frame_get_buffer(frame, 0);
    for (int p = 0; code >= 0 && p < AV_NUM_DATA_POINTERS && frame->buf[p] != NULL; p++)
        memset(frame->buf[p]->data, 0, frame->buf[p]->size);
    if (code >= 0)
        code = avformat_write_header(format, NULL);
    for (int n = 0; code >= 0 && n < FRAMES; n++) {
        frame->pts = n;
        code = send_frame(format, encoder, frame, packet);
    }
    if (code >= 0)
        code = send_frame(format, encoder, NULL, packet);
    return code >= 0 ? av_write_trailer(format) : code;
}

static bool write_memory(const AVOutputFormat *container, AVCodecContext *encoder,
                         const struct tri_libav_say *say, struct memory *memory)
{
    AVFormatContext *format = NULL;
    AVFrame *frame = av_frame_alloc();
    AVPacket *packet = av_packet_alloc();
    AVIOContext *io = open_memory(memory, true);
    bool done = io != NULL && avformat_alloc_output_context2(&format, container, NULL, NULL) >= 0;
    if (done) {
        format->pb = io;
        format->flags |= AVFMT_FLAG_BITEXACT; /* as in the real file */
        done = write_stream(format, encoder, say, frame, packet) >= 0;
        avio_flush(io);
    }
    close_memory(io);
    av_packet_free(&packet);
    av_frame_free(&frame);
    avformat_free_context(format);
    return done;
}

/* ---- reading ---- */

static bool decode_one(AVFormatContext *format, AVCodecContext *decoder, int index, AVFrame *frame,
                       AVPacket *packet)
{
    int code = 0;
    while (code >= 0 || code == AVERROR(EAGAIN)) {
        code = avcodec_receive_frame(decoder, frame);
        if (code >= 0)
            return true;
        if (code != AVERROR(EAGAIN))
            return false;
        const int got = av_read_frame(format, packet);
        if (got >= 0 && packet->stream_index == index)
            avcodec_send_packet(decoder, packet);
        else if (got < 0)
            avcodec_send_packet(decoder, NULL);
        av_packet_unref(packet);
    }
    return false;
}

static bool read_stream(AVFormatContext *format, const struct tri_libav_say *say,
                        struct tri_libav_said *said)
{
    bool beside;
    const int index = avformat_find_stream_info(format, NULL) < 0
                          ? -1
                          : av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    const AVCodec *codec = index >= 0 ? tri_libav_decoder(format->streams[index], &beside) : NULL;
    AVCodecContext *decoder = index >= 0 ? avcodec_alloc_context3(codec) : NULL;
    AVFrame *frame = av_frame_alloc();
    AVPacket *packet = av_packet_alloc();
    const bool done =
        decoder != NULL && frame != NULL && packet != NULL &&
        avcodec_parameters_to_context(decoder, format->streams[index]->codecpar) >= 0 &&
        avcodec_open2(decoder, codec, NULL) >= 0 &&
        decode_one(format, decoder, index, frame, packet);
    if (done) {
        tri_libav_describe_colour(frame, &said->video);
        said->space = frame->colorspace;
        const AVRational aspect =
            av_guess_sample_aspect_ratio(format, format->streams[index], frame);
        said->video.aspect[0] = aspect.num;
        said->video.aspect[1] = aspect.den;
        tri_libav_take_light(format->streams[index], frame, &said->video);
        said->kinds = tri_libav_beside_kinds(frame);
        said->chapters = format->nb_chapters > 0;
        said->timecode =
            av_dict_get(format->streams[index]->metadata, "timecode", NULL, 0) != NULL ||
            av_dict_get(format->metadata, "timecode", NULL, 0) != NULL;
        if (say->tags != NULL) {
            av_dict_copy(&said->tags, format->streams[index]->metadata, 0);
            av_dict_copy(&said->tags, format->metadata, 0);
        }
        said->video.alpha |= beside;
        said->video.rotation = tri_libav_rotation(format->streams[index]);
    }
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&decoder);
    return done;
}

/* The format is given, because so short a file may look like anything. */
static bool read_memory(struct memory *memory, const AVOutputFormat *container,
                        const struct tri_libav_say *say, struct tri_libav_said *said)
{
    const AVInputFormat *known = av_find_input_format(container->name);
    AVFormatContext *format = avformat_alloc_context();
    AVIOContext *io = open_memory(memory, false);
    bool done = false;
    if (format != NULL && io != NULL) {
        format->pb = io;
        done =
            avformat_open_input(&format, NULL, known, NULL) >= 0 && read_stream(format, say, said);
    }
    avformat_close_input(&format);
    close_memory(io);
    return done;
}

void tri_libav_find_said(const AVOutputFormat *container, const AVCodecContext *like,
                         const AVCodec *codec, const struct tri_libav_say *say,
                         struct tri_libav_said *said)
{
    struct memory memory = {0};
    AVCodecContext *encoder =
        open_encoder(like, codec, say->video, like->width < SIDE_MOST ? like->width : SIDE_MOST,
                     like->height < SIDE_MOST ? like->height : SIDE_MOST);
    if (encoder == NULL) /* some encoders have fixed sizes */
        encoder = open_encoder(like, codec, say->video, like->width, like->height);
    *said = (struct tri_libav_said){.space = AVCOL_SPC_UNSPECIFIED};
    if (encoder == NULL || !write_memory(container, encoder, say, &memory) ||
        !read_memory(&memory, container, say, said))
        *said = (struct tri_libav_said){.space = AVCOL_SPC_UNSPECIFIED};
    avcodec_free_context(&encoder);
    av_free(memory.data);
}
