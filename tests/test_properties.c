/* test_properties.c -- properties of a pipeline that are known without running it, against plans
 * and frames. */
#include "pictures.h"
#include "pipeline/plan.h"
#include "tests.h"
#include "video/filter.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

/* Temporal properties are computed from the graph for the smallest image; plans for others must
 * agree. */
static void check_time(const char *text, const struct tri_shape *shape)
{
    struct tri_pipeline *pipeline = NULL;
    struct tri_plan *plan = NULL;
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, NULL), TRI_OK);
    if (tri_plan_make(pipeline, shape, TRI_PLAN_WALK, NULL, &plan, NULL) == TRI_OK) {
        bool pairs = plan->previous_count > 0 && plan->frame_count == 0 && plan->delay == 0;
        for (int i = 0; i < plan->previous_count; i++)
            pairs &= plan->previous[i].ago == 1 && !plan->previous[i].state;
        const bool good = tri_pipeline_over_time(pipeline) ==
                              (plan->history_count > 0 || plan->frame_count > 0) &&
                          tri_pipeline_delay(pipeline) == plan->delay &&
                          tri_pipeline_pairs(pipeline) == pairs;
        if (!good)
            printf("\n%s: %d planes of %d bits\n", text, shape->planes, shape->bits);
        CU_ASSERT_TRUE(good);
    }
    tri_plan_free(plan);
    tri_pipeline_free(pipeline);
}

static void test_time(void)
{
    static const char *const more[] = {"temporal_median:radius=2,average:frames=3,sobel",
                                       "difference,difference",
                                       "fade,gray",
                                       "gray,background,rotate",
                                       "resize:scale=2,deinterlace,blend",
                                       "motion,copy"};
    for (int planes = 1; planes <= 4; planes++) {
        for (int bits = 8; bits <= 16; bits += 8) {
            const struct tri_shape shape = {40, 30, planes, bits};
            for (int i = 0; i < tri_kernel_count(); i++)
                check_time(tri_kernel_example(tri_kernel_at(i)), &shape);
            for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
                check_time(more[i], &shape);
        }
    }
}

/* Counts each sample value in each plane. */
static void count_samples(const struct tri_image *image, int counts[4][256])
{
    memset(counts, 0, 4 * sizeof counts[0]);
    for (int p = 0; p < image->shape.planes; p++) {
        for (int y = 0; y < image->shape.height; y++) {
            const unsigned char *row = tri_image_row(image, p, y);
            for (int x = 0; x < image->shape.width; x++)
                counts[p][row[x]]++;
        }
    }
}

/* A pipeline that claims only to move samples keeps the count of each value. */
static void check_samples(const char *text, bool wanted)
{
    struct tri_image *in = pictures_noise(41, 30, 4, 8), *out = NULL;
    struct tri_backend *backend = NULL;
    struct tri_pipeline *pipeline = NULL;
    struct tri_job *job = NULL;
    int before[4][256], after[4][256];
    CU_ASSERT_EQUAL_FATAL(tri_backend_open("sequential", NULL, &backend, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, NULL), TRI_OK);
    if (tri_pipeline_takes_with(pipeline))
        tri_pipeline_noise(pipeline);
    CU_ASSERT_EQUAL_FATAL(tri_job_new(backend, pipeline, &in->shape, &job, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_image_new(tri_job_shape(job), &out, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_job_run(job, in, out, NULL, NULL), TRI_OK);
    count_samples(in, before);
    count_samples(out, after);
    const bool good = tri_pipeline_same_samples(pipeline) == wanted &&
                      (!wanted || memcmp(before, after, sizeof before) == 0);
    if (!good)
        printf("\n%s\n", text);
    CU_ASSERT_TRUE(good);
    tri_job_free(job);
    tri_image_free(in);
    tri_image_free(out);
    tri_pipeline_free(pipeline);
    tri_backend_close(backend);
}

static void test_samples(void)
{
    static const char *const moved[] = {"flip:axis=horizontal,rotate:angle=180",
                                        "copy,rotate:angle=90,flip"};
    static const char *const made[] = {"flip,invert", "invert,flip", "resize:scale=1", "gray,copy"};
    for (int i = 0; i < tri_kernel_count(); i++) {
        struct tri_pipeline *pipeline = NULL;
        CU_ASSERT_EQUAL_FATAL(
            tri_pipeline_parse(tri_kernel_example(tri_kernel_at(i)), &pipeline, NULL), TRI_OK);
        if (tri_pipeline_same_samples(pipeline))
            check_samples(tri_kernel_example(tri_kernel_at(i)), true);
        tri_pipeline_free(pipeline);
    }
    for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++)
        check_samples(moved[i], true);
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        check_samples(made[i], false);
}

static void test_planes(void)
{
    static const struct {
        const char *pipeline;
        int planes;
        bool by_plane, monochrome, needs_rgb;
    } cases[] = {
        {"gaussian", 3, true, false, false},
        {"sobel", 3, true, true, false},
        {"levels", 3, true, false, true},
        {"gray", 3, false, false, false},
        {"gray", 1, true, false, false},
        {"equalize", 1, false, false, false},
        {"matrix", 1, false, false, false},
        {"gray,sobel", 3, false, true, false},
        {"gaussian,threshold", 2, false, true, false},
        {"ycbcr", 3, false, false, true},
        {"gaussian:sigma=2,invert", 4, false, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct tri_shape shape = {40, 30, cases[i].planes, 8};
        struct tri_pipeline *pipeline = NULL;
        struct tri_properties properties;
        CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(cases[i].pipeline, &pipeline, NULL), TRI_OK);
        CU_ASSERT_EQUAL_FATAL(tri_pipeline_properties(pipeline, &shape, &properties, NULL), TRI_OK);
        const bool good = properties.by_plane == cases[i].by_plane &&
                          properties.monochrome == cases[i].monochrome &&
                          properties.needs_rgb == cases[i].needs_rgb;
        if (!good)
            printf("\n%s: by plane %d, monochrome %d, needs R, G, B %d\n", cases[i].pipeline,
                   properties.by_plane, properties.monochrome, properties.needs_rgb);
        CU_ASSERT_TRUE(good);
        tri_pipeline_free(pipeline);
    }
}

/* Frames of 2 x 2 pixels; that larger ones would fail in the same pipeline must not matter. */
static void test_real_size(void)
{
    const struct tri_video video = {
        .width = 2, .height = 2, .planes = 3, .bits = 8, .matrix = TRI_BT601, .rate = {25, 1}};
    struct tri_backend *backend = NULL;
    struct tri_pipeline *pipeline = NULL;
    struct tri_filter *filter = NULL;
    struct tri_frame in = {0}, out = {0};
    CU_ASSERT_EQUAL_FATAL(tri_backend_open("sequential", NULL, &backend, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(
        tri_pipeline_parse("resize:scale=100,resize:scale=40,resize:scale=0.004,sobel", &pipeline,
                           NULL),
        TRI_OK);
    CU_ASSERT_EQUAL_FATAL(
        tri_filter_new(backend, pipeline, &video, TRI_ANY_COLOUR, TRI_CHROMA_USUAL, &filter, NULL),
        TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_frame_new(&video, &in, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_frame_new(tri_filter_video(filter), &out, NULL), TRI_OK);
    for (int p = 0; p < 3; p++) {
        for (int y = 0; y < 2; y++)
            memset(tri_image_row(in.planes[p], 0, y), 40 + 50 * p + 30 * y, 2);
    }
    CU_ASSERT_EQUAL(tri_filter_run(filter, &in, &out, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_filter_video(filter)->width, 32);
    for (int p = 1; p < 3; p++)
        CU_ASSERT_EQUAL(*(unsigned char *)tri_image_row(out.planes[p], 0, 9), 128);
    tri_frame_free(&in);
    tri_frame_free(&out);
    tri_filter_free(filter);
    tri_pipeline_free(pipeline);
    tri_backend_close(backend);
}

static void test_limit(void)
{
    const struct tri_shape shape = {100, 100, 1, 8};
    struct tri_pipeline *pipeline = NULL;
    struct tri_properties properties;
    struct tri_error error;
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse("resize:scale=3,resize:scale=0.1", &pipeline, NULL),
                          TRI_OK);
    CU_ASSERT_EQUAL(tri_pipeline_properties(pipeline, &shape, &properties, &error), TRI_OK);
    tri_pipeline_limit(pipeline, 90000);
    CU_ASSERT_EQUAL(tri_pipeline_properties(pipeline, &shape, &properties, &error), TRI_OK);
    tri_pipeline_limit(pipeline, 89999);
    CU_ASSERT_EQUAL(tri_pipeline_properties(pipeline, &shape, &properties, &error), TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "resize makes 300 x 300 pixels"));
    tri_pipeline_free(pipeline);
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse("invert", &pipeline, NULL), TRI_OK);
    tri_pipeline_limit(pipeline, 10); /* an existing image may stay as large as it is */
    CU_ASSERT_EQUAL(tri_pipeline_properties(pipeline, &shape, &properties, &error), TRI_OK);
    tri_pipeline_free(pipeline);
}

int test_properties_suite(void)
{
    CU_pSuite suite = CU_add_suite("properties", NULL, NULL);
    return !(suite && CU_add_test(suite, "time", test_time) &&
             CU_add_test(suite, "samples", test_samples) &&
             CU_add_test(suite, "planes", test_planes) &&
             CU_add_test(suite, "frames of the real size", test_real_size) &&
             CU_add_test(suite, "limit of pixels", test_limit));
}
