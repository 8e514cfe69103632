/* test_report.c -- the page of bench --report: what it counts, its intervals, its HTML, its size,
 * what the program does with bad places, and the page in a browser. */
#include "pipeline/graph.h"
#include "report/page_parts.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int test_report_suite(void);

/* ---- operations ---- */

/* For each sample of a gray picture of 8 bits. */
static void expect_operations(const char *text, double all, double choices)
{
    const struct tri_shape shape = {64, 40, 1, 8};
    struct tri_pipeline *pipeline = NULL;
    struct tri_operations operations;
    struct tri_error error;

    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, &error), TRI_OK);
    CU_ASSERT_EQUAL(tri_pipeline_operations(pipeline, &shape, &operations, &error), TRI_OK);
    if (fabs(operations.all / (64 * 40) - all) > 1e-9 ||
        fabs(operations.choices / (64 * 40) - choices) > 1e-9) {
        printf("\n%s: %g operations, %g of them choices; expected %g and %g\n", text,
               operations.all / (64 * 40), operations.choices / (64 * 40), all, choices);
        CU_FAIL("operations");
    }
    tri_pipeline_free(pipeline);
}

static void test_operations(void)
{
    expect_operations("copy", 0, 0);
    expect_operations("rotate", 0, 0);
    expect_operations("invert", 1, 0);
    expect_operations("threshold", 1, 0);
    expect_operations("equalize", 2, 0); /* counted, then looked up */
    expect_operations("sobel", 9, 0);
    expect_operations("box:radius=15", 2 + 1 + 2, 0); /* whatever the radius */
    expect_operations("box:radius=3", 2 + 1 + 2, 0);
    expect_operations("dilate:radius=1", 3 + 3, 6);
    expect_operations("dilate:radius=5", 7 + 4 + 7 + 4, 22);
    expect_operations("median:radius=1", 3 * 2 + 16, 22);
    expect_operations("sobel,invert,median:radius=1", 9 + 1 + 22, 22);
    /* 9 weights: the sample itself, and 8 on both sides. */
    expect_operations("gaussian:sigma=2", 2 * 17, 0);
}

/* ---- intervals ---- */

static uint64_t seed = 7;

static double random_share(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(seed >> 11) / 9007199254740992.0;
}

/* Skewed, as times are: the median is `median`. */
static void draw_times(int64_t *samples, int count, double median)
{
    for (int i = 0; i < count; i++)
        samples[i] = (int64_t)(median * (0.9 - 0.1 / log(2) * log(1 - random_share())));
}

static void test_ratio_range(void)
{
    enum { COUNT = 31, TRIALS = 300 };
    const int64_t few[5] = {1, 2, 3, 4, 5}, even[8] = {10, 10, 10, 10, 10, 10, 10, 10};
    int64_t a[COUNT], b[COUNT];
    int covered = 0;

    CU_ASSERT(isnan(tri_ratio_range(few, 5, even, 8).low));
    const struct tri_range same = tri_ratio_range(even, 8, even, 8);
    CU_ASSERT_DOUBLE_EQUAL(same.low, 1, 0);
    CU_ASSERT_DOUBLE_EQUAL(same.high, 1, 0);
    for (int i = 0; i < TRIALS; i++) {
        draw_times(a, COUNT, 3e6);
        draw_times(b, COUNT, 2e6);
        const struct tri_range range = tri_ratio_range(a, COUNT, b, COUNT),
                               again = tri_ratio_range(a, COUNT, b, COUNT);
        covered += range.low <= 1.5 && range.high >= 1.5;
        CU_ASSERT_DOUBLE_EQUAL(range.low, again.low, 0);
    }
    /* 95 % of 300 are 285, give or take 8. */
    CU_ASSERT(covered >= 276 && covered < TRIALS);
}

/* ---- a report made up by hand ---- */

enum { ROWS = 5, SAMPLES_MOST = 1000 };

static const struct tri_backend_info infos[ROWS] = {
    {.name = "sequential", .device = "CPU", .isa = "scalar", .workers = 1},
    {.name = "sequential", .device = "CPU", .isa = "fast", .workers = 1},
    {.name = "threads:1", .device = "CPU", .isa = "fast", .workers = 1},
    {.name = "threads:2", .device = "CPU", .isa = "fast", .workers = 2},
    {.name = "opencl:0.0",
     .device = "<i>\"GPU\"</i>",
     .isa = "plain",
     .workers = 9,
     .opencl = true},
};

struct made_up {
    struct tri_bench_case result;
    struct tri_bench_row rows[ROWS];
    struct tri_bench_copy copies[1];
    int64_t samples[ROWS + 1][SAMPLES_MOST];
};

static void fill_row(struct made_up *made, int row, int count, int64_t ns)
{
    for (int i = 0; i < count; i++)
        made->samples[row][i] = ns + (i * 7919 % 101 - 50) * ns / 10000;
}

static void make_up(struct made_up *made, int count)
{
    static const int64_t times[ROWS + 1] = {80000000, 10000000, 10500000, 6250000, 4000000, 600000};
    static char pipeline[] = "<script>alert(1)</script>&\"'\xff",
                input[] = "a <b> picture, made up";
    const struct tri_shape shape = {1000, 500, 3, 8};

    memset(made, 0, sizeof *made);
    made->result = (struct tri_bench_case){.pipeline = pipeline,
                                           .input = input,
                                           .in = shape,
                                           .out = shape,
                                           .rows = made->rows,
                                           .row_count = ROWS,
                                           .copies = made->copies,
                                           .copy_count = 1,
                                           .bytes = 3000000};
    for (int i = 0; i <= ROWS; i++)
        fill_row(made, i, count, times[i]);
    for (int i = 0; i < ROWS; i++) {
        made->rows[i] = (struct tri_bench_row){
            .info = &infos[i], .listed = true, .verified = i < 4, .samples = made->samples[i]};
        if (i < 4)
            made->rows[i].total = made->rows[i].kernel = tri_summarize(made->samples[i], count);
    }
    made->copies[0] =
        (struct tri_bench_copy){2, made->samples[ROWS], tri_summarize(made->samples[ROWS], count)};
    tri_bench_compare(&made->result);
}

static void test_scaling_range(void)
{
    struct made_up *made = malloc(sizeof *made);
    struct tri_curve curve;

    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    make_up(made, 9);
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < 9; k++)
            made->samples[i][k] = made->rows[i].total.median;
    CU_ASSERT_EQUAL(tri_bench_curve(&made->result, 1, &curve), 0);
    CU_ASSERT_EQUAL(tri_bench_curve(&made->result, 2, &curve), 2);
    const struct tri_scaling_range range = tri_scaling_range(&curve);
    /* 10 ms with one worker, 6.25 with two: 2 (1/1.6) - 1 */
    CU_ASSERT_DOUBLE_EQUAL(range.serial.low, 0.25, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(range.serial.high, 0.25, 1e-6);
    CU_ASSERT(isnan(range.contention.low));
    free(made);
}

/* ---- sizes ---- */

static void test_crossing(void)
{
    struct tri_sizes_case sizes = {.count = 3, .line_count = 2};

    for (int i = 0; i < 3; i++) {
        sizes.shapes[i] = (struct tri_shape){64 << i, 64 << i, 1, 8};
        sizes.lines[0].points[i].median = 1000 * (1 << 2 * i);
        sizes.lines[1].points[i].median = 2000 * (1 << i);
    }
    /* Twice as long at 64, equal at 128, half at 256. */
    CU_ASSERT_DOUBLE_EQUAL(tri_sizes_crossing(&sizes, 0, 1), 128 * 128, 1e-6);
    CU_ASSERT(isnan(tri_sizes_crossing(&sizes, 1, 0)));
    for (int i = 0; i < 3; i++)
        sizes.lines[1].points[i].median /= 10;
    CU_ASSERT_EQUAL(tri_sizes_crossing(&sizes, 0, 1), 0);
}

/* ---- text and scales ---- */

static void expect_text(const char *text, const char *expected)
{
    char *got = NULL;
    size_t size;
    FILE *file = open_memstream(&got, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    tri_html_text(file, text);
    fclose(file);
    CU_ASSERT_STRING_EQUAL(got, expected);
    free(got);
}

static void test_text(void)
{
    expect_text("<a href=\"x\">&</a>", "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;");
    expect_text("\xc3\x97 \xe2\x82\xac", "\xc3\x97 \xe2\x82\xac");
    expect_text("\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd");
    expect_text("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");                 /* too long for '/' */
    expect_text("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* a surrogate */
    expect_text("\x01\x1b[m", "\xef\xbf\xbd\xef\xbf\xbd[m");
    CU_ASSERT_STRING_EQUAL(tri_words_time(909).text, "909 ns");
    CU_ASSERT_STRING_EQUAL(tri_words_time(12345).text, "12.3 \xc2\xb5s");
    CU_ASSERT_STRING_EQUAL(tri_words_time(909123).text, "0.909 ms");
    CU_ASSERT_STRING_EQUAL(tri_words_time(2.5e9).text, "2.50 s");
    CU_ASSERT_STRING_EQUAL(tri_words_tick(tri_words_time(20e6)).text, "20 ms");
    CU_ASSERT_STRING_EQUAL(tri_words_tick(tri_words_time(0)).text, "0");
    CU_ASSERT_STRING_EQUAL(tri_words_times(1.594).text, "1.59\xc3\x97");
    CU_ASSERT_STRING_EQUAL(tri_words_times(0.0482).text, "0.048\xc3\x97");
    CU_ASSERT_STRING_EQUAL(tri_words_times(0.00482).text, "0.0048\xc3\x97");
    CU_ASSERT_STRING_EQUAL(tri_words_range(1e6, 2e6, tri_words_time).text, "1.00 to 2.00 ms");
    CU_ASSERT_STRING_EQUAL(tri_words_range(1e3, 2e6, tri_words_time).text,
                           "1.00 \xc2\xb5s to 2.00 ms");
}

/* Names are cut between characters, and the ellipsis is whole. */
static void test_fit(void)
{
    static const char name[] = "box, f\xc3\xa4st";

    for (int units = 0; units < 100; units++) {
        char text[sizeof name];
        memcpy(text, name, sizeof name);
        tri_svg_fit(text, units, 10);
        const char *end = strstr(text, "\xe2\x80\xa6");
        CU_ASSERT(strcmp(text, name) == 0 || (end != NULL && end[3] == '\0'));
        CU_ASSERT(end == NULL || strncmp(text, name, (size_t)(end - text)) == 0);
        CU_ASSERT(end == NULL || end == text || ((unsigned char)end[-1] & 0xC0) != 0xC0);
    }
}

static void test_ticks(void)
{
    const struct tri_scale scales[] = {
        {0, 60, 0, 300, false, false}, {0, 0.7, 300, 0, false, false},
        {1, 1e4, 0, 300, true, false}, {64, 4096, 0, 300, true, true},
        {3, 7, 0, 300, true, false},
    };

    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        double ticks[32];
        const int count = tri_scale_ticks(&scales[i], 40, ticks);
        CU_ASSERT(count >= 1 && count <= 8);
        for (int k = 0; k < count; k++) {
            CU_ASSERT(ticks[k] >= scales[i].low - 1e-9 && ticks[k] <= scales[i].high + 1e-9);
            CU_ASSERT(k == 0 || fabs(tri_scale_place(&scales[i], ticks[k]) -
                                     tri_scale_place(&scales[i], ticks[k - 1])) >= 38);
        }
    }
}

static void test_base64(void)
{
    static const char *const texts[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) { /* RFC 4648, section 10 */
        char *text = tri_base64((const unsigned char *)texts[i][0], strlen(texts[i][0]));
        CU_ASSERT_STRING_EQUAL(text, texts[i][1]);
        free(text);
    }
}

/* ---- the page ---- */

static char *make_page(struct made_up *made, int cases, size_t *size)
{
    static const struct tri_environment environment = {
        .cpu = "<CPU & co>", .cores = 2, .cores_online = 2, .load = -1};
    struct tri_bench_case *list = calloc((size_t)cases, sizeof *list);
    struct tri_page_case *shown = calloc((size_t)cases, sizeof *shown);
    const struct tri_report report = {.environment = &environment, .cases = list, .count = cases};
    const struct tri_page page = {.report = &report, .cases = shown};
    struct tri_error error;
    char *text = NULL;

    CU_ASSERT_FATAL(list != NULL && shown != NULL);
    for (int i = 0; i < cases; i++)
        list[i] = made->result;
    CU_ASSERT_EQUAL(tri_page_make(&page, &text, size, &error), TRI_OK);
    free(list);
    free(shown);
    return text;
}

static void test_page(void)
{
    struct made_up *made = malloc(sizeof *made);
    size_t size = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    make_up(made, 12);
    char *page = make_page(made, 1, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(page);
    CU_ASSERT_EQUAL(strlen(page), size);
    CU_ASSERT_PTR_NULL(strstr(page, "<script>alert"));
    CU_ASSERT_PTR_NULL(strstr(page, "<CPU"));
    CU_ASSERT_PTR_NULL(strstr(page, "nan"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "threads:2 is 1.60\xc3\x97 as fast as sequential fast"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "25 % of the work is serial, which allows 4.00\xc3\x97"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "cannot be told from 2 points; it needs 6"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "other bytes"));
    free(page);
    free(made);
}

/* However much was measured. */
static void test_size(void)
{
    struct made_up *made = malloc(sizeof *made);

    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    make_up(made, SAMPLES_MOST);
    for (int cases = 1; cases <= 64; cases *= 4) {
        size_t size = 0;
        char *page = make_page(made, cases, &size);
        CU_ASSERT(size > 20000 && size <= TRI_PAGE_MAX);
        free(page);
    }
    free(made);
}

/* ---- the program ---- */

#define FAST "--on sequential --on threads --time 0.001"

static void test_places(void)
{
    EXPECT("$T run copy $ROOT/images/street.png -o in.png -q", 0, "", "");
    EXPECT("$T bench sobel in.png " FAST " --report missing/r.html", 1, "",
           "triptych: cannot write missing/r.html: No such file or directory\n");
    EXPECT("$T bench sobel in.png " FAST " --report in.png", 2, "", "*would overwrite the input*");
    EXPECT("ln in.png r.html; $T bench sobel in.png " FAST " --report r.html", 2, "",
           "*would overwrite the input*");
    EXPECT("rm r.html; $T bench sobel in.png " FAST " --report x --json x", 2, "", "*same file*");
    EXPECT("$T bench sobel in.png --end-to-end --report r.html", 2, "", "*--report*");
    EXPECT("$T bench sobel in.png " FAST " --report - --json -", 2, "", "*standard output*");
    EXPECT("mkdir folder; $T bench sobel in.png " FAST " --report folder", 1, "",
           "triptych: cannot write folder: *");
    EXPECT("$T bench sobel --size 64 " FAST " --report /dev/full >table", 1, "",
           "*cannot write /dev/full: No space left on device\n");
}

/* A disk that is full: neither half a page nor the old one gone. */
static void test_full(void)
{
    EXPECT("echo old > r.html; trap '' 25; ulimit -f 16; "
           "$T bench sobel --size 64 " FAST " --report r.html >/dev/null",
           1, "", "*cannot write r.html: File too large\n");
    EXPECT("cat r.html; ls -A | grep -c '^[.]triptych'", 1, "old\n0\n", "");
}

static void test_output(void)
{
    EXPECT("$T bench sobel --size 64 " FAST " --report - | head -c 15", 0, "<!DOCTYPE html>", "");
    EXPECT("$T bench sobel,invert --size 64,128 " FAST " --report sweep.html >/dev/null; "
           "grep -c 'beat' sweep.html",
           0, "*", "");
}

/* ---- in a browser ---- */

static void expect_looks(const char *bench)
{
    char command[600];

    snprintf(command, sizeof command,
             "$T bench %s --report page.html --json page.json >/dev/null && "
             "python3 $ROOT/tests/pages/report.py page.html page.json",
             bench);
    const struct shell_result *result = shell_run(command);
    if (result->code == 77) {
        test_skip("Chromium is not installed");
        return;
    }
    if (result->code != 0) {
        printf("\n%s\n%s%s\n", bench, result->out, result->err);
        CU_FAIL("the page");
    }
}

static void test_browser(void)
{
    expect_looks("gaussian:sigma=2 $ROOT/images/street.png --time 0.01");
}

static void test_browser_many(void)
{
    expect_looks("--size 96x64 --time 0.001 --on sequential --on threads");
}

/* Enough points for all laws. */
static void test_browser_laws(void)
{
    expect_looks("gaussian --size 256 --on threads --workers 1..6 --time 0.001");
    EXPECT("grep -c 'Universal Scalability Law: contention' page.html", 0, "1\n", "");
}

int test_report_suite(void)
{
    CU_pSuite suite = CU_add_suite("report", shell_begin, shell_end);

    if (suite == NULL)
        return CU_get_error();
    CU_add_test(suite, "operations of kernels", test_operations);
    CU_add_test(suite, "intervals of ratios", test_ratio_range);
    CU_add_test(suite, "intervals of laws", test_scaling_range);
    CU_add_test(suite, "break-even of sizes", test_crossing);
    CU_add_test(suite, "text and numbers", test_text);
    CU_add_test(suite, "names that are cut", test_fit);
    CU_add_test(suite, "ticks", test_ticks);
    CU_add_test(suite, "base64", test_base64);
    CU_add_test(suite, "a page", test_page);
    CU_add_test(suite, "its size", test_size);
    CU_add_test(suite, "bad places", test_places);
    CU_add_test(suite, "a full disk", test_full);
    CU_add_test(suite, "standard output, sweeps", test_output);
    CU_add_test(suite, "a page in a browser", test_browser);
    CU_add_test(suite, "many cases in a browser", test_browser_many);
    CU_add_test(suite, "all laws in a browser", test_browser_laws);
    return 0;
}
