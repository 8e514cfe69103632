/* opencl_dialect.c -- chooses the kernels' dialect for a device: lanes if it is the host's CPU and
 * its compiler supports clang's vectors. */
#include "opencl.h"

#include <stdlib.h>
#include <string.h>

/* Lanes need clang's vectors and builtins; only compiling shows whether they work. */
static const char probe[] =
    "typedef uchar v __attribute__((ext_vector_type(64)));\n"
    "typedef ushort w __attribute__((ext_vector_type(64)));\n"
    "typedef struct __attribute__((packed)) { v x; } p;\n"
    "__attribute__((vec_type_hint(uint16))) __kernel void probe(__global uchar *a) {\n"
    "    __global p *at = (__global p *)(a + get_global_id(0));\n"
    "    w wide = __builtin_convertvector(at->x, w);\n"
    "    at->x = __builtin_elementwise_max(__builtin_convertvector(wide >> 1, v), at->x);\n}\n";

/* The first non-empty line of a program's build log, or "". */
static void read_log(struct opencl *cl, cl_program program, char line[200])
{
    size_t size = 0;
    char *log = NULL;
    line[0] = '\0';
    if (clGetProgramBuildInfo(program, cl->device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) !=
            CL_SUCCESS ||
        size == 0)
        return;
    log = calloc(1, size + 1);
    if (log != NULL && clGetProgramBuildInfo(program, cl->device, CL_PROGRAM_BUILD_LOG, size, log,
                                             NULL) == CL_SUCCESS) {
        const char *first = log + strspn(log, " \t\r\n");
        snprintf(line, 200, "%.*s", (int)strcspn(first, "\r\n"), first);
    }
    free(log);
}

/* Whether the compiler accepts the probe. It rejects it with an error of its own and a log; other
 * failures say nothing about lanes. */
static enum tri_status try_probe(struct opencl *cl, bool *taken, char log[200],
                                 struct tri_error *error)
{
    const char *source = probe;
    cl_int code;
    cl_program program = clCreateProgramWithSource(cl->context, 1, &source, NULL, &code);
    log[0] = '\0';
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "clCreateProgramWithSource", code, cl->base.info.device);
    code = clBuildProgram(program, 1, &cl->device, cl->options, NULL, NULL);
    if (code != CL_SUCCESS)
        read_log(cl, program, log);
    clReleaseProgram(program);
    *taken = code == CL_SUCCESS;
    if (*taken || (code == CL_BUILD_PROGRAM_FAILURE && log[0] != '\0'))
        return TRI_OK;
    return tri_opencl_fail(error, "clBuildProgram, for the lanes probe", code,
                           cl->base.info.device);
}

static enum tri_status probe_lanes(struct opencl *cl, struct tri_error *error)
{
    static const char taken[] = "lanes";
    char log[200], known[sizeof taken];
    if (tri_opencl_recall(cl, probe, known, sizeof known) &&
        memcmp(known, taken, sizeof taken) == 0) {
        cl->lanes = true;
        return TRI_OK;
    }
    enum tri_status status = try_probe(cl, &cl->lanes, log, error);
    if (status != TRI_OK) /* a full disk, another process in the driver's cache, no memory: such
                             failures are temporary */
        status = try_probe(cl, &cl->lanes, log, NULL); /* report the first error */
    if (status == TRI_OK && cl->lanes)
        tri_opencl_remember(cl, probe, taken, sizeof taken);
    if (status == TRI_OK && !cl->lanes)
        tri_backend_add_note(
            &cl->base,
            "%s is a CPU, but runs slower than it could, without lanes: its compiler does not "
            "support clang's vectors: %s",
            cl->base.info.device, log);
    return status;
}

/* Compilers that use SPIR-V, as Mesa's do, end the process on vectors that are too wide; those
 * devices report vectors of one element. */
static enum tri_status find_lanes(struct opencl *cl, struct tri_error *error)
{
    cl_uint width = 0;
    CHECK(clGetDeviceInfo, cl->device, CL_DEVICE_NATIVE_VECTOR_WIDTH_CHAR, sizeof width, &width,
          NULL);
    if (width > 1 && !cl->no_lanes) {
        tri_opencl_step("lanes");
        return probe_lanes(cl, error);
    }
    tri_backend_add_note(&cl->base,
                         "%s is a CPU, but runs slower than it could, without lanes: its %s",
                         cl->base.info.device,
                         cl->no_lanes ? "compiler ends the process on clang's vectors"
                                      : "driver reports no vectors");
    return TRI_OK;
}

/* The same as the host's kernels: 64 for AVX2 and AVX-512. */
static int lanes_bytes(void)
{
    for (int i = 0; i < tri_isa_count(); i++) {
        if (strncmp(tri_isa_name(i), "avx", 3) == 0)
            return 64;
    }
    return 16;
}

enum tri_status tri_opencl_choose_dialect(struct opencl *cl, cl_device_type type,
                                          struct tri_error *error)
{
    const char *asked = getenv("TRIPTYCH_OPENCL_DIALECT");
    enum tri_status status = TRI_OK;
    if (asked == NULL || asked[0] == '\0') {
        if (tri_opencl_is_cpu(type))
            status = find_lanes(cl, error);
    } else if (strcmp(asked, OPENCL_LANES) == 0) {
        cl->lanes = true;
    } else if (strcmp(asked, OPENCL_TILES) != 0) {
        status = tri_fail(error, TRI_USAGE,
                          "invalid TRIPTYCH_OPENCL_DIALECT '%.100s'; expected %s or %s, or unset",
                          asked, OPENCL_LANES, OPENCL_TILES);
    }
    cl->lanes_bytes = lanes_bytes();
    cl->base.kind = cl->lanes ? TRI_PLAN_WALK : TRI_PLAN_TILES;
    cl->base.pads = !cl->lanes || !cl->shared;
    snprintf(cl->base.info.isa, sizeof cl->base.info.isa, "%s",
             cl->lanes ? OPENCL_LANES : OPENCL_TILES);
    return status;
}
