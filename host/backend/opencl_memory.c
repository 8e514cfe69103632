/* opencl_memory.c -- memory of an OpenCL device: buffers, whether a job's buffers fit, and mirrors
 * of host data. */
#include "opencl.h"
#include "../image/image.h"

#include <stdlib.h>
#include <string.h>

enum tri_status tri_opencl_buffer(struct opencl *cl, cl_mem_flags flags, size_t size, void *host,
                                  cl_mem *buffer, struct tri_error *error)
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

enum tri_status tri_opencl_fits(struct opencl *cl, const struct tri_plan *plan, size_t scratch,
                                struct tri_error *error)
{
    const size_t in = tri_image_size(&plan->in), out = tri_image_size(&plan->out),
                 arena = (size_t)plan->arena_size;
    const size_t need = in + out + arena + scratch, images = in > out ? in : out,
                 planes = arena > scratch ? arena : scratch;
    const size_t piece = images > planes ? images : planes;
    const struct opencl_transfers *has = &cl->transfers;
    if ((has->memory == 0 || need <= has->memory) && (has->largest == 0 || piece <= has->largest))
        return TRI_OK;
    return tri_fail(
        error, TRI_FAILED,
        "a picture of %d x %d pixels needs %.1f MB of %s's memory, %.1f MB of it in one piece; it "
        "has %.1f MB "
        "and allocates at most %.1f MB in one piece (--on threads uses the host's memory)",
        plan->in.width, plan->in.height, (double)need / 1e6, cl->base.info.device,
        (double)piece / 1e6, (double)has->memory / 1e6, (double)has->largest / 1e6);
}

/* ---- mirrors of host data ---- */

enum tri_status tri_opencl_mirror_new(struct opencl *cl, size_t size, struct opencl_mirror *mirror,
                                      struct tri_error *error)
{
    *mirror = (struct opencl_mirror){.size = size};
    for (int i = 0; i < 2; i++) {
        mirror->copies[i] = malloc(size + 1);
        if (mirror->copies[i] == NULL)
            return tri_fail(error, TRI_FAILED, "out of memory for a job");
    }
    return tri_opencl_buffer(cl, CL_MEM_READ_ONLY, size, NULL, &mirror->buffer, error);
}

static enum tri_status wait_sent(struct opencl *cl, struct opencl_mirror *mirror, int copy,
                                 struct tri_error *error)
{
    cl_event event = mirror->sent[copy];
    mirror->sent[copy] = NULL;
    return event == NULL ? TRI_OK
                         : tri_opencl_await(cl, cl->queue, event, "the kernels of a frame", error);
}

enum tri_status tri_opencl_mirror_send(struct opencl *cl, struct opencl_mirror *mirror,
                                       const void *data, struct tri_error *error)
{
    if (mirror->any && memcmp(mirror->copies[mirror->now], data, mirror->size) == 0)
        return TRI_OK;
    const int next = !mirror->now;
    const enum tri_status status = wait_sent(cl, mirror, next, error);
    if (status != TRI_OK)
        return status;
    mirror->any = false; /* unless the transfer is enqueued */
    mirror->now = next;
    memcpy(mirror->copies[next], data, mirror->size);
    CHECK(clEnqueueWriteBuffer, cl->queue, mirror->buffer, CL_FALSE, 0, mirror->size,
          mirror->copies[next], 0, NULL, &mirror->sent[next]);
    mirror->any = true;
    return TRI_OK;
}

/* It usually completed long ago. */
static void drop_sent(struct opencl *cl, struct opencl_mirror *mirror, int copy)
{
    cl_event event = mirror->sent[copy];
    cl_int reached = CL_QUEUED;
    mirror->sent[copy] = NULL;
    if (event == NULL || tri_opencl_hangs(&cl->base))
        return;
    if (clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof reached, &reached, NULL) !=
            CL_SUCCESS ||
        reached > CL_COMPLETE)
        tri_opencl_settle(cl, cl->queue);
    clReleaseEvent(event);
}

void tri_opencl_mirror_free(struct opencl *cl, struct opencl_mirror *mirror)
{
    for (int i = 0; i < 2; i++) {
        drop_sent(cl, mirror, i);
        if (tri_opencl_holds(cl))
            tri_memory_abandon(mirror->copies[i]);
        else
            free(mirror->copies[i]);
        mirror->copies[i] = NULL;
    }
    if (tri_opencl_alive(cl, NULL) == TRI_OK)
        tri_opencl_release_buffer(mirror->buffer);
    mirror->buffer = NULL;
}
