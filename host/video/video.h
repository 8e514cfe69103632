/* video.h -- video streams, and reading and writing their frames. Each format is one file in this
 * folder (y4m.c, libav.c) that fills in a struct tri_video_codec. */
#ifndef TRI_VIDEO_H
#define TRI_VIDEO_H

#include "../image/divisor.h"
#include "../trace/trace.h"
#include "trim.h"

#include <pthread.h>

/* How Y'CbCr derives from R'G'B' (ITU-T H.273): the weights of red and blue. */
enum tri_matrix {
    TRI_BT601,
    TRI_BT709,
    TRI_BT2020,
    TRI_YCGCO,        /* planes are Y, Cg, Co */
    TRI_OTHER_MATRIX, /* no weighted sum (BT.2020 constant luminance, ICtCp): planes stay as they
                         are */
    TRI_RGB           /* planes are R, G, B */
};

/* The planes a writer accepts. */
enum tri_colour { TRI_ANY_COLOUR, TRI_ONLY_RGB, TRI_ONLY_YCBCR };

struct tri_video {
    int width, height; /* luma samples */
    int planes;        /* 1: luma only; 3: luma, Cb, Cr */
    bool alpha;        /* frames are or may be transparent */
    int shift_x,
        shift_y; /* chroma has (width + (1 << shift_x) - 1) >> shift_x columns; rows likewise */
    int bits;    /* per sample in the file, 8 to 16 */
    int rate[2]; /* frames per second, as a fraction; 0/0: unknown */
    int steady_rate[2]; /* the constant rate with a slot for each frame, if `rate` is an average;
                           0/0: same as `rate` */
    int aspect[2];      /* pixel width to height; 0/0: unknown */
    char interlace; /* 'p' progressive, 't' top or 'b' bottom field first, 'm' mixed, '?' unknown */
    char siting[12]; /* chroma siting in Y4M terms: "jpeg", "mpeg2", "paldv"; "": unknown */
    enum tri_matrix matrix;
    bool full_range;         /* 0 to 255, not 16 to 235 or 240 */
    int primaries, transfer; /* H.273 codes; 0 or 2: unknown */
    int time_base[2];        /* the unit of frame times in seconds, as a fraction */
    int64_t frames;          /* approximate; 0: unknown */
    char comments[256];      /* Y4M fields that begin with X: "XA XB" */
    unsigned char mastering[24], light_level[8]; /* the display and the levels of light the video
                                                    was mastered for, as in PNG's mDCV and cLLI */
    bool has_mastering, has_light_level;
    int plays;      /* number of times players show it; -1: endlessly, 0: unspecified */
    int rotation;   /* clockwise degrees by which players should rotate it; kept, not applied */
    bool animation; /* a picture that moves: a GIF, an APNG */
};

/* Seconds of a time in units of time_base; 0 if that is unknown. */
static inline double tri_video_seconds(const struct tri_video *video, int64_t time)
{
    const int *base = video->time_base;
    return base[1] > 0 ? (double)time * base[0] / base[1] : 0;
}

/* One frame. Each plane is a single-plane image of 8 bits, or of 16 bits if the stream has more
 * than 8. Samples are then scaled to the whole range, 0 to 65535, and kernels need not know the
 * stream's bit depth. Alpha has luma's size and always full range; it is the second plane of the
 * first image, as in a gray picture. */
struct tri_frame {
    struct tri_image *planes[3];
    long number;                   /* from 0 */
    int64_t time, duration;        /* in units of time_base */
    char *data;                    /* CSV lines from a kernel; NULL if none */
    struct tri_metadata *metadata; /* from the picture it was read from; NULL if none */
    void *raw;  /* the codec's, from `next` to `decode` or from `encode` to `put`; NULL if none */
    int64_t at; /* for `decode`: where a codec that has only found the frame reads it; 0: it has
                   read it */
    uint64_t traced; /* of a frame with a delayed result: what it is in a recording */
    long read_until; /* computing so many frames may read the planes; 0: that of this one alone */
};

/* "BT.709", for messages. */
const char *tri_video_matrix_name(enum tri_matrix matrix);
/* "PQ, BT.2020", for messages: light that looks wrong if the file does not declare it. False if it
 * is the usual one or unknown. */
bool tri_video_light_name(const struct tri_video *video, char text[24]);
/* The default matrix for untagged streams, by height. */
enum tri_matrix tri_video_usual_matrix(int height);
/* The shape of one plane of a frame. */
void tri_video_plane(const struct tri_video *video, int plane, struct tri_shape *shape);
/* Allocates the planes. TRI_USAGE: such frames are not possible. Free with tri_frame_free. */
enum tri_status tri_frame_new(const struct tri_video *video, struct tri_frame *frame,
                              struct tri_error *error);
/* Like tri_frame_new, in memory as in tri_image_new_in. */
enum tri_status tri_frame_new_in(struct tri_memory *memory, const struct tri_video *video,
                                 struct tri_frame *frame, struct tri_error *error);
void tri_frame_free(struct tri_frame *frame);
void tri_frame_free_data(struct tri_frame *frame); /* and the metadata, not the planes */

/* Scale samples of `bits` bits (9 to 16) in native 16-bit words to the whole range, and back with
 * rounding; the round trip is lossless. In place. */
void tri_frame_expand_depth(struct tri_frame *frame, int bits);
void tri_frame_reduce_depth(struct tri_frame *frame, int bits);

/* ---- reading ---- */

struct tri_video_read_options {
    int threads;         /* the decoder's own threads; 0: one per core */
    uint64_t max_pixels; /* per frame; larger frames are refused; 0: TRI_PIXEL_LIMIT */
    /* Called while a pipe has no data; true: treat it as ended. NULL: keep waiting. */
    bool (*stop)(void);
    /* bytes of "-" that the caller has already read to detect the format */
    const unsigned char *head;
    size_t head_size; /* at most TRI_HEAD */
    /* for pictures with transparency, if the first one has no alpha */
    struct tri_background background;
    struct tri_trim trim; /* only this part is read */
    /* Reports what frames cannot keep, from any thread; NULL if not wanted. */
    void (*tell)(void *listener, const char *text);
    void *listener;
};

struct tri_video_reader {
    struct tri_video video;
    const char *name; /* for messages */
    const struct tri_video_codec *codec;
    struct tri_video_read_options options; /* zeros replaced by their defaults */
    int64_t decode_ns; /* decoding time within `next`, if the codec measures it */
    char warning[200]; /* damage that did not stop the frames; empty if none */
    struct tri_trimmed trimmed;
    void *state;
};

#define TRI_HEAD 16 /* leading bytes needed to detect a file's type */

/* Whether a file with this name and these first bytes is a video that can be read. */
bool tri_video_is(const char *path, const unsigned char *head, size_t size);
/* Whether a path has a video extension. */
bool tri_video_named(const char *path);
/* `options` may be NULL. */
enum tri_status tri_video_open(const char *path, const struct tri_video_read_options *options,
                               struct tri_video_reader **reader, struct tri_error *error);
/* Opens several as one that continue each other: frames must be of one size and form (TRI_USAGE).
 * Paths stay until the reader is closed, and none is "-". */
enum tri_status tri_video_join(char *const paths[], int count,
                               const struct tri_video_read_options *options,
                               struct tri_video_reader **reader, struct tri_error *error);
/* A part of such a video; when it begins and ends, in units of the whole: -1: not read so far. */
struct tri_joined_part {
    const char *path;
    int64_t begins, ends;
};
/* False: there are not so many, or the video is not joined. From any thread. */
bool tri_video_joined(const struct tri_video_reader *reader, int index,
                      struct tri_joined_part *part);
/* The same video backwards: a reader that owns `forwards`, unless this fails. Its first frame is
 * read when all are in a temporary file. */
enum tri_status tri_video_reverse(struct tri_video_reader *forwards,
                                  struct tri_video_reader **reader, struct tri_error *error);
/* Reads the next frame into existing planes; one call at a time. *more is false at the end. A
 * truncated file is an error that names the frame. */
enum tri_status tri_video_next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                               struct tri_error *error);
/* The rest of the work, independent for each frame: several threads may call it at once, each for
 * its own frame. */
enum tri_status tri_video_decode(struct tri_video_reader *reader, struct tri_frame *frame,
                                 struct tri_error *error);
void tri_video_close(struct tri_video_reader *reader);

/* ---- writing ---- */

struct tri_video_write_options {
    /* "y4m" or a libavformat container; NULL: by the path's extension, Y4M for "-" */
    const char *format;
    const char *video_codec;  /* libavcodec's name; NULL: the container's default */
    const char *pixel_format; /* libavutil's name; NULL: the encoder's nearest, or 4:2:0 for RGB
                                 where players need it */
    int crf;                  /* the codec's quality; -1: its default */
    int frame_rate[2]; /* the output's constant rate, for which frames are repeated and dropped;
                          0/0: as suits the format: each frame at its own time if the format can
                          store that */
    bool every_frame;  /* write each frame exactly once, even if the format cannot store frame
                          durations */
    int threads;       /* the encoder's own threads; 0: one per core */
    /* Encoders at the same time, each with one thread, for segments of so many frames; 0: one
     * encoder, and as many frames as suit it. */
    int parallel, segment;
    /* options for the pictures of a sequence; `tell` is used for every format */
    struct tri_write_options pictures;
    bool animation;              /* into one picture file of several frames */
    bool nowhere;                /* frames are not written: only their data are wanted */
    bool strip;                  /* drop pictures' metadata */
    bool no_audio, no_subtitles; /* do not copy them from the source */
    /* The input whose audio, subtitles and tags are copied; NULL if none. No frame of it has been
     * read yet, and it stays open until the end. */
    struct tri_video_reader *source;
    const struct tri_video_reader *with; /* a second input; NULL if none */
};

struct tri_video_writer {
    struct tri_video video;
    char *path; /* as opened; numbered names as given */
    const char *name;
    int threads;
    void (*note)(void *listener, const char *text); /* `tell` of the options */
    void *listener;
    bool strip;       /* drop pictures' metadata without a note */
    bool joins_sound; /* set by a codec that writes the sound of a joined source */
    bool keeps_plays; /* set by codecs whose files store how often they are shown */
    char opaque[80];  /* set by a codec that drops a video's alpha: "Y4M has", completed by "no
                         transparency"; frames are then put on the background */
    char keeping[80]; /* which output would keep it: ", or use webm to keep transparency" */
    struct tri_background background;
    bool told;            /* the background has been reported */
    unsigned left;        /* metadata reported as dropped, as bits of tri_beside_bit */
    pthread_mutex_t lock; /* for `told` and `left` */
    int64_t encode_ns;    /* encoding time within `put`, if the codec measures it */
    const struct tri_video_codec *codec;
    void *state;
};

/* Whether the format that a path has, or that overrides it, can be written. */
bool tri_video_writes(const char *path, const char *format);
/* The planes it requires. */
enum tri_colour tri_video_takes(const char *path, const char *format);
/* Regular files are written to a temporary file and renamed at the end, as pictures are. */
enum tri_status tri_video_create(const char *path, const struct tri_video *video,
                                 const struct tri_video_write_options *options,
                                 struct tri_video_writer **writer, struct tri_error *error);
/* Converts the planes to the file's form, after which they are no longer usable; several threads
 * may call it at once. */
enum tri_status tri_video_encode(struct tri_video_writer *writer, struct tri_frame *frame,
                                 struct tri_error *error);
/* Writes the frame; one call at a time, in frame order. */
enum tri_status tri_video_put(struct tri_video_writer *writer, struct tri_frame *frame,
                              struct tri_error *error);
/* Finishes the file if `so_far` is TRI_OK (also after an interruption, with the frames written so
 * far), else discards a new file. Returns `so_far` or the first failure. Frees the writer. */
enum tri_status tri_video_end(struct tri_video_writer *writer, enum tri_status so_far,
                              struct tri_error *error);

/* ---- codecs ---- */

/* Whether pictures of that name (PPM, PGM) cannot have alpha and are refused with it. */
bool tri_video_opaque_name(const char *path);
/* Puts a frame on a background: (v * alpha + b * (most - alpha)) / most, rounded to nearest;
 * subsampled chroma uses the mean alpha. False: the frame is opaque and unchanged. */
bool tri_frame_flatten(struct tri_frame *frame, const struct tri_video *video,
                       const struct tri_background *background);
/* tri_frame_flatten for writers of files without transparency; reports it the first time. */
enum tri_status tri_video_flatten(struct tri_video_writer *writer, struct tri_frame *frame,
                                  struct tri_error *error);
/* The metadata of frames: items of pictures, and these, which are not PNG chunks, in libavutil's
 * form:
 * "A53 "  closed captions,
 * "AFD "  active format description: which part of the picture is in use,
 * "S12M"  timecodes,
 * "HDR+"  HDR10+. */
unsigned tri_beside_bit(const char *type); /* 0: a type that is not reported */
/* Those that are not part of the video's own description. */
unsigned tri_beside_kinds(const struct tri_metadata *metadata, const struct tri_video *video);
/* For writers: reports that `what` ("Y4M") has no place for these; each only once. */
void tri_video_leave(struct tri_video_writer *writer, const char *what, unsigned bits);
/* Reports which parts of a source only files of its own kind can hold, and a play count that the
 * file cannot store. */
void tri_video_tell_beside(const struct tri_video_writer *writer,
                           const struct tri_video_write_options *options);
/* Copies a picture's light metadata (cICP, mDCV, cLLI) to the video. */
void tri_video_say_light(const struct tri_metadata *metadata, struct tri_video *video);
/* Whether a note is not among those in `told` (`size` bytes): pictures that lose the same share one
 * report. Remembers it. */
bool tri_video_is_new(struct tri_video_writer *writer, char *told, size_t size, const char *note);
/* For writers: reports a note, if there is a listener. */
void tri_video_note(const struct tri_video_writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* For writers with a single rate: the options' rate, or one with a slot for each frame. */
void tri_video_steady_rate(const struct tri_video *video,
                           const struct tri_video_write_options *options, int rate[2]);

/* For readers: fails with TRI_FAILED and a reason if frames of that size are not allowed. */
enum tri_status tri_video_check_size(const struct tri_video_reader *reader, int width, int height,
                                     struct tri_error *error);
/* Waits for data or the end of the file. False: asked to stop while waiting. */
bool tri_video_wait(const struct tri_video_reader *reader, int file);

/* The pictures of a single picture file. tri_video_open uses it if no other codec recognises the
 * file; tri_video_is does not, because most picture files hold one picture. */
extern const struct tri_video_codec tri_video_codec_pictures;
/* Writes the frames of an animation into one picture file, if that is asked for. */
extern const struct tri_video_codec tri_video_codec_animation;
extern const struct tri_video_codec tri_video_codec_nowhere;
/* The built-in codecs, by index; NULL past the last. */
const struct tri_video_codec *tri_video_codec_at(int index);

struct tri_video_codec {
    const char *name;
    const char *(*library)(void); /* its version, for messages; NULL: needs none */
    /* By the first bytes, or by the path's extension if they are inconclusive. */
    bool (*probe)(const char *path, const unsigned char *head, size_t size);
    enum tri_colour takes;
    bool pictures;   /* not frames of a video stream: they have depth, colours and interlacing */
    bool containers; /* of coded video: a choice of encoders, and rotation for players */
    /* `format`: the argument of --format, or the path's extension. */
    bool (*writes)(const char *path, const char *format);
    enum tri_status (*open)(struct tri_video_reader *reader, const char *path,
                            struct tri_error *error);
    enum tri_status (*next)(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                            struct tri_error *error);
    enum tri_status (*decode)(struct tri_video_reader *reader, struct tri_frame *frame,
                              struct tri_error *error);
    /* After `open`: goes on to the first frame of the part; `next` then counts frames and times
     * from it. NULL: frames before it are found and discarded one by one. */
    enum tri_status (*seek)(struct tri_video_reader *reader, struct tri_error *error);
    void (*close)(struct tri_video_reader *reader);
    enum tri_status (*create)(struct tri_video_writer *writer, const char *path,
                              const struct tri_video_write_options *options,
                              struct tri_error *error);
    enum tri_status (*encode)(struct tri_video_writer *writer, struct tri_frame *frame,
                              struct tri_error *error);
    enum tri_status (*put)(struct tri_video_writer *writer, struct tri_frame *frame,
                           struct tri_error *error);
    enum tri_status (*end)(struct tri_video_writer *writer, enum tri_status so_far,
                           struct tri_error *error);
    /* Lists what a reader has besides its pictures: ", sound, 3 chapters". NULL: nothing. */
    void (*beside)(const struct tri_video_reader *reader,
                   const struct tri_video_write_options *options, char text[TRI_NOTE_MAX]);
    void (*discard)(struct tri_frame *frame); /* frees frame->raw of a frame that is not processed
                                                 further; NULL: no raw data */
};

#endif
