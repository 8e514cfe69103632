/* test_packed.c -- tall narrow images, which have no padding: every kernel gives the same bytes as
 * with padding, on every backend, and writes only samples. */
#include "backend/backend.h"
#include "image/image.h"
#include "rig.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 3, GUARD = 0xa5 };

static const struct tri_shape shapes[] = {
    {1, 3400, 1, 8}, {3, 1200, 3, 8}, {33, 1100, 2, 16}, {100, 5000, 1, 8}, {64, 600, 4, 16}};

/* Several stages, gathers, histograms, windows beyond the padding, and shapes that are packed only
 * in or only out. */
static const char *const chains[] = {"copy",
                                     "rotate:angle=90",
                                     "flip,rotate:angle=180,sobel",
                                     "equalize,gaussian:sigma=2",
                                     "autolevels,unsharp,median:radius=2",
                                     "box:radius=70,invert",
                                     "resize:width=300,dilate:radius=3",
                                     "resize:scale=0.5,resize:scale=2",
                                     "sobel,equalize",
                                     "gaussian:sigma=1,rotate:angle=180",
                                     "average:frames=3,difference",
                                     "gray,rotate:angle=270",
                                     "temporal_median:radius=1,background"};

/* Images with padding, and a plan without relays: none of the features under test. */
static struct tri_backend *open_reference(void)
{
    struct tri_backend *backend = NULL;
    const struct tri_backend_options options = {.size = sizeof options, .isa = "scalar"};
    CU_ASSERT_EQUAL_FATAL(tri_backend_open("sequential", &options, &backend, NULL), TRI_OK);
    backend->kind = TRI_PLAN_ALONE;
    backend->pads = true;
    return backend;
}

static void fill(struct tri_image *image, uint64_t seed)
{
    for (int p = 0; p < image->shape.planes; p++) {
        for (int y = 0; y < image->shape.height; y++) {
            unsigned char *row = tri_image_row(image, p, y);
            for (int x = 0; x < image->shape.width * image->shape.bits / 8; x++)
                row[x] = (unsigned char)(rig_draw(&seed) >> 40);
        }
    }
    image->padded = false;
}

/* The gaps of a packed image: between its planes, before and after. */
static bool beside_is_clean(const struct tri_image *image)
{
    const unsigned char *at = image->memory, *end = at + image->memory_size;
    const size_t plane = (size_t)image->stride * (size_t)image->shape.height;
    for (int p = 0; p <= image->shape.planes; p++) {
        const unsigned char *next = p < image->shape.planes ? tri_image_row(image, p, 0) : end;
        while (at < next) {
            if (*at++ != GUARD)
                return false;
        }
        at = next + plane;
    }
    return true;
}

struct run {
    struct tri_job *job;
    struct tri_image *out;
};

static bool begin(struct run *run, struct tri_backend *backend, const struct tri_pipeline *pipeline,
                  const struct tri_shape *in)
{
    *run = (struct run){NULL, NULL};
    return tri_job_new(backend, pipeline, in, &run->job, NULL) == TRI_OK &&
           tri_image_new(tri_job_shape(run->job), &run->out, NULL) == TRI_OK;
}

static void end(struct run *run)
{
    tri_image_free(run->out);
    tri_job_free(run->job);
}

static bool one_frame(struct run *run, struct tri_image *in)
{
    memset(run->out->memory, GUARD, run->out->memory_size);
    run->out->padded = false;
    return tri_job_run(run->job, in, run->out, NULL, NULL) == TRI_OK;
}

static void check_frames(struct run *right, struct run *run, struct tri_image *const *frames)
{
    const int count = FRAMES + tri_job_delay(right->job);
    for (int f = 0; f < count; f++) {
        struct tri_image *in = frames[f < FRAMES ? f : FRAMES - 1];
        if (f == FRAMES) {
            tri_job_end(right->job);
            tri_job_end(run->job);
        }
        if (!one_frame(right, in) || !one_frame(run, in)) {
            rig_complain("frame %d does not run", f);
            return;
        }
        const struct tri_difference difference = tri_image_compare(right->out, run->out);
        if (difference.count > 0)
            rig_complain(
                "frame %d: %llu samples differ, first in plane %d at %d,%d: %d instead of %d", f,
                (unsigned long long)difference.count, difference.plane, difference.x, difference.y,
                difference.actual, difference.expected);
        if (tri_image_packed(run->out) && !beside_is_clean(run->out))
            rig_complain("frame %d: wrote beside the samples", f);
    }
}

static void check_place(const struct place *place, struct tri_backend *reference, const char *text,
                        const struct tri_shape *shape, struct tri_image *const *frames)
{
    struct tri_pipeline *pipeline = NULL;
    struct run right, run = {NULL, NULL};
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, NULL), TRI_OK);
    tri_pipeline_noise(pipeline);
    rig_note(text, place, shape, "noise");
    if (begin(&right, reference, pipeline,
              shape)) { /* else the kernel does not support this shape */
        if (begin(&run, place->backend, pipeline, shape))
            check_frames(&right, &run, frames);
        else
            rig_complain("no job");
        end(&run);
    }
    end(&right);
    tri_pipeline_free(pipeline);
}

/* On OpenCL, which compiles programs for each shape, only the first two. */
static void check_shape(const struct tri_shape *shape)
{
    const struct place *chosen[4];
    const int places = rig_choose_places(chosen);
    struct tri_backend *reference = open_reference();
    struct tri_image *frames[FRAMES];
    for (int f = 0; f < FRAMES; f++) {
        CU_ASSERT_EQUAL_FATAL(tri_image_new(shape, &frames[f], NULL), TRI_OK);
        CU_ASSERT_TRUE(tri_image_packed(frames[f]));
        fill(frames[f], rig_seed_for("packed") + (uint64_t)f);
    }
    for (int i = 0; i < places; i++) {
        if (chosen[i]->opencl && shape > &shapes[1] && !rig.full)
            continue;
        for (int k = 0; k < tri_kernel_count(); k++)
            check_place(chosen[i], reference, tri_kernel_example(tri_kernel_at(k)), shape, frames);
        for (size_t c = 0; c < sizeof chains / sizeof chains[0]; c++)
            check_place(chosen[i], reference, chains[c], shape, frames);
    }
    for (int f = 0; f < FRAMES; f++)
        tri_image_free(frames[f]);
    tri_backend_close(reference);
}

static void test_kernels(void)
{
    rig_begin();
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0] && !(rig.quick && i == 3); i++)
        check_shape(&shapes[i]);
}

/* At most twice the samples plus a megabyte of padding, whatever the shape. */
static void test_memory(void)
{
    static const int widths[] = {1, 2, 63, 64, 65, 191, 192, 193, 255, 256, 257, 1000, 30000};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        for (int height = 1; height <= TRI_SIDE_MAX; height *= 10) {
            for (int planes = 1; planes <= 4; planes++) {
                for (int bits = 8; bits <= 16; bits += 8) {
                    const struct tri_shape shape = {widths[i], height, planes, bits};
                    const size_t samples =
                        (size_t)widths[i] * (size_t)height * (size_t)planes * (size_t)bits / 8;
                    CU_ASSERT_TRUE(tri_image_size(&shape) <= 2 * samples + ((size_t)1 << 20) +
                                                                 (size_t)(planes + 1) * 3 * 4096 +
                                                                 (1 << 16));
                }
            }
        }
    }
}

int test_packed_suite(void)
{
    CU_pSuite suite = CU_add_suite("packed", rig_open, rig_close);
    return suite == NULL || CU_add_test(suite, "every kernel", test_kernels) == NULL ||
           CU_add_test(suite, "memory is bounded by the samples", test_memory) == NULL;
}
