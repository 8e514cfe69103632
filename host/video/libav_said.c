/* libav_said.c -- what a file says of its pictures, found out by writing a few frames and reading one. Which codecs and containers
 * have a place for the range, the matrix or the light of samples, or for a turn, is nowhere to be asked, and changes with versions. */
#include "libav_codec.h"

#include <errno.h>
#include <string.h>

#define SIDE_MOST 256 /* of the frame; encoders refuse very small ones */
#define FRAMES 4      /* of a single one some demuxers make nothing */
#define BUFFER_BYTES 4096

struct memory {
    uint8_t *data; /* ends with av_free */
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
    const int64_t at = offset + (whence == SEEK_CUR ? memory->at : whence == SEEK_END ? memory->size : 0);
    if (at < 0)
        return AVERROR(EINVAL);
    return memory->at = at;
}

/* From its beginning. Ends with close_memory. */
static AVIOContext *open_memory(struct memory *memory, bool writes)
{
    unsigned char *buffer = av_malloc(BUFFER_BYTES);
    AVIOContext *io = buffer != NULL ? avio_alloc_context(buffer, BUFFER_BYTES, writes, memory, writes ? NULL : get_bytes,
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

static AVCodecContext *open_encoder(const AVCodecContext *like, const AVCodec *codec, int width, int height)
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
    encoder->thread_count = 1;
    tri_libav_silence(codec, encoder);
    if (avcodec_open2(encoder, codec, NULL) < 0)
        avcodec_free_context(&encoder);
    return encoder;
}

static int send_frame(AVFormatContext *format, AVCodecContext *encoder, AVFrame *frame, AVPacket *packet)
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

static int write_stream(AVFormatContext *format, AVCodecContext *encoder, int rotation, AVFrame *frame, AVPacket *packet)
{
    AVStream *stream = avformat_new_stream(format, NULL);
    if (stream == NULL || frame == NULL || packet == NULL || (rotation != 0 && !tri_libav_rotate(stream, rotation)))
        return AVERROR(ENOMEM);
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

static bool write_memory(const AVOutputFormat *container, AVCodecContext *encoder, int rotation, struct memory *memory)
{
    AVFormatContext *format = NULL;
    AVFrame *frame = av_frame_alloc();
    AVPacket *packet = av_packet_alloc();
    AVIOContext *io = open_memory(memory, true);
    bool done = io != NULL && avformat_alloc_output_context2(&format, container, NULL, NULL) >= 0;
    if (done) {
        format->pb = io;
        done = write_stream(format, encoder, rotation, frame, packet) >= 0;
        avio_flush(io);
    }
    close_memory(io);
    av_packet_free(&packet);
    av_frame_free(&frame);
    avformat_free_context(format);
    return done;
}

/* ---- reading ---- */

static bool decode_one(AVFormatContext *format, AVCodecContext *decoder, int index, AVFrame *frame, AVPacket *packet)
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

static bool read_stream(AVFormatContext *format, struct tri_libav_said *said)
{
    const AVCodec *codec = NULL;
    const int index = avformat_find_stream_info(format, NULL) < 0 ? -1 : av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    AVCodecContext *decoder = index >= 0 ? avcodec_alloc_context3(codec) : NULL;
    AVFrame *frame = av_frame_alloc();
    AVPacket *packet = av_packet_alloc();
    const bool done = decoder != NULL && frame != NULL && packet != NULL &&
                      avcodec_parameters_to_context(decoder, format->streams[index]->codecpar) >= 0 &&
                      avcodec_open2(decoder, codec, NULL) >= 0 && decode_one(format, decoder, index, frame, packet);
    if (done) {
        tri_libav_describe_colour(frame, &said->video);
        said->space = frame->colorspace;
        said->video.rotation = tri_libav_rotation(format->streams[index]);
    }
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&decoder);
    return done;
}

/* So short a file may look like anything. */
static bool read_memory(struct memory *memory, const AVOutputFormat *container, struct tri_libav_said *said)
{
    const AVInputFormat *known = av_find_input_format(container->name);
    AVFormatContext *format = avformat_alloc_context();
    AVIOContext *io = open_memory(memory, false);
    bool done = false;
    if (format != NULL && io != NULL) {
        format->pb = io;
        done = avformat_open_input(&format, NULL, known, NULL) >= 0 && read_stream(format, said);
    }
    avformat_close_input(&format);
    close_memory(io);
    return done;
}

void tri_libav_find_said(const AVOutputFormat *container, const AVCodecContext *like, const AVCodec *codec, int rotation,
                         struct tri_libav_said *said)
{
    struct memory memory = {0};
    AVCodecContext *encoder = open_encoder(like, codec, like->width < SIDE_MOST ? like->width : SIDE_MOST,
                                           like->height < SIDE_MOST ? like->height : SIDE_MOST);
    if (encoder == NULL) /* some have sizes of their own */
        encoder = open_encoder(like, codec, like->width, like->height);
    *said = (struct tri_libav_said){.space = AVCOL_SPC_UNSPECIFIED};
    if (encoder == NULL || !write_memory(container, encoder, rotation, &memory) || !read_memory(&memory, container, said))
        *said = (struct tri_libav_said){.space = AVCOL_SPC_UNSPECIFIED};
    avcodec_free_context(&encoder);
    av_free(memory.data);
}
