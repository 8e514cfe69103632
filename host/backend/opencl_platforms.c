/* opencl_platforms.c -- the OpenCL platforms and devices of this machine: found without harm, and described. */
#include "opencl.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static void describe(struct opencl_found *found)
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
    found->type = type;
    tri_opencl_describe_type(type, info->type, sizeof info->type);
    info->compute_units = (int)units;
    info->memory = memory;
}

int tri_opencl_find(struct opencl_found found[DEVICES_MAX])
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
            found[count] = (struct opencl_found){platforms[p], devices[d], (int)p, (int)d, 0, {.id = ""}};
            describe(&found[count++]);
        }
    }
    tri_opencl_set_selectors(found, count);
    return count;
}
