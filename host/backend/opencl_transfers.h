/* opencl_transfers.h -- within the OpenCL backend: images between the host and a device, which has memory of its own or
 * shares the host's. */
#ifndef TRI_OPENCL_TRANSFERS_H
#define TRI_OPENCL_TRANSFERS_H

#include "backend.h"
#include "../image/image.h"

#include <CL/cl.h>
#include <pthread.h>

struct opencl;

/* Pieces of images on their way between the host's ordinary memory and the device: in pinned memory, which the driver
 * need not copy once more. Places are used by turns, so that one is filled while others are under way. */
#define RING_PLACES 4
struct opencl_ring {
    pthread_mutex_t lock; /* one image at a time */
    void *memory;         /* NULL: none was needed so far, or is to be had */
    size_t room;          /* bytes of a place */
    struct opencl_piece {
        cl_event event;   /* NULL: the place is free */
        const struct tri_image *image; /* of a download */
        int plane, first, count;
    } pieces[RING_PLACES];
    int next;
};

/* What images need on their way. Uploads, kernels and downloads have queues of their own, so that those of different
 * frames and bands overlap. */
struct opencl_transfers {
    cl_command_queue uploads, downloads;
    struct opencl_pinned *pinned; /* NULL: memory is shared */
    struct opencl_ring up, down;
    size_t band;      /* bytes of an image that are worth steps of their own */
    size_t memory, largest; /* bytes that the device has, and that one buffer may have */
    bool opened;
};

/* Images to the device and back, where memory is not shared in bands: nobody waits before the download. */
#define BANDS_MAX 16
struct opencl_steps {
    int count;
    int end[BANDS_MAX]; /* rows that are there when a band is */
    cl_event done[BANDS_MAX];
};
struct opencl_flight {
    cl_mem in, out; /* kept while images stay where they are, or, where memory is not shared, of one size */
    const void *in_memory, *out_memory;
    size_t in_size, out_size;
    struct opencl_steps uploaded, computed; /* rows of the input and of the output; none where memory is shared */
};
/* The output's buffer, before kernels write to it; and after them, where memory is shared, their end: the host may read
 * it then. */
enum tri_status tri_opencl_output(struct tri_flight *flight, struct tri_error *error);
enum tri_status tri_opencl_wait(struct tri_flight *flight, struct tri_error *error);
enum tri_status tri_opencl_upload(struct tri_flight *flight, struct tri_error *error);
enum tri_status tri_opencl_download(struct tri_flight *flight, struct tri_error *error);
void tri_opencl_land(struct tri_flight *flight);
void tri_opencl_forget(struct opencl_steps *steps); /* none are left */
/* One more, done when all that is in the queue so far is. */
enum tri_status tri_opencl_mark(struct opencl *cl, cl_command_queue queue, struct opencl_steps *steps, int end,
                                struct tri_error *error);
/* So many bands are a picture's rows worth, at most BANDS_MAX; 1 where memory is shared. */
int tri_opencl_band_count(const struct opencl *cl, const struct tri_shape *shape);

/* The order in which a job's stages make their rows: band after band of the output, as soon as those of the input
 * are there. */
struct opencl_rows {
    int first, count;
};
struct opencl_schedule {
    int count, stages;
    struct opencl_rows *rows; /* [band][stage]; of a band that needs no more of a stage, none */
    int in_end[BANDS_MAX], out_end[BANDS_MAX]; /* rows of the input that a band needs, of the output that are there then */
};
/* Each stage makes rows in multiples of units[stage], unless it ends; 0: the stage makes all of them at once. */
enum tri_status tri_opencl_schedule(struct opencl *cl, const struct tri_plan *plan, const int *units,
                                    struct opencl_schedule *schedule, struct tri_error *error);
void tri_opencl_schedule_free(struct opencl_schedule *schedule);
/* Enqueues all bands of a frame, each behind what it needs of the upload; `launch` enqueues what makes those rows of a
 * stage. */
enum tri_status tri_opencl_run_bands(struct tri_job *job, struct tri_flight *flight, const struct opencl_schedule *schedule,
                                     enum tri_status (*launch)(struct tri_job *job, struct opencl_flight *flight,
                                                               int stage, struct opencl_rows rows, struct tri_error *error),
                                     struct tri_error *error);

/* After a failure, waits for what is left in a queue, so that memory under way may go; for ever where the driver cannot
 * even tell how far it is. Where it fails at that as well, tri_opencl_holds. */
void tri_opencl_settle(struct opencl *cl, cl_command_queue queue);
/* clFinish, as part of that. */
void tri_opencl_end_queue(struct opencl *cl, cl_command_queue queue);
/* The queues of transfers and what belongs to them. */
enum tri_status tri_opencl_transfers_open(struct opencl *cl, struct tri_error *error);
void tri_opencl_transfers_close(struct opencl *cl);
/* Rows of a plane to a buffer that is laid out as the image, in the queue of uploads, behind `after` (NULL: nothing). When
 * this returns, images in other than pinned memory have been read; for those the ring's lock is held meanwhile. */
bool tri_opencl_is_pinned(const struct opencl *cl, const struct tri_image *image);
enum tri_status tri_opencl_write_rows(struct opencl *cl, const struct tri_image *image, int plane, int first, int count,
                                      cl_mem to, cl_event after, struct tri_error *error);
/* And back: the samples alone, unless the image lies in pinned memory. They are there after tri_opencl_read_end; after a
 * failure the driver is done with the image when tri_opencl_read_stop is. */
enum tri_status tri_opencl_read_rows(struct opencl *cl, cl_mem from, const struct tri_image *image, int plane, int first,
                                     int count, cl_event after, struct tri_error *error);
enum tri_status tri_opencl_read_end(struct opencl *cl, const struct tri_image *image, struct tri_error *error);
void tri_opencl_read_stop(struct opencl *cl, const struct tri_image *image);

/* Pinned memory: one pool, from which images and the rings take it, and to which it comes back for others. */
enum tri_status tri_opencl_pinned_new(struct opencl *cl, struct opencl_pinned **pinned, struct tri_error *error);
void tri_opencl_pinned_close(struct opencl_pinned *pinned); /* images may have memory of it yet */
struct tri_memory *tri_opencl_pinned_memory(struct opencl_pinned *pinned);
void *tri_opencl_pin(struct opencl_pinned *pinned, size_t size); /* of any size; NULL: none */
void tri_opencl_unpin(struct opencl_pinned *pinned, void *memory);

/* ---- memory of the device ---- */

/* TRI_FAILED, with the need and what there is, where the device has too little memory for frames of a plan. */
enum tri_status tri_opencl_fits(struct opencl *cl, const struct tri_plan *plan, size_t scratch, struct tri_error *error);

/* A buffer that is to hold what the host has at the time, sent only when that has changed. The host need not keep it:
 * there are two copies by turns, so that one may be on its way yet. */
struct opencl_mirror {
    cl_mem buffer;
    size_t size;
    void *copies[2];
    cl_event sent[2];
    int now; /* the copy that the buffer holds, or will */
    bool any;
};
enum tri_status tri_opencl_mirror_new(struct opencl *cl, size_t size, struct opencl_mirror *mirror, struct tri_error *error);
/* In order with the kernels. */
enum tri_status tri_opencl_mirror_send(struct opencl *cl, struct opencl_mirror *mirror, const void *data,
                                       struct tri_error *error);
void tri_opencl_mirror_free(struct opencl *cl, struct opencl_mirror *mirror);

#endif
