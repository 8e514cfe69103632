/* triptych.h -- the public interface: images, pipelines, backends, and running one on another.
 *
 * One kernel source per filter runs sequentially, on CPU threads and on OpenCL devices and gives
 * the same bytes on each.
 *
 *     struct tri_error error;
 *     struct tri_pipeline *pipeline;
 *     struct tri_backend *backend;
 *     struct tri_job *job;
 *     tri_pipeline_parse("gaussian:sigma=2,sobel", &pipeline, &error);
 *     tri_backend_open("threads", NULL, &backend, &error);
 *     tri_job_new(backend, pipeline, &in->shape, &job, &error);
 *     tri_image_new(tri_job_shape(job), &out, &error);
 *     tri_job_run(job, in, out, NULL, &error);
 *
 * Every function that can fail returns an enum tri_status and, unless it is TRI_OK, fills the
 * caller's struct tri_error with one line: what failed, on what, what to try. Nothing aborts and
 * nothing is global. Objects may be used by one thread at a time; different objects by different
 * threads at once, also jobs of one CPU backend. Freeing NULL is allowed.
 */
#ifndef TRIPTYCH_H
#define TRIPTYCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TRI_VERSION "0.1.0"

/* The values are also the exit codes of the program. */
enum tri_status {
    TRI_OK = 0,
    TRI_FAILED = 1,    /* input, output or the system failed */
    TRI_USAGE = 2,     /* the request is wrong: unknown kernel, value out of range, ... */
    TRI_DIFFERS = 3,   /* outputs that must be equal are not */
    TRI_NO_DEVICE = 4, /* a device is missing or unusable */
};

struct tri_error {
    enum tri_status status;
    char text[1000]; /* one line without a newline; a build log or a list may follow on further lines */
};

/* Fills `error` (which may be NULL) and returns `status`, so that `return tri_fail(...)` works. */
enum tri_status tri_fail(struct tri_error *error, enum tri_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- images ---- */

#define TRI_PLANES_MAX 4
#define TRI_SIDE_MAX 1000000 /* width or height, in pixels */

struct tri_shape {
    int width, height; /* pixels, 1 to TRI_SIDE_MAX */
    int planes;        /* 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA; alpha is the last plane */
    int bits;          /* 8 or 16 per sample; 16-bit samples are native uint16_t */
};

/* Planar: each plane is `height` rows of samples. Rows have padding of at least 64 samples on
 * both sides, which belongs to the engine. After the pixels are changed by hand, set `padded`
 * to false. */
struct tri_image {
    struct tri_shape shape;
    ptrdiff_t stride;       /* bytes from a row to the next */
    ptrdiff_t plane_stride; /* bytes from a plane to the next */
    unsigned char *data;    /* sample (0, 0) of plane 0; 64-byte aligned */
    bool padded;            /* the padding replicates the edge samples */
    void *memory;           /* the allocation: 4096-byte aligned */
    size_t memory_size;     /* its size in bytes, a multiple of 4096 */
    struct tri_memory *from; /* whose memory it is; NULL: the host's, as usual */
    bool abandoned;         /* a device that failed may use the memory yet: it is never freed */
};

/* Makes an image of the shape; its pixels are not set. Fails where memory is short or the shape
 * is not one of the above. Ends with tri_image_free. */
enum tri_status tri_image_new(const struct tri_shape *shape, struct tri_image **image, struct tri_error *error);
void tri_image_free(struct tri_image *image);

/* The same in memory of a certain kind (tri_backend_memory), or in the usual one where there is none of it to be had;
 * `memory` NULL: in the usual one. */
struct tri_memory;
enum tri_status tri_image_new_in(struct tri_memory *memory, const struct tri_shape *shape, struct tri_image **image,
                                 struct tri_error *error);

/* Row y of a plane, at x = 0. */
static inline void *tri_image_row(const struct tri_image *image, int plane, int y)
{
    return image->data + plane * image->plane_stride + y * image->stride;
}

/* Replicates the edge samples into the padding, unless that is done already. */
void tri_image_pad(struct tri_image *image);

bool tri_shape_equal(const struct tri_shape *a, const struct tri_shape *b);

/* FNV-1a (64 bits) over shape and samples, plane by plane, row by row, without padding. */
uint64_t tri_image_digest(const struct tri_image *image);

/* Where two images of one shape first differ, in the order of the digest. */
struct tri_difference {
    uint64_t count; /* samples that differ; 0: the images are equal */
    int plane, x, y;
    int expected, actual;
};
struct tri_difference tri_image_compare(const struct tri_image *expected, const struct tri_image *actual);

/* ---- threads ---- */

/* Threads that help those who call with them: codecs and backends that are given a pool use its
 * threads as far as they are free. It may be used from several threads at once. `workers` counts the
 * caller. TRI_FAILED: threads or memory are short. */
struct tri_pool;
enum tri_status tri_pool_new(int workers, struct tri_pool **pool, struct tri_error *error);
void tri_pool_free(struct tri_pool *pool);

/* ---- picture files ---- */

#define TRI_PIXEL_LIMIT (UINT64_C(1) << 28) /* default of max_pixels: 268 megapixels */

#define TRI_NOTE_MAX 400 /* bytes of a note with its end */

/* What a file says about its picture beside the pixels: colour profile, EXIF, text, ... Types are PNG's
 * chunk names, in every format: "iCCP" (here the profile itself), "eXIf", "sRGB", "pHYs", "tEXt", ..., and "XMP ", "IPTC" and
 * "TIFF" (tags that only TIFF has). docs/metadata.md says what each format keeps. */
struct tri_metadata;
struct tri_metadata_item {
    char type[5];
    const unsigned char *data;
    size_t size; /* bytes */
};
void tri_metadata_free(struct tri_metadata *metadata);
struct tri_pipeline;
/* What a pipeline has made of a picture. */
struct tri_metadata_change {
    const struct tri_pipeline *pipeline;
    struct tri_shape in, out;
    bool turned; /* as tri_job_turned says */
};
/* Makes what a file said of a pipeline's input true of its output: where that is turned, so is the density; what can be true
 * no more is left out, and told in `note`, which is added to and may be NULL. */
void tri_metadata_follow(struct tri_metadata *metadata, const struct tri_metadata_change *change, char note[TRI_NOTE_MAX]);
int tri_metadata_count(const struct tri_metadata *metadata); /* 0 of NULL */
const struct tri_metadata_item *tri_metadata_at(const struct tri_metadata *metadata, int index);

/* A format that was built in: "png", "jpeg", ... */
struct tri_format {
    const char *name;
    const char *extensions; /* "jpg|jpeg", the usual one first */
    const char *library;    /* name and version, "libpng 1.6.39"; "" for what is triptych's own */
};
int tri_format_count(void);
const struct tri_format *tri_format_at(int index); /* in the order of their names */
/* By name or by extension, without its dot, in any case; NULL: there is none. */
const struct tri_format *tri_format_find(const char *name);
/* By the extension of a path; NULL: it has none, or none that is known. */
const struct tri_format *tri_format_of_path(const char *path);

struct tri_read_options {
    uint64_t max_pixels;   /* larger pictures are refused before memory is taken; 0: TRI_PIXEL_LIMIT */
    struct tri_pool *pool; /* NULL: the caller works alone */
    const unsigned char *head; /* bytes of "-" that the caller has read already, to know what it is */
    size_t head_size;          /* at most 16 */
    struct tri_memory *memory; /* where the image is to lie; NULL: as usual */
};

/* What a reader tells beside the picture. */
struct tri_read_info {
    const struct tri_format *format;
    struct tri_metadata *metadata; /* ends with tri_metadata_free; NULL: there is none */
    char warning[TRI_NOTE_MAX];    /* what is left out, damage that does not touch the pixels; empty otherwise */
};

/* Reads a file of any format that was built in, known by its content. Samples become 8 or 16 bits that use
 * the whole range, palettes RGB, an orientation that the file asks for is applied. `path` "-" is
 * standard input. `options` and `info` may be NULL. */
enum tri_status tri_image_read(const char *path, const struct tri_read_options *options, struct tri_image **image,
                               struct tri_read_info *info, struct tri_error *error);

/* What pictures with transparency are put on where a file has none. */
struct tri_background {
    enum tri_background_use {
        TRI_NO_BACKGROUND, /* they are refused */
        TRI_BACKGROUND,
        TRI_BACKGROUND_TOLD, /* with a note */
    } use;
    uint8_t colour[3]; /* red, green, blue, as samples of 8 bits */
};
/* "#rgb", "#rrggbb", a few names, or "none". TRI_USAGE: anything else. */
enum tri_status tri_background_parse(const char *text, struct tri_background *background, struct tri_error *error);

enum tri_png_level { TRI_PNG_DEFAULT, TRI_PNG_FAST, TRI_PNG_SMALL };
enum tri_subsampling { TRI_420, TRI_422, TRI_444 };

struct tri_write_options {
    const struct tri_format *format; /* NULL: by the path's extension; PNG for "-" and paths without any */
    /* NULL: none. Written as far as the format has a place for it, with the picture's sizes and thumbnail in EXIF. */
    const struct tri_metadata *metadata;
    char *note; /* TRI_NOTE_MAX bytes, a text, to which is added what is left out; NULL: nobody asks */
    struct tri_pool *pool;               /* NULL: the caller works alone; the bytes are the same */
    enum tri_png_level png_level;
    int quality; /* of lossy formats, 1 to 100; 0: the default, 90 */
    enum tri_subsampling subsampling; /* of chroma in JPEG */
    bool lossless; /* of WebP */
    struct tri_background background; /* of JPEG; default none */
    /* Told what the file cannot keep, in a line: the owner of the one that it replaces, transparency. By the thread that
     * writes. NULL: nobody is told. */
    void (*tell)(void *listener, const char *text);
    void *listener;
    bool verify;   /* what is written is read again and compared before it goes to the file; in memory until then */
};

/* Writes beside `path` and renames, so that a failure leaves an old file untouched; the new one gets its owner, group,
 * mode, ACL and extended attributes as far as the system allows. "-" is
 * standard output; what is no regular file (a device, a pipe) is written in place. The bytes do not
 * depend on the number of threads. `options` may be NULL. TRI_USAGE: the extension is unknown, or the
 * format cannot hold such a picture. */
enum tri_status tri_image_write(const char *path, const struct tri_image *image,
                                const struct tri_write_options *options, struct tri_error *error);

/* ---- kernels and pipelines ---- */

enum tri_param_type { TRI_INT, TRI_FLOAT, TRI_CHOICE };

/* What counts pixels is scaled for the subsampled chroma of video. */
enum tri_length { TRI_NO_LENGTH, TRI_RADIUS /* in both directions */, TRI_WIDTH, TRI_HEIGHT };

struct tri_param {
    const char *name;
    enum tri_param_type type;
    double initial, minimum, maximum; /* of a choice: indices, minimum 0 */
    const char *choices;              /* of a choice: its names, separated by '|' */
    const char *help;                 /* a few words, with the unit */
    enum tri_length length;           /* whether it counts pixels, and in which direction */
};

struct tri_kernel; /* the rest of it is in host/pipeline/kernel.h */

int tri_kernel_count(void);
const struct tri_kernel *tri_kernel_at(int index);            /* in the order of their names */
const struct tri_kernel *tri_kernel_find(const char *name);   /* NULL: there is none */
const char *tri_kernel_name(const struct tri_kernel *kernel);
const char *tri_kernel_family(const struct tri_kernel *kernel);  /* its folder: "window", ... */
const char *tri_kernel_summary(const struct tri_kernel *kernel); /* a few words */
const char *tri_kernel_help(const struct tri_kernel *kernel);    /* sentences, with the border rule */
const char *tri_kernel_example(const struct tri_kernel *kernel); /* a pipeline */
int tri_kernel_param_count(const struct tri_kernel *kernel);
const struct tri_param *tri_kernel_param(const struct tri_kernel *kernel, int index);

/* A chain of operations: "gray,gaussian:sigma=2,sobel". Parameters follow a colon, are separated
 * by colons and may leave out their name when in order. Blanks around words do not count. TRI_USAGE:
 * unknown names (with the nearest known one), malformed numbers, values out of range or given twice,
 * and what would fail for a picture of any size. */
struct tri_pipeline;
enum tri_status tri_pipeline_parse(const char *text, struct tri_pipeline **pipeline, struct tri_error *error);
void tri_pipeline_free(struct tri_pipeline *pipeline);
const char *tri_pipeline_text(const struct tri_pipeline *pipeline); /* as given */
int tri_pipeline_length(const struct tri_pipeline *pipeline);       /* operations */
const struct tri_kernel *tri_pipeline_kernel(const struct tri_pipeline *pipeline, int operation);
/* The value of a parameter; of a choice, its index. NAN: there is no such parameter. */
double tri_pipeline_value(const struct tri_pipeline *pipeline, int operation, const char *param);
/* What it does with pictures of a shape. */
struct tri_properties {
    struct tri_shape out; /* what it makes of them */
    bool by_plane;   /* each plane of the result depends on that plane alone, and on no statistics of it */
    bool monochrome; /* the result is no colour, but a mask or strengths, whatever planes it is made of */
    bool needs_rgb;  /* it means R, G and B: on planes of Y'CbCr colours would change */
};
/* Fails where it does not take such pictures, makes more pixels than its limit, or memory is short. */
enum tri_status tri_pipeline_properties(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                                        struct tri_properties *properties, struct tri_error *error);
/* No operation may make more pixels than this, unless the picture has more itself; at first TRI_PIXEL_LIMIT. */
void tri_pipeline_limit(struct tri_pipeline *pipeline, uint64_t max_pixels);
/* The pipeline for planes that have 2^shift times fewer columns and rows: lengths are divided by that, radii by
 * the geometric mean of both. */
enum tri_status tri_pipeline_scaled(const struct tri_pipeline *pipeline, int shift_x, int shift_y,
                                    struct tri_pipeline **scaled, struct tri_error *error);
/* Whether a frame's result depends on frames before it, so that frames have to be run in order. */
bool tri_pipeline_over_time(const struct tri_pipeline *pipeline);
/* Whether it looks at a frame and the one before, and at nothing else of time: both may then be of different videos. */
bool tri_pipeline_pairs(const struct tri_pipeline *pipeline);
/* Whether it only moves samples: each one of a result is one of the picture's. */
bool tri_pipeline_same_samples(const struct tri_pipeline *pipeline);
/* What tri_job_delay of its jobs will be. */
int tri_pipeline_delay(const struct tri_pipeline *pipeline);
/* The shape that the pipeline makes of `in`; as tri_pipeline_properties. */
enum tri_status tri_pipeline_shape(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                                   struct tri_shape *out, struct tri_error *error);

/* ---- backends ---- */

/* Pieces of arithmetic that exactness rests on, tried when an OpenCL device is opened. A device that fails some of them
 * is used all the same, for programs are compared with scalar anyway: it is what explains a program that differs. */
enum { TRI_PROBES = 17 };
enum tri_probe_verdict {
    TRI_PROBE_NONE, /* not tried */
    TRI_PROBE_PASSED,
    TRI_PROBE_SAFE, /* right where a negation is a subtraction from a zero that the compiler does not know */
    TRI_PROBE_FAILED,
};
const char *tri_probe_name(int probe);     /* "shift-index-3" */
const char *tri_probe_sentence(int probe); /* what a device that passes does */
const char *tri_probe_word(enum tri_probe_verdict verdict); /* "passed", "passed in the safe form", "failed", "not tried" */

struct tri_backend_info {
    char name[256];   /* "sequential", "threads:2", "opencl:0.0", "threads:2+opencl:0.0" */
    char selector[352]; /* what tri_backend_open takes for it on other days too: of an OpenCL device names, for numbers
                         * change */
    char device[160]; /* the CPU's or device's own name */
    char isa[32];     /* "scalar", "avx512", ...; of an OpenCL device its dialect */
    char driver[160]; /* of an OpenCL device: platform and driver version */
    int workers;      /* threads, or compute units */
    bool opencl, gpu;
    enum tri_probe_verdict probes[TRI_PROBES]; /* of an OpenCL device */
    int parts; /* backends to which it deals work; 0: it is one itself */
};

struct tri_backend_options {
    const char *isa; /* NULL or "native": the best this CPU has */
    struct tri_pool *pool; /* for the CPU: whose threads to use, where there are free ones; NULL: own threads */
    /* Told of what comes up while it works: a device that fails and is left out, a picture that cannot be shared. Any
     * thread may call, one at a time. NULL: nobody is told. */
    void (*note)(void *listener, const char *text);
    void *listener;
};

/* `on` is sequential, threads[:N], opencl[:SEL] or auto; or several of the first three joined by '+', or all (threads and
 * every usable device): bands of a picture, or pictures and frames as a whole, are then dealt to them by their measured
 * speed. SEL is gpu, cpu, accelerator, P.D (platform and device number), a name of a device or platform, PLATFORM:DEVICE,
 * or part of these; after it, "/N" takes a sub-device of N compute units. Of a type the first device is taken, of several
 * that fit a name none.
 * TRI_NO_DEVICE: there is none that fits, or it cannot be used. TRI_USAGE: `on` is
 * malformed, or fits several (the error lists them). OpenCL is touched by opencl, auto and all only. */
struct tri_backend;
enum tri_status tri_backend_open(const char *on, const struct tri_backend_options *options,
                                 struct tri_backend **backend, struct tri_error *error);
void tri_backend_close(struct tri_backend *backend);
const struct tri_backend_info *tri_backend_info(const struct tri_backend *backend);
/* What the user should know, in lines: what `auto` chose and why, what `all` left out; which programs the driver makes wrong,
 * and what had to be done; what goes on slower than it should. It grows while jobs are made. */
const char *tri_backend_note(const struct tri_backend *backend);
/* Where images should lie that go to this backend, or come from it. A device with memory of its own reads them from
 * there, and writes them there, several times as fast as elsewhere, and while the host does other things. NULL: anywhere
 * is as good. Images may outlive the backend. All functions take images of any memory. */
struct tri_memory *tri_backend_memory(const struct tri_backend *backend);
/* tri_image_new_in that memory. What lies between the rows of such an image is the backend's, too. */
enum tri_status tri_image_new_for(struct tri_backend *backend, const struct tri_shape *shape, struct tri_image **image,
                                  struct tri_error *error);

bool tri_names_several(const char *on); /* "A+B", "all" */
/* What each of several backends did since they were opened. */
struct tri_share {
    const struct tri_backend_info *info; /* belongs to the backend */
    double pictures; /* or frames: whole ones, and bands as parts of one */
    int64_t busy_ns; /* time for that, transfers included */
    bool lost;       /* it failed, and gets nothing any more */
};
/* Fills in `most` at most, and returns how many there are; 0: the backend is one. */
int tri_backend_shares(const struct tri_backend *backend, struct tri_share *shares, int most);
/* How many times as fast they were together as the fastest of them alone would have been, whose number `fastest` becomes.
 * Alone each is measured once for each pipeline and shape, on a part of the first picture, so it is about that. NAN, and
 * -1: nothing was dealt yet. */
double tri_backend_gain(const struct tri_backend *backend, int *fastest);

int tri_cpu_workers(void);            /* cores that this process may use: affinity and cgroup quota */
const char *tri_cpu_model(void);
int tri_isa_count(void);              /* ISA levels built in that this CPU has, "scalar" first */
const char *tri_isa_name(int index);

struct tri_device_info {
    char id[16]; /* "P.D", which changes with the platforms that there are */
    char selector[340]; /* "opencl:PLATFORM:DEVICE", which does not */
    char platform[160], name[160], driver[160], version[160];
    char type[40];    /* of "CPU", "GPU", "accelerator", "custom" all that it is; or "other" */
    char dialect[32]; /* "lanes" or "tiles" */
    int compute_units;
    uint64_t memory; /* bytes */
    bool usable;     /* it could be opened and has run a program */
    bool crashes;    /* it ended the process in which it was tried */
    bool no_lanes;   /* its compiler ends the process over lanes, so it gets plain programs */
    char reason[1000]; /* why not */
    enum tri_probe_verdict probes[TRI_PROBES];
    char note[600];    /* what there is to know of one that is usable, or "" */
};
/* All OpenCL devices; the array ends with free(). No platform at all is TRI_OK with count 0. */
enum tri_status tri_devices(struct tri_device_info **devices, int *count, struct tri_error *error);

/* OpenCL drivers can end or stop the process that loads them. So each is tried in a process of its own before it is
 * loaded here, and what was learnt is kept on disk. For that the program `triptych` is started with a hidden command: the
 * one that this process is, $TRIPTYCH_PROGRAM, or the one installed with the library; where there is none, a fork of this
 * process does it. */
enum tri_driver_state {
    TRI_DRIVER_GOOD,    /* it has a device that can be used; `reason` may tell what it has not */
    TRI_DRIVER_EMPTY,   /* it has no device: what it is for is not there */
    TRI_DRIVER_FAILED,  /* its calls fail, or its devices do */
    TRI_DRIVER_ABSENT,  /* its library cannot be loaded, or is no driver */
    TRI_DRIVER_CRASHED, /* it ends the process */
    TRI_DRIVER_HUNG,    /* a call does not come back */
};
struct tri_driver_info {
    char file[400];    /* the .icd file or the variable that names it */
    char library[400]; /* what is in there */
    char path[400];    /* the library as it was found, or "" */
    enum tri_driver_state state;
    bool left_out;     /* it is not loaded into this process */
    bool remembered;   /* from an earlier process */
    char reason[1000]; /* a sentence, where there is something to be said */
    char hint[300];    /* what to do about it, or "" */
    char output[2000]; /* the last that it wrote on standard error before it failed */
    char loader[110];  /* what OpenCL's loader calls itself, or "" */
    int platforms;
    struct tri_device_info *devices;
    int device_count;
};
/* All drivers, without loading one into this process; `again`: also those whose verdict is known. Ends with
 * tri_drivers_free. */
enum tri_status tri_drivers(bool again, struct tri_driver_info **drivers, int *count, struct tri_error *error);
void tri_drivers_free(struct tri_driver_info *drivers, int count);
const char *tri_driver_state_name(enum tri_driver_state state); /* "good", "crashed", ... */
/* What is to be said of the drivers that this process has left out, or uses in part; NULL: after the last. Nothing is said
 * where OpenCL was not asked for. */
const char *tri_driver_note(int index);

/* For a program that is `triptych`: whether its arguments are the hidden command; then *status is the exit code. */
bool tri_probe_command(int argc, char **argv, int *status);

/* ---- running ---- */

struct tri_timing {
    int64_t upload_ns, kernel_ns, download_ns;
};

/* A pipeline prepared for one backend and one input shape; may run any number of times. Backend
 * and pipeline must outlive it. Kernels over time see successive runs as successive frames. */
struct tri_job;
enum tri_status tri_job_new(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                            const struct tri_shape *in, struct tri_job **job, struct tri_error *error);
void tri_job_free(struct tri_job *job);
const struct tri_shape *tri_job_shape(const struct tri_job *job); /* of the output */
/* What becomes of the fields of interlaced frames, which are lines 0, 2, ... and lines 1, 3, ... */
enum tri_fields { TRI_FIELDS_KEPT, TRI_FIELDS_EXCHANGED /* each has the other's place */, TRI_FIELDS_GONE };
enum tri_fields tri_job_fields(const struct tri_job *job);
bool tri_job_turned(const struct tri_job *job); /* rows and columns have changed places, and with them a pixel's sides */
/* `in` has the job's input shape, its padding may get filled; `out` has its output shape. Upload, kernels and download
 * overlap where the device can do that. With `timing`, which may be NULL, they follow each other, so that each has a
 * time of its own. */
enum tri_status tri_job_run(struct tri_job *job, struct tri_image *in, struct tri_image *out,
                            struct tri_timing *timing, struct tri_error *error);
void tri_job_rewind(struct tri_job *job); /* the next run is a first frame again */
/* Frames by which `out` lags behind `in`, where a kernel looks at later frames: the first so many outputs are no
 * frames. After the last frame, and tri_job_end, as many runs more give the results that are late. */
int tri_job_delay(const struct tri_job *job);
/* No frame comes after those that have run. The tri_job_delay runs that are left get the last one again, which is a new
 * frame for no kernel: they drive out what is late, as if each kernel had a job of its own. Until tri_job_rewind, runs
 * beyond them are TRI_USAGE. */
void tri_job_end(struct tri_job *job);

/* What a kernel of the pipeline tells beside the picture ("motion": vectors). Names of the columns, separated by commas;
 * NULL: nothing is told. */
const char *tri_job_data_columns(const struct tri_job *job);
/* The lines of the last run, as CSV without those names; *text ends with free(). */
enum tri_status tri_job_data(struct tri_job *job, char **text, struct tri_error *error);

/* The steps of tri_job_run apart, for streams of frames: threads that upload and download some frames then overlap the
 * kernels of another one. On the CPU, and on devices that share its memory, uploads and downloads cost next to nothing.
 * One frame at a time is in a flight, whose steps follow each other; it serves all jobs of its backend, and different
 * flights may be at work at once. One job computes one frame at a time, and sees frames in that order. */
struct tri_flight;
enum tri_status tri_flight_new(struct tri_backend *backend, struct tri_flight **flight, struct tri_error *error);
void tri_flight_free(struct tri_flight *flight); /* before its backend is closed */
enum tri_status tri_flight_upload(struct tri_flight *flight, struct tri_image *in, struct tri_error *error);
/* `in` of the flight and `out` have to stay until tri_flight_download has returned. What fails on a device may be
 * told by the next step only. */
enum tri_status tri_flight_compute(struct tri_flight *flight, struct tri_job *job, struct tri_image *out,
                                   struct tri_error *error);
enum tri_status tri_flight_download(struct tri_flight *flight, struct tri_error *error); /* then `out` is there */
/* From now on each step returns when the device has done it, and tells how long it took; NULL: no more. */
void tri_flight_time(struct tri_flight *flight, struct tri_timing *timing);

#ifdef __cplusplus
}
#endif
#endif
