/* test_trace_file.c -- --trace: what an independent reader, with Perfetto's own schema, finds in
 * the file is what the program did. */
#include "shell.h"
#include "tests.h"

#include "trace/perfetto.h"
#include "parallel/cpu.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

#define READ "$ROOT/build/python/bin/python3 $ROOT/tests/read_trace.py "
#define STAGES "read > decode > upload > compute > download > encode > write"

enum { FRAMES = 60, WIDTH = 160, HEIGHT = 120 };

static bool can_write, can_read; /* built with libprotobuf-c; the schema is installed */
static const char *unread = "no Perfetto schema: sh setup.sh test installs it in build/python";

/* A clip of moving stripes, without any other tool. */
static bool make_clip(const char *name, int frames, int width, int height)
{
    FILE *file = fopen(shell_path(name), "wb");
    if (file == NULL)
        return false;
    fprintf(file, "YUV4MPEG2 W%d H%d F25:1 C420jpeg\n", width, height);
    for (int f = 0; f < frames; f++) {
        fputs("FRAME\n", file);
        for (int i = 0; i < width * height * 3 / 2; i++)
            fputc((i * 7 + f * 13) & 0xff, file);
    }
    return fclose(file) == 0;
}

static int begin(void)
{
    if (shell_begin() != 0 || !make_clip("clip.y4m", FRAMES, WIDTH, HEIGHT))
        return 1;
    const struct shell_result *result =
        shell_run("$T run copy clip.y4m -o probe.y4m --trace probe.perfetto");
    can_write = result->code == 0;
    if (!can_write && strstr(result->err, "built without libprotobuf-c") == NULL) {
        fputs(result->err, stderr);
        return 1;
    }
    can_read = can_write && shell_run(READ "probe.perfetto")->code == 0;
    if (can_write && !can_read && shell_run(READ "probe.perfetto")->code != 77 &&
        shell_run("test -x $ROOT/build/python/bin/python3")->code == 0)
        fputs(shell_run(READ "probe.perfetto")->out, stderr);
    return shell_run("rm -f probe.y4m probe.perfetto")->code;
}

/* ---- what the reader says ---- */

/* Numbers after the text "PREFIX | "; false: there is no such line. */
static bool find(const char *facts, const char *prefix, long long *first, long long *second)
{
    char line[300];
    const char *at = facts;
    snprintf(line, sizeof line, "%s | ", prefix);
    while (at != NULL && strncmp(at, line, strlen(line)) != 0)
        at = strchr(at, '\n') != NULL ? strchr(at, '\n') + 1 : NULL;
    *first = *second = -1;
    return at != NULL && sscanf(at + strlen(line), "%lld | %lld", first, second) >= 1;
}

static void expect_count(const char *facts, const char *prefix, long long wanted)
{
    long long count, sum;
    if ((!find(facts, prefix, &count, &sum) || count != wanted) && test_fail_once())
        printf("\n    %s: expected %lld, found %lld in\n%s", prefix, wanted, count, facts);
}

/* --stages prints milliseconds with one digit; the trace has the same times. */
static void expect_sum(const char *facts, const char *report, const char *stage)
{
    char prefix[80];
    long long count, sum;
    double printed = -1;
    const char *line = strstr(report, stage);
    snprintf(prefix, sizeof prefix, "slices stage | %s", stage);
    if (line != NULL)
        sscanf(line + strlen(stage), "%lf", &printed);
    if ((!find(facts, prefix, &count, &sum) || fabs((double)sum / 1e6 - printed) > 0.06) &&
        test_fail_once())
        printf("\n    %s: %.6f ms in the trace, %.1f in the report\n%s", stage, (double)sum / 1e6,
               printed, report);
}

/* A run of the clip gives the same bytes with a trace as without, and one slice for each frame and
 * stage, as long as the report says. */
static void check_clip(const char *pipeline, const char *on, const char *environment, int delay)
{
    static const char *const stages[] = {"read",     "decode", "upload", "compute",
                                         "download", "encode", "write"};
    static struct shell_result report;
    char command[700], prefix[100];
    snprintf(command, sizeof command,
             "%s $T run %s clip.y4m -o plain.y4m --on %s -q && "
             "%s $T run %s clip.y4m -o traced.y4m --on %s --stages --trace t.perfetto && "
             "cmp plain.y4m traced.y4m",
             environment, pipeline, on, environment, pipeline, on);
    report = *shell_run(command);
    CU_ASSERT_EQUAL(report.code, 0);
    const struct shell_result *facts = shell_run(READ "t.perfetto");
    CU_ASSERT_EQUAL(facts->code, 0);
    for (int i = 0; i < 7; i++) {
        /* the end of the input is read, too, and delayed results have a compute stage of their own
         */
        const int more = (i == 0) + (i < 4 ? delay : 0);
        snprintf(prefix, sizeof prefix, "slices stage | %s", stages[i]);
        expect_count(facts->out, prefix, FRAMES + more);
        expect_sum(facts->out, report.err, stages[i]);
    }
    expect_count(facts->out,
                 delay > 0 ? "flow read > decode > upload > compute > compute > download > encode "
                             "> write"
                           : "flow " STAGES,
                 FRAMES);
}

static void test_stages(void)
{
    if (!can_read) {
        test_skip(unread);
        return;
    }
    check_clip("gaussian:sigma=2", "sequential", "", 0);
    check_clip("gaussian:sigma=2", "threads:3", "", 0);
    check_clip("temporal_median", "threads:2", "", 1); /* looks at the frame after */
}

/* Commands of a device are in the flows of their frames, and its queues do one at a time. */
static void test_device(void)
{
    if (!can_read) {
        test_skip(unread);
        return;
    }
    if (shell_run("$T run copy clip.y4m -o /dev/null --format y4m --on opencl:cpu")->code != 0) {
        test_skip("no OpenCL device");
        return;
    }
    check_clip("gaussian:sigma=2", "opencl:cpu", "", 0);
    expect_count(shell_run(READ "t.perfetto")->out, "slices on queues | gaussian_columns_9",
                 FRAMES);
    expect_count(shell_run(READ "t.perfetto")->out, "slices on queues | gaussian_columns_5",
                 2 * FRAMES); /* chroma is half as wide */
    check_clip("gaussian:sigma=2", "opencl:cpu", "TRIPTYCH_OPENCL_MEMORY=copy", 0);
    const char *facts = shell_run(READ "t.perfetto")->out;
    const char *line = strstr(facts, "commands in flows ");
    CU_ASSERT_TRUE(line != NULL && atol(line + strlen("commands in flows ")) >= 9 * FRAMES);
    CU_ASSERT_PTR_NOT_NULL(strstr(facts, ": uploads\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(facts, ": kernels\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(facts, ": downloads\n"));
    check_clip("sobel", "threads:1+opencl:cpu", "", 0);
}

static void test_pictures(void)
{
    long long count, sum;
    double printed = -1;
    if (!can_read) {
        test_skip(unread);
        return;
    }
    EXPECT("mkdir in && for i in 1 2 3 4 5; do cp $ROOT/images/frame-1.png in/$i.png; done", 0, "",
           "");
    EXPECT("$T run sobel in/ -o plain/ && $T run sobel in/ -o traced/ --timings --trace p.pftrace "
           "2> report && diff -r plain traced",
           0, "", "");
    const char *report = shell_run("cat report")->out, *line = strstr(report, "decode");
    if (line != NULL)
        sscanf(line, "decode %lf", &printed);
    const struct shell_result *facts = shell_run(READ "p.pftrace");
    CU_ASSERT_EQUAL(facts->code, 0);
    expect_count(facts->out, "slices stage | encode", 5);
    expect_count(facts->out, "flow next > decode > upload > compute > download > encode", 5);
    CU_ASSERT_TRUE(find(facts->out, "slices stage | decode", &count, &sum));
    CU_ASSERT_EQUAL(count, 5);
    CU_ASSERT_TRUE(fabs((double)sum / 1e6 - printed) < 0.1); /* the stage does little else */
    CU_ASSERT_TRUE(find(facts->out, "slices codec | inflate", &count, &sum));
    CU_ASSERT_TRUE(find(facts->out, "slices codec | deflate", &count, &sum));
    EXPECT("rm -r in plain traced report p.pftrace", 0, "", "");
}

/* Counters return to where they were, threads and cores have tracks, and usage adds up. */
static void test_counters(void)
{
    long long count, value;
    if (!can_read) {
        test_skip(unread);
        return;
    }
    CU_ASSERT_EQUAL(shell_run("$T run sobel clip.y4m -o o.y4m --on threads:2 --jobs 3 --trace "
                              "t.perfetto")
                        ->code,
                    0);
    const char *facts = shell_run(READ "t.perfetto")->out;
    CU_ASSERT_PTR_NOT_NULL(strstr(facts, "track triptych | main\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(facts, "track triptych | worker 1\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(facts, "track cores | core "));
    CU_ASSERT_TRUE(find(facts, "counter triptych | frames in flight", &count, &value));
    CU_ASSERT_TRUE(value > 0 && value <= 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(facts, " | 0\ncounter triptych | image memory"));
    CU_ASSERT_TRUE(find(facts, "counter triptych | image memory", &count, &value));
    CU_ASSERT_TRUE(value > WIDTH * HEIGHT * 3 / 2);
    CU_ASSERT_TRUE(find(facts, "counter triptych | busy threads", &count, &value));
    CU_ASSERT_TRUE(value >= 1 && value <= 3); /* three jobs have three threads */
    CU_ASSERT_TRUE(find(facts, "counter main | CPU time", &count, &value));
    CU_ASSERT_TRUE(value > 0 && value < 60000000000);
}

static void test_other_commands(void)
{
    long long count, sum;
    if (!can_read) {
        test_skip(unread);
        return;
    }
    CU_ASSERT_EQUAL(shell_run("$T bench sobel --size 320x240 --on threads:2 --time 0.01 --trace "
                              "b.perfetto")
                        ->code,
                    0);
    const struct shell_result *facts = shell_run(READ "b.perfetto");
    CU_ASSERT_EQUAL(facts->code, 0);
    CU_ASSERT_TRUE(find(facts->out, "slices plan | threads:2", &count, &sum) && count > 0);
    CU_ASSERT_EQUAL(
        shell_run("$T verify sobel --on threads:2 --trace v.perfetto-trace > out")->code, 0);
    facts = shell_run(READ "v.perfetto-trace");
    CU_ASSERT_EQUAL(facts->code, 0);
    CU_ASSERT_TRUE(find(facts->out, "slices plan | threads:2", &count, &sum) && count > 0);
    EXPECT("rm b.perfetto v.perfetto-trace out", 0, "", "");
}

/* ---- memory, and what is lost ---- */

static long peak_kib(const char *arguments)
{
    char command[600];
    snprintf(command, sizeof command,
             "python3 -c 'import resource, subprocess, sys; subprocess.run(sys.argv[1:], "
             "check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' $T %s",
             arguments);
    const struct shell_result *result = shell_run(command);
    CU_ASSERT_EQUAL(result->code, 0);
    return atol(result->out);
}

/* The file is written as the stream runs: memory does not grow with the number of frames. */
static void test_memory(void)
{
    const char *tests = getenv("TRIPTYCH_TESTS");
    const int many = tests != NULL && strcmp(tests, "full") == 0 ? 10000 : 2500;
    long long count, sum;
    if (!can_write || SANITIZED) {
        test_skip("no traces, or their memory is not the program's alone");
        return;
    }
    CU_ASSERT_TRUE_FATAL(make_clip("long.y4m", many, 32, 32));
    const long without = peak_kib("run sobel long.y4m -o long-out.y4m --on threads:2 -q");
    const long with =
        peak_kib("run sobel long.y4m -o long-out.y4m --on threads:2 -q --trace l.perfetto");
    if (with - without > 64 << 10 && test_fail_once())
        printf("\n    %ld KiB with a trace, %ld without\n", with, without);
    CU_ASSERT_EQUAL(shell_run("test $(stat -c %s l.perfetto) -gt 500000")->code, 0);
    if (can_read) {
        const struct shell_result *facts = shell_run(READ "l.perfetto");
        CU_ASSERT_EQUAL(facts->code, 0);
        if (strstr(facts->out, "events dropped") == NULL) {
            expect_count(facts->out, "slices stage | write", many);
            expect_count(facts->out, "flow " STAGES, many);
        }
        CU_ASSERT_TRUE(find(facts->out, "slices stage | write", &count, &sum));
    }
    EXPECT("rm long.y4m long-out.y4m l.perfetto", 0, "", "");
}

static void be_slow(void *context, const struct tri_trace_event *event)
{
    (void)context;
    (void)event;
    for (const int64_t until = tri_now_ns() + 1000; tri_now_ns() < until;)
        ;
}

/* What was dropped is in the trace, with its number; the rest is whole. */
static void test_dropped(void)
{
    char fact[80];
    struct tri_perfetto *perfetto = NULL;
    struct tri_trace_summary summary;
    if (!can_read) {
        test_skip(unread);
        return;
    }
    FILE *file = fopen(shell_path("d.perfetto"), "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL_FATAL(tri_perfetto_new(file, "d.perfetto", &perfetto, NULL), TRI_OK);
    const struct tri_trace_reader readers[] = {tri_perfetto_reader(perfetto), {be_slow, NULL}};
    CU_ASSERT_EQUAL_FATAL(tri_trace_start(readers, 2, NULL), TRI_OK);
    for (int i = 0; i < 150000; i++)
        tri_trace_end(tri_trace_begin(TRI_TRACE_OTHER, "many"));
    tri_trace_stop(&summary);
    CU_ASSERT_EQUAL(tri_perfetto_end(perfetto, &summary, NULL), TRI_OK);
    fclose(file);
    CU_ASSERT_TRUE(summary.dropped > 0);
    const struct shell_result *facts = shell_run(READ "d.perfetto");
    CU_ASSERT_EQUAL(facts->code, 0);
    snprintf(fact, sizeof fact, "instant %lld events dropped\n", (long long)summary.dropped);
    CU_ASSERT_PTR_NOT_NULL(strstr(facts->out, fact));
    expect_count(facts->out, "slices other | many", 150000 - summary.dropped);
    EXPECT("rm d.perfetto", 0, "", "");
}

/* ---- bad input ---- */

static void test_refused(void)
{
    EXPECT("$T run sobel clip.y4m -o r.y4m --trace t.json", 2, "",
           "triptych: --trace: unknown extension in 't.json'; expected .perfetto-trace, .perfetto, "
           ".pftrace, .svg, or '-' for text\n");
    EXPECT("$T bench sobel --size 8x8 --trace t.txt", 2, "",
           "triptych: --trace: unknown extension*");
    EXPECT("$T verify sobel --trace .pftrace", 2, "", "triptych: --trace: unknown extension*");
    EXPECT("test -e r.y4m", 1, "", "");
    if (!can_write) {
        EXPECT("$T run sobel clip.y4m -o r.y4m --trace t.perfetto", 1, "",
               "triptych: cannot write t.perfetto: this triptych was built without "
               "libprotobuf-c; install libprotobuf-c-dev *");
        return;
    }
    EXPECT("$T run sobel clip.y4m -o r.y4m --trace none/t.perfetto", 1, "",
           "triptych: cannot write none/t.perfetto: No such file or directory\n");
    EXPECT("test -e r.y4m", 1, "", "");
    EXPECT("cp clip.y4m in.perfetto && $T run sobel in.perfetto -o r.y4m --trace in.perfetto", 2,
           "", "triptych: run: --trace 'in.perfetto' would overwrite the input 'in.perfetto'; *");
    EXPECT("cmp clip.y4m in.perfetto", 0, "", "");
    EXPECT("$T run sobel clip.y4m -o r.perfetto --format y4m --trace r.perfetto", 2, "",
           "triptych: run: -o 'r.perfetto' and --trace 'r.perfetto' are the same file; *");
    EXPECT("cp $ROOT/images/frame-1.png a.perfetto && $T run sobel a.perfetto -o r.png --trace "
           "a.perfetto; cmp $ROOT/images/frame-1.png a.perfetto",
           0, "", "*--trace 'a.perfetto' would overwrite the input*");
    EXPECT("$T bench sobel a.perfetto --json j.perfetto --trace j.perfetto", 2, "", "*same file*");
    EXPECT("ls -A | grep triptych-", 1, "", "");
    EXPECT("rm in.perfetto a.perfetto", 0, "", "");
}

/* A full disk is an error that names the file; nothing half-written stays. */
static void test_full(void)
{
    if (!can_write) {
        test_skip("no traces");
        return;
    }
    EXPECT("cp clip.y4m old.perfetto; ulimit -f 20; $T run sobel clip.y4m -o /dev/null --format "
           "y4m --trace old.perfetto",
           1, "", "triptych: cannot write old.perfetto: File too large\n");
    EXPECT("cmp clip.y4m old.perfetto", 0, "", "");
    EXPECT("ls -A | grep triptych-", 1, "", "");
    EXPECT("$T run sobel clip.y4m -o /dev/full --format y4m --trace k.perfetto", 1, "",
           "triptych: cannot write /dev/full: *");
    EXPECT("test -s k.perfetto", 0, "", ""); /* what was recorded until then */
    EXPECT("rm old.perfetto k.perfetto", 0, "", "");
}

/* A signal ends the program while it waits for more frames: the trace is whole, as is the video. */
static void test_signal(void)
{
    if (!can_write || SANITIZED) { /* ThreadSanitizer puts signals off while a pipe is read */
        test_skip("no traces, or signals are not the program's alone");
        return;
    }
#define INTERRUPTED(options) \
    "mkfifo pipe; exec 3<> pipe; $T run sobel pipe -o i.y4m " options " 3>&- & pid=$!; " \
    "cat clip.y4m >&3; kill -TERM $pid; wait $pid; code=$?; " \
    "rm pipe i.y4m; ls -A | grep -e triptych- -e s[.]; exit $code"
    EXPECT(INTERRUPTED("--trace s.perfetto"), 143, "s.perfetto\n", "*");
    if (can_read)
        EXPECT(READ "s.perfetto | grep -c '^slices stage | read'", 0, "1\n", "");
    EXPECT("rm s.perfetto", 0, "", "");
    EXPECT(INTERRUPTED("--trace s.svg --timeline"), 143, "s.svg\n", "main *read *");
    EXPECT("tail -c 7 s.svg; rm s.svg", 0, "</svg>\n", "");
#undef INTERRUPTED
}

int test_trace_file_suite(void)
{
    CU_pSuite suite = CU_add_suite("trace_file", begin, shell_end);
    CU_add_test(suite, "one slice for each frame and stage, as long as the report says",
                test_stages);
    CU_add_test(suite, "a device's commands are in the flows of their frames", test_device);
    CU_add_test(suite, "pictures, and the parts of codecs", test_pictures);
    CU_add_test(suite, "counters and tracks", test_counters);
    CU_add_test(suite, "bench and verify", test_other_commands);
    CU_add_test(suite, "memory of a long stream", test_memory);
    CU_add_test(suite, "what is dropped is counted", test_dropped);
    CU_add_test(suite, "names that are refused", test_refused);
    CU_add_test(suite, "a full disk", test_full);
    CU_add_test(suite, "a signal", test_signal);
    return 0;
}
