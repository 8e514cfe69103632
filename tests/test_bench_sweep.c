/* test_bench_sweep.c -- bench over sizes, numbers of workers and suites. */
#include "measure/measure.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* ---- sizes and workers as text ---- */

static void expect_sizes(const char *text, const char *expected)
{
    struct tri_sizes sizes;
    struct tri_error error = {0};
    char got[2000] = "";

    if (tri_sizes_parse(text, &sizes, &error) != TRI_OK)
        snprintf(got, sizeof got, "%s", error.text);
    for (int i = 0; error.status == TRI_OK && i < sizes.count; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%dx%d", i > 0 ? " " : "",
                 sizes.list[i].width, sizes.list[i].height);
    if (strstr(got, expected) == NULL || (error.status == TRI_OK && strcmp(got, expected) != 0)) {
        printf("\n%s: expected %s, got %s\n", text, expected, got);
        CU_FAIL("sizes");
    }
}

static void test_sizes(void)
{
    char many[1000] = "1";

    expect_sizes("512", "512x512");
    expect_sizes("1920x1080", "1920x1080");
    expect_sizes("64..8192", "64x64 128x128 256x256 512x512 1024x1024 2048x2048 4096x4096 "
                             "8192x8192");
    expect_sizes("100..300", "100x100 200x200 300x300");
    expect_sizes("7..7", "7x7");
    expect_sizes("64..128,30x20,5", "64x64 128x128 30x20 5x5");
    expect_sizes("1..1000000", "1x1 2x2 4x4 8x8 16x16 32x32 64x64 128x128 256x256 512x512 "
                               "1024x1024 2048x2048 4096x4096 8192x8192 16384x16384 32768x32768 "
                               "65536x65536 131072x131072 262144x262144 524288x524288 "
                               "1000000x1000000");
    static const char *const wrong[] = {
        "",   "x",  "64..", "..64", "64...128", "64x",   "x64",      "0",     "0x5",      "-5",
        "5,", ",5", "5 ",   "5.5",  "1000001",  "64..N", "4..8..16", "3x4x5", "5x64..128"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_sizes(wrong[i], "invalid size '");
    expect_sizes("9..2", "the sizes 9..2 run backwards");
    expect_sizes("64,64", "the size 64x64 is given twice");
    expect_sizes("64..256,128", "the size 128x128 is given twice");
    for (int i = 2; i < 70; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), ",%d", i);
    expect_sizes(many, "more than 64 sizes");
}

static void expect_workers(const char *text, const char *expected)
{
    struct tri_worker_counts counts;
    struct tri_error error = {0};
    char got[2000] = "";

    if (tri_worker_counts_parse(text, 6, &counts, &error) != TRI_OK)
        snprintf(got, sizeof got, "%s", error.text);
    for (int i = 0; error.status == TRI_OK && i < counts.count; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%d", i > 0 ? " " : "",
                 counts.list[i]);
    if (strstr(got, expected) == NULL || (error.status == TRI_OK && strcmp(got, expected) != 0)) {
        printf("\n%s: expected %s, got %s\n", text, expected, got);
        CU_FAIL("workers");
    }
}

static void test_workers(void)
{
    expect_workers("4", "4");
    expect_workers("N", "6");
    expect_workers("1..N", "1 2 3 4 5 6");
    expect_workers("9,1..3", "9 1 2 3");
    static const char *const wrong[] = {"", "0", "1..", "-1", "n", "1025", "1,,2", "2x3"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_workers(wrong[i], "invalid number of workers '");
    expect_workers("3..1", "the numbers of workers 3..1 run backwards");
    expect_workers("2,1..3", "2 workers are given twice");
}

/* ---- the program ---- */

static void test_sweep(void)
{
    EXPECT("$T bench sobel --size 16..40,20x10 --workers 3,1 --on threads --time 0.001 --csv | "
           "cut -d , -f 1-3,6,9,10",
           0,
           "pipeline,width,height,backend,workers,verified\n"
           "sobel,16,16,threads:3,3,true\nsobel,16,16,threads:1,1,true\n"
           "sobel,32,32,threads:3,3,true\nsobel,32,32,threads:1,1,true\n"
           "sobel,40,40,threads:3,3,true\nsobel,40,40,threads:1,1,true\n"
           "sobel,20,10,threads:3,3,true\nsobel,20,10,threads:1,1,true\n",
           "");
    EXPECT("$T bench invert --size 16,32 --on sequential --time 0.001 --json j -o o.ppm >/dev/null "
           "&& grep -c '\"width\": 32' j && head -c 9 o.ppm && rm j o.ppm",
           0, "2\nP6\n32 32\n", "*");
    EXPECT("$T bench invert --size 16..", 2, "",
           "triptych: bench: --size: invalid size '16..'; expected one like 512*");
    EXPECT("$T bench invert --workers 0", 2, "",
           "triptych: bench: --workers: invalid number of workers '0'*");
    EXPECT("$T bench invert --workers 2 --on sequential", 2, "",
           "triptych: bench: --workers applies to threads; add --on threads*");
    EXPECT("$T bench invert --size 16 --max-pixels 255", 1, "*",
           "*16x16 pixels exceed the limit of 255; *");
    EXPECT("$T bench invert x.png --size 16", 2, "", "*--size is for generated pictures*");
}

static void expect_suite(const char *lines, int code, const char *out, const char *err)
{
    char command[1200];

    snprintf(command, sizeof command,
             "printf '%s' > s.txt; $T bench --suite s.txt --on sequential --csv | cut -d , -f "
             "1-5 | tail -n +2; $T bench --suite s.txt --on sequential --json j > /dev/null; "
             "code=$?; rm -f s.txt; exit $code",
             lines);
    EXPECT(command, code, out, err);
}

static void test_suite(void)
{
    expect_suite("# a comment\\n\\nsuite mine 3\\ntime 0.001\\nsobel 16,20x10 # two\\n"
                 "gray,invert\\t8\\trgb16\\ninvert 8 graya16\\n",
                 0, "sobel,16,16,3,8\nsobel,20,10,3,8\n\"gray,invert\",8,8,3\ninvert,8,8,2,16\n",
                 "");
    json_t *root = json_load_file(shell_path("j"), 0, NULL),
           *suite = json_object_get(root, "suite");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(suite, "name")), "mine");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(suite, "version")), 3);
    CU_ASSERT_DOUBLE_EQUAL(json_real_value(json_object_get(root, "seconds")), 0.001, 1e-9);
    json_decref(root);
    EXPECT("rm j", 0, "", "");
}

static void test_bad_suites(void)
{
    static const struct {
        const char *lines, *why;
    } bad[] = {
        {"", "triptych: s.txt: the suite has no pipelines\n*"},
        {"suite a 1\\n", "triptych: s.txt: the suite has no pipelines\n*"},
        {"sobel 16\\n", "triptych: s.txt:1: a suite begins with 'suite NAME VERSION'\n*"},
        {"suite a x\\n", "triptych: s.txt:1: a suite begins with 'suite NAME VERSION', *"},
        {"suite a 0\\nsobel 16\\n", "triptych: s.txt:1: a suite begins with *"},
        {"suite a 1\\nsobell 16\\n", "triptych: s.txt:2: unknown kernel 'sobell': did you mean*"},
        {"suite a 1\\nsobel 16..\\n", "triptych: s.txt:2: invalid size '16..'*"},
        {"suite a 1\\nsobel\\n", "triptych: s.txt:2: a line is 'PIPELINE SIZES [SAMPLES]'*"},
        {"suite a 1\\nsobel 16 rgb8 x\\n", "triptych: s.txt:2: a line is *"},
        {"suite a 1\\nsobel 16 cmyk8\\n", "triptych: s.txt:2: samples are one of gray8*"},
        {"suite a 1\\nsobel 16 rgb9\\n", "triptych: s.txt:2: samples are one of gray8*"},
        {"suite a 1\\nsobel 16\\nsobel 8,16\\n", "triptych: s.txt:3: this pipeline has this size*"},
        {"suite a 1\\ntime 0\\nsobel 16\\n", "triptych: s.txt:2: 'time' needs a number*"},
        {"suite a 1\\nworkers 0\\nsobel 16\\n", "triptych: s.txt:2: invalid number of workers*"},
        {"suite a 1\\nresize:scale=4 900000x1\\n", "triptych: s.txt:2: *"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_suite(bad[i].lines, 2, "", bad[i].why);
    EXPECT("$T bench --suite nothing", 2, "",
           "triptych: unknown suite 'nothing'; there is: *standard*\n");
    EXPECT("$T bench --suite ./nothing", 1, "",
           "triptych: cannot read ./nothing: No such file or directory\n");
    EXPECT("$T bench --suite .", 1, "", "triptych: cannot read .: it is a folder\n");
    EXPECT("$T bench --suite /dev/full", 2, "",
           "triptych: /dev/full:1: the line is too long, or this is no text\n");
    EXPECT("$T bench sobel --suite standard", 2, "", "*--suite has its own pipelines and sizes*");
    EXPECT("$T bench --suite standard --size 16", 2, "", "*--suite has its own pipelines*");
}

/* The shipped suite is found from any folder, and covers what machines are compared with. */
static void test_standard(void)
{
    struct tri_suite suite;
    struct tri_error error;
    static const char *const covered[] = {"invert",           "sobel",    "gaussian", "box",
                                          "median:radius=2",  "equalize", "rotate",   "resize",
                                          "temporal_denoise", "motion",   ","};

    CU_ASSERT_EQUAL_FATAL(tri_suite_read("standard", &suite, &error), TRI_OK);
    CU_ASSERT_STRING_EQUAL(suite.name, "standard");
    CU_ASSERT(suite.version >= 1);
    CU_ASSERT(suite.seconds > 0);
    CU_ASSERT(suite.count >= 20);
    for (size_t i = 0; i < sizeof covered / sizeof covered[0]; i++) {
        bool found = false;
        for (int j = 0; j < suite.count; j++)
            found |= strstr(suite.entries[j].pipeline, covered[i]) != NULL;
        CU_ASSERT(found);
    }
    tri_suite_free(&suite);
    EXPECT("$T bench --suite standard --max-pixels 10 --on sequential", 1, "*",
           "*pixels exceed the limit of 10; *");
}

/* A file that cannot be written is reported before anything is measured. */
static void test_unwritable(void)
{
    EXPECT("$T bench invert --size 16 --on sequential --json no/such.json", 1, "",
           "triptych: cannot write no/such.json: No such file or directory\n");
    EXPECT("mkdir d && $T bench invert --size 16 --on sequential --time 0.001 --json d > o && "
           "ls d | grep -c -e '-cores\\?_.*_20[0-9][0-9]-[0-9][0-9]-[0-9][0-9].json$'; rm -r d o",
           0, "1\n", "triptych: note: results written to d/*.json\n");
}

static void test_names(void)
{
    const struct tri_device_info devices[] = {
        {.name = "pthread-haswell", .type = "CPU", .usable = true},
        {.name = "NVIDIA H100 80GB HBM3 (x)", .type = "GPU", .usable = true}};
    struct tri_environment environment = {.cpu = "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz",
                                          .cores = 28,
                                          .date = "2025-11-27T22:30:00Z",
                                          .devices = devices,
                                          .device_count = 2};
    char name[TRI_RESULTS_NAME];

    tri_results_name(&environment, name);
    CU_ASSERT_STRING_EQUAL(
        name, "intel-xeon-e5-2680-v4-28-cores_nvidia-h100-80gb-hbm3-x_2025-11-27.json");
    environment.device_count = environment.cores = 1;
    tri_results_name(&environment, name);
    CU_ASSERT_STRING_EQUAL(name, "intel-xeon-e5-2680-v4-1-core_no-gpu_2025-11-27.json");
}

int test_bench_sweep_suite(void)
{
    CU_pSuite suite = CU_add_suite("bench sweep", shell_begin, shell_end);

    return !suite || !CU_add_test(suite, "sizes", test_sizes) ||
           !CU_add_test(suite, "workers", test_workers) ||
           !CU_add_test(suite, "sweep", test_sweep) || !CU_add_test(suite, "suite", test_suite) ||
           !CU_add_test(suite, "bad suites", test_bad_suites) ||
           !CU_add_test(suite, "the standard suite", test_standard) ||
           !CU_add_test(suite, "where results go", test_unwritable) ||
           !CU_add_test(suite, "names of files", test_names);
}
