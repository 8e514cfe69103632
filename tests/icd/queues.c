/* queues.c -- contexts, queues, buffers, events, and all commands except kernels. */
#include "driver.h"

#include <stdlib.h>

/* Translates our events to the wrapped driver's. Nothing runs after a kernel that has failed. */
static cl_int unwrap(const void *queue, cl_uint count, const cl_event *from, cl_event *to)
{
    for (cl_uint i = 0; i < count && i < WAITS; i++)
        to[i] = REAL(from[i]);
    if (queue != NULL && ((const struct object *)queue)->fate != CL_SUCCESS)
        return ((const struct object *)queue)->fate;
    return count > WAITS ? CL_OUT_OF_HOST_MEMORY : CL_SUCCESS;
}

/* ---- contexts and queues ---- */

cl_context CL_API_CALL icd_CreateContext(const cl_context_properties *properties, cl_uint count,
                                         const cl_device_id *devices,
                                         void(CL_CALLBACK *notify)(const char *, const void *,
                                                                   size_t, void *),
                                         void *data, cl_int *errcode)
{
    BEGIN_NEW("clCreateContext");
    cl_context_properties ours[16] = {0};
    cl_device_id real[WAITS];
    for (int i = 0; properties != NULL && properties[i] != 0 && i < 14; i += 2) {
        ours[i] = properties[i];
        ours[i + 1] = properties[i] == CL_CONTEXT_PLATFORM
                          ? (cl_context_properties)driver.platform->real
                          : properties[i + 1];
    }
    for (cl_uint i = 0; i < count && i < WAITS; i++)
        real[i] = REAL(devices[i]);
    void *context = driver.calls->clCreateContext(properties != NULL ? ours : NULL, count, real,
                                                  notify, data, &code_);
    END_NEW(CONTEXT, context);
}

COUNTED(Retain, Context, cl_context, icd_retain)
COUNTED(Release, Context, cl_context, icd_release)
INFO(GetContextInfo, cl_context, cl_context_info)

cl_command_queue CL_API_CALL icd_CreateCommandQueue(cl_context context, cl_device_id device,
                                                    cl_command_queue_properties properties,
                                                    cl_int *errcode)
{
    BEGIN_NEW("clCreateCommandQueue");
    void *queue =
        driver.calls->clCreateCommandQueue(REAL(context), REAL(device), properties, &code_);
    END_NEW(QUEUE, queue);
}

cl_command_queue CL_API_CALL icd_CreateCommandQueueWithProperties(
    cl_context context, cl_device_id device, const cl_queue_properties *properties, cl_int *errcode)
{
    BEGIN_NEW("clCreateCommandQueueWithProperties");
    void *queue = driver.calls->clCreateCommandQueueWithProperties(REAL(context), REAL(device),
                                                                   properties, &code_);
    END_NEW(QUEUE, queue);
}

COUNTED(Retain, CommandQueue, cl_command_queue, icd_retain)
COUNTED(Release, CommandQueue, cl_command_queue, icd_release)
INFO(GetCommandQueueInfo, cl_command_queue, cl_command_queue_info)

cl_int CL_API_CALL icd_Flush(cl_command_queue queue)
{
    BEGIN("clFlush");
    if (((struct object *)queue)->fate != CL_SUCCESS)
        END(((struct object *)queue)->fate);
    END(driver.calls->clFlush(REAL(queue)));
}

cl_int CL_API_CALL icd_Finish(cl_command_queue queue)
{
    BEGIN("clFinish");
    if (((struct object *)queue)->fate != CL_SUCCESS)
        END(((struct object *)queue)->fate);
    END(driver.calls->clFinish(REAL(queue)));
}

/* ---- buffers ---- */

cl_mem CL_API_CALL icd_CreateBuffer(cl_context context, cl_mem_flags flags, size_t size, void *host,
                                    cl_int *errcode)
{
    BEGIN_NEW("clCreateBuffer");
    const bool in_host = (flags & CL_MEM_USE_HOST_PTR) != 0;
    const long long most = icd_number("ICD_ALLOC", -1), memory = icd_number("ICD_MEMORY", -1);
    if (most >= 0 && (long long)size > most)
        return fail_new(call_, CL_INVALID_BUFFER_SIZE, errcode);
    /* Some drivers detect this when the buffer is first used: see EnqueueNDRangeKernel. */
    if (memory >= 0 && !in_host && (long long)(icd_buffer_bytes() + size) > memory &&
        !icd_is("ICD_LATE", "1"))
        return fail_new(call_, CL_MEM_OBJECT_ALLOCATION_FAILURE, errcode);
    struct object *buffer = end_new(
        call_, BUFFER, driver.calls->clCreateBuffer(REAL(context), flags, size, host, &code_),
        code_, errcode);
    if (buffer != NULL) {
        buffer->size = size;
        buffer->host = in_host;
    }
    return (cl_mem)buffer;
}

cl_mem CL_API_CALL icd_CreateSubBuffer(cl_mem whole, cl_mem_flags flags, cl_buffer_create_type type,
                                       const void *region, cl_int *errcode)
{
    BEGIN_NEW("clCreateSubBuffer");
    void *buffer = driver.calls->clCreateSubBuffer(REAL(whole), flags, type, region, &code_);
    END_NEW(BUFFER, buffer);
}

COUNTED(Retain, MemObject, cl_mem, icd_retain)
COUNTED(Release, MemObject, cl_mem, icd_release)
INFO(GetMemObjectInfo, cl_mem, cl_mem_info)

/* ---- events ---- */

cl_int CL_API_CALL icd_WaitForEvents(cl_uint count, const cl_event *list)
{
    cl_event real[WAITS];
    BEGIN("clWaitForEvents");
    const cl_int code = unwrap(NULL, count, list, real);
    END(code != CL_SUCCESS ? code : driver.calls->clWaitForEvents(count, real));
}

cl_event CL_API_CALL icd_CreateUserEvent(cl_context context, cl_int *errcode)
{
    BEGIN_NEW("clCreateUserEvent");
    void *event = driver.calls->clCreateUserEvent(REAL(context), &code_);
    END_NEW(EVENT, event);
}

cl_int CL_API_CALL icd_SetUserEventStatus(cl_event event, cl_int status)
{
    BEGIN("clSetUserEventStatus");
    END(driver.calls->clSetUserEventStatus(REAL(event), status));
}

struct listener {
    cl_event event;
    void(CL_CALLBACK *notify)(cl_event, cl_int, void *);
    void *data;
};

static void CL_CALLBACK pass_on(cl_event event, cl_int status, void *data)
{
    struct listener *listener = data;
    (void)event;
    listener->notify(listener->event, status, listener->data);
    free(listener);
}

cl_int CL_API_CALL icd_SetEventCallback(cl_event event, cl_int type,
                                        void(CL_CALLBACK *notify)(cl_event, cl_int, void *),
                                        void *data)
{
    BEGIN("clSetEventCallback");
    struct listener *listener = malloc(sizeof *listener);
    if (listener == NULL)
        END(CL_OUT_OF_HOST_MEMORY);
    *listener = (struct listener){event, notify, data};
    const cl_int code = driver.calls->clSetEventCallback(REAL(event), type, pass_on, listener);
    if (code != CL_SUCCESS)
        free(listener);
    END(code);
}

COUNTED(Retain, Event, cl_event, icd_retain)
COUNTED(Release, Event, cl_event, icd_release)

cl_int CL_API_CALL icd_GetEventInfo(cl_event event, cl_event_info name, size_t size, void *value,
                                    size_t *size_ret)
{
    const struct object *object = (struct object *)event;
    BEGIN("clGetEventInfo");
    const cl_int code = driver.calls->clGetEventInfo(object->real, name, size, value, size_ret);
    if (code != CL_SUCCESS || value == NULL)
        END(code);
    if (name != CL_EVENT_COMMAND_EXECUTION_STATUS)
        icd_translate(value, size);
    else if (*(cl_int *)value < 0 && object->fate != CL_SUCCESS) /* POCL reports -1 for any code */
        *(cl_int *)value = object->fate;
    END(code);
}

INFO(GetEventProfilingInfo, cl_event, cl_profiling_info)

/* ---- commands ---- */

#define COMMAND_PARAMETERS cl_uint count, const cl_event *list, cl_event *event
/* Enqueues with our events and declares `code`; calls that return an object use `code_` instead. */
#define ENQUEUE(name, ...) \
    cl_event waits_[WAITS], made_ = NULL; \
    cl_int code = unwrap(queue, count, list, waits_); \
    if (code == CL_SUCCESS) \
        code = driver.calls->name(REAL(queue), __VA_ARGS__, count, count > 0 ? waits_ : NULL, \
                                  event != NULL ? &made_ : NULL); \
    if (code == CL_SUCCESS && event != NULL) \
    *event = icd_wrap(EVENT, made_)

cl_int CL_API_CALL icd_EnqueueReadBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking,
                                         size_t offset, size_t size, void *to, COMMAND_PARAMETERS)
{
    BEGIN("clEnqueueReadBuffer");
    ENQUEUE(clEnqueueReadBuffer, REAL(buffer), blocking, offset, size, to);
    if (code == CL_SUCCESS)
        icd_spoil_memory((struct object *)queue, (struct object *)buffer, to, size);
    END(code);
}

cl_int CL_API_CALL icd_EnqueueReadBufferRect(cl_command_queue queue, cl_mem buffer,
                                             cl_bool blocking, const size_t *origin,
                                             const size_t *host_origin, const size_t *region,
                                             size_t pitch, size_t slice, size_t host_pitch,
                                             size_t host_slice, void *to, COMMAND_PARAMETERS)
{
    BEGIN("clEnqueueReadBufferRect");
    ENQUEUE(clEnqueueReadBufferRect, REAL(buffer), blocking, origin, host_origin, region, pitch,
            slice, host_pitch, host_slice, to);
    /* From the start of the first row to the end of the last, for a region in one plane. */
    if (code == CL_SUCCESS)
        icd_spoil_memory((struct object *)queue, (struct object *)buffer,
                         (char *)to + host_origin[1] * host_pitch,
                         (region[1] - 1) * host_pitch + host_origin[0] + region[0]);
    END(code);
}

cl_int CL_API_CALL icd_EnqueueWriteBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking,
                                          size_t offset, size_t size, const void *from,
                                          COMMAND_PARAMETERS)
{
    BEGIN("clEnqueueWriteBuffer");
    ENQUEUE(clEnqueueWriteBuffer, REAL(buffer), blocking, offset, size, from);
    END(code);
}

cl_int CL_API_CALL icd_EnqueueWriteBufferRect(cl_command_queue queue, cl_mem buffer,
                                              cl_bool blocking, const size_t *origin,
                                              const size_t *host_origin, const size_t *region,
                                              size_t pitch, size_t slice, size_t host_pitch,
                                              size_t host_slice, const void *from,
                                              COMMAND_PARAMETERS)
{
    BEGIN("clEnqueueWriteBufferRect");
    ENQUEUE(clEnqueueWriteBufferRect, REAL(buffer), blocking, origin, host_origin, region, pitch,
            slice, host_pitch, host_slice, from);
    END(code);
}

cl_int CL_API_CALL icd_EnqueueCopyBuffer(cl_command_queue queue, cl_mem from, cl_mem to,
                                         size_t from_offset, size_t to_offset, size_t size,
                                         COMMAND_PARAMETERS)
{
    BEGIN("clEnqueueCopyBuffer");
    ENQUEUE(clEnqueueCopyBuffer, REAL(from), REAL(to), from_offset, to_offset, size);
    ((struct object *)to)->wrong |= ((struct object *)from)->wrong;
    END(code);
}

cl_int CL_API_CALL icd_EnqueueCopyBufferRect(cl_command_queue queue, cl_mem from, cl_mem to,
                                             const size_t *from_origin, const size_t *to_origin,
                                             const size_t *region, size_t from_pitch,
                                             size_t from_slice, size_t to_pitch, size_t to_slice,
                                             COMMAND_PARAMETERS)
{
    BEGIN("clEnqueueCopyBufferRect");
    ENQUEUE(clEnqueueCopyBufferRect, REAL(from), REAL(to), from_origin, to_origin, region,
            from_pitch, from_slice, to_pitch, to_slice);
    ((struct object *)to)->wrong |= ((struct object *)from)->wrong;
    END(code);
}

cl_int CL_API_CALL icd_EnqueueFillBuffer(cl_command_queue queue, cl_mem buffer, const void *pattern,
                                         size_t pattern_size, size_t offset, size_t size,
                                         COMMAND_PARAMETERS)
{
    BEGIN("clEnqueueFillBuffer");
    ENQUEUE(clEnqueueFillBuffer, REAL(buffer), pattern, pattern_size, offset, size);
    END(code);
}

void *CL_API_CALL icd_EnqueueMapBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking,
                                       cl_map_flags flags, size_t offset, size_t size,
                                       COMMAND_PARAMETERS, cl_int *errcode)
{
    BEGIN_NEW("clEnqueueMapBuffer");
    cl_event waits[WAITS], made = NULL;
    void *mapped = NULL;
    code_ = unwrap(queue, count, list, waits);
    if (code_ == CL_SUCCESS)
        mapped = driver.calls->clEnqueueMapBuffer(REAL(queue), REAL(buffer), blocking, flags,
                                                  offset, size, count, count > 0 ? waits : NULL,
                                                  event != NULL ? &made : NULL, &code_);
    if (code_ == CL_SUCCESS && event != NULL)
        *event = icd_wrap(EVENT, made);
    if (code_ == CL_SUCCESS && (flags & CL_MAP_READ) != 0)
        icd_spoil_memory((struct object *)queue, (struct object *)buffer, mapped, size);
    if (errcode != NULL)
        *errcode = code_;
    icd_end(call_, code_, "");
    return mapped;
}

cl_int CL_API_CALL icd_EnqueueUnmapMemObject(cl_command_queue queue, cl_mem buffer, void *mapped,
                                             COMMAND_PARAMETERS)
{
    BEGIN("clEnqueueUnmapMemObject");
    ENQUEUE(clEnqueueUnmapMemObject, REAL(buffer), mapped);
    END(code);
}

cl_int CL_API_CALL icd_EnqueueMigrateMemObjects(cl_command_queue queue, cl_uint buffer_count,
                                                const cl_mem *buffers, cl_mem_migration_flags flags,
                                                COMMAND_PARAMETERS)
{
    cl_mem real[WAITS];
    BEGIN("clEnqueueMigrateMemObjects");
    for (cl_uint i = 0; i < buffer_count && i < WAITS; i++)
        real[i] = REAL(buffers[i]);
    ENQUEUE(clEnqueueMigrateMemObjects, buffer_count, real, flags);
    END(code);
}

/* These two have no arguments between the queue and the events. */
#define ENQUEUE_POINT(name) \
    cl_int CL_API_CALL icd_##name(cl_command_queue queue, COMMAND_PARAMETERS) \
    { \
        cl_event waits[WAITS], made = NULL; \
        BEGIN("cl" #name); \
        cl_int code = unwrap(queue, count, list, waits); \
        if (code == CL_SUCCESS) \
            code = driver.calls->cl##name(REAL(queue), count, count > 0 ? waits : NULL, \
                                          event != NULL ? &made : NULL); \
        if (code == CL_SUCCESS && event != NULL) \
            *event = icd_wrap(EVENT, made); \
        END(code); \
    }
ENQUEUE_POINT(EnqueueMarkerWithWaitList)
ENQUEUE_POINT(EnqueueBarrierWithWaitList)
