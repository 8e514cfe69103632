/* test_parts.c -- pictures computed in parts have the bytes of the whole. */
#include "backend/parts.h"
#include "image/image.h"
#include "rig.h"
#include "sets.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

static void copy_rows(const struct tri_image *from, struct tri_span rows, struct tri_image *to)
{
    const size_t bytes = (size_t)from->shape.width * tri_sample_bytes(&from->shape);
    for (int p = 0; p < from->shape.planes; p++) {
        for (int y = rows.first; y < rows.first + rows.count; y++)
            memcpy(tri_image_row(to, p, y), tri_image_row(from, p, y), bytes);
    }
}

/* Parts in an order of their own, as ranks may finish them. */
static enum tri_status run_pass(struct tri_parts *parts, int pass, const struct tri_image *in,
                                int step, struct tri_image *out, struct tri_error *error)
{
    const int height = in->shape.height, count = (height + step - 1) / step;
    enum tri_status status = TRI_OK;
    for (int i = 0; i < count && status == TRI_OK; i++) {
        const int first = (i % 2 == 0 ? i / 2 : count - 1 - i / 2) * step;
        const struct tri_span rows = {first, height - first < step ? height - first : step};
        struct tri_span need;
        status = tri_parts_needs(parts, pass, rows, &need, error);
        if (status != TRI_OK)
            break;
        copy_rows(in, need, tri_parts_input(parts));
        status = tri_parts_run(parts, pass, rows, error);
        if (pass == tri_parts_passes(parts) - 1)
            copy_rows(tri_parts_output(parts), rows, out);
        tri_parts_drop(parts);
    }
    return status;
}

static enum tri_status run_parts(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                                 const struct tri_image *in, int step, struct tri_image **out,
                                 struct tri_error *error)
{
    struct tri_parts *parts = NULL;
    enum tri_status status = tri_parts_new(backend, pipeline, &in->shape, &parts, error);
    if (status == TRI_OK)
        status = tri_image_new(tri_parts_shape(parts), out, error);
    for (int pass = 0; status == TRI_OK && pass < tri_parts_passes(parts); pass++) {
        status = run_pass(parts, pass, in, step, *out, error);
        if (status == TRI_OK)
            tri_parts_complete(parts, pass);
    }
    tri_parts_free(parts);
    return status;
}

static enum tri_status run_whole(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                                 struct tri_image *in, struct tri_image **out,
                                 struct tri_error *error)
{
    struct tri_job *job;
    enum tri_status status = tri_job_new(backend, pipeline, &in->shape, &job, error);
    if (status != TRI_OK)
        return status;
    status = tri_image_new(tri_job_shape(job), out, error);
    if (status == TRI_OK)
        status = tri_job_run(job, in, *out, NULL, error);
    tri_job_free(job);
    return status;
}

/* Returns whether it can be computed in parts at all. */
static bool same_in_parts(struct tri_backend *backend, const char *text, int planes, int bits)
{
    static const int steps[] = {1, 7, 64, 300};
    struct tri_image *in = rig_input(SIZE_333X217, planes, bits, PATTERN_NOISE), *whole = NULL;
    struct tri_pipeline *pipeline;
    struct tri_error error;
    bool fits = true;
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, &error), TRI_OK);
    if (run_whole(backend, pipeline, in, &whole, &error) != TRI_OK)
        fits = false;
    for (int i = 0; i < 4 && fits; i++) {
        struct tri_image *out = NULL;
        const enum tri_status status = run_parts(backend, pipeline, in, steps[i], &out, &error);
        fits = status == TRI_OK;
        if (status == TRI_OK && tri_image_digest(out) != tri_image_digest(whole)) {
            CU_FAIL("parts differ from the whole");
            fprintf(stderr, "%s, %d planes, %d bits, parts of %d rows\n", text, planes, bits,
                    steps[i]);
        }
        if (status != TRI_OK && status != TRI_USAGE) {
            CU_FAIL("parts cannot be computed");
            fprintf(stderr, "%s: %s\n", text, error.text);
        }
        tri_image_free(out);
    }
    tri_image_free(whole);
    tri_pipeline_free(pipeline);
    return fits;
}

static void test_parts(void)
{
    static const char *const pipelines[] = {"gaussian:sigma=3,sobel", "dilate:radius=6,gray",
                                            "gaussian:sigma=1,equalize,sobel,normalize,unsharp",
                                            "gray,threshold:method=otsu,median",
                                            "box,normalize:low=0:high=100,autolevels:clip=0,sobel"};
    static const char *const backends[] = {"sequential", "threads:3"};
    struct tri_backend *backend;
    struct tri_error error;
    for (int b = 0; b < 2; b++) {
        CU_ASSERT_EQUAL_FATAL(tri_backend_open(backends[b], NULL, &backend, &error), TRI_OK);
        for (size_t i = 0; i < sizeof pipelines / sizeof pipelines[0]; i++) {
            CU_ASSERT_TRUE(same_in_parts(backend, pipelines[i], 3, 8));
            CU_ASSERT_TRUE(same_in_parts(backend, pipelines[i], 1 + (int)i % 2, 16));
        }
        tri_backend_close(backend);
    }
}

/* On devices parts are pictures of their own. */
static void test_devices(void)
{
    static const char *const cut[] = {"gaussian:sigma=3,sobel", "median:radius=2,invert"};
    struct tri_backend *backend;
    struct tri_error error;
    if (tri_backend_open("opencl", NULL, &backend, &error) != TRI_OK) {
        test_skip("there is no OpenCL device");
        return;
    }
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_TRUE(same_in_parts(backend, cut[i], 3, 8));
        CU_ASSERT_TRUE(same_in_parts(backend, cut[i], 1, 16));
    }
    CU_ASSERT_FALSE(same_in_parts(backend, "equalize", 3, 8));
    CU_ASSERT_FALSE(same_in_parts(backend, "vignette", 3, 8));
    tri_backend_close(backend);
}

/* Whatever a kernel does: its parts are right, or it is refused. */
static void test_kernels_in_parts(void)
{
    struct tri_backend *backend;
    struct tri_error error;
    char text[3000];
    int fit = 0, refused = 0;
    CU_ASSERT_EQUAL_FATAL(tri_backend_open("threads:2", NULL, &backend, &error), TRI_OK);
    for (int i = 0; i < tri_kernel_count(); i++) {
        set_print_default(tri_kernel_at(i), text, sizeof text);
        const bool fits = same_in_parts(backend, text, 3, 8);
        fit += fits;
        refused += !fits;
    }
    tri_backend_close(backend);
    /* Most kernels are of rows, and some are not. */
    CU_ASSERT_TRUE(fit > tri_kernel_count() / 3);
    CU_ASSERT_TRUE(refused > 5);
}

/* What needs the whole picture is refused, with the kernel's name. */
static void test_refused(void)
{
    static const char *const pairs[][2] = {{"rotate:angle=7", "reads the whole picture"},
                                           {"gray,clahe", "clahe reads the whole picture"},
                                           {"resize:width=50:height=60", "picture"},
                                           {"distance", "picture"},
                                           {"temporal_median", "several frames"}};
    const struct tri_shape shape = {200, 100, 3, 8};
    struct tri_backend *backend;
    struct tri_error error;
    CU_ASSERT_EQUAL_FATAL(tri_backend_open("sequential", NULL, &backend, &error), TRI_OK);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct tri_pipeline *pipeline;
        struct tri_parts *parts = NULL;
        CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(pairs[i][0], &pipeline, &error), TRI_OK);
        CU_ASSERT_EQUAL(tri_parts_new(backend, pipeline, &shape, &parts, &error), TRI_USAGE);
        if (strstr(error.text, pairs[i][1]) == NULL) {
            CU_FAIL("another reason");
            fprintf(stderr, "%s: %s\n", pairs[i][0], error.text);
        }
        tri_pipeline_free(pipeline);
    }
    tri_backend_close(backend);
}

int test_parts_suite(void)
{
    CU_pSuite suite = CU_add_suite("parts", rig_open, rig_close);
    return !(suite && CU_add_test(suite, "parts have the bytes of the whole", test_parts) &&
             CU_add_test(suite, "devices", test_devices) &&
             CU_add_test(suite, "kernels in parts, or refused", test_kernels_in_parts) &&
             CU_add_test(suite, "pipelines that need the whole are refused", test_refused));
}
