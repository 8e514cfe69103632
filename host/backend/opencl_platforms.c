/* opencl_platforms.c -- the OpenCL platforms and devices of this machine: found safely, and
 * described. */
#include "../parallel/cpu.h"
#include "../image/cache_folder.h"
#include "opencl_drivers.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* What this process found; written once. */
static struct {
    struct tri_driver_info drivers[DRIVERS_MAX];
    int count;
    bool closed;   /* every driver is left out, so OpenCL is not called at all */
    char why[400]; /* why there is no driver */
} seen;
static pthread_once_t initialised = PTHREAD_ONCE_INIT;

/* Whether this process may use exactly cores 0 to count - 1: POCL counts from 0 when it pins its
 * threads. */
static bool has_first_cores(int count)
{
    cpu_set_t *set = CPU_ALLOC(4096);
    const size_t size = CPU_ALLOC_SIZE(4096);
    bool first =
        set != NULL && sched_getaffinity(0, size, set) == 0 && CPU_COUNT_S(size, set) == count;
    for (int i = 0; i < count && first; i++)
        first = CPU_ISSET_S(i, size, set);
    CPU_FREE(set);
    return first;
}

/* POCL's own cache folder may be shared, or none. One that POCL cannot write to, or an empty name,
 * would end the process, or leave it without a device. */
static void set_cache(void)
{
    const char *cache = getenv("POCL_CACHE_DIR");
    char folder[4096];
    const bool usable = cache != NULL && cache[0] != '\0' && tri_cache_chosen(cache);
    if (!usable && tri_cache_folder("pocl", folder, sizeof folder))
        setenv("POCL_CACHE_DIR", folder, 1);
}

void tri_opencl_set_environment(void)
{
    const int count = tri_cpu_workers();
    char workers[16];
    set_cache();
    snprintf(workers, sizeof workers, "%d", count);
    setenv("POCL_MAX_PTHREAD_COUNT", workers, 0);
    setenv("POCL_CPU_MAX_CU_COUNT", workers, 0); /* its name since POCL 6 */
    if (has_first_cores(count))
        setenv("POCL_AFFINITY", "1", 0);
    setenv("PATH", "/usr/bin:/bin", 0); /* POCL looks for the linker there and aborts without one */
}

/* ---- drivers ---- */

static void learn(struct tri_driver_info *driver, const char *helper, bool again)
{
    char *key = malloc(KEY_SIZE);
    if (key == NULL) {
        tri_opencl_try_driver(driver, helper);
        return;
    }
    tri_verdict_key(driver, helper, key);
    if (again || !tri_verdict_load(key, driver)) {
        const int lock = tri_verdict_lock();
        if (again ||
            !tri_verdict_load(key, driver)) { /* another process may have tried it meanwhile */
            tri_opencl_try_driver(driver, helper);
            /* A bad result of a fork may be this process's fault. */
            if (helper[0] != '\0' || driver->state == TRI_DRIVER_GOOD)
                tri_verdict_store(key, driver);
        }
        tri_verdict_unlock(lock);
    }
    free(key);
}

static int learn_all(struct tri_driver_info drivers[DRIVERS_MAX], bool again, char *why,
                     size_t size)
{
    const char *wanted = getenv("TRIPTYCH_OPENCL_PROBE");
    char helper[4096];
    if (!again && wanted != NULL && strcmp(wanted, "no") == 0) {
        snprintf(why, size, "TRIPTYCH_OPENCL_PROBE is 'no', and the loader shows none");
        return 0;
    }
    tri_opencl_find_helper(helper, sizeof helper);
    const int count = tri_opencl_list_drivers(drivers, why, size);
    for (int i = 0; i < count; i++)
        learn(&drivers[i], helper, again);
    return count;
}

enum tri_status tri_drivers(bool again, struct tri_driver_info **drivers, int *count,
                            struct tri_error *error)
{
    char why[400];
    *count = 0;
    *drivers = calloc(DRIVERS_MAX, sizeof **drivers);
    if (*drivers == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a list of drivers");
    *count = learn_all(*drivers, again, why, sizeof why);
    return TRI_OK;
}

void tri_drivers_free(struct tri_driver_info *drivers, int count)
{
    for (int i = 0; i < count && drivers != NULL; i++)
        free(drivers[i].devices);
    free(drivers);
}

const char *tri_driver_state_name(enum tri_driver_state state)
{
    static const char *const names[] = {"good", "empty", "failed", "absent", "crashed", "hung"};
    return (unsigned)state < sizeof names / sizeof names[0] ? names[state] : NULL;
}

static void describe_driver(const struct tri_driver_info *driver, char *text, size_t size)
{
    const char *slash = strrchr(driver->file, '/');
    snprintf(text, size, "%.100s%s%.200s%s", slash != NULL ? slash + 1 : driver->file,
             driver->library[0] != '\0' ? " (" : "", driver->library,
             driver->library[0] != '\0' ? ")" : "");
}

/* What POCL's cache is instead of the one chosen by the user; false if there is nothing to say. */
static bool note_cache(char *note, size_t size)
{
    struct tri_cache_state state;
    bool pocl = false;
    for (int i = 0; i < seen.count; i++)
        pocl |= strstr(seen.drivers[i].library, "pocl") != NULL;
    if (!pocl)
        return false;
    tri_cache_state(&state);
    snprintf(note, size, "POCL_CACHE_DIR is not used, but triptych's own cache folder: %.700s",
             state.not_chosen);
    return state.not_chosen[0] != '\0';
}

const char *tri_driver_note(int index)
{
    static _Thread_local char note[1800];
    char name[400];
    for (int i = 0; i < seen.count; i++) {
        const struct tri_driver_info *driver = &seen.drivers[i];
        const bool in_part = driver->state == TRI_DRIVER_GOOD && driver->reason[0] != '\0';
        if ((!driver->left_out && !in_part && driver->hint[0] == '\0') || index-- > 0)
            continue;
        describe_driver(driver, name, sizeof name);
        snprintf(note, sizeof note,
                 "the OpenCL driver %s is %s: %s%s%s ('triptych doctor' tries it again)", name,
                 driver->left_out ? "left out"
                 : in_part        ? "used in part"
                                  : "unusable",
                 driver->reason, driver->hint[0] != '\0' ? "; " : "", driver->hint);
        return note;
    }
    return index == 0 && note_cache(note, sizeof note) ? note : NULL;
}

enum tri_status tri_opencl_fail_none(struct tri_error *error)
{
    char list[700] = "", name[400];
    const char *vendors = getenv("OCL_ICD_VENDORS");
    size_t used = 0;
    for (int i = 0; i < seen.count && used < sizeof list - 1; i++) {
        const struct tri_driver_info *driver = &seen.drivers[i];
        describe_driver(driver, name, sizeof name);
        const int more = snprintf(list + used, sizeof list - used, "%s%.120s: %.300s%s%.200s",
                                  used > 0 ? "; " : "", name,
                                  driver->reason[0] != '\0' ? driver->reason : "it has no device",
                                  driver->hint[0] != '\0' ? "; " : "", driver->hint);
        used += more > 0 ? (size_t)more : 0;
    }
    if (seen.count == 0)
        return tri_fail(error, TRI_NO_DEVICE,
                        TRI_NO_OPENCL ": %s; install a driver, for the CPU with apt-get install "
                                      "pocl-opencl-icd ('triptych doctor' shows what is missing)",
                        seen.why);
    return tri_fail(error, TRI_NO_DEVICE,
                    TRI_NO_OPENCL
                    " that can be used: %s%s%.100s%s ('triptych doctor' "
                    "shows details; apt-get install pocl-opencl-icd provides one on the CPU)",
                    list, vendors != NULL ? "; OCL_ICD_VENDORS is '" : "",
                    vendors != NULL ? vendors : "", vendors != NULL ? "'" : "");
}

/* ---- platforms and devices ---- */

/* Returns how many there are, at most DEVICES_MAX. (The call reports the total.) */
static cl_uint find_platforms(cl_platform_id platforms[DEVICES_MAX])
{
    cl_uint count = 0;
    if (clGetPlatformIDs(DEVICES_MAX, platforms, &count) != CL_SUCCESS)
        return 0;
    return count < DEVICES_MAX ? count : DEVICES_MAX;
}

/* The loader reads its variables at the first call; processes started by this one must see the
 * user's. */
static void put_back(const char *name, char *value)
{
    if (value != NULL)
        setenv(name, value, 1);
    else
        unsetenv(name);
    free(value);
}

static char *copy_of(const char *name)
{
    const char *value = getenv(name);
    return value != NULL ? strdup(value) : NULL;
}

static void load_without(const char *vendors)
{
    static const char *const names[] = {"OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH",
                                        "OCL_ICD_FILENAMES"};
    char *values[3];
    cl_platform_id platforms[DEVICES_MAX];
    for (int i = 0; i < 3; i++)
        values[i] = copy_of(names[i]);
    tri_opencl_use_vendors(vendors);
    tri_signals_keep();
    find_platforms(platforms);
    tri_signals_put_back();
    for (int i = 0; i < 3; i++)
        put_back(names[i], values[i]);
    tri_opencl_drop_vendors(vendors);
}

static void init_drivers(void)
{
    char vendors[4200];
    int left_out = 0;
    seen.count = learn_all(seen.drivers, false, seen.why, sizeof seen.why);
    for (int i = 0; i < seen.count; i++)
        left_out += seen.drivers[i].left_out;
    seen.closed = left_out > 0 && left_out == seen.count;
    if (left_out == 0 || seen.closed)
        return;
    if (tri_opencl_make_vendors(seen.drivers, seen.count, vendors, sizeof vendors))
        load_without(vendors);
    else
        seen.closed = true;
}

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

int tri_opencl_list(struct opencl_found found[DEVICES_MAX])
{
    cl_platform_id platforms[DEVICES_MAX];
    int count = 0;
    tri_signals_keep();
    const cl_uint platform_count = find_platforms(platforms);
    for (cl_uint p = 0; p < platform_count; p++) {
        cl_device_id devices[DEVICES_MAX];
        cl_uint device_count = 0;
        if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, DEVICES_MAX, devices, &device_count) !=
            CL_SUCCESS)
            continue;
        for (cl_uint d = 0; d < device_count && d < DEVICES_MAX && count < DEVICES_MAX; d++) {
            found[count] = (struct opencl_found){.platform = platforms[p],
                                                 .device = devices[d],
                                                 .platform_number = (int)p,
                                                 .device_number = (int)d};
            describe(&found[count++]);
        }
    }
    tri_signals_put_back();
    tri_opencl_set_selectors(found, count);
    return count;
}

/* The number after the dot: a device's place in its platform, which does not depend on other
 * drivers. */
static int place_of(const struct tri_device_info *info)
{
    const char *dot = strchr(info->id, '.');
    return dot != NULL ? atoi(dot + 1) : -1;
}

static void apply(const struct tri_driver_info *driver, struct opencl_found *found)
{
    for (int i = 0; i < driver->device_count; i++) {
        const struct tri_device_info *known = &driver->devices[i];
        if (place_of(known) != found->device_number ||
            strcmp(known->platform, found->info.platform) != 0 ||
            strcmp(known->name, found->info.name) != 0 ||
            strcmp(known->driver, found->info.driver) != 0)
            continue;
        found->no_lanes = known->no_lanes;
        /* A device that only fails may fail here again, with a current reason. */
        if (known->crashes)
            snprintf(found->refused, sizeof found->refused, "%s", known->reason);
    }
}

int tri_opencl_find(struct opencl_found found[DEVICES_MAX])
{
    pthread_once(&initialised, init_drivers);
    if (seen.closed)
        return 0;
    const int count = tri_opencl_list(found);
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < seen.count; k++)
            apply(&seen.drivers[k], &found[i]);
    }
    return count;
}
