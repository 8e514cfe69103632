/* opencl_device.c -- opens, tests and closes an OpenCL device. */
#include "opencl_job.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static void close_opencl(struct tri_backend *backend)
{
    struct opencl *cl = (struct opencl *)backend;
    if (tri_opencl_alive(cl, NULL) != TRI_OK)
        return;
    tri_opencl_measured(cl);
    tri_opencl_trace_close(cl);
    tri_opencl_wait_close(cl);
    tri_opencl_end_programs(cl);
    tri_opencl_transfers_close(cl);
    if (cl->queue != NULL)
        clReleaseCommandQueue(cl->queue);
    if (cl->context != NULL)
        clReleaseContext(cl->context);
    if (cl->sub_device)
        clReleaseDevice(cl->device);
    free(cl);
}

/* Whether the driver can give out part of the device by number of compute units. */
static bool can_divide(cl_device_id device)
{
    cl_device_partition_property ways[16] = {0};
    cl_uint parts = 0;
    size_t size = 0;
    if (clGetDeviceInfo(device, CL_DEVICE_PARTITION_MAX_SUB_DEVICES, sizeof parts, &parts, NULL) !=
            CL_SUCCESS ||
        parts < 1 ||
        clGetDeviceInfo(device, CL_DEVICE_PARTITION_PROPERTIES, sizeof ways, ways, &size) !=
            CL_SUCCESS)
        return false;
    for (size_t i = 0; i < size / sizeof ways[0]; i++) {
        if (ways[i] == CL_DEVICE_PARTITION_BY_COUNTS)
            return true;
    }
    return false;
}

static enum tri_status take_units(struct opencl *cl, int units, const char *id,
                                  struct tri_error *error)
{
    const cl_device_partition_property by_counts[] = {CL_DEVICE_PARTITION_BY_COUNTS, units,
                                                      CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};
    const int all = cl->base.info.workers;
    cl_device_id part;
    if (units > all)
        return tri_fail(error, TRI_USAGE,
                        "%s has %d compute unit%s, fewer than '/%d': use opencl:%s, which uses all",
                        cl->base.info.device, all, all == 1 ? "" : "s", units, id);
    if (!can_divide(cl->device))
        return tri_fail(error, TRI_NO_DEVICE,
                        "%s cannot be divided into parts: omit '/%d'; opencl:%s uses all of its %d "
                        "compute units",
                        cl->base.info.device, units, id, all);
    CHECK(clCreateSubDevices, cl->device, by_counts, 1, &part, NULL);
    cl->device = part;
    cl->sub_device = true;
    cl->base.info.workers = units;
    return TRI_OK;
}

/* Queried again: a query that failed while devices were listed left no value. */
static enum tri_status find_kind(struct opencl *cl, cl_device_type *type, struct tri_error *error)
{
    cl_uint units = 0;
    CHECK(clGetDeviceInfo, cl->device, CL_DEVICE_TYPE, sizeof *type, type, NULL);
    CHECK(clGetDeviceInfo, cl->device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
    if (units < 1)
        return tri_fail(error, TRI_NO_DEVICE, "%s reports no compute units", cl->base.info.device);
    cl->base.info.gpu = (*type & CL_DEVICE_TYPE_GPU) != 0;
    cl->base.info.workers = (int)units;
    return TRI_OK;
}

static bool is_pocl(const struct tri_device_info *info)
{
    return strstr(info->platform, "Portable Computing Language") != NULL;
}

/* Checks what kernels need of a device, before anything is created on it. */
static enum tri_status check_device(struct opencl *cl, const struct tri_device_info *info,
                                    struct tri_error *error)
{
    cl_bool available = CL_FALSE, compiler = CL_FALSE, little = CL_FALSE;
    int major = 0, minor = 0;
    if (sscanf(info->version, "OpenCL %d.%d", &major, &minor) != 2 || major < 1 ||
        (major == 1 && minor < 2))
        return tri_fail(error, TRI_NO_DEVICE,
                        "%s has '%s', but OpenCL 1.2 is required: install a newer driver",
                        info->name, info->version);
    CHECK(clGetDeviceInfo, cl->device, CL_DEVICE_AVAILABLE, sizeof available, &available, NULL);
    CHECK(clGetDeviceInfo, cl->device, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler,
          NULL);
    CHECK(clGetDeviceInfo, cl->device, CL_DEVICE_ENDIAN_LITTLE, sizeof little, &little, NULL);
    if (!available)
        return tri_fail(
            error, TRI_NO_DEVICE,
            "%s is not available (CL_DEVICE_AVAILABLE): its driver found it, but cannot use "
            "it; check whether another program has reserved it, and the driver's log",
            info->name);
    if (!compiler)
        return tri_fail(error, TRI_NO_DEVICE,
                        "%s has no OpenCL compiler: install its complete driver", info->name);
    if (!little)
        return tri_fail(error, TRI_NO_DEVICE, "%s is big-endian, which triptych does not support",
                        info->name);
    if (is_pocl(info) && !on_path("ld"))
        return tri_fail(error, TRI_NO_DEVICE, "%s needs the linker ld on PATH: install binutils",
                        info->name);
    return TRI_OK;
}

static enum tri_status make_context(struct opencl *cl, struct tri_error *error)
{
    cl_int code;
    cl_device_fp_config floats = 0;
    cl_bool shared = CL_FALSE;
    const char *memory = getenv("TRIPTYCH_OPENCL_MEMORY");
    CHECK(clGetDeviceInfo, cl->device, CL_DEVICE_SINGLE_FP_CONFIG, sizeof floats, &floats, NULL);
    /* Deprecated in OpenCL 2.0: a driver need not support it; then memory is copied. */
    if (clGetDeviceInfo(cl->device, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof shared, &shared, NULL) !=
        CL_SUCCESS)
        shared = CL_FALSE;
    cl->shared = shared == CL_TRUE && !cl->base.info.gpu &&
                 (memory == NULL || strncmp(memory, "copy", 4) != 0);
    snprintf(cl->options, sizeof cl->options, "-w -cl-std=CL1.2%s",
             floats & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT
                 ? " -cl-fp32-correctly-rounded-divide-sqrt"
                 : "");
    cl->context = clCreateContext(NULL, 1, &cl->device, NULL, NULL, &code);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clCreateContext", code, cl->base.info.device);
    tri_opencl_trace_open(cl);
    cl->queue = clCreateCommandQueue(cl->context, cl->device,
                                     cl->trace != NULL ? CL_QUEUE_PROFILING_ENABLE : 0, &code);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clCreateCommandQueue", code, cl->base.info.device);
    return tri_opencl_transfers_open(cl, error);
}

/* On a simulator, each program would take minutes; `verify` compares the bytes there anyway. */
static enum tri_status choose_qualification(struct opencl *cl, struct tri_error *error)
{
    const char *asked = getenv("TRIPTYCH_OPENCL_QUALIFY");
    if (asked == NULL || asked[0] == '\0' || strcmp(asked, "yes") == 0)
        return TRI_OK;
    if (strcmp(asked, "no") != 0)
        return tri_fail(error, TRI_USAGE,
                        "invalid TRIPTYCH_OPENCL_QUALIFY '%.100s'; expected yes or no, or unset",
                        asked);
    cl->base.unqualified = true;
    tri_backend_add_note(&cl->base,
                         "programs for %s are used without a comparison with scalar, as "
                         "TRIPTYCH_OPENCL_QUALIFY requests",
                         cl->base.info.device);
    return TRI_OK;
}

/* More local memory than this would leave a compute unit with few groups. */
#define LOCAL_MEMORY_MOST 49152
#define GROUP_MOST 256
/* With twice as many registers, groups of 256 work-items would leave a compute unit half empty. */
#define WINDOW_MOST 112
/* cl_nv_device_attribute_query. NVIDIA's GPUs choose between pairs of samples from 9.0 on, where
 * PTX asks for it. */
#ifndef CL_DEVICE_COMPUTE_CAPABILITY_MAJOR_NV
#define CL_DEVICE_COMPUTE_CAPABILITY_MAJOR_NV 0x4000
#endif
#define CAPABILITY_PAIRS 9

/* From 8.0 on, NVIDIA's compute units have 100 KiB or more; others have 64. */
#define CAPABILITY_ROOM 8
#define SHARE_ROOM 40960
#define SHARE_LEAST 32768

/* Compilers for other devices choose between pairs by themselves. */
static void find_features(struct opencl *cl)
{
    cl_uint major = 0;
    const bool nvidia = clGetDeviceInfo(cl->device, CL_DEVICE_COMPUTE_CAPABILITY_MAJOR_NV,
                                        sizeof major, &major, NULL) == CL_SUCCESS;
    cl->pairs = !nvidia || major >= CAPABILITY_PAIRS;
    cl->share = (nvidia ? major >= CAPABILITY_ROOM : !cl->base.info.gpu) ? SHARE_ROOM : SHARE_LEAST;
    if (nvidia && cl->pairs)
        strncat(cl->options, " -DTILE_PTX", sizeof cl->options - strlen(cl->options) - 1);
}

static enum tri_status find_limits(struct opencl *cl, struct tri_error *error)
{
    cl_ulong memory = 0;
    size_t group = 0;
    CHECK(clGetDeviceInfo, cl->device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof memory, &memory, NULL);
    CHECK(clGetDeviceInfo, cl->device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof group, &group, NULL);
    cl->window = WINDOW_MOST;
    find_features(cl);
    cl->local_memory = memory < LOCAL_MEMORY_MOST ? (long)memory : LOCAL_MEMORY_MOST;
    cl->group = group < GROUP_MOST ? (int)group : GROUP_MOST;
    return TRI_OK;
}

static void describe(struct tri_backend_info *info, const struct opencl_found *found, int units)
{
    char part[12] = "";
    if (units > 0)
        snprintf(part, sizeof part, "/%d", units);
    info->opencl = true;
    info->gpu = (found->type & CL_DEVICE_TYPE_GPU) != 0;
    info->workers = found->info.compute_units;
    snprintf(info->name, sizeof info->name, "opencl:%s%s", found->info.id, part);
    snprintf(info->selector, sizeof info->selector, "%s%s", found->info.selector, part);
    snprintf(info->device, sizeof info->device, "%s", found->info.name);
    snprintf(info->driver, sizeof info->driver, "%.100s %.50s", found->info.platform,
             found->info.driver);
}

static void set_functions(struct opencl *cl)
{
    cl->base.prepare = tri_opencl_prepare;
    cl->base.run = tri_opencl_run;
    cl->base.fetch = tri_opencl_fetch;
    cl->base.store = tri_opencl_store;
    cl->base.release = tri_opencl_release;
    cl->base.upload = tri_opencl_upload;
    cl->base.download = tri_opencl_download;
    cl->base.release_inflight = tri_opencl_release_inflight;
    cl->base.close = close_opencl;
    cl->base.measuring = &tri_opencl_measuring;
    cl->base.hangs = tri_opencl_hangs;
}

static enum tri_status check_refused(const struct opencl_found *found, struct tri_error *error)
{
    if (found->refused[0] == '\0')
        return TRI_OK;
    return tri_fail(error, TRI_NO_DEVICE, "%s is left out: %s", found->info.name, found->refused);
}

/* A context in which programs can be built, and the limits and the dialect for them. */
static enum tri_status begin(struct opencl *cl, const struct opencl_found *found, int units,
                             struct tri_error *error)
{
    cl_device_type type = 0;
    enum tri_status status = find_kind(cl, &type, error);
    if (status == TRI_OK)
        status = check_device(cl, &found->info, error);
    if (status == TRI_OK && units > 0)
        status = take_units(cl, units, found->info.id, error);
    if (status == TRI_OK)
        status = make_context(cl, error);
    if (status == TRI_OK)
        status = tri_opencl_begin_programs(cl, error);
    if (status == TRI_OK)
        status = tri_opencl_choose_dialect(cl, type, error);
    /* POCL splits vectors of 64 bytes, which leaves half as many registers. Intel's compiler keeps
     * the rows between the passes in memory: there, two passes in one are slower than two. */
    if (status == TRI_OK && cl->lanes && is_pocl(&found->info))
        cl->base.walk.fused = 3;
    if (status == TRI_OK)
        status = choose_qualification(cl, error);
    if (status == TRI_OK)
        status = find_limits(cl, error);
    return status;
}

static enum tri_status open_device(const struct opencl_found *found, int units,
                                   struct opencl **result, struct tri_error *error)
{
    struct opencl *cl = calloc(1, sizeof *cl);
    if (cl == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an OpenCL device");
    cl->device = found->device;
    cl->no_lanes = found->no_lanes;
    describe(&cl->base.info, found, units);
    set_functions(cl);
    enum tri_status status = tri_opencl_wait_open(cl, error);
    if (status == TRI_OK)
        status = check_refused(found, error);
    tri_opencl_step("context");
    if (status == TRI_OK)
        status = begin(cl, found, units, error);
    if (status == TRI_OK) {
        cl->base.takes = tri_opencl_takes;
        tri_opencl_step("test");
        status = tri_opencl_probe(cl, error);
    }
    if (status != TRI_OK)
        close_opencl(&cl->base);
    else
        *result = cl;
    return status;
}

enum tri_status tri_opencl_open_device(const struct opencl_found *found, int units,
                                       struct opencl **result, struct tri_error *error)
{
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_OTHER, "open device");
    tri_signals_keep();
    const enum tri_status status = open_device(found, units, result, error);
    tri_signals_put_back();
    tri_trace_end(mark);
    return status;
}
