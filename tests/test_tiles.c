/* test_tiles.c -- stages over tiles: every kernel fits the limits of devices, and small devices
 * give the same bytes. */
#include "tests.h"
#include "rig.h"
#include "shell.h"
#include "backend/tile.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

/* The minimum of OpenCL 1.2, the limits of GPUs, and groups of small devices. */
static const struct tile_limits limits[] = {{32768, 32768, 256, 112, true},
                                            {49152, 40960, 256, 112, false},
                                            {32768, 32768, 64, 32, true},
                                            {32768, 32768, 16, 32, false}};

static const char *const extremes[] = {
    "gaussian:sigma=100",
    "gaussian:sigma=0.1",
    "box:radius=500",
    "box:radius=1",
    "dilate:radius=100",
    "erode:radius=99",
    "median:radius=2",
    "unsharp:sigma=100",
    "resize:width=3",
    "resize:scale=7:filter=bilinear",
    "rotate",
    "affine:xy=0.2",
    "undistort:k1=-0.2",
    "equalize,gaussian:sigma=3",
    "gaussian:sigma=1,sobel,dilate:radius=1,invert",
    "average:frames=32",
    "average:frames=8",
    "motion",
    "background",
    "gray,sobel,box:radius=40,median,unsharp,levels:gamma=2,rotate:angle=90,flip",
    "deinterlace,temporal_denoise"};

static bool stages_fit(const struct tri_plan *plan, const struct tile_limits *limit)
{
    bool fit = true;
    for (int s = 0; s < plan->stage_count && fit; s++) {
        struct tile_stage *tiles;
        struct tri_error error;
        fit = tri_tile_plan(plan, s, limit, &tiles, &error) == TRI_OK && tiles != NULL;
        for (int c = 0; fit && c < tiles->class_count; c++)
            fit = tiles->classes[c].points || tiles->classes[c].local_memory <= limit->local_memory;
        tri_tile_free(tiles);
    }
    return fit;
}

/* With stages as planned, or with each pass alone. */
static bool pipeline_fits(const char *text, const struct tri_shape *shape,
                          const struct tile_limits *limit, bool *alone)
{
    struct tri_pipeline *pipeline;
    struct tri_plan *plan;
    struct tri_error error;
    bool fits = false;
    if (tri_pipeline_parse(text, &pipeline, &error) != TRI_OK)
        return false;
    for (int kind = TRI_PLAN_TILES; kind <= TRI_PLAN_ALONE && !fits; kind++) {
        if (tri_plan_make(pipeline, shape, (enum tri_plan_kind)kind, NULL, &plan, &error) != TRI_OK)
            break;
        fits = stages_fit(plan, limit);
        *alone = kind == TRI_PLAN_ALONE;
        tri_plan_free(plan);
    }
    tri_pipeline_free(pipeline);
    return fits;
}

static void test_limits(void)
{
    for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++) {
        for (int bits = 8; bits <= 16; bits += 8) {
            for (int planes = 3; planes <= 4; planes++) {
                const struct tri_shape shape = {97, 61, planes, bits};
                bool alone;
                for (size_t i = 0; i < sizeof extremes / sizeof extremes[0]; i++) {
                    if (!pipeline_fits(extremes[i], &shape, &limits[l], &alone))
                        rig_complain("%s, %d planes of %d bits: not within %ld bytes", extremes[i],
                                     planes, bits, limits[l].local_memory);
                }
            }
        }
    }
}

/* Fusion is useless if chains fall apart. */
static void test_fused(void)
{
    const struct tri_shape shape = {640, 480, 3, 8};
    struct tri_pipeline *pipeline;
    struct tri_plan *plan;
    struct tile_stage *tiles;
    struct tri_error error;
    CU_ASSERT_FATAL(tri_pipeline_parse("gaussian:sigma=1,sobel,dilate:radius=1,invert", &pipeline,
                                       &error) == TRI_OK);
    CU_ASSERT_FATAL(tri_plan_make(pipeline, &shape, TRI_PLAN_TILES, NULL, &plan, &error) == TRI_OK);
    CU_ASSERT_EQUAL(plan->stage_count, 1);
    CU_ASSERT_FATAL(tri_tile_plan(plan, 0, &limits[0], &tiles, &error) == TRI_OK && tiles != NULL);
    CU_ASSERT_EQUAL(tiles->class_count, 1);
    CU_ASSERT_EQUAL(tiles->classes[0].component_count, 3);
    CU_ASSERT_EQUAL(tiles->classes[0].op_count, 6);
    tri_tile_free(tiles);
    tri_plan_free(plan);
    tri_pipeline_free(pipeline);
}

/* Launches of a plan, one for each class; -1: it does not fit. */
static int launches_of(const char *text, int planes, int bits, enum tri_plan_kind kind,
                       const struct tile_limits *limit)
{
    const struct tri_shape shape = {640, 480, planes, bits};
    struct tri_pipeline *pipeline;
    struct tri_plan *plan;
    struct tri_error error;
    int launches = 0;
    CU_ASSERT_FATAL(tri_pipeline_parse(text, &pipeline, &error) == TRI_OK);
    CU_ASSERT_FATAL(tri_plan_make(pipeline, &shape, kind, NULL, &plan, &error) == TRI_OK);
    for (int s = 0; s < plan->stage_count && launches >= 0; s++) {
        struct tile_stage *tiles;
        CU_ASSERT_FATAL(tri_tile_plan(plan, s, limit, &tiles, &error) == TRI_OK);
        launches = tiles != NULL ? launches + tiles->class_count : -1;
        tri_tile_free(tiles);
    }
    tri_plan_free(plan);
    tri_pipeline_free(pipeline);
    return launches;
}

/* Both directions of a change of size are one launch, if tiles for that are not too large. */
static void test_parts(void)
{
    static const struct {
        const char *text;
        int planes, bits, launches, by_planes;
    } cases[] = {{"resize:scale=0.5", 3, 8, 1, 2},
                 {"resize:scale=0.5", 1, 16, 1, 2},
                 {"resize:scale=0.37", 3, 8, 1, 2},
                 {"resize:scale=1.9", 3, 8, 1, 2},
                 {"resize:scale=2:filter=bilinear", 3, 8, 1, 2},
                 {"resize:width=640:height=100", 3, 8, 1, 2},
                 {"resize:scale=0.6:filter=nearest", 3, 8, 1, 2},
                 {"gaussian:sigma=1,resize:scale=0.5,sobel,invert", 3, 8, 2, 3},
                 {"resize:scale=0.5,resize:scale=1.5", 3, 8, 2, 4},
                 /* so far apart that a tile would load much more than it needs */
                 {"resize:scale=0.05", 3, 8, 2, 2},
                 {"resize:scale=0.3:filter=nearest", 3, 8, 2, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int tiles = launches_of(cases[i].text, cases[i].planes, cases[i].bits, TRI_PLAN_TILES,
                                      &limits[1]),
                  planes = launches_of(cases[i].text, cases[i].planes, cases[i].bits,
                                       TRI_PLAN_PLANES, &limits[1]);
        if (tiles != cases[i].launches || planes != cases[i].by_planes)
            rig_complain("%s: %d launches, %d if gathers see planes", cases[i].text, tiles, planes);
    }
    const struct tile_limits little = {8192, 8192, 64, 32, false};
    CU_ASSERT_EQUAL(launches_of("sobel,resize:scale=0.2,sobel", 3, 8, TRI_PLAN_TILES, &little), -1);
    CU_ASSERT_EQUAL(launches_of("sobel,resize:scale=0.2,sobel", 3, 8, TRI_PLAN_PLANES, &little), 3);
}

/* One text for every image size, so programs are built once. */
static void sizes_share_programs(const char *call)
{
    char *first = NULL;
    for (int side = 40; side <= 400; side += 120) {
        const struct tri_shape shape = {side, side / 2 + 1, 1, 8};
        struct tri_pipeline *pipeline;
        struct tri_plan *plan;
        struct tile_stage *tiles;
        struct tri_error error;
        CU_ASSERT_FATAL(tri_pipeline_parse(call, &pipeline, &error) == TRI_OK);
        CU_ASSERT_FATAL(tri_plan_make(pipeline, &shape, TRI_PLAN_TILES, NULL, &plan, &error) ==
                        TRI_OK);
        CU_ASSERT_FATAL(tri_tile_plan(plan, 0, &limits[1], &tiles, &error) == TRI_OK &&
                        tiles != NULL);
        char *text = tri_tile_source(plan, tiles);
        CU_ASSERT_FATAL(text != NULL);
        if (first == NULL)
            first = text;
        else
            CU_ASSERT(strcmp(first, text) == 0);
        if (first != text)
            free(text);
        tri_tile_free(tiles);
        tri_plan_free(plan);
        tri_pipeline_free(pipeline);
    }
    free(first);
}

static void test_sizes_share_programs(void)
{
    sizes_share_programs("gaussian:sigma=2");
    sizes_share_programs("resize:scale=0.5");
    sizes_share_programs("resize:scale=2:filter=bilinear");
}

static bool has_icd;

/* A GPU with minimal limits: groups of 64 items and 32 KiB. Its kernels give the bytes of scalar.
 */
static void test_small_device(void)
{
    static const char *const pipelines[] = {"equalize",
                                            "rotate",
                                            "gaussian:sigma=2",
                                            "box:radius=15",
                                            "gray,sobel,median:radius=2",
                                            "resize:scale=0.6"};
    if (!has_icd) {
        test_skip("the OpenCL driver with faults, or the one that it wraps, is missing");
        return;
    }
    const char *mode = getenv("TRIPTYCH_TESTS");
    const bool quick = mode != NULL && strcmp(mode, "quick") == 0;
    EXPECT(
        "$T run resize:width=150:height=100 $ROOT/images/street.png -o street.ppm --on sequential",
        0, "", "*");
    for (size_t i = 0; i < (quick ? 2 : sizeof pipelines / sizeof pipelines[0]); i++) {
        char command[400];
        snprintf(command, sizeof command,
                 "TRIPTYCH_CACHE_SIZE=0 OCL_ICD_VENDORS=$PWD/small/ ICD_TYPE=GPU ICD_LOCAL=32768 "
                 "ICD_GROUP=64 $T run %s street.ppm -o a.ppm "
                 "--on opencl:gpu && $T run %s street.ppm -o b.ppm --on sequential --isa scalar && "
                 "cmp a.ppm b.ppm",
                 pipelines[i], pipelines[i]);
        EXPECT(command, 0, "", "*");
    }
}

static int begin(void)
{
    if (shell_begin() != 0)
        return 1;
    has_icd = shell_run("icd=$(dirname $T)/tests/icd.so; test -e $icd && mkdir small && echo $icd "
                        "> small/a.icd && "
                        "OCL_ICD_VENDORS=$PWD/small/ $T devices")
                  ->code == 0;
    return 0;
}

int test_tiles_suite(void)
{
    CU_pSuite suite = CU_add_suite("tiles", begin, shell_end);
    return !(suite && CU_add_test(suite, "every kernel fits small devices", test_limits) &&
             CU_add_test(suite, "a chain is one launch", test_fused) &&
             CU_add_test(suite, "so is a change of size", test_parts) &&
             CU_add_test(suite, "programs do not depend on sizes", test_sizes_share_programs) &&
             CU_add_test(suite, "a device with little", test_small_device));
}
