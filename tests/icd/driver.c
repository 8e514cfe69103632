/* driver.c -- an OpenCL driver (ICD) for tests: wraps another one and misbehaves as the environment
 * asks.
 *
 * To use it, put a file *.icd with the path of icd.so into a folder, and set
 * OCL_ICD_VENDORS=FOLDER/. Counts start at 1 in each process. CALL is a name such as clFinish, or
 * "any": every call; "kernel": what runs on the device, not the call that launches it; "load": the
 * driver is loaded; "clGetPlatformIDs": the loader asks for the platform.
 *
 *   ICD_DRIVER=PATH      the wrapped driver; default: the first POCL named in /etc/OpenCL/vendors
 *   ICD_LOG=FILE         appends a line for each call: process, call, code, details (for a build "source" or "binary", for
 *                        a launch the kernel and its items); the last one, "left", counts what was
 * not released
 *   ICD_FAIL=CALL[:N[:CODE[:once]]],...   from the N-th on, or only that one, the call fails with CODE (-5); "kernel" fails
 *                        when it runs, long after the launch, and so does everything after it in
 * its queue; with ICD_ALONE=1 only the kernel fails
 *   ICD_HANG=CALL[:N],...        never returns; "kernel" never ends, while calls return
 *   ICD_ABORT=CALL[:N],...       aborts the process
 *   ICD_ABORT_SOURCE=TEXT        aborts when a program containing this text is built
 *   ICD_DELAY=CALL[:N[:MICROSECONDS]],...   from the N-th on, takes this much longer (1000)
 *   ICD_SIGNALS=CALL[:N]         replaces 15 signal handlers, as POCL and Intel's runtime do
 *   ICD_WRONG_SOURCE=TEXT        programs containing this text ("any": all) give wrong results:
 *   ICD_WRONG_UNLESS=TEXT        except those with that text in them or in their options ("-cl-opt-disable")
 *   ICD_WRONG_KERNEL=NAME        only this kernel
 *   ICD_WRONG_BYTE=N             flips that byte's lowest bit (64, the first sample of an image) each time the host
 *                                reads or maps a buffer of that kernel
 *   ICD_WRONG_ARGUMENT=N         instead, flips it in the buffer passed as this argument, right after the kernel
 *   ICD_PLATFORM=TEXT (" with faults" after the wrapped one's name), ICD_NAME, ICD_VERSION (of the
 * driver), ICD_TYPE=GPU|CPU|ACCELERATOR, ICD_UNITS, ICD_MEMORY, ICD_ALLOC, ICD_CONSTANT, ICD_LOCAL,
 * ICD_GROUP (bytes, items),
 *   ICD_SHARED=0|1               what it reports about itself; memory, largest buffer, local memory and work-group are
 *                                also limits
 *   ICD_LATE=1                   memory beyond ICD_MEMORY fails at the launch, not when the buffer is created
 *   ICD_NO_PARTITIONS=1, ICD_NO_COMPILER=1
 *   ICD_BINARIES=refuse|corrupt  of programs: rejects all, or hands out damaged ones
 */
#include "driver.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

struct driver driver;

/* A call that is not implemented must not go unnoticed: the test would mean nothing. */
static void missing(void)
{
    static const char text[] =
        "icd.so: a call that is not implemented: add it to tests/icd/calls.h\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) >= 0)
        abort();
}

#define CALL(name) .cl##name = icd_##name,
const cl_icd_dispatch icd_dispatch = {
#include "calls.h"
    .clCompileProgram = (cl_api_clCompileProgram)missing,
    .clCreateKernelsInProgram = (cl_api_clCreateKernelsInProgram)missing,
    .clEnqueueTask = (cl_api_clEnqueueTask)missing,
    .clEnqueueMarker = (cl_api_clEnqueueMarker)missing,
    .clEnqueueBarrier = (cl_api_clEnqueueBarrier)missing,
    .clGetKernelArgInfo = (cl_api_clGetKernelArgInfo)missing,
    .clUnloadPlatformCompiler = (cl_api_clUnloadPlatformCompiler)missing,
    .clCreateContextFromType = (cl_api_clCreateContextFromType)missing,
};
#undef CALL

/* ---- the wrapped driver ---- */

/* The first line of an .icd file names a library. */
static bool read_library(const char *folder, const char *name, char *library, size_t size)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    const bool got = file != NULL && fgets(library, (int)size, file) != NULL;
    if (file != NULL)
        fclose(file);
    if (got)
        library[strcspn(library, "\r\n")] = '\0';
    return got && strstr(library, "pocl") != NULL;
}

static bool find_library(char *library, size_t size)
{
    static const char folder[] = "/etc/OpenCL/vendors";
    bool found = false;
    const char *given = icd_setting("ICD_DRIVER");
    if (given != NULL)
        return (size_t)snprintf(library, size, "%s", given) < size;
    DIR *files = opendir(folder);
    for (struct dirent *entry; files != NULL && !found && (entry = readdir(files)) != NULL;)
        found = strstr(entry->d_name, ".icd") != NULL &&
                read_library(folder, entry->d_name, library, size);
    if (files != NULL)
        closedir(files);
    return found;
}

static bool load_driver(void)
{
    char library[1000];
    cl_platform_id platform = NULL;
    cl_uint count = 0;
    if (driver.platform != NULL)
        return true;
    void *handle =
        find_library(library, sizeof library) ? dlopen(library, RTLD_NOW | RTLD_LOCAL) : NULL;
    void *(*get_address)(const char *) = NULL;
    if (handle != NULL)
        *(void **)&get_address = dlsym(handle, "clGetExtensionFunctionAddress");
    cl_int (*get_platforms)(cl_uint, cl_platform_id *, cl_uint *) = NULL;
    if (get_address != NULL)
        *(void **)&get_platforms = get_address("clIcdGetPlatformIDsKHR");
    if (get_platforms == NULL || get_platforms(1, &platform, &count) != CL_SUCCESS || count == 0)
        return false;
    driver.calls = *(const cl_icd_dispatch **)(void *)platform;
    driver.platform = icd_wrap(PLATFORM, platform);
    return true;
}

/* ---- platforms ---- */

static cl_int CL_API_CALL get_platforms(cl_uint entries, cl_platform_id *platforms, cl_uint *count)
{
    BEGIN("clGetPlatformIDs");
    if (!load_driver())
        END(-1001);
    if (platforms != NULL && entries > 0)
        platforms[0] = (cl_platform_id)driver.platform;
    if (count != NULL)
        *count = 1;
    END(CL_SUCCESS);
}

static cl_int give(const void *from, size_t from_size, size_t size, void *value, size_t *size_ret)
{
    if (value != NULL && size < from_size)
        return CL_INVALID_VALUE;
    if (value != NULL)
        memcpy(value, from, from_size);
    if (size_ret != NULL)
        *size_ret = from_size;
    return CL_SUCCESS;
}

static cl_int give_text(const char *text, size_t size, void *value, size_t *size_ret)
{
    return give(text, strlen(text) + 1, size, value, size_ret);
}

cl_int CL_API_CALL icd_GetPlatformInfo(cl_platform_id platform, cl_platform_info name, size_t size,
                                       void *value, size_t *size_ret)
{
    char text[300] = "";
    BEGIN("clGetPlatformInfo");
    if (name == CL_PLATFORM_ICD_SUFFIX_KHR)
        END(give_text("TRITEST", size, value, size_ret));
    if (name != CL_PLATFORM_NAME)
        END(driver.calls->clGetPlatformInfo(REAL(platform), name, size, value, size_ret));
    const cl_int code = driver.calls->clGetPlatformInfo(REAL(platform), name, 200, text, NULL);
    const char *more = icd_setting("ICD_PLATFORM");
    snprintf(text + strlen(text), sizeof text - strlen(text), "%.90s",
             more != NULL ? more : " with faults");
    END(code == CL_SUCCESS ? give_text(text, size, value, size_ret) : code);
}

/* The symbols that the loader looks for. */
#define EXPORT __attribute__((visibility("default")))
EXPORT cl_int CL_API_CALL clGetPlatformInfo(cl_platform_id platform, cl_platform_info name,
                                            size_t size, void *value, size_t *size_ret)
{
    return icd_GetPlatformInfo(platform, name, size, value, size_ret);
}

EXPORT void *CL_API_CALL clGetExtensionFunctionAddress(const char *name)
{
    if (strcmp(name, "clIcdGetPlatformIDsKHR") == 0)
        return (void *)get_platforms;
    return strcmp(name, "clGetPlatformInfo") == 0 ? (void *)icd_GetPlatformInfo : NULL;
}

EXPORT cl_int CL_API_CALL clIcdGetPlatformIDsKHR(cl_uint entries, cl_platform_id *platforms,
                                                 cl_uint *count)
{
    return get_platforms(entries, platforms, count);
}

/* ---- devices ---- */

static cl_device_type type_of(const char *name)
{
    return strcasecmp(name, "GPU") == 0   ? CL_DEVICE_TYPE_GPU
           : strcasecmp(name, "CPU") == 0 ? CL_DEVICE_TYPE_CPU
                                          : CL_DEVICE_TYPE_ACCELERATOR;
}

cl_int CL_API_CALL icd_GetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint entries,
                                    cl_device_id *devices, cl_uint *count)
{
    const char *claimed = icd_setting("ICD_TYPE");
    BEGIN("clGetDeviceIDs");
    if (claimed != NULL && (type & (type_of(claimed) | CL_DEVICE_TYPE_DEFAULT)) == 0)
        END(CL_DEVICE_NOT_FOUND);
    const cl_int code = driver.calls->clGetDeviceIDs(
        REAL(platform), claimed != NULL ? CL_DEVICE_TYPE_ALL : type, entries, devices, count);
    for (cl_uint i = 0;
         code == CL_SUCCESS && devices != NULL && i < entries && (count == NULL || i < *count); i++)
        devices[i] = icd_wrap(DEVICE, devices[i]);
    END(code);
}

/* Reports values given by the environment; false: this one is not. */
static bool describe(cl_device_info name, size_t size, void *value, size_t *size_ret, cl_int *code)
{
    static const struct {
        cl_device_info name;
        const char *setting;
        enum { TEXT, TYPE, ULONG, SIZE, UINT, NONE } kind;
    } known[] = {
        {CL_DEVICE_NAME, "ICD_NAME", TEXT},
        {CL_DRIVER_VERSION, "ICD_VERSION", TEXT},
        {CL_DEVICE_TYPE, "ICD_TYPE", TYPE},
        {CL_DEVICE_GLOBAL_MEM_SIZE, "ICD_MEMORY", ULONG},
        {CL_DEVICE_MAX_MEM_ALLOC_SIZE, "ICD_ALLOC", ULONG},
        {CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE, "ICD_CONSTANT", ULONG},
        {CL_DEVICE_LOCAL_MEM_SIZE, "ICD_LOCAL", ULONG},
        {CL_DEVICE_MAX_WORK_GROUP_SIZE, "ICD_GROUP", SIZE},
        {CL_DEVICE_MAX_COMPUTE_UNITS, "ICD_UNITS", UINT},
        {CL_DEVICE_HOST_UNIFIED_MEMORY, "ICD_SHARED", UINT},
        {CL_DEVICE_PARTITION_MAX_SUB_DEVICES, "ICD_NO_PARTITIONS", NONE},
        {CL_DEVICE_PARTITION_PROPERTIES, "ICD_NO_PARTITIONS", NONE},
        {CL_DEVICE_COMPILER_AVAILABLE, "ICD_NO_COMPILER", NONE},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const char *text = icd_setting(known[i].setting);
        if (known[i].name != name || text == NULL)
            continue;
        const cl_ulong number = known[i].kind == TYPE   ? type_of(text)
                                : known[i].kind == NONE ? 0
                                                        : strtoull(text, NULL, 0);
        const bool small = known[i].kind == UINT ||
                           (known[i].kind == NONE && name != CL_DEVICE_PARTITION_PROPERTIES);
        const cl_uint low = (cl_uint)number;
        *code = known[i].kind == TEXT ? give_text(text, size, value, size_ret)
                : small               ? give(&low, sizeof low, size, value, size_ret)
                                      : give(&number, sizeof number, size, value, size_ret);
        return true;
    }
    return false;
}

cl_int CL_API_CALL icd_GetDeviceInfo(cl_device_id device, cl_device_info name, size_t size,
                                     void *value, size_t *size_ret)
{
    cl_int code;
    BEGIN("clGetDeviceInfo");
    if (describe(name, size, value, size_ret, &code))
        END(code);
    code = driver.calls->clGetDeviceInfo(REAL(device), name, size, value, size_ret);
    if (code == CL_SUCCESS && (name == CL_DEVICE_PLATFORM || name == CL_DEVICE_PARENT_DEVICE))
        icd_translate(value, size);
    END(code);
}

cl_int CL_API_CALL icd_CreateSubDevices(cl_device_id device,
                                        const cl_device_partition_property *properties,
                                        cl_uint entries, cl_device_id *parts, cl_uint *count)
{
    cl_uint made = 0;
    BEGIN("clCreateSubDevices");
    if (icd_is("ICD_NO_PARTITIONS", "1"))
        END(CL_INVALID_VALUE);
    const cl_int code =
        driver.calls->clCreateSubDevices(REAL(device), properties, entries, parts, &made);
    for (cl_uint i = 0; code == CL_SUCCESS && parts != NULL && i < entries && i < made; i++) {
        struct object *part = icd_wrap(DEVICE, parts[i]);
        part->parent = (struct object *)device;
        parts[i] = (cl_device_id)part;
    }
    if (count != NULL)
        *count = made;
    END(code);
}

COUNTED(Retain, Device, cl_device_id, icd_retain)
COUNTED(Release, Device, cl_device_id, icd_release)
