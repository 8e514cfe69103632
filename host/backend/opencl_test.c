/* opencl_test.c -- the self-test of an OpenCL device: the arithmetic that exactness rests on, and a
 * kernel's known answer through the whole backend. */
#include "opencl.h"

#include <math.h>
#include <string.h>

#define CASES 64

static const char source[] =
    "#pragma OPENCL FP_CONTRACT OFF\n"
    "__kernel void self_test(__global const float *a, __global const float *b, __global float *sum, __global int *whole) {\n"
    "    const int i = (int)get_global_id(0);\n"
    "    sum[i] = a[i] * b[i] + a[(i + 1) % 64];\n"
    "    whole[i] = (int)((a[i] + 12582912.0f) - 12582912.0f) + (int)((uint)(i * 0x01234567) >> (i % 32)) + (-i >> 3);\n"
    "}\n";

/* What the kernel must give; volatile keeps the host's compiler from contracting. */
static void expected(const float *a, const float *b, float *sum, int32_t *whole)
{
    for (int i = 0; i < CASES; i++) {
        volatile float product = a[i] * b[i], shifted = a[i] + 12582912.0f;
        sum[i] = product + a[(i + 1) % CASES];
        whole[i] = (int32_t)(shifted - 12582912.0f) + (int32_t)((uint32_t)i * 0x01234567u >> (i % 32)) + (int32_t)floor(-i / 8.0);
    }
}

static enum tri_status run_arithmetic(struct opencl *cl, cl_kernel kernel, cl_mem buffers[4], struct tri_error *error)
{
    float a[CASES], b[CASES], sum[CASES], right_sum[CASES];
    int32_t whole[CASES], right_whole[CASES];
    const size_t size = sizeof a, items = CASES;
    cl_int code = CL_SUCCESS;
    for (int i = 0; i < CASES; i++) {
        a[i] = (float)(i * 37 % 255) + 0.1f * (float)i;
        b[i] = 1.0f / (float)(i + 3);
    }
    expected(a, b, right_sum, right_whole);
    for (int i = 0; i < 4 && code == CL_SUCCESS; i++)
        code = clSetKernelArg(kernel, (cl_uint)i, sizeof(cl_mem), &buffers[i]);
    if (code == CL_SUCCESS)
        code = clEnqueueWriteBuffer(cl->queue, buffers[0], CL_TRUE, 0, size, a, 0, NULL, NULL);
    if (code == CL_SUCCESS)
        code = clEnqueueWriteBuffer(cl->queue, buffers[1], CL_TRUE, 0, size, b, 0, NULL, NULL);
    if (code == CL_SUCCESS && tri_opencl_launch(cl, kernel, "self_test", 1, &items, NULL, error) != TRI_OK)
        return TRI_NO_DEVICE;
    if (code == CL_SUCCESS && tri_opencl_finish(cl, cl->queue, "the self-test", error) != TRI_OK)
        return TRI_NO_DEVICE;
    if (code == CL_SUCCESS)
        code = clEnqueueReadBuffer(cl->queue, buffers[2], CL_TRUE, 0, size, sum, 0, NULL, NULL);
    if (code == CL_SUCCESS)
        code = clEnqueueReadBuffer(cl->queue, buffers[3], CL_TRUE, 0, size, whole, 0, NULL, NULL);
    if (code != CL_SUCCESS)
        return tri_opencl_fail(error, "self-test", code, cl->base.info.device);
    if (memcmp(sum, right_sum, size) != 0)
        return tri_fail(error, TRI_NO_DEVICE, "%s failed the self-test: a * b + c is not two roundings", cl->base.info.device);
    if (memcmp(whole, right_whole, size) != 0)
        return tri_fail(error, TRI_NO_DEVICE, "%s failed the self-test: conversions or shifts differ", cl->base.info.device);
    return TRI_OK;
}

static enum tri_status test_arithmetic(struct opencl *cl, struct tri_error *error)
{
    cl_program program;
    cl_int code;
    cl_mem buffers[4] = {NULL, NULL, NULL, NULL};
    enum tri_status status = tri_opencl_build(cl, source, &program, error);
    if (status != TRI_OK)
        return status;
    cl_kernel kernel = clCreateKernel(program, "self_test", &code);
    for (int i = 0; i < 4 && code == CL_SUCCESS; i++)
        buffers[i] = clCreateBuffer(cl->context, CL_MEM_READ_WRITE, CASES * 4, NULL, &code);
    status = code == CL_SUCCESS ? run_arithmetic(cl, kernel, buffers, error)
                                : tri_opencl_fail(error, "self-test", code, cl->base.info.device);
    if (tri_opencl_hangs(&cl->base))
        return status;
    for (int i = 0; i < 4; i++) {
        if (buffers[i] != NULL)
            clReleaseMemObject(buffers[i]);
    }
    if (kernel != NULL)
        clReleaseKernel(kernel);
    clReleaseProgram(program);
    return status;
}

static enum tri_status run_known(struct opencl *cl, const struct tri_known *known, struct tri_pipeline *pipeline,
                                 struct tri_image *in, bool *right, struct tri_error *error)
{
    struct tri_job *job = NULL;
    struct tri_image *out = NULL;
    for (int p = 0; p < known->in.planes; p++) {
        for (int y = 0; y < known->in.height; y++)
            memcpy(tri_image_row(in, p, y), known->in.samples + (p * known->in.height + y) * known->in.width,
                   (size_t)known->in.width);
    }
    enum tri_status status = tri_job_new(&cl->base, pipeline, &in->shape, &job, error);
    if (status == TRI_OK)
        status = tri_image_new(tri_job_shape(job), &out, error);
    if (status == TRI_OK)
        status = tri_job_run(job, in, out, NULL, error);
    *right = true;
    for (int p = 0; status == TRI_OK && p < known->out.planes; p++) {
        for (int y = 0; y < known->out.height; y++)
            *right &= memcmp(tri_image_row(out, p, y), known->out.samples + (p * known->out.height + y) * known->out.width,
                             (size_t)known->out.width) == 0;
    }
    tri_image_free(out);
    tri_job_free(job);
    return status;
}

static enum tri_status test_known(struct opencl *cl, const struct tri_kernel *kernel, struct tri_error *error)
{
    const struct tri_known *known = kernel->known;
    const struct tri_shape shape = {known->in.width, known->in.height, known->in.planes, 8};
    struct tri_pipeline *pipeline = NULL;
    struct tri_image *in = NULL;
    bool right = false;
    enum tri_status status = tri_pipeline_parse(known->pipeline, &pipeline, error);
    if (status == TRI_OK)
        status = tri_image_new(&shape, &in, error);
    if (status == TRI_OK)
        status = run_known(cl, known, pipeline, in, &right, error);
    if (status == TRI_OK && !right)
        status = tri_fail(error, TRI_NO_DEVICE, "%s failed the self-test: '%s' gives a wrong picture", cl->base.info.device,
                          known->pipeline);
    tri_image_free(in);
    tri_pipeline_free(pipeline);
    return status;
}

enum tri_status tri_opencl_self_test(struct opencl *cl, struct tri_error *error)
{
    const enum tri_status status = test_arithmetic(cl, error);
    return status == TRI_OK ? test_known(cl, tri_kernel_at(0), error) : status;
}
