/* opencl_program.c -- OpenCL programs from the embedded sources: one flat text, since drivers look
 * for include files in the working directory. */
#include "opencl.h"
#include "../pipeline/registry.h"

#include <stdlib.h>
#include <string.h>

static const char head[] = "#pragma OPENCL FP_CONTRACT OFF\n";

/* The lanes' width is what the compiler says the CPU has. */
static const char lanes_head[] = "#if defined(__AVX2__)\n#define LANES (64 * 8 / BITS)\n#else\n#define LANES (16 * 8 / BITS)\n#endif\n"
                                 "#define ROW_FUNCTION(name, kind, IN, OUT) static void name##_each_row(const struct tri_row *row)\n";
static const char *const lanes_files[] = {"row.h", "lanes.h", "body.h", "rows.h", NULL};
static const char *const plain_files[] = {"row.h", "single.h", "body.h", "items.h", NULL};

static void put_files(FILE *text, const char *const files[])
{
    for (int i = 0; files[i] != NULL; i++)
        fputs(tri_source_find(files[i]), text);
}

/* Each kernel file once. */
static void put_kernels(FILE *text, const struct tri_stage *stage)
{
    for (int i = 0; i < stage->pass_count; i++) {
        bool again = false;
        for (int k = 0; k < i; k++)
            again |= strcmp(stage->passes[k]->file, stage->passes[i]->file) == 0;
        if (!again)
            fputs(tri_source_find(stage->passes[i]->file), text);
    }
}

static void put_walker(FILE *text, const struct tri_stage *stage)
{
    fputs("static void run_pass(int pass, const struct tri_row *row)\n{\n    switch (pass) {\n", text);
    for (int i = 0; i < stage->pass_count; i++)
        fprintf(text, "    case %d:\n        %s_each_row(row);\n        break;\n", i, stage->passes[i]->name);
    fputs("    }\n}\n#define WALK_ARGUMENT\n#define WALK_PASS_ON\n#define RUN_PASS(pass, row) run_pass(pass, row)\n", text);
    fputs(tri_source_find("walk.h"), text);
    fputs(tri_source_find("walker.h"), text);
}

static char *make_source(const struct opencl *cl, const struct tri_stage *stage, int bits)
{
    char *source = NULL;
    size_t size;
    FILE *text = open_memstream(&source, &size);
    if (text == NULL)
        return NULL;
    fprintf(text, "%s#define BITS %d\n", head, bits);
    if (cl->lanes)
        fputs(lanes_head, text);
    put_files(text, cl->lanes ? lanes_files : plain_files);
    put_kernels(text, stage);
    if (cl->lanes)
        put_walker(text, stage);
    if (ferror(text) | (fclose(text) != 0)) {
        free(source);
        return NULL;
    }
    return source;
}

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
    code = clBuildProgram(*program, 1, &cl->device, cl->options, NULL, NULL);
    if (code == CL_SUCCESS)
        return TRI_OK;
    fail_with_log(cl, *program, code, error);
    clReleaseProgram(*program);
    *program = NULL;
    return TRI_NO_DEVICE;
}

enum tri_status tri_opencl_program(struct opencl *cl, const struct tri_stage *stage, int bits, cl_program *program,
                                   struct tri_error *error)
{
    char *source = make_source(cl, stage, bits);
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
    const enum tri_status status = tri_opencl_build(cl, source, program, error);
    if (status != TRI_OK) {
        free(source);
        free(entry);
        return status;
    }
    *entry = (struct opencl_program){source, *program, cl->programs};
    cl->programs = entry;
    return TRI_OK;
}
