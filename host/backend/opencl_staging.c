/* opencl_staging.c -- transfers rows to and from a device with its own memory: directly if they are
 * in pinned memory, otherwise in pieces through a pinned ring, copying one while others are in
 * flight. */
#include "opencl.h"

#include <stdlib.h>
#include <string.h>

/* A place holds enough to be worth a transfer, and no more than an image needs. */
#define ROOM_LEAST ((size_t)1 << 16)
#define ROOM_MOST ((size_t)1 << 21)

#define UPLOAD TRI_COMMAND_UPLOAD, "upload"
#define DOWNLOAD TRI_COMMAND_DOWNLOAD, "download"

/* ---- the queues ---- */

static enum tri_status new_queue(struct opencl *cl, cl_command_queue *queue,
                                 struct tri_error *error)
{
    cl_int code;
    *queue = clCreateCommandQueue(cl->context, cl->device,
                                  cl->trace != NULL ? CL_QUEUE_PROFILING_ENABLE : 0, &code);
    if (code != CL_SUCCESS) {
        *queue = NULL;
        return tri_opencl_fail(error, "clCreateCommandQueue", code, cl->base.info.device);
    }
    return TRI_OK;
}

/* Bytes worth a strip of their own: what a bus carries while a few dozen kernels are launched. For
 * tests, TRIPTYCH_OPENCL_MEMORY=copy:BYTES sets it. */
static size_t strip_bytes(void)
{
    const char *memory = getenv("TRIPTYCH_OPENCL_MEMORY");
    const long given = memory != NULL && strncmp(memory, "copy:", 5) == 0 ? atol(memory + 5) : 0;
    return given > 0 ? (size_t)given : (size_t)6 << 20;
}

static size_t device_bytes(const struct opencl *cl, cl_device_info what)
{
    cl_ulong bytes = 0;
    return clGetDeviceInfo(cl->device, what, sizeof bytes, &bytes, NULL) == CL_SUCCESS
               ? (size_t)bytes
               : 0;
}

enum tri_status tri_opencl_transfers_open(struct opencl *cl, struct tri_error *error)
{
    struct opencl_transfers *transfers = &cl->transfers;
    transfers->memory = device_bytes(cl, CL_DEVICE_GLOBAL_MEM_SIZE);
    transfers->largest = device_bytes(cl, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    transfers->strip = strip_bytes();
    if (pthread_mutex_init(&transfers->up.lock, NULL) != 0)
        return tri_fail(error, TRI_FAILED, "out of memory for transfers");
    if (pthread_mutex_init(&transfers->down.lock, NULL) != 0) {
        pthread_mutex_destroy(&transfers->up.lock);
        return tri_fail(error, TRI_FAILED, "out of memory for transfers");
    }
    transfers->opened = true;
    enum tri_status status = new_queue(cl, &transfers->uploads, error);
    if (status == TRI_OK)
        status = new_queue(cl, &transfers->downloads, error);
    if (status == TRI_OK && !cl->shared)
        status = tri_opencl_pinned_new(cl, &transfers->pinned, error);
    cl->base.memory = tri_opencl_pinned_memory(transfers->pinned);
    return status;
}

static void free_ring(struct opencl *cl, struct opencl_ring *ring)
{
    for (int i = 0; i < RING_PLACES; i++) {
        if (ring->pieces[i].event != NULL)
            clReleaseEvent(ring->pieces[i].event);
    }
    if (tri_opencl_holds(cl))
        tri_memory_abandon(cl->transfers.pinned);
    else
        tri_opencl_unpin(cl->transfers.pinned, ring->memory);
    pthread_mutex_destroy(&ring->lock);
}

void tri_opencl_transfers_close(struct opencl *cl)
{
    struct opencl_transfers *transfers = &cl->transfers;
    if (!transfers->opened)
        return;
    if (transfers->uploads != NULL)
        tri_opencl_end_queue(cl, transfers->uploads);
    if (transfers->downloads != NULL)
        tri_opencl_end_queue(cl, transfers->downloads);
    free_ring(cl, &transfers->up);
    free_ring(cl, &transfers->down);
    tri_opencl_pinned_close(transfers->pinned);
    if (transfers->uploads != NULL)
        clReleaseCommandQueue(transfers->uploads);
    if (transfers->downloads != NULL)
        clReleaseCommandQueue(transfers->downloads);
}

/* ---- places of a ring ---- */

/* Waits until a place is free; for a download, stores its samples in the image. */
static enum tri_status empty(struct opencl *cl, struct opencl_ring *ring, int place,
                             struct tri_error *error)
{
    struct opencl_piece *piece = &ring->pieces[place];
    const bool down = ring == &cl->transfers.down;
    if (piece->event == NULL)
        return TRI_OK;
    cl_event event = piece->event;
    piece->event = NULL;
    const enum tri_status status = tri_opencl_await(
        cl, down ? cl->transfers.downloads : cl->transfers.uploads, event,
        down ? "the kernels and the download of a frame" : "the upload of a frame", error);
    if (status != TRI_OK || !down)
        return status;
    const struct tri_image *to = piece->image;
    const unsigned char *from = (unsigned char *)ring->memory + (size_t)place * ring->room +
                                TRI_PAD * tri_sample_bytes(&to->shape);
    for (int y = 0; y < piece->count; y++)
        memcpy(tri_image_row(to, piece->plane, piece->first + y), from + (ptrdiff_t)y * to->stride,
               (size_t)to->shape.width * tri_sample_bytes(&to->shape));
    return TRI_OK;
}

static enum tri_status empty_all(struct opencl *cl, struct opencl_ring *ring,
                                 struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    for (int i = 0; i < RING_PLACES; i++) {
        const int place = (ring->next + i) % RING_PLACES; /* oldest first */
        const enum tri_status emptied = empty(cl, ring, place, status == TRI_OK ? error : NULL);
        status = status == TRI_OK ? emptied : status;
    }
    return status;
}

/* Makes places large enough for a row, and for an image to fill all of them if it can. It is no
 * error if the ring gets no memory: the driver has none to pin. */
static enum tri_status prepare(struct opencl *cl, struct opencl_ring *ring, size_t row,
                               size_t bytes, struct tri_error *error)
{
    size_t room = ROOM_LEAST;
    while (room < ROOM_MOST && room * RING_PLACES < bytes)
        room *= 2;
    room = room < row ? (row + ROOM_LEAST - 1) / ROOM_LEAST * ROOM_LEAST : room;
    if (ring->memory != NULL && ring->room >= room)
        return TRI_OK;
    const enum tri_status status = empty_all(cl, ring, error);
    if (status != TRI_OK)
        return status;
    tri_opencl_unpin(cl->transfers.pinned, ring->memory);
    ring->memory = tri_opencl_pin(cl->transfers.pinned, RING_PLACES * room);
    ring->room = room;
    return TRI_OK;
}

/* ---- rows ---- */

/* Where the padding before a row starts, which is where the row starts in the layout. */
static size_t row_offset(const struct tri_image *image, int plane, int y)
{
    return (size_t)((unsigned char *)tri_image_row(image, plane, y) -
                    (unsigned char *)image->memory) -
           TRI_PAD * tri_sample_bytes(&image->shape);
}

bool tri_opencl_is_pinned(const struct opencl *cl, const struct tri_image *image)
{
    return image->from != NULL && image->from == cl->base.memory;
}

static size_t rows_of_place(const struct opencl_ring *ring, const struct tri_image *image, int left)
{
    const size_t rows = ring->room / (size_t)image->stride;
    return rows < (size_t)left ? rows : (size_t)left;
}

/* The driver copies from any memory, in its own way; `from` may be freed after this returns. */
static enum tri_status write_slowly(struct opencl *cl, cl_mem to, size_t offset, const void *from,
                                    size_t size, cl_event after, struct tri_error *error)
{
    cl_event event;
    CHECK(clEnqueueWriteBuffer, cl->transfers.uploads, to, CL_FALSE, offset, size, from,
          after != NULL, after != NULL ? &after : NULL, &event);
    tri_opencl_keep(cl, event, &(struct opencl_command){UPLOAD, (int64_t)size});
    return tri_opencl_await(cl, cl->transfers.uploads, event, "the upload of a frame", error);
}

static enum tri_status write_pieces(struct opencl *cl, const struct tri_image *image, int plane,
                                    int first, int count, cl_mem to, cl_event after,
                                    struct tri_error *error)
{
    struct opencl_ring *ring = &cl->transfers.up;
    const size_t row = (size_t)image->stride;
    enum tri_status status = prepare(cl, ring, row, image->memory_size, error);
    for (int y = first, rows; status == TRI_OK && y < first + count; y += rows) {
        const size_t offset = row_offset(image, plane, y);
        const unsigned char *from = (unsigned char *)image->memory + offset;
        rows = ring->memory != NULL ? (int)rows_of_place(ring, image, first + count - y)
                                    : first + count - y;
        if (ring->memory == NULL) {
            status = write_slowly(cl, to, offset, from, (size_t)rows * row, after, error);
            continue;
        }
        const int place = ring->next;
        unsigned char *at = (unsigned char *)ring->memory + (size_t)place * ring->room;
        status = empty(cl, ring, place, error);
        if (status != TRI_OK)
            return status;
        memcpy(at, from, (size_t)rows * row);
        CHECK(clEnqueueWriteBuffer, cl->transfers.uploads, to, CL_FALSE, offset, (size_t)rows * row,
              at, after != NULL, after != NULL ? &after : NULL, &ring->pieces[place].event);
        tri_opencl_keep(cl, ring->pieces[place].event,
                        &(struct opencl_command){UPLOAD, (int64_t)((size_t)rows * row)});
        CHECK(clFlush, cl->transfers.uploads);
        ring->next = (place + 1) % RING_PLACES;
    }
    return status;
}

enum tri_status tri_opencl_write_rows(struct opencl *cl, const struct tri_image *image, int plane,
                                      int first, int count, cl_mem to, cl_event after,
                                      struct tri_error *error)
{
    const size_t offset = row_offset(image, plane, first),
                 size = (size_t)count * (size_t)image->stride;
    cl_event event = NULL;
    if (!tri_opencl_is_pinned(cl, image))
        return write_pieces(cl, image, plane, first, count, to, after, error);
    CHECK(clEnqueueWriteBuffer, cl->transfers.uploads, to, CL_FALSE, offset, size,
          (unsigned char *)image->memory + offset, after != NULL, after != NULL ? &after : NULL,
          tri_opencl_wants_event(cl) ? &event : NULL);
    tri_opencl_keep_own(cl, event, &(struct opencl_command){UPLOAD, (int64_t)size});
    return TRI_OK;
}

static enum tri_status read_slowly(struct opencl *cl, cl_mem from, const struct tri_image *image,
                                   int plane, int first, int count, cl_event after,
                                   struct tri_error *error)
{
    const size_t pad = TRI_PAD * tri_sample_bytes(&image->shape),
                 at = row_offset(image, plane, first) + pad;
    const size_t stride = (size_t)image->stride, origin[3] = {at % stride, at / stride, 0};
    const size_t region[3] = {(size_t)image->shape.width * tri_sample_bytes(&image->shape),
                              (size_t)count, 1};
    cl_event event;
    CHECK(clEnqueueReadBufferRect, cl->transfers.downloads, from, CL_FALSE, origin, origin, region,
          stride, 0, stride, 0, image->memory, after != NULL, after != NULL ? &after : NULL,
          &event);
    tri_opencl_keep(cl, event,
                    &(struct opencl_command){DOWNLOAD, (int64_t)(region[0] * region[1])});
    return tri_opencl_await(cl, cl->transfers.downloads, event,
                            "the kernels and the download of a frame", error);
}

static enum tri_status read_pieces(struct opencl *cl, cl_mem from, const struct tri_image *image,
                                   int plane, int first, int count, cl_event after,
                                   struct tri_error *error)
{
    struct opencl_ring *ring = &cl->transfers.down;
    const size_t row = (size_t)image->stride;
    enum tri_status status = prepare(cl, ring, row, image->memory_size, error);
    if (status == TRI_OK && ring->memory == NULL)
        return read_slowly(cl, from, image, plane, first, count, after, error);
    for (int y = first, rows; status == TRI_OK && y < first + count; y += rows) {
        const int place = ring->next;
        rows = (int)rows_of_place(ring, image, first + count - y);
        status = empty(cl, ring, place, error);
        if (status != TRI_OK)
            return status;
        struct opencl_piece *piece = &ring->pieces[place];
        CHECK(clEnqueueReadBuffer, cl->transfers.downloads, from, CL_FALSE,
              row_offset(image, plane, y), (size_t)rows * row,
              (unsigned char *)ring->memory + (size_t)place * ring->room, after != NULL,
              after != NULL ? &after : NULL, &piece->event);
        tri_opencl_keep(cl, piece->event,
                        &(struct opencl_command){DOWNLOAD, (int64_t)((size_t)rows * row)});
        piece->image = image;
        piece->plane = plane;
        piece->first = y;
        piece->count = rows;
        ring->next = (place + 1) % RING_PLACES;
        CHECK(clFlush, cl->transfers.downloads);
    }
    return status;
}

enum tri_status tri_opencl_read_rows(struct opencl *cl, cl_mem from, const struct tri_image *image,
                                     int plane, int first, int count, cl_event after,
                                     struct tri_error *error)
{
    const size_t offset = row_offset(image, plane, first),
                 size = (size_t)count * (size_t)image->stride;
    cl_event event = NULL;
    if (!tri_opencl_is_pinned(cl, image))
        return read_pieces(cl, from, image, plane, first, count, after, error);
    CHECK(clEnqueueReadBuffer, cl->transfers.downloads, from, CL_FALSE, offset, size,
          (unsigned char *)image->memory + offset, after != NULL, after != NULL ? &after : NULL,
          tri_opencl_wants_event(cl) ? &event : NULL);
    tri_opencl_keep_own(cl, event, &(struct opencl_command){DOWNLOAD, (int64_t)size});
    return TRI_OK;
}

enum tri_status tri_opencl_read_end(struct opencl *cl, const struct tri_image *image,
                                    struct tri_error *error)
{
    cl_event event;
    if (!tri_opencl_is_pinned(cl, image))
        return empty_all(cl, &cl->transfers.down, error);
    CHECK(clEnqueueMarkerWithWaitList, cl->transfers.downloads, 0, NULL, &event);
    return tri_opencl_await(cl, cl->transfers.downloads, event,
                            "the kernels and the download of a frame", error);
}

void tri_opencl_read_stop(struct opencl *cl, const struct tri_image *image)
{
    struct opencl_ring *ring = &cl->transfers.down;
    tri_opencl_settle(cl, cl->transfers.downloads);
    for (int i = 0; i < RING_PLACES && !tri_opencl_is_pinned(cl, image); i++) {
        if (ring->pieces[i].event != NULL)
            clReleaseEvent(ring->pieces[i].event);
        ring->pieces[i].event = NULL;
    }
}
