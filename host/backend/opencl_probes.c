/* opencl_probes.c -- tests the arithmetic that exactness depends on, piece by piece, on an OpenCL
 * device.
 *
 * Each piece exists in the plain form and, if it negates something, in the safe form, where
 * negation is subtraction from a zero unknown to the compiler: a kernel argument. Some assemblers
 * lose the minus sign of an operand of shift-and-add, or of a minimum or maximum of three. */
#include "opencl.h"
#include "../pipeline/registry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CASES = 256, GROUP = 64, BINS = 16 };

enum probe {
    TWO_ROUNDINGS,
    FLOAT_TO_INT,
    SATURATION,
    SHIFT_INDEX_1,
    SHIFT_INDEX_3,
    SHIFT_1,
    SHIFT_3,
    MIN_MAX_NESTED,
    MIN_MAX_NEGATED,
    WRAP_8,
    WRAP_16,
    WRAP_32,
    MUL_HI,
    DIVISION,
    ROOT,
    COUNT_GLOBAL,
    COUNT_LOCAL,
    PROBES
};
_Static_assert((int)PROBES == (int)TRI_PROBES, "the public header has their number");

static const struct {
    const char *name, *sentence;
    bool safe; /* has a safe form */
} probes[PROBES] = {
    [TWO_ROUNDINGS] = {"two-roundings", "a * b + c rounds twice: the product, then the sum", false},
    [FLOAT_TO_INT] =
        {"float-to-int",
         "floats and integers convert both ways, by rounding to even and by truncation", false},
    [SATURATION] = {"saturation", "a float beyond black or white becomes black or white", false},
    [SHIFT_INDEX_1] =
        {"shift-index-1",
         "b + (-i >> 1) keeps its minus sign, where i is an index truncated from 64 bits", true},
    [SHIFT_INDEX_3] =
        {"shift-index-3",
         "b + (-i >> 3) keeps its minus sign, where i is an index truncated from 64 bits", true},
    [SHIFT_1] = {"shift-1", "b + (-a >> 1) keeps its minus sign, where a comes from memory", true},
    [SHIFT_3] = {"shift-3", "b + (-a >> 3) keeps its minus sign, where a comes from memory", true},
    [MIN_MAX_NESTED] = {"min-max-nested",
                        "max(max(a, -b), c) and min(min(a, -b), c) keep their minus signs", true},
    [MIN_MAX_NEGATED] =
        {"min-max-negated",
         "max(lowest, -highest) of chains of minima and maxima keeps its minus sign", true},
    [WRAP_8] = {"wrap-8", "8 bits wrap around in sums, differences and products", false},
    [WRAP_16] = {"wrap-16", "16 bits wrap around in sums, differences and products", false},
    [WRAP_32] = {"wrap-32", "32 bits wrap around in sums, differences and products", false},
    [MUL_HI] = {"mul-hi", "the upper half of a product of 32 bits by 32 bits", false},
    [DIVISION] = {"division",
                  "a quotient, corrected in integers however rough the device's division is",
                  false},
    [ROOT] = {"root", "a square root, corrected in integers however rough the device's root is",
              false},
    [COUNT_GLOBAL] = {"count-global", "atomic_inc in global memory loses no count", false},
    [COUNT_LOCAL] = {"count-local", "atomic_inc in local memory loses no count", false},
};

const char *tri_probe_name(int probe)
{
    return probe >= 0 && probe < TRI_PROBES ? probes[probe].name : NULL;
}

const char *tri_probe_sentence(int probe)
{
    return probe >= 0 && probe < TRI_PROBES ? probes[probe].sentence : NULL;
}

const char *tri_probe_word(enum tri_probe_verdict verdict)
{
    static const char *const words[] = {"not tried", "passed", "passed in the safe form", "failed"};
    return (unsigned)verdict < sizeof words / sizeof words[0] ? words[verdict] : NULL;
}

/* ---- what the device computes ---- */

/* KERNEL is the kernel's name, NEG(v) a negation in either form; results are in the order of enum
 * probe. */
static const char pieces[] =
    "__kernel void KERNEL(__global const int *whole, __global const float *real, __global int "
    "*result, int zero) {\n"
    "    const int i = (int)get_global_id(0);\n"
    "    __global int *at = result + i;\n"
    "    const int a = whole[i], b = whole[i + 256], c = whole[i + 512], e = whole[i + 768], f = "
    "whole[i + 1024];\n"
    "    const float x = real[i], y = real[i + 256], z = real[i + 512];\n"
    "    at[0 * 256] = as_int(x * y + z);\n"
    "    at[1 * 256] = I32(ROUND(z)) * 3 + I32(z) * 5 + as_int(F32(a)) * 7;\n"
    "    at[2 * 256] = S_FROM_F32(z);\n"
    "    at[3 * 256] = b + (NEG(i) >> 1);\n"
    "    at[4 * 256] = b + (NEG(i) >> 3);\n"
    "    at[5 * 256] = b + (NEG(a) >> 1);\n"
    "    at[6 * 256] = b + (NEG(a) >> 3);\n"
    "    at[7 * 256] = MAX(MAX(a, NEG(b)), c) * 3 + MIN(MIN(e, NEG(c)), f) * 5;\n"
    "    {\n"
    "        const short p = (short)a, q = (short)b, r = (short)c, s = (short)e, t = (short)f;\n"
    "        const short highest = MAX(MAX(r - s, r - t), MIN(p, q)), lowest = MIN(MIN(r - s, r - "
    "t), MAX(p, q));\n"
    "        const short margin = MAX(MAX(s, t), MAX(lowest, NEG(highest)));\n"
    "        at[8 * 256] = CLAMP(p, r - margin, r + margin);\n"
    "    }\n"
    "    {\n"
    "        const u8 p = (u8)a, q = (u8)b;\n"
    "        const u8 sum = p + q, difference = p - q, product = p * q;\n"
    "        at[9 * 256] = sum + difference * 3 + product * 5;\n"
    "    }\n"
    "    {\n"
    "        const u16 p = (u16)a, q = (u16)(b * 257);\n"
    "        const u16 sum = p + q, difference = p - q, product = (uint)p * (uint)q;\n"
    "        at[10 * 256] = sum + difference * 3 + product * 5;\n"
    "    }\n"
    "    const uint u = (uint)a * 2654435761u, v = (uint)b * 40503u;\n"
    "    at[11 * 256] = (int)((u + v) ^ (u - v) ^ u * v);\n"
    "    at[12 * 256] = (int)(lanes_mul_hi(u, v) ^ mul_hi(u, v + 1));\n"
    "    {\n"
    "        const uint d = (u & 65535u) == 0 ? 65535u : u & 65535u, most = 65535u * d + d - 1;\n"
    "        at[13 * 256] = (int)(divide_lanes(v < most ? v : most, d) + divide_lanes(most, d) * "
    "7);\n"
    "    }\n"
    "    at[14 * 256] = (int)(round_sqrt(u % 4294836226u) + round_sqrt(v & 65535u) * 7);\n"
    "}\n";
static const char counting[] =
    "__kernel void probe_counts(__global const int *whole, __global int *global_bins, __global int "
    "*local_bins) {\n"
    "    __local int bins[16];\n"
    "    const int i = (int)get_global_id(0), k = (int)get_local_id(0);\n"
    "    if (k < 16)\n"
    "        bins[k] = 0;\n"
    "    barrier(CLK_LOCAL_MEM_FENCE);\n"
    "    for (int n = 0; n < 5; n++) {\n"
    "        atomic_inc(&global_bins[whole[i + 256 * n] & 15]);\n"
    "        atomic_inc(&bins[whole[i + 256 * n] & 15]);\n"
    "    }\n"
    "    barrier(CLK_LOCAL_MEM_FENCE);\n"
    "    if (k < 16)\n"
    "        local_bins[get_group_id(0) * 16 + k] = bins[k];\n"
    "}\n";

enum {
    WHOLE = 5 * CASES,
    REAL = 3 * CASES,
    RESULTS = COUNT_GLOBAL * CASES,
    LOCAL_BINS = BINS * CASES / GROUP
};

/* Deterministic inputs: small and large, of either sign. */
static void make_inputs(int32_t whole[WHOLE], float real[REAL])
{
    uint32_t state = 1;
    for (int i = 0; i < WHOLE; i++) {
        state = state * 1664525u + 1013904223u;
        const int32_t value = (int32_t)(state >> 12) - (1 << 19);
        whole[i] = i % 4 == 0 ? value >> 12 : value >> 7;
    }
    for (int i = 0; i < REAL; i++) {
        state = state * 1664525u + 1013904223u;
        real[i] = (float)((int32_t)(state >> 8) - (1 << 23)) / 8191.0f + 0.1f * (float)(i % 7);
    }
    for (int i = 2 * CASES; i < REAL; i += 5) /* halves, which round to the even neighbour */
        real[i] = (float)(i % 61) - 30.5f;
}

static int32_t bits_of(float value)
{
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static int largest(int a, int b)
{
    return a > b ? a : b;
}

static int smallest(int a, int b)
{
    return a < b ? a : b;
}

static uint32_t root_of(uint32_t n)
{
    uint32_t r = (uint32_t)sqrt((double)n);
    while ((uint64_t)r * r + r < n)
        r++;
    while (r > 0 && (uint64_t)r * r - r >= n)
        r--;
    return r;
}

static int32_t margin_of(int a, int b, int c, int e, int f)
{
    const int16_t p = (int16_t)a, q = (int16_t)b, r = (int16_t)c, s = (int16_t)e, t = (int16_t)f;
    const int16_t highest = (int16_t)largest(largest(r - s, r - t), smallest(p, q));
    const int16_t lowest = (int16_t)smallest(smallest(r - s, r - t), largest(p, q));
    const int16_t margin = (int16_t)largest(largest(s, t), largest(lowest, 0 - highest));
    return smallest(largest(p, r - margin), r + margin);
}

/* Arithmetic shift of a negative number, independent of the host's compiler. */
static int32_t shifted(int32_t value, int by)
{
    return (int32_t)floor(ldexp((double)value, -by));
}

/* The kernel's expected results; volatile keeps the host's compiler from contracting. */
static void expect_at(int i, const int32_t *whole, const float *real, int32_t *at)
{
    const int a = whole[i], b = whole[i + CASES], c = whole[i + 2 * CASES],
              e = whole[i + 3 * CASES], f = whole[i + 4 * CASES];
    const float x = real[i], y = real[i + CASES], z = real[i + 2 * CASES];
    const uint32_t u = (uint32_t)a * 2654435761u, v = (uint32_t)b * 40503u;
    const volatile float product = x * y, up = z + 12582912.0f;
    const float held = z < 0 ? 0 : z > 255 ? 255 : z;
    const volatile float held_up = held + 12582912.0f;
    at[TWO_ROUNDINGS * CASES] = bits_of(product + z);
    at[FLOAT_TO_INT * CASES] =
        (int32_t)((uint32_t)(int32_t)(up - 12582912.0f) * 3 + (uint32_t)(int32_t)z * 5 +
                  (uint32_t)bits_of((float)a) * 7);
    at[SATURATION * CASES] = (int32_t)(held_up - 12582912.0f);
    at[SHIFT_INDEX_1 * CASES] = b + shifted(-i, 1);
    at[SHIFT_INDEX_3 * CASES] = b + shifted(-i, 3);
    at[SHIFT_1 * CASES] = b + shifted(-a, 1);
    at[SHIFT_3 * CASES] = b + shifted(-a, 3);
    at[MIN_MAX_NESTED * CASES] = largest(largest(a, -b), c) * 3 + smallest(smallest(e, -c), f) * 5;
    at[MIN_MAX_NEGATED * CASES] = margin_of(a, b, c, e, f);
    at[WRAP_8 * CASES] =
        (uint8_t)(a + b) + (uint8_t)(a - b) * 3 + (uint8_t)((uint32_t)a * (uint32_t)b) * 5;
    const uint32_t q = (uint32_t)b * 257;
    at[WRAP_16 * CASES] = (uint16_t)((uint32_t)a + q) + (uint16_t)((uint32_t)a - q) * 3 +
                          (uint16_t)((uint32_t)a * q) * 5;
    at[WRAP_32 * CASES] = (int32_t)((u + v) ^ (u - v) ^ u * v);
    at[MUL_HI * CASES] =
        (int32_t)((uint32_t)((uint64_t)u * v >> 32) ^ (uint32_t)((uint64_t)u * (v + 1) >> 32));
    const uint32_t d = (u & 65535u) == 0 ? 65535u : u & 65535u, most = 65535u * d + d - 1;
    at[DIVISION * CASES] = (int32_t)((v < most ? v : most) / d + most / d * 7);
    at[ROOT * CASES] = (int32_t)(root_of(u % 4294836226u) + root_of(v & 65535u) * 7);
}

/* ---- running them ---- */

struct bench {
    cl_program program;
    cl_kernel plain, safe, counts;
    cl_mem whole, real, result, global_bins, local_bins;
    int32_t given_whole[WHOLE], right[RESULTS], got[RESULTS];
    float given_real[REAL];
};

static void put_form(FILE *text, const char *name, const char *negation)
{
    fprintf(text, "#define KERNEL %s\n#define NEG(v) %s\n%s#undef KERNEL\n#undef NEG\n", name,
            negation, pieces);
}

static char *make_source(void)
{
    static const char *const files[] = {"row_arguments.h", "one_lane.h", "body_words.h"};
    char *source = NULL;
    size_t size;
    FILE *text = open_memstream(&source, &size);
    if (text == NULL)
        return NULL;
    fputs("#pragma OPENCL FP_CONTRACT OFF\n#define BITS 8\n", text);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        fputs(tri_source_find(files[i]), text);
    put_form(text, "probe_plain", "(-(v))");
    put_form(text, "probe_safe", "(zero - (v))");
    fputs(counting, text);
    if (ferror(text) | (fclose(text) != 0)) {
        free(source);
        return NULL;
    }
    return source;
}

static enum tri_status make_kernel(struct opencl *cl, cl_program program, const char *name,
                                   cl_kernel *kernel, struct tri_error *error)
{
    cl_int code;
    *kernel = clCreateKernel(program, name, &code);
    if (code == CL_SUCCESS)
        return TRI_OK;
    *kernel = NULL;
    return tri_opencl_fail(error, "clCreateKernel", code, cl->base.info.device);
}

static enum tri_status make_bench(struct opencl *cl, struct bench *bench, struct tri_error *error)
{
    static const int32_t zeros[BINS];
    const cl_mem_flags given = CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR;
    make_inputs(bench->given_whole, bench->given_real);
    for (int i = 0; i < CASES; i++)
        expect_at(i, bench->given_whole, bench->given_real, bench->right + i);
    enum tri_status status = tri_opencl_buffer(cl, given, sizeof bench->given_whole,
                                               bench->given_whole, &bench->whole, error);
    if (status == TRI_OK)
        status = tri_opencl_buffer(cl, given, sizeof bench->given_real, bench->given_real,
                                   &bench->real, error);
    if (status == TRI_OK)
        status = tri_opencl_buffer(cl, CL_MEM_READ_WRITE, sizeof bench->got, NULL, &bench->result,
                                   error);
    if (status == TRI_OK)
        status = tri_opencl_buffer(cl, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, sizeof zeros,
                                   (void *)(uintptr_t)zeros, &bench->global_bins, error);
    if (status == TRI_OK)
        status = tri_opencl_buffer(cl, CL_MEM_READ_WRITE, LOCAL_BINS * sizeof(int32_t), NULL,
                                   &bench->local_bins, error);
    return status;
}

static enum tri_status run_form(struct opencl *cl, struct bench *bench, cl_kernel kernel,
                                struct tri_error *error)
{
    const size_t items = CASES, group = GROUP;
    const cl_int zero = 0;
    CHECK(clSetKernelArg, kernel, 0, sizeof(cl_mem), &bench->whole);
    CHECK(clSetKernelArg, kernel, 1, sizeof(cl_mem), &bench->real);
    CHECK(clSetKernelArg, kernel, 2, sizeof(cl_mem), &bench->result);
    CHECK(clSetKernelArg, kernel, 3, sizeof zero, &zero);
    CHECK(clEnqueueNDRangeKernel, cl->queue, kernel, 1, NULL, &items, &group, 0, NULL, NULL);
    const enum tri_status status =
        tri_opencl_finish(cl, cl->queue, "the probes of its arithmetic", error);
    if (status != TRI_OK)
        return status;
    CHECK(clEnqueueReadBuffer, cl->queue, bench->result, CL_TRUE, 0, sizeof bench->got, bench->got,
          0, NULL, NULL);
    return TRI_OK;
}

static bool is_right(const struct bench *bench, int probe)
{
    return memcmp(bench->got + probe * CASES, bench->right + probe * CASES,
                  CASES * sizeof(int32_t)) == 0;
}

static enum tri_status judge_forms(struct opencl *cl, struct bench *bench,
                                   enum tri_probe_verdict verdicts[TRI_PROBES],
                                   struct tri_error *error)
{
    bool again = false;
    enum tri_status status = run_form(cl, bench, bench->plain, error);
    for (int p = 0; p < COUNT_GLOBAL && status == TRI_OK; p++) {
        verdicts[p] = is_right(bench, p) ? TRI_PROBE_PASSED : TRI_PROBE_FAILED;
        again |= verdicts[p] == TRI_PROBE_FAILED && probes[p].safe;
    }
    if (again && status == TRI_OK)
        status = make_kernel(cl, bench->program, "probe_safe", &bench->safe, error);
    if (again && status == TRI_OK)
        status = run_form(cl, bench, bench->safe, error);
    for (int p = 0; p < COUNT_GLOBAL && again && status == TRI_OK; p++) {
        if (verdicts[p] == TRI_PROBE_FAILED && probes[p].safe && is_right(bench, p))
            verdicts[p] = TRI_PROBE_SAFE;
    }
    return status;
}

static enum tri_status judge_counts(struct opencl *cl, struct bench *bench,
                                    enum tri_probe_verdict verdicts[TRI_PROBES],
                                    struct tri_error *error)
{
    const size_t items = CASES, group = GROUP;
    int32_t global_bins[BINS], local_bins[LOCAL_BINS], right_global[BINS] = {0},
                                                       right_local[LOCAL_BINS] = {0};
    for (int i = 0; i < WHOLE; i++) {
        right_global[bench->given_whole[i] & 15]++;
        right_local[i % CASES / GROUP * BINS + (bench->given_whole[i] & 15)]++;
    }
    CHECK(clSetKernelArg, bench->counts, 0, sizeof(cl_mem), &bench->whole);
    CHECK(clSetKernelArg, bench->counts, 1, sizeof(cl_mem), &bench->global_bins);
    CHECK(clSetKernelArg, bench->counts, 2, sizeof(cl_mem), &bench->local_bins);
    CHECK(clEnqueueNDRangeKernel, cl->queue, bench->counts, 1, NULL, &items, &group, 0, NULL, NULL);
    const enum tri_status status =
        tri_opencl_finish(cl, cl->queue, "the probes of its counting", error);
    if (status != TRI_OK)
        return status;
    CHECK(clEnqueueReadBuffer, cl->queue, bench->global_bins, CL_TRUE, 0, sizeof global_bins,
          global_bins, 0, NULL, NULL);
    CHECK(clEnqueueReadBuffer, cl->queue, bench->local_bins, CL_TRUE, 0, sizeof local_bins,
          local_bins, 0, NULL, NULL);
    verdicts[COUNT_GLOBAL] = memcmp(global_bins, right_global, sizeof right_global) == 0
                                 ? TRI_PROBE_PASSED
                                 : TRI_PROBE_FAILED;
    verdicts[COUNT_LOCAL] = memcmp(local_bins, right_local, sizeof right_local) == 0
                                ? TRI_PROBE_PASSED
                                : TRI_PROBE_FAILED;
    return TRI_OK;
}

static void free_bench(struct opencl *cl, struct bench *bench)
{
    const cl_kernel kernels[] = {bench->plain, bench->safe, bench->counts};
    if (tri_opencl_finish(cl, cl->queue, "what was left", NULL) != TRI_OK)
        return; /* it may be in use for ever */
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        if (kernels[i] != NULL)
            clReleaseKernel(kernels[i]);
    }
    tri_opencl_release_buffer(bench->whole);
    tri_opencl_release_buffer(bench->real);
    tri_opencl_release_buffer(bench->result);
    tri_opencl_release_buffer(bench->global_bins);
    tri_opencl_release_buffer(bench->local_bins);
    if (bench->program != NULL)
        clReleaseProgram(bench->program);
    free(bench);
}

static enum tri_status try_all(struct opencl *cl, const char *source,
                               enum tri_probe_verdict verdicts[TRI_PROBES], struct tri_error *error)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for the probes of a device");
    enum tri_status status = tri_opencl_build(cl, source, "", &bench->program, error);
    if (status == TRI_OK)
        status = make_bench(cl, bench, error);
    if (status == TRI_OK)
        status = make_kernel(cl, bench->program, "probe_plain", &bench->plain, error);
    if (status == TRI_OK)
        status = make_kernel(cl, bench->program, "probe_counts", &bench->counts, error);
    if (status == TRI_OK)
        status = judge_forms(cl, bench, verdicts, error);
    if (status == TRI_OK)
        status = judge_counts(cl, bench, verdicts, error);
    free_bench(cl, bench);
    return status;
}

/* Verdicts as stored: a byte each. */
static bool recall(struct opencl *cl, const char *source,
                   enum tri_probe_verdict verdicts[TRI_PROBES])
{
    unsigned char kept[TRI_PROBES];
    if (!tri_opencl_recall(cl, source, kept, sizeof kept))
        return false;
    for (int i = 0; i < TRI_PROBES; i++) {
        if (kept[i] <= TRI_PROBE_NONE || kept[i] > TRI_PROBE_FAILED)
            return false;
        verdicts[i] = kept[i];
    }
    return true;
}

enum tri_status tri_opencl_probe(struct opencl *cl, struct tri_error *error)
{
    enum tri_probe_verdict *verdicts = cl->base.info.probes;
    unsigned char kept[TRI_PROBES];
    char *source = make_source();
    if (source == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for the probes of a device");
    enum tri_status status = TRI_OK;
    if (!recall(cl, source, verdicts)) {
        cl->qualifying = true; /* allows for compilers that start at the first launch */
        status = try_all(cl, source, verdicts, error);
        cl->qualifying = false;
        for (int i = 0; i < TRI_PROBES; i++)
            kept[i] = (unsigned char)verdicts[i];
        if (status == TRI_OK)
            tri_opencl_remember(cl, source, kept, sizeof kept);
    }
    free(source);
    return status;
}
