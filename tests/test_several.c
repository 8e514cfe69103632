/* test_several.c -- work that is dealt to several backends gives the bytes of one. */
#include "several_rig.h"
#include "sets.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 12 };
static struct place places[PLACES];
static int place_count;

static void add_place(const char *on, int rows, const char *what)
{
    struct place *place = &places[place_count];
    place->backend = several_open(on, rows);
    place->opencl = strstr(on, "opencl") != NULL;
    snprintf(place->label, sizeof place->label, "%s%s, %d rows", on, what, rows);
    place_count += place->backend != NULL;
}

static int begin(void)
{
    if (rig_open() != 0)
        return 1;
    add_place("threads:1+threads:2+sequential", 1, "");
    add_place("sequential+threads:2", 4, "");
    if (rig_find_place("opencl:0.0 lanes") != NULL) {
        add_place("threads:2+opencl:0.0", 3, "");
        add_place("opencl:0.0/1+threads:1", 2, "");
        add_place("opencl:0.0/1+opencl:0.0", 5, "");
        setenv("TRIPTYCH_OPENCL_MEMORY", "copy", 1);
        add_place("opencl:0.0/1+threads:1", 7, " with memory of its own");
        setenv("TRIPTYCH_OPENCL_DIALECT", "tiles", 1);
        add_place("sequential+opencl:0.0", 3, " in the other dialect");
        unsetenv("TRIPTYCH_OPENCL_DIALECT");
        unsetenv("TRIPTYCH_OPENCL_MEMORY");
    }
    if (rig_find_place("opencl:1.0") != NULL)
        add_place("opencl:0.0+opencl:1.0", 3, "");
    return place_count < 2;
}

static int end(void)
{
    while (place_count > 0)
        tri_backend_close(places[--place_count].backend);
    return rig_close();
}

/* ---- bytes ---- */

/* Devices build programs for each kernel, which is slow, so work number `n` is tested on only one
 * of these places. */
static bool has_turn(int place, int n)
{
    int first = 0;
    while (first < place_count && !places[first].opencl)
        first++;
    return !places[place].opencl || rig.full || n % (place_count - first) == place - first;
}

/* All heights from one row on: strips, with the rows around them, meet both edges in every way. */
static void test_low_pictures(void)
{
    rig_begin();
    for (int height = 1; height <= 20; height++)
        for (int k = 0; k < tri_kernel_count(); k++) {
            const int planes = (height + k) % 4 + 1;
            const struct tri_shape shape = {7 + 2 * (height % 5), height, planes,
                                            (height + k) % 3 == 0 ? 16 : 8};
            struct tri_image *frames[SEVERAL_FRAMES];
            char text[500];
            set_print_default(tri_kernel_at(k), text, sizeof text);
            several_make_frames(&shape, frames);
            for (int p = 0; p < place_count; p++)
                if (has_turn(p, k) && (!places[p].opencl || rig.full || (height + k) % 4 == 0))
                    several_check(text, &places[p], frames, SEVERAL_FRAMES);
            several_free_frames(frames);
        }
}

/* Every set of values, on images of an odd size. */
static void test_kernels(void)
{
    rig_begin();
    for (int k = 0; k < tri_kernel_count(); k++) {
        struct set sets[SETS_MAX];
        const int count = set_list(tri_kernel_at(k), sets);
        for (int i = 0; i < count; i++) {
            const struct tri_shape shape = {33, 61, i % 4 + 1, i % 3 == 0 ? 16 : 8};
            struct tri_image *frames[SEVERAL_FRAMES];
            if (sets[i].refused || set_unfit(sets[i].text, &shape))
                continue;
            several_make_frames(&shape, frames);
            for (int p = 0; p < place_count; p++)
                if (has_turn(p, k + 2) && (!places[p].opencl || rig.full || i == 0))
                    several_check(sets[i].text, &places[p], frames, SEVERAL_FRAMES);
            several_free_frames(frames);
        }
    }
}

static void draw_chain(char *text, size_t size, const struct tri_shape *in, uint64_t *state)
{
    struct tri_shape out;
    text[0] = '\0';
    for (int steps = 0, tries = 0; steps < 4 && tries < 100; tries++) {
        const size_t length = strlen(text);
        struct set set;
        set_draw(tri_kernel_at((int)(rig_draw(state) % (uint64_t)tri_kernel_count())), RANDOM_SMALL,
                 state, &set);
        if (set.refused || (strstr("rotate resize equalize autolevels flip motion",
                                   strtok(strdupa(set.text), ":")) &&
                            tries % 3))
            continue; /* mostly pipelines that can be cut */
        snprintf(text + length, size - length, "%s%s", length > 0 ? "," : "", set.text);
        if (set_shape(text, in, &out) != TRI_OK || out.width * out.height > 40000)
            text[length] = '\0';
        else
            steps++;
    }
}

static void test_chains(void)
{
    uint64_t state = rig_seed_for("several");
    char text[2000];
    rig_begin();
    for (int i = 0; i < (rig.full ? 200 : rig.quick ? 8 : 40); i++) {
        const struct tri_shape shape = {(int)(rig_draw(&state) % 90) + 1,
                                        (int)(rig_draw(&state) % 90) + 1, i % 4 + 1,
                                        i % 5 == 0 ? 16 : 8};
        struct tri_image *frames[SEVERAL_FRAMES];
        draw_chain(text, sizeof text, &shape, &state);
        several_make_frames(&shape, frames);
        for (int p = 0; p < place_count; p++)
            if (has_turn(p, i) && (!places[p].opencl || rig.full || i < 8))
                several_check(text, &places[p], frames, SEVERAL_FRAMES);
        several_free_frames(frames);
    }
}

/* By speed: large images, the first of which measures it. */
static void test_by_speed(void)
{
    static const char *const how[] = {"threads:2+opencl:0.0", "opencl:0.0/1+threads:1",
                                      "threads:1+threads:2", "all"};
    static const char *const texts[] = {"gaussian:sigma=2", "box:radius=30,sobel", "rotate",
                                        "equalize", "invert"};
    rig_begin();
    for (size_t h = 0; h < sizeof how / sizeof how[0]; h++) {
        struct place place = {.opencl = true};
        if (strstr(how[h], "opencl") != NULL && rig_find_place("opencl:0.0") == NULL)
            continue;
        place.backend = several_open(how[h], 0);
        CU_ASSERT_PTR_NOT_NULL_FATAL(place.backend);
        snprintf(place.label, sizeof place.label, "%s", how[h]);
        for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
            for (int size = 0; size < 2; size++) {
                const struct tri_shape shape = {size ? 1201 : 333, size ? 517 : 217, 3, 8};
                struct tri_image *frames[SEVERAL_FRAMES];
                several_make_frames(&shape, frames);
                several_check(texts[t], &place, frames, SEVERAL_FRAMES);
                several_free_frames(frames);
            }
        tri_backend_close(place.backend);
    }
}

static void test_two_platforms(void)
{
    for (int p = 0; p < place_count; p++)
        if (strstr(places[p].label, "opencl:0.0+opencl:1.0") != NULL)
            return; /* the tests above cover it */
    test_skip(rig_find_place("opencl:") != NULL
                  ? "there is no second OpenCL platform"
                  : "there is no OpenCL device: threads alone were tested");
}

/* Threads with an image each, as in a batch or a stream: all are dealt out, and all are counted. */
static void test_crowd(void)
{
    static const char *const texts[] = {"sobel", "equalize", "rotate:angle=180"};
    rig_begin();
    for (int p = 0; p < place_count; p++)
        for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
            const double before = several_pictures(places[p].backend, -1);
            several_crowd(places[p].backend, texts[t]);
            const double done = several_pictures(places[p].backend, -1) - before;
            CU_ASSERT_TRUE(done > SEVERAL_PICTURES - 0.01 && done < SEVERAL_PICTURES + 0.01);
        }
    struct tri_backend *backend = several_open("threads:1+sequential", 0);
    several_crowd(backend, "rotate:angle=180");
    struct tri_share shares[2];
    CU_ASSERT_EQUAL(tri_backend_shares(backend, shares, 2), 2);
    CU_ASSERT_TRUE(shares[0].pictures > 0 && shares[1].pictures > 0);
    int fastest;
    CU_ASSERT_TRUE(tri_backend_gain(backend, &fastest) > 0);
    CU_ASSERT_TRUE(fastest == 0 || fastest == 1);
    tri_backend_close(backend);
    CU_ASSERT_EQUAL(tri_backend_shares(rig.places[0].backend, shares, 2), 0);
    tri_backend_gain(rig.places[0].backend, &fastest);
    CU_ASSERT_EQUAL(fastest, -1);
}

/* ---- names ---- */

static void expect_open(const char *on, enum tri_status status, const char *part)
{
    struct tri_backend *backend = NULL;
    struct tri_error error = {.text = ""};
    CU_ASSERT_EQUAL(tri_backend_open(on, NULL, &backend, &error), status);
    if (strstr(error.text, part) == NULL) {
        printf("\n  %s: %s\n", on, error.text);
        CU_FAIL("another error");
    }
    tri_backend_close(backend);
}

static void test_names(void)
{
    expect_open("threads:2+threads:2", TRI_USAGE, "threads:2 is named twice");
    expect_open("sequential+threads:1+sequential", TRI_USAGE, "sequential is named twice");
    expect_open("threads:2+", TRI_USAGE, "a name is missing");
    expect_open("+threads:2", TRI_USAGE, "a name is missing");
    expect_open("+", TRI_USAGE, "a name is missing");
    expect_open("threads:1++threads:2", TRI_USAGE, "a name is missing");
    expect_open("all+threads", TRI_USAGE, "'all' stands alone");
    expect_open("threads+auto", TRI_USAGE, "'auto' stands alone");
    expect_open("threads+cuda", TRI_USAGE, "unknown backend 'cuda'");
    expect_open("threads+threads:0", TRI_USAGE, "the number of threads");
    expect_open("threads+opencl:no such device", TRI_NO_DEVICE, "");
    expect_open("threads:1+threads:2+threads:3+threads:4+threads:5+threads:6+threads:7+threads:8+"
                "threads:9+threads:10+"
                "threads:11+threads:12+threads:13+threads:14+threads:15+threads:16+threads:17",
                TRI_USAGE, "at most 16 backends");
    struct tri_backend *backend = several_open("threads:3+sequential", 0);
    const struct tri_backend_info *info = tri_backend_info(backend);
    CU_ASSERT_STRING_EQUAL(info->name, "threads:3+sequential");
    CU_ASSERT_EQUAL(info->workers, 4);
    CU_ASSERT_EQUAL(info->parts, 2);
    CU_ASSERT_FALSE(info->opencl);
    CU_ASSERT_STRING_EQUAL(info->isa, tri_isa_name(tri_isa_count() - 1));
    tri_backend_close(backend);
    CU_ASSERT_TRUE(tri_names_several("all"));
    CU_ASSERT_TRUE(tri_names_several("a+b"));
    CU_ASSERT_TRUE(tri_names_several("opencl:a+b+threads"));
    CU_ASSERT_FALSE(tri_names_several("opencl:a+b"));
    CU_ASSERT_FALSE(tri_names_several("threads"));
}

int test_several_suite(void)
{
    CU_pSuite suite = CU_add_suite("several", begin, end);
    return !(suite && CU_add_test(suite, "names", test_names) &&
             CU_add_test(suite, "low pictures", test_low_pictures) &&
             CU_add_test(suite, "all kernels", test_kernels) &&
             CU_add_test(suite, "random chains", test_chains) &&
             CU_add_test(suite, "by speed", test_by_speed) &&
             CU_add_test(suite, "two platforms", test_two_platforms) &&
             CU_add_test(suite, "pictures at a time", test_crowd));
}
