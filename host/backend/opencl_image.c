/* opencl_image.c -- buffers on an OpenCL device, and images on their way there and back. */
#include "opencl.h"
#include "../image/image.h"

#include <stdlib.h>

enum tri_status tri_opencl_buffer(struct opencl *cl, cl_mem_flags flags, size_t size, void *host, cl_mem *buffer,
                                  struct tri_error *error)
{
    cl_int code;
    *buffer = clCreateBuffer(cl->context, flags, size == 0 ? 64 : size, host, &code);
    if (code != CL_SUCCESS) {
        *buffer = NULL;
        return tri_opencl_fail_size(cl, "clCreateBuffer", code, size, error);
    }
    return TRI_OK;
}

void tri_opencl_release_buffer(cl_mem buffer)
{
    if (buffer != NULL)
        clReleaseMemObject(buffer);
}

/* Of the host's own memory where the device shares it, of the device elsewhere. */
static enum tri_status image_buffer(struct opencl *cl, const struct tri_image *image, cl_mem *buffer, const void **memory,
                                    size_t *size, struct tri_error *error)
{
    if (*buffer != NULL && *size == image->memory_size && (!cl->shared || *memory == image->memory))
        return TRI_OK;
    tri_opencl_release_buffer(*buffer);
    *memory = image->memory;
    *size = image->memory_size;
    return tri_opencl_buffer(cl, CL_MEM_READ_WRITE | (cl->shared ? CL_MEM_USE_HOST_PTR : 0), image->memory_size,
                             cl->shared ? image->memory : NULL, buffer, error);
}

/* Hands shared memory to the device (write) or back to the host (read), in order with the kernels; it is there when
 * the queue is finished. */
static enum tri_status hand_over(struct opencl *cl, cl_mem buffer, size_t size, bool to_device, struct tri_error *error)
{
    cl_int code;
    void *mapped = clEnqueueMapBuffer(cl->queue, buffer, CL_FALSE, to_device ? CL_MAP_WRITE : CL_MAP_READ, 0, size, 0,
                                      NULL, NULL, &code);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clEnqueueMapBuffer", code, cl->base.info.device);
    CHECK(clEnqueueUnmapMemObject, cl->queue, buffer, mapped, 0, NULL, NULL);
    return TRI_OK;
}

enum tri_status tri_opencl_upload(struct tri_flight *flight, struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)flight->backend;
    struct tri_image *in = flight->in;
    enum tri_status status = tri_opencl_alive(cl, error);
    if (status != TRI_OK)
        return status;
    if (flight->state == NULL)
        flight->state = calloc(1, sizeof(struct opencl_flight));
    struct opencl_flight *state = flight->state;
    if (state == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for a frame under way");
    status = image_buffer(cl, in, &state->in, &state->in_memory, &state->in_size, error);
    if (status != TRI_OK || cl->shared)
        return status == TRI_OK ? hand_over(cl, state->in, in->memory_size, true, error) : status;
    cl_event event;
    CHECK(clEnqueueWriteBuffer, cl->transfers, state->in, CL_FALSE, 0, in->memory_size, in->memory, 0, NULL, &event);
    status = tri_opencl_await(cl, cl->transfers, event, "the upload of a frame", error);
    return tri_opencl_leave_images(cl, in, NULL, status);
}

enum tri_status tri_opencl_output(struct tri_flight *flight, struct tri_error *error)
{
    struct opencl_flight *state = flight->state;
    return image_buffer((struct opencl *)flight->backend, flight->out, &state->out, &state->out_memory, &state->out_size,
                        error);
}

enum tri_status tri_opencl_wait(struct tri_flight *flight, struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)flight->backend;
    const struct opencl_flight *state = flight->state;
    const enum tri_status status =
        cl->shared ? hand_over(cl, state->out, flight->out->memory_size, false, error) : TRI_OK;
    return status == TRI_OK ? tri_opencl_finish(cl, cl->queue, "the kernels of a frame", error) : status;
}

/* Samples alone: what lies between rows on the device is nothing that anybody has written. */
static enum tri_status read_plane(struct opencl *cl, cl_mem buffer, const struct tri_image *image, int plane,
                                  struct tri_error *error)
{
    const size_t stride = (size_t)image->stride;
    const size_t offset = (size_t)((unsigned char *)tri_image_row(image, plane, 0) - (unsigned char *)image->memory);
    const size_t origin[3] = {offset % stride, offset / stride, 0};
    const size_t region[3] = {(size_t)image->shape.width * tri_sample_bytes(&image->shape), (size_t)image->shape.height, 1};
    cl_event event;
    CHECK(clEnqueueReadBufferRect, cl->transfers, buffer, CL_FALSE, origin, origin, region, stride, 0, stride, 0,
          image->memory, 0, NULL, &event);
    return tri_opencl_await(cl, cl->transfers, event, "the download of a frame", error);
}

enum tri_status tri_opencl_download(struct tri_flight *flight, struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)flight->backend;
    const struct opencl_flight *state = flight->state;
    struct tri_image *out = flight->out;
    enum tri_status status = tri_opencl_alive(cl, error);
    for (int p = 0; !cl->shared && p < out->shape.planes && status == TRI_OK; p++)
        status = read_plane(cl, state->out, out, p, error);
    return tri_opencl_leave_images(cl, NULL, out, status);
}

void tri_opencl_land(struct tri_flight *flight)
{
    struct opencl_flight *state = flight->state;
    if (state == NULL || tri_opencl_alive((struct opencl *)flight->backend, NULL) != TRI_OK)
        return;
    tri_opencl_release_buffer(state->in);
    tri_opencl_release_buffer(state->out);
    free(state);
    flight->state = NULL;
}
