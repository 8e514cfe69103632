/* test_measure.c -- statistics against numbers worked out by hand, comparisons, reports, a small
 * run. */
#include "measure/measure.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int test_measure_suite(void);

static void test_summary(void)
{
    const int64_t even[] = {40, 10, 30, 20}, five[] = {5, 1, 4, 2, 3}, six[] = {6, 5, 4, 3, 2, 1};
    int64_t many[100];

    struct tri_summary summary = tri_summarize(even, 4);
    CU_ASSERT_EQUAL(summary.count, 4);
    CU_ASSERT_EQUAL(summary.median, 25);
    CU_ASSERT_EQUAL(summary.minimum, 10);
    CU_ASSERT_EQUAL(summary.low, -1);

    /* The extremes of 5 samples miss the median with probability 2/32 > 5 %, those of 6 with 2/64.
     */
    summary = tri_summarize(five, 5);
    CU_ASSERT_EQUAL(summary.median, 3);
    CU_ASSERT_EQUAL(summary.low, -1);
    CU_ASSERT_EQUAL(summary.high, -1);
    summary = tri_summarize(six, 6);
    CU_ASSERT_EQUAL(summary.low, 1);
    CU_ASSERT_EQUAL(summary.high, 6);

    /* From tables of the sign test: for n = 20 ranks 6 and 15, for n = 100 ranks 40 and 61. */
    for (int i = 0; i < 100; i++)
        many[i] = 100 - i;
    summary = tri_summarize(many + 80, 20);
    CU_ASSERT_EQUAL(summary.low, 6);
    CU_ASSERT_EQUAL(summary.high, 15);
    summary = tri_summarize(many, 100);
    CU_ASSERT_EQUAL(summary.median, 50);
    CU_ASSERT_EQUAL(summary.low, 40);
    CU_ASSERT_EQUAL(summary.high, 61);

    summary = tri_summarize(many, 0);
    CU_ASSERT_EQUAL(summary.count, 0);
}

static void test_many_samples(void)
{
    enum { MANY = 5000 };
    int64_t *samples = calloc(MANY, sizeof *samples);

    CU_ASSERT_PTR_NOT_NULL_FATAL(samples);
    for (int i = 0; i < MANY; i++)
        samples[i] = i + 1;
    struct tri_summary summary = tri_summarize(samples, MANY);
    /* Normal approximation: 2500 -+ 1.96 sqrt(5000)/2, within a rank or two. */
    CU_ASSERT(llabs(summary.low - 2431) <= 2);
    CU_ASSERT(llabs(summary.high - 2570) <= 2);
    free(samples);
}

static void test_ratios(void)
{
    CU_ASSERT_DOUBLE_EQUAL(tri_efficiency(100, 25, 4), 1.0, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(tri_efficiency(100, 50, 4), 0.5, 1e-12);
    /* S = 3 on 4: (1/3 - 1/4) / (3/4) = 1/9 */
    CU_ASSERT_DOUBLE_EQUAL(tri_karp_flatt(3, 4), 1.0 / 9, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(tri_karp_flatt(4, 4), 0, 1e-12);
    CU_ASSERT(isnan(tri_karp_flatt(1, 1)));
    CU_ASSERT_DOUBLE_EQUAL(tri_amdahl(0.1, 10), 1 / 0.19, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(tri_gustafson(0.1, 10), 9.1, 1e-12);
}

static void test_scaling(void)
{
    int workers[8];
    double amdahl[8], universal[8];

    for (int i = 0; i < 8; i++) {
        int n = i + 1;

        workers[i] = n;
        amdahl[i] = tri_amdahl(0.05, n);
        universal[i] = n / (1 + 0.02 * (n - 1) + 0.001 * n * (n - 1));
    }
    struct tri_scaling fit = tri_scaling_fit(workers, amdahl, 2);
    CU_ASSERT_DOUBLE_EQUAL(fit.serial, 0.05, 1e-9);
    CU_ASSERT(isnan(fit.contention)); /* it needs at least six points */
    CU_ASSERT_EQUAL(fit.most_workers, 2);
    CU_ASSERT(isnan(tri_scaling_fit(workers, universal, 5).coherence));
    fit = tri_scaling_fit(workers, universal, 8);
    CU_ASSERT_DOUBLE_EQUAL(fit.contention, 0.02, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(fit.coherence, 0.001, 1e-9);
    CU_ASSERT(isnan(tri_scaling_fit(workers, amdahl, 1).serial));
}

static void test_worker_steps(void)
{
    const int twenty[] = {1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20};
    int steps[32];

    CU_ASSERT_EQUAL(tri_worker_steps(1, steps), 1);
    CU_ASSERT_EQUAL(steps[0], 1);
    CU_ASSERT_EQUAL(tri_worker_steps(2, steps), 2);
    CU_ASSERT_EQUAL(tri_worker_steps(20, steps), 11);
    CU_ASSERT_EQUAL(memcmp(steps, twenty, sizeof twenty), 0);
    int count = tri_worker_steps(1024, steps);
    CU_ASSERT_EQUAL(steps[count - 1], 1024);
    CU_ASSERT_EQUAL(steps[count - 2], 768);
}

static void test_copier(void)
{
    struct tri_error error;

    for (int workers = 1; workers <= 3; workers++) {
        struct tri_copier *copier = NULL;

        CU_ASSERT_EQUAL_FATAL(tri_copier_new(workers, 100001, &copier, &error), TRI_OK);
        CU_ASSERT(tri_copier_run(copier) > 0);
        CU_ASSERT(tri_copier_run(copier) > 0);
        tri_copier_free(copier);
    }
    tri_copier_free(NULL);
}

/* ---- a report made up by hand: scalar 80 ms, sequential 10, two threads 6.25, and a row that
 * differs ----
 */

enum { ROWS = 5 };

static const struct tri_backend_info infos[ROWS] = {
    {.name = "sequential", .device = "CPU, \"quoted\"", .isa = "scalar", .workers = 1},
    {.name = "sequential", .device = "CPU", .isa = "fast", .workers = 1},
    {.name = "threads:1", .device = "CPU", .isa = "fast", .workers = 1},
    {.name = "threads:2", .device = "CPU", .isa = "fast", .workers = 2},
    {.name = "opencl:0.0",
     .device = "GPU",
     .isa = "plain",
     .workers = 99,
     .opencl = true,
     .gpu = true},
};

struct made_up {
    struct tri_bench_case result;
    struct tri_bench_row rows[ROWS];
    struct tri_bench_copy copies[2];
    int64_t samples[ROWS + 2][6];
};

static void fill_samples(int64_t samples[6], int64_t ns)
{
    for (int i = 0; i < 6; i++)
        samples[i] = ns + (i % 3 - 1);
}

static void make_up(struct made_up *made)
{
    static const int64_t times[ROWS + 2] = {80000000, 10000000, 10500000, 6250000,
                                            1000000,  1000000,  600000};
    static char pipeline[] = "sobel", input[] = "made up";
    struct tri_shape shape = {1000, 500, 3, 8};

    memset(made, 0, sizeof *made);
    made->result = (struct tri_bench_case){.pipeline = pipeline,
                                           .input = input,
                                           .in = shape,
                                           .out = shape,
                                           .rows = made->rows,
                                           .row_count = ROWS,
                                           .copies = made->copies,
                                           .copy_count = 2,
                                           .bytes = 3000000};
    for (int i = 0; i < ROWS + 2; i++)
        fill_samples(made->samples[i], times[i]);
    for (int i = 0; i < ROWS; i++) {
        struct tri_bench_row *row = &made->rows[i];

        *row = (struct tri_bench_row){
            .info = &infos[i], .listed = true, .verified = true, .digest = 7};
        row->samples = made->samples[i];
        row->total = row->kernel = tri_summarize(row->samples, 6);
        row->mpix_per_s = 0.5e9 / (double)times[i];
    }
    made->rows[4].verified = false;
    made->rows[4].total.count = made->rows[4].kernel.count = 0;
    for (int i = 0; i < 2; i++)
        made->copies[i] = (struct tri_bench_copy){i + 1, made->samples[ROWS + i], {0}};
    for (int i = 0; i < 2; i++)
        made->copies[i].total = tri_summarize(made->copies[i].samples, 6);
    tri_bench_compare(&made->result);
}

static void test_comparison(void)
{
    struct made_up made;

    make_up(&made);
    const struct tri_bench_row *two = &made.rows[3];
    CU_ASSERT_DOUBLE_EQUAL(two->speedup, 80 / 6.25, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(two->speedup_best, 10 / 6.25, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(two->efficiency, 0.8, 1e-6); /* T1 is sequential, not threads:1 */
    CU_ASSERT_DOUBLE_EQUAL(two->karp_flatt, 0.25, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(two->copy_share, 0.6 / 6.25, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(made.rows[1].copy_share, 0.1, 1e-6);
    CU_ASSERT(isnan(made.rows[1].efficiency));
    CU_ASSERT(isnan(made.rows[4].speedup)); /* it differs */

    CU_ASSERT_EQUAL(tri_bench_scaling(&made.result, 1).points, 0);
    CU_ASSERT_EQUAL(tri_bench_scaling(&made.result, 2).points, 2);
    CU_ASSERT_DOUBLE_EQUAL(tri_bench_scaling(&made.result, 2).serial, 0.25, 1e-6);
    CU_ASSERT_EQUAL(tri_bench_scaling(&made.result, 3).points,
                    0); /* reported for the first row already */
}

static bool has_exactly(const json_t *object, const char *const keys[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!json_object_get(object, keys[i]))
            return false;
    return json_object_size(object) == count;
}

static void check_rows(const json_t *rows)
{
    static const char *const keys[] = {
        "pipeline",   "width",      "height",       "planes",     "bits",       "backend",
        "device",     "isa",        "workers",      "verified",   "digest",     "samples_ns",
        "median_ns",  "min_ns",     "ci95_ns",      "upload_ns",  "kernel_ns",  "download_ns",
        "mpix_per_s", "copy_share", "speedup",      "efficiency", "karp_flatt", "selector",
        "opencl",     "case",       "input_digest", "failure"};
    const json_t *first = json_array_get(rows, 0), *wrong = json_array_get(rows, 4);

    CU_ASSERT_EQUAL(json_array_size(rows), ROWS);
    for (size_t i = 0; i < json_array_size(rows); i++)
        CU_ASSERT(has_exactly(json_array_get(rows, i), keys, sizeof keys / sizeof keys[0]));
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(first, "median_ns")), 80000000);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(first, "samples_ns")), 6);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(first, "ci95_ns")), 2);
    CU_ASSERT(json_is_null(json_object_get(first, "upload_ns")));
    CU_ASSERT(json_is_null(json_object_get(first, "karp_flatt")));
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(first, "digest")), "0000000000000007");
    CU_ASSERT(json_is_false(json_object_get(wrong, "verified")));
    CU_ASSERT(json_is_null(json_object_get(wrong, "median_ns")));
    CU_ASSERT(json_is_null(json_object_get(wrong, "mpix_per_s")));
    CU_ASSERT_EQUAL(json_array_size(json_object_get(wrong, "samples_ns")), 0);
}

static void test_json(void)
{
    static const char *const keys[] = {"triptych", "schema",  "kind",        "date", "environment",
                                       "suite",    "seconds", "calibration", "rows", "reference"};
    struct made_up made;
    struct tri_environment environment;
    struct tri_report report = {
        .environment = &environment, .cases = &made.result, .count = 1, .seconds = 0.25};
    struct tri_error error;
    char path[] = "/tmp/triptych-test-XXXXXX";
    int file = mkstemp(path);

    CU_ASSERT_FATAL(file >= 0);
    close(file);
    make_up(&made);
    tri_environment_read(&environment);
    CU_ASSERT_EQUAL(tri_json_write(path, tri_report_json(&report), &error), TRI_OK);
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    unlink(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    CU_ASSERT(has_exactly(root, keys, sizeof keys / sizeof keys[0]));
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(root, "reference")),
                           "sequential scalar");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(root, "triptych")), TRI_VERSION);
    CU_ASSERT_EQUAL(
        json_array_size(json_object_get(json_object_get(root, "calibration"), "memcpy")), 2);
    CU_ASSERT(json_integer_value(json_object_get(json_object_get(root, "environment"), "cores")) >
              0);
    check_rows(json_object_get(root, "rows"));
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(root, "schema")), TRI_RESULTS_SCHEMA);
    CU_ASSERT_DOUBLE_EQUAL(json_real_value(json_object_get(root, "seconds")), 0.25, 1e-9);
    CU_ASSERT_EQUAL(strlen(json_string_value(json_object_get(root, "date"))),
                    strlen("2025-11-27T22:30:00Z"));
    json_decref(root);

    CU_ASSERT_EQUAL(tri_json_write("/no such folder/x.json", json_object(), &error), TRI_FAILED);
    CU_ASSERT_EQUAL(tri_json_write("/dev/full", json_object(), &error), TRI_FAILED);
    CU_ASSERT_EQUAL(tri_json_write(path, NULL, &error), TRI_FAILED);
}

/* Width of the longest line, in characters on the screen. */
static int widest(const char *text)
{
    int most = 0, width = 0;

    for (; *text; text++) {
        width = *text == '\n' ? 0 : width + ((*text & 0xC0) != 0x80);
        most = width > most ? width : most;
    }
    return most;
}

static void test_texts(void)
{
    struct made_up made;
    struct tri_environment environment = {0};
    struct tri_report report = {
        .environment = &environment, .cases = &made.result, .count = 1, .seconds = 0.25};
    char *text = NULL;
    size_t size;

    make_up(&made);
    FILE *file = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    tri_report_table(file, &made.result, false, false);
    tri_report_legend(file);
    fclose(file);
    CU_ASSERT(widest(text) <= 120);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "DIFFERS"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "12.8x"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "80 %"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "serial fraction 25.0 %"));
    free(text);

    file = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    tri_report_csv(file, &report);
    fclose(file);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ",sequential,\"CPU, \"\"quoted\"\"\",scalar,1,true,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ",false,0000000000000007,0,,,,,,,,,,,,"));
    free(text);
}

/* Over a clip: an unlisted base, two threads, and a row that differs. */
static void make_up_clip(struct tri_clip_row rows[3], struct tri_clip_case *clip)
{
    rows[0] = (struct tri_clip_row){.info = &infos[0], .verified = true, .speedup = (double)NAN};
    rows[1] = (struct tri_clip_row){.info = &infos[3],
                                    .listed = true,
                                    .verified = true,
                                    .frames_per_s = 160,
                                    .speedup = (double)NAN,
                                    .median_ns = 12000000,
                                    .p99_ns = 13000000};
    rows[2] = (struct tri_clip_row){.info = &infos[4], .listed = true, .speedup = (double)NAN};
    *clip = (struct tri_clip_case){.video = {.width = 64, .height = 48, .planes = 3, .bits = 8},
                                   .frames = 9,
                                   .rows = rows,
                                   .row_count = 3};
}

static char *clip_table(const struct tri_clip_case *clip)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    tri_clip_table(file, clip, "sobel", "c.y4m");
    fclose(file);
    return text;
}

static void test_clip_reports(void)
{
    struct tri_clip_row rows[3];
    struct tri_clip_case clip;

    make_up_clip(rows, &clip);
    char *text = clip_table(&clip);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " 160.0    12.000    13.000         -\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "DIFFERENT BYTES"));
    CU_ASSERT_PTR_NULL(strstr(text, "sequential"));
    free(text);
    rows[1].speedup = 2;
    text = clip_table(&clip);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " 160.0    12.000    13.000      2.0x\n"));
    free(text);

    json_t *root = tri_clip_json(&clip, "sobel", "c.y4m"), *list = json_object_get(root, "rows");
    const json_t *two = json_array_get(list, 0), *wrong = json_array_get(list, 1);
    CU_ASSERT_EQUAL(json_array_size(list), 2);
    CU_ASSERT_DOUBLE_EQUAL(json_real_value(json_object_get(two, "frames_per_s")), 160, 1e-9);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(two, "median_ns")), 12000000);
    CU_ASSERT(json_is_false(json_object_get(wrong, "verified")));
    CU_ASSERT(json_is_null(json_object_get(wrong, "frames_per_s")));
    CU_ASSERT(json_is_null(json_object_get(wrong, "median_ns")));
    json_decref(root);
}

static void test_clip_chroma(void)
{
    static const struct {
        int shift_x, shift_y;
        const char *line;
    } known[] = {{0, 0, "64x48 4:4:4 8 bits"}, {1, 0, "64x48 4:2:2 8 bits"},
                 {1, 1, "64x48 4:2:0 8 bits"}, {2, 0, "64x48 4:1:1 8 bits"},
                 {0, 1, "64x48 4:4:0 8 bits"}, {2, 2, "64x48 4:1:0 8 bits"},
                 {3, 1, "64x48 YCbCr 8 bits"}, {1, 2, "64x48 YCbCr 8 bits"}};
    struct tri_clip_row rows[3];
    struct tri_clip_case clip;

    make_up_clip(rows, &clip);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        clip.video.shift_x = known[i].shift_x;
        clip.video.shift_y = known[i].shift_y;
        char *text = clip_table(&clip);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, known[i].line));
        free(text);
    }
    clip.video.planes = 1;
    char *text = clip_table(&clip);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "64x48 gray 8 bits"));
    free(text);
}

/* ---- with the engine ---- */

static void test_run(void)
{
    const char *const on[] = {"threads:1", "threads:2"};
    struct tri_candidates_request request = {.on = on, .on_count = 2};
    struct tri_shape shape = {70, 31, 3, 8};
    struct tri_candidates candidates;
    struct tri_bench_case result;
    struct tri_image *image = NULL;
    struct tri_error error;

    CU_ASSERT_EQUAL_FATAL(tri_candidates_open(&request, &candidates, &error), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_picture_generate(&shape, 1, &image, &error), TRI_OK);
    CU_ASSERT_EQUAL(tri_bench_run(&candidates, "invert", "x", image, 0.001, &result, &error),
                    TRI_OK);
    CU_ASSERT_EQUAL(result.row_count, candidates.count);
    for (int i = 0; i < result.row_count; i++) {
        const struct tri_bench_row *row = &result.rows[i];
        bool threads = strncmp(row->info->name, "threads", 7) == 0;

        CU_ASSERT_EQUAL(row->listed, threads); /* the others are only bases of comparison */
        CU_ASSERT(row->verified);
        CU_ASSERT(row->total.count >= TRI_ROUNDS_MIN && row->total.count <= TRI_ROUNDS_MAX);
        CU_ASSERT(row->speedup > 0);
        CU_ASSERT_EQUAL(row->digest, tri_image_digest(result.picture));
    }
    tri_bench_case_free(&result);
    CU_ASSERT_EQUAL(
        tri_bench_run(&candidates, "no_such_kernel", "x", image, 0.001, &result, &error),
        TRI_USAGE);
    tri_bench_case_free(&result);
    tri_image_free(image);
    tri_candidates_close(&candidates);
}

static void test_verify(void)
{
    const char *const on[] = {"threads:2"};
    struct tri_candidates_request request = {.on = on, .on_count = 1};
    struct tri_shape shape = {33, 21, 1, 16};
    struct tri_candidates candidates;
    struct tri_image *frames[2] = {NULL, NULL};
    struct tri_verify_result results[8];
    struct tri_error error;

    CU_ASSERT_EQUAL_FATAL(tri_candidates_open(&request, &candidates, &error), TRI_OK);
    CU_ASSERT_FATAL(candidates.count <= 8);
    CU_ASSERT_EQUAL_FATAL(tri_picture_generate(&shape, 1, &frames[0], &error), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_picture_generate(&shape, 2, &frames[1], &error), TRI_OK);
    CU_ASSERT_NOT_EQUAL(tri_image_digest(frames[0]), tri_image_digest(frames[1]));
    CU_ASSERT_EQUAL(tri_verify_run(&candidates, "invert", frames, 2, true, results, &error),
                    TRI_OK);
    for (int i = 1; i < candidates.count; i++) {
        CU_ASSERT_EQUAL(results[i].compared, candidates.contenders[i].listed ? 2 : 0);
        CU_ASSERT_EQUAL(results[i].differ, 0);
    }
    tri_image_free(frames[0]);
    tri_image_free(frames[1]);
    tri_candidates_close(&candidates);
}

static void test_candidates(void)
{
    const char *const missing[] = {"opencl:no such device"}, *const wrong[] = {"treads"};
    struct tri_candidates_request request = {.on = missing, .on_count = 1};
    struct tri_candidates candidates;
    struct tri_error error;

    CU_ASSERT_EQUAL(tri_candidates_open(&request, &candidates, &error), TRI_NO_DEVICE);
    tri_candidates_close(&candidates);
    request.on = wrong;
    CU_ASSERT_EQUAL(tri_candidates_open(&request, &candidates, &error), TRI_USAGE);
    tri_candidates_close(&candidates);
}

int test_measure_suite(void)
{
    CU_pSuite suite = CU_add_suite("measure", NULL, NULL);

    if (!suite || !CU_add_test(suite, "medians and their intervals", test_summary) ||
        !CU_add_test(suite, "intervals of many samples", test_many_samples) ||
        !CU_add_test(suite, "efficiency, Karp-Flatt, Amdahl, Gustafson", test_ratios) ||
        !CU_add_test(suite, "scaling laws fitted", test_scaling) ||
        !CU_add_test(suite, "worker counts of a curve", test_worker_steps) ||
        !CU_add_test(suite, "memcpy by a crew", test_copier) ||
        !CU_add_test(suite, "rows compared", test_comparison) ||
        !CU_add_test(suite, "JSON", test_json) ||
        !CU_add_test(suite, "table and CSV", test_texts) ||
        !CU_add_test(suite, "table and JSON of a clip", test_clip_reports) ||
        !CU_add_test(suite, "subsampling of a clip", test_clip_chroma) ||
        !CU_add_test(suite, "line-up", test_candidates) ||
        !CU_add_test(suite, "bench run", test_run) ||
        !CU_add_test(suite, "verification", test_verify))
        return CU_get_error();
    return 0;
}
