/* test_device.c -- devices by their own clocks: the arithmetic on made-up times, the reports, and a
 * run on a device. */
#include "measure/clip_stream.h"
#include "measure/device_timing.h"
#include "shell.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int test_device_suite(void);

/* ---- times of commands ---- */

static void test_phases(void)
{
    /* Upload 0 to 10; kernels 8 to 12 and 15 to 20; downloads 18 to 25 and 19 to 22, which are busy
     * from 18 to 25. */
    struct tri_device_command commands[] = {{TRI_COMMAND_DOWNLOAD, 19, 22},
                                            {TRI_COMMAND_KERNEL, 15, 20},
                                            {TRI_COMMAND_UPLOAD, 0, 10},
                                            {TRI_COMMAND_DOWNLOAD, 18, 25},
                                            {TRI_COMMAND_KERNEL, 8, 12}};
    struct tri_phase_times times = tri_phase_times(commands, 5);
    CU_ASSERT_EQUAL(times.upload_ns, 10);
    CU_ASSERT_EQUAL(times.kernel_ns, 9);
    CU_ASSERT_EQUAL(times.download_ns, 7);
    CU_ASSERT_EQUAL(times.span_ns, 12);
    CU_ASSERT_EQUAL(times.overlap_ns, 4); /* 26 in all, while 0 to 12 and 15 to 25 are busy */
    CU_ASSERT_EQUAL(times.uploads, 1);
    CU_ASSERT_EQUAL(times.kernels, 2);
    CU_ASSERT_EQUAL(times.downloads, 2);

    struct tri_device_command in_order[] = {
        {TRI_COMMAND_UPLOAD, 0, 5}, {TRI_COMMAND_KERNEL, 5, 9}, {TRI_COMMAND_DOWNLOAD, 11, 12}};
    times = tri_phase_times(in_order, 3);
    CU_ASSERT_EQUAL(times.overlap_ns, 0);
    CU_ASSERT_EQUAL(times.span_ns, 4);
    times = tri_phase_times(in_order, 0);
    CU_ASSERT_EQUAL(times.span_ns, 0);
    CU_ASSERT_EQUAL(times.kernels, 0);
}

/* ---- break-even ---- */

static void test_costs(void)
{
    struct tri_cost cost = tri_cost_fit(100, 300, 1000, 1200);
    CU_ASSERT_DOUBLE_EQUAL(cost.fixed_ns, 200, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(cost.pixel_ns, 1, 1e-9);
    cost = tri_cost_fit(100, 50, 1000, 1200); /* more than proportional: nothing is fixed */
    CU_ASSERT_DOUBLE_EQUAL(cost.fixed_ns, 0, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(cost.pixel_ns, 1.2, 1e-9);
    cost = tri_cost_fit(100, 500, 1000, 400); /* noise: a larger image took less time */
    CU_ASSERT_DOUBLE_EQUAL(cost.fixed_ns, 400, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(cost.pixel_ns, 0, 1e-9);
    cost = tri_cost_fit(100, 0, 1000, 0); /* no such part */
    CU_ASSERT_DOUBLE_EQUAL(cost.fixed_ns, 0, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(cost.pixel_ns, 0, 1e-9);
}

static void test_crossing(void)
{
    static const struct {
        struct tri_cost device, threads;
        enum tri_beats beats;
        double pixels;
    } known[] = {
        {{1000, 1}, {100, 2}, TRI_BEATS_FROM, 900},
        {{100, 2}, {1000, 1}, TRI_BEATS_UP_TO, 900},
        {{100, 1}, {1000, 2}, TRI_BEATS_ALWAYS, (double)NAN},
        {{100, 1}, {100, 2}, TRI_BEATS_ALWAYS, (double)NAN},
        {{100, 1}, {200, 1}, TRI_BEATS_ALWAYS, (double)NAN},
        {{1000, 2}, {100, 1}, TRI_BEATS_NEVER, (double)NAN},
        {{100, 1}, {100, 1}, TRI_BEATS_NEVER, (double)NAN}, /* equal is not faster */
        {{1e6, 1},
         {0, 1.01},
         TRI_BEATS_NEVER,
         (double)NAN}, /* only at 10^8 pixels, beyond the largest image */
        {{0, 1.01}, {1e6, 1}, TRI_BEATS_ALWAYS, (double)NAN}, /* likewise */
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        double pixels;
        CU_ASSERT_EQUAL(tri_break_even(known[i].device, known[i].threads, 1e7, &pixels),
                        known[i].beats);
        if (isnan(known[i].pixels))
            CU_ASSERT(isnan(pixels))
        else
            CU_ASSERT_DOUBLE_EQUAL(pixels, known[i].pixels, 1e-9);
    }
}

/* ---- reports of a made-up row ---- */

static const struct tri_backend_info threads = {
    .name = "threads:16", .device = "CPU", .isa = "avx512", .workers = 16};
static const struct tri_backend_info device = {.name = "opencl:0.0",
                                               .device = "GPU",
                                               .isa = "tiles",
                                               .workers = 132,
                                               .opencl = true,
                                               .gpu = true};

static void make_up(struct tri_bench_row *row)
{
    static int64_t samples[6] = {1, 1, 1, 1, 1, 1};
    const struct tri_summary of = {.count = 6, .median = 123456789, .low = -1, .high = -1};
    *row = (struct tri_bench_row){.info = &device,
                                  .listed = true,
                                  .verified = true,
                                  .samples = samples,
                                  .total = of,
                                  .kernel = of,
                                  .upload = of,
                                  .download = of};
    row->device = (struct tri_device_figures){.measured = true,
                                              .built = {0, 12, 34, 123456},
                                              .launches = 12345,
                                              .kernel = of,
                                              .span = of,
                                              .upload = of,
                                              .download = of,
                                              .overlap = {.count = 6, .median = 61728395},
                                              .copy_ns = 98765432,
                                              .pinned = {123456789, 123456789, 234567890},
                                              .copy_share = 0.8};
    row->break_even = (struct tri_break_even){.beats = TRI_BEATS_FROM,
                                              .against = &threads,
                                              .pixels = 1.5e6,
                                              .device = {2e6, 1},
                                              .threads = {0.5e6, 2},
                                              .checked = {1500, 1000, 3, 8},
                                              .device_ns = 3500000,
                                              .threads_ns = 3600000};
}

static char *table_of(struct tri_bench_row *row, bool markdown)
{
    struct tri_bench_case result = {.rows = row, .row_count = 1};
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    tri_report_devices(file, &result, markdown, false);
    fclose(file);
    return text;
}

static void expect_text(struct tri_bench_row *row, const char *part)
{
    char *text = table_of(row, false);
    if (strstr(text, part) == NULL)
        fprintf(stderr, "no '%s' in:\n%s", part, text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, part));
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
        CU_ASSERT(strcspn(line, "\n") <= 120);
    free(text);
}

static void test_table(void)
{
    struct tri_bench_row row;
    make_up(&row);
    expect_text(&row, "opencl:0.0");
    expect_text(&row, " 25 % "); /* of the transfers something else ran */
    expect_text(&row, " 80 % ");
    expect_text(&row, "12, 34 kept");
    expect_text(&row, "opencl:0.0 beats threads:16 from 1.5 megapixels on: it takes 2.000 ms and "
                      "1.000 ms per megapixel,\n"
                      "  threads:16 0.500 ms and 2.000 ms per megapixel;\n  measured at 1500x1000: "
                      "3.500 ms against 3.600\n");
    row.break_even.device_ns = 5000000;
    expect_text(&row, "3.600, so the estimate is off at that size\n");
    row.break_even.beats = TRI_BEATS_UP_TO;
    expect_text(&row, "beats threads:16 only up to 1.5 megapixels: it");
    row.break_even.beats = TRI_BEATS_ALWAYS;
    expect_text(&row, "beats threads:16 at every size: it");
    expect_text(&row, "3.600, so not at that size\n");
    row.break_even.beats = TRI_BEATS_NEVER;
    expect_text(&row, "opencl:0.0 never beats threads:16: it");
    row.break_even.checked.width = 0;
    strcpy(row.break_even.note, "too large");
    expect_text(&row, "; not checked: too large\n");
    row.break_even.beats = TRI_BEATS_UNKNOWN;
    expect_text(&row, "the size from which opencl:0.0 beats threads:16 is unknown: too large\n");
    memset(&row.device, 0, sizeof row.device);
    strcpy(row.device.note, "clCreateBuffer: CL_OUT_OF_RESOURCES");
    row.device.copy_share = (double)NAN;
    expect_text(&row, "opencl:0.0: clCreateBuffer: CL_OUT_OF_RESOURCES\n");
    row.total.count = 0; /* it differs: no figures */
    char *text = table_of(&row, false);
    CU_ASSERT_STRING_EQUAL(text, "");
    free(text);
    make_up(&row);
    text = table_of(&row, true);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "| backend | launches | programs built |"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "| opencl:0.0 | 12345 |"));
    free(text);
}

static bool has_exactly(const json_t *object, const char *const keys[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!json_object_get(object, keys[i]))
            return false;
    return json_object_size(object) == count;
}

static void test_json(void)
{
    static const char *const keys[] = {"launches",       "programs_built", "programs_loaded",
                                       "build_ms",       "upload_ns",      "kernels_ns",
                                       "span_ns",        "download_ns",    "overlap_ns",
                                       "overlapped",     "host_kernel_ns", "copy_ns",
                                       "copy_share",     "pinned_up_ns",   "pinned_down_ns",
                                       "pinned_both_ns", "break_even",     "note"};
    static const char *const even_keys[] = {"beats",   "against",  "pixels", "upload",
                                            "kernel",  "download", "rest",   "device",
                                            "threads", "checked",  "note"};
    struct tri_bench_row row;
    make_up(&row);
    json_t *object = tri_device_json(&row);
    CU_ASSERT(has_exactly(object, keys, sizeof keys / sizeof keys[0]));
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(object, "copy_ns")), 98765432);
    CU_ASSERT(json_is_true(json_object_get(object, "overlapped")));
    const json_t *even = json_object_get(object, "break_even");
    CU_ASSERT(has_exactly(even, even_keys, sizeof even_keys / sizeof even_keys[0]));
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(even, "beats")), "from");
    CU_ASSERT_DOUBLE_EQUAL(
        json_number_value(json_object_get(json_object_get(even, "device"), "megapixel_ns")), 1e6,
        1e-3);
    CU_ASSERT_EQUAL(
        json_integer_value(json_object_get(json_object_get(even, "checked"), "threads_ns")),
        3600000);
    json_decref(object);

    row.break_even.against = NULL;
    row.device.copy_ns = 0;
    row.device.overlap.count = 0;
    object = tri_device_json(&row);
    CU_ASSERT(json_is_null(json_object_get(object, "break_even")));
    CU_ASSERT(json_is_null(json_object_get(object, "copy_ns")));
    CU_ASSERT(json_is_null(json_object_get(object, "overlapped")));
    json_decref(object);
    row = (struct tri_bench_row){.info = &threads, .total = {.count = 6}};
    object = tri_device_json(&row);
    CU_ASSERT(json_is_null(object));
    json_decref(object);
}

/* ---- with the engine ---- */

static void test_no_device(void)
{
    struct tri_backend *backend = NULL;
    struct tri_device_command commands[TRI_COMMANDS_MAX];
    struct tri_transfer_times times;
    struct tri_error error;
    int64_t ns;
    int count;
    CU_ASSERT_EQUAL_FATAL(tri_backend_open("sequential", NULL, &backend, &error), TRI_OK);
    CU_ASSERT_FALSE(tri_backend_measurable(backend));
    CU_ASSERT_EQUAL(tri_backend_profile(backend, true, &error), TRI_USAGE);
    CU_ASSERT_EQUAL(tri_backend_commands(backend, commands, &count, &error), TRI_USAGE);
    CU_ASSERT_EQUAL(tri_backend_copy_time(backend, 1, 1, &ns, &error), TRI_USAGE);
    CU_ASSERT_EQUAL(tri_backend_transfer_time(backend, 1, 1, &times, &error), TRI_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "sequential is not a device"));
    CU_ASSERT_EQUAL(tri_backend_counts(backend).launches, 0);
    tri_backend_close(backend);
}

static bool no_opencl_allowed(void)
{
    const char *allowed = getenv("TRIPTYCH_ALLOW_NO_OPENCL");
    return allowed != NULL && strcmp(allowed, "1") == 0;
}

/* With memory of its own, so that there are transfers. */
static struct tri_backend *open_device(void)
{
    struct tri_backend *backend = NULL;
    struct tri_error error;
    setenv("TRIPTYCH_OPENCL_MEMORY", "copy", 1);
    if (tri_backend_open("opencl", NULL, &backend, &error) != TRI_OK && !no_opencl_allowed())
        CU_FAIL("no OpenCL device (TRIPTYCH_ALLOW_NO_OPENCL=1 allows it)");
    unsetenv("TRIPTYCH_OPENCL_MEMORY");
    return backend;
}

static void test_at_best(void)
{
    struct tri_backend *backend = open_device();
    struct tri_device_command commands[TRI_COMMANDS_MAX];
    struct tri_transfer_times times;
    struct tri_error error;
    int64_t ns;
    int count;
    if (backend == NULL)
        return;
    CU_ASSERT(tri_backend_measurable(backend));
    static const size_t sizes[][2] = {{1, 1}, {100003, 100003}, {1 << 20, 4096}, {255, 1 << 20}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        CU_ASSERT_EQUAL(tri_backend_copy_time(backend, sizes[i][0], sizes[i][1], &ns, &error),
                        TRI_OK);
        CU_ASSERT(ns > 0);
        CU_ASSERT_EQUAL(
            tri_backend_transfer_time(backend, sizes[i][0], sizes[i][1], &times, &error), TRI_OK);
        CU_ASSERT(times.up_ns > 0 && times.down_ns > 0 && times.together_ns > 0);
    }
    CU_ASSERT_NOT_EQUAL(tri_backend_copy_time(backend, (size_t)1 << 60, 16, &ns, &error), TRI_OK);
    CU_ASSERT_NOT_EQUAL(tri_backend_transfer_time(backend, 16, (size_t)1 << 60, &times, &error),
                        TRI_OK);
    CU_ASSERT_EQUAL(tri_backend_commands(backend, commands, &count, &error),
                    TRI_FAILED); /* profiling was not enabled before */
    tri_backend_close(backend);
}

/* Launches are counted, and commands timed in their order, only while that is asked for. */
static void test_commands(void)
{
    struct tri_backend *backend = open_device();
    struct tri_device_command commands[TRI_COMMANDS_MAX];
    struct tri_shape shape = {64, 48, 1, 8};
    struct tri_pipeline *pipeline = NULL;
    struct tri_image *in = NULL, *out = NULL;
    struct tri_job *job = NULL;
    struct tri_error error;
    int count;
    if (backend == NULL)
        return;
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse("invert", &pipeline, &error), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_picture_generate(&shape, 1, &in, &error), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape, &out, &error), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_job_new(backend, pipeline, &shape, &job, &error), TRI_OK);
    const struct tri_backend_counts before = tri_backend_counts(backend);
    CU_ASSERT(before.programs_built + before.programs_loaded >= 1);
    CU_ASSERT(before.build_ms > 0);
    for (int round = 0; round < 2; round++) {
        CU_ASSERT_EQUAL(tri_backend_profile(backend, true, &error), TRI_OK);
        CU_ASSERT_EQUAL(tri_job_run(job, in, out, NULL, &error), TRI_OK);
        CU_ASSERT_EQUAL(tri_backend_commands(backend, commands, &count, &error), TRI_OK);
        const struct tri_phase_times times = tri_phase_times(commands, count);
        CU_ASSERT_EQUAL(times.kernels, 1);
        CU_ASSERT(times.uploads >= 1 && times.downloads >= 1);
        CU_ASSERT(times.span_ns > 0 && times.kernel_ns == times.span_ns);
        CU_ASSERT_EQUAL(tri_backend_commands(backend, commands, &count, &error), TRI_OK);
        CU_ASSERT_EQUAL(count, 0);
        CU_ASSERT_EQUAL(tri_backend_profile(backend, false, &error), TRI_OK);
        CU_ASSERT_EQUAL(tri_job_run(job, in, out, NULL, &error), TRI_OK);
        CU_ASSERT_EQUAL(tri_backend_commands(backend, commands, &count, &error), TRI_FAILED);
    }
    CU_ASSERT_EQUAL(tri_backend_counts(backend).launches, before.launches + 4);
    for (int i = 0; i < 3; i++) /* an excess is reported, not cut off */
        CU_ASSERT_EQUAL(tri_backend_profile(backend, true, &error), TRI_OK);
    for (int i = 0; i < TRI_COMMANDS_MAX / 3 + 1; i++)
        CU_ASSERT_EQUAL(tri_job_run(job, in, out, NULL, &error), TRI_OK);
    CU_ASSERT_EQUAL(tri_backend_commands(backend, commands, &count, &error), TRI_FAILED);
    tri_job_free(job);
    tri_image_free(in);
    tri_image_free(out);
    tri_pipeline_free(pipeline);
    tri_backend_close(backend); /* while it is measured */
}

static void test_bench(void)
{
    const char *const on[] = {"threads:1", "opencl"};
    struct tri_candidates_request request = {.on = on, .on_count = 2, .reference = "threads:1"};
    struct tri_shape shape = {70, 31, 3, 8};
    struct tri_candidates candidates;
    struct tri_bench_case result;
    struct tri_image *image = NULL;
    struct tri_error error;
    setenv("TRIPTYCH_OPENCL_MEMORY", "copy", 1);
    const enum tri_status opened = tri_candidates_open(&request, &candidates, &error);
    unsetenv("TRIPTYCH_OPENCL_MEMORY");
    if (opened != TRI_OK) {
        CU_ASSERT(no_opencl_allowed());
        tri_candidates_close(&candidates);
        return;
    }
    CU_ASSERT_EQUAL_FATAL(candidates.count, 2); /* nothing sequential */
    CU_ASSERT_EQUAL_FATAL(tri_picture_generate(&shape, 1, &image, &error), TRI_OK);
    CU_ASSERT_EQUAL(
        tri_bench_run(&candidates, "gaussian:sigma=1,equalize", "x", image, 0.01, &result, &error),
        TRI_OK);
    CU_ASSERT_EQUAL_FATAL(result.row_count, 2);
    const struct tri_bench_row *row = &result.rows[1];
    CU_ASSERT(row->verified && row->device.measured);
    CU_ASSERT_STRING_EQUAL(row->device.note, "");
    CU_ASSERT(isnan(row->speedup)); /* scalar did not run */
    CU_ASSERT(row->device.launches >= 1);
    CU_ASSERT(row->device.built.programs_built + row->device.built.programs_loaded >= 1);
    CU_ASSERT(row->device.span.count >= TRI_ROUNDS_MIN &&
              row->device.span.median >= row->device.kernel.median);
    CU_ASSERT(row->device.upload.count >= TRI_ROUNDS_MIN && row->device.upload.median > 0);
    CU_ASSERT(row->device.download.count >= TRI_ROUNDS_MIN && row->device.download.median > 0);
    CU_ASSERT_DOUBLE_EQUAL(row->device.copy_share,
                           (double)row->device.copy_ns / (double)row->device.span.median, 1e-9);
    CU_ASSERT_PTR_EQUAL(row->break_even.against, result.rows[0].info);
    CU_ASSERT_NOT_EQUAL(row->break_even.beats, TRI_BEATS_UNKNOWN);
    CU_ASSERT(row->break_even.checked.width > 0 || row->break_even.note[0] != '\0');
    CU_ASSERT_PTR_NULL(result.rows[0].break_even.against);
    CU_ASSERT_FALSE(result.rows[0].device.measured);
    tri_bench_case_free(&result);
    tri_image_free(image);
    tri_candidates_close(&candidates);
}

/* A size at which the pipeline cannot run: no break-even, and the reason is reported. */
static void test_unknown(void)
{
    const struct tri_parts known[2] = {{0}};
    const struct tri_shape shape = {4000, 16, 1, 8};
    struct tri_contender contender = {.info = &threads};
    struct tri_pipeline *pipeline = NULL;
    struct tri_break_even found;
    struct tri_error error;
    CU_ASSERT_EQUAL_FATAL(tri_backend_open("sequential", NULL, &contender.backend, &error), TRI_OK);
    /* Its other size is four times as wide, and the output would be wider than images can be. */
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse("resize:scale=100", &pipeline, &error), TRI_OK);
    CU_ASSERT_EQUAL(tri_break_even_measure(&contender, &contender, pipeline, &shape, known, 0.01,
                                           &found, &error),
                    TRI_OK);
    CU_ASSERT_EQUAL(found.beats, TRI_BEATS_UNKNOWN);
    CU_ASSERT_PTR_NOT_NULL(strstr(found.note, "1600000"));
    tri_pipeline_free(pipeline);
    /* The device against itself: measured at another size, and where the lines cross. */
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse("invert", &pipeline, &error), TRI_OK);
    CU_ASSERT_EQUAL(tri_break_even_measure(&contender, &contender, pipeline, &shape, known, 0.01,
                                           &found, &error),
                    TRI_OK);
    CU_ASSERT_NOT_EQUAL(found.beats, TRI_BEATS_UNKNOWN);
    CU_ASSERT(found.checked.width > 0 || found.note[0] != '\0');
    tri_pipeline_free(pipeline);
    tri_backend_close(contender.backend);
}

/* ---- the program, and the scripts ---- */

static void test_program(void)
{
    if (no_opencl_allowed())
        return;
    EXPECT("$T bench invert --size 70x50 --on threads --on opencl --time 0.01 --json j | awk "
           "'length > 120' && "
           "grep -cE '\"(launches|copy_ns|pinned_both_ns|break_even|copy_share)\"' j",
           0, "7\n", "*");
    EXPECT("$T bench invert --size 70x50 --on threads --on opencl --time 0.01", 0,
           "*share*pinned*opencl:*beats threads*measured at*", "*");
    EXPECT("$T bench invert --size 70x50 --on opencl --time 0.01 | grep -c beats", 1, "0\n",
           "*"); /* no threads */
    EXPECT("$T bench invert --size 70x50 --on opencl --time 0.01 --csv | head -n 1 | tr , '\\n' | "
           "tail -n 6 | tr '\\n' ' '",
           0,
           "launches programs_built build_ms device_copy_ns device_copy_share break_even_pixels ",
           "*");
    EXPECT("$T bench invert --size 70x50 --reference threads:1 --on threads:2 --time 0.01 --json - "
           "| grep -o 'reference.*threads:1'",
           0, "reference\": \"threads:1\n", "*");
    EXPECT("$T bench invert --size 70x50 --reference nothing", 2, "",
           "*unknown backend 'nothing'*");
    EXPECT("$T run resize:width=64:height=48 \"$ROOT/images/frame-%d.png\" -o c.y4m -q && "
           "$T bench sobel c.y4m --reference threads:1 --on opencl --time 0.01 --json c && grep -c "
           "pinned_frames_per_s c",
           0, "*in flight*2\n", "*");
}

/* Whatever fails or is late, the rest continues, figures remain, and the last line names the
 * failures. */
static void test_gpu_script(void)
{
    EXPECT("sh \"$ROOT/bench/gpu.sh\"", 2, "*usage: sh bench/gpu.sh pack FOLDER*", "*");
    EXPECT("cd \"$ROOT\" && sh bench/gpu.sh pack \"$OLDPWD/packed\"", 0, "*MiB in*packed\n", "*");
    EXPECT("[ $(du -sm packed | cut -f 1) -le 40 ] && ls packed/modules packed/lib > /dev/null", 0,
           "", "");
    EXPECT("TRIPTYCH_MODULES= packed/triptych --version | grep -c triptych", 0, "1\n", "*");
    EXPECT("sh packed/gpu.sh run packed nowhere < /dev/null > log; code=$?; tail -n 1 log; ls "
           "nowhere/summary.json; exit $code",
           1, "*FAILED: *verify-small, *nowhere/summary.json\n", "*");
    EXPECT("BUDGET=1 DEVICE=opencl:cpu sh packed/gpu.sh run packed late > log; code=$?; grep -c ' "
           "late ' late/steps.txt; exit $code",
           1, "4*", "*");
    EXPECT("grep -c '\"pipeline\"' late/summary.json", 0, "36\n", "");
}

int test_device_suite(void)
{
    CU_pSuite suite = CU_add_suite("device", shell_begin, shell_end);
    const bool added = suite != NULL &&
                       CU_add_test(suite, "times of commands", test_phases) != NULL &&
                       CU_add_test(suite, "costs of two sizes", test_costs) != NULL &&
                       CU_add_test(suite, "where they cross", test_crossing) != NULL &&
                       CU_add_test(suite, "table", test_table) != NULL &&
                       CU_add_test(suite, "JSON", test_json) != NULL &&
                       CU_add_test(suite, "what is no device", test_no_device) != NULL &&
                       CU_add_test(suite, "a device at its best", test_at_best) != NULL &&
                       CU_add_test(suite, "commands and launches", test_commands) != NULL &&
                       CU_add_test(suite, "a bench run", test_bench) != NULL &&
                       CU_add_test(suite, "no break-even", test_unknown) != NULL &&
                       CU_add_test(suite, "the program", test_program) != NULL &&
                       CU_add_test(suite, "gpu.sh", test_gpu_script) != NULL;
    return added ? 0 : (int)CU_get_error();
}
