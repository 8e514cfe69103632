/* video.h -- moving pictures: what a stream is, and reading and writing its frames. A format is one file of this
 * folder (y4m.c, libav.c) that fills in a struct tri_video_codec. */
#ifndef TRI_VIDEO_H
#define TRI_VIDEO_H

#include "../triptych.h"

/* How Y'CbCr is made of R'G'B' (ITU-T H.273): the weights of red and blue. */
enum tri_matrix {
    TRI_BT601,
    TRI_BT709,
    TRI_BT2020,
    TRI_YCGCO,        /* planes are Y, Cg, Co */
    TRI_OTHER_MATRIX, /* no sum of the three (BT.2020 of constant luminance, ICtCp): planes stay planes */
    TRI_RGB           /* planes are R, G, B */
};

/* What planes a writer takes. */
enum tri_colour { TRI_ANY_COLOUR, TRI_ONLY_RGB, TRI_ONLY_YCBCR };

struct tri_video {
    int width, height;     /* pixels of luma */
    int planes;            /* 1: luma alone; 3: luma, Cb, Cr */
    int shift_x, shift_y;  /* chroma has (width + (1 << shift_x) - 1) >> shift_x columns, and rows alike */
    int bits;              /* of a sample in the file, 8 to 16 */
    int rate[2];           /* frames per second, a fraction; 0/0: unknown */
    int steady_rate[2];    /* the constant rate that has a place for each frame, where `rate` is a mean; 0/0: as `rate` */
    int aspect[2];         /* of a pixel, width to height; 0/0: unknown */
    char interlace;        /* 'p' progressive: no fields, 't' top or 'b' bottom field first, 'm' mixed, '?' unknown */
    char siting[12];       /* of chroma in Y4M's terms: "jpeg", "mpeg2", "paldv"; "": unknown */
    enum tri_matrix matrix;
    bool full_range;       /* 0 to 255, not 16 to 235 and 240 */
    int primaries, transfer; /* of the light, by H.273; 0 or 2: unknown */
    int time_base[2];      /* seconds, a fraction: the unit of a frame's time */
    int64_t frames;        /* about; 0: unknown */
    char comments[256];    /* of Y4M, fields that begin with X: "XA XB" */
    int rotation;          /* degrees clockwise that a player is to turn the picture by; kept, not applied */
};

/* One frame: each plane is an image of one plane, of 8 bits, or of 16 bits where the stream has more: then samples are
 * spread over the whole range, 0 to 65535, so that kernels need not know how many bits a stream has. */
struct tri_frame {
    struct tri_image *planes[3];
    long number;            /* from 0 */
    int64_t time, duration; /* in units of time_base */
    char *data;             /* CSV lines about it, of a kernel; NULL: none */
    struct tri_metadata *metadata; /* of a picture that it was read from; NULL: none */
    void *raw;              /* the codec's, between `next` and `decode` or `encode` and `put`; NULL: none */
};

/* "BT.709", for users. */
const char *tri_video_matrix_name(enum tri_matrix matrix);
/* "PQ, BT.2020", for users: light that looks wrong where nothing is said of it. False: it is the usual one, or unknown. */
bool tri_video_light_name(const struct tri_video *video, char text[24]);
/* That of streams which do not tell: what has the height of a television of old is coded as those were. */
enum tri_matrix tri_video_usual_matrix(int height);
/* Shape of a plane of frames. */
void tri_video_plane(const struct tri_video *video, int plane, struct tri_shape *shape);
/* Makes the planes. TRI_USAGE: such frames cannot be. Ends with tri_frame_free. */
enum tri_status tri_frame_new(const struct tri_video *video, struct tri_frame *frame, struct tri_error *error);
/* In memory as of tri_image_new_in. */
enum tri_status tri_frame_new_in(struct tri_memory *memory, const struct tri_video *video, struct tri_frame *frame,
                                 struct tri_error *error);
void tri_frame_free(struct tri_frame *frame);
void tri_frame_free_data(struct tri_frame *frame); /* and metadata, not the planes */

/* Samples of `bits` bits (9 to 16) in native 16-bit words to samples over the whole range, and back to the nearest;
 * back and forth nothing changes. In place. */
void tri_frame_spread(struct tri_frame *frame, int bits);
void tri_frame_gather(struct tri_frame *frame, int bits);

/* ---- reading ---- */

struct tri_video_read_options {
    int threads;          /* that a decoder may have of its own; 0: one for each core */
    uint64_t max_pixels;  /* of a frame; larger ones are refused; 0: TRI_PIXEL_LIMIT */
    bool (*stop)(void);   /* asked while a pipe has nothing to read; true: it is as if it ended. NULL: it is waited for */
    const unsigned char *head; /* bytes of "-" that the caller has read already, to know what it is */
    size_t head_size;          /* at most TRI_HEAD */
    struct tri_background background; /* of pictures of a sequence, as frames have no transparency */
    void (*tell)(void *listener, const char *text); /* told what frames cannot keep, by any thread; NULL: nobody is told */
    void *listener;
};

struct tri_video_reader {
    struct tri_video video;
    const char *name;     /* for messages */
    const struct tri_video_codec *codec;
    struct tri_video_read_options options; /* without a 0 */
    int64_t decode_ns;    /* of `next`, what was decoding, where a codec tells */
    char warning[200];    /* damage after which frames went on; empty otherwise */
    void *state;
};

#define TRI_HEAD 16 /* bytes from the start that tell what a file is */

/* Whether a file that begins so, and is named so, is a moving picture that can be read. */
bool tri_video_is(const char *path, const unsigned char *head, size_t size);
/* Whether a path has the extension of a video. */
bool tri_video_named(const char *path);
/* `options` may be NULL. */
enum tri_status tri_video_open(const char *path, const struct tri_video_read_options *options,
                               struct tri_video_reader **reader, struct tri_error *error);
/* The next frame, into planes that there are: one call at a time. *more is false at the end. A file that is cut
 * short is an error that names the frame. */
enum tri_status tri_video_next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                               struct tri_error *error);
/* The rest of it, for which frames do not wait for each other: several threads at once, each for its own frame. */
enum tri_status tri_video_decode(struct tri_video_reader *reader, struct tri_frame *frame, struct tri_error *error);
void tri_video_close(struct tri_video_reader *reader);

/* ---- writing ---- */

struct tri_video_write_options {
    const char *format;      /* "y4m" or a container of libavformat; NULL: by the path's extension, Y4M for "-" */
    const char *video_codec; /* libavcodec's name; NULL: the container's usual one */
    const char *pixel_format; /* libavutil's name; NULL: the encoder's nearest, of RGB 4:2:0 where players need that */
    int crf;                 /* quality of the codec, -1: its default */
    int frame_rate[2];       /* the constant rate of the output, for which frames are repeated and left out; 0/0: as it
                              * suits the format: each frame at its time, where it can say that */
    bool every_frame;        /* each frame just once, also where the format does not say how long it is shown */
    int threads;             /* that an encoder may have of its own; 0: one for each core */
    struct tri_write_options pictures; /* how those of a sequence are written; its `tell` is told of any file */
    bool strip;              /* leave out what pictures say beside their pixels */
    bool no_audio, no_subtitles; /* of the source are copied */
    /* Whose audio, subtitles and tags are copied; NULL: none. No frame was read of it yet, and it stays open until
     * the end. */
    struct tri_video_reader *source;
    const struct tri_video_reader *with; /* a second input; NULL: none */
};

struct tri_video_writer {
    struct tri_video video;
    char *path; /* as it is opened; numbered names as they were given */
    const char *name;
    int threads;
    void (*note)(void *listener, const char *text); /* as in the options */
    void *listener;
    int64_t encode_ns; /* of `put`, what was encoding, where a codec tells */
    const struct tri_video_codec *codec;
    void *state;
};

/* Whether what a path, or a format that overrides it, names can be written. */
bool tri_video_writes(const char *path, const char *format);
/* What its frames have to be. */
enum tri_colour tri_video_takes(const char *path, const char *format);
/* Regular files are written beside and renamed at the end, as pictures are. */
enum tri_status tri_video_create(const char *path, const struct tri_video *video,
                                 const struct tri_video_write_options *options, struct tri_video_writer **writer,
                                 struct tri_error *error);
/* Turns planes into what the file holds; they are of no more use then: several threads at once. */
enum tri_status tri_video_encode(struct tri_video_writer *writer, struct tri_frame *frame, struct tri_error *error);
/* Writes it: one call at a time, in the order of the frames. */
enum tri_status tri_video_put(struct tri_video_writer *writer, struct tri_frame *frame, struct tri_error *error);
/* Ends the file after TRI_OK so far (also with the frames written up to an interruption), else throws a new file away;
 * returns `so_far` or the first failure. Frees the writer. */
enum tri_status tri_video_end(struct tri_video_writer *writer, enum tri_status so_far, struct tri_error *error);

/* ---- codecs ---- */

/* For writers: tells it, if anybody is there to be told. */
void tri_video_note(const struct tri_video_writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* For writers of one rate: what options ask for, or what has a place for each frame. */
void tri_video_steady_rate(const struct tri_video *video, const struct tri_video_write_options *options, int rate[2]);

/* For readers: TRI_FAILED, and why, where frames of that size are not wanted. */
enum tri_status tri_video_check_size(const struct tri_video_reader *reader, int width, int height, struct tri_error *error);
/* Waits until there is something to read, or the end. False: asked to stop meanwhile. */
bool tri_video_wait(const struct tri_video_reader *reader, int file);

/* Those that were built in, by index; NULL behind the last. */
const struct tri_video_codec *tri_video_codec_at(int index);

struct tri_video_codec {
    const char *name;
    const char *(*library)(void); /* its version, for users; NULL: none is needed */
    /* Of the first bytes; where they say nothing, of the path's extension. */
    bool (*probe)(const char *path, const unsigned char *head, size_t size);
    enum tri_colour takes;
    bool containers; /* of coded video: with a choice of encoders, and a turn that players are asked for */
    bool (*writes)(const char *path, const char *format); /* format: what --format says, or the path's extension */
    enum tri_status (*open)(struct tri_video_reader *reader, const char *path, struct tri_error *error);
    enum tri_status (*next)(struct tri_video_reader *reader, struct tri_frame *frame, bool *more, struct tri_error *error);
    enum tri_status (*decode)(struct tri_video_reader *reader, struct tri_frame *frame, struct tri_error *error);
    void (*close)(struct tri_video_reader *reader);
    enum tri_status (*create)(struct tri_video_writer *writer, const char *path,
                              const struct tri_video_write_options *options, struct tri_error *error);
    enum tri_status (*encode)(struct tri_video_writer *writer, struct tri_frame *frame, struct tri_error *error);
    enum tri_status (*put)(struct tri_video_writer *writer, struct tri_frame *frame, struct tri_error *error);
    enum tri_status (*end)(struct tri_video_writer *writer, enum tri_status so_far, struct tri_error *error);
    void (*discard)(struct tri_frame *frame); /* frees frame->raw of a frame that goes no further; NULL: there is none */
};

#endif
