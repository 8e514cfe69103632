/* opencl_driver_child.c -- the process in which a driver is tried: does everything that opening its
 * devices requires and reports each step before taking it, so that the parent knows which was the
 * last. */
#include "../parallel/cpu.h"
#include "opencl_drivers.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define CHILD_SECONDS_MOST 660 /* in case no parent is left to end it; beyond the longest limit */

static FILE *report; /* NULL: this is not a child process */

void tri_opencl_step(const char *step)
{
    if (report == NULL)
        return;
    tri_report_line(report, "step", step);
    fflush(report);
}

static bool skipped(const char *skips, const char *step, int device)
{
    char word[60];
    snprintf(word, sizeof word, "%s:%d,", step, device);
    return strstr(skips, word) != NULL;
}

/* If this process crashes, it must leave no core file; it must not hold others' files open or
 * outlive its parent. */
static bool settle(void)
{
    const struct rlimit none = {0, 0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(CHILD_SECONDS_MOST);
    setrlimit(RLIMIT_CORE, &none);
    fcntl(REPORT_FILE, F_SETFD, FD_CLOEXEC);
    for (int file = REPORT_FILE + 1; file < 1024; file++)
        close(file);
    report = fdopen(REPORT_FILE, "w");
    return report != NULL;
}

static bool tell_absent(const char *why)
{
    fprintf(report, "state %d\n", (int)TRI_DRIVER_ABSENT);
    tri_report_line(report, "reason", why);
    return false;
}

/* `vendors` lies in the parent's cache folder; this process keeps what it compiles there, too. */
static void use_its_folder(const char *vendors)
{
    char root[4200];
    snprintf(root, sizeof root, "%s", vendors);
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(root, '/');
        if (slash != NULL)
            *slash = '\0';
    }
    setenv("TRIPTYCH_CACHE_DIR", root, 1);
}

/* The loader hides why a library cannot be loaded, so load it here first. */
static bool load(const char *library)
{
    const struct link_map *map = NULL;
    char why[1000];
    tri_opencl_step("load");
    void *object = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
    if (object == NULL) {
        const char *text = dlerror();
        return tell_absent(text != NULL ? text : "it cannot be loaded");
    }
    if (dlinfo(object, RTLD_DI_LINKMAP, &map) == 0 && map != NULL)
        tri_report_line(report, "path", map->l_name);
    if (dlsym(object, "clGetExtensionFunctionAddress") == NULL &&
        dlsym(object, "clIcdGetPlatformIDsKHR") == NULL) {
        snprintf(why, sizeof why, "%.400s is not an OpenCL driver: it lacks clIcdGetPlatformIDsKHR",
                 library);
        return tell_absent(why);
    }
    return true;
}

/* Runs a program that was never built before: all others may come from caches while the compiler is
 * broken. */
static enum tri_status try_program(struct opencl *cl, cl_kernel kernel, cl_mem buffer,
                                   unsigned number, struct tri_error *error)
{
    const size_t items = 64;
    unsigned numbers[64] = {0};
    CHECK(clSetKernelArg, kernel, 0, sizeof buffer, &buffer);
    CHECK(clEnqueueWriteBuffer, cl->queue, buffer, CL_TRUE, 0, sizeof numbers, numbers, 0, NULL,
          NULL);
    CHECK(clEnqueueNDRangeKernel, cl->queue, kernel, 1, NULL, &items, NULL, 0, NULL, NULL);
    CHECK(clEnqueueReadBuffer, cl->queue, buffer, CL_TRUE, 0, sizeof numbers, numbers, 0, NULL,
          NULL);
    for (unsigned i = 0; i < 64; i++) {
        if (numbers[i] != number + i)
            return tri_fail(error, TRI_NO_DEVICE, "%s adds two numbers wrongly",
                            cl->base.info.device);
    }
    return TRI_OK;
}

static enum tri_status try_compiler(struct opencl *cl, struct tri_error *error)
{
    const unsigned number = (unsigned)tri_now_ns();
    char text[200];
    const char *source = text;
    cl_int code, built = CL_SUCCESS;
    cl_kernel kernel = NULL;
    cl_mem buffer = NULL;
    snprintf(text, sizeof text,
             "__kernel void fresh(__global uint *a) { a[get_global_id(0)] = %uu + "
             "(uint)get_global_id(0); }\n",
             number);
    cl_program program = clCreateProgramWithSource(cl->context, 1, &source, NULL, &code);
    if (code == CL_SUCCESS)
        code = built = clBuildProgram(program, 1, &cl->device, cl->options, NULL, NULL);
    if (built != CL_SUCCESS) /* another process may interfere in the driver's cache */
        code = clBuildProgram(program, 1, &cl->device, cl->options, NULL, NULL);
    if (code == CL_SUCCESS)
        kernel = clCreateKernel(program, "fresh", &code);
    if (code == CL_SUCCESS)
        buffer = clCreateBuffer(cl->context, CL_MEM_READ_WRITE, 64 * sizeof(cl_uint), NULL, &code);
    const enum tri_status status =
        code == CL_SUCCESS ? try_program(cl, kernel, buffer, number, error)
                           : tri_opencl_fail(error, "a new program", code, cl->base.info.device);
    if (buffer != NULL)
        clReleaseMemObject(buffer);
    if (kernel != NULL)
        clReleaseKernel(kernel);
    if (program != NULL)
        clReleaseProgram(program);
    return status;
}

static void try_device(struct opencl_found *found, int number, const char *skips)
{
    struct tri_device_info *info = &found->info;
    struct tri_error error;
    struct opencl *cl;
    fprintf(report, "device %d\n", number);
    info->no_lanes = found->no_lanes = skipped(skips, "lanes", number);
    tri_report_device(report, info);
    fflush(report);
    if (skipped(skips, "device", number))
        return;
    enum tri_status status = tri_opencl_open_device(found, 0, &cl, &error);
    if (status == TRI_OK) {
        snprintf(info->dialect, sizeof info->dialect, "%s", cl->base.info.isa);
        snprintf(info->note, sizeof info->note, "%.599s", cl->base.note);
        memcpy(info->probes, cl->base.info.probes, sizeof info->probes);
        tri_opencl_step("compile");
        status = try_compiler(cl, &error);
        tri_opencl_step("close");
        cl->base.close(&cl->base);
    }
    info->usable = status == TRI_OK;
    if (!info->usable) {
        snprintf(info->reason, sizeof info->reason, "%s", error.text);
    }
    tri_report_device(report, info);
}

/* The loader reports its name through an extension; asking may load drivers, so only this process
 * asks. */
static void tell_loader(void)
{
    cl_int (*call)(int, size_t, void *, size_t *) = NULL;
    void *(*find)(const char *);
    char name[60] = "", version[40] = "", text[110];
    *(void **)&find = dlsym(RTLD_DEFAULT, "clGetExtensionFunctionAddress");
    if (find != NULL)
        *(void **)&call = find("clGetICDLoaderInfoOCLICD");
    if (call == NULL || call(3, sizeof name - 1, name, NULL) != CL_SUCCESS ||
        call(2, sizeof version - 1, version, NULL) != CL_SUCCESS)
        return; /* CL_ICDL_NAME, CL_ICDL_VERSION */
    snprintf(text, sizeof text, "%s %s", name, version);
    tri_report_line(report, "loader", text);
}

static void try_devices(const char *skips)
{
    struct opencl_found *found = calloc(DEVICES_MAX, sizeof *found);
    cl_uint platforms = 0;
    if (found == NULL)
        return;
    tri_opencl_step("list");
    if (clGetPlatformIDs(0, NULL, &platforms) != CL_SUCCESS)
        platforms = 0;
    fprintf(report, "platforms %u\n", platforms);
    const int count = tri_opencl_list(found);
    tell_loader();
    for (int i = 0; i < count; i++)
        try_device(&found[i], i, skips);
    free(found);
    tri_opencl_step("end");
}

int tri_opencl_child(const char *library, const char *vendors, const char *skips)
{
    if (!settle())
        return TRI_FAILED;
    tri_report_line(report, "triptych-probe", TRI_VERSION);
    if (vendors[0] != '\0') {
        tri_opencl_use_vendors(vendors);
        use_its_folder(vendors);
    }
    if (vendors[0] == '\0' || load(library))
        try_devices(skips);
    else
        tri_opencl_step("end");
    return TRI_OK;
}

bool tri_probe_command(int argc, char **argv, int *status)
{
    if (argc != 5 || strcmp(argv[1], PROBE_COMMAND) != 0)
        return false;
    *status = tri_opencl_child(argv[2], argv[3], argv[4]);
    return true;
}
