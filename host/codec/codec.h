/* codec.h -- what a file format has to offer. A codec is one file of this folder, named for its format, with a
 * `const struct tri_codec tri_codec_NAME`; the Makefile lists it, and
 * builds it where its libraries are. */
#ifndef TRI_CODEC_H
#define TRI_CODEC_H

#include "../image/image.h"
#include "metadata.h"

/* A file to be read, whole in memory. */
struct tri_source {
    const char *name; /* for messages: the path, or "standard input" */
    const unsigned char *data;
    size_t size;
    uint64_t max_pixels;
    struct tri_pool *pool;
    struct tri_memory *memory; /* where the image is to lie; NULL: as usual */
    struct tri_metadata *metadata; /* to be added to; NULL: nobody asks */
    char warning[TRI_NOTE_MAX];    /* all, separated by "; " */
    struct tri_error *error;
};

/* "cannot read NAME: TEXT"; returns TRI_FAILED. */
enum tri_status tri_source_fail(const struct tri_source *source, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds a warning, unless it is there already. */
void tri_source_warn(struct tri_source *source, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* TRI_FAILED, and why, where the size is beyond the limits. */
enum tri_status tri_source_check_size(const struct tri_source *source, uint64_t width, uint64_t height);
/* Checks the size, and makes the image. */
enum tri_status tri_source_image(const struct tri_source *source, uint64_t width, uint64_t height, int planes,
                                 int bits, struct tri_image **image);

/* A file to be written. */
struct tri_sink {
    const char *name; /* for messages */
    FILE *file;       /* may be a pipe */
    const struct tri_write_options *options; /* never NULL */
    struct tri_error *error;
};

/* Tells what of the metadata is left out. */
void tri_sink_note(const struct tri_sink *sink, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "cannot write NAME: TEXT"; returns TRI_FAILED. */
enum tri_status tri_sink_fail(const struct tri_sink *sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Writes all bytes, or fails with the system's reason. */
enum tri_status tri_sink_write(const struct tri_sink *sink, const void *data, size_t size);

/* What a format has a place for beside pixels. */
enum {
    TRI_KEEPS_PROFILE = 1,
    TRI_KEEPS_EXIF = 2,
    TRI_KEEPS_XMP = 4,
    TRI_KEEPS_IPTC = 8,
    TRI_KEEPS_DENSITY = 16, /* apart from EXIF */
    TRI_KEEPS_TEXT = 32,    /* of any keyword */
    TRI_KEEPS_COMMENT = 64, /* text of the keyword "Comment" */
    TRI_KEEPS_COLOUR = 128, /* gAMA, cHRM, sRGB, cICP, mDCV, cLLI, sBIT */
    TRI_KEEPS_TIFF = 256,   /* tags of TIFF's own */
    TRI_WRITES_RGB = 512,   /* of gray too */
    TRI_WRITES_LOSSY = 1024 /* unless asked for the other */
};

struct tri_codec {
    struct tri_format format;
    void (*version)(char text[80]); /* of its library; NULL: `format.library` tells it */
    const char *module;             /* which gives a tri_codec with `read` and `write`; NULL: they are here */
    bool no_alpha;                  /* pictures with transparency are put on a background before, if there is one */
    unsigned keeps; /* TRI_KEEPS_...; a writer is given just that */
    size_t magic_size; /* so many bytes from the start `probe` wants to see, at most 16; fewer in a short file */
    bool (*probe)(const unsigned char *data, size_t size);
    enum tri_status (*read)(struct tri_source *source, struct tri_image **image);
    enum tri_status (*write)(const struct tri_sink *sink, const struct tri_image *image);
};

#endif
