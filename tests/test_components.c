/* test_components.c -- kernels whose samples depend on the whole picture: long ways through it,
 * many components, and shapes whose sums have several levels, against oracles on several backends.
 */
#include "image/image.h"
#include "pipeline/plan.h"
#include "rig.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

static int64_t white(const struct tri_image *image)
{
    return image->shape.bits == 8 ? 255 : 65535;
}

static struct tri_image *blank(int width, int height, int bits)
{
    struct tri_image *image = rig_image(&(struct tri_shape){width, height, 1, bits});

    for (int y = 0; y < height; y++)
        memset(tri_image_row(image, 0, y), 0, (size_t)width * (size_t)bits / 8);
    return image;
}

static bool is_white(const struct tri_image *image, int x, int y)
{
    return x >= 0 && y >= 0 && x < image->shape.width && y < image->shape.height &&
           oracle_sample(image, 0, x, y) != 0;
}

static void draw_square(struct tri_image *image, int x, int y, int side, int64_t value)
{
    for (int i = 0; i < side * side; i++)
        rig_set_sample(image, 0, x * side + i % side, y * side + i / side, value);
}

/* A way of squares, with as much between its turns, from the top left corner to the middle. It
 * begins with `first`. */
static void draw_spiral(struct tri_image *image, int side, int64_t first, int64_t value)
{
    int x = 0, y = 0, dx = 1, dy = 0, length = image->shape.width / side - 1;

    draw_square(image, x, y, side, first);
    for (int turn = 0; length > 0; turn++) {
        for (int i = 0; i < length; i++) {
            x += dx;
            y += dy;
            draw_square(image, x, y, side, value);
        }
        const int turned = dx;

        dx = -dy;
        dy = turned;
        length -= turn >= 2 && turn % 2 == 0 ? 2 : 0;
    }
}

/* Teeth that one row joins, at the top or at the bottom. */
static void draw_comb(struct tri_image *image, bool bottom)
{
    for (int y = 0; y < image->shape.height; y++)
        for (int x = 0; x < image->shape.width; x++)
            if (x % 2 == 0 || y == (bottom ? image->shape.height - 1 : 0))
                rig_set_sample(image, 0, x, y, white(image));
}

static void draw_stairs(struct tri_image *image)
{
    for (int y = 0; y < image->shape.height; y++)
        for (int x = 0; x < image->shape.width; x++)
            if ((x + y) % 3 == 0 || (x - y + 3 * image->shape.height) % 7 == 0)
                rig_set_sample(image, 0, x, y, white(image));
}

static void draw_noise(struct tri_image *image)
{
    uint64_t state = 11;

    for (int y = 0; y < image->shape.height; y++)
        for (int x = 0; x < image->shape.width; x++)
            if (rig_draw_unit(&state) < 0.42)
                rig_set_sample(image, 0, x, y, 1 + (int64_t)(rig_draw(&state) % 255));
}

static void expect_oracle(const char *text, const char *kernel, struct tri_image *in,
                          const char *pattern)
{
    const struct place *places[4];
    const int count = rig_choose_places(places);
    struct expected expected = {0};

    for (int p = 0; p < count; p++) {
        struct trial trial;

        if (!trial_open(&trial, places[p], text, &in->shape))
            continue;
        if (expected.value == NULL)
            oracle_frame(oracle_find(kernel), trial.pipeline, &in, 1, 0, &expected);
        if (trial_run(&trial, in, places[p], pattern))
            rig_compare_oracle(&expected, trial.out);
        trial_close(&trial);
    }
    CU_ASSERT_PTR_NOT_NULL(expected.value);
    free(expected.value);
}

static void expect_all(struct tri_image *in, const char *pattern)
{
    expect_oracle("label:neighbours=4", "label", in, pattern);
    expect_oracle("label:neighbours=8", "label", in, pattern);
    expect_oracle("canny:low=0.1:high=7", "canny", in, pattern);
    expect_oracle("canny:low=0.5:high=1", "canny", in, pattern);
    expect_oracle("thin", "thin", in, pattern);
    expect_oracle("thin:method=guo-hall", "thin", in, pattern);
}

static void test_spiral(void)
{
    rig_begin();
    for (int bits = 8; bits <= 16; bits += 8) {
        struct tri_image *image = blank(512, 512, bits);

        draw_spiral(image, 1, white(image), white(image));
        CU_ASSERT_TRUE(is_white(image, 511, 511) && !is_white(image, 256, 1));
        expect_all(image, "spiral");
        tri_image_free(image);
    }
}

static int count_white(const struct tri_image *image)
{
    int count = 0;

    for (int y = 0; y < image->shape.height; y++)
        for (int x = 0; x < image->shape.width; x++)
            count += is_white(image, x, y);
    return count;
}

/* A weak edge all the way, which is strong at one end: all of it is an edge. */
static void test_hysteresis(void)
{
    static const char text[] = "canny:low=0.7:high=2.3";
    struct tri_image *image = blank(512, 512, 8);
    struct trial trial;

    rig_begin();
    for (int first = 90; first <= 255; first += 165) {
        draw_spiral(image, 4, first, 90);
        expect_oracle(text, "canny", image, "spiral");
        if (trial_open(&trial, &rig.places[0], text, &image->shape) &&
            trial_run(&trial, image, &rig.places[0], "spiral"))
            CU_ASSERT_TRUE(first == 90 ? count_white(trial.out) == 0
                                       : count_white(trial.out) > 50000);
        trial_close(&trial);
    }
    tri_image_free(image);
}

static void test_shapes(void)
{
    static const int sizes[][2] = {{1, 1},    {1, 5000}, {5000, 1}, {2, 4500},
                                   {4500, 3}, {64, 65},  {65, 64},  {301, 217}};

    rig_begin();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int bits = 8; bits <= 16; bits += 8) {
            struct tri_image *image = blank(sizes[i][0], sizes[i][1], bits);

            expect_all(image, "black");
            draw_noise(image);
            expect_all(image, "noise");
            for (int y = 0; y < image->shape.height; y++)
                for (int x = 0; x < image->shape.width; x++)
                    rig_set_sample(image, 0, x, y, white(image));
            expect_all(image, "white");
            tri_image_free(image);
        }
}

static void test_joined(void)
{
    rig_begin();
    for (int kind = 0; kind < 3; kind++) {
        struct tri_image *image = blank(701, 131, 16);

        if (kind < 2)
            draw_comb(image, kind == 1);
        else
            draw_stairs(image);
        expect_all(image, kind < 2 ? "comb" : "stairs");
        tri_image_free(image);
    }
}

/* 8 bits hold 254 numbers; 255 stands for all others. */
static void test_many(void)
{
    struct tri_image *image = blank(61, 40, 8);
    struct trial trial;

    rig_begin();
    for (int y = 0; y < 40; y += 2)
        for (int x = 0; x < 61; x += 2)
            rig_set_sample(image, 0, x, y, 1);
    if (trial_open(&trial, &rig.places[0], "label", &image->shape) &&
        trial_run(&trial, image, &rig.places[0], "isolated samples")) {
        for (int i = 0; i < 31 * 20; i++)
            CU_ASSERT_EQUAL(oracle_sample(trial.out, 0, i % 31 * 2, i / 31 * 2),
                            i < 254 ? i + 1 : 255);
        CU_ASSERT_EQUAL(oracle_sample(trial.out, 0, 1, 0), 0);
    }
    trial_close(&trial);
    tri_image_free(image);
}

static void test_distances(void)
{
    static const char *const texts[] = {"distance", "distance:metric=cityblock:scale=3",
                                        "distance:metric=chessboard", "distance:scale=0.3"};
    static const int sizes[][2] = {{1, 1}, {1, 700}, {700, 1}, {67, 129}, {130, 63}};

    rig_begin();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int kind = 0; kind < 3; kind++) {
            struct tri_image *image = blank(sizes[i][0], sizes[i][1], kind % 2 == 0 ? 16 : 8);

            for (int y = 0; y < image->shape.height; y++)
                for (int x = 0; x < image->shape.width; x++)
                    rig_set_sample(image, 0, x, y, 1 + (x * 7 + y * 13) % 250);
            if (kind == 1) /* in a corner */
                rig_set_sample(image, 0, image->shape.width - 1, image->shape.height - 1, 0);
            if (kind == 2) /* equally near ones, and columns without any */
                for (int x = 0; x < image->shape.width; x += 16)
                    rig_set_sample(image, 0, x, x % image->shape.height, 0);
            for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
                expect_oracle(texts[t], "distance", image, "few zeros");
            tri_image_free(image);
        }
}

/* Shapes that take many rounds, and numbers of iterations below, at and above what they take. */
static void test_rounds(void)
{
    static const char *const texts[] = {"thin",
                                        "thin:method=guo-hall",
                                        "thin:iterations=1",
                                        "thin:iterations=7",
                                        "thin:iterations=8:method=guo-hall",
                                        "thin:iterations=1000000"};
    struct tri_image *image = blank(320, 320, 8);

    rig_begin();
    draw_spiral(image, 20, 255, 1);
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
        expect_oracle(texts[t], "thin", image, "wide spiral");
    tri_image_free(image);
}

/* Errors that go through many tiles: bands and columns of them, and less than one. */
static void test_errors(void)
{
    static const int sizes[][2] = {{1, 1},   {1, 700},  {700, 1},  {64, 32},
                                   {33, 64}, {65, 129}, {301, 217}};
    static const char *const texts[] = {"dither:method=floyd-steinberg",
                                        "dither:method=floyd-steinberg:levels=5"};

    rig_begin();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int bits = 8; bits <= 16; bits += 8) {
            struct tri_image *image = blank(sizes[i][0], sizes[i][1], bits);

            for (int y = 0; y < image->shape.height; y++)
                for (int x = 0; x < image->shape.width; x++)
                    rig_set_sample(image, 0, x, y, (x * 37 + y * 101) % (white(image) + 1));
            for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
                expect_oracle(texts[t], "dither", image, "slopes");
            tri_image_free(image);
        }
}

/* What is repeated has stages of its own, and no plane that lives in one of them shares memory with
 * another. */
static void expect_repeat(const struct tri_plan *plan)
{
    CU_ASSERT_EQUAL_FATAL(plan->repeat_count, 1);
    const struct tri_repeat *repeat = &plan->repeats[0];
    int thins = 0;

    for (int s = 0; s < plan->stage_count; s++) {
        const struct tri_stage *stage = &plan->stages[s];
        bool within = s >= repeat->first && s <= repeat->last;

        for (int i = 0; i < stage->node_count; i++) {
            const char *name = stage->passes[stage->nodes[i].pass]->name;
            bool repeated = strncmp(name, "thin_zhang", 10) == 0 || strcmp(name, "thin_count") == 0;

            thins += repeated;
            CU_ASSERT_EQUAL(repeated, within);
            for (int o = 0; o < stage->nodes[i].outputs && within; o++) {
                const struct walk_channel *one = &plan->channels[stage->nodes[i].out[o]];

                for (int c = 1; c < plan->channel_count && one->base == BASE_ARENA; c++)
                    CU_ASSERT_TRUE(plan->channels[c].base != BASE_ARENA ||
                                   &plan->channels[c] == one ||
                                   plan->channels[c].offset != one->offset ||
                                   plan->channels[c].width != one->width);
            }
        }
    }
    CU_ASSERT_EQUAL(thins, 3 * 5);
}

/* Rounds end when one has counted what the one before has. */
static void expect_rounds(struct tri_plan *plan, int most)
{
    const int first = plan->repeats[0].first, last = plan->repeats[0].last;
    const struct tri_shape shape = plan->in;
    struct tri_image *in = rig_image(&shape), *out = rig_image(&plan->out);

    for (int frame = 0; frame < 2; frame++) {
        tri_plan_frame(plan, frame, 0, in, out);
        for (int s = 0; s < last; s++)
            CU_ASSERT_EQUAL(tri_plan_next(plan, s), s + 1);
        for (int round = 1; round < most; round++) {
            CU_ASSERT_EQUAL(plan->counts[1], 0);
            plan->counts[1] = round < 4 ? 10 - (uint64_t)round : 7;
            CU_ASSERT_EQUAL(tri_plan_next(plan, last), round < 4 ? first : last + 1);
            if (round == 4)
                break;
        }
        if (most < 4)
            CU_ASSERT_EQUAL(tri_plan_next(plan, last), last + 1);
    }
    tri_image_free(in);
    tri_image_free(out);
}

static void test_repeats(void)
{
    const enum tri_plan_kind kinds[] = {TRI_PLAN_WALK, TRI_PLAN_TILES, TRI_PLAN_ALONE};
    const struct tri_shape shape = {200, 100, 4, 8};

    for (int k = 0; k < 6; k++) {
        struct tri_pipeline *pipeline = NULL;
        struct tri_plan *plan = NULL;
        const char *text = k < 3 ? "gaussian,thin,invert" : "gaussian,thin:iterations=4,gaussian";

        CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, NULL), TRI_OK);
        CU_ASSERT_EQUAL_FATAL(tri_plan_make(pipeline, &shape, kinds[k % 3], NULL, &plan, NULL),
                              TRI_OK);
        expect_repeat(plan);
        expect_rounds(plan, k < 3 ? 100 : 2);
        tri_plan_free(plan);
        tri_pipeline_free(pipeline);
    }
}

/* A node that updates a channel and those that read it before or after have stages of their own. */
static void test_stages(void)
{
    const enum tri_plan_kind kinds[] = {TRI_PLAN_WALK, TRI_PLAN_TILES, TRI_PLAN_ALONE};
    const struct tri_shape shape = {200, 100, 3, 8};
    struct tri_pipeline *pipeline = NULL;

    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse("label", &pipeline, NULL), TRI_OK);
    for (int k = 0; k < 3; k++) {
        struct tri_plan *plan = NULL;
        int updates = 0;

        CU_ASSERT_EQUAL_FATAL(tri_plan_make(pipeline, &shape, kinds[k], NULL, &plan, NULL), TRI_OK);
        for (int s = 0; s < plan->stage_count; s++)
            for (int i = 0; i < plan->stages[s].node_count; i++) {
                const struct walk_node *node = &plan->stages[s].nodes[i];

                updates += node->kind == PASS_UPDATE;
                for (int j = 0; j < plan->stages[s].node_count && node->kind == PASS_UPDATE; j++)
                    CU_ASSERT_TRUE(j == i || plan->stages[s].nodes[j].in[0] != node->in[0]);
            }
        CU_ASSERT_EQUAL(updates, 3);
        tri_plan_free(plan);
    }
    tri_pipeline_free(pipeline);
}

int test_components_suite(void)
{
    CU_pSuite suite = CU_add_suite("components", rig_open, rig_close);
    return !(suite && CU_add_test(suite, "a spiral", test_spiral) &&
             CU_add_test(suite, "hysteresis along a spiral", test_hysteresis) &&
             CU_add_test(suite, "shapes of all sorts", test_shapes) &&
             CU_add_test(suite, "components that join late", test_joined) &&
             CU_add_test(suite, "more components than numbers", test_many) &&
             CU_add_test(suite, "distances", test_distances) &&
             CU_add_test(suite, "shapes that take many rounds", test_rounds) &&
             CU_add_test(suite, "errors that go far", test_errors) &&
             CU_add_test(suite, "stages of updates", test_stages) &&
             CU_add_test(suite, "stages that are repeated", test_repeats));
}
