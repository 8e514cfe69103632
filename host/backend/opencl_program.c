/* opencl_program.c -- builds OpenCL programs from source or loads them from disk, and keeps them.
 */
#include "opencl_job.h"
#include "../parallel/cpu.h"

#include <stdlib.h>
#include <string.h>

static const char safe_head[] = "#define TRI_SAFE 1\n";

/* ---- from source ---- */

static char *build_log(struct opencl *cl, cl_program program)
{
    size_t size = 0;
    char *log = NULL;
    clGetProgramBuildInfo(program, cl->device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
    if (size > 0 && (log = calloc(1, size + 1)) != NULL &&
        clGetProgramBuildInfo(program, cl->device, CL_PROGRAM_BUILD_LOG, size, log, NULL) !=
            CL_SUCCESS)
        log[0] = '\0';
    return log;
}

/* Compilers report "error:" for faulty text. Any other failure may be caused by other processes:
 * when several start POCL with a cold cache, some fail while others fill it. */
static bool is_fault_of_source(cl_int code, const char *log)
{
    return code == CL_BUILD_PROGRAM_FAILURE && log != NULL && strstr(log, "error:") != NULL;
}

static enum tri_status build_once(struct opencl *cl, const char *source, const char *options,
                                  cl_program *program, bool *hopeless, struct tri_error *error)
{
    cl_int code;
    *hopeless = true;
    *program = clCreateProgramWithSource(cl->context, 1, &source, NULL, &code);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clCreateProgramWithSource", code, cl->base.info.device);
    tri_signals_keep();
    code = clBuildProgram(*program, 1, &cl->device, options, NULL, NULL);
    tri_signals_put_back();
    if (code == CL_SUCCESS)
        return TRI_OK;
    char *log = build_log(cl, *program);
    *hopeless = is_fault_of_source(code, log);
    clReleaseProgram(*program);
    *program = NULL;
    tri_fail(error, TRI_NO_DEVICE, "clBuildProgram: %s on %s; its log:\n%.700s",
             tri_opencl_symbol(code), cl->base.info.device, log != NULL ? log : "");
    free(log);
    return TRI_NO_DEVICE;
}

enum tri_status tri_opencl_build(struct opencl *cl, const char *source, const char *more,
                                 cl_program *program, struct tri_error *error)
{
    const int64_t start = tri_now_ns();
    char options[200];
    bool hopeless;
    const tri_trace_mark mark = tri_trace_begin_at(TRI_TRACE_OTHER, "build program", start);
    snprintf(options, sizeof options, "%s%s", cl->options, more);
    enum tri_status status = build_once(cl, source, options, program, &hopeless, error);
    if (status != TRI_OK && !hopeless)
        status =
            build_once(cl, source, options, program, &hopeless, NULL); /* report the first error */
    cl->base.programs.built += status == TRI_OK;
    const int64_t end = tri_now_ns();
    tri_trace_end_at(mark, 0, end);
    cl->base.programs.build_ns += end - start;
    return status;
}

/* ---- what they depend on ---- */

static void put_device(FILE *text, cl_device_id device, cl_device_info what)
{
    char value[1000] = "";
    clGetDeviceInfo(device, what, sizeof value - 1, value, NULL);
    fprintf(text, "%s\n", value);
}

static void put_platform(FILE *text, cl_platform_id platform, cl_platform_info what)
{
    char value[1000] = "";
    clGetPlatformInfo(platform, what, sizeof value - 1, value, NULL);
    fprintf(text, "%s\n", value);
}

enum tri_status tri_opencl_begin_programs(struct opencl *cl, struct tri_error *error)
{
    size_t size;
    cl_platform_id platform = NULL;
    CHECK(clGetDeviceInfo, cl->device, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL);
    FILE *text = open_memstream(&cl->identity, &size);
    if (text == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for the name of a device");
    fputs(KEPT_VERSION, text);
    put_platform(text, platform, CL_PLATFORM_NAME);
    put_platform(text, platform, CL_PLATFORM_VERSION);
    put_device(text, cl->device, CL_DEVICE_NAME);
    put_device(text, cl->device, CL_DEVICE_VENDOR);
    put_device(text, cl->device, CL_DEVICE_VERSION);
    put_device(text, cl->device, CL_DRIVER_VERSION);
    if (ferror(text) | (fclose(text) != 0) || cl->identity == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for the name of a device");
    tri_disk_cache_open(&cl->cache, "programs", "OpenCL programs");
    if (cl->cache.complaint[0] != '\0')
        tri_backend_add_note(&cl->base, "%s", cl->cache.complaint);
    cl->cache.complaint[0] = '\0'; /* reported */
    return TRI_OK;
}

/* ---- entries ---- */

static void name_kernels(struct opencl_program *entry, const struct tri_stage *stage)
{
    size_t used = 0;
    for (int i = 0; i < stage->pass_count && used < sizeof entry->kernels - 1; i++) {
        bool again = false;
        for (int k = 0; k < i; k++)
            again |= strcmp(stage->passes[k]->file, stage->passes[i]->file) == 0;
        if (!again)
            used += (size_t)snprintf(entry->kernels + used, sizeof entry->kernels - used, "%s%s",
                                     used > 0 ? ", " : "", stage->passes[i]->file);
    }
}

static struct opencl_program *find(struct opencl *cl, const char *source)
{
    struct opencl_program *entry = cl->programs;
    while (entry != NULL &&
           (entry->bare != cl->base.unqualified || strcmp(entry->source, source) != 0))
        entry = entry->next;
    return entry;
}

static enum tri_status no_memory(struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "out of memory for an OpenCL program");
}

/* The entry takes ownership of `source`, or it is freed; NULL: there was no memory for it. */
static enum tri_status take_source(struct opencl *cl, const struct tri_plan *plan,
                                   const struct tri_stage *stage, char *source,
                                   struct opencl_program **result, struct tri_error *error)
{
    struct opencl_program *entry = source != NULL ? find(cl, source) : NULL;
    *result = entry;
    if (source == NULL)
        return no_memory(error);
    if (entry != NULL) {
        free(source);
        return TRI_OK;
    }
    const enum tri_status status = tri_opencl_dump(cl, plan, stage, source, error);
    entry = status == TRI_OK ? calloc(1, sizeof *entry) : NULL;
    if (entry == NULL) {
        free(source);
        return status == TRI_OK ? no_memory(error) : status;
    }
    entry->source = source;
    entry->bare = cl->base.unqualified;
    entry->next = cl->programs;
    cl->programs = *result = entry;
    name_kernels(entry, stage);
    if (!entry->bare)
        tri_opencl_load_entry(cl, entry);
    return TRI_OK;
}

static enum tri_status stage_source(struct opencl *cl, const struct tri_plan *plan, int stage,
                                    char **source, struct tri_error *error)
{
    struct tile_stage *tiles = NULL;
    enum tri_status status = cl->lanes ? TRI_OK : tri_opencl_tiles(cl, plan, stage, &tiles, error);
    *source = status == TRI_OK ? tri_opencl_source(cl, plan, &plan->stages[stage], tiles) : NULL;
    if (status == TRI_OK && *source == NULL)
        status = no_memory(error);
    tri_tile_free(tiles);
    return status;
}

enum tri_status tri_opencl_entry(struct opencl *cl, const struct tri_plan *plan, int stage,
                                 struct opencl_program **entry, struct tri_error *error)
{
    char *source;
    const enum tri_status status = stage_source(cl, plan, stage, &source, error);
    return status == TRI_OK ? take_source(cl, plan, &plan->stages[stage], source, entry, error)
                            : status;
}

struct opencl_program *tri_opencl_find_entry(struct opencl *cl, const struct tri_plan *plan,
                                             int stage)
{
    struct tri_error ignored;
    char *source;
    if (stage_source(cl, plan, stage, &source, &ignored) != TRI_OK)
        return NULL;
    struct opencl_program *entry = find(cl, source);
    free(source);
    return entry;
}

void tri_opencl_set_form(struct opencl_program *entry, enum opencl_form form)
{
    if (entry->program != NULL)
        clReleaseProgram(entry->program);
    entry->program = NULL;
    entry->form = form;
}

enum tri_status tri_opencl_build_entry(struct opencl *cl, struct opencl_program *entry,
                                       struct tri_error *error)
{
    char *source = NULL;
    if (entry->program != NULL)
        return TRI_OK;
    if (entry->form >= FORM_SAFE && asprintf(&source, "%s%s", safe_head, entry->source) < 0)
        return no_memory(error);
    const enum tri_status status = tri_opencl_build(
        cl, source != NULL ? source : entry->source,
        entry->form == FORM_UNOPTIMISED ? " -cl-opt-disable" : "", &entry->program, error);
    free(source);
    if (status == TRI_OK && entry->refused) /* the driver did not accept the stored binary */
        tri_opencl_keep_entry(cl, entry);
    entry->refused = false;
    return status;
}

enum tri_status tri_opencl_program(struct opencl *cl, const struct tri_plan *plan,
                                   const struct tri_stage *stage, const struct tile_stage *tiles,
                                   cl_program *program, struct tri_error *error)
{
    struct opencl_program *entry;
    enum tri_status status =
        take_source(cl, plan, stage, tri_opencl_source(cl, plan, stage, tiles), &entry, error);
    if (status == TRI_OK)
        status = tri_opencl_build_entry(cl, entry, error);
    if (status == TRI_OK)
        *program = entry->program;
    return status;
}

void tri_opencl_end_programs(struct opencl *cl)
{
    while (cl->programs != NULL) {
        struct opencl_program *entry = cl->programs;
        cl->programs = entry->next;
        tri_opencl_set_form(entry, FORM_PLAIN);
        free(entry->source);
        free(entry);
    }
    tri_backend_close(cl->reference);
    cl->reference = NULL;
    free(cl->identity);
    cl->identity = NULL;
}
