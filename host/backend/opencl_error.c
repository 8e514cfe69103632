/* opencl_error.c -- errors of OpenCL calls: the code's symbol, and what to do about it. */
#include "opencl.h"

#include <string.h>

/* The codes of OpenCL 1.2 to 3.0 as numbers, since older headers lack the newer names. */
static const struct {
    int code;
    const char *name;
} symbols[] = {
    {0, "CL_SUCCESS"},
    {-1, "CL_DEVICE_NOT_FOUND"},
    {-2, "CL_DEVICE_NOT_AVAILABLE"},
    {-3, "CL_COMPILER_NOT_AVAILABLE"},
    {-4, "CL_MEM_OBJECT_ALLOCATION_FAILURE"},
    {-5, "CL_OUT_OF_RESOURCES"},
    {-6, "CL_OUT_OF_HOST_MEMORY"},
    {-7, "CL_PROFILING_INFO_NOT_AVAILABLE"},
    {-8, "CL_MEM_COPY_OVERLAP"},
    {-9, "CL_IMAGE_FORMAT_MISMATCH"},
    {-10, "CL_IMAGE_FORMAT_NOT_SUPPORTED"},
    {-11, "CL_BUILD_PROGRAM_FAILURE"},
    {-12, "CL_MAP_FAILURE"},
    {-13, "CL_MISALIGNED_SUB_BUFFER_OFFSET"},
    {-14, "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST"},
    {-15, "CL_COMPILE_PROGRAM_FAILURE"},
    {-16, "CL_LINKER_NOT_AVAILABLE"},
    {-17, "CL_LINK_PROGRAM_FAILURE"},
    {-18, "CL_DEVICE_PARTITION_FAILED"},
    {-19, "CL_KERNEL_ARG_INFO_NOT_AVAILABLE"},
    {-30, "CL_INVALID_VALUE"},
    {-31, "CL_INVALID_DEVICE_TYPE"},
    {-32, "CL_INVALID_PLATFORM"},
    {-33, "CL_INVALID_DEVICE"},
    {-34, "CL_INVALID_CONTEXT"},
    {-35, "CL_INVALID_QUEUE_PROPERTIES"},
    {-36, "CL_INVALID_COMMAND_QUEUE"},
    {-37, "CL_INVALID_HOST_PTR"},
    {-38, "CL_INVALID_MEM_OBJECT"},
    {-39, "CL_INVALID_IMAGE_FORMAT_DESCRIPTOR"},
    {-40, "CL_INVALID_IMAGE_SIZE"},
    {-41, "CL_INVALID_SAMPLER"},
    {-42, "CL_INVALID_BINARY"},
    {-43, "CL_INVALID_BUILD_OPTIONS"},
    {-44, "CL_INVALID_PROGRAM"},
    {-45, "CL_INVALID_PROGRAM_EXECUTABLE"},
    {-46, "CL_INVALID_KERNEL_NAME"},
    {-47, "CL_INVALID_KERNEL_DEFINITION"},
    {-48, "CL_INVALID_KERNEL"},
    {-49, "CL_INVALID_ARG_INDEX"},
    {-50, "CL_INVALID_ARG_VALUE"},
    {-51, "CL_INVALID_ARG_SIZE"},
    {-52, "CL_INVALID_KERNEL_ARGS"},
    {-53, "CL_INVALID_WORK_DIMENSION"},
    {-54, "CL_INVALID_WORK_GROUP_SIZE"},
    {-55, "CL_INVALID_WORK_ITEM_SIZE"},
    {-56, "CL_INVALID_GLOBAL_OFFSET"},
    {-57, "CL_INVALID_EVENT_WAIT_LIST"},
    {-58, "CL_INVALID_EVENT"},
    {-59, "CL_INVALID_OPERATION"},
    {-60, "CL_INVALID_GL_OBJECT"},
    {-61, "CL_INVALID_BUFFER_SIZE"},
    {-62, "CL_INVALID_MIP_LEVEL"},
    {-63, "CL_INVALID_GLOBAL_WORK_SIZE"},
    {-64, "CL_INVALID_PROPERTY"},
    {-65, "CL_INVALID_IMAGE_DESCRIPTOR"},
    {-66, "CL_INVALID_COMPILER_OPTIONS"},
    {-67, "CL_INVALID_LINKER_OPTIONS"},
    {-68, "CL_INVALID_DEVICE_PARTITION_COUNT"},
    {-69, "CL_INVALID_PIPE_SIZE"},
    {-70, "CL_INVALID_DEVICE_QUEUE"},
    {-71, "CL_INVALID_SPEC_ID"},
    {-72, "CL_MAX_SIZE_RESTRICTION_EXCEEDED"},
    {-1001, "CL_PLATFORM_NOT_FOUND_KHR"},
};

const char *tri_opencl_symbol(cl_int code)
{
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        if (symbols[i].code == code)
            return symbols[i].name;
    }
    return "unknown code";
}

/* What usually helps; "" if the code alone says nothing more. */
static const char *advice(cl_int code)
{
    switch (code) {
    case CL_DEVICE_NOT_AVAILABLE:
        return ": the device exists, but its driver does not make it available; check whether "
               "another program has "
               "reserved it";
    case CL_COMPILER_NOT_AVAILABLE:
        return ": the driver has no compiler; install its full package";
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
        return ": the device is out of memory; stop other programs that use it, or use a smaller "
               "image";
    case CL_OUT_OF_RESOURCES:
        return ": the device has failed or is out of resources; check whether another program "
               "fills it, and start again, "
               "since its contents may be lost";
    case CL_OUT_OF_HOST_MEMORY:
        return ": the driver got no host memory; check 'free' and 'ulimit -v'";
    case CL_DEVICE_PARTITION_FAILED:
        return ": the driver could not divide the device; omit '/' and the number after it";
    case CL_INVALID_DEVICE:
        return ": the device is gone; 'triptych devices' lists those available";
    case CL_INVALID_OPERATION:
        return ": the driver does not support this; a newer one may";
    case -9999: /* NVIDIA's own */
        return ": a kernel accessed memory outside its buffers, which is a bug: please report it";
    default:
        return "";
    }
}

enum tri_status tri_opencl_fail(struct tri_error *error, const char *call, cl_int code,
                                const char *device)
{
    return tri_fail(error, TRI_NO_DEVICE, "%s: %s (%d)%s%s%s", call, tri_opencl_symbol(code), code,
                    device != NULL ? " on " : "", device != NULL ? device : "", advice(code));
}

/* Formats a number of bytes for people. */
static void put_size(char text[32], cl_ulong size)
{
    if (size < 10 << 20)
        snprintf(text, 32, "%lu KiB", (unsigned long)((size + 1023) >> 10));
    else
        snprintf(text, 32, "%lu MiB", (unsigned long)((size + (1 << 20) - 1) >> 20));
}

enum tri_status tri_opencl_fail_size(const struct opencl *cl, const char *call, cl_int code,
                                     size_t size, struct tri_error *error)
{
    cl_ulong memory = 0, most = 0;
    char wanted[32], has[32], at_once[32];
    const bool known = clGetDeviceInfo(cl->device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof memory,
                                       &memory, NULL) == CL_SUCCESS &&
                       clGetDeviceInfo(cl->device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof most, &most,
                                       NULL) == CL_SUCCESS;
    const bool about_size = code == CL_MEM_OBJECT_ALLOCATION_FAILURE ||
                            code == CL_INVALID_BUFFER_SIZE || code == CL_OUT_OF_RESOURCES ||
                            code == CL_OUT_OF_HOST_MEMORY;
    if (!known || !about_size)
        return tri_opencl_fail(error, call, code, cl->base.info.device);
    put_size(wanted, size);
    put_size(has, memory);
    put_size(at_once, most);
    return tri_fail(error, TRI_NO_DEVICE,
                    "%s: %s (%d) on %s: %s requested; it has %s in all and allocates %s at once; "
                    "use a smaller image, "
                    "stop other programs that use the device, or use another backend",
                    call, tri_opencl_symbol(code), code, cl->base.info.device, wanted, has,
                    at_once);
}
