/* batch.h -- picture files through a pipeline into picture files: reading, computing and writing of different
 * files overlap on all threads, and where there are fewer files than threads, they share one. */
#ifndef TRI_BATCH_H
#define TRI_BATCH_H

#include "../triptych.h"

enum tri_phase { TRI_DECODE, TRI_UPLOAD, TRI_KERNEL, TRI_DOWNLOAD, TRI_ENCODE, TRI_PHASES };
extern const char *const tri_phase_names[TRI_PHASES];

struct tri_batch_file {
    const char *from, *to;
};

/* How one file went. */
struct tri_batch_result {
    const struct tri_batch_file *file;
    struct tri_error error; /* its status is TRI_OK where the file is written */
    char warning[TRI_NOTE_MAX]; /* of the reader; empty: none */
    char note[TRI_NOTE_MAX];    /* what the file does not keep of what was said beside the picture; empty: nothing */
    char notes[1200];           /* of the writer, a line each; empty: none */
    bool new_series;        /* over time: the first of another shape than the file before, and so a first frame */
    double megapixels;      /* that were read */
    struct tri_shape from, to; /* of the picture that was read, and of its result */
};

struct tri_batch {
    const struct tri_pipeline *pipeline;
    struct tri_backend *backend;
    struct tri_pool *pool; /* whose threads take part; also of `read` and `write`; NULL: the caller alone */
    int jobs;              /* files under way at the same time, which bounds the memory */
    const struct tri_batch_file *files;
    int count;
    struct tri_read_options read;
    struct tri_write_options write; /* its metadata is that of each input, unless `strip`; notes go into the results */
    bool strip, fail_fast;
    bool timed; /* upload, kernels and download wait for each other, so that each has a time of its own */
    void (*writing)(void); /* called around each write, by several threads at once; may be NULL */
    void (*written)(void);
    /* Told of each file when it is through, one call at a time. */
    void (*through)(void *listener, const struct tri_batch_result *result);
    void *listener;
    /* Filled in: */
    int64_t phases[TRI_PHASES]; /* nanoseconds, summed over the files; those between decoding and encoding where `timed` */
    int64_t wall_ns;
    int done, failed; /* files; with fail_fast the rest was not begun */
    double megapixels;
};

/* Works through all files. TRI_FAILED: some failed; `error` is that of the first. A file whose device
 * failed ends the batch, with TRI_NO_DEVICE. */
enum tri_status tri_batch_run(struct tri_batch *batch, struct tri_error *error);

#endif
