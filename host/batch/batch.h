/* batch.h -- picture files through a pipeline into picture files: reading, computing and writing of
 * different files overlap on all threads; if there are fewer files than threads, threads share a
 * file. */
#ifndef TRI_BATCH_H
#define TRI_BATCH_H

#include "../triptych.h"

struct tri_batch_result;

enum tri_phase { TRI_DECODE, TRI_UPLOAD, TRI_KERNEL, TRI_DOWNLOAD, TRI_ENCODE, TRI_PHASES };
extern const char *const tri_phase_names[TRI_PHASES];

struct tri_batch_file {
    const char *from, *to;
};

/* The outcome for one file. */
struct tri_batch_result {
    const struct tri_batch_file *file;
    struct tri_error error;     /* status is TRI_OK if the file was written */
    char warning[TRI_NOTE_MAX]; /* from the reader; empty if none */
    /* What the file does not keep, one line each, after TRI_OK; NULL if nothing. */
    char *notes;
    /* Over time: the first file of another shape than the one before, and so a first frame. */
    bool new_series;
    double megapixels;         /* read */
    struct tri_shape from, to; /* of the picture in its file, and of its result */
    int shrunk;                /* by its decoder, by this factor; 0: it was not */
    bool left;                 /* it has several pictures, and the caller handles it */
    long number;               /* of a picture among several in a file, from 1; else 0 */
    char *data;                /* lines that a kernel reports, if `data` asks for them; else NULL */
};

/* The pictures of one file, instead of files. */
struct tri_batch_series {
    /* opened with the backend's memory; NULL: use `files` */
    struct tri_pictures *pictures;
    /* Either each becomes a file, whose name this returns (malloc'd; NULL: no memory), or all go to
     * a writer. The caller ends the writer's file, and discards it if any of them failed. */
    char *(*name)(void *listener, long number);
    struct tri_pictures_writer *writer;
    /* Number of the only picture to write, to a file that `name` gives; 0: all. */
    long only;
    bool found; /* filled in: that picture exists */
};

struct tri_batch {
    const struct tri_pipeline *pipeline;
    struct tri_backend *backend;
    /* its threads take part, also in `read` and `write`; NULL: the caller alone */
    struct tri_pool *pool;
    int jobs; /* files in flight, which bounds the memory */
    const struct tri_batch_file *files;
    int count;
    struct tri_batch_series series;
    /* Whether a file of several pictures is left to the caller; called by several threads. NULL:
     * the first picture is used. */
    bool (*leaves)(void *listener, const struct tri_batch_file *file,
                   const struct tri_read_info *info);
    struct tri_read_options read;
    /* metadata comes from each input, unless `strip`; notes go into the results */
    struct tri_write_options write;
    bool strip, fail_fast;
    /* reports, as the kernel bounds does, how each picture is cropped first; NULL: it is not */
    const struct tri_pipeline *trim;
    /* the pipeline only moves samples, from JPEG to JPEG: no file is decoded (codec/move_file.h) */
    bool moves;
    bool data, nowhere; /* get the data that kernels report; write no pictures */
    /* Upload, kernels and download wait for each other, so that each is timed separately. */
    bool timed;
    void (*writing)(void); /* called around each write, by several threads at once; may be NULL */
    void (*written)(void);
    /* Called for each finished file, one call at a time. */
    void (*through)(void *listener, const struct tri_batch_result *result);
    void *listener;
    /* Filled in: */
    /* Nanoseconds, summed over the files; those between decoding and encoding only if `timed`. */
    int64_t phases[TRI_PHASES];
    int64_t wall_ns;
    int done, failed; /* files, or pictures of one; with fail_fast the rest was not started */
    double megapixels;
};

/* Processes all files. TRI_FAILED: some failed; `error` is that of the first. A device failure ends
 * the batch, with TRI_NO_DEVICE. */
enum tri_status tri_batch_run(struct tri_batch *batch, struct tri_error *error);

#endif
