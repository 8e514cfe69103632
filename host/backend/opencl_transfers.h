/* opencl_transfers.h -- internals of the OpenCL backend: transfers images between the host and a
 * device that has its own memory or shares the host's. */
#ifndef TRI_OPENCL_TRANSFERS_H
#define TRI_OPENCL_TRANSFERS_H

#include "backend.h"
#include "../image/image.h"

#include <CL/cl.h>
#include <pthread.h>

struct opencl;

/* Pieces of images in transit between ordinary host memory and the device, in pinned memory, which
 * the driver need not copy again. Places are used round-robin, so that one is filled while others
 * are in flight. */
#define RING_PLACES 4
struct opencl_ring {
    pthread_mutex_t lock; /* one image at a time */
    void *memory;         /* NULL: not needed so far, or not available */
    size_t room;          /* bytes of a place */
    struct opencl_piece {
        cl_event event;                /* NULL: the place is free */
        const struct tri_image *image; /* for a download */
        int plane, first, count;
    } pieces[RING_PLACES];
    int next;
};

/* For transfers. Uploads, kernels and downloads have separate queues, so that those of different
 * frames and strips overlap. */
struct opencl_transfers {
    cl_command_queue uploads, downloads;
    struct opencl_pinned *pinned; /* NULL: memory is shared */
    struct opencl_ring up, down;
    size_t strip;           /* bytes of an image worth steps of their own */
    size_t memory, largest; /* bytes on the device, and in one buffer at most */
    bool opened;
};

/* Images to the device and back: in strips unless memory is shared; nothing waits before the
 * download. */
#define STRIPS_MAX 16
struct opencl_steps {
    int count;
    int end[STRIPS_MAX]; /* rows available once a strip is done */
    cl_event done[STRIPS_MAX];
};
struct opencl_inflight {
    cl_mem in, out; /* reused while images stay in place (shared memory) or keep their size */
    const void *in_memory, *out_memory;
    size_t in_size, out_size;
    struct opencl_steps uploaded,
        computed; /* rows of the input and of the output; none if memory is shared */
};
/* Prepares the output's buffer before kernels write to it; and, after them, waits if memory is
 * shared: then the host may read it. */
enum tri_status tri_opencl_output(struct tri_inflight *inflight, struct tri_error *error);
enum tri_status tri_opencl_wait(struct tri_inflight *inflight, struct tri_error *error);
enum tri_status tri_opencl_upload(struct tri_inflight *inflight, struct tri_error *error);
enum tri_status tri_opencl_download(struct tri_inflight *inflight, struct tri_error *error);
void tri_opencl_release_inflight(struct tri_inflight *inflight);
void tri_opencl_forget(struct opencl_steps *steps); /* drops all steps */
/* Adds a step, done when everything queued so far is done. */
enum tri_status tri_opencl_mark(struct opencl *cl, cl_command_queue queue,
                                struct opencl_steps *steps, int end, struct tri_error *error);
/* Number of strips worth making of an image's rows, at most STRIPS_MAX; 1 if memory is shared. */
int tri_opencl_strip_count(const struct opencl *cl, const struct tri_shape *shape);

/* The order in which a job's stages compute their rows: one strip of the output after the other, as
 * soon as the strips of the input have arrived. */
struct opencl_rows {
    int first, count;
};
struct opencl_schedule {
    int count, stages;
    struct opencl_rows *rows; /* [strip][stage]; count 0 if the strip needs no more of the stage */
    int in_end[STRIPS_MAX],
        out_end[STRIPS_MAX]; /* input rows a strip needs; output rows available after it */
};
/* Each stage computes rows in multiples of units[stage], except at its end; 0: it computes all rows
 * at once. */
enum tri_status tri_opencl_schedule(struct opencl *cl, const struct tri_plan *plan,
                                    const int *units, struct opencl_schedule *schedule,
                                    struct tri_error *error);
void tri_opencl_schedule_free(struct opencl_schedule *schedule);
/* Enqueues all strips of a frame, each after the part of the upload it needs; `launch` enqueues the
 * kernels for those rows of a stage. */
enum tri_status tri_opencl_run_strips(
    struct tri_job *job, struct tri_inflight *inflight, const struct opencl_schedule *schedule,
    enum tri_status (*launch)(struct tri_job *job, struct opencl_inflight *inflight, int stage,
                              struct opencl_rows rows, struct tri_error *error),
    struct tri_error *error);

/* After a failure, waits for what is left in a queue, so that memory in flight may be freed; for
 * ever if the driver cannot even report its progress. If that fails, too, tri_opencl_holds returns
 * true. */
void tri_opencl_settle(struct opencl *cl, cl_command_queue queue);
/* clFinish, as part of that. */
void tri_opencl_end_queue(struct opencl *cl, cl_command_queue queue);
/* The transfer queues and what belongs to them. */
enum tri_status tri_opencl_transfers_open(struct opencl *cl, struct tri_error *error);
void tri_opencl_transfers_close(struct opencl *cl);
/* Writes rows of a plane to a buffer with the image's layout, in the upload queue, after `after`
 * (NULL: nothing). Images outside pinned memory have been read when this returns; for those, the
 * caller holds the ring's lock. */
bool tri_opencl_is_pinned(const struct opencl *cl, const struct tri_image *image);
enum tri_status tri_opencl_write_rows(struct opencl *cl, const struct tri_image *image, int plane,
                                      int first, int count, cl_mem to, cl_event after,
                                      struct tri_error *error);
/* Reads them back: only the samples, unless the image is in pinned memory. They have arrived after
 * tri_opencl_read_end; after a failure, the driver is done with the image once tri_opencl_read_stop
 * returns. */
enum tri_status tri_opencl_read_rows(struct opencl *cl, cl_mem from, const struct tri_image *image,
                                     int plane, int first, int count, cl_event after,
                                     struct tri_error *error);
enum tri_status tri_opencl_read_end(struct opencl *cl, const struct tri_image *image,
                                    struct tri_error *error);
void tri_opencl_read_stop(struct opencl *cl, const struct tri_image *image);

/* Pinned memory: one pool, from which images and rings take memory and to which they return it for
 * reuse. */
enum tri_status tri_opencl_pinned_new(struct opencl *cl, struct opencl_pinned **pinned,
                                      struct tri_error *error);
void tri_opencl_pinned_close(struct opencl_pinned *pinned); /* images may still use its memory */
struct tri_memory *tri_opencl_pinned_memory(struct opencl_pinned *pinned);
void *tri_opencl_pin(struct opencl_pinned *pinned, size_t size); /* any size; NULL: none */
void tri_opencl_unpin(struct opencl_pinned *pinned, void *memory);

/* ---- memory of the device ---- */

/* TRI_FAILED, with the required and available memory, if the device has too little for frames of a
 * plan. */
enum tri_status tri_opencl_fits(struct opencl *cl, const struct tri_plan *plan, size_t scratch,
                                struct tri_error *error);

/* A buffer that mirrors host data, sent only when that has changed. The host need not keep the
 * data: there are two copies, used in turn, since one may still be in transit. */
struct opencl_mirror {
    cl_mem buffer;
    size_t size;
    void *copies[2];
    cl_event sent[2];
    int now; /* the copy that the buffer holds, or will hold */
    bool any;
};
enum tri_status tri_opencl_mirror_new(struct opencl *cl, size_t size, struct opencl_mirror *mirror,
                                      struct tri_error *error);
/* In order with the kernels. */
enum tri_status tri_opencl_mirror_send(struct opencl *cl, struct opencl_mirror *mirror,
                                       const void *data, struct tri_error *error);
void tri_opencl_mirror_free(struct opencl *cl, struct opencl_mirror *mirror);

#endif
