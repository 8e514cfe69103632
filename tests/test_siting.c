/* test_siting.c -- chroma siting: a ramp over the picture stays the same ramp, in R, G, B and at
 * other sizes. */
#include "tests.h"
#include "triptych.h"
#include "video/filter.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 48
#define HEIGHT 32

struct place {
    const char *siting;
    double x,
        y; /* of the first chroma sample, in luma coordinates: 0 is on the first luma sample */
};
static const struct place places[] = {
    {"jpeg", 0.5, 0.5}, {"mpeg2", 0, 0.5}, {"paldv", 0, 0}, {"", 0, 0.5}};

/* Cb at a luma position. */
static double ramp(double x, double y)
{
    return 40 + 2 * x + 2 * y;
}

/* Runs `pipeline` on a frame whose Cb is the ramp. */
static void run_frame(const struct place *place, const char *text, enum tri_colour takes,
                      const char *on, struct tri_video *video, struct tri_frame *out)
{
    struct tri_video in_video = {.width = WIDTH,
                                 .height = HEIGHT,
                                 .planes = 3,
                                 .bits = 8,
                                 .matrix = TRI_BT601,
                                 .full_range = true,
                                 .shift_x = 1,
                                 .shift_y = 1};
    struct tri_backend *backend = NULL;
    struct tri_pipeline *pipeline = NULL;
    struct tri_filter *filter = NULL;
    struct tri_frame in = {0};
    snprintf(in_video.siting, sizeof in_video.siting, "%s", place->siting);
    CU_ASSERT_EQUAL_FATAL(tri_backend_open(on, NULL, &backend, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, NULL), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(
        tri_filter_new(backend, pipeline, &in_video, takes, TRI_CHROMA_USUAL, &filter, NULL),
        TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_frame_new(&in_video, &in, NULL), TRI_OK);
    *video = *tri_filter_video(filter);
    CU_ASSERT_EQUAL_FATAL(tri_frame_new(video, out, NULL), TRI_OK);
    for (int p = 0; p < 3; p++) {
        for (int y = 0; y < in.planes[p]->shape.height; y++) {
            unsigned char *row = tri_image_row(in.planes[p], 0, y);
            for (int x = 0; x < in.planes[p]->shape.width; x++)
                row[x] = p == 0   ? 120
                         : p == 1 ? (unsigned char)(ramp(2 * x + place->x, 2 * y + place->y) + 0.5)
                                  : 128;
        }
    }
    CU_ASSERT_EQUAL(tri_filter_run(filter, &in, out, NULL), TRI_OK);
    tri_frame_free(&in);
    tri_filter_free(filter);
    tri_pipeline_free(pipeline);
    tri_backend_close(backend);
}

static double largest(double a, double b)
{
    return a > b ? a : b;
}

static void check(const struct place *place, const char *what, double error, double most)
{
    if (error > most)
        printf("\nsiting '%s', %s: off by %.2f\n", place->siting, what, error);
    CU_ASSERT_TRUE(error <= most);
}

/* Blue is Y + 1.772 * (Cb - 128), at each luma pixel. Rounded twice; half a pixel would be off
 * by 1.8. */
static void test_rgb(void)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct tri_video video;
        struct tri_frame out = {0};
        double error = 0;
        run_frame(&places[i], "copy", TRI_ONLY_RGB, "sequential", &video, &out);
        for (int y = 4; y < HEIGHT - 4; y++) {
            const unsigned char *row = tri_image_row(out.planes[2], 0, y);
            for (int x = 4; x < WIDTH - 4; x++) {
                const double blue = 120 + 1.772 * (ramp(x, y) - 128);
                error = largest(error, blue < 0 || row[x] == 0 ? 0
                                       : row[x] > blue         ? row[x] - blue
                                                               : blue - row[x]);
            }
        }
        check(&places[i], "as R, G, B", error, 1.5);
        tri_frame_free(&out);
    }
}

/* Pixel x of the result is at (x + 0.5) / scale - 0.5 of the source, with the same chroma siting.
 */
static void test_resize(void)
{
    static const struct {
        const char *pipeline;
        double scale;
        int from; /* where the part that is shown begins */
    } sizes[] = {{"resize:scale=4:filter=bilinear", 4, 0},
                 {"resize:scale=2", 2, 0},
                 {"resize:scale=0.5:filter=bilinear", 0.5, 0},
                 {"resize:scale=1.5", 1.5, 0},
                 {"resize:scale=0.25:filter=area", 0.25, 0},
                 {"resize:width=24:height=24:mode=cover", 0.75, 8},
                 {"affine:xx=1.5:yy=1.5:width=72:height=48", 1.5, 0}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            struct tri_video video;
            struct tri_frame out = {0};
            double error = 0;
            run_frame(&places[i], sizes[s].pipeline, TRI_ANY_COLOUR, "sequential", &video, &out);
            const struct tri_shape *shape = &out.planes[1]->shape;
            for (int y = shape->height / 4; y < shape->height * 3 / 4; y++) {
                const unsigned char *row = tri_image_row(out.planes[1], 0, y);
                for (int x = shape->width / 4; x < shape->width * 3 / 4; x++) {
                    const double right =
                        ramp((2 * x + places[i].x + 0.5) / sizes[s].scale - 0.5 + sizes[s].from,
                             (2 * y + places[i].y + 0.5) / sizes[s].scale - 0.5);
                    error = largest(error, row[x] > right ? row[x] - right : right - row[x]);
                }
            }
            check(&places[i], sizes[s].pipeline, error, 0.75);
            tri_frame_free(&out);
        }
    }
}

/* The result begins at luma sample (x, y) of the source, odd or even. */
static void test_places(void)
{
    static const struct {
        const char *pipeline;
        int x, y;
    } moved[] = {{"crop:x=4:y=2", 4, 2},
                 {"crop:x=3:y=1", 3, 1},
                 {"crop:width=31:height=20:x=2:y=1:gravity=southeast", 15, 11},
                 {"crop:width=33:height=19:gravity=center", 7, 6},
                 {"crop:x=1,crop:x=2:y=3", 3, 3},
                 {"pad:left=4:top=2", -4, -2},
                 {"pad:left=3:top=1:right=1:mode=wrap", -3, -1},
                 {"pad:width=59:height=39:gravity=southeast:gray=1", -11, -7},
                 {"pad:left=4:red=1:blue=0", -4, 0},
                 {"pad:left=3:red=1:blue=0", -3, 0},
                 {"affine:dx=3:dy=-1", -3, 1},
                 {"affine:dx=2:filter=bicubic:width=47:height=31", -2, 0},
                 {"perspective:border=replicate", 0, 0}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (size_t m = 0; m < sizeof moved / sizeof moved[0]; m++) {
            struct tri_video video;
            struct tri_frame out = {0};
            double error = 0;
            run_frame(&places[i], moved[m].pipeline, TRI_ANY_COLOUR, "sequential", &video, &out);
            const struct tri_shape *shape = &out.planes[1]->shape;
            CU_ASSERT_EQUAL(shape->width, (video.width + 1) / 2);
            CU_ASSERT_EQUAL(shape->height, (video.height + 1) / 2);
            for (int y = shape->height / 2; y < shape->height - 4; y++) {
                const unsigned char *row = tri_image_row(out.planes[1], 0, y);
                for (int x = shape->width / 2; x < shape->width - 4; x++) {
                    const double right =
                        ramp(2 * x + places[i].x + moved[m].x, 2 * y + places[i].y + moved[m].y);
                    error = largest(error, row[x] > right ? row[x] - right : right - row[x]);
                }
            }
            check(&places[i], moved[m].pipeline, error, 1.5);
            tri_frame_free(&out);
        }
    }
}

/* There and back: the resulting ramp lies where it was. */
static void test_back(void)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct tri_video video;
        struct tri_frame out = {0};
        double error = 0;
        run_frame(&places[i], "levels", TRI_ANY_COLOUR, "sequential", &video, &out);
        for (int y = 4; y < HEIGHT / 2 - 4; y++) {
            const unsigned char *row = tri_image_row(out.planes[1], 0, y);
            for (int x = 4; x < WIDTH / 2 - 4; x++) {
                const double right = ramp(2 * x + places[i].x, 2 * y + places[i].y);
                error = largest(error, right < 60       ? 0
                                       : row[x] > right ? row[x] - right
                                                        : right - row[x]);
            }
        }
        check(&places[i], "to R, G, B and back", error, 1.5);
        tri_frame_free(&out);
    }
}

/* The same bytes on all backends, for passes that only chroma has. */
static void test_backends(void)
{
    static const char *const pipelines[] = {
        "levels:black=0.1", "resize:scale=2",
        "crop:x=3:y=1",     "pad:left=3:top=1:mode=mirror",
        "rotate:angle=30",  "resize:width=37:height=29:filter=nearest"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (size_t k = 0; k < sizeof pipelines / sizeof pipelines[0]; k++) {
            struct tri_video video;
            struct tri_frame one = {0}, other = {0};
            run_frame(&places[i], pipelines[k], TRI_ANY_COLOUR, "sequential", &video, &one);
            run_frame(&places[i], pipelines[k], TRI_ANY_COLOUR,
                      getenv("TRIPTYCH_ALLOW_NO_OPENCL") != NULL ? "threads" : "opencl", &video,
                      &other);
            for (int p = 0; p < 3; p++)
                CU_ASSERT_EQUAL(tri_image_digest(one.planes[p]), tri_image_digest(other.planes[p]));
            tri_frame_free(&one);
            tri_frame_free(&other);
        }
    }
}

int test_siting_suite(void)
{
    CU_pSuite suite = CU_add_suite("siting", NULL, NULL);
    return !(suite && CU_add_test(suite, "R, G, B", test_rgb) &&
             CU_add_test(suite, "sizes", test_resize) &&
             CU_add_test(suite, "places", test_places) &&
             CU_add_test(suite, "there and back", test_back) &&
             CU_add_test(suite, "backends", test_backends));
}
