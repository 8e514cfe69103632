/* test_results.c -- files of results: their schema, in what is written and in those of machines
 * that are kept, and that older files stay readable. */
#include "measure/compare.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define PYTHON \
    "P=\"$ROOT/build/python/bin/python3\"; \"$P\" -c 'import jsonschema' 2> /dev/null || " \
    "P=python3; " \
    "V() { \"$P\" \"$ROOT/tests/results_schema.py\" \"$ROOT/docs/results-schema.json\" \"$@\"; " \
    "}; "
#define FAST " --time 0.001 "

static bool has_validator(void)
{
    if (shell_run(PYTHON "V")->code == 0)
        return true;
    test_skip("no Python module jsonschema; sh setup.sh test installs it");
    return false;
}

/* Every kind of file that is written. */
static void test_written(void)
{
    if (!has_validator())
        return;
    EXPECT("$T bench sobel,resize:scale=0.5 --size 16,40x30" FAST
           "--json a > /dev/null && $T bench "
           "gaussian --size 16" FAST
           "--on threads:1+threads:2 --on sequential --json b > /dev/null && " PYTHON "V a b",
           0, "", "*");
    EXPECT("$T bench sobel --size 16,20" FAST
           "--on sequential --isa scalar --json a > /dev/null && "
           "$T bench sobel --size 16,24" FAST
           "--on sequential --isa scalar --isa sse --baseline a --fail-slower 10000% --json b > "
           "/dev/null && " PYTHON "V a b && grep -c '\"verdict\"' b",
           0, "*", "*");
    EXPECT("$T bench invert \"$ROOT/images/frame-1.png\"" FAST "--on threads:2 --json a --csv > "
           "/dev/null && $T bench invert \"$ROOT/images/frame-1.png\"" FAST
           "--end-to-end --on threads:2 --json b > /dev/null && " PYTHON "V a b",
           0, "", "*");
    EXPECT("printf 'suite s 2\\ninvert 8,9 gray16\\n' > s.txt && $T bench --suite s.txt" FAST
           "--on sequential --json a > /dev/null && $T bench --suite s.txt" FAST
           "--on sequential --on threads --json b > /dev/null && "
           "$T compare a b a --format json -o c && " PYTHON "V a b c; rm -f s.txt",
           0, "", "*");
    EXPECT(
        "$T run copy \"$ROOT/images/frame-1.png\" \"$ROOT/images/frame-2.png\" -o f-%d.png && "
        "$T run copy f-%d.png -o c.y4m --quiet && $T bench sobel c.y4m" FAST
        "--on sequential --on threads:2 --json a > /dev/null && $T bench sobel c.y4m --end-to-end "
        "--on sequential --json b > /dev/null && " PYTHON "V a b",
        0, "", "*");
    /* A row that differs or fails has no figures. */
    EXPECT("rm -f a b c *.png c.y4m", 0, "", "");
}

/* The validator finds what is wrong. */
static void test_wrong(void)
{
    if (!has_validator())
        return;
    EXPECT(
        "$T bench invert --size 8" FAST "--on sequential --json a > /dev/null; sed "
        "'s/\"median_ns\": [0-9]*/\"median_ns\": -5/' a > b; sed 's/\"workers\"/\"wrokers\"/' a > "
        "c; sed 's/\"bits\": 8/\"bits\": 9/' a > d; for f in b c d; do " PYTHON
        "V $f > o; echo $?; grep -c . o; done; rm a b c d o",
        0, "1\n2\n1\n4\n1\n2\n", "*");
}

/* What the name of a machine's file must be. */
static void expect_name(const char *path)
{
    json_t *root = json_load_file(path, 0, NULL), *environment, *device;
    struct tri_device_info devices[16] = {0};
    struct tri_environment own = {.devices = devices};
    char name[TRI_RESULTS_NAME];
    size_t i;

    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    environment = json_object_get(root, "environment");
    snprintf(own.cpu, sizeof own.cpu, "%s", json_string_value(json_object_get(environment, "cpu")));
    snprintf(own.date, sizeof own.date, "%s", json_string_value(json_object_get(root, "date")));
    own.cores = (int)json_integer_value(json_object_get(environment, "cores"));
    json_array_foreach(json_object_get(environment, "opencl"), i, device)
    {
        struct tri_device_info *info = &devices[own.device_count++];
        info->usable = json_is_true(json_object_get(device, "usable"));
        snprintf(info->name, sizeof info->name, "%s",
                 json_string_value(json_object_get(device, "name")));
        snprintf(info->type, sizeof info->type, "%s",
                 json_string_value(json_object_get(device, "type")));
    }
    tri_results_name(&own, name);
    CU_ASSERT_STRING_EQUAL(strrchr(path, '/') + 1, name);
    json_decref(root);
}

/* The results of machines are of the schema and of the standard suite, named for what they are of,
 * and can be compared. */
static void test_machines(void)
{
    glob_t found;

    CU_ASSERT_EQUAL_FATAL(glob("bench/results/machines/*", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct tri_results results;
        struct tri_error error;

        expect_name(found.gl_pathv[i]);
        CU_ASSERT_EQUAL_FATAL(tri_results_read(found.gl_pathv[i], &results, &error), TRI_OK);
        CU_ASSERT(strncmp(tri_results_property(&results, "suite"), "standard, ", 10) == 0);
        tri_results_free(&results);
    }
    if (found.gl_pathc > 1)
        EXPECT("$T compare $ROOT/bench/results/machines", 0, "Medians of *", "");
    globfree(&found);
    if (has_validator())
        EXPECT(PYTHON "V \"$ROOT\"/bench/results/machines/*", 0, "", "");
}

/* Files that the program wrote before there were versions. */
static void test_old_files(void)
{
    struct tri_results results;
    struct tri_error error;

    CU_ASSERT_EQUAL_FATAL(
        tri_results_read("tests/results/unversioned-pictures.json", &results, &error), TRI_OK);
    CU_ASSERT_EQUAL(results.schema, 0);
    CU_ASSERT_EQUAL(results.kind, TRI_RESULTS_PICTURES);
    CU_ASSERT_STRING_EQUAL(results.cpu, "AMD EPYC");
    CU_ASSERT_EQUAL(results.cores, 2);
    CU_ASSERT_STRING_EQUAL(tri_results_property(&results, "ISAs"), "scalar sse avx2");
    CU_ASSERT_STRING_EQUAL(tri_results_property(&results, "suite"), "");
    CU_ASSERT_STRING_EQUAL(results.rows[0].input, "frame-1.png");
    CU_ASSERT_STRING_EQUAL(results.rows[results.row_count - 1].input, "alpha.png");
    CU_ASSERT_EQUAL(results.rows[results.row_count - 1].shape.planes, 4);
    CU_ASSERT(results.rows[0].usable && results.rows[0].count >= 6 && results.rows[0].median > 0);
    tri_results_free(&results);
    CU_ASSERT_EQUAL_FATAL(tri_results_read("tests/results/unversioned-clip.json", &results, &error),
                          TRI_OK);
    CU_ASSERT_EQUAL(results.kind, TRI_RESULTS_CLIP);
    CU_ASSERT_EQUAL(results.rows[0].frames, 6);
    CU_ASSERT(!results.rows[0].usable); /* it has no samples */
    tri_results_free(&results);
    EXPECT(
        "cd $ROOT/tests/results; $T compare unversioned-a.json unversioned-b.json --format csv | "
        "grep -c '^sobel,64,48,3,8,0,[0-9a-f]*,'",
        0, "1*\n", "");
    EXPECT("cd $ROOT/tests/results; $T bench sobel --size 64x48 --on sequential" FAST
           "--json - | $T compare - unversioned-a.json",
           0, "Medians of * rows*AMD EPYC, 2 cores\n*sequential*", "");
}

/* `make results` was run after the last change of a machine's file. */
static void test_page(void)
{
    if (shell_run("python3 -c ''")->code != 0) {
        test_skip("no python3");
        return;
    }
    EXPECT(
        "D=$PWD; mkdir -p docs/pictures && cd \"$ROOT\" && python3 bench/results_page.py $T "
        "$D/docs/results.md $D/docs/pictures/machines.svg && cmp $D/docs/results.md "
        "docs/results.md && cmp $D/docs/pictures/machines.svg docs/pictures/machines.svg; code=$?; "
        "rm -r $D/docs; exit $code",
        0, "", "");
}

int test_results_suite(void)
{
    CU_pSuite suite = CU_add_suite("results", shell_begin, shell_end);

    return !suite || !CU_add_test(suite, "what is written", test_written) ||
           !CU_add_test(suite, "what is wrong", test_wrong) ||
           !CU_add_test(suite, "machines", test_machines) ||
           !CU_add_test(suite, "page", test_page) ||
           !CU_add_test(suite, "older files", test_old_files);
}
