/* test_tile_parts.c -- passes that change the size of pictures, in tiles that hold the part of the
 * input that they read: the bytes are those of scalar, alone and among other kernels. */
#include "image/image.h"
#include "rig.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

/* Larger and smaller, by ratios that are not whole; in one direction only; cut out of the middle;
 * fewer samples than weights. */
static const char *const changes[] = {
    "resize:scale=0.5",
    "resize:scale=0.37",
    "resize:scale=1.9",
    "resize:scale=0.5:filter=bilinear",
    "resize:scale=2:filter=bilinear",
    "resize:scale=0.11:filter=area",
    "resize:scale=0.21:filter=mitchell",
    "resize:scale=3.3:filter=nearest",
    "resize:scale=0.6:filter=nearest",
    "resize:scale=0.2:filter=nearest",
    "resize:width=700:height=60:filter=catmull-rom",
    "resize:width=20:height=500:filter=bilinear",
    "resize:width=200:height=100:mode=cover",
    "resize:width=64:height=64:mode=cover:filter=nearest",
};

/* Before and after windows, counts, points and passes that see planes. */
static const char *const chains[] = {
    "gaussian:sigma=1,resize:scale=0.5,sobel",
    "resize:scale=0.37,gaussian:sigma=2,dilate:radius=3",
    "resize:scale=1.9,box:radius=15",
    "resize:scale=0.7,resize:scale=1.3:filter=bilinear,invert,median",
    "equalize,resize:scale=0.5:filter=bilinear,equalize",
    "resize:scale=0.3:filter=area,flip,median,rotate:angle=90",
    "gray,resize:scale=0.6,levels:gamma=2",
    "resize:scale=0.45,gray,erode",
};

static const struct {
    int width, height;
} sizes[] = {{333, 217}, {1, 1}, {700, 131}, {5, 3}, {31, 400}, {128, 64}};
enum { SIZES_HERE = sizeof sizes / sizeof sizes[0] };

/* Runs the pipeline by scalar and in tiles. */
static void check(const char *text, const struct tri_shape *shape)
{
    const struct place *const places[] = {&rig.places[0], rig_find_place("tiles")};
    struct tri_image *in = rig_frame(shape, 3), *expected = NULL;
    for (int i = 0; i < 2; i++) {
        struct trial trial;
        if (trial_open(&trial, places[i], text, shape) &&
            trial_run(&trial, in, places[i], "a frame")) {
            if (i == 0)
                expected = rig_copy(trial.out);
            else if (expected != NULL)
                rig_compare(expected, trial.out);
        }
        trial_close(&trial);
    }
    tri_image_free(expected);
    tri_image_free(in);
}

/* All texts, or in a quick test every third, each for some sizes; planes and depths in turn. */
static void check_all(const char *const *texts, int count, int times)
{
    if (rig_find_place("tiles") == NULL) {
        test_skip("there is no OpenCL device for tiles");
        return;
    }
    rig_begin();
    for (int i = 0; i < count; i += rig.quick ? 3 : 1) {
        for (int k = 0; k < times; k++) {
            const int size = (i + k) % SIZES_HERE, planes = (i + k) % TRI_PLANES_MAX + 1;
            const struct tri_shape shape = {sizes[size].width, sizes[size].height, planes,
                                            (i + k / 2) % 2 == 0 ? 8 : 16};
            check(texts[i], &shape);
        }
    }
}

static int times(void)
{
    return rig.full ? 12 : rig.quick ? 1 : 4;
}

static void test_changes(void)
{
    check_all(changes, sizeof changes / sizeof changes[0], times());
}

static void test_chains(void)
{
    check_all(chains, sizeof chains / sizeof chains[0], times());
}

/* Any size, by any ratio. */
static void test_random(void)
{
    static const char *const filters[] = {"nearest",  "bilinear",    "lanczos3",
                                          "mitchell", "catmull-rom", "area"};
    uint64_t state = rig_seed_for("tile parts");
    if (rig_find_place("tiles") == NULL) {
        test_skip("there is no OpenCL device for tiles");
        return;
    }
    rig_begin();
    for (int i = 0; i < (rig.full ? 300 : rig.quick ? 3 : 40); i++) {
        const struct tri_shape shape = {(int)(rig_draw(&state) % 600) + 1,
                                        (int)(rig_draw(&state) % 300) + 1,
                                        (int)(rig_draw(&state) % 4) + 1, i % 3 == 0 ? 16 : 8};
        char text[200];
        snprintf(text, sizeof text, "resize:width=%d:height=%d:filter=%s",
                 (int)(rig_draw(&state) % 600) + 1, (int)(rig_draw(&state) % 300) + 1,
                 filters[rig_draw(&state) % 6]);
        check(text, &shape);
    }
}

int test_tile_parts_suite(void)
{
    CU_pSuite suite = CU_add_suite("tile_parts", rig_open, rig_close);
    return !(suite && CU_add_test(suite, "changes of size", test_changes) &&
             CU_add_test(suite, "among other kernels", test_chains) &&
             CU_add_test(suite, "any size", test_random));
}
