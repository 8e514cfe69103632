/* opencl_inflight.c -- the steps of a frame: uploads its image to the device and downloads the
 * result. */
#include "opencl.h"

#include <stdlib.h>

/* The gaps between rows are transferred with them, so they must have defined contents. */
static enum tri_status clear(struct opencl *cl, cl_command_queue queue, cl_mem buffer, size_t size,
                             struct tri_error *error)
{
    const cl_uint zero = 0;
    CHECK(clEnqueueFillBuffer, queue, buffer, &zero, sizeof zero, 0, size, 0, NULL, NULL);
    return TRI_OK;
}

/* In the host's own memory if the device shares it, otherwise in the device's. */
static enum tri_status image_buffer(struct opencl *cl, cl_command_queue queue,
                                    const struct tri_image *image, cl_mem *buffer,
                                    const void **memory, size_t *size, struct tri_error *error)
{
    if (*buffer != NULL && *size == image->memory_size && (!cl->shared || *memory == image->memory))
        return TRI_OK;
    tri_opencl_release_buffer(*buffer);
    *memory = image->memory;
    *size = image->memory_size;
    const enum tri_status status =
        tri_opencl_buffer(cl, CL_MEM_READ_WRITE | (cl->shared ? CL_MEM_USE_HOST_PTR : 0),
                          image->memory_size, cl->shared ? image->memory : NULL, buffer, error);
    return status == TRI_OK && !cl->shared ? clear(cl, queue, *buffer, *size, error) : status;
}

/* Hands shared memory to the device (write) or back to the host (read), in order with the kernels;
 * complete when the queue is finished. */
static enum tri_status hand_over(struct opencl *cl, cl_mem buffer, size_t size, bool to_device,
                                 struct tri_error *error)
{
    cl_int code;
    void *mapped =
        clEnqueueMapBuffer(cl->queue, buffer, CL_FALSE, to_device ? CL_MAP_WRITE : CL_MAP_READ, 0,
                           size, 0, NULL, NULL, &code);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clEnqueueMapBuffer", code, cl->base.info.device);
    CHECK(clEnqueueUnmapMemObject, cl->queue, buffer, mapped, 0, NULL, NULL);
    return TRI_OK;
}

/* ---- steps ---- */

void tri_opencl_forget(struct opencl_steps *steps)
{
    for (int i = 0; i < steps->count; i++)
        clReleaseEvent(steps->done[i]);
    steps->count = 0;
}

enum tri_status tri_opencl_mark(struct opencl *cl, cl_command_queue queue,
                                struct opencl_steps *steps, int end, struct tri_error *error)
{
    CHECK(clEnqueueMarkerWithWaitList, queue, 0, NULL, &steps->done[steps->count]);
    steps->end[steps->count++] = end;
    CHECK(clFlush, queue); /* others wait for it */
    return TRI_OK;
}

int tri_opencl_strip_count(const struct opencl *cl, const struct tri_shape *shape)
{
    const size_t bytes = (size_t)shape->width * (size_t)shape->height * (size_t)shape->planes *
                         tri_sample_bytes(shape);
    const size_t strips = cl->shared ? 1 : bytes / cl->transfers.strip,
                 most = (size_t)shape->height;
    const size_t count = strips < 1 ? 1 : strips > STRIPS_MAX ? STRIPS_MAX : strips;
    return (int)(count > most ? most : count);
}

/* ---- upload ---- */

/* Strip by strip, so that kernels can start on the first. */
static enum tri_status write_image(struct opencl *cl, struct opencl_inflight *state,
                                   const struct tri_image *in, struct tri_error *error)
{
    const int strips = tri_opencl_strip_count(cl, &in->shape);
    /* Kernels of an abandoned frame may still read the buffer. */
    const cl_event before =
        state->computed.count > 0 ? state->computed.done[state->computed.count - 1] : NULL;
    enum tri_status status = TRI_OK;
    for (int b = 0; b < strips && status == TRI_OK; b++) {
        const int first = (int)((int64_t)in->shape.height * b / strips);
        const int end = (int)((int64_t)in->shape.height * (b + 1) / strips);
        for (int p = 0; p < in->shape.planes && status == TRI_OK; p++)
            status = tri_opencl_write_rows(cl, in, p, first, end - first, state->in, before, error);
        if (status == TRI_OK)
            status = tri_opencl_mark(cl, cl->transfers.uploads, &state->uploaded, end, error);
    }
    return status;
}

static enum tri_status upload(struct opencl *cl, struct tri_inflight *inflight,
                              struct opencl_inflight *state, struct tri_error *error)
{
    const struct tri_image *in = inflight->in;
    enum tri_status status = image_buffer(cl, cl->transfers.uploads, in, &state->in,
                                          &state->in_memory, &state->in_size, error);
    if (status != TRI_OK || cl->shared)
        return status == TRI_OK ? hand_over(cl, state->in, in->memory_size, true, error) : status;
    tri_opencl_forget(&state->uploaded);
    const bool pinned = tri_opencl_is_pinned(cl, in);
    if (!pinned)
        tri_trace_lock(&cl->transfers.up.lock, "uploads");
    status = write_image(cl, state, in, error);
    if (!pinned)
        pthread_mutex_unlock(&cl->transfers.up.lock);
    tri_opencl_forget(&state->computed);
    if (status == TRI_OK && inflight->timing != NULL)
        status = tri_opencl_finish(cl, cl->transfers.uploads, "the upload of a frame", error);
    if (status != TRI_OK) /* the caller may free the image; report the first error */
        tri_opencl_settle(cl, cl->transfers.uploads);
    return status;
}

enum tri_status tri_opencl_upload(struct tri_inflight *inflight, struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)inflight->backend;
    const enum tri_status status = tri_opencl_usable(cl, error);
    if (status != TRI_OK)
        return status;
    if (inflight->state == NULL)
        inflight->state = calloc(1, sizeof(struct opencl_inflight));
    if (inflight->state == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a frame in flight");
    return tri_opencl_leave_images(cl, inflight->in, NULL,
                                   upload(cl, inflight, inflight->state, error));
}

/* ---- around the kernels ---- */

enum tri_status tri_opencl_output(struct tri_inflight *inflight, struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)inflight->backend;
    struct opencl_inflight *state = inflight->state;
    return image_buffer(cl, cl->queue, inflight->out, &state->out, &state->out_memory,
                        &state->out_size, error);
}

enum tri_status tri_opencl_wait(struct tri_inflight *inflight, struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)inflight->backend;
    const struct opencl_inflight *state = inflight->state;
    const enum tri_status status =
        cl->shared ? hand_over(cl, state->out, inflight->out->memory_size, false, error) : TRI_OK;
    if (status != TRI_OK || (!cl->shared && inflight->timing == NULL))
        return status;
    return tri_opencl_finish(cl, cl->queue, "the kernels of a frame", error);
}

/* ---- download ---- */

static enum tri_status read_image(struct opencl *cl, const struct opencl_inflight *state,
                                  const struct tri_image *out, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    int first = 0;
    for (int b = 0; b < state->computed.count && status == TRI_OK; b++) {
        const int end = state->computed.end[b];
        for (int p = 0; p < out->shape.planes && status == TRI_OK; p++)
            status = tri_opencl_read_rows(cl, state->out, out, p, first, end - first,
                                          state->computed.done[b], error);
        first = end;
    }
    return status == TRI_OK ? tri_opencl_read_end(cl, out, error) : status;
}

enum tri_status tri_opencl_download(struct tri_inflight *inflight, struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)inflight->backend;
    struct opencl_inflight *state = inflight->state;
    enum tri_status status = tri_opencl_alive(cl, error);
    if (status != TRI_OK || cl->shared)
        return status;
    const bool pinned = tri_opencl_is_pinned(cl, inflight->out);
    if (!pinned)
        tri_trace_lock(&cl->transfers.down.lock, "downloads");
    status = read_image(cl, state, inflight->out, error);
    if (status == TRI_OK)
        status = tri_opencl_check_launches(cl, error);
    if (status != TRI_OK)
        tri_opencl_read_stop(cl, inflight->out);
    if (!pinned)
        pthread_mutex_unlock(&cl->transfers.down.lock);
    if (status == TRI_OK) {
        tri_opencl_forget(&state->uploaded);
        tri_opencl_forget(&state->computed);
    }
    return tri_opencl_leave_images(cl, inflight->in, inflight->out, status);
}

void tri_opencl_release_inflight(struct tri_inflight *inflight)
{
    struct opencl_inflight *state = inflight->state;
    if (state == NULL || tri_opencl_alive((struct opencl *)inflight->backend, NULL) != TRI_OK)
        return;
    tri_opencl_forget(&state->uploaded);
    tri_opencl_forget(&state->computed);
    tri_opencl_release_buffer(state->in);
    tri_opencl_release_buffer(state->out);
    free(state);
    inflight->state = NULL;
}
