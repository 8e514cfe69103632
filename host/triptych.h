/* triptych.h -- the public interface: images, pipelines, backends, and running one on another.
 *
 * One kernel source per filter runs sequentially, on CPU threads and on OpenCL devices, and gives
 * the same bytes on each.
 *
 *     struct tri_error error;
 *     tri_pipeline_parse("gaussian:sigma=2,sobel", &pipeline, &error);
 *     tri_backend_open("threads", NULL, &backend, &error);
 *     tri_job_new(backend, pipeline, &in->shape, &job, &error);
 *     tri_image_new(tri_job_shape(job), &out, &error);
 *     tri_job_run(job, in, out, NULL, &error);
 *
 * docs/example.c is a whole program. The header is valid C99, C11 and C++11.
 *
 * Errors. A function that can fail returns an enum tri_status and, unless that is TRI_OK, writes
 * one line into the caller's struct tri_error (NULL if not wanted): what failed, with what, what to
 * try. A constructor that fails sets the pointer it was to return to NULL, keeps nothing and takes
 * nothing over. What to do next:
 *     TRI_OK         use the result
 *     TRI_FAILED     a file, memory or the system failed: report error.text; trying again may help once the cause is gone
 *     TRI_USAGE      the arguments are wrong: change them; trying again gives the same error
 *     TRI_DIFFERS    only the program triptych returns it
 *     TRI_NO_DEVICE  no such device, or it is unusable: open another backend, for instance "threads"
 * Each function names the codes it returns, with their meaning there. The library never exits,
 * aborts or prints.
 *
 * Ownership. What a function returns through a pointer to a pointer belongs to the caller, who
 * frees it with the function named there. What it returns as `const T *` belongs to the object it
 * was asked of, lives as long and is not freed. Arguments stay the caller's; those that must
 * outlive an object are named. Freeing NULL is allowed.
 *
 * Indices run from 0 to count - 1; for any other, functions return NULL (or what is stated there).
 * Pointers may be NULL only where this file says so.
 *
 * Threads. An object may be used by one thread at a time, different objects by different threads at
 * once; functions that allow more say so. Functions without an object may be called from any
 * thread.
 *
 * The process. No call changes a setting of another. Shared by the whole process are modules for
 * file formats and OpenCL drivers, which stay loaded once used; what was learned about drivers; and
 * the cache folder. The library reads the environment variables that docs/triptych.1 lists, and
 * changes none, with one exception: OpenCL's loader can be made to skip a driver only through
 * OCL_ICD_VENDORS, OPENCL_VENDOR_PATH and OCL_ICD_FILENAMES. Where a driver would end the process,
 * the first call that uses OpenCL sets these, lets the loader read them and restores them; until it
 * returns, no other thread may use the environment. POCL's settings belong to the program:
 * tri_opencl_set_environment.
 *
 * Versions. Structs that begin with `size` grow by members at their end: a program that sets `size`
 * works with earlier and later libraries of the same soname. So do structs that only the library
 * makes, one at a time (tri_backend_info, tri_format, tri_param). The layout of all others changes
 * only with the soname.
 */
#ifndef TRIPTYCH_H
#define TRIPTYCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the library exports; all other symbols of libtriptych.so are hidden. */
#ifdef __GNUC__
#define TRI_API __attribute__((visibility("default")))
#define TRI_FORMAT(text, first) __attribute__((format(printf, text, first)))
#else
#define TRI_API
#define TRI_FORMAT(text, first)
#endif

/* ---- version ---- */

/* Of this header. The Makefile reads these three. */
#define TRI_VERSION_MAJOR 0
#define TRI_VERSION_MINOR 1
#define TRI_VERSION_PATCH 0

#define TRI_VERSION_OF(major, minor, patch) ((major)*1000000 + (minor)*1000 + (patch))
#define TRI_VERSION_NUMBER \
    TRI_VERSION_OF(TRI_VERSION_MAJOR, TRI_VERSION_MINOR, TRI_VERSION_PATCH) /* for #if */
#define TRI_STRING_OF(value) #value
#define TRI_DOTTED(major, minor, patch) \
    TRI_STRING_OF(major) "." TRI_STRING_OF(minor) "." TRI_STRING_OF(patch)
#define TRI_VERSION \
    TRI_DOTTED(TRI_VERSION_MAJOR, TRI_VERSION_MINOR, TRI_VERSION_PATCH) /* "0.1.0" */

/* Of the library that was loaded: "0.1.0", and as TRI_VERSION_NUMBER. */
TRI_API const char *tri_version(void);
TRI_API int tri_version_number(void);

/* ---- errors ---- */

/* The values are also the exit codes of the program. */
enum tri_status {
    TRI_OK = 0,
    TRI_FAILED = 1,   /* input, output or the system failed */
    TRI_USAGE = 2,    /* the request is wrong: unknown kernel, value out of range, ... */
    TRI_DIFFERS = 3,  /* outputs that must be equal are not */
    TRI_NO_DEVICE = 4 /* a device is missing or unusable */
};

/* The caller's. A function that succeeds leaves it alone. */
struct tri_error {
    enum tri_status status;
    char text[1000]; /* one line without a newline; a build log or a list may follow on further
                        lines */
};

/* Fills `error`, which may be NULL, and returns `status`: `return tri_fail(...)`. The arguments may
 * point into `error`. */
TRI_API enum tri_status tri_fail(struct tri_error *error, enum tri_status status,
                                 const char *format, ...) TRI_FORMAT(3, 4);

/* ---- images ---- */

#define TRI_PLANES_MAX 4
#define TRI_SIDE_MAX 1000000 /* width or height, in pixels */

struct tri_shape {
    int width, height; /* pixels, 1 to TRI_SIDE_MAX */
    int planes;        /* 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA; alpha is the last plane */
    int bits;          /* 8 or 16 per sample; 16-bit samples are native uint16_t */
};

/* Planar: each plane is `height` rows of samples. Rows are padded by at least 64 samples on both
 * sides, for the engine's use; rows of tall narrow images, whose padding would take more memory
 * than their samples, are not. Write samples through tri_image_row or `data`, then set `padded` to
 * false; the other members are read-only. */
struct tri_image {
    struct tri_shape shape;
    ptrdiff_t stride;        /* bytes from a row to the next */
    ptrdiff_t plane_stride;  /* bytes from a plane to the next */
    unsigned char *data;     /* sample (0, 0) of plane 0; 64-byte aligned */
    bool padded;             /* the padding replicates the edge samples */
    void *memory;            /* the allocation: 4096-byte aligned */
    size_t memory_size;      /* its size in bytes, a multiple of 4096 */
    struct tri_memory *from; /* whose memory it is; NULL: the host's, as usual */
    bool abandoned;          /* a device that failed may still use the memory: it is never freed */
};

/* Makes an image, its samples unset; free it with tri_image_free. TRI_USAGE: no such shape.
 * TRI_FAILED: out of memory. */
TRI_API enum tri_status tri_image_new(const struct tri_shape *shape, struct tri_image **image,
                                      struct tri_error *error);
/* No job may be using it. */
TRI_API void tri_image_free(struct tri_image *image);

/* As tri_image_new, in memory of one kind (tri_backend_memory); in ordinary memory where `memory`
 * is NULL or has none left. */
struct tri_memory;
TRI_API enum tri_status tri_image_new_in(struct tri_memory *memory, const struct tri_shape *shape,
                                         struct tri_image **image, struct tri_error *error);

/* Row y of a plane, at x = 0: uint8_t or uint16_t samples, by `bits`. Plane and row are not
 * checked. */
static inline void *tri_image_row(const struct tri_image *image, int plane, int y)
{
    return image->data + plane * image->plane_stride + y * image->stride;
}

/* Replicates the edge samples into the padding, unless that is done already. Jobs do it themselves.
 */
TRI_API void tri_image_pad(struct tri_image *image);

TRI_API bool tri_shape_equal(const struct tri_shape *a, const struct tri_shape *b);

/* FNV-1a (64 bits) over shape and samples, plane by plane, row by row, without padding; the same on
 * every machine. */
TRI_API uint64_t tri_image_digest(const struct tri_image *image);

/* Where two images first differ, in the order of the digest. */
struct tri_difference {
    uint64_t
        count; /* samples that differ; 0: the images are equal; UINT64_MAX: their shapes differ */
    int plane, x, y;
    int expected, actual;
};
TRI_API struct tri_difference tri_image_compare(const struct tri_image *expected,
                                                const struct tri_image *actual);

/* Samples in memory of the caller, of an image's shape: uint8_t, or uint16_t at even addresses.
 * Steps are in bytes, and may be negative. Interleaved RGB of 8 bits: {at, 3, 3 * width, 1}; planes
 * of 8 bits behind one another: {at, 1, width, width * height}. */
struct tri_samples {
    void *data;                   /* of plane 0, at (0, 0) */
    ptrdiff_t column, row, plane; /* steps to the next column, row and plane */
};
/* Copies all samples into the image. `from` is only read. Interleaved pixels and whole rows are
 * copied by vectors, others one sample at a time. */
TRI_API void tri_image_import(struct tri_image *image, const struct tri_samples *from);
/* Copies all samples out of the image, in the same way. */
TRI_API void tri_image_export(const struct tri_image *image, const struct tri_samples *to);

/* ---- threads ---- */

/* Threads that help their callers: codecs and backends that are given a pool use its threads as far
 * as these are free. One pool may serve several threads at once, and must outlive the backends it
 * was given to. `workers`, from 1, counts the caller. Free it with tri_pool_free. TRI_FAILED: out
 * of threads or memory. */
struct tri_pool;
TRI_API enum tri_status tri_pool_new(int workers, struct tri_pool **pool, struct tri_error *error);
TRI_API void tri_pool_free(struct tri_pool *pool);

/* ---- image files ---- */

#define TRI_PIXEL_LIMIT (UINT64_C(1) << 28) /* default of max_pixels: 268 megapixels */

#define TRI_NOTE_MAX 400 /* bytes of a note with its end */

/* A file's metadata: colour profile, EXIF, text, ... Types are PNG's chunk names, in every format:
 * "iCCP" (here the profile itself), "eXIf", "sRGB", "pHYs", "tEXt", ..., and "XMP ", "IPTC",
 * "TIFF" (tags that only TIFF has) and "PNG " (chunks of unknown meaning). docs/metadata.md lists
 * what each format keeps. */
struct tri_metadata;
struct tri_metadata_item {
    char type[5];
    const unsigned char *data;
    size_t size; /* bytes */
};
TRI_API void tri_metadata_free(struct tri_metadata *metadata);
struct tri_pipeline;
/* What a pipeline has done to an image. */
struct tri_metadata_change {
    const struct tri_pipeline *pipeline;
    struct tri_shape in, out;
    bool transposed; /* as tri_job_transposed returns */
};
/* Makes an input's metadata true of the pipeline's output: where the image is turned, so is its
 * density; what no longer holds is removed, and reported in `note`, to which the text is appended
 * (NULL if not wanted). */
TRI_API void tri_metadata_follow(struct tri_metadata *metadata,
                                 const struct tri_metadata_change *change, char note[TRI_NOTE_MAX]);
TRI_API int tri_metadata_count(const struct tri_metadata *metadata); /* of NULL: 0 */
/* Belongs to `metadata`; NULL: no such index. */
TRI_API const struct tri_metadata_item *tri_metadata_at(const struct tri_metadata *metadata,
                                                        int index);

/* A format that was built in: "png", "jpeg", ... */
struct tri_format {
    const char *name;
    const char *extensions; /* "jpg|jpeg", the usual one first */
    const char *library;    /* name and version, "libpng 1.6.39"; "" for triptych's own code */
};
TRI_API int tri_format_count(void);
TRI_API const struct tri_format *tri_format_at(int index); /* sorted by name; NULL: no such index */
/* By name or by extension, without its dot, in any case; NULL: unknown. */
TRI_API const struct tri_format *tri_format_find(const char *name);
/* By the extension of a path; NULL: the path has none, or an unknown one. */
TRI_API const struct tri_format *tri_format_of_path(const char *path);

/* Whether decoders shrink an image that becomes smaller anyway, which is faster, but gives other
 * samples. */
enum tri_shrink {
    TRI_SHRINK_OFF,
    TRI_SHRINK_GOOD, /* to no less than twice the size that is needed */
    TRI_SHRINK_FAST  /* to the size that is needed; fine detail may alias */
};

/* Options begin with their size, which tri_..._default() sets together with the defaults:
 *
 *     struct tri_read_options options = tri_read_options_default();
 *     options.max_pixels = 1000000;
 *
 * C programs may also write {.size = sizeof options, .max_pixels = 1000000}. A size that no version
 * of the struct has is TRI_USAGE, and so are members this library does not know, unless they are
 * zero. */
struct tri_read_options {
    size_t size;         /* sizeof(struct tri_read_options) */
    uint64_t max_pixels; /* larger images are refused before memory is taken; 0: TRI_PIXEL_LIMIT */
    struct tri_pool *pool; /* NULL: the caller works alone */
    /* bytes of "-" that the caller has read already, to recognize the format */
    const unsigned char *head;
    size_t head_size;          /* at most 16 */
    struct tri_memory *memory; /* for the image; NULL: ordinary memory */
    /* the images of a file will go into one file again, so metadata about their number stays true
     */
    bool together;
    /* called while a pipe has nothing to read; true ends it. NULL: wait */
    bool (*stop)(void);
    /* how far decoders shrink the image for this pipeline (see tri_pipeline_shrunk); NULL: they do
     * not */
    enum tri_shrink shrink;
    const struct tri_pipeline *shrink_for;
};
static inline struct tri_read_options tri_read_options_default(void)
{
    struct tri_read_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    return options;
}

/* How long a frame of an animation is shown: count / per seconds. */
struct tri_duration {
    int count, per; /* per 0: unknown; count 0: as short as possible */
};

/* How an image differs from the one in its file because the decoder has shrunk it. */
struct tri_shrunk {
    int factor;        /* 2, 4 or 8; 0: it has not */
    int width, height; /* in the file, upright */
    /* Sides that are no multiple of the factor: the sample that stands for fewer than that is the
     * last one of a row or column; if these are set, the first. */
    bool from_right, from_bottom;
};

/* What a reader reports besides the image. */
struct tri_read_info {
    size_t size; /* set by the caller: sizeof(struct tri_read_info) */
    const struct tri_format *format;
    struct tri_metadata *metadata; /* the caller's, who frees it with tri_metadata_free */
    bool animated;                 /* the images in the file are frames of an animation */
    char warning[TRI_NOTE_MAX];    /* what is left out, damage that does not touch the pixels; empty
                                      otherwise */
    long pictures;                 /* that tri_pictures_open finds in the file; 0: several */
    struct tri_duration duration;  /* of a frame, by tri_pictures_next */
    struct tri_shrunk shrunk;      /* by what the reader's options ask for */
};
static inline struct tri_read_info tri_read_info_default(void)
{
    struct tri_read_info info;
    memset(&info, 0, sizeof info);
    info.size = sizeof info;
    return info;
}

/* Reads a file of any format that was built in, recognized by its content. Samples become 8 or 16
 * bits over the whole range, palettes RGB; the file's orientation is applied. `path` "-" is
 * standard input. `options` and `info` may be NULL. The image is freed with tri_image_free; after
 * an error `info` holds nothing to free. Any number of threads may read at once. TRI_FAILED: the
 * file cannot be read, is no image, is damaged or has more than max_pixels; or out of memory.
 * TRI_USAGE: a wrong `size`. */
TRI_API enum tri_status tri_image_read(const char *path, const struct tri_read_options *options,
                                       struct tri_image **image, struct tri_read_info *info,
                                       struct tri_error *error);

/* As tri_image_read, of a file's bytes in memory, which are needed until the function returns. */
TRI_API enum tri_status tri_image_decode(const void *data, size_t size,
                                         const struct tri_read_options *options,
                                         struct tri_image **image, struct tri_read_info *info,
                                         struct tri_error *error);

/* The images of a file, one after another: pages of a TIFF, frames of an APNG or an animated WebP
 * (as shown, on the whole canvas), and PNG or PNM files one behind another, also through a pipe.
 * Any other image file has one. */
struct tri_pictures;
struct tri_pictures_info {
    const struct tri_format *format;
    const char *word; /* what one of them is called: "page", "frame", "picture" */
    long count;       /* 0: more than 1, known at the end, because files follow each other */
    bool animated;    /* shown one after another: all have one shape, and durations */
    int loops;        /* how often an animation is shown; 0: without end */
};
/* Reads as much as is needed to know the first image. Freed with tri_pictures_close. One thread at
 * a time. Errors as of tri_image_read. */
TRI_API enum tri_status tri_pictures_open(const char *path, const struct tri_read_options *options,
                                          struct tri_pictures **pictures, struct tri_error *error);
/* The library's, until tri_pictures_close. */
TRI_API const struct tri_pictures_info *tri_pictures_info(const struct tri_pictures *pictures);
/* The next one, freed with tri_image_free; *image is NULL after the last. `info` may be NULL. After
 * an image that cannot be read (TRI_FAILED) the next one may be. */
TRI_API enum tri_status tri_pictures_next(struct tri_pictures *pictures, struct tri_image **image,
                                          struct tri_read_info *info, struct tri_error *error);
TRI_API void tri_pictures_close(struct tri_pictures *pictures);

enum tri_background_use {
    TRI_NO_BACKGROUND, /* images with transparency are refused */
    TRI_BACKGROUND,
    TRI_BACKGROUND_TOLD /* and a note */
};
/* Put behind transparent images where a file format has no transparency. */
struct tri_background {
    enum tri_background_use use;
    uint8_t colour[3]; /* red, green, blue, as samples of 8 bits */
};
/* "#rgb", "#rrggbb", a name of CSS, or "none". TRI_USAGE: anything else. */
TRI_API enum tri_status tri_background_parse(const char *text, struct tri_background *background,
                                             struct tri_error *error);

enum tri_png_level { TRI_PNG_DEFAULT, TRI_PNG_FAST, TRI_PNG_SMALL };
enum tri_subsampling { TRI_420, TRI_422, TRI_444 };
/* Whether each pixel's error goes to its neighbours where a palette has not its colour. */
enum tri_dither { TRI_DITHER, TRI_NO_DITHER };
/* Pictures that appear whole, and become finer as more of the file arrives: Adam7 in PNG,
 * progressive JPEG. */
enum tri_interlace { TRI_NOT_INTERLACED, TRI_INTERLACED };

struct tri_write_options {
    size_t size; /* sizeof(struct tri_write_options) */
    /* NULL: by the path's extension; PNG for "-" and paths without any */
    const struct tri_format *format;
    /* NULL: none. Written as far as the format has a place for it, with the image's sizes and
     * thumbnail in EXIF. */
    const struct tri_metadata *metadata;
    struct tri_pool *pool; /* NULL: the caller works alone; the bytes are the same */
    enum tri_png_level png_level;
    int quality;                      /* of lossy formats, 1 to 100; 0: the default, 90 */
    enum tri_subsampling subsampling; /* of chroma in JPEG */
    struct tri_background background; /* of JPEG, PPM, PGM; default none */
    bool lossless;                    /* of WebP, AVIF, JPEG XL */
    bool verify; /* the file is read again and compared before it reaches the path; until then it is
                    in memory */
    /* Receives what the file cannot keep, in a line that names the file: metadata, transparency,
     * the owner of the file that it replaces. Called by the writing thread; the text is the
     * library's, and ends with the call. NULL if not wanted. */
    void (*tell)(void *listener, const char *text);
    void *listener;
    int depth; /* bits of a sample, 8 or 16, which the format must hold; 0: those of the image. From
                  16 to 8 they are v / 257, rounded to nearest, and v * 257 the other way */
    int colours;                  /* most colours, 2 to 256, in a palette: PNG; 0: no palette */
    enum tri_dither dither;       /* of pictures that have more colours */
    enum tri_interlace interlace; /* PNG and JPEG; a note about other formats */
};
static inline struct tri_write_options tri_write_options_default(void)
{
    struct tri_write_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    return options;
}

/* Writes to a new file next to `path` and renames it, so a failure leaves an old file untouched;
 * the new one gets the old one's owner, group, mode, ACL and extended attributes as far as the
 * system allows. "-" is standard output; a device or pipe is written in place. The bytes do not
 * depend on the number of threads. `options` may be NULL. Several threads may write one image.
 * TRI_USAGE: the extension is unknown, the format cannot hold such an image, or a wrong `size`.
 * TRI_FAILED: the file cannot be written, `verify` found a difference, or out of memory. */
TRI_API enum tri_status tri_image_write(const char *path, const struct tri_image *image,
                                        const struct tri_write_options *options,
                                        struct tri_error *error);

/* As tri_image_write, into memory; without options->format it is PNG. End *data, which has *size
 * bytes, with free(). */
TRI_API enum tri_status tri_image_encode(const struct tri_image *image,
                                         const struct tri_write_options *options, void **data,
                                         size_t *size, struct tri_error *error);

/* Several images into one file: pages of a TIFF, which may have any sizes, or frames of an APNG
 * (the format "png") or an animated WebP, which have one. Whether a format holds them: */
TRI_API bool tri_pictures_fit(const struct tri_format *format,
                              const struct tri_pictures_info *info);
struct tri_pictures_writer;
/* `info` is that of the input; its count may be 0. The options are those of tri_image_write; what
 * they point to must stay valid until the end; their metadata is set for each image. Ends with
 * tri_pictures_end. TRI_USAGE: the format does not hold them, or a wrong `size`. */
TRI_API enum tri_status tri_pictures_create(const char *path, const struct tri_pictures_info *info,
                                            const struct tri_write_options *options,
                                            struct tri_pictures_writer **writer,
                                            struct tri_error *error);
/* `metadata` and `note`, TRI_NOTE_MAX bytes that reports of dropped metadata are added to, may be
 * NULL. The first frame's metadata is that of the file. One thread at a time. */
TRI_API enum tri_status tri_pictures_add(struct tri_pictures_writer *writer,
                                         const struct tri_image *image,
                                         const struct tri_metadata *metadata,
                                         struct tri_duration duration, char *note,
                                         struct tri_error *error);
/* Writes the file after TRI_OK so far, as tri_image_write does; until then it is in memory. Returns
 * `so_far` or the first failure. Frees the writer. */
TRI_API enum tri_status tri_pictures_end(struct tri_pictures_writer *writer, enum tri_status so_far,
                                         struct tri_error *error);

/* ---- kernels and pipelines ---- */

/* All from TRI_LIST on are text: a list of numbers, separated by blanks, and in rows of one length
 * by '/'; a colour, "#rgb", "#rgba", "#rrggbb", "#rrggbbaa" or a name of CSS; the name of a file,
 * which is read when the pipeline is parsed, or "@NAME" for one that is part of the library; and
 * text as it is. */
enum tri_param_type { TRI_INT, TRI_FLOAT, TRI_CHOICE, TRI_LIST, TRI_COLOUR, TRI_FILE, TRI_TEXT };

/* Parameters that count pixels are scaled for the subsampled chroma of video. */
enum tri_length { TRI_NO_LENGTH, TRI_RADIUS /* in both directions */, TRI_WIDTH, TRI_HEIGHT };

struct tri_param {
    const char *name;
    enum tri_param_type type;
    /* of a choice: indices, minimum 0; of a list: bounds of each number; else of text: 0 */
    double initial, minimum, maximum;
    const char *choices;      /* of a choice: its names, separated by '|' */
    const char *help;         /* a few words, with the unit */
    enum tri_length length;   /* whether it counts pixels, and in which direction */
    const char *initial_text; /* of text; NULL: there is none, it must be given */
};

/* Kernels exist as long as the library is loaded. */
struct tri_kernel;

/* Loads a kernel file (docs/kernels.md), each path once per process; pipelines then name the kernel
 * by the same path. The path has a slash or ends in ".cl", and has no ',' or ':'. The file is
 * compiled, for the CPU by clang or cc, unless that is in the cache: its code runs in this process.
 * A pipeline's text alone never loads a file. TRI_USAGE: it does not compile (the messages follow
 * on further lines), or is no kernel file. TRI_FAILED: it cannot be read, or there is no compiler.
 */
TRI_API enum tri_status tri_kernel_load(const char *path, const struct tri_kernel **kernel,
                                        struct tri_error *error);

/* Those that are built in. */
TRI_API int tri_kernel_count(void);
TRI_API const struct tri_kernel *tri_kernel_at(int index); /* sorted by name; NULL: no such index */
TRI_API const struct tri_kernel *tri_kernel_find(const char *name); /* NULL: unknown */
TRI_API const char *tri_kernel_name(const struct tri_kernel *kernel);
/* Its folder: "window", ...; the path of a kernel file. */
TRI_API const char *tri_kernel_family(const struct tri_kernel *kernel);
TRI_API const char *tri_kernel_summary(const struct tri_kernel *kernel); /* a few words */
/* Sentences, with the border rule. */
TRI_API const char *tri_kernel_help(const struct tri_kernel *kernel);
TRI_API const char *tri_kernel_example(const struct tri_kernel *kernel); /* a pipeline */
TRI_API int tri_kernel_param_count(const struct tri_kernel *kernel);
TRI_API const struct tri_param *tri_kernel_param(const struct tri_kernel *kernel,
                                                 int index); /* NULL: no such index */

/* A chain of operations: "gray,gaussian:sigma=2,sobel". Parameters follow a colon, are separated by
 * colons and may omit their name when in order. Blanks around words do not count. Values with any
 * of , : = and blanks at their ends are quoted as in shells: 'a, b', "a, b" or a\,\ b. Jobs of
 * several threads may share a pipeline, which then stays unchanged. Free it with tri_pipeline_free.
 * TRI_USAGE: unknown names (with the nearest known one), malformed numbers, values out of range,
 * missing or given twice, and pipelines that would fail for images of any size. TRI_FAILED: out of
 * memory, or a file that a parameter names cannot be read. */
struct tri_pipeline;
TRI_API enum tri_status tri_pipeline_parse(const char *text, struct tri_pipeline **pipeline,
                                           struct tri_error *error);
/* Its jobs are freed before. */
TRI_API void tri_pipeline_free(struct tri_pipeline *pipeline);
TRI_API const char *tri_pipeline_text(const struct tri_pipeline *pipeline); /* as given */
TRI_API int tri_pipeline_length(const struct tri_pipeline *pipeline);       /* operations */
/* NULL: no such operation. */
TRI_API const struct tri_kernel *tri_pipeline_kernel(const struct tri_pipeline *pipeline,
                                                     int operation);
/* The value of a parameter; of a choice, its index. NAN: no such operation or parameter, or its
 * value is text. */
TRI_API double tri_pipeline_value(const struct tri_pipeline *pipeline, int operation,
                                  const char *param);
/* The value of a parameter that is text, without quotes. NULL: no such operation or parameter, or
 * its value is a number. */
TRI_API const char *tri_pipeline_value_text(const struct tri_pipeline *pipeline, int operation,
                                            const char *param);
/* What it does with images of a shape. */
struct tri_properties {
    struct tri_shape out; /* of the result */
    bool by_plane; /* each plane of the result depends on that plane alone, and on no statistics of
                      it */
    bool monochrome; /* the result is a mask or strengths rather than a colour, whatever planes it
                        is made of */
    bool
        needs_rgb; /* it works on R, G and B: applied to planes of Y'CbCr it would change colours */
};
/* TRI_USAGE: it does not accept such images, or makes more pixels than its limit. TRI_FAILED: out
 * of memory. */
TRI_API enum tri_status tri_pipeline_properties(const struct tri_pipeline *pipeline,
                                                const struct tri_shape *in,
                                                struct tri_properties *properties,
                                                struct tri_error *error);
/* No operation may make more pixels than this, unless the input has more itself; initially
 * TRI_PIXEL_LIMIT. */
TRI_API void tri_pipeline_limit(struct tri_pipeline *pipeline, uint64_t max_pixels);
/* Whether a kernel of it combines its input with a second picture ("composite", "add"). */
TRI_API bool tri_pipeline_takes_with(const struct tri_pipeline *pipeline);
/* Sets that picture, or with NULL none. It must exist, unchanged, until the pipeline is freed or
 * gets another; jobs made before that keep a copy in their depth (tri_job_set_with changes it).
 * Not while another thread uses the pipeline. TRI_USAGE: no kernel takes one. Jobs without it are
 * TRI_USAGE, and so are those whose images differ in size from it where a kernel needs equal ones.
 */
TRI_API enum tri_status tri_pipeline_set_with(struct tri_pipeline *pipeline,
                                              const struct tri_image *image,
                                              struct tri_error *error);
/* The image that was set; NULL: none. */
TRI_API const struct tri_image *tri_pipeline_with(const struct tri_pipeline *pipeline);
/* A new pipeline, for planes with 2^shift times fewer columns and rows: lengths are divided by
 * that, radii by the geometric mean of both. Free it with tri_pipeline_free. TRI_FAILED: out of
 * memory. TRI_USAGE: as tri_pipeline_parse. */
TRI_API enum tri_status tri_pipeline_scaled(const struct tri_pipeline *pipeline, int shift_x,
                                            int shift_y, struct tri_pipeline **scaled,
                                            struct tri_error *error);
/* By how much an image of the shape `in` may be shrunk before the pipeline, whose first operation
 * makes it smaller: 2, 4 or 8; 1: not at all. */
TRI_API int tri_pipeline_shrink(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                                enum tri_shrink shrink);
/* A new pipeline, for an image that has been shrunk so: makes of it what `pipeline` makes of the
 * whole one, of the same size and at the same place, but not with the same samples. For the shape
 * that the image has now; for others it is as `pipeline`. Free it with tri_pipeline_free.
 * TRI_FAILED: out of memory. */
TRI_API enum tri_status tri_pipeline_shrunk(const struct tri_pipeline *pipeline,
                                            const struct tri_shrunk *shrunk,
                                            struct tri_pipeline **result, struct tri_error *error);
/* Whether a frame's result depends on earlier frames, so that frames must run in order. */
TRI_API bool tri_pipeline_over_time(const struct tri_pipeline *pipeline);
/* Whether it looks at a frame and the previous one only: the two may then come from different
 * videos. */
TRI_API bool tri_pipeline_pairs(const struct tri_pipeline *pipeline);
/* Whether it only moves samples: each sample of the result is one of the input's. */
TRI_API bool tri_pipeline_same_samples(const struct tri_pipeline *pipeline);
/* What the user should know of its result, such as what this build cannot do: lines; "" if there is
 * nothing. */
TRI_API const char *tri_pipeline_note(const struct tri_pipeline *pipeline);
/* What tri_job_delay of its jobs will be. */
TRI_API int tri_pipeline_delay(const struct tri_pipeline *pipeline);
/* The shape of the result for `in`; errors as tri_pipeline_properties. */
TRI_API enum tri_status tri_pipeline_shape(const struct tri_pipeline *pipeline,
                                           const struct tri_shape *in, struct tri_shape *out,
                                           struct tri_error *error);

/* ---- backends ---- */

/* Pieces of arithmetic that exactness rests on, tried when an OpenCL device is opened. A device
 * that fails some of them is used anyway, since programs are compared with scalar: the probes
 * explain a program that differs. */
enum { TRI_PROBES = 17 };
enum tri_probe_verdict {
    TRI_PROBE_NONE, /* not tried */
    TRI_PROBE_PASSED,
    TRI_PROBE_SAFE, /* right where a negation is a subtraction from a zero that the compiler does
                       not know */
    TRI_PROBE_FAILED
};
TRI_API const char *tri_probe_name(int probe); /* "shift-index-3"; NULL: no such index */
/* What a device that passes does; NULL: no such index. */
TRI_API const char *tri_probe_sentence(int probe);
/* "passed", "passed in the safe form", "failed", "not tried"; NULL: no such verdict. */
TRI_API const char *tri_probe_word(enum tri_probe_verdict verdict);

/* The library's; a later one may have further members. */
struct tri_backend_info {
    char name[256];     /* "sequential", "threads:2", "opencl:0.0", "threads:2+opencl:0.0" */
    char selector[352]; /* for tri_backend_open on another day: an OpenCL device by its names, since
                           numbers change */
    char device[160];   /* the CPU's or device's own name */
    char isa[32];       /* "scalar", "avx512", ...; of an OpenCL device its dialect */
    char driver[160];   /* of an OpenCL device: platform and driver version */
    int workers;        /* threads, or compute units */
    bool opencl, gpu;
    enum tri_probe_verdict probes[TRI_PROBES]; /* of an OpenCL device */
    int parts; /* backends to which it deals work; 0: it is a single one */
};

struct tri_backend_options {
    size_t size;     /* sizeof(struct tri_backend_options) */
    const char *isa; /* NULL or "native": the best this CPU has */
    /* for the CPU: whose threads to use as far as these are free; NULL: threads of its own */
    struct tri_pool *pool;
    /* Receives what happens while it runs: a device that fails and is left out, an image that
     * cannot be shared. Any thread may call, one at a time; the text is the library's, and ends
     * with the call. NULL if not wanted. */
    void (*note)(void *listener, const char *text);
    void *listener;
};
static inline struct tri_backend_options tri_backend_options_default(void)
{
    struct tri_backend_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    return options;
}

/* `on` is sequential, threads[:N], opencl[:SEL] or auto; or several of the first three joined by
 * '+', or all (threads and every usable device): strips of an image, or whole images and frames,
 * are then dealt to them by their measured speed. SEL is gpu, cpu, accelerator, P.D (platform and
 * device number), a name of a device or platform, PLATFORM:DEVICE, or part of these; after it, "/N"
 * takes a sub-device of N compute units. A type selects the first device of that type; a name must
 * fit one device only. Only opencl, auto and all use OpenCL. `options` may be NULL. Close the
 * backend with tri_backend_close. Jobs of one CPU backend may run in several threads at once; those
 * of others in one at a time, except through frames in frame in flight. TRI_NO_DEVICE: no such
 * device, or it is unusable. TRI_USAGE: `on` is malformed or fits several devices (error.text lists
 * them), an unknown `isa`, or a wrong `size`. TRI_FAILED: out of memory or threads. */
struct tri_backend;
TRI_API enum tri_status tri_backend_open(const char *on, const struct tri_backend_options *options,
                                         struct tri_backend **backend, struct tri_error *error);
/* Its jobs and frames in flight are freed before; images of its memory may outlive it. */
TRI_API void tri_backend_close(struct tri_backend *backend);
TRI_API const struct tri_backend_info *tri_backend_info(const struct tri_backend *backend);
/* What the user should know, in lines: what `auto` chose and why, what `all` left out; which
 * programs the driver gets wrong and what was done about it; what runs slower than it should. "" if
 * there is nothing. It grows while jobs are made, so do not read it meanwhile. */
TRI_API const char *tri_backend_note(const struct tri_backend *backend);
/* Memory for images that this backend reads or writes. A device with memory of its own transfers
 * them several times as fast as others, while the host does other things. NULL: any memory is as
 * good. It belongs to the backend; images in it may outlive the backend. All functions accept
 * images in any memory. */
TRI_API struct tri_memory *tri_backend_memory(const struct tri_backend *backend);
/* tri_image_new_in that memory. The backend also uses the bytes between the rows of such an image.
 */
TRI_API enum tri_status tri_image_new_for(struct tri_backend *backend,
                                          const struct tri_shape *shape, struct tri_image **image,
                                          struct tri_error *error);

TRI_API bool tri_names_several(const char *on); /* "A+B", "all" */
/* What each of several backends has done since they were opened. */
struct tri_share {
    const struct tri_backend_info *info; /* belongs to the backend */
    double pictures;                     /* or frames: whole ones, and strips as parts of one */
    int64_t busy_ns;                     /* time for that, transfers included */
    bool lost;                           /* it failed, and gets no more work */
};
/* Fills in at most `most`, and returns how many exist; 0: the backend is a single one. */
TRI_API int tri_backend_shares(const struct tri_backend *backend, struct tri_share *shares,
                               int most);
/* How many times as fast they were together as the fastest of them would have been alone; its
 * number goes to `fastest`. Each is measured alone once per pipeline and shape, on a part of the
 * first image, so this is approximate. NAN, and -1: nothing was dealt so far. */
TRI_API double tri_backend_gain(const struct tri_backend *backend, int *fastest);

TRI_API int tri_cpu_workers(void); /* cores that this process may use: affinity and cgroup quota */
/* As the CPU names itself; with its family and model where a virtual machine hides the number. */
TRI_API const char *tri_cpu_model(void);
TRI_API int tri_isa_count(void); /* ISA levels built in that this CPU has, "scalar" first */
TRI_API const char *tri_isa_name(int index); /* NULL: no such index */

/* Sets what POCL, an OpenCL driver for the CPU, reads from the environment, as far as it is unset:
 *     POCL_CACHE_DIR           a folder in triptych's cache folder, which this call makes; an empty value and a folder that
 *                              cannot be written to, which leave POCL without a device, are
 * replaced POCL_MAX_PTHREAD_COUNT, POCL_CPU_MAX_CU_COUNT the cores that this process may use
 *     POCL_AFFINITY            1 where these are the machine's first cores: each thread stays on one; otherwise threads that
 *                              wake together share a core for milliseconds
 *     PATH                     /usr/bin:/bin, where POCL looks for the linker
 * For programs, while they have one thread and before they use OpenCL. The library never calls it,
 * and works without. */
TRI_API void tri_opencl_set_environment(void);

struct tri_device_info {
    char id[16];        /* "P.D", which changes with the platforms that exist */
    char selector[340]; /* "opencl:PLATFORM:DEVICE", which does not */
    char platform[160], name[160], driver[160], version[160];
    char type[40];    /* all that apply of "CPU", "GPU", "accelerator", "custom"; or "other" */
    char dialect[32]; /* "lanes" or "tiles" */
    int compute_units;
    uint64_t memory;   /* bytes */
    bool usable;       /* it could be opened and has run a program */
    bool crashes;      /* it ended the process in which it was tried */
    bool no_lanes;     /* its compiler ends the process on lanes, so it gets plain programs */
    char reason[1000]; /* why it is not usable */
    enum tri_probe_verdict probes[TRI_PROBES];
    char note[600]; /* what to know about a usable one, or "" */
};
/* All OpenCL devices; end the array with free(). Without any platform: TRI_OK with count 0.
 * TRI_FAILED: out of memory. */
TRI_API enum tri_status tri_devices(struct tri_device_info **devices, int *count,
                                    struct tri_error *error);

/* OpenCL drivers can end or stop the process that loads them. So each is tried in a process of its
 * own before it is loaded here, and the outcome is kept on disk. For that the program `triptych` is
 * started with a hidden command: the one that this process is, $TRIPTYCH_PROGRAM, or the one
 * installed with the library; without any, a fork of this process does it. */
enum tri_driver_state {
    TRI_DRIVER_GOOD,    /* it has a usable device; `reason` may name what it lacks */
    TRI_DRIVER_EMPTY,   /* it has no device: the hardware it drives is missing */
    TRI_DRIVER_FAILED,  /* its calls fail, or its devices do */
    TRI_DRIVER_ABSENT,  /* its library cannot be loaded, or is no driver */
    TRI_DRIVER_CRASHED, /* it ends the process */
    TRI_DRIVER_HUNG     /* a call does not return */
};
struct tri_driver_info {
    char file[400];    /* the .icd file or the variable that names it */
    char library[400]; /* the library named there */
    char path[400];    /* that library as it was found, or "" */
    enum tri_driver_state state;
    bool left_out;     /* it is not loaded into this process */
    bool remembered;   /* from an earlier process */
    char reason[1000]; /* a sentence, or "" */
    char hint[300];    /* what to do about it, or "" */
    char output[2000]; /* the last it wrote on standard error before it failed */
    char loader[110];  /* what OpenCL's loader calls itself, or "" */
    int platforms;
    struct tri_device_info *devices;
    int device_count;
};
/* All drivers, without loading one into this process; `again`: also those whose state is known. End
 * the array with tri_drivers_free. TRI_FAILED: out of memory. */
TRI_API enum tri_status tri_drivers(bool again, struct tri_driver_info **drivers, int *count,
                                    struct tri_error *error);
TRI_API void tri_drivers_free(struct tri_driver_info *drivers, int count);
TRI_API const char *tri_driver_state_name(
    enum tri_driver_state state); /* "good", "crashed", ...; NULL: no such state */
/* What to report about drivers that this process has left out, or uses in part; NULL: after the
 * last, and where OpenCL was not used. Valid until the thread's next call. */
TRI_API const char *tri_driver_note(int index);

/* For a program that is `triptych`: whether its arguments are the hidden command; *status is then
 * the exit code. Call it first in main. */
TRI_API bool tri_probe_command(int argc, char **argv, int *status);

/* ---- running ---- */

struct tri_timing {
    int64_t upload_ns, kernel_ns, download_ns;
};

/* A pipeline prepared for one backend and one input shape; it runs any number of times. Backend and
 * pipeline must outlive it. Kernels over time see successive runs as successive frames. Free it
 * with tri_job_free. TRI_USAGE: the pipeline does not accept such images, or makes more pixels than
 * its limit. TRI_NO_DEVICE: the device cannot run it, or runs it wrongly in every form: use another
 * backend. TRI_FAILED: out of memory, or the device failed. */
struct tri_job;
TRI_API enum tri_status tri_job_new(struct tri_backend *backend,
                                    const struct tri_pipeline *pipeline, const struct tri_shape *in,
                                    struct tri_job **job, struct tri_error *error);
TRI_API void tri_job_free(struct tri_job *job);
/* The shape of the output; belongs to the job. */
TRI_API const struct tri_shape *tri_job_shape(const struct tri_job *job);
/* What happens to the fields of interlaced frames, which are lines 0, 2, ... and lines 1, 3, ... */
enum tri_fields {
    TRI_FIELDS_KEPT,
    TRI_FIELDS_EXCHANGED /* each has the other's place */,
    TRI_FIELDS_GONE
};
TRI_API enum tri_fields tri_job_fields(const struct tri_job *job);
/* Whether rows and columns have changed places, and with them a pixel's sides. */
TRI_API bool tri_job_transposed(const struct tri_job *job);
/* `in` has the job's input shape, and its padding may be filled; `out` has its output shape. Both
 * stay the caller's. Upload, kernels and download overlap where the device can do that; with
 * `timing`, which may be NULL, they follow one another, so each has a time of its own. TRI_USAGE:
 * an image has another shape, or the job has ended (tri_job_end); `out` is unchanged. TRI_FAILED:
 * out of memory. TRI_NO_DEVICE: the device failed or does not answer; make a job on another
 * backend. After these two the samples of `out` are undefined. */
TRI_API enum tri_status tri_job_run(struct tri_job *job, struct tri_image *in,
                                    struct tri_image *out, struct tri_timing *timing,
                                    struct tri_error *error);
TRI_API void tri_job_rewind(struct tri_job *job); /* the next run is a first frame again */
/* Kernels over time copy the samples of `in` for later runs, as the caller may write others into it
 * once a run has returned. With this call, before the first run or after a rewind, the caller
 * promises not to: each `in` stays as it is, and exists, until *runs later runs are done, those
 * after tri_job_end included, or the job is rewound or freed. Kernels then read earlier frames
 * where they are. *runs is set to 0 where no earlier image is read: by pipelines that do not look
 * back from their first kernel, and on devices. The promise holds until the job is freed. Results
 * are the same. TRI_USAGE: the job has run. TRI_FAILED: out of memory; the job is as before. */
TRI_API enum tri_status tri_job_lend(struct tri_job *job, int *runs, struct tri_error *error);
/* Frames by which `out` lags behind `in`, where a kernel looks at later frames: the first so many
 * outputs are no frames. After the last frame and tri_job_end, as many more runs give the results
 * that are late. */
TRI_API int tri_job_delay(const struct tri_job *job);
/* The second picture of the runs from now on, for a second stream of frames. The pipeline has one
 * of that shape still; this one may change or be freed afterwards. TRI_USAGE: another shape, or
 * several backends together. TRI_FAILED, TRI_NO_DEVICE: as tri_job_run. */
TRI_API enum tri_status tri_job_set_with(struct tri_job *job, const struct tri_image *image,
                                         struct tri_error *error);
/* No frame follows those that have run. The remaining tri_job_delay runs get the last frame again;
 * they flush delayed output, and kernels see no new frame. Further runs are TRI_USAGE, until
 * tri_job_rewind. */
TRI_API void tri_job_end(struct tri_job *job);

/* Data that a kernel of the pipeline reports besides the image ("motion": vectors). Names of the
 * columns, separated by commas; NULL: it reports none. */
TRI_API const char *tri_job_data_columns(const struct tri_job *job);
/* The rows of the last run, as CSV without those names; end *text with free(). TRI_USAGE: the
 * pipeline reports none. TRI_FAILED: out of memory, or the device failed. */
TRI_API enum tri_status tri_job_data(struct tri_job *job, char **text, struct tri_error *error);

/* The steps of tri_job_run separately, for streams of frames: threads that upload and download some
 * frames then overlap the kernels of another one. On the CPU, and on devices that share its memory,
 * uploads and downloads cost next to nothing. A frame in flight holds one frame at a time, and its
 * steps follow one another; it serves all jobs of its backend, and different frames in flight may
 * be used by different threads at once. One job computes one frame at a time, and sees frames in
 * that order. Errors as tri_job_run. */
struct tri_inflight;
TRI_API enum tri_status tri_inflight_new(struct tri_backend *backend,
                                         struct tri_inflight **inflight, struct tri_error *error);
TRI_API void tri_inflight_free(struct tri_inflight *inflight); /* before its backend is closed */
TRI_API enum tri_status tri_inflight_upload(struct tri_inflight *inflight, struct tri_image *in,
                                            struct tri_error *error);
/* `in` of the frame in flight and `out` must exist until tri_inflight_download has returned. A
 * failure of the device may be reported by the next step only. */
TRI_API enum tri_status tri_inflight_compute(struct tri_inflight *inflight, struct tri_job *job,
                                             struct tri_image *out, struct tri_error *error);
/* Once it returns, `out` has the result. */
TRI_API enum tri_status tri_inflight_download(struct tri_inflight *inflight,
                                              struct tri_error *error);
/* From now on each step returns when the device has done it, and stores its time there; NULL ends
 * that. `timing` must exist until then. */
TRI_API void tri_inflight_time(struct tri_inflight *inflight, struct tri_timing *timing);

#ifdef __cplusplus
}
#endif
#endif
