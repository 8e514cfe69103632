/* batch_parts.h -- shared by batch.c, which moves files through, and batch_compute.c, which
 * computes them. */
#ifndef TRI_BATCH_PARTS_H
#define TRI_BATCH_PARTS_H

#include "../codec/metadata.h"
#include "../codec/pictures.h"
#include "../trace/trace.h"
#include "batch.h"

#include <pthread.h>

struct tri_batch_item {
    struct tri_batch_result result;
    struct tri_image *image; /* the input, then the output */
    struct tri_read_info info;
    int64_t phases[TRI_PHASES];
    bool flush;                 /* no file: flush a delayed result */
    bool transposed;            /* rows have become columns */
    uint64_t traced;            /* with a delayed result: what it is in a recording */
    struct tri_picture picture; /* one of several in a file, until decoded */
    struct tri_part *part;      /* its result on the way into a file of several */
    /* names of such a picture, malloc'd; NULL: `files` has them */
    struct tri_batch_file *own;
    /* From `upload` to `download`: */
    struct tri_inflight *inflight;
    struct tri_image *out;
    struct tri_timing timing;
};

/* A job that waits for the next picture of its shape. */
struct tri_batch_job {
    struct tri_job *job;
    struct tri_shape shape;
    struct tri_shrunk shrunk;
    struct tri_pipeline *own; /* for a picture that was shrunk; NULL: the batch's */
};

struct tri_batch_run {
    struct tri_batch *batch;
    bool over_time;
    struct tri_backend *trimmer; /* with `trim` of the batch; else NULL */
    /* Frames by which results are delayed; stage "compute" is then in order. */
    int delay, flushed;
    struct tri_batch_item *late; /* files whose results are not ready, oldest first */
    int late_count;
    long frames;          /* seen by the job */
    bool ended;           /* and no file follows */
    pthread_mutex_t lock; /* for all members below */
    long next;
    bool stopped;
    struct tri_batch_job *idle; /* at most batch->jobs */
    int idle_count;
    struct tri_inflight **inflight; /* idle, at most batch->jobs */
    int inflight_count;
    bool reshaped;
    struct tri_shape last_shape; /* of the series of frames; width 0: none yet */
    struct tri_shrunk last_shrunk;
    struct tri_error *error; /* of the first file that failed */
};

/* ---- batch.c ---- */
void tri_batch_end(struct tri_batch_run *run, struct tri_batch_item *item);
/* Ends the item with its error; returns false. */
bool tri_batch_fail(struct tri_batch_run *run, struct tri_batch_item *item);

/* ---- batch_trim.c ---- */
/* The batch's `trim` on a picture that was decoded. */
enum tri_status tri_batch_trim(struct tri_batch_run *run, struct tri_batch_item *item,
                               struct tri_error *error);

/* ---- batch_compute.c ---- */
void tri_batch_free_idle(struct tri_batch_run *run);
void tri_batch_free_inflight(struct tri_batch_run *run);
enum tri_status tri_batch_take_inflight(struct tri_batch_run *run, struct tri_batch_item *item,
                                        struct tri_error *error);
void tri_batch_put_inflight(struct tri_batch_run *run, struct tri_batch_item *item);
void tri_batch_add_timing(struct tri_batch_item *item);
/* Over time, before a picture is computed: checks whether it continues the series. */
void tri_batch_continue_series(struct tri_batch_run *run, struct tri_batch_item *item);
/* For a picture whose result does not wait for others. */
enum tri_status tri_batch_compute(struct tri_batch_run *run, struct tri_batch_item *item);
/* False: no result yet, or the item has failed. */
bool tri_batch_compute_late(struct tri_batch_run *run, struct tri_batch_item *item);

#endif
