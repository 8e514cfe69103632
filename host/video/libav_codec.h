/* libav_codec.h -- shared by the parts of the codec for FFmpeg's libraries. */
#ifndef TRI_LIBAV_CODEC_H
#define TRI_LIBAV_CODEC_H

#include "../image/image.h"
#include "../parallel/cpu.h"
#include "constant_rate.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
#include <pthread.h>

struct SwsContext;

#define TRI_LIBAV_SCALERS 32
#define TRI_LIBAV_BEGIN 1024 /* bytes that GIF and APNG have before their pictures, mostly */
#define TRI_GIF_RATE 50      /* frames per second: players show a frame of 1/100 s for 10/100 s */

struct tri_libav_packet {
    AVPacket *packet;
    AVRational base; /* of its times */
    struct tri_libav_packet *next;
};

struct tri_libav_start {
    int64_t time; /* in the stream's time base */
    bool known;
};

/* The box "moov" of an MP4 file, kept as it comes through a pipe. */
struct tri_libav_movie {
    unsigned char head[16]; /* of the box being read */
    size_t head_size;
    int64_t left;        /* bytes of the box to come */
    unsigned char *data; /* malloc'ed; NULL: none so far */
    size_t size, room;   /* room: its size in the file */
    bool ended;          /* all that is wanted has been read, or it is no such file */
};

struct tri_libav_input {
    AVFormatContext *format;
    AVIOContext *io;                       /* for a pipe; NULL: libavformat opened the file */
    int pipe;                              /* its descriptor */
    const struct tri_video_reader *reader; /* whose state this is */
    unsigned char head[TRI_HEAD];          /* already read */
    size_t head_at;
    unsigned char begin[TRI_LIBAV_BEGIN]; /* the first bytes of the pipe */
    size_t begin_size;
    struct tri_libav_movie movie;
    AVStream *stream;
    AVCodecContext *decoder;
    AVPacket *packet;
    int plays;         /* as in struct tri_video */
    bool alpha_beside; /* VP8 or VP9 alpha is in separate pictures, which the decoder merges into
                          frames */
    AVFrame *first;    /* decoded to get the format, not returned yet */
    int64_t start;     /* start of the file, in the video's time base */
    int64_t last;      /* time of the previous frame */
    long frames, packets;
    long skipped;        /* frames before those of a part, as far as an index tells after a jump */
    bool jumped;         /* to a key frame, and no packet has been read since */
    int64_t decode_from; /* packets to be decoded earlier are not; AV_NOPTS_VALUE: all are */
    struct tri_libav_clock *clocks; /* per stream, by index */
    int clock_count;
    int64_t shift; /* of the newest clock; see libav_concat.c */
    int failures;  /* of the decoder, consecutive */
    bool ended;
    /* Packets of other streams in reading order. The writer takes them in its own thread. */
    pthread_mutex_t lock;
    struct tri_libav_packet *oldest, **newest;
    size_t waiting; /* bytes */
    bool wanted;    /* a writer takes them */
    int known;      /* streams the writer has seen; when more appear, the list moves */
};

/* What a file should store, besides what its encoder stores. */
struct tri_libav_say {
    const struct tri_video *video;     /* light, rotation */
    const struct tri_metadata *beside; /* from a frame; NULL if none */
    bool chapters, timecode;
    const AVDictionary *tags; /* of the file; NULL if none */
    const char *flags;        /* the muxer's "movflags"; NULL if none */
};

/* What a file stores. */
struct tri_libav_said {
    /* layout, matrix, range, light, aspect and rotation, as readers see them */
    struct tri_video video;
    enum AVColorSpace space;
    unsigned kinds; /* frame metadata, as bits of tri_beside_bit */
    bool chapters, timecode;
    AVDictionary *tags; /* of the file and the stream, if `say` has any; free with av_dict_free */
};

/* Of palettes that are chosen for each frame; most 0: none are. */
struct tri_libav_colours {
    int most;
    bool dither;
};

struct tri_libav_output {
    struct tri_output file;
    int descriptor;
    int failure; /* libav's code for the first failed write or seek; 0: none */
    AVIOContext *io;
    AVFormatContext *format;
    AVStream *stream;
    AVCodecContext *encoder;
    AVPacket *packet;
    int64_t last, duration; /* of the newest frame, in the encoder's time base */
    /* Time of the first frame at a constant rate, and number of frames written. */
    int64_t first, places;
    bool paced; /* the output has a constant rate: */
    struct tri_pace pace;
    AVFrame *newest; /* held until its number of repeats is known; NULL if none */
    long soon;       /* frames dropped because they followed the previous one too soon */
    /* of all packets: the part of the first frame's time that the encoder's time base cannot
     * represent */
    int64_t shift;
    bool header;                         /* has been written */
    struct tri_libav_segments *segments; /* encoded in parallel; NULL: by `encoder` */
    const char *complaint;               /* about them, for the error; NULL if none */
    int crf;                             /* of the options */
    /* per output stream; NULL: not needed, or nothing written yet */
    struct tri_libav_start *starts;
    char in[80]; /* "libx264 in mp4", for notes */
    /* Frame metadata, as bits of tri_beside_bit: tested, and kept; under the lock. */
    unsigned asked, kept;
    bool captions_left; /* captions of dropped frames were lost */
    bool alpha;         /* is written */
    struct tri_libav_colours colours;
    bool whole_told; /* reported that palette pixels are either opaque or clear; under the lock */
    /* layout of frames' planes; they are converted if the encoder needs another */
    enum AVPixelFormat planar;
    /* Maps each full-range sample, of luma and of chroma, to limited range; NULL: no conversion. */
    uint16_t *narrow[2];
    pthread_mutex_t lock;
    struct SwsContext *scalers[TRI_LIBAV_SCALERS]; /* idle */
    int scaler_count;
    struct tri_libav_sound *sound;   /* of joined videos; NULL: none is written */
    int64_t shown;                   /* end of the newest frame, in the writer's unit */
    struct tri_libav_input *source;  /* of copied streams; NULL if none */
    struct tri_video_reader *reader; /* its reader */
    /* Sound of a part: packets before it were left out; seconds at which the rest begins and ends,
     * counted from the first frame. */
    bool cut_before, cut_begun;
    double cut_late, cut_end;
    /* Packets that could not be written: in all, and consecutively. */
    long refused, refused_now;
    int *streams; /* per source stream: index of its copy; -1: none */
};

/* libavutil's message for an error code. */
#define TRI_LIBAV_TEXT 128
const char *tri_libav_reason(int code, char text[TRI_LIBAV_TEXT]);
AVRational tri_libav_fraction(const int fraction[2], AVRational otherwise);

/* ---- libav_read.c ---- */
/* The decoder for a stream; for a transparent stream one that supports it: *beside is true if alpha
 * is in separate pictures. NULL if none. */
const AVCodec *tri_libav_decoder(const AVStream *stream, bool *beside);
enum tri_status tri_libav_open(struct tri_video_reader *reader, const char *path,
                               struct tri_error *error);
enum tri_status tri_libav_next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                               struct tri_error *error);
void tri_libav_close(struct tri_video_reader *reader);
/* For libav_seek.c: the next frame, or AVERROR_EOF; and the time and duration of frame->raw. */
int tri_libav_decode_next(struct tri_video_reader *reader, AVFrame *frame);
void tri_libav_set_times(struct tri_libav_input *input, const struct tri_video *video,
                         struct tri_frame *frame);

/* ---- libav_seek.c ---- */
enum tri_status tri_libav_seek(struct tri_video_reader *reader, struct tri_error *error);

/* ---- libav_cut.c: what accompanies a part of a video ---- */
/* Frees packets in the queue that end before a time in the file, in the video's time base;
 * INT64_MAX: all. */
void tri_libav_forget(struct tri_libav_input *input, int64_t time);
/* Whether a packet of the queue begins at that time of the part or later, in the video's time
 * base. */
bool tri_libav_is_later(const struct tri_libav_input *input, const AVPacket *packet,
                        AVRational base, int64_t time);
/* Cuts a packet whose times count from the part's first frame; false: it is outside. */
bool tri_libav_cut(struct tri_libav_output *output, AVPacket *packet, AVRational base);
bool tri_libav_cut_chapter(const struct tri_libav_input *input, AVChapter *chapter);
void tri_libav_note_cut(const struct tri_video_writer *writer);

/* ---- libav_plays.c ---- */
/* As in struct tri_video; by the bytes of standard input that have been read. */
int tri_libav_find_plays(const char *path);
int tri_libav_plays_of_input(struct tri_libav_input *input);

/* ---- libav_track_names.c ---- */
#define TRI_TRACK_NAME 1000
/* Sets the titles of an MP4 file's streams that libavformat has not set. Returns FFmpeg's error. */
int tri_libav_read_track_names(struct tri_libav_input *input, const char *path);
/* Takes what a pipe delivers, up to "moov". */
void tri_libav_keep_movie(struct tri_libav_movie *movie, const unsigned char *data, size_t size);

/* ---- libav_concat.c ---- */
/* Shifts the packet's times to continue after those before. */
void tri_libav_join(struct tri_libav_input *input, AVPacket *packet);

/* ---- libav_describe.c: between struct tri_video and stream parameters ---- */
/* Planes, chroma shifts and bits, and whether they are R, G, B; false: not readable. */
__attribute__((visibility("default"))) /* for tests */
bool tri_libav_layout(enum AVPixelFormat format, struct tri_video *video);
void tri_libav_describe(const struct tri_libav_input *input, const AVFrame *frame,
                        struct tri_video *video);
/* Tags of colour, aspect and fields; `like` may have more specific ones, NULL if none. */
void tri_libav_tag(AVCodecContext *encoder, const struct tri_video *video,
                   const struct tri_video_reader *like);
void tri_libav_tag_frame(AVFrame *frame, const AVCodecContext *encoder);
bool tri_libav_rotate(AVStream *stream, int rotation);
int tri_libav_rotation(const AVStream *stream); /* degrees clockwise; 0: none */
/* False: no memory. */
bool tri_libav_copy_side_data(const struct tri_libav_input *input, AVStream *to);
/* NULL if none of that type, or if smaller than `least`. */
const void *tri_libav_side_data(const AVStream *stream, enum AVPacketSideDataType type,
                                size_t least);
bool tri_libav_add_side_data(AVStream *stream, enum AVPacketSideDataType type, const void *data,
                             size_t size); /* false: no memory */

/* Layout, matrix and range. */
void tri_libav_describe_colour(const AVFrame *frame, struct tri_video *video);

/* ---- libav_beside.c ---- */
/* False: no memory. */
bool tri_libav_take_beside(const AVFrame *raw, struct tri_frame *frame);
bool tri_libav_say_beside(const struct tri_metadata *metadata, AVFrame *raw);
unsigned tri_libav_beside_kinds(const AVFrame *raw); /* as bits of tri_beside_bit */
/* The same for a frame to be written; reports what is lost. */
bool tri_libav_put_beside(struct tri_video_writer *writer, const struct tri_frame *frame,
                          AVFrame *raw);
void tri_libav_take_light(const AVStream *stream, const AVFrame *frame, struct tri_video *video);
bool tri_libav_say_light(const struct tri_video *video, AVStream *stream);
#define TRI_X265_LIGHT 200
void tri_libav_x265_light(const struct tri_video *video, char text[TRI_X265_LIGHT]);

/* ---- libav_capabilities.c ---- */
/* Finds what a file of this codec in this container stores of `like` and `say`; nothing if that
 * cannot be determined. */
void tri_libav_find_said(const AVOutputFormat *container, const AVCodecContext *like,
                         const AVCodec *codec, const struct tri_libav_say *say,
                         struct tri_libav_said *said);

/* ---- libav_colour.c ---- */
/* Chooses the encoder's pixels, those of frames' planes, and the conversion to limited range if the
 * file cannot store the range. Reports what else it cannot store. */
enum tri_status tri_libav_choose_pixels(struct tri_video_writer *writer,
                                        struct tri_libav_output *output,
                                        const struct tri_video_write_options *options,
                                        const AVCodec *codec, struct tri_error *error);
/* What an encoder accepts, as terminated lists; NULL: anything. */
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
const void *tri_libav_taken(const AVCodec *codec, enum AVCodecConfig config);
#define TRI_LIBAV_TAKEN(codec, field, config) tri_libav_taken(codec, config)
#else
#define TRI_LIBAV_TAKEN(codec, field, config) ((codec)->field)
#endif
const enum AVPixelFormat *tri_libav_taken_formats(const AVCodec *codec);
const AVRational *tri_libav_taken_rates(const AVCodec *codec);

/* ---- libav_frame.c ---- */
/* Whether components have planes of their own and samples are native words. */
bool tri_libav_is_planar(const AVPixFmtDescriptor *format);
enum tri_status tri_libav_decode(struct tri_video_reader *reader, struct tri_frame *frame,
                                 struct tri_error *error);
void tri_libav_discard(struct tri_frame *frame);
enum tri_status tri_libav_encode(struct tri_video_writer *writer, struct tri_frame *frame,
                                 struct tri_error *error);
void tri_libav_free_scalers(struct tri_libav_output *output);

/* ---- libav_palette.c ---- */
/* Whether frames of a palette are or may be transparent; `frame` is the first. */
bool tri_libav_palette_alpha(const AVFrame *frame, enum AVCodecID codec);
/* Converts a frame of RGB8, with the alpha of frames' first image (`bits` bits; NULL: opaque), to
 * PAL8. True: partly transparent pixels have become opaque or clear. */
bool tri_libav_put_palette(const AVFrame *packed, const struct tri_image *alpha, int bits,
                           AVFrame *to);
/* The same for a frame of RGB24, with colours chosen for it. `*between`: partly transparent pixels
 * have become opaque or clear. False: out of memory. */
bool tri_libav_choose_palette(const AVFrame *packed, const struct tri_image *alpha, int bits,
                              const struct tri_libav_colours *colours, AVFrame *to, bool *between);

/* ---- libav_pixels.c ---- */
/* `*format` is the encoder's nearest to the frames; it becomes the requested one, or, for RGB, what
 * players need, with or without `alpha`. */
enum tri_status tri_libav_take_pixels(const struct tri_video_writer *writer,
                                      const struct tri_video_write_options *options,
                                      const AVCodec *codec, bool alpha, enum AVPixelFormat *format,
                                      struct tri_error *error);
bool tri_libav_has_alpha(enum AVPixelFormat format); /* per pixel, not per palette entry */
/* Explains why an encoder failed to open: by the size, or with libav's reason. */
enum tri_status tri_libav_refuse_size(const struct tri_video_writer *writer, const AVCodec *codec,
                                      enum AVPixelFormat format, int code, struct tri_error *error);

/* ---- libav_passthrough.c: streams besides the video, and tags ---- */
/* Takes over the contents of `packet`, from a stream other than the video. False: too much is
 * queued, or no memory. */
bool tri_libav_keep(struct tri_libav_input *input, AVPacket *packet);
void tri_libav_drop(struct tri_libav_input *input);
/* ---- libav_list.c ---- */
/* "sound (aac)" */
void tri_libav_name_stream(const AVStream *stream, char text[100]);
/* Adds to the list, unless already present. */
void tri_libav_leave(char list[TRI_NOTE_MAX], const char *what);
/* Reports the parts of an input that are not read; after its first frame is decoded. */
void tri_libav_tell_unread(const struct tri_video_reader *reader);
bool tri_libav_is_said_elsewhere(const AVFormatContext *format, const AVStream *stream);
bool tri_libav_holds(const struct tri_libav_output *output, const AVStream *stream);
/* Lists what a source has besides its video. */
void tri_libav_list_beside(const struct tri_video_reader *reader,
                           const struct tri_video_write_options *options, char text[TRI_NOTE_MAX]);
/* The timecode of the first frame, valid until the next call in this thread. NULL if none. */
const char *tri_libav_timecode(const struct tri_libav_input *input);

/* ---- libav_languages.c ---- */
#define TRI_LANGUAGE 48
/* The code to store for a stream's language; empty if the container has none for it. False: it does
 * not state all of the language. */
bool tri_libav_fit_language(const AVOutputFormat *container, enum AVMediaType type,
                            const char *language, char fitted[TRI_LANGUAGE]);
/* ---- libav_tags.c: these add to the list what the output has no place for, and return libav's
 * code or 0 ---- */
/* Tags, language and disposition. */
int tri_libav_copy_stream_tags(const struct tri_libav_output *output, const AVStream *from,
                               AVStream *to, char list[TRI_NOTE_MAX]);
int tri_libav_copy_file_tags(struct tri_video_writer *writer, struct tri_libav_output *output,
                             char list[TRI_NOTE_MAX]);
/* All tags of the file. */
void tri_libav_list_tags(const struct tri_libav_input *input, char list[TRI_NOTE_MAX]);

/* ---- libav_passthrough.c, continued ---- */
/* Adds streams, chapters and tags to an output before its header is written, and reports what is
 * left out. */
enum tri_status tri_libav_copy(struct tri_video_writer *writer, struct tri_libav_output *output,
                               const struct tri_video_write_options *options,
                               struct tri_error *error);
/* Passes a packet, or NULL at the end, to the muxer; returns 0 or libav's code. */
int tri_libav_write(struct tri_libav_output *output, AVPacket *packet);
/* Writes queued packets, of a part those before that time of the video; INT64_MAX: up to its end.
 * Returns 0 or libav's code. */
int tri_libav_write_kept(struct tri_libav_output *output, int64_t time);

/* Whether a packet must stay unheard and is left out. */
bool tri_libav_is_hidden(const struct tri_libav_output *output, const AVPacket *packet);

/* ---- libav_sound.c: sound of joined videos ---- */
/* Adds its stream to the output, if the source is joined and has sound. */
enum tri_status tri_libav_begin_sound(struct tri_video_writer *writer,
                                      const struct tri_video_write_options *options,
                                      struct tri_error *error);
/* Writes sound up to a time, with `last` the rest; returns libav's code. */
int tri_libav_write_sound(struct tri_libav_output *output, int64_t time, AVRational base,
                          bool last);
/* What is wrong with an input; NULL: nothing. */
const char *tri_libav_sound_trouble(const struct tri_libav_output *output);
void tri_libav_note_sound(struct tri_video_writer *writer);
void tri_libav_free_sound(struct tri_libav_output *output);

/* ---- libav_avi_start.c ---- */
/* Before a packet is written: shifts it if its stream's late start is stored elsewhere. Returns 0
 * or libav's code. */
int tri_libav_begin_late(struct tri_libav_output *output, AVPacket *packet);
/* After the trailer, when everything is written: stores the late starts. */
int tri_libav_end_late(const struct tri_libav_output *output);

/* ---- libav_timestamps.c ---- */
/* Chooses the encoder's rate and time base, and whether frames are repeated and dropped. */
enum tri_status tri_libav_choose_times(const struct tri_video_writer *writer,
                                       struct tri_libav_output *output, const AVCodec *codec,
                                       const struct tri_video_write_options *options,
                                       struct tri_error *error);

/* ---- libav_last.c: animations ---- */
/* Before the trailer: sets how long the last frame is shown, which these muxers otherwise copy from
 * the previous frame. */
void tri_libav_set_last(AVFormatContext *format, int64_t duration, AVRational base);

/* ---- libav_io.c ---- */
/* Makes the muxer write into output->file. False: no memory. */
bool tri_libav_open_bytes(struct tri_libav_output *output);
void tri_libav_close_bytes(struct tri_libav_output *output);

/* ---- libav_segments.c ---- */
/* Whether clips of this encoder can be cut. Call before opening it. */
enum tri_status tri_libav_check_segments(const struct tri_video_writer *writer,
                                         const AVCodec *codec, struct tri_error *error);
/* If the options ask for it: frames then go to encoders like output->encoder. */
enum tri_status tri_libav_begin_segments(struct tri_video_writer *writer,
                                         struct tri_libav_output *output,
                                         const struct tri_video_write_options *options,
                                         struct tri_error *error);
/* Passes a frame on, and writes what is ready; the other at the end, all of the rest. They return
 * libav's code. */
int tri_libav_put_segment(struct tri_libav_segments *all, const AVFrame *frame);
int tri_libav_finish_segments(struct tri_libav_segments *all);
void tri_libav_free_segments(struct tri_libav_segments *all); /* of which some may be encoded */

/* ---- libav_encoder.c ---- */
enum tri_status tri_libav_open_encoder(struct tri_video_writer *writer,
                                       struct tri_libav_output *output,
                                       const struct tri_video_write_options *options,
                                       struct tri_error *error);
/* An encoder with the settings of the output's, and one thread; not open. NULL: no memory. */
AVCodecContext *tri_libav_prepare_another(const struct tri_video_writer *writer);
/* For encoders that write to standard error, have no alpha by default, or must be given the light.
 * Call before opening them. */
void tri_libav_tune(const AVCodec *codec, const struct tri_video *video, AVCodecContext *encoder);

/* ---- libav_write.c ---- */
/* Fails with the reason for libav's code, or what is known to be wrong. */
enum tri_status tri_libav_cannot_write(const struct tri_video_writer *writer, int code,
                                       struct tri_error *error);
/* Writes a packet of the video whose times are in the encoder's time base. */
int tri_libav_put_packet(struct tri_video_writer *writer, AVPacket *packet);
enum tri_status tri_libav_create(struct tri_video_writer *writer, const char *path,
                                 const struct tri_video_write_options *options,
                                 struct tri_error *error);
enum tri_status tri_libav_put(struct tri_video_writer *writer, struct tri_frame *frame,
                              struct tri_error *error);
enum tri_status tri_libav_end(struct tri_video_writer *writer, enum tri_status so_far,
                              struct tri_error *error);
/* The container for a format's name or extension; NULL: none for video. */
const AVOutputFormat *tri_libav_container(const char *format);
bool tri_libav_is_mp4(const AVOutputFormat *container); /* or a variant */

#endif
