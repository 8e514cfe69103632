/* test_pairs.c -- the second picture: of other sizes, colours and depths than the first, on every
 * kind of backend; how jobs keep it; and --with of the program. Kernels themselves are tested in
 * test_kernels.c. */
#include "image/image.h"
#include "rig.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

static int begin(void)
{
    return rig_open() != 0 || shell_begin() != 0;
}

static int end(void)
{
    return shell_end() | rig_close();
}

/* ---- against the oracles ---- */

static bool has_oracle(const char *text, const struct tri_shape *shape,
                       const struct oracle **oracle)
{
    char name[100];

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, ":"), text);
    *oracle = oracle_find(name);
    return *oracle && ((*oracle)->alpha == ORACLE_OWN || shape->planes % 2 == 1);
}

static void check_place(const struct place *place, const char *text, const struct tri_shape *shape)
{
    const struct oracle *oracle;
    struct expected expected;
    struct tri_image *in;
    struct trial trial;

    if (!has_oracle(text, shape, &oracle) || !trial_open(&trial, place, text, shape))
        return;
    in = rig_frame(shape, 7);
    if (trial_run(&trial, in, place, "a frame")) {
        oracle_frame(oracle, trial.pipeline, &in, 1, 0, &expected);
        rig_compare_oracle(&expected, trial.out);
        free(expected.value);
    }
    trial_close(&trial);
    tri_image_free(in);
}

static void check_with(const char *text, const struct tri_shape *shape, int width, int height,
                       int places)
{
    const struct place *chosen[4];
    int count = rig_choose_places(chosen);

    for (int planes = 1; planes <= TRI_PLANES_MAX; planes++)
        for (int bits = 8; bits <= 16; bits += 8) {
            struct tri_shape of_with = {width, height, planes, bits};
            struct tri_image *with = rig_frame(&of_with, 8);

            rig.with = with;
            for (int i = 0; i < count && i < places; i++)
                check_place(chosen[i], text, shape);
            rig.with = NULL;
            tri_image_free(with);
        }
}

/* Each form of the second picture with each form of the first. */
static void test_forms(void)
{
    static const char *const texts[] = {"add",
                                        "subtract",
                                        "multiply",
                                        "absdiff",
                                        "min",
                                        "max",
                                        "mask",
                                        "mask:from=alpha",
                                        "mask:to=colour:green=1",
                                        "chroma_key",
                                        "composite",
                                        "composite:operator=xor:mode=screen"};

    rig_begin();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        for (int planes = 1; planes <= TRI_PLANES_MAX; planes++)
            for (int bits = 8; bits <= 16; bits += 8)
                check_with(texts[i], &(struct tri_shape){70, 19, planes, bits}, 70, 19,
                           planes == 3 && bits == 8 ? 4 : 2);
}

/* Smaller, larger, at every side, clipped, and outside. */
static void test_places(void)
{
    static const char *const sides[] = {"northwest", "north",     "northeast", "west",     "center",
                                        "east",      "southwest", "south",     "southeast"};
    static const int sizes[][2] = {{1, 1}, {20, 9}, {33, 40}, {90, 10}, {131, 77}};
    const struct tri_shape shape = {67, 30, 3, 8};
    char text[200];

    rig_begin();
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++)
        for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
            snprintf(text, sizeof(text), "composite:x=%d:y=%d:gravity=%s:operator=%s",
                     (int)k * 5 - 6, (int)k - 2, sides[i], i % 2 ? "dest_atop" : "over");
            check_with(text, &shape, sizes[k][0], sizes[k][1], i == 4 ? 4 : 1);
        }
    check_with("composite:x=67", &shape, 10, 10, 2);
    check_with("composite:y=-1000000:x=1000000", &shape, 10, 10, 2);
}

/* ---- jobs ---- */

static struct tri_job *job_of(const struct tri_pipeline *pipeline, const struct tri_shape *shape,
                              enum tri_status status, const char *message)
{
    struct tri_job *job = NULL;
    struct tri_error error = {0};

    CU_ASSERT_EQUAL(tri_job_new(rig.places[0].backend, pipeline, shape, &job, &error), status);
    if (!strstr(error.text, message)) {
        printf("\n  '%s' instead of '%s'\n", error.text, message);
        CU_FAIL("a message");
    }
    return job;
}

static struct tri_pipeline *parsed(const char *text)
{
    struct tri_pipeline *pipeline = NULL;

    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, NULL), TRI_OK);
    return pipeline;
}

static void test_errors(void)
{
    struct tri_shape shape = {30, 20, 3, 8}, other = {20, 30, 3, 8};
    struct tri_image *with = rig_frame(&other, 1);
    struct tri_pipeline *add = parsed("gray,add"), *invert = parsed("invert");
    struct tri_error error;

    CU_ASSERT_TRUE(tri_pipeline_takes_with(add));
    CU_ASSERT_FALSE(tri_pipeline_takes_with(invert));
    CU_ASSERT_EQUAL(tri_pipeline_set_with(invert, with, &error), TRI_USAGE);
    CU_ASSERT_STRING_EQUAL(error.text, "no kernel of invert takes a second picture");
    CU_ASSERT_PTR_NULL(tri_pipeline_with(invert));
    CU_ASSERT_PTR_NULL(job_of(add, &shape, TRI_USAGE, "gray,add needs a second picture"));
    CU_ASSERT_EQUAL(tri_pipeline_set_with(add, with, &error), TRI_OK);
    CU_ASSERT_PTR_EQUAL(tri_pipeline_with(add), with);
    CU_ASSERT_PTR_NULL(job_of(add, &shape, TRI_USAGE,
                              "the second has 20 x 30 pixels and the first 30 x 20 here; resize "
                              "one ('resize:width=30:height=20')"));
    tri_job_free(job_of(add, &other, TRI_OK, ""));
    CU_ASSERT_EQUAL(tri_pipeline_set_with(add, NULL, &error), TRI_OK);
    CU_ASSERT_PTR_NULL(job_of(add, &other, TRI_USAGE, "needs a second picture"));
    tri_pipeline_free(add);
    tri_pipeline_free(invert);
    tri_image_free(with);
}

/* A job keeps its copy when the pipeline gets another picture; rewinding changes nothing; the size
 * is that which the kernel sees. */
static void test_copies(void)
{
    struct tri_shape shape = {30, 20, 1, 8}, doubled = {60, 40, 1, 16};
    struct tri_image *in = rig_image(&shape), *out = rig_image(&(struct tri_shape){60, 40, 1, 8});
    struct tri_image *with = rig_image(&doubled);
    struct tri_pipeline *pipeline = parsed("resize:scale=2:filter=nearest,add");
    struct tri_job *job;

    for (int y = 0; y < 40; y++)
        for (int x = 0; x < 60; x++)
            rig_set_sample(with, 0, x, y, 257 * x);
    for (int y = 0; y < 20; y++)
        memset(tri_image_row(in, 0, y), 100, 30);
    in->padded = false;
    CU_ASSERT_EQUAL(tri_pipeline_set_with(pipeline, with, NULL), TRI_OK);
    job = job_of(pipeline, &shape, TRI_OK, "");
    CU_ASSERT_EQUAL(tri_pipeline_set_with(pipeline, NULL, NULL), TRI_OK);
    tri_image_free(with);
    for (int run = 0; run < 2 && job; run++) {
        CU_ASSERT_EQUAL(tri_job_run(job, in, out, NULL, NULL), TRI_OK);
        for (int x = 0; x < 60; x++)
            CU_ASSERT_EQUAL(oracle_sample(out, 0, x, run * 39), 100 + x);
        tri_job_rewind(job);
    }
    CU_ASSERT_EQUAL(tri_job_set_with(job, in, NULL), TRI_USAGE);
    tri_job_free(job);
    tri_pipeline_free(pipeline);
    tri_image_free(in);
    tri_image_free(out);
}

/* The second picture of a job changes between runs, on every kind of backend. */
static void test_changes(void)
{
    struct tri_shape shape = {70, 20, 3, 8};
    const struct place *chosen[4];
    int count = rig_choose_places(chosen);
    struct tri_image *in = rig_frame(&shape, 1), *out = rig_image(&shape);
    struct tri_image *with[2] = {rig_frame(&shape, 2), in};
    struct tri_image *black = rig_image(&shape);

    memset(black->memory, 0, black->memory_size);
    for (int i = 0; i < count; i++) {
        struct tri_pipeline *pipeline = parsed("absdiff");
        struct tri_job *job = NULL;

        CU_ASSERT_EQUAL(tri_pipeline_set_with(pipeline, with[0], NULL), TRI_OK);
        CU_ASSERT_EQUAL_FATAL(tri_job_new(chosen[i]->backend, pipeline, &shape, &job, NULL),
                              TRI_OK);
        CU_ASSERT_EQUAL(tri_job_run(job, in, out, NULL, NULL), TRI_OK);
        CU_ASSERT_TRUE(tri_image_compare(black, out).count > 1000);
        CU_ASSERT_EQUAL(tri_job_set_with(job, with[1], NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_job_run(job, in, out, NULL, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_image_compare(black, out).count, 0);
        tri_job_free(job);
        tri_pipeline_free(pipeline);
    }
    tri_image_free(with[0]);
    tri_image_free(in);
    tri_image_free(out);
    tri_image_free(black);
}

/* ---- the program ---- */

#define MAKE \
    "printf 'P5 3 1 255 abc' > a.pgm; printf 'P5 3 1 255 \\1\\2\\377' > b.pgm; printf 'P6 1 1 " \
    "255 " \
    "xyz' > c.ppm; "

static void test_program(void)
{
    const bool opencl =
        shell_run(
            "$T run invert $ROOT/images/alpha.png -o o.png --on opencl; code=$?; rm -f o.png; "
            "exit $code")
            ->code != TRI_NO_DEVICE;
    EXPECT(MAKE "$T run add a.pgm --with b.pgm -o - --format pnm | tail -c 3", 0, "bd\377", "");
    EXPECT("$T run add a.pgm --with - -o - --format pnm < b.pgm | tail -c 3", 0, "bd\377", "");
    EXPECT("$T run add - --with b.pgm -o - --format pnm < a.pgm | tail -c 3", 0, "bd\377", "");
    EXPECT("$T run add a.pgm --with a.pgm -o x.pgm && $T run subtract x.pgm --with a.pgm -o - "
           "--format pnm | tail -c 3; rm x.pgm",
           0, "abc", "");
    EXPECT(
        "$T run subtract a.pgm --with b.pgm -o x.pgm --on opencl 2> err; code=$?; [ $code = 4 ] || "
        "tail -c 3 x.pgm; rm -f x.pgm err; exit $code",
        opencl ? 0 : TRI_NO_DEVICE, opencl ? "``*" : "", "");
    EXPECT("$T run composite:x=1 a.pgm --with c.ppm -o - --format pnm | tail -c 3", 0, "ayc",
           "triptych: note: c.ppm is used in gray, like the picture it is combined with\n");
    EXPECT("$T run composite a.pgm --with c.ppm -o - --format pnm --quiet | tail -c 3", 0, "ybc",
           "");
}

static void test_program_errors(void)
{
    EXPECT("$T run add a.pgm -o x.pgm", 2, "",
           "triptych: run: add needs a second picture; add --with FILE\n");
    EXPECT("$T run add a.pgm --with c.ppm -o x.pgm", 2, "",
           "triptych: a.pgm: add needs pictures of one size, but the second has 1 x 1 pixels and "
           "the first 3 x 1 here; resize one ('resize:width=3:height=1'), or use composite, which "
           "takes any size\n");
    EXPECT("$T run invert a.pgm --with b.pgm -o x.pgm", 2, "",
           "triptych: run: no kernel of invert takes a second picture; remove --with*\n");
    EXPECT("$T run add a.pgm --with none.pgm -o x.pgm", 1, "",
           "triptych: cannot read none.pgm: No such file or directory\n");
    EXPECT("$T run add a.pgm --with b.pgm -o b.pgm; cat b.pgm | wc -c", 0, "14\n",
           "triptych: run: the result of 'a.pgm' would replace the input 'b.pgm'\n");
    EXPECT("$T run add - --with - -o x.pgm < a.pgm", 2, "", "*only one input*standard input*");
    EXPECT("$T run add a.pgm --with b.pgm --max-pixels 2 -o x.pgm", 1, "", "*b.pgm*3 x 1*");
    EXPECT("ls", 0, "a.pgm\nb.pgm\nc.ppm\n", "");
}

/* One picture over every picture of a folder, and over every frame of a video: the same as over
 * each alone. */
static void test_many(void)
{
    EXPECT("mkdir in && cp \"$ROOT\"/images/frame-?.png in && cp \"$ROOT/images/gray16.png\" in && "
           "$T run composite:gravity=southeast:opacity=0.7 in --with \"$ROOT/images/alpha.png\" -o "
           "out/ -j 3 -q && for f in in/*; do $T run composite:gravity=southeast:opacity=0.7 $f "
           "--with \"$ROOT/images/alpha.png\" -o one.png -q --on sequential && cmp one.png "
           "out/${f#in/}; "
           "done; rm -r in out one.png",
           0, "", "");
    EXPECT("$T run copy \"$ROOT\"/images/frame-?.png -o f-%d.png && $T run copy f-%d.png -o v.y4m "
           "-q && $T run composite:gravity=center:mode=overlay v.y4m --with "
           "\"$ROOT/images/alpha.png\" -o g-%d.png -j 3 && $T run copy v.y4m -o h-%d.png -q && "
           "for i in 1 2 3; do $T run composite:gravity=center:mode=overlay h-$i.png --with "
           "\"$ROOT/images/alpha.png\" -o one.png && $T run absdiff one.png --with g-$i.png -o - "
           "--format pnm | tail -c 57600 | tr -d '\\000' | wc -c; done; rm ?-?.png one.png",
           0, "0\n0\n0\n", "");
    EXPECT("$T run add a.pgm --with v.y4m -o x.pgm", 2, "",
           "triptych: run: --with 'v.y4m' is a video, and goes with videos only; *\n");
}

/* Frame by frame, the last one again where the second video is shorter; the same as for pictures.
 */
static void test_clip(void)
{
    EXPECT(
        "$T run copy v.y4m -o h-%d.png -q && $T run copy h-1.png h-2.png -o s-%d.png -q && "
        "$T run copy s-%d.png -o s.y4m -q && $T run composite:x=5:y=-7:opacity=0.5 v.y4m --with "
        "s.y4m -o g-%d.png -q && for i in 1 2 3; do n=$i; test $i -lt 3 || n=2; $T run copy s.y4m "
        "--frame $n -o w.png -q && $T run composite:x=5:y=-7:opacity=0.5 h-$i.png --with w.png "
        "-o one.png && $T run absdiff one.png --with g-$i.png -o - --format pnm | tail -c 57600 "
        "| tr -d '\\000' | wc -c; done; rm ?-?.png one.png w.png",
        0, "0\n0\n0\n", "");
    EXPECT("$T run subtract v.y4m --with v.y4m -o x.y4m -j 3 && $T run subtract v.y4m --with v.y4m "
           "-o - --on sequential | cmp - x.y4m && $T run subtract v.y4m --with v.y4m -o - --on "
           "opencl | cmp - x.y4m; rm x.y4m",
           0, "", "*");
    EXPECT("$T run temporal_median,add v.y4m --with s.y4m -o x.y4m", 2, "",
           "triptych: run: temporal_median,add looks at later frames, so --with takes a picture, "
           "but s.y4m is a video\n");
    EXPECT("$T run composite v.y4m --with s.y4m -o x.png", 2, "",
           "triptych: run: --with is for videos, but 'x.png' is a picture\n");
    EXPECT("head -c 60000 s.y4m > t.y4m; $T run add v.y4m --with t.y4m -o x.y4m", 1, "",
           "triptych: cannot read t.y4m: the file is truncated in frame *\n");
    EXPECT("rm -f x.y4m v.y4m s.y4m t.y4m; ls", 0, "a.pgm\nb.pgm\nc.ppm\n", "");
}

int test_pairs_suite(void)
{
    CU_pSuite suite = CU_add_suite("pairs", begin, end);
    return !(suite && CU_add_test(suite, "forms of the second picture", test_forms) &&
             CU_add_test(suite, "places of the second picture", test_places) &&
             CU_add_test(suite, "errors of jobs", test_errors) &&
             CU_add_test(suite, "jobs keep copies", test_copies) &&
             CU_add_test(suite, "another picture between runs", test_changes) &&
             CU_add_test(suite, "--with a picture", test_program) &&
             CU_add_test(suite, "errors of --with", test_program_errors) &&
             CU_add_test(suite, "--with for many", test_many) &&
             CU_add_test(suite, "--with a video", test_clip));
}
