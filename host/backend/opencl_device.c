/* opencl_device.c -- one OpenCL device: opened, tested, closed. */
#include "opencl_job.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *tri_opencl_symbol(cl_int code)
{
    static const struct {
        cl_int code;
        const char *name;
    } symbols[] = {
#define SYMBOL(name) {name, #name}
        SYMBOL(CL_DEVICE_NOT_FOUND), SYMBOL(CL_DEVICE_NOT_AVAILABLE), SYMBOL(CL_COMPILER_NOT_AVAILABLE),
        SYMBOL(CL_MEM_OBJECT_ALLOCATION_FAILURE), SYMBOL(CL_OUT_OF_RESOURCES), SYMBOL(CL_OUT_OF_HOST_MEMORY),
        SYMBOL(CL_BUILD_PROGRAM_FAILURE), SYMBOL(CL_MAP_FAILURE), SYMBOL(CL_DEVICE_PARTITION_FAILED),
        SYMBOL(CL_INVALID_VALUE), SYMBOL(CL_INVALID_DEVICE), SYMBOL(CL_INVALID_CONTEXT),
        SYMBOL(CL_INVALID_MEM_OBJECT), SYMBOL(CL_INVALID_BUILD_OPTIONS), SYMBOL(CL_INVALID_PROGRAM),
        SYMBOL(CL_INVALID_PROGRAM_EXECUTABLE), SYMBOL(CL_INVALID_KERNEL_NAME), SYMBOL(CL_INVALID_KERNEL),
        SYMBOL(CL_INVALID_ARG_INDEX), SYMBOL(CL_INVALID_ARG_VALUE), SYMBOL(CL_INVALID_ARG_SIZE),
        SYMBOL(CL_INVALID_KERNEL_ARGS), SYMBOL(CL_INVALID_WORK_GROUP_SIZE), SYMBOL(CL_INVALID_GLOBAL_WORK_SIZE),
        SYMBOL(CL_INVALID_BUFFER_SIZE), SYMBOL(CL_INVALID_DEVICE_PARTITION_COUNT), SYMBOL(CL_INVALID_OPERATION),
        SYMBOL(CL_INVALID_HOST_PTR), SYMBOL(CL_INVALID_COMMAND_QUEUE),
#undef SYMBOL
    };
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        if (symbols[i].code == code)
            return symbols[i].name;
    }
    return code == -1001 ? "CL_PLATFORM_NOT_FOUND_KHR" : "unknown code";
}

enum tri_status tri_opencl_fail(struct tri_error *error, const char *call, cl_int code, const char *device)
{
    return tri_fail(error, TRI_NO_DEVICE, "%s: %s (%d)%s%s", call, tri_opencl_symbol(code), code,
                    device != NULL ? " on " : "", device != NULL ? device : "");
}

static bool on_path(const char *program)
{
    char path[4000], file[4200];
    snprintf(path, sizeof path, "%s", getenv("PATH") != NULL ? getenv("PATH") : "/usr/bin:/bin");
    for (char *rest = path, *folder; (folder = strsep(&rest, ":")) != NULL;) {
        snprintf(file, sizeof file, "%s/%s", folder, program);
        if (access(file, X_OK) == 0)
            return true;
    }
    return false;
}

/* Clang's vectors and builtins are what the lanes need; the only way to know is to compile. */
static bool has_lanes(struct opencl *cl)
{
    static const char probe[] =
        "typedef uchar v __attribute__((ext_vector_type(64)));\n"
        "typedef ushort w __attribute__((ext_vector_type(64)));\n"
        "typedef struct __attribute__((packed)) { v x; } p;\n"
        "__kernel void probe(__global uchar *a) {\n"
        "    __global p *at = (__global p *)(a + get_global_id(0));\n"
        "    w wide = __builtin_convertvector(at->x, w);\n"
        "    at->x = __builtin_elementwise_max(__builtin_convertvector(wide >> 1, v), at->x);\n}\n";
    const char *dialect = getenv("TRIPTYCH_OPENCL_DIALECT");
    struct tri_error ignored;
    cl_program program;
    if (dialect != NULL && dialect[0] != '\0')
        return strcmp(dialect, "lanes") == 0;
    if (cl->base.info.gpu || tri_opencl_build(cl, probe, &program, &ignored) != TRI_OK)
        return false;
    clReleaseProgram(program);
    return true;
}

static void close_opencl(struct tri_backend *backend)
{
    struct opencl *cl = (struct opencl *)backend;
    if (tri_opencl_alive(cl, NULL) != TRI_OK)
        return;
    tri_opencl_wait_close(cl);
    while (cl->programs != NULL) {
        struct opencl_program *program = cl->programs;
        cl->programs = program->next;
        clReleaseProgram(program->program);
        free(program->source);
        free(program);
    }
    tri_opencl_transfers_close(cl);
    if (cl->queue != NULL)
        clReleaseCommandQueue(cl->queue);
    if (cl->context != NULL)
        clReleaseContext(cl->context);
    if (cl->sub_device)
        clReleaseDevice(cl->device);
    free(cl);
}

static enum tri_status take_units(struct opencl *cl, int units, struct tri_error *error)
{
    const cl_device_partition_property by_counts[] = {CL_DEVICE_PARTITION_BY_COUNTS, units,
                                                      CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};
    cl_device_id part;
    const cl_int code = clCreateSubDevices(cl->device, by_counts, 1, &part, NULL);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clCreateSubDevices", code, cl->base.info.device);
    cl->device = part;
    cl->sub_device = true;
    cl->base.info.workers = units;
    return TRI_OK;
}

static enum tri_status make_context(struct opencl *cl, struct tri_error *error)
{
    cl_int code;
    cl_device_fp_config floats = 0;
    cl_bool shared = CL_FALSE, compiler = CL_FALSE;
    clGetDeviceInfo(cl->device, CL_DEVICE_SINGLE_FP_CONFIG, sizeof floats, &floats, NULL);
    clGetDeviceInfo(cl->device, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof shared, &shared, NULL);
    clGetDeviceInfo(cl->device, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler, NULL);
    const char *memory = getenv("TRIPTYCH_OPENCL_MEMORY");
    cl->shared = shared == CL_TRUE && !cl->base.info.gpu && (memory == NULL || strncmp(memory, "copy", 4) != 0);
    snprintf(cl->options, sizeof cl->options, "-w -cl-std=CL1.2%s",
             floats & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT ? " -cl-fp32-correctly-rounded-divide-sqrt" : "");
    if (!compiler)
        return tri_fail(error, TRI_NO_DEVICE, "%s has no OpenCL compiler", cl->base.info.device);
    cl->context = clCreateContext(NULL, 1, &cl->device, NULL, NULL, &code);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clCreateContext", code, cl->base.info.device);
    cl->queue = clCreateCommandQueue(cl->context, cl->device, 0, &code);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clCreateCommandQueue", code, cl->base.info.device);
    return tri_opencl_transfers_open(cl, error);
}

/* More local memory than this would leave a unit with few groups. */
#define LOCAL_MEMORY_MOST 49152
#define GROUP_MOST 256

static void find_limits(struct opencl *cl)
{
    cl_ulong memory = 0;
    size_t group = 0;
    clGetDeviceInfo(cl->device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof memory, &memory, NULL);
    clGetDeviceInfo(cl->device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof group, &group, NULL);
    cl->local_memory = memory < LOCAL_MEMORY_MOST ? (long)memory : LOCAL_MEMORY_MOST;
    cl->group = group < GROUP_MOST ? (int)group : GROUP_MOST;
}

enum tri_status tri_opencl_open_device(const struct opencl_found *found, int units, struct opencl **result, struct tri_error *error)
{
    struct opencl *cl = calloc(1, sizeof *cl);
    if (cl == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for an OpenCL device");
    struct tri_backend_info *info = &cl->base.info;
    cl->device = found->device;
    info->opencl = true;
    info->gpu = strcmp(found->info.type, "GPU") == 0;
    info->workers = found->info.compute_units;
    if (units > 0)
        snprintf(info->name, sizeof info->name, "opencl:%s/%d", found->info.id, units);
    else
        snprintf(info->name, sizeof info->name, "opencl:%s", found->info.id);
    snprintf(info->device, sizeof info->device, "%s", found->info.name);
    snprintf(info->driver, sizeof info->driver, "%.100s %.50s", found->info.platform, found->info.driver);
    cl->base.prepare = tri_opencl_prepare;
    cl->base.run = tri_opencl_run;
    cl->base.fetch = tri_opencl_fetch;
    cl->base.release = tri_opencl_release;
    cl->base.upload = tri_opencl_upload;
    cl->base.download = tri_opencl_download;
    cl->base.land = tri_opencl_land;
    cl->base.close = close_opencl;
    cl->base.hangs = tri_opencl_hangs;
    enum tri_status status = tri_opencl_wait_open(cl, error);
    if (status == TRI_OK && strstr(found->info.platform, "Portable Computing Language") != NULL && !on_path("ld") && !on_path("lld"))
        status = tri_fail(error, TRI_NO_DEVICE, "%s needs a linker: install binutils", info->device);
    if (status == TRI_OK && units > 0)
        status = take_units(cl, units, error);
    if (status == TRI_OK)
        status = make_context(cl, error);
    if (status == TRI_OK) {
        cl->lanes = has_lanes(cl);
        cl->base.kind = cl->lanes ? TRI_PLAN_WALK : TRI_PLAN_TILES;
        cl->base.takes = tri_opencl_takes;
        find_limits(cl);
        snprintf(info->isa, sizeof info->isa, "%s", cl->lanes ? "lanes" : "tiles");
        status = tri_opencl_self_test(cl, error);
    }
    if (status != TRI_OK)
        close_opencl(&cl->base);
    else
        *result = cl;
    return status;
}
