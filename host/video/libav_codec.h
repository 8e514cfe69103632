/* libav_codec.h -- the parts of the codec that goes through FFmpeg's libraries. */
#ifndef TRI_LIBAV_CODEC_H
#define TRI_LIBAV_CODEC_H

#include "../image/image.h"
#include "../parallel/cpu.h"
#include "pace.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
#include <pthread.h>

struct SwsContext;

#define TRI_LIBAV_SCALERS 32
#define TRI_GIF_RATE 50 /* frames a second: a frame of one hundredth is shown for ten */

struct tri_libav_packet {
    AVPacket *packet;
    AVRational base; /* of its times */
    struct tri_libav_packet *next;
};

struct tri_libav_start {
    int64_t time; /* in the stream's time base */
    bool known;
};

struct tri_libav_input {
    AVFormatContext *format;
    AVIOContext *io; /* of standard input; NULL: libavformat opened the file */
    const struct tri_video_reader *reader; /* it is the state of */
    unsigned char head[TRI_HEAD]; /* read already */
    size_t head_at;
    AVStream *stream;
    AVCodecContext *decoder;
    AVPacket *packet;
    AVFrame *first; /* decoded to know its shape, not handed out yet */
    int64_t start;  /* when the file begins, in the video's time base */
    int64_t last;   /* time of the frame before */
    long frames, packets;
    struct tri_libav_clock *clocks; /* of streams, by index */
    int clock_count;
    int64_t shift; /* of the newest clock; see libav_times.c */
    int failures;  /* of the decoder, one after another */
    bool ended;
    /* Packets of other streams in the order in which they were read. The writer takes them in a thread of its
     * own. */
    pthread_mutex_t lock;
    struct tri_libav_packet *oldest, **newest;
    size_t waiting; /* bytes */
    bool wanted;    /* there is a writer that takes them */
    int known;      /* streams that the writer has seen; others may appear later, and the list moves then */
};

/* What a file says of its samples. */
struct tri_libav_said {
    struct tri_video video; /* its layout, matrix, range, light and rotation, as readers take them */
    enum AVColorSpace space;
};

struct tri_libav_output {
    struct tri_output file;
    int descriptor;
    int failure; /* of the first write or seek that failed, libav's code; 0: none did */
    AVIOContext *io;
    AVFormatContext *format;
    AVStream *stream;
    AVCodecContext *encoder;
    AVPacket *packet;
    int64_t last, duration;    /* of the newest frame, in the encoder's time base */
    int64_t first, places;     /* time of the first frame of a constant rate, and how many were written */
    bool paced;                /* there is such a rate: */
    struct tri_pace pace;
    AVFrame *newest;           /* until it is known how often it is shown; NULL: there is none */
    long soon;                 /* frames left out, for they came too soon behind those before */
    int64_t shift;             /* of all packets: what of the first frame's time the encoder's time base lacks */
    bool header;               /* was written */
    struct tri_libav_start *starts; /* of the output's streams; NULL: of no use, or nothing was written */
    enum AVPixelFormat planar; /* of frames' planes; where the encoder wants others, they are converted */
    uint16_t *narrow[2];       /* for each sample of full range, of luma and of chroma, the one of limited range; NULL: they
                                * stay as they are */
    pthread_mutex_t lock;
    struct SwsContext *scalers[TRI_LIBAV_SCALERS]; /* idle */
    int scaler_count;
    struct tri_libav_input *source; /* of copied streams; NULL: none */
    struct tri_video_reader *reader; /* that has it */
    long refused, refused_now;      /* packets that could not be written, in all and one after another */
    int *streams;                   /* for each of the source's: index of its copy, -1: none */
};

/* libavutil's words for a failure. */
#define TRI_LIBAV_TEXT 128
const char *tri_libav_reason(int code, char text[TRI_LIBAV_TEXT]);
AVRational tri_libav_fraction(const int fraction[2], AVRational otherwise);

/* ---- libav_read.c ---- */
enum tri_status tri_libav_open(struct tri_video_reader *reader, const char *path, struct tri_error *error);
enum tri_status tri_libav_next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                               struct tri_error *error);
void tri_libav_close(struct tri_video_reader *reader);

/* ---- libav_times.c ---- */
/* Shifts the packet's times, so that they go on after those before. */
void tri_libav_join(struct tri_libav_input *input, AVPacket *packet);

/* ---- libav_describe.c: between struct tri_video and what streams say ---- */
/* Planes, their shifts and bits, and whether they are R, G, B; false: nothing that could be read. */
bool tri_libav_layout(enum AVPixelFormat format, struct tri_video *video);
void tri_libav_describe(const struct tri_libav_input *input, const AVFrame *frame, struct tri_video *video);
/* Tags of colour, aspect and fields; `like` may have further ones, NULL: none. */
void tri_libav_tag(AVCodecContext *encoder, const struct tri_video *video,
                   const struct tri_video_reader *like);
void tri_libav_tag_frame(AVFrame *frame, const AVCodecContext *encoder);
bool tri_libav_rotate(AVStream *stream, int rotation);
int tri_libav_rotation(const AVStream *stream); /* degrees clockwise; 0: it asks for none */
/* False: no memory. */
bool tri_libav_copy_side_data(const struct tri_libav_input *input, AVStream *to);

/* Layout, matrix and range. */
void tri_libav_describe_colour(const AVFrame *frame, struct tri_video *video);

/* ---- libav_said.c ---- */
/* What a file of this codec in this container says, of what `like` is to say and of a turn; nothing where it cannot be found
 * out. */
void tri_libav_find_said(const AVOutputFormat *container, const AVCodecContext *like, const AVCodec *codec, int rotation,
                         struct tri_libav_said *said);

/* ---- libav_colour.c ---- */
/* The encoder's pixels, those of frames' planes, and what is converted: where a file could not say the range of samples, to
 * limited range. Tells what else it cannot say. */
enum tri_status tri_libav_choose_pixels(struct tri_video_writer *writer, struct tri_libav_output *output,
                                        const struct tri_video_write_options *options, const AVCodec *codec, struct tri_error *error);
/* What an encoder takes, lists with an end; NULL: anything. */
const enum AVPixelFormat *tri_libav_taken_formats(const AVCodec *codec);
const AVRational *tri_libav_taken_rates(const AVCodec *codec);

/* ---- libav_frame.c ---- */
/* Components have planes of their own and samples native words. */
bool tri_libav_is_planar(const AVPixFmtDescriptor *format);
enum tri_status tri_libav_decode(struct tri_video_reader *reader, struct tri_frame *frame,
                                 struct tri_error *error);
void tri_libav_discard(struct tri_frame *frame);
enum tri_status tri_libav_encode(struct tri_video_writer *writer, struct tri_frame *frame,
                                 struct tri_error *error);
void tri_libav_free_scalers(struct tri_libav_output *output);

/* ---- libav_pixels.c ---- */
/* `*format` is the encoder's nearest to the frames; it becomes the one that is asked for, or of RGB what players need. */
enum tri_status tri_libav_take_pixels(const struct tri_video_writer *writer, const struct tri_video_write_options *options,
                                      const AVCodec *codec, enum AVPixelFormat *format, struct tri_error *error);
/* After an encoder could not be opened: by the size, or for libav's reason. */
enum tri_status tri_libav_refuse_size(const struct tri_video_writer *writer, const AVCodec *codec, enum AVPixelFormat format,
                                      int code, struct tri_error *error);

/* ---- libav_copy.c: streams beside the video, and tags ---- */
/* Takes what is in `packet`, of a stream that is not the video. False: too much waits, or no memory. */
bool tri_libav_keep(struct tri_libav_input *input, AVPacket *packet);
void tri_libav_drop(struct tri_libav_input *input);
/* Adds streams, chapters and tags to an output whose header is not written yet. */
enum tri_status tri_libav_copy(struct tri_video_writer *writer, struct tri_libav_output *output,
                               const struct tri_video_write_options *options, struct tri_error *error);
/* Hands a packet, or NULL at the end, to the muxer; returns 0 or libav's code. */
int tri_libav_write(struct tri_libav_output *output, AVPacket *packet);
/* Writes what waits; returns 0 or libav's code. */
int tri_libav_write_kept(struct tri_libav_output *output);

/* ---- libav_late.c ---- */
/* Before a packet is written: moves it, where a stream that begins late is said elsewhere. Returns 0 or libav's code. */
int tri_libav_begin_late(struct tri_libav_output *output, AVPacket *packet);
/* After the trailer, and when all is written: says it. */
int tri_libav_end_late(const struct tri_libav_output *output);

/* ---- libav_rate.c ---- */
/* The encoder's rate and time base, and whether frames are repeated and left out for them. */
enum tri_status tri_libav_choose_times(const struct tri_video_writer *writer, struct tri_libav_output *output,
                                       const AVCodec *codec, const struct tri_video_write_options *options,
                                       struct tri_error *error);

/* ---- libav_bytes.c ---- */
/* Makes the muxer write into output->file. False: no memory. */
bool tri_libav_open_bytes(struct tri_libav_output *output);
void tri_libav_close_bytes(struct tri_libav_output *output);

/* ---- libav_write.c ---- */
enum tri_status tri_libav_create(struct tri_video_writer *writer, const char *path,
                                 const struct tri_video_write_options *options, struct tri_error *error);
enum tri_status tri_libav_put(struct tri_video_writer *writer, struct tri_frame *frame,
                              struct tri_error *error);
enum tri_status tri_libav_end(struct tri_video_writer *writer, enum tri_status so_far,
                              struct tri_error *error);
/* For encoders that write to standard error by themselves. */
void tri_libav_silence(const AVCodec *codec, AVCodecContext *encoder);
/* The container of a format's name or extension; NULL: none for video. */
const AVOutputFormat *tri_libav_container(const char *format);
bool tri_libav_is_mp4(const AVOutputFormat *container); /* or of its kin */

#endif
