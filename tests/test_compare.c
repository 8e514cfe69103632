/* test_compare.c -- triptych compare: which rows are matched, their ratios, and anything that files
 * may be instead of results. */
#include "measure/compare.h"
#include "pipeline/canonical.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- statistics ---- */

static uint64_t state;

/* 0 to 1; the same in each run. */
static double draw(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(state >> 11) + 0.5) / (double)(UINT64_C(1) << 53);
}

/* Like times: mostly near the median, some much longer. Its median is `median`. */
static int64_t draw_time(double median)
{
    const double u = draw();

    return (int64_t)(median *
                     (u < 0.5 ? 0.9 + 0.2 * u : 1 + 0.1 * pow(2 * u - 1, 2) / (1.001 - u)));
}

/* The share of intervals with the true ratio, 1.25. */
static double coverage(int count, int trials)
{
    int64_t over[1000], under[1000];
    int hits = 0;

    for (int trial = 0; trial < trials; trial++) {
        double over_variance, under_variance;

        for (int i = 0; i < count; i++) {
            over[i] = draw_time(1250000);
            under[i] = draw_time(1000000);
        }
        const double a = tri_log_median(over, count, &over_variance),
                     b = tri_log_median(under, count, &under_variance);
        const struct tri_estimate estimate =
            tri_estimate_ratio(a, over_variance, count, b, under_variance, count);
        const struct tri_interval interval =
            tri_estimate_interval(&estimate, tri_student(0.05, estimate.freedom));
        hits += interval.low <= 1.25 && interval.high >= 1.25;
    }
    return (double)hits / trials;
}

static void test_intervals(void)
{
    const int64_t one[] = {100}, same[] = {100, 100, 100, 100, 100, 100},
                  six[] = {10, 20, 30, 40, 50, 60};
    double variance;

    CU_ASSERT_DOUBLE_EQUAL(tri_log_median(one, 1, &variance), 100, 0);
    CU_ASSERT(isinf(variance));
    CU_ASSERT_DOUBLE_EQUAL(tri_log_median(same, 6, &variance), 100, 0);
    CU_ASSERT(variance > 0 && variance < 1e-4); /* a time is known to a nanosecond */
    /* The extremes of 6 are 2.1539 deviations to either side: each has a probability of 1/64. */
    CU_ASSERT_DOUBLE_EQUAL(tri_log_median(six, 6, &variance), 35, 0);
    CU_ASSERT_DOUBLE_EQUAL(sqrt(variance), log(6) / (2 * 2.1538747), 1e-3);
    CU_ASSERT(isnan(tri_log_median(one, 0, &variance)));
    /* From tables of Student's t. */
    CU_ASSERT_DOUBLE_EQUAL(tri_student(0.05, 1), 12.706, 1e-3);
    CU_ASSERT_DOUBLE_EQUAL(tri_student(0.05, 5.9), 2.571, 1e-3);
    CU_ASSERT_DOUBLE_EQUAL(tri_student(0.001, 10), 4.587, 1e-3);
    CU_ASSERT_DOUBLE_EQUAL(tri_student(0.05, 1000), 1.962, 1e-3);

    struct tri_estimate ratios[2] = {tri_estimate_ratio(200, 0.01, 10, 100, 0.01, 10),
                                     tri_estimate_ratio(100, 0.02, 10, 200, 0.02, 10)};
    CU_ASSERT_DOUBLE_EQUAL(ratios[0].log, log(2), 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(ratios[0].freedom, 18, 1e-9);
    const struct tri_estimate mean = tri_estimate_mean(ratios, 2);
    CU_ASSERT_DOUBLE_EQUAL(mean.log, 0, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(mean.variance, (0.02 + 0.04) / 4, 1e-12);
}

/* Whatever the number of samples, the interval holds about as often as it claims. */
static void test_coverage(void)
{
    static const int counts[] = {6, 9, 20, 100, 999};

    state = 1;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        const double share = coverage(counts[i], counts[i] > 100 ? 400 : 2000);
        if (share < 0.93)
            printf("\n%d samples: %.3f\n", counts[i], share);
        CU_ASSERT(share >= 0.93);
    }
}

/* ---- spellings ---- */

static void expect_canonical(const char *text, const char *expected)
{
    struct tri_pipeline *pipeline = NULL;

    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, NULL), TRI_OK);
    char *got = tri_pipeline_canonical(pipeline);
    CU_ASSERT_STRING_EQUAL(got, expected);
    free(got);
    tri_pipeline_free(pipeline);
}

static void test_canonical(void)
{
    expect_canonical("gaussian:2", "gaussian:sigma=2");
    expect_canonical(" gaussian : sigma = 2.0 , invert ", "gaussian:sigma=2,invert");
    expect_canonical("gaussian:0.1", "gaussian:sigma=0.1");
    expect_canonical("gaussian", "gaussian:sigma=1");
    expect_canonical("unsharp:amount=2", "unsharp:sigma=1:amount=2:threshold=0");
    expect_canonical("gaussian:0.1234567890123456789", "gaussian:sigma=0.12345678901234568");
}

/* ---- files made up by hand ---- */

struct made_row {
    const char *pipeline, *backend, *isa, *digest, *input;
    int workers, side;
    int64_t time; /* ns; 0: no figures */
};

static json_t *samples_of(int64_t time)
{
    json_t *list = json_array();

    for (int i = 0; time > 0 && i < 20; i++)
        json_array_append_new(list, json_integer(time + (i % 5 - 2) * time / 200));
    return list;
}

static json_t *row_json(const struct made_row *row)
{
    return json_pack("{s:s,s:i,s:i,s:i,s:i,s:i,s:s?,s:s,s:s,s:s,s:i,s:b,s:s?,s:o}", "pipeline",
                     row->pipeline, "width", row->side, "height", row->side, "planes", 3, "bits", 8,
                     "case", 0, "input_digest", row->input, "backend", row->backend, "device",
                     strncmp(row->backend, "opencl", 6) == 0 ? "Some GPU" : "CPU", "isa", row->isa,
                     "workers", row->workers, "verified", row->time > 0, "digest", row->digest,
                     "samples_ns", samples_of(row->time));
}

/* Writes a file of results into the shell's folder. */
static void make_file(const char *name, const char *cpu, const struct made_row *rows, int count)
{
    json_t *list = json_array();

    for (int i = 0; i < count; i++)
        json_array_append_new(list, row_json(&rows[i]));
    json_t *root = json_pack(
        "{s:s,s:i,s:s,s:s,s:{s:s,s:i,s:i,s:[s],s:[{s:s,s:s,s:s}],s:[s]},s:o}", "triptych", "0.1.0",
        "schema", 1, "kind", "pictures", "date", "2025-11-27T12:00:00Z", "environment", "cpu", cpu,
        "cores", 4, "cores_online", 4, "isas", "scalar", "opencl", "id", "0.0", "type", "GPU",
        "name", "Some GPU", "inputs", "a generated picture", "rows", list);
    CU_ASSERT_EQUAL(json_dump_file(root, shell_path(name), 0), 0);
    json_decref(root);
}

#define D1 "0000000000000001"
#define D2 "0000000000000002"
#define D3 "0000000000000003"

/* Two machines: one has AVX2 and 2 threads, the other AVX-512, 4 threads and a GPU. */
static const struct made_row small_machine[] = {
    {"gaussian:2", "sequential", "scalar", D1, D3, 1, 100, 9000000},
    {"gaussian:2", "sequential", "avx2", D1, D3, 1, 100, 900000},
    {"gaussian:2", "threads:1", "avx2", D1, D3, 1, 100, 910000},
    {"gaussian:2", "threads:2", "avx2", D1, D3, 2, 100, 500000},
    {"sobel", "sequential", "scalar", D2, D3, 1, 64, 1000000},
    {"invert", "sequential", "scalar", D2, D3, 1, 64, 70000},
};
static const struct made_row large_machine[] = {
    {"gaussian:sigma=2", "sequential", "scalar", D1, D3, 1, 100, 9000000},
    {"gaussian:sigma=2", "sequential", "avx2", D1, D3, 1, 100, 800000},
    {"gaussian:sigma=2", "sequential", "avx512", D1, D3, 1, 100, 600000},
    {"gaussian:sigma=2", "threads:2", "avx512", D1, D3, 2, 100, 400000},
    {"gaussian:sigma=2", "threads:4", "avx512", D1, D3, 4, 100, 250000},
    {"gaussian:sigma=2", "opencl:0.0", "tiles", D1, D3, 50, 100, 50000},
    {"sobel", "sequential", "scalar", D2, D3, 1, 64, 1200000},
    {"sobel", "threads:4", "avx512", D2, D3, 4, 64, 0},
};
#define COUNT(rows) ((int)(sizeof(rows) / sizeof(rows)[0]))

static void make_machines(void)
{
    make_file("a.json", "Small", small_machine, COUNT(small_machine));
    make_file("b.json", "Large", large_machine, COUNT(large_machine));
}

/* The ratio of a kind of backend; 0 if there is no such row. */
static double ratio_of(const struct tri_comparison *comparison, const char *pipeline,
                       const char *kind, int file)
{
    for (int i = 0; i < comparison->row_count; i++) {
        const struct tri_comparison_row *row = &comparison->rows[i];
        if (strcmp(row->work->pipeline, pipeline) == 0 && strcmp(row->kind, kind) == 0)
            return row->files[file].interval.ratio;
    }
    return 0;
}

static void check_rows(const struct tri_comparison *comparison)
{
    CU_ASSERT_DOUBLE_EQUAL(ratio_of(comparison, "gaussian:2", "sequential scalar", 1), 1, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(ratio_of(comparison, "gaussian:2", "sequential avx2", 1), 1.125, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(ratio_of(comparison, "gaussian:2", "sequential", 1), 1.5, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(ratio_of(comparison, "gaussian:2", "threads:2", 1), 1.25, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(ratio_of(comparison, "gaussian:2", "threads", 1), 2, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(ratio_of(comparison, "gaussian:2", "fastest", 1), 10, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(ratio_of(comparison, "sobel", "sequential scalar", 1), 1 / 1.2, 1e-9);
    CU_ASSERT_EQUAL(comparison->row_count, 7); /* and none twice under another name */
    CU_ASSERT_EQUAL(comparison->certain_count, 6);
    CU_ASSERT_STRING_EQUAL(comparison->rows[0].kind, "fastest"); /* differs most */
    CU_ASSERT_STRING_EQUAL(comparison->rows[6].kind, "sequential scalar");
    CU_ASSERT(!comparison->rows[6].certain);
}

static void check_rest(const struct tri_comparison *comparison)
{
    CU_ASSERT_EQUAL_FATAL(comparison->mean_count, 4);
    CU_ASSERT_STRING_EQUAL(comparison->means[0].kind, "sequential scalar");
    CU_ASSERT_EQUAL(comparison->means[0].files[1].rows, 2);
    CU_ASSERT_DOUBLE_EQUAL(comparison->means[0].files[1].interval.ratio, sqrt(1 / 1.2), 1e-9);
    CU_ASSERT_STRING_EQUAL(comparison->means[3].kind, "fastest");
    CU_ASSERT_EQUAL_FATAL(comparison->property_count, 1);
    CU_ASSERT_STRING_EQUAL(comparison->properties[0].name, "CPU");
    CU_ASSERT_STRING_EQUAL(comparison->properties[0].values[1], "Large");
    /* threads:1 and invert of the one, and the row without figures of the other */
    CU_ASSERT_EQUAL_FATAL(comparison->left_count, 3);
    CU_ASSERT_STRING_EQUAL(comparison->left[1].row->pipeline, "invert");
    CU_ASSERT(comparison->left[2].unusable && comparison->left[2].file == 1);
}

static void test_matching(void)
{
    struct tri_results results[2];
    struct tri_comparison comparison;
    struct tri_error error;

    make_machines();
    CU_ASSERT_EQUAL_FATAL(tri_results_read(shell_path("a.json"), &results[0], &error), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_results_read(shell_path("b.json"), &results[1], &error), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_compare(results, 2, &comparison, &error), TRI_OK);
    check_rows(&comparison);
    check_rest(&comparison);
    tri_comparison_free(&comparison);
    tri_results_free(&results[0]);
    tri_results_free(&results[1]);
}

/* ---- the program ---- */

static void test_text(void)
{
    make_machines();
    EXPECT("$T compare a.json b.json | tr -s '\n ' ' '", 0,
           "Medians of 7 rows that did the same work with the same bytes in 2 files; a ratio is "
           "the time in file 1 over the time in file 2: above 1, file 2 is faster. 6 rows differ "
           "for certain: *"
           "1 a.json Small, 4 cores, 2025-11-27 2 b.json Large, 4 cores, 2025-11-27 *"
           "CPU 1 Small 2 Large *threads 1 2.00x ±0.7 % *"
           "gaussian:2 100x100 fastest 0.500 0.0500 10.0x ±1.0 % *"
           "1 row without a certain difference *"
           "2 rows of file 1 without a counterpart: gaussian:2, 100x100 RGB 8 bits, on threads:1 "
           "avx2; invert, * 1 row of file 2 without figures: sobel, 64x64*",
           "");
    EXPECT("$T compare a.json b.json a.json b.json b.json > o; sed 's/±/+/' o | awk 'length > 80'; "
           "grep -q '10.0x (2)' o && rm o",
           0, "", "");
    EXPECT("$T compare a.json b.json | sed 's/±/+/' | awk 'length > 80'", 0, "", "");
    EXPECT("$T compare a.json b.json | grep ' $'", 1, "", "");
    EXPECT("$T compare a.json b.json --format markdown", 0,
           "*| gaussian:2 | 100x100 | fastest | 0.500 | 0.0500 | 10.0x | ±1.0 % |\n*", "");
    EXPECT("$T compare a.json b.json b.json --format markdown -o o && cat o && rm o", 0,
           "*| pipeline | size | backend | 1, ms | 2 | 3 |\n*"
           "| gaussian:2 | 100x100 | fastest | 0.500 | 10.0x ±* | 10.0x ±* |\n*",
           "");
    EXPECT("$T compare a.json b.json --format csv | grep fastest", 0,
           "gaussian:2,100,100,3,8,0," D1 ",fastest,a.json,a.json,threads:2,CPU,avx2,2,20,500000,1,"
           "1,1,false\ngaussian:2,100,100,3,8,0," D1
           ",fastest,a.json,b.json,opencl:0.0,Some GPU,tiles,50,20,50000,10,9.*,10.*,true\n",
           "");
    EXPECT("$T compare a.json b.json --format json | grep -c '\"certain\": true'", 0, "12\n", "");
}

/* A folder is the files in it. */
static void test_folder(void)
{
    make_machines();
    EXPECT(
        "mkdir d && cp a.json d/1.json && cp b.json d/2.json && touch d/note.txt && $T compare d "
        "| grep -e ' d/'",
        0, "  1 d/1.json*\n  2 d/2.json*\n", "");
    EXPECT("rm d/*.json && $T compare d a.json", 1, "",
           "triptych: the folder d has no .json files\n");
    EXPECT("cp a.json d && $T compare d", 2, "",
           "triptych: compare: needs two or more result files (see *");
    EXPECT("rm -r d; $T compare - b.json < a.json | grep 'standard input'", 0, "*", "");
    EXPECT("$T compare", 2, "", "triptych: compare: needs two or more result files (see *");
    EXPECT(
        "for i in $(seq 50); do cp b.json m$i.json; done; $T compare a.json m*.json > o; grep -c "
        "'m[0-9]*.json' o; grep 'fastest.*(' o | tail -n 1; awk 'length > 80' o; rm m*.json o",
        0, "50\ngaussian:2 *100x100 *fastest * 10.0x (*)\n", "");
}

static void test_slower(void)
{
    make_machines();
    EXPECT(
        "$T compare a.json b.json --fail-slower 5% -o o", 5, "",
        "triptych: slower: sobel, 64x64 RGB 8 bits, on sequential scalar takes 1.1* to 1.2* times "
        "as long in b.json\n");
    EXPECT("$T compare a.json b.json --fail-slower 15% -o o", 5, "", "triptych: slower: sobel*");
    EXPECT("$T compare a.json b.json --fail-slower 20% -o o && test -s o && rm o", 0, "", "");
    static const char *const wrong[] = {"5", "-5%", "x%", "5%%", "%", "nan%", "1e9%"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char command[100];
        snprintf(command, sizeof command, "$T compare a.json b.json --fail-slower %s", wrong[i]);
        EXPECT(command, 2, "",
               "triptych: compare: invalid value '*' for --fail-slower; expected a percentage*");
    }
}

/* The same work on the same input with other bytes is refused; on another input it is other work.
 */
static void test_digests(void)
{
    struct made_row other[COUNT(small_machine)];

    make_machines();
    memcpy(other, small_machine, sizeof other);
    other[4].digest = D3;
    make_file("c.json", "Small", other, COUNT(other));
    EXPECT("$T compare a.json c.json -o o; code=$?; test -e o && echo written; exit $code", 3, "",
           "triptych: a.json and c.json have different results of sobel on 64x64 RGB 8 bits, a "
           "generated picture: their digests are " D2 " and " D3 ", so times cannot be compared\n");
    other[4].input = D1;
    make_file("c.json", "Small", other, COUNT(other));
    EXPECT("$T compare a.json c.json | grep sobel", 0, "*without a counterpart: sobel*", "");
    other[4].input = NULL; /* as in older files: then by name */
    make_file("c.json", "Small", other, COUNT(other));
    EXPECT("$T compare a.json c.json", 3, "", "*(an older file does not tell *), so times*");
}

/* ---- what is no result ---- */

static void expect_bad(const char *make, const char *why)
{
    char command[900], expected[500];

    snprintf(command, sizeof command,
             "%s > bad.json; $T compare a.json bad.json b.json -o o; code=$?; test -e o && echo "
             "written; rm -rf bad.json; exit $code",
             make);
    snprintf(expected, sizeof expected, "triptych: %s\n", why);
    EXPECT(command, 1, "", expected);
}

static void test_bad_files(void)
{
    make_machines();
    expect_bad(":", "bad.json is empty");
    expect_bad("head -c 700 a.json", "bad.json is truncated: it ends within line 1");
    expect_bad("echo hello", "bad.json has no results of 'triptych bench --json': line 1: *");
    expect_bad("head -c 1000 /dev/urandom", "bad.json *");
    expect_bad("echo '[]'", "bad.json has no results of 'triptych bench --json'");
    expect_bad("echo '{}'", "bad.json has no results of 'triptych bench --json'*");
    expect_bad("echo '{\"rows\": []}'", "bad.json has no results of 'triptych bench --json'");
    expect_bad("$T devices --json", "bad.json has no results of 'triptych bench --json'*");
    expect_bad("$T verify invert --on sequential --json -", "bad.json has no results of *");
    expect_bad("cat \"$ROOT/bench/results/files-2-cores.json\"", "bad.json has no results of *");
    expect_bad(
        "sed 's/\"schema\": 1/\"schema\": 2/' a.json",
        "bad.json has schema 2, of triptych 0.1.0; this is triptych *, which reads schemas up "
        "to 1: use a newer one");
    expect_bad("sed 's/\"schema\": 1/\"schema\": \"x\"/' a.json",
               "bad.json is damaged: 'schema' is not a whole number from 1 to 1");
    expect_bad("sed 's/\"kind\": \"pictures\"/\"kind\": \"songs\"/' a.json",
               "bad.json has no results of 'triptych bench --json'");
    expect_bad("$T compare a.json b.json --format json", "bad.json is a comparison; *");
    expect_bad("cat \"$ROOT/tests/results/unversioned-end-to-end.json\"",
               "bad.json was measured with --end-to-end, *");
    expect_bad("cat \"$ROOT/tests/results/unversioned-clip-end-to-end.json\"",
               "bad.json was measured with --end-to-end, *");
    expect_bad("sed 's/\"rows\": .*/\"rows\": []}/' a.json",
               "bad.json has no rows: nothing was measured");
}

static void test_damaged_rows(void)
{
    static const char *const changes[][2] = {
        {"s/\"width\": 100/\"width\": -1/", "'width' of row 1 is not a whole number from 1 to *"},
        {"s/\"width\": 64/\"width\": \"64\"/", "'width' of row 5 is not a whole number *"},
        {"s/\"workers\": 2/\"workers\": 2.5/", "'workers' of row 4 is not a whole number *"},
        {"s/\"backend\": \"threads:2\"/\"backend\": 5/", "'backend' of row 4 is not a text"},
        {"s/\"backend\": \"threads:2\"/\"backend\": null/", "'backend' of row 4 is not a name"},
        {"s/" D2 "/zz/", "'digest' of row 5 is not a digest of 16 hexadecimal digits"},
        {"s/\\[9[0-9]*, /[-5, /", "'samples_ns' of row * is not a list of nanoseconds"},
        {"s/\\[9[0-9]*, /[1e3, /", "'samples_ns' of row * is not a list of nanoseconds"},
        {"s/\"pipeline\": \"sobel\"/\"pipeline\": \"\"/", "'pipeline' of row 5 is not a pipeline"},
        {"s/\"rows\": \\[/\"rows\": [5, /", "'rows' of row 1 is not a list of objects"},
    };
    char make[200], why[300];

    make_machines();
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        snprintf(make, sizeof make, "sed '%s' a.json", changes[i][0]);
        snprintf(why, sizeof why, "bad.json is damaged: %s", changes[i][1]);
        expect_bad(make, why);
    }
}

static void test_bad_places(void)
{
    static const struct made_row alone = {"flip", "sequential", "scalar", D1, D3, 1, 10, 1000};

    make_machines();
    EXPECT("$T compare a.json nothing.json", 1, "",
           "triptych: cannot read nothing.json: No such file or directory\n");
    /* Every file that is bad is named. */
    EXPECT("echo x > x.json; : > y.json; $T compare x.json a.json y.json; rm x.json y.json; exit 7",
           7, "", "triptych: x.json has *\ntriptych: y.json is empty\n");
    EXPECT("$T compare a.json b.json -o a.json", 2, "",
           "triptych: compare: -o 'a.json' would overwrite the input 'a.json'; *");
    EXPECT("$T compare a.json b.json -o no/such", 1, "", "triptych: cannot write no/such: *");
    EXPECT("echo old > o; (ulimit -f 0; $T compare a.json b.json -o o) 2>&1 | cat; cat o; ls "
           "-A | tr '\\n' ' '; rm o",
           0, "triptych: cannot write o: File too large\nold\na.json b.json *o ", "");
    EXPECT("$T compare a.json b.json > /dev/full", 1, "", "triptych: cannot write *");
    make_file("c.json", "Small", &alone, 1);
    EXPECT("$T compare a.json c.json", 1, "",
           "triptych: a.json and c.json have no work in common: *\n");
    EXPECT(
        "$T compare a.json b.json --format xml", 2, "",
        "triptych: compare: invalid value 'xml' for --format; expected one of text, markdown, csv, "
        "json, svg *");
    if (shell_run("test $(id -u) -ne 0")->code == 0)
        EXPECT("chmod 0 c.json; $T compare a.json c.json", 1, "",
               "triptych: cannot read c.json: Permission denied\n");
    EXPECT("rm -f *.json", 0, "", "");
}

int test_compare_suite(void)
{
    CU_pSuite suite = CU_add_suite("compare", shell_begin, shell_end);

    return !suite || !CU_add_test(suite, "intervals", test_intervals) ||
           !CU_add_test(suite, "coverage", test_coverage) ||
           !CU_add_test(suite, "canonical", test_canonical) ||
           !CU_add_test(suite, "matching", test_matching) ||
           !CU_add_test(suite, "text", test_text) ||
           !CU_add_test(suite, "folders and many", test_folder) ||
           !CU_add_test(suite, "slower", test_slower) ||
           !CU_add_test(suite, "digests", test_digests) ||
           !CU_add_test(suite, "bad files", test_bad_files) ||
           !CU_add_test(suite, "damaged rows", test_damaged_rows) ||
           !CU_add_test(suite, "bad places", test_bad_places);
}
