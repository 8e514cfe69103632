/* opencl_device.c -- OpenCL devices: found, chosen by name, opened, tested. */
#include "opencl.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICES_MAX 64

struct found {
    cl_platform_id platform;
    cl_device_id device;
    int platform_number, device_number;
    struct tri_device_info info;
};

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

/* ---- once in a process ---- */

/* POCL keeps compiled kernels where we say, since elsewhere it may be shared or not a folder; it
 * takes as many threads as this process may use. What the user has set stays. */
static void set_pocl_environment(void)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char path[1000], workers[16];
    if (cache != NULL && cache[0] == '/')
        snprintf(path, sizeof path, "%s", cache);
    else if (home != NULL && home[0] == '/')
        snprintf(path, sizeof path, "%s/.cache", home);
    else
        snprintf(path, sizeof path, "/tmp/triptych-%ld", (long)getuid());
    static const char *const folders[] = {"", "/triptych", "/triptych/pocl"};
    char folder[1100];
    struct stat status = {0};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(folder, sizeof folder, "%s%s", path, folders[i]);
        mkdir(folder, 0700);
    }
    if (stat(folder, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == getuid())
        setenv("POCL_CACHE_DIR", folder, 0);
    snprintf(workers, sizeof workers, "%d", tri_cpu_workers());
    setenv("POCL_MAX_PTHREAD_COUNT", workers, 0);
    setenv("PATH", "/usr/bin:/bin", 0); /* POCL looks for the linker there, and aborts without one */
}

/* How many there are; of more than DEVICES_MAX the first. (The call tells the number of all.) */
static cl_uint find_platforms(cl_platform_id platforms[DEVICES_MAX])
{
    cl_uint count = 0;
    if (clGetPlatformIDs(DEVICES_MAX, platforms, &count) != CL_SUCCESS)
        return 0;
    return count < DEVICES_MAX ? count : DEVICES_MAX;
}

/* Drivers may replace signal handlers when they start; ours are put back. */
static void look(void)
{
    struct sigaction old[32];
    bool known[32];
    for (int i = 1; i < 32; i++)
        known[i] = sigaction(i, NULL, &old[i]) == 0;
    set_pocl_environment();
    cl_platform_id platforms[DEVICES_MAX];
    const cl_uint count = find_platforms(platforms);
    for (cl_uint p = 0; p < count; p++) {
        cl_uint devices;
        clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, 0, NULL, &devices);
    }
    for (int i = 1; i < 32; i++) {
        if (known[i])
            sigaction(i, &old[i], NULL);
    }
}

static pthread_once_t looked = PTHREAD_ONCE_INIT;

static void device_text(cl_device_id device, cl_device_info what, char *text, size_t size)
{
    char whole[1000] = "";
    clGetDeviceInfo(device, what, sizeof whole - 1, whole, NULL);
    snprintf(text, size, "%.*s", (int)size - 1, whole);
}

static void describe(struct found *found)
{
    struct tri_device_info *info = &found->info;
    cl_device_type type = 0;
    cl_uint units = 0;
    cl_ulong memory = 0;
    char whole[1000] = "";
    snprintf(info->id, sizeof info->id, "%d.%d", found->platform_number, found->device_number);
    clGetPlatformInfo(found->platform, CL_PLATFORM_NAME, sizeof whole - 1, whole, NULL);
    snprintf(info->platform, sizeof info->platform, "%.150s", whole);
    device_text(found->device, CL_DEVICE_NAME, info->name, sizeof info->name);
    device_text(found->device, CL_DRIVER_VERSION, info->driver, sizeof info->driver);
    device_text(found->device, CL_DEVICE_VERSION, info->version, sizeof info->version);
    clGetDeviceInfo(found->device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    clGetDeviceInfo(found->device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
    clGetDeviceInfo(found->device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof memory, &memory, NULL);
    snprintf(info->type, sizeof info->type, "%s", type & CL_DEVICE_TYPE_GPU ? "GPU" : type & CL_DEVICE_TYPE_CPU ? "CPU" : type & CL_DEVICE_TYPE_ACCELERATOR ? "accelerator" : "other");
    info->compute_units = (int)units;
    info->memory = memory;
}

static int find_devices(struct found found[DEVICES_MAX])
{
    cl_platform_id platforms[DEVICES_MAX];
    int count = 0;
    pthread_once(&looked, look);
    const cl_uint platform_count = find_platforms(platforms);
    for (cl_uint p = 0; p < platform_count; p++) {
        cl_device_id devices[DEVICES_MAX];
        cl_uint device_count = 0;
        if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, DEVICES_MAX, devices, &device_count) != CL_SUCCESS)
            continue;
        for (cl_uint d = 0; d < device_count && count < DEVICES_MAX; d++) {
            found[count] = (struct found){platforms[p], devices[d], (int)p, (int)d, {.id = ""}};
            describe(&found[count++]);
        }
    }
    return count;
}

/* ---- one device ---- */

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
    while (cl->programs != NULL) {
        struct opencl_program *program = cl->programs;
        cl->programs = program->next;
        clReleaseProgram(program->program);
        free(program->source);
        free(program);
    }
    if (cl->queue != NULL)
        clReleaseCommandQueue(cl->queue);
    if (cl->transfers != NULL)
        clReleaseCommandQueue(cl->transfers);
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
    cl->shared = shared == CL_TRUE && !cl->base.info.gpu && (memory == NULL || strcmp(memory, "copy") != 0);
    snprintf(cl->options, sizeof cl->options, "-w -cl-std=CL1.2%s",
             floats & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT ? " -cl-fp32-correctly-rounded-divide-sqrt" : "");
    if (!compiler)
        return tri_fail(error, TRI_NO_DEVICE, "%s has no OpenCL compiler", cl->base.info.device);
    cl->context = clCreateContext(NULL, 1, &cl->device, NULL, NULL, &code);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clCreateContext", code, cl->base.info.device);
    cl->queue = clCreateCommandQueue(cl->context, cl->device, 0, &code);
    if (code == CL_SUCCESS)
        cl->transfers = clCreateCommandQueue(cl->context, cl->device, 0, &code);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clCreateCommandQueue", code, cl->base.info.device);
    return TRI_OK;
}

static enum tri_status open_device(const struct found *found, int units, struct opencl **result, struct tri_error *error)
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
    enum tri_status status = TRI_OK;
    if (strstr(found->info.platform, "Portable Computing Language") != NULL && !on_path("ld") && !on_path("lld"))
        status = tri_fail(error, TRI_NO_DEVICE, "%s needs a linker: install binutils", info->device);
    if (status == TRI_OK && units > 0)
        status = take_units(cl, units, error);
    if (status == TRI_OK)
        status = make_context(cl, error);
    if (status == TRI_OK) {
        cl->lanes = has_lanes(cl);
        cl->base.alone = !cl->lanes;
        snprintf(info->isa, sizeof info->isa, "%s", cl->lanes ? "lanes" : "plain");
        status = tri_opencl_self_test(cl, error);
    }
    if (status != TRI_OK)
        close_opencl(&cl->base);
    else
        *result = cl;
    return status;
}

/* ---- choosing ---- */

static bool contains(const char *text, const char *part)
{
    const size_t length = strlen(part);
    for (; *text != '\0'; text++) {
        if (strncasecmp(text, part, length) == 0)
            return true;
    }
    return length == 0;
}

static bool fits(const struct found *found, const char *selection)
{
    if (strcasecmp(selection, "gpu") == 0 || strcasecmp(selection, "cpu") == 0)
        return strcasecmp(found->info.type, selection) == 0;
    if (isdigit((unsigned char)selection[0]) && strchr(selection, '.') != NULL)
        return strcmp(found->info.id, selection) == 0;
    return contains(found->info.name, selection) || contains(found->info.platform, selection);
}

static enum tri_status choose(const struct found *found, int count, const char *selection, int *chosen,
                              struct tri_error *error)
{
    char list[700] = "";
    int matches = 0;
    const bool first_of_kind = selection[0] == '\0' || strcasecmp(selection, "gpu") == 0 || strcasecmp(selection, "cpu") == 0;
    if (count == 0)
        return tri_fail(error, TRI_NO_DEVICE, "there is no OpenCL device: install a driver, or pocl-opencl-icd for the CPU");
    for (int i = 0, used = 0; i < count; i++) {
        if (!fits(&found[i], selection))
            continue;
        if (matches++ == 0)
            *chosen = i;
        if (used < (int)sizeof list - 200)
            used += snprintf(list + used, sizeof list - (size_t)used, "%s%s (%.80s)", used > 0 ? ", " : "", found[i].info.id,
                             found[i].info.name);
    }
    if (matches == 0)
        return tri_fail(error, TRI_NO_DEVICE, "no OpenCL device fits '%s'; 'triptych devices' lists them", selection);
    if (matches > 1 && !first_of_kind)
        return tri_fail(error, TRI_USAGE, "'%s' fits %d OpenCL devices: %s; name one", selection, matches, list);
    return TRI_OK;
}

enum tri_status tri_opencl_open(const char *selection, struct tri_backend **backend, struct tri_error *error)
{
    struct found *found = calloc(DEVICES_MAX, sizeof *found);
    char name[200];
    int units = 0, chosen = 0;
    if (found == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for a list of devices");
    snprintf(name, sizeof name, "%s", selection);
    char *slash = strrchr(name, '/');
    enum tri_status status = TRI_OK;
    if (slash != NULL) {
        char *end = slash + 1;
        const long wanted = isdigit((unsigned char)slash[1]) ? strtol(slash + 1, &end, 10) : 0;
        *slash = '\0';
        units = wanted > 0 && wanted < 100000 ? (int)wanted : 0;
        if (units == 0 || *end != '\0')
            status = tri_fail(error, TRI_USAGE, "'opencl:%s': a number of compute units must follow '/'", selection);
    }
    if (status == TRI_OK)
        status = choose(found, find_devices(found), name, &chosen, error);
    if (status == TRI_OK) {
        struct opencl *cl;
        status = open_device(&found[chosen], units, &cl, error);
        if (status == TRI_OK)
            *backend = &cl->base;
    }
    free(found);
    return status;
}

enum tri_status tri_devices(struct tri_device_info **devices, int *count, struct tri_error *error)
{
    struct found *found = calloc(DEVICES_MAX, sizeof *found);
    *devices = calloc(DEVICES_MAX, sizeof **devices);
    *count = 0;
    if (found == NULL || *devices == NULL) {
        free(found);
        free(*devices);
        return tri_fail(error, TRI_FAILED, "no memory for a list of devices");
    }
    *count = find_devices(found);
    for (int i = 0; i < *count; i++) {
        struct tri_device_info *info = &(*devices)[i];
        struct tri_error why;
        struct opencl *cl;
        *info = found[i].info;
        info->usable = open_device(&found[i], 0, &cl, &why) == TRI_OK;
        if (info->usable) {
            snprintf(info->dialect, sizeof info->dialect, "%s", cl->base.info.isa);
            close_opencl(&cl->base);
        } else {
            snprintf(info->reason, sizeof info->reason, "%s", why.text);
        }
    }
    free(found);
    return TRI_OK;
}
