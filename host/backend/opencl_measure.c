/* opencl_measure.c -- counts launches, times commands by the device's own clock, and measures the
 * device's best case: a bare copy, and transfers of memory pinned by the driver. */
#include "opencl.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 7, COPIES = 2 };

/* ---- what jobs do ---- */

struct opencl_profile {
    int count; /* requested events, possibly more than fit */
    cl_event events[TRI_COMMANDS_MAX];
    enum tri_command what[TRI_COMMANDS_MAX];
};

bool tri_opencl_wants_event(const struct opencl *cl)
{
    return cl->profile != NULL || tri_opencl_is_traced(cl);
}

static void keep(struct opencl_profile *profile, cl_event event, enum tri_command what)
{
    const int at = __atomic_fetch_add(&profile->count, 1, __ATOMIC_RELAXED);
    if (at >= TRI_COMMANDS_MAX || clRetainEvent(event) != CL_SUCCESS)
        return;
    profile->what[at] = what;
    profile->events[at] = event;
}

void tri_opencl_keep(struct opencl *cl, cl_event event, const struct opencl_command *command)
{
    if (cl->profile != NULL)
        keep(cl->profile, event, command->what);
    if (tri_opencl_is_traced(cl))
        tri_opencl_trace(cl, event, command);
}

void tri_opencl_keep_own(struct opencl *cl, cl_event event, const struct opencl_command *command)
{
    if (event == NULL)
        return;
    tri_opencl_keep(cl, event, command);
    clReleaseEvent(event);
}

static void forget(struct opencl_profile *profile)
{
    for (int i = 0; i < profile->count && i < TRI_COMMANDS_MAX; i++) {
        if (profile->events[i] != NULL)
            clReleaseEvent(profile->events[i]);
        profile->events[i] = NULL;
    }
    profile->count = 0;
}

static enum tri_status new_queue(struct opencl *cl, bool profiling, cl_command_queue *queue,
                                 struct tri_error *error)
{
    cl_int code;
    *queue =
        clCreateCommandQueue(cl->context, cl->device,
                             profiling || cl->trace != NULL ? CL_QUEUE_PROFILING_ENABLE : 0, &code);
    if (code == CL_SUCCESS)
        return TRI_OK;
    *queue = NULL;
    return tri_opencl_fail(error, "clCreateCommandQueue", code, cl->base.info.device);
}

/* A queue's profiling is fixed when it is created, so jobs get new queues. */
static enum tri_status exchange_queue(struct opencl *cl, bool profiling, cl_command_queue *queue,
                                      struct tri_error *error)
{
    cl_command_queue other;
    enum tri_status status = tri_opencl_finish(cl, *queue, "what was in flight", error);
    if (status == TRI_OK)
        status = new_queue(cl, profiling, &other, error);
    if (status != TRI_OK)
        return status;
    clReleaseCommandQueue(*queue);
    *queue = other;
    return TRI_OK;
}

static enum tri_status profile(struct tri_backend *backend, bool on, struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)backend;
    enum tri_status status = exchange_queue(cl, on, &cl->queue, error);
    if (status == TRI_OK)
        status = exchange_queue(cl, on, &cl->transfers.uploads, error);
    if (status == TRI_OK)
        status = exchange_queue(cl, on, &cl->transfers.downloads, error);
    if (status == TRI_OK && on && cl->profile == NULL) {
        cl->profile = calloc(1, sizeof *cl->profile);
        if (cl->profile == NULL)
            status =
                tri_fail(error, TRI_FAILED, "out of memory while measuring %s", cl->base.info.name);
    }
    if (!on && cl->profile != NULL) {
        if (tri_opencl_alive(cl, NULL) == TRI_OK)
            forget(cl->profile);
        free(cl->profile);
        cl->profile = NULL;
    }
    return status;
}

/* For a command that has ended. */
static enum tri_status read_event(struct opencl *cl, cl_event event, int64_t *begin, int64_t *end,
                                  struct tri_error *error)
{
    cl_ulong times[2];
    CHECK(clGetEventProfilingInfo, event, CL_PROFILING_COMMAND_START, sizeof times[0], &times[0],
          NULL);
    CHECK(clGetEventProfilingInfo, event, CL_PROFILING_COMMAND_END, sizeof times[1], &times[1],
          NULL);
    *begin = (int64_t)times[0];
    *end = (int64_t)times[1];
    return TRI_OK;
}

/* Waits for the command and releases its event. */
static enum tri_status take_event(struct opencl *cl, cl_command_queue queue, cl_event event,
                                  const char *what, int64_t *begin, int64_t *end,
                                  struct tri_error *error)
{
    const cl_int retained = clRetainEvent(event);
    enum tri_status status =
        tri_opencl_await(cl, queue, event, what, error); /* releases it in any case */
    if (tri_opencl_alive(cl, NULL) != TRI_OK)
        return status;
    if (retained != CL_SUCCESS)
        return status == TRI_OK
                   ? tri_opencl_fail(error, "clRetainEvent", retained, cl->base.info.device)
                   : status;
    if (status == TRI_OK)
        status = read_event(cl, event, begin, end, error);
    clReleaseEvent(event);
    return status;
}

/* Commands whose events are not waited for must have ended, too. */
static enum tri_status finish_queues(struct opencl *cl, struct tri_error *error)
{
    const cl_command_queue queues[] = {cl->queue, cl->transfers.uploads, cl->transfers.downloads};
    enum tri_status status = TRI_OK;
    for (size_t i = 0; i < sizeof queues / sizeof queues[0] && status == TRI_OK; i++)
        status = tri_opencl_finish(cl, queues[i], "what was in flight", error);
    return status;
}

static enum tri_status commands(struct tri_backend *backend, struct tri_device_command *to,
                                int *count, struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)backend;
    struct opencl_profile *from = cl->profile;
    enum tri_status status = TRI_OK;
    *count = 0;
    if (from == NULL)
        return tri_fail(error, TRI_FAILED, "%s is not being measured", backend->info.name);
    if (from->count > TRI_COMMANDS_MAX)
        status = tri_fail(error, TRI_FAILED, "%d commands on %s are more than can be timed",
                          from->count, backend->info.name);
    if (status == TRI_OK)
        status = finish_queues(cl, error);
    for (int i = 0; status == TRI_OK && i < from->count; i++) {
        if (from->events[i] == NULL) /* not enqueued */
            continue;
        to[*count].what = from->what[i];
        status = read_event(cl, from->events[i], &to[*count].begin_ns, &to[*count].end_ns, error);
        ++*count;
    }
    forget(from);
    return status;
}

void tri_opencl_measured(struct opencl *cl)
{
    if (cl->profile != NULL)
        forget(cl->profile);
    free(cl->profile);
    if (cl->copy != NULL)
        clReleaseProgram(cl->copy);
    cl->profile = NULL;
    cl->copy = NULL;
}

static int by_time(const void *a, const void *b)
{
    const int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

static int64_t median(int64_t samples[ROUNDS])
{
    qsort(samples, ROUNDS, sizeof samples[0], by_time);
    return samples[ROUNDS / 2];
}

/* ---- a bare copy ---- */

/* 16 bytes per item; the other form copies four times that, with all loads in flight before the
 * first store. Reads past the output's end must not be optimised away: their xor is written if it
 * equals a value it never has. */
static const char copy_text[] =
    "#define FORM(name, items) \\\n"
    "__kernel void name(__global const uint4 *from, __global uint4 *to, ulong in, ulong out, uint "
    "never) { \\\n"
    "    size_t at = get_group_id(0) * get_local_size(0) * items + get_local_id(0), step = "
    "get_local_size(0); \\\n"
    "    uint4 v[items], all = (uint4)(0); \\\n"
    "    for (int i = 0; i < items; i++) \\\n"
    "        v[i] = at + i * step < in ? from[at + i * step] : (uint4)(7); \\\n"
    "    for (int i = 0; i < items; i++) { \\\n"
    "        if (at + i * step < out) to[at + i * step] = v[i]; \\\n"
    "        else all ^= v[i]; \\\n"
    "    } \\\n"
    "    if (all.x == never && all.y == never && all.z == never && all.w == ~never) to[0] = all; "
    "\\\n"
    "}\n"
    "FORM(copy1, 1)\n"
    "FORM(copy4, 4)\n";

struct bare_copy {
    cl_command_queue queue;
    cl_mem from, to;
    size_t in, out; /* in units of 16 bytes */
    size_t local;
};

static enum tri_status fill(struct opencl *cl, cl_command_queue queue, cl_mem buffer, size_t size,
                            struct tri_error *error)
{
    const cl_uint pattern = 0x01020304;
    CHECK(clEnqueueFillBuffer, queue, buffer, &pattern, sizeof pattern, 0, size, 0, NULL, NULL);
    return TRI_OK;
}

static enum tri_status open_copy(struct opencl *cl, struct bare_copy *copy, struct tri_error *error)
{
    size_t most = 1;
    clGetDeviceInfo(cl->device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof most, &most, NULL);
    copy->local = most < 256 ? most : 256;
    enum tri_status status =
        cl->copy == NULL ? tri_opencl_build(cl, copy_text, "", &cl->copy, error) : TRI_OK;
    if (status == TRI_OK)
        status = new_queue(cl, true, &copy->queue, error);
    if (status == TRI_OK)
        status = tri_opencl_buffer(cl, CL_MEM_READ_WRITE, copy->in * 16, NULL, &copy->from, error);
    if (status == TRI_OK)
        status = tri_opencl_buffer(cl, CL_MEM_READ_WRITE, copy->out * 16, NULL, &copy->to, error);
    if (status == TRI_OK) /* pages not touched yet may not all exist */
        status = fill(cl, copy->queue, copy->from, copy->in * 16, error);
    return status == TRI_OK ? fill(cl, copy->queue, copy->to, copy->out * 16, error) : status;
}

static void close_copy(struct bare_copy *copy)
{
    tri_opencl_release_buffer(copy->from);
    tri_opencl_release_buffer(copy->to);
    if (copy->queue != NULL)
        clReleaseCommandQueue(copy->queue);
}

static enum tri_status launch_copy(struct opencl *cl, const struct bare_copy *copy,
                                   cl_kernel kernel, int items, int64_t *ns,
                                   struct tri_error *error)
{
    const size_t most = copy->in > copy->out ? copy->in : copy->out,
                 group = copy->local * (size_t)items;
    const size_t global = (most + group - 1) / group * copy->local;
    cl_event event;
    int64_t begin = 0, end = 0;
    CHECK(clEnqueueNDRangeKernel, copy->queue, kernel, 1, NULL, &global, &copy->local, 0, NULL,
          &event);
    const enum tri_status status =
        take_event(cl, copy->queue, event, "a bare copy", &begin, &end, error);
    *ns = end - begin;
    return status;
}

static enum tri_status set_copy(struct opencl *cl, const struct bare_copy *copy, cl_kernel kernel,
                                struct tri_error *error)
{
    const cl_ulong in = copy->in, out = copy->out;
    const cl_uint never = 0xfefefefe;
    CHECK(clSetKernelArg, kernel, 0, sizeof copy->from, &copy->from);
    CHECK(clSetKernelArg, kernel, 1, sizeof copy->to, &copy->to);
    CHECK(clSetKernelArg, kernel, 2, sizeof in, &in);
    CHECK(clSetKernelArg, kernel, 3, sizeof out, &out);
    CHECK(clSetKernelArg, kernel, 4, sizeof never, &never);
    return TRI_OK;
}

static enum tri_status time_form(struct opencl *cl, const struct bare_copy *copy, const char *name,
                                 int items, int64_t *ns, struct tri_error *error)
{
    int64_t samples[ROUNDS];
    cl_int code;
    cl_kernel kernel = clCreateKernel(cl->copy, name, &code);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clCreateKernel", code, cl->base.info.device);
    enum tri_status status = set_copy(cl, copy, kernel, error);
    for (int i = -2; i < ROUNDS && status == TRI_OK; i++) /* two to warm up */
        status = launch_copy(cl, copy, kernel, items, &samples[i < 0 ? 0 : i], error);
    clReleaseKernel(kernel);
    *ns = status == TRI_OK ? median(samples) : 0;
    return status;
}

/* The faster of two forms. */
static enum tri_status copy_time(struct tri_backend *backend, size_t bytes_in, size_t bytes_out,
                                 int64_t *ns, struct tri_error *error)
{
    static const struct {
        const char *name;
        int items;
    } forms[COPIES] = {{"copy1", 1}, {"copy4", 4}};
    struct opencl *cl = (struct opencl *)backend;
    struct bare_copy copy = {.in = (bytes_in + 15) / 16, .out = (bytes_out + 15) / 16};
    enum tri_status status = open_copy(cl, &copy, error);
    *ns = 0;
    for (int i = 0; i < COPIES && status == TRI_OK; i++) {
        int64_t took = 0;
        status = time_form(cl, &copy, forms[i].name, forms[i].items, &took, error);
        *ns = i == 0 || took < *ns ? took : *ns;
    }
    if (tri_opencl_alive(cl, NULL) == TRI_OK) /* else nothing can be released */
        close_copy(&copy);
    return status;
}

/* ---- pinned transfers ---- */

struct transfer {
    cl_command_queue queue;
    cl_mem pinned, device;
    void *memory; /* of `pinned`, mapped */
    size_t size;
};

static enum tri_status open_transfer(struct opencl *cl, struct transfer *transfer, size_t size,
                                     struct tri_error *error)
{
    cl_int code = CL_SUCCESS;
    size = (size + 3) / 4 * 4; /* fill whole words */
    transfer->size = size;
    enum tri_status status = new_queue(cl, true, &transfer->queue, error);
    if (status == TRI_OK)
        status = tri_opencl_buffer(cl, CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR, size, NULL,
                                   &transfer->pinned, error);
    if (status == TRI_OK)
        status = tri_opencl_buffer(cl, CL_MEM_READ_WRITE, size, NULL, &transfer->device, error);
    if (status != TRI_OK)
        return status;
    transfer->memory =
        clEnqueueMapBuffer(transfer->queue, transfer->pinned, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE,
                           0, size, 0, NULL, NULL, &code);
    if (code != CL_SUCCESS) {
        transfer->memory = NULL;
        return tri_opencl_fail(error, "clEnqueueMapBuffer", code, cl->base.info.device);
    }
    memset(transfer->memory, 1, size);
    return fill(cl, transfer->queue, transfer->device, size, error);
}

static void close_transfer(struct transfer *transfer)
{
    if (transfer->memory != NULL)
        clEnqueueUnmapMemObject(transfer->queue, transfer->pinned, transfer->memory, 0, NULL, NULL);
    if (transfer->queue != NULL)
        clFinish(transfer->queue);
    tri_opencl_release_buffer(transfer->pinned);
    tri_opencl_release_buffer(transfer->device);
    if (transfer->queue != NULL)
        clReleaseCommandQueue(transfer->queue);
}

/* Either may be NULL, to time the other alone. From the first start to the last end. */
static enum tri_status time_transfer(struct opencl *cl, const struct transfer *up,
                                     const struct transfer *down, int64_t *ns,
                                     struct tri_error *error)
{
    cl_event events[2] = {NULL, NULL};
    int64_t begin[2] = {0, 0}, end[2] = {0, 0};
    cl_int code = CL_SUCCESS;
    if (up != NULL)
        code = clEnqueueWriteBuffer(up->queue, up->device, CL_FALSE, 0, up->size, up->memory, 0,
                                    NULL, &events[0]);
    if (code == CL_SUCCESS && down != NULL)
        code = clEnqueueReadBuffer(down->queue, down->device, CL_FALSE, 0, down->size, down->memory,
                                   0, NULL, &events[1]);
    if (up != NULL)
        clFlush(up->queue);
    if (down != NULL)
        clFlush(down->queue);
    enum tri_status status = code == CL_SUCCESS
                                 ? TRI_OK
                                 : tri_opencl_fail(error, "a transfer", code, cl->base.info.device);
    for (int i = 0; i < 2; i++) {
        if (events[i] == NULL)
            continue;
        struct tri_error why;
        const enum tri_status ended =
            take_event(cl, (i == 0 ? up : down)->queue, events[i], "a transfer", &begin[i], &end[i],
                       status == TRI_OK ? error : &why);
        status = status == TRI_OK ? ended : status;
    }
    if (up == NULL || down == NULL)
        *ns = up != NULL ? end[0] - begin[0] : end[1] - begin[1];
    else
        *ns = (end[0] > end[1] ? end[0] : end[1]) - (begin[0] < begin[1] ? begin[0] : begin[1]);
    return status;
}

static enum tri_status time_transfers(struct opencl *cl, const struct transfer *up,
                                      const struct transfer *down, struct tri_transfer_times *times,
                                      struct tri_error *error)
{
    int64_t samples[3][ROUNDS];
    enum tri_status status = TRI_OK;
    for (int i = -1; i < ROUNDS && status == TRI_OK; i++) { /* one to warm up */
        const int at = i < 0 ? 0 : i;
        status = time_transfer(cl, up, NULL, &samples[0][at], error);
        if (status == TRI_OK)
            status = time_transfer(cl, NULL, down, &samples[1][at], error);
        if (status == TRI_OK)
            status = time_transfer(cl, up, down, &samples[2][at], error);
    }
    if (status == TRI_OK)
        *times =
            (struct tri_transfer_times){median(samples[0]), median(samples[1]), median(samples[2])};
    return status;
}

static enum tri_status transfer_time(struct tri_backend *backend, size_t bytes_in, size_t bytes_out,
                                     struct tri_transfer_times *times, struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)backend;
    struct transfer up = {0}, down = {0};
    enum tri_status status = open_transfer(cl, &up, bytes_in, error);
    if (status == TRI_OK)
        status = open_transfer(cl, &down, bytes_out, error);
    if (status == TRI_OK)
        status = time_transfers(cl, &up, &down, times, error);
    if (tri_opencl_alive(cl, NULL) == TRI_OK) { /* else nothing can be released */
        close_transfer(&up);
        close_transfer(&down);
    }
    return status;
}

const struct tri_measuring tri_opencl_measuring = {profile, commands, copy_time, transfer_time};
