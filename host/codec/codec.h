/* codec.h -- the interface of a file format. A codec is NAME.c in this folder, named after its
 * format (with more in NAME_*.c), that defines `const struct tri_codec tri_codec_NAME`; the
 * Makefile finds it, and builds it if its libraries are present. */
#ifndef TRI_CODEC_H
#define TRI_CODEC_H

#include "../image/image.h"
#include "metadata.h"

struct tri_codec;

/* A file to read, entirely in memory. */
struct tri_source {
    const char *name; /* for messages: the path, or "standard input" */
    const unsigned char *data;
    size_t size;
    uint64_t max_pixels;
    struct tri_pool *pool;
    struct tri_memory *memory;     /* memory for the image; NULL: the default */
    struct tri_metadata *metadata; /* to add to; NULL if not wanted */
    char warning[TRI_NOTE_MAX];    /* all, separated by "; " */
    struct tri_error *error;
    /* what the image is for, as in the options; how it was shrunk */
    const struct tri_pipeline *shrink_for;
    enum tri_shrink shrink;
    struct tri_shrunk shrunk;
    /* For files with several pictures: */
    uint64_t place; /* the picture to read, one of the series' places; 0: the first */
    bool several;   /* all are read, so none warns of the others, */
    /* and all go into one file, so metadata about their number stay true */
    bool together;
    long pictures; /* output: as in tri_read_info */
    bool animated;
};

/* Copies the caller's options, as tri_sized_take does; NULL gives the defaults. */
enum tri_status tri_read_options_take(const struct tri_read_options *given,
                                      struct tri_read_options *own, struct tri_error *error);
enum tri_status tri_write_options_take(const struct tri_write_options *given,
                                       struct tri_write_options *own, struct tri_error *error);
/* Checks the size of the caller's info, and copies what was found into it; `info` may be NULL. */
enum tri_status tri_read_info_check(const struct tri_read_info *info, struct tri_error *error);
void tri_read_info_give(const struct tri_read_info *found, struct tri_read_info *info);

/* Before and after reading a file. What is known goes into `info`, which may be NULL; after a
 * failure there is no image. */
void tri_source_begin(struct tri_source *source, const char *path,
                      const struct tri_read_options *options, struct tri_error *error);
enum tri_status tri_source_end(struct tri_source *source, enum tri_status status,
                               struct tri_image **image, struct tri_read_info *info);
/* Reports that the content has no known format; returns TRI_FAILED. */
enum tri_status tri_source_unknown(const struct tri_source *source);

/* "cannot read NAME: TEXT"; returns TRI_FAILED. */
enum tri_status tri_source_fail(const struct tri_source *source, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds a warning, once. */
void tri_source_warn(struct tri_source *source, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* TRI_FAILED, with the reason, if the size exceeds the limits. */
enum tri_status tri_source_check_size(const struct tri_source *source, uint64_t width,
                                      uint64_t height);
/* Checks the size and allocates the image. */
enum tri_status tri_source_image(const struct tri_source *source, uint64_t width, uint64_t height,
                                 int planes, int bits, struct tri_image **image);

/* By how much a decoder shrinks a picture of that shape in the file, with that EXIF orientation: 2,
 * 4 or 8, which then is in `shrunk`; 1: not at all. */
int tri_source_shrink(struct tri_source *source, const struct tri_shape *shape, int orientation);

/* Decodes the source's data into its image. `why`: the reason where `codec` is NULL. */
enum tri_status tri_source_decode(const struct tri_codec *codec, struct tri_source *source,
                                  struct tri_image **image, const struct tri_error *why);

/* A file to write. */
struct tri_sink {
    const char *name;                        /* for messages */
    FILE *file;                              /* may be a pipe */
    const struct tri_write_options *options; /* never NULL */
    char *note; /* TRI_NOTE_MAX bytes, appended to; NULL if not wanted */
    struct tri_error *error;
};

/* A sink in memory in place of another. `data` is the caller's, to free after the end. */
struct tri_memory_sink {
    struct tri_sink sink;
    char *data;
    size_t size;
};
enum tri_status tri_memory_sink_begin(struct tri_memory_sink *memory, const struct tri_sink *sink);
/* Returns `so_far`, which is what writing came to, or TRI_FAILED if the data are lost. */
enum tri_status tri_memory_sink_end(struct tri_memory_sink *memory, enum tri_status so_far);

/* Reports which metadata are left out. */
void tri_sink_note(const struct tri_sink *sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "cannot write NAME: TEXT"; returns TRI_FAILED. */
enum tri_status tri_sink_fail(const struct tri_sink *sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Writes all bytes, or fails with the system's reason. */
enum tri_status tri_sink_write(const struct tri_sink *sink, const void *data, size_t size);

/* The metadata a format can hold, and how it writes pixels. */
enum {
    TRI_KEEPS_PROFILE = 1,
    TRI_KEEPS_EXIF = 2,
    TRI_KEEPS_XMP = 4,
    TRI_KEEPS_IPTC = 8,
    TRI_KEEPS_DENSITY = 16,   /* outside EXIF */
    TRI_KEEPS_TEXT = 32,      /* with any keyword */
    TRI_KEEPS_COMMENT = 64,   /* text with the keyword "Comment" */
    TRI_KEEPS_COLOUR = 128,   /* gAMA, cHRM, sRGB, cICP, mDCV, cLLI, sBIT */
    TRI_KEEPS_TIFF = 256,     /* TIFF's own tags */
    TRI_WRITES_RGB = 512,     /* for gray images too */
    TRI_WRITES_LOSSY = 1024,  /* unless lossless is requested */
    TRI_KEEPS_CHUNKS = 2048,  /* PNG's, of unknown meaning */
    TRI_KEEPS_CICP = 4096,    /* of the kinds of colour, cICP alone */
    TRI_WRITES_8_BITS = 8192, /* or some more, but never 16 */
    TRI_WRITES_PALETTE = 16384,
    TRI_WRITES_INTERLACED = 32768
};

/* The pictures of a file, as described by its codec. */
struct tri_series {
    struct tri_pictures_info info; /* all but the format */
    /* one per picture, for `read`; malloc'ed. NULL: use `next` */
    uint64_t *places;
    struct tri_duration *durations; /* one per picture, malloc'ed; NULL: none */
    /* parts of the file that are not pictures of the series; empty if none */
    char left_out[TRI_NOTE_MAX];
    void *state; /* for `next` */
};

/* A picture to be added to a file with several. */
struct tri_part {
    const struct tri_image *image;
    struct tri_duration duration;
    /* a file of its own, malloc'ed; NULL: the format takes `image` instead */
    unsigned char *data;
    size_t size;
    struct tri_metadata *metadata; /* those the format keeps; NULL: none */
    uint64_t digest;
    struct tri_image *converted; /* `image`, if it is the part's own */
};

/* Formats whose files hold several pictures. */
struct tri_codec_several {
    /* For formats whose files may be concatenated: the size of the first file in the data; 0 if it
     * does not end there, and cannot with fewer than `wanted` bytes. `whole`: nothing follows the
     * data. NULL if files cannot be concatenated. */
    size_t (*extent)(const unsigned char *data, size_t size, bool whole, size_t *wanted);
    /* NULL if a file holds one picture. For a file with just one, info.count is 1 and nothing else
     * is set. */
    enum tri_status (*open)(struct tri_source *source, struct tri_series *series);
    enum tri_status (*next)(struct tri_source *source, struct tri_series *series,
                            struct tri_image **image);
    void (*close)(struct tri_series *series); /* frees the state; NULL: no state */
    /* Writing: adds one picture after another, in memory; `finish` writes the file. NULL if a file
     * holds one picture. The options' metadata are the part's. */
    /* parts are separate files, encoded by several threads; among frames, the first has the
     * metadata */
    bool parts;
    enum tri_status (*begin)(const struct tri_sink *sink, const struct tri_pictures_info *info,
                             void **state);
    enum tri_status (*add)(const struct tri_sink *sink, void *state, const struct tri_part *part);
    enum tri_status (*finish)(const struct tri_sink *sink, void *state);
    void (*drop)(void *state);
};

/* What moves samples of a stored picture without decoding them. */
struct tri_moves;
struct tri_codec_moves {
    /* Reads the file, whose data stay until `close`. What is stored goes into `stored`, with its
     * EXIF orientation. After a failure there is no state. */
    enum tri_status (*open)(struct tri_source *source, struct tri_shape *stored, int *orientation,
                            void **state);
    /* TRI_USAGE, with what would be possible, if these lose something. */
    enum tri_status (*check)(const void *state, const struct tri_moves *moves,
                             struct tri_error *error);
    /* May be called several times. */
    enum tri_status (*write)(const struct tri_sink *sink, void *state,
                             const struct tri_moves *moves);
    void (*close)(void *state);
};

struct tri_codec {
    struct tri_format format;
    void (*version)(char text[80]); /* its library's; NULL: `format.library` */
    /* the module whose tri_codec has `read` and `write`; NULL: they are here */
    const char *module;
    /* Names the format if files of this name have no transparency; images with it are then first
     * flattened, if a background is set. Else NULL, as is a missing function. */
    const char *(*opaque)(const char *name);
    unsigned keeps; /* TRI_KEEPS_...; a writer gets only these */
    /* gets the first bytes, at least 16 unless the file is shorter */
    bool (*probe)(const unsigned char *data, size_t size);
    enum tri_status (*read)(struct tri_source *source, struct tri_image **image);
    enum tri_status (*write)(const struct tri_sink *sink, const struct tri_image *image);
    const struct tri_codec_moves *moves; /* NULL: it cannot; not for modules */
    /* a module provides its own; NULL if a file holds one picture */
    const struct tri_codec_several *several;
    enum {
        TRI_HOLDS_ONE,
        TRI_HOLDS_FRAMES,
        TRI_HOLDS_ANY
    } holds; /* which series of pictures a written file may hold */
};

/* Writes the image as the sink's options say, flattened and verified. `about` describes the format;
 * `codec` is what tri_codec_complete made of it. */
enum tri_status tri_sink_encode(const struct tri_codec *about, const struct tri_codec *codec,
                                const struct tri_sink *sink, const struct tri_image *image);
/* By the first bytes; NULL if the format is unknown. */
const struct tri_codec *tri_codec_of_head(const unsigned char *data, size_t size);
const struct tri_codec *tri_codec_of(const struct tri_format *format);
/* The codec itself, or the functions in its module; NULL, with the reason, if that cannot be
 * loaded. */
const struct tri_codec *tri_codec_complete(const struct tri_codec *codec, struct tri_error *error);
/* The format given by the options or the path; NULL and TRI_USAGE if there is none. */
const struct tri_format *tri_format_written(const char *path,
                                            const struct tri_write_options *options,
                                            struct tri_error *error);
/* The part of the options' metadata that the format keeps, updated to match the picture; free with
 * tri_metadata_free. */
enum tri_status tri_sink_carry(const struct tri_codec *codec, const struct tri_sink *sink,
                               const struct tri_image *image, struct tri_metadata **carried);

#endif
