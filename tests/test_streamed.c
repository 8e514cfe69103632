/* test_streamed.c -- outputs that go past the caches: which do, and that their bytes stay the same.
 */
#include "backend/backend.h"
#include "image/image.h"
#include "parallel/cpu.h"
#include "pipeline/plan.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tri_image *noise(const struct tri_shape *shape)
{
    struct tri_image *image = NULL;
    uint32_t state = 1;

    CU_ASSERT_EQUAL_FATAL(tri_image_new(shape, &image, NULL), TRI_OK);
    for (int y = 0; y < shape->height * shape->planes; y++) {
        unsigned char *row = image->data + y / shape->height * image->plane_stride +
                             y % shape->height * image->stride;
        for (int i = 0; i < shape->width * shape->bits / 8; i++)
            row[i] = (unsigned char)((state = state * 1664525 + 1013904223) >> 24);
    }
    return image;
}

/* The output, with outputs of so many bytes streamed. */
static struct tri_image *run(const struct tri_pipeline *pipeline, struct tri_image *in, int workers,
                             size_t streamed)
{
    const struct tri_backend_options options = {.size = sizeof options};
    struct tri_backend *backend = NULL;
    struct tri_image *out = NULL;
    struct tri_job *job = NULL;
    struct tri_error error = {0};

    CU_ASSERT_EQUAL_FATAL(tri_native_open(workers, &options, &backend, &error), TRI_OK);
    backend->walk.streamed = streamed;
    if (tri_job_new(backend, pipeline, &in->shape, &job, &error) != TRI_OK ||
        tri_image_new(&job->plan->out, &out, &error) != TRI_OK ||
        tri_job_run(job, in, out, NULL, &error) != TRI_OK)
        printf("\n  %s: %s\n", pipeline->text, error.text);
    tri_job_free(job);
    tri_backend_close(backend);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    return out;
}

static bool equal(const struct tri_image *a, const struct tri_image *b)
{
    const size_t bytes = (size_t)a->shape.width * (size_t)a->shape.bits / 8;
    bool equal = memcmp(&a->shape, &b->shape, sizeof a->shape) == 0;

    for (int p = 0; p < a->shape.planes && equal; p++) {
        for (int y = 0; y < a->shape.height && equal; y++)
            equal = memcmp(a->data + p * a->plane_stride + y * a->stride,
                           b->data + p * b->plane_stride + y * b->stride, bytes) == 0;
    }
    return equal;
}

static void compare(const char *text, const struct tri_shape *shape)
{
    struct tri_image *in = noise(shape);
    struct tri_pipeline *pipeline = NULL;

    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, NULL), TRI_OK);
    struct tri_image *expected = run(pipeline, in, 0, 0);
    for (int workers = 1; workers <= 3; workers++) {
        struct tri_image *streamed = run(pipeline, in, workers, 1);
        if (!equal(expected, streamed) && test_fail_once())
            printf("\n  %s differs at %d x %d\n", text, shape->width, shape->height);
        tri_image_free(streamed);
    }
    tri_image_free(expected);
    tri_pipeline_free(pipeline);
    tri_image_free(in);
}

/* Points, windows, several planes from one pass, running sums, whole planes, counts, blocks of
 * rows, and an output that another one is made of. */
static void test_bytes(void)
{
    static const char *const texts[] = {
        "invert",       "sobel",           "colorspace:to=lab", "box:radius=3",
        "flip",         "equalize",        "transpose",         "gaussian:sigma=2",
        "invert,sobel", "median:radius=2", "resize:scale=2",    "canny"};
    static const struct tri_shape shapes[] = {
        {640, 33, 3, 8}, {641, 20, 1, 16}, {63, 300, 3, 16}, {128, 4000, 1, 8}, {5, 3, 3, 8}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++)
            compare(texts[i], &shapes[k]);
    }
}

/* Outputs of a plan that are made aside, and then stored past the caches. */
static int streamed_of(const char *text, size_t from)
{
    const struct tri_shape shape = {640, 480, 1, 8};
    const struct tri_walk_options options = {.streamed = from};
    struct tri_pipeline *pipeline = NULL;
    struct tri_plan *plan = NULL;
    int count = 0;

    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_plan_make(pipeline, &shape, TRI_PLAN_WALK, &options, &plan, NULL),
                          TRI_OK);
    for (int i = 0; i < plan->out.planes; i++)
        count += plan->channels[plan->out_channel[i]].aside != 0;
    tri_plan_free(plan);
    tri_pipeline_free(pipeline);
    return count;
}

static void test_which(void)
{
    CU_ASSERT_EQUAL(streamed_of("invert", 0), 0);
    CU_ASSERT_EQUAL(streamed_of("invert", 640 * 480), 1);
    CU_ASSERT_EQUAL(streamed_of("invert", 4 * 640 * 480), 0);
    CU_ASSERT_EQUAL(streamed_of("sobel", 1), 1);
    CU_ASSERT_EQUAL(streamed_of("transpose", 1), 0); /* makes several rows at a time */
}

static void test_cache(void)
{
    const size_t bytes = tri_cpu_last_cache();
    CU_ASSERT(bytes == 0 || (bytes >= 16 << 10 && bytes < (size_t)8 << 30));
}

int test_streamed_suite(void)
{
    CU_pSuite suite = CU_add_suite("streamed", NULL, NULL);

    return suite == NULL || !CU_add_test(suite, "bytes", test_bytes) ||
           !CU_add_test(suite, "which outputs", test_which) ||
           !CU_add_test(suite, "the last cache", test_cache);
}
