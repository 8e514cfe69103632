/* programs.c -- programs and kernels, and how results are made wrong. */
#include "driver.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- programs ---- */

cl_program CL_API_CALL icd_CreateProgramWithSource(cl_context context, cl_uint count,
                                                   const char **strings, const size_t *lengths,
                                                   cl_int *errcode)
{
    BEGIN_NEW("clCreateProgramWithSource");
    struct object *program = end_new(
        call_, PROGRAM,
        driver.calls->clCreateProgramWithSource(REAL(context), count, strings, lengths, &code_),
        code_, errcode);
    size_t size;
    FILE *text = program != NULL ? open_memstream(&program->text, &size) : NULL;
    for (cl_uint i = 0; text != NULL && i < count; i++)
        fwrite(strings[i], 1, lengths != NULL && lengths[i] > 0 ? lengths[i] : strlen(strings[i]),
               text);
    if (text != NULL && fclose(text) != 0)
        abort();
    return (cl_program)program;
}

/* The format of our binaries: this header, the program's text, the wrapped driver's binary. So a
 * program that is to be wrong is also wrong when it comes from a cache. */
struct header {
    char magic[8];
    size_t text;
    uint64_t sum; /* of everything after it */
};

static uint64_t sum_of(const unsigned char *data, size_t size)
{
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ data[i]) * 1099511628211u;
    return sum;
}

static bool is_whole(const struct header *header, const unsigned char *binary, size_t size)
{
    return size >= sizeof *header && memcmp(header->magic, "TRI-ICD", 8) == 0 &&
           header->text <= size - sizeof *header &&
           header->sum == sum_of(binary + sizeof *header, size - sizeof *header);
}

cl_program CL_API_CALL icd_CreateProgramWithBinary(cl_context context, cl_uint count,
                                                   const cl_device_id *devices,
                                                   const size_t *lengths,
                                                   const unsigned char **binaries, cl_int *statuses,
                                                   cl_int *errcode)
{
    struct header header = {.text = 0};
    BEGIN_NEW("clCreateProgramWithBinary");
    if (count == 1 && lengths[0] >= sizeof header)
        memcpy(&header, binaries[0], sizeof header);
    if (icd_is("ICD_BINARIES", "refuse") || count != 1 ||
        !is_whole(&header, binaries[0], lengths[0])) {
        if (statuses != NULL)
            statuses[0] = CL_INVALID_BINARY;
        return fail_new(call_, CL_INVALID_BINARY, errcode);
    }
    const unsigned char *text = binaries[0] + sizeof header, *inner = text + header.text;
    const size_t size = lengths[0] - sizeof header - header.text;
    const cl_device_id device = REAL(devices[0]);
    void *real = driver.calls->clCreateProgramWithBinary(REAL(context), 1, &device, &size, &inner,
                                                         statuses, &code_);
    struct object *program = end_new(call_, PROGRAM, real, code_, errcode);
    if (program != NULL) {
        program->binary = true;
        program->text = strndup((const char *)text, header.text);
    }
    return (cl_program)program;
}

static cl_int give_binary(const struct object *program, unsigned char *to)
{
    const size_t text = program->text != NULL ? strlen(program->text) : 0;
    size_t size = 0;
    unsigned char *inner = to + sizeof(struct header) + text;
    cl_int code = driver.calls->clGetProgramInfo(program->real, CL_PROGRAM_BINARY_SIZES,
                                                 sizeof size, &size, NULL);
    if (code == CL_SUCCESS)
        code = driver.calls->clGetProgramInfo(program->real, CL_PROGRAM_BINARIES, sizeof inner,
                                              &inner, NULL);
    if (code != CL_SUCCESS)
        return code;
    memcpy(to + sizeof(struct header), program->text, text);
    struct header header = {"TRI-ICD", text, sum_of(to + sizeof header, text + size)};
    memcpy(to, &header, sizeof header);
    if (icd_is("ICD_BINARIES", "corrupt"))
        to[sizeof header + text + size / 2] ^= 1;
    return CL_SUCCESS;
}

cl_int CL_API_CALL icd_GetProgramInfo(cl_program program, cl_program_info name, size_t size,
                                      void *value, size_t *size_ret)
{
    const struct object *object = (struct object *)program;
    BEGIN("clGetProgramInfo");
    if (name == CL_PROGRAM_BINARIES && value != NULL) {
        unsigned char *to = *(unsigned char **)value;
        if (size_ret != NULL)
            *size_ret = sizeof to;
        END(to == NULL ? CL_SUCCESS : give_binary(object, to));
    }
    const cl_int code = driver.calls->clGetProgramInfo(object->real, name, size, value, size_ret);
    if (code == CL_SUCCESS && value != NULL && name == CL_PROGRAM_BINARY_SIZES)
        *(size_t *)value +=
            sizeof(struct header) + (object->text != NULL ? strlen(object->text) : 0);
    if (code == CL_SUCCESS && (name == CL_PROGRAM_CONTEXT || name == CL_PROGRAM_DEVICES))
        icd_translate(value, size);
    END(code);
}

COUNTED(Retain, Program, cl_program, icd_retain)
COUNTED(Release, Program, cl_program, icd_release)

cl_int CL_API_CALL icd_GetProgramBuildInfo(cl_program program, cl_device_id device,
                                           cl_program_build_info name, size_t size, void *value,
                                           size_t *size_ret)
{
    BEGIN("clGetProgramBuildInfo");
    END(driver.calls->clGetProgramBuildInfo(REAL(program), REAL(device), name, size, value,
                                            size_ret));
}

static bool is_wrong(const struct object *program)
{
    const char *with = icd_setting("ICD_WRONG_SOURCE"), *without = icd_setting("ICD_WRONG_UNLESS");
    if (with == NULL || program->text == NULL ||
        (strcmp(with, "any") != 0 && strstr(program->text, with) == NULL))
        return false;
    return without == NULL || strstr(program->text, without) == NULL;
}

/* From now on the text ends with the options, so that searches find them, too. */
static void add_options(struct object *program, const char *options)
{
    const size_t size = strlen(program->text) + strlen(options) + 20;
    char *text = malloc(size);
    if (text == NULL)
        abort();
    snprintf(text, size, "%s\n// options: %s\n", program->text, options);
    free(program->text);
    program->text = text;
}

cl_int CL_API_CALL icd_BuildProgram(cl_program program, cl_uint count, const cl_device_id *devices,
                                    const char *options,
                                    void(CL_CALLBACK *notify)(cl_program, void *), void *data)
{
    struct object *object = (struct object *)program;
    cl_device_id real[WAITS];
    const char *const origin = object->binary ? "binary" : "source";
    BEGIN("clBuildProgram");
    const char *deadly = icd_setting("ICD_ABORT_SOURCE");
    if (deadly != NULL && object->text != NULL && strstr(object->text, deadly) != NULL)
        abort();
    if (!object->binary && icd_is("ICD_NO_COMPILER", "1"))
        END(CL_COMPILER_NOT_AVAILABLE);
    for (cl_uint i = 0; i < count && i < WAITS; i++)
        real[i] = REAL(devices[i]);
    const cl_int code = driver.calls->clBuildProgram(
        object->real, count, devices != NULL ? real : NULL, options, notify, data);
    if (code == CL_SUCCESS && !object->binary && object->text != NULL)
        add_options(object, options != NULL ? options : "");
    object->wrong = is_wrong(object);
    return icd_end(call_, code, origin);
}

/* ---- kernels ---- */

cl_kernel CL_API_CALL icd_CreateKernel(cl_program program, const char *name, cl_int *errcode)
{
    BEGIN_NEW("clCreateKernel");
    const char *only = icd_setting("ICD_WRONG_KERNEL");
    struct object *kernel = end_new(
        call_, KERNEL, driver.calls->clCreateKernel(REAL(program), name, &code_), code_, errcode);
    if (kernel != NULL) {
        kernel->text = strdup(name);
        kernel->wrong =
            ((struct object *)program)->wrong && (only == NULL || strcmp(only, name) == 0);
    }
    return (cl_kernel)kernel;
}

COUNTED(Retain, Kernel, cl_kernel, icd_retain)
COUNTED(Release, Kernel, cl_kernel, icd_release)
INFO(GetKernelInfo, cl_kernel, cl_kernel_info)

cl_int CL_API_CALL icd_GetKernelWorkGroupInfo(cl_kernel kernel, cl_device_id device,
                                              cl_kernel_work_group_info name, size_t size,
                                              void *value, size_t *size_ret)
{
    BEGIN("clGetKernelWorkGroupInfo");
    const long long most = icd_number("ICD_GROUP", -1);
    const cl_int code = driver.calls->clGetKernelWorkGroupInfo(REAL(kernel), REAL(device), name,
                                                               size, value, size_ret);
    if (code == CL_SUCCESS && name == CL_KERNEL_WORK_GROUP_SIZE && value != NULL && most >= 0 &&
        *(size_t *)value > (size_t)most)
        *(size_t *)value = (size_t)most;
    END(code);
}

cl_int CL_API_CALL icd_SetKernelArg(cl_kernel kernel, cl_uint index, size_t size, const void *value)
{
    struct object *object = (struct object *)kernel;
    BEGIN("clSetKernelArg");
    void *pointer = NULL;
    if (value != NULL && size == sizeof pointer)
        memcpy(&pointer, value, size);
    struct object *buffer = icd_find(BUFFER, pointer);
    if (index < ARGUMENTS)
        object->arguments[index] = buffer;
    if (buffer != NULL)
        END(driver.calls->clSetKernelArg(object->real, index, size, &buffer->real));
    END(driver.calls->clSetKernelArg(object->real, index, size, value));
}

/* What a device detects when a kernel is launched. */
static cl_int check_launch(const struct object *kernel, cl_uint dimensions, const size_t *local)
{
    const long long memory = icd_number("ICD_MEMORY", -1), group = icd_number("ICD_GROUP", -1),
                    most = icd_number("ICD_LOCAL", -1);
    cl_ulong used = 0;
    size_t items = 1;
    for (cl_uint d = 0; local != NULL && d < dimensions; d++)
        items *= local[d];
    if (group >= 0 && (long long)items > group)
        return CL_INVALID_WORK_GROUP_SIZE;
    if (memory >= 0 && (long long)icd_buffer_bytes() > memory)
        return CL_MEM_OBJECT_ALLOCATION_FAILURE;
    if (most >= 0 &&
        driver.calls->clGetKernelWorkGroupInfo(kernel->real, NULL, CL_KERNEL_LOCAL_MEM_SIZE,
                                               sizeof used, &used, NULL) == CL_SUCCESS &&
        (long long)used > most)
        return CL_OUT_OF_RESOURCES;
    return CL_SUCCESS;
}

static cl_context context_of(void *queue)
{
    cl_context context = NULL;
    driver.calls->clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context, &context, NULL);
    return context;
}

cl_int CL_API_CALL icd_EnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel,
                                            cl_uint dimensions, const size_t *offset,
                                            const size_t *global, const size_t *local,
                                            cl_uint count, const cl_event *list, cl_event *event)
{
    struct object *object = (struct object *)kernel;
    cl_event waits[WAITS + 1], made = NULL;
    char more[200];
    BEGIN("clEnqueueNDRangeKernel");
    cl_int code = count > WAITS ? CL_OUT_OF_HOST_MEMORY : ((struct object *)queue)->fate;
    if (code == CL_SUCCESS)
        code = check_launch(object, dimensions, local);
    if (code != CL_SUCCESS)
        END(code);
    for (cl_uint i = 0; i < count; i++)
        waits[i] = REAL(list[i]);
    /* It waits for something that never happens or that fails. */
    const cl_int fate = icd_kernel();
    cl_event gate =
        fate != CL_SUCCESS ? driver.calls->clCreateUserEvent(context_of(REAL(queue)), &code) : NULL;
    if (gate != NULL)
        waits[count++] = gate;
    code = driver.calls->clEnqueueNDRangeKernel(REAL(queue), object->real, dimensions, offset,
                                                global, local, count, count > 0 ? waits : NULL,
                                                event != NULL ? &made : NULL);
    if (fate < 0) {
        driver.calls->clSetUserEventStatus(gate, fate);
        if (!icd_is("ICD_ALONE", "1"))
            ((struct object *)queue)->fate = fate;
    }
    if (code == CL_SUCCESS && event != NULL)
        ((struct object *)(*event = icd_wrap(EVENT, made)))->fate = fate < 0 ? fate : CL_SUCCESS;
    if (code == CL_SUCCESS && object->wrong && fate == CL_SUCCESS)
        icd_spoil_buffer((struct object *)queue, object);
    snprintf(more, sizeof more, "%.100s %zux%zu", object->text, global[0],
             dimensions > 1 ? global[1] : (size_t)1);
    return icd_end(call_, code, more);
}

/* ---- wrong results ---- */

/* Where an image's samples start. */
#define FIRST_SAMPLE 64

void icd_spoil_buffer(struct object *queue, struct object *kernel)
{
    const long long argument = icd_number("ICD_WRONG_ARGUMENT", -1),
                    at = icd_number("ICD_WRONG_BYTE", FIRST_SAMPLE);
    unsigned char byte;
    if (argument < 0) { /* only the host sees it */
        for (int i = 0; i < ARGUMENTS; i++) {
            if (kernel->arguments[i] != NULL)
                kernel->arguments[i]->wrong = true;
        }
        return;
    }
    const struct object *buffer = argument < ARGUMENTS ? kernel->arguments[argument] : NULL;
    if (buffer == NULL || (long long)buffer->size <= at)
        return;
    if (driver.calls->clEnqueueReadBuffer(queue->real, buffer->real, CL_TRUE, (size_t)at, 1, &byte,
                                          0, NULL, NULL) != CL_SUCCESS)
        return;
    byte ^= 1;
    driver.calls->clEnqueueWriteBuffer(queue->real, buffer->real, CL_TRUE, (size_t)at, 1, &byte, 0,
                                       NULL, NULL);
}

void icd_spoil_memory(struct object *queue, const struct object *buffer, void *memory, size_t size)
{
    const long long at = icd_number("ICD_WRONG_BYTE", FIRST_SAMPLE);
    if (!buffer->wrong || size <= (size_t)at || driver.calls->clFinish(queue->real) != CL_SUCCESS)
        return;
    ((unsigned char *)memory)[at] ^= 1;
}
