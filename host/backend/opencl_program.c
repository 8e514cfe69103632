/* opencl_program.c -- OpenCL programs: built, and kept. */
#include "opencl.h"

#include <stdlib.h>
#include <string.h>

static enum tri_status fail_with_log(struct opencl *cl, cl_program program, cl_int code, struct tri_error *error)
{
    char log[700] = "";
    size_t size = 0;
    char *whole = NULL;
    clGetProgramBuildInfo(program, cl->device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
    if (size > 0 && (whole = calloc(1, size + 1)) != NULL &&
        clGetProgramBuildInfo(program, cl->device, CL_PROGRAM_BUILD_LOG, size, whole, NULL) == CL_SUCCESS)
        snprintf(log, sizeof log, "%s", whole);
    free(whole);
    return tri_fail(error, TRI_NO_DEVICE, "clBuildProgram: %s on %s; its log:\n%s", tri_opencl_symbol(code),
                    cl->base.info.device, log);
}

enum tri_status tri_opencl_build(struct opencl *cl, const char *source, cl_program *program, struct tri_error *error)
{
    cl_int code;
    *program = clCreateProgramWithSource(cl->context, 1, &source, NULL, &code);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clCreateProgramWithSource", code, cl->base.info.device);
    tri_opencl_enter();
    code = clBuildProgram(*program, 1, &cl->device, cl->options, NULL, NULL);
    tri_opencl_leave();
    if (code == CL_SUCCESS)
        return TRI_OK;
    fail_with_log(cl, *program, code, error);
    clReleaseProgram(*program);
    *program = NULL;
    return TRI_NO_DEVICE;
}

enum tri_status tri_opencl_program(struct opencl *cl, const struct tri_plan *plan, const struct tri_stage *stage,
                                   const struct tile_stage *tiles, cl_program *program, struct tri_error *error)
{
    char *source = tri_opencl_source(cl, plan, stage, tiles);
    struct opencl_program *entry = calloc(1, sizeof *entry);
    if (source == NULL || entry == NULL) {
        free(source);
        free(entry);
        return tri_fail(error, TRI_FAILED, "no memory for an OpenCL program");
    }
    for (const struct opencl_program *known = cl->programs; known != NULL; known = known->next) {
        if (strcmp(known->source, source) == 0) {
            *program = known->program;
            free(source);
            free(entry);
            return TRI_OK;
        }
    }
    enum tri_status status = tri_opencl_dump(cl, stage, source, error);
    if (status == TRI_OK)
        status = tri_opencl_build(cl, source, program, error);
    if (status != TRI_OK) {
        free(source);
        free(entry);
        return status;
    }
    *entry = (struct opencl_program){source, *program, cl->programs};
    cl->programs = entry;
    return TRI_OK;
}
