/* test_opencl_faults.c -- OpenCL calls that fail, kernels that fail or hang, devices that give
 * wrong results. */
#include "icd.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *missing; /* why testing is not possible */
static bool full, quick;

/* Tests write to out/, where there must be nothing else. */
static int begin(void)
{
    const char *mode = getenv("TRIPTYCH_TESTS");
    full = mode != NULL && strcmp(mode, "full") == 0;
    quick = mode != NULL && strcmp(mode, "quick") == 0;
    if (shell_begin() != 0)
        return 1;
    missing = icd_begin();
    return shell_run("mkdir out && cp $ROOT/images/frame-1.png a.png && cp "
                     "$ROOT/images/frame-2.png b.png && "
                     "for i in 1 3 5 7; do cp a.png f$i.png; done; for i in 2 4 6; do cp b.png "
                     "f$i.png; done; "
                     "echo old > old && $T run copy f%d.png -o clip.y4m -q && "
                     "$T run gaussian:sigma=1 a.png -o right.png && $T run gaussian:sigma=1 "
                     "clip.y4m -q -o right.y4m")
               ->code != 0;
}

static bool is_skipped(void)
{
    if (missing != NULL)
        test_skip(missing);
    return missing != NULL;
}

/* ---- each call, in turn ---- */

enum result {
    FAILS,    /* exit code 4, or 0 if only releases are left */
    RECOVERS, /* or 0 with the right bytes, if another backend can be used */
    TELLS     /* 0, and the text names what is wrong */
};

struct subject {
    const char *name, *settings, *command;
    const char *output, *right; /* in out/; NULL: no output */
    enum result result;
    bool several; /* the failing call of another thread may be the one reported, or one made when
                     the device is opened again */
    int quick;    /* places tested in a quick run; twice as many in an ordinary one */
};

static const struct subject subjects[] = {
    {"run", "A=", "$T run gaussian:sigma=1 a.png --on opencl -o out/a.png", "a.png", "right.png",
     FAILS, false, 10},
    {"run, nothing known",
     "A=$(rm -rf cold) TRIPTYCH_CACHE_DIR=$PWD/cold TRIPTYCH_OPENCL_PROBE=yes",
     "$T run gaussian:sigma=1 a.png --on opencl -o out/a.png", "a.png", "right.png", FAILS, true,
     2},
    {"run, memory of its own", "TRIPTYCH_OPENCL_MEMORY=copy",
     "$T run gaussian:sigma=1 a.png --on opencl -o out/a.png", "a.png", "right.png", FAILS, false,
     4},
    {"run, tiles", "TRIPTYCH_OPENCL_DIALECT=tiles",
     "$T run gaussian:sigma=1 a.png --on opencl -o out/a.png", "a.png", "right.png", FAILS, false,
     3},
    {"run of a video", "TRIPTYCH_OPENCL_MEMORY=copy",
     "$T run gaussian:sigma=1 clip.y4m --on opencl -q -o out/a.y4m", "a.y4m", "right.y4m", FAILS,
     true, 4},
    {"run --on auto", "ICD_TYPE=GPU", "$T run gaussian:sigma=1 a.png --on auto -o out/a.png",
     "a.png", "right.png", RECOVERS, true, 2},
    {"verify", "A=", "$T verify sobel a.png --on opencl", NULL, NULL, FAILS, true, 2},
    {"bench", "A=", "$T bench sobel --size 16x16 --time 0.001 --on opencl", NULL, NULL, FAILS, true,
     2},
    {"devices", "A=", "$T devices", NULL, NULL, TELLS, false, 2},
};

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static int count_of(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

/* Queries before the device's name is known, and calls whose failure is reported in other ways. */
static bool is_query(const char *call)
{
    return starts(call, "clGetPlatform") || starts(call, "clGetDevice") ||
           starts(call, "clGetEventInfo") || starts(call, "clSetEventCallback");
}

/* Failed calls without which the output cannot be right. With MEMORY=copy, unmapping happens only
 * on release. */
static int count_telling(const struct subject *subject)
{
    const int idle =
        icd_count_failed("clEnqueueMarker") +
        (strstr(subject->settings, "MEMORY=copy") != NULL ? icd_count_failed("clEnqueueUnmap") : 0);
    return icd_count_failed("clEnqueue") - idle + icd_count_failed("clCreate") +
           icd_count_failed("clBuild") + icd_count_failed("clSetKernel");
}

/* The first fault; NULL if there is none. */
static const char *judge(const struct subject *subject, const struct shell_result *got,
                         const char *call)
{
    /* Pinned memory is kept if the device may still use it. */
    const bool held = icd_count_failed("clFinish") > 0 &&
                      icd_count_own(" buffers, 0 programs, 0 kernels, 0 events\n") == 1;
    const bool released = icd_released() || held,
               device = !is_query(call) && !starts(call, "clRelease");
    if (got->code >= 124)
        return "it crashed or hung";
    if (!released)
        return icd_first(" left ")[0] != '\0' ? "objects were not released"
                                              : "it did not come to its end";
    if (subject->result == TELLS)
        return got->code == 0 ? NULL : "exit code 0 was expected";
    if (got->code == 0)
        return subject->result == RECOVERS || count_telling(subject) == 0 ? NULL
                                                                          : "it should have failed";
    if (got->code != 4)
        return "exit code 4 was expected";
    if (device &&
        (strstr(got->err, "CL_OUT_OF_RESOURCES") == NULL || strstr(got->err, "pthread") == NULL))
        return "the error names no code or no device";
    /* A cached program that does not load is built from source: then that fails. */
    const bool from_source =
        (starts(call, "clCreateProgramWithBinary") || starts(call, "clBuildProgram")) &&
        strstr(got->err, "clCreateProgramWithSource") != NULL;
    if (device && !subject->several && strstr(got->err, call) == NULL && !from_source)
        return "the error does not name the call";
    if (subject->output != NULL && count_of(got->err, "CL_OUT_OF_RESOURCES") > 1 &&
        subject->result == FAILS)
        return "the error comes more than once";
    return NULL;
}

/* An output is either the right file or the old one, and there is nothing else. */
static const char *judge_output(const struct subject *subject, int code)
{
    char command[300];
    if (subject->output == NULL)
        return NULL;
    snprintf(command, sizeof command, "cmp -s out/%s %s && test \"$(ls -A out)\" = %s",
             subject->output, code == 0 ? subject->right : "old", subject->output);
    return shell_run(command)->code == 0
               ? NULL
               : "the output is not what it was, or not right, or something lies beside it";
}

static int fail_at(const struct subject *subject, const char *fault)
{
    char settings[200], prepare[200], call[100];
    if (subject->output != NULL) {
        snprintf(prepare, sizeof prepare, "rm -rf out && mkdir out && cp old out/%s",
                 subject->output);
        if (shell_run(prepare)->code != 0)
            return -1;
    }
    snprintf(settings, sizeof settings, "%s %s", subject->settings, fault);
    const struct shell_result *got = icd_run(settings, subject->command);
    const int code = got->code;
    snprintf(call, sizeof call, "%s", icd_first(" fails"));
    const char *wrong = judge(subject, got, call);
    if (wrong != NULL)
        printf("\n%s with %s (%s): %s; exit code %d\n%s\n", subject->name, fault, call, wrong, code,
               got->err);
    if (wrong == NULL && (wrong = judge_output(subject, code)) != NULL)
        printf("\n%s with %s (%s): %s; exit code %d\n", subject->name, fault, call, wrong, code);
    CU_ASSERT_PTR_NULL(wrong);
    return code;
}

/* The N-th call fails, and all after it; or that one alone, if the device is opened only once. If
 * there are many calls, a selection from first to last. */
static void test_subject(const struct subject *subject)
{
    char fault[60];
    CU_ASSERT_TRUE(icd_warm(subject->settings, subject->command)->code == 0);
    CU_ASSERT_EQUAL(fail_at(subject, "A="), 0);
    const int calls = icd_count_own(" cl");
    const int places = !full ? subject->quick * (quick ? 1 : 2) : calls < 400 ? calls : 400;
    CU_ASSERT_TRUE(calls > 20);
    for (int i = 0; i < places; i++) {
        const int number = 1 + (int)((long)(calls - 1) * i / (places > 1 ? places - 1 : 1));
        snprintf(fault, sizeof fault, "ICD_FAIL=any:%d:-5%s", number,
                 i % 2 == 1 && !subject->several ? ":once" : "");
        fail_at(subject, fault);
    }
    printf("%s: %d of %d calls failed\n", subject->name, places, calls);
}

static void test_calls(void)
{
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0] && missing == NULL; i++)
        test_subject(&subjects[i]);
    is_skipped();
}

/* ---- a device that fails later ---- */

#define RUN "$T run gaussian:sigma=2,sobel a.png --on opencl -o x.png"
#define VIDEO "$T run gaussian:sigma=1 clip.y4m --on opencl -q -o x.y4m"
#define VERIFY "$T verify sobel a.png --on opencl"
#define BENCH "$T bench sobel --size 16x16 --time 0.001 --on opencl"

static void expect(const char *settings, const char *command, int code, const char *text,
                   const char *more)
{
    const struct shell_result *got = icd_run(settings, command);
    const bool good = got->code == code &&
                      (strstr(got->err, text) != NULL || strstr(got->out, text) != NULL) &&
                      (strstr(got->err, more) != NULL || strstr(got->out, more) != NULL);
    if (!good)
        printf("\n%s %s: exit code %d; '%s' and '%s' were expected with %d in\n%s%s\n", settings,
               command, got->code, text, more, code, got->err, got->out);
    CU_ASSERT_TRUE(good);
}

static void test_kernel_fails(void)
{
    if (is_skipped())
        return;
    CU_ASSERT_EQUAL(icd_warm("A=", RUN)->code, 0);
    CU_ASSERT_EQUAL(shell_run("rm x.png")->code, 0);
    expect("ICD_FAIL=kernel:1", RUN, 4, "CL_OUT_OF_RESOURCES (-5)", "a.png: ");
    CU_ASSERT_TRUE(icd_released());
    expect("ICD_FAIL=kernel:1:-5:once ICD_ALONE=1", RUN, 4,
           "gaussian_columns_9: CL_OUT_OF_RESOURCES (-5)", "pthread");
    CU_ASSERT_TRUE(icd_released());
    CU_ASSERT_EQUAL(shell_run("test ! -e x.png")->code, 0);
}

/* A failed query is not taken for the answer 0. */
static void test_queries(void)
{
    char settings[100];
    if (is_skipped())
        return;
    CU_ASSERT_EQUAL(icd_warm("A=", RUN)->code, 0);
    const int queries = icd_count_own(" clGetDeviceInfo");
    CU_ASSERT_TRUE(queries > 10 && queries < 200);
    for (int i = 1; i <= queries; i++) {
        snprintf(settings, sizeof settings, "ICD_FAIL=clGetDeviceInfo:%d:-5:once", i);
        const struct shell_result *got = icd_run(settings, RUN);
        const bool good =
            got->code == 0 || (got->code == 4 && strstr(got->err, "triptych: ") != NULL);
        if (!good)
            printf("\n%s: exit code %d\n%s\n", settings, got->code, got->err);
        CU_ASSERT_TRUE(good && icd_released());
    }
}

/* A driver that fails while kernels run, and even in clFinish: the memory in use is not freed. */
static void test_unsettled(void)
{
    static const char *const forms[] = {"A=", "TRIPTYCH_OPENCL_DIALECT=tiles", "ICD_TYPE=GPU"};
    const char *run = "$T run gaussian:sigma=2,sobel $ROOT/images/street.png --on opencl -o x.png";
    char settings[200];
    for (size_t i = 0; i < sizeof forms / sizeof forms[0] && missing == NULL; i++) {
        CU_ASSERT_EQUAL(icd_warm(forms[i], run)->code, 0);
        CU_ASSERT_EQUAL(shell_run("rm x.png")->code, 0);
        snprintf(settings, sizeof settings,
                 "MALLOC_PERTURB_=165 %s ICD_FAIL=clEnqueueMarkerWithWaitList:%d,clFinish",
                 forms[i], i == 2 ? 2 : 1);
        expect(settings, run, 4, "clEnqueueMarkerWithWaitList: CL_OUT_OF_RESOURCES (-5)",
               "pthread");
        CU_ASSERT_EQUAL(shell_run("test ! -e x.png")->code, 0);
    }
    is_skipped();
}

/* Out of memory when a buffer is created, when it is used, and for one that is too large. */
static void test_memory(void)
{
    if (is_skipped())
        return;
    expect("ICD_MEMORY=100000 TRIPTYCH_OPENCL_MEMORY=copy", RUN, 4,
           "clCreateBuffer: CL_MEM_OBJECT_ALLOCATION_FAILURE", "pthread");
    CU_ASSERT_TRUE(icd_released());
    expect("ICD_MEMORY=100000 ICD_LATE=1 TRIPTYCH_OPENCL_MEMORY=copy", RUN, 1, "needs ",
           "it has 0.1 MB");
    CU_ASSERT_TRUE(icd_released());
    CU_ASSERT_EQUAL(icd_warm("TRIPTYCH_OPENCL_MEMORY=copy", RUN)->code, 0);
    expect("ICD_FAIL=clEnqueueNDRangeKernel:1:-4 TRIPTYCH_OPENCL_MEMORY=copy", RUN, 4,
           "clEnqueueNDRangeKernel: CL_MEM_OBJECT_ALLOCATION_FAILURE (-4)", "pthread");
    CU_ASSERT_TRUE(icd_released());
    expect("ICD_ALLOC=100000", RUN, 4, "clCreateBuffer: CL_INVALID_BUFFER_SIZE", "pthread");
    CU_ASSERT_TRUE(icd_released());
}

/* ---- a device that hangs ---- */

static void test_hang(void)
{
    if (is_skipped())
        return;
    CU_ASSERT_EQUAL(icd_warm("A=", RUN)->code, 0);
    CU_ASSERT_EQUAL(icd_warm("ICD_TYPE=GPU", RUN)->code, 0);
    CU_ASSERT_EQUAL(icd_warm("TRIPTYCH_OPENCL_MEMORY=copy", VIDEO)->code, 0);
    CU_ASSERT_EQUAL(icd_warm("A=", VERIFY)->code, 0);
    CU_ASSERT_EQUAL(icd_warm("A=", BENCH)->code, 0);
    CU_ASSERT_EQUAL(shell_run("rm x.png x.y4m")->code, 0);
    expect("ICD_HANG=kernel:1 TRIPTYCH_OPENCL_TIMEOUT=0.3", RUN, 4, "a.png: pthread",
           "has not finished 'gaussian_columns_9' of ");
    expect("ICD_HANG=kernel:1 TRIPTYCH_OPENCL_TIMEOUT=0.3", RUN, 4, "a.png: pthread",
           "in 0.3 seconds");
    expect("ICD_HANG=kernel:1 ICD_TYPE=GPU TRIPTYCH_OPENCL_TIMEOUT=0.3", RUN, 4, "a.png: pthread",
           "has not finished 'gaussian_columns_9' of ");
    CU_ASSERT_EQUAL(shell_run("ls -A | grep -c 'x.png'")->code, 1);
    const struct shell_result *got =
        icd_run("ICD_HANG=kernel:9 TRIPTYCH_OPENCL_TIMEOUT=0.5 TRIPTYCH_OPENCL_MEMORY=copy", VIDEO);
    CU_ASSERT_EQUAL(got->code, 4);
    CU_ASSERT_EQUAL(count_of(got->err, "\n"), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(got->err, "has not finished 'gaussian_columns_5' of "));
    CU_ASSERT_PTR_NOT_NULL(strstr(got->err, " in 0.5 seconds: "));
    CU_ASSERT_EQUAL(shell_run("ls -A | grep -c 'x.y4m'")->code, 1);
    expect("ICD_HANG=kernel:1 TRIPTYCH_OPENCL_TIMEOUT=0.3", VERIFY, 4, "has not finished 'sobel",
           "FAILED");
    expect("ICD_HANG=kernel:1 TRIPTYCH_OPENCL_TIMEOUT=0.3", BENCH, 4, "has not finished 'sobel",
           "pthread");
    /* A slow device has not hung, and 0 means for ever. */
    expect("ICD_DELAY=kernel:1:100000 TRIPTYCH_OPENCL_TIMEOUT=20", RUN, 0, "", "");
    expect("ICD_HANG=kernel:1 TRIPTYCH_OPENCL_TIMEOUT=0", "timeout 3 " RUN, 124, "", "");
    expect("TRIPTYCH_OPENCL_TIMEOUT=soon", RUN, 2,
           "invalid TRIPTYCH_OPENCL_TIMEOUT 'soon'; expected a number of seconds", "");
}

/* ---- a device that gives wrong results ---- */

static void test_wrong(void)
{
    if (is_skipped())
        return;
    /* Byte 128 is a sample of an image of that size in 8 and in 16 bits. */
    expect("ICD_WRONG_SOURCE=sobel ICD_WRONG_BYTE=128", "$T verify sobel a.png --on opencl", 3,
           "DIFFERS in 1 of 1", "1 of");
    expect("ICD_WRONG_SOURCE=sobel ICD_WRONG_BYTE=128 TRIPTYCH_OPENCL_MEMORY=copy",
           "$T verify sobel a.png --on opencl", 3, "DIFFERS in 1 of 1", "");
    expect("ICD_WRONG_SOURCE=sobel ICD_WRONG_BYTE=128",
           "$T bench sobel a.png --time 0.001 --on opencl", 3, "sobel", "");
    expect("ICD_WRONG_SOURCE=sobel ICD_WRONG_KERNEL=other", "$T verify sobel a.png --on opencl", 0,
           "0 differ", "");
    expect("ICD_WRONG_SOURCE=sobel ICD_WRONG_UNLESS=CL1.2", "$T verify sobel a.png --on opencl", 0,
           "0 differ", "");
    expect("ICD_WRONG_SOURCE=no_such_text", "$T verify sobel a.png --on opencl", 0, "0 differ", "");
}

static void test_claims(void)
{
    if (is_skipped())
        return;
    expect("ICD_NO_COMPILER=1", RUN, 4, "has no OpenCL compiler", "pthread");
    expect("ICD_NO_COMPILER=1", "$T devices", 0, "has no OpenCL compiler", "");
    expect("ICD_VERSION=9.9.9 ICD_NAME='Card of 2031'", "$T devices", 0, "9.9.9", "Card of 2031");
    expect("ICD_TYPE=GPU ICD_MEMORY=2147483648", "$T devices", 0, "GPU", "2.0 GiB");
    expect("ICD_NO_PARTITIONS=1", "$T run copy a.png --on opencl:cpu/1 -o x.png", 4, "pthread", "");
    const struct shell_result *got =
        icd_run_beside("ICD_PLATFORM=' (wrapped)' ICD_ABORT=clCreateContext:99", "$T devices");
    CU_ASSERT_EQUAL(got->code, 0);
    CU_ASSERT_EQUAL(count_of(got->out, "Portable Computing Language"), 2);
    CU_ASSERT_EQUAL(count_of(got->out, "Portable Computing Language (wrapped)"), 1);
}

/* The driver itself: it does what it is told, and refuses what it does not understand. */
static void test_driver(void)
{
    if (is_skipped())
        return;
    CU_ASSERT_EQUAL(icd_run("ICD_FAIL=clFinish:none", "$T devices")->code, 99);
    CU_ASSERT_EQUAL(icd_run("ICD_ABORT=load", "$T devices")->code, 128 + 6);
    CU_ASSERT_TRUE(icd_count("load 0 aborts") == 1 && icd_count(" cl") == 0);
    CU_ASSERT_EQUAL(
        icd_run("ICD_HANG=clCreateContext", "timeout 3 $T run copy a.png --on opencl -o out/")
            ->code,
        124);
    CU_ASSERT_TRUE(icd_count("clCreateContext 0 hangs") > 0);
    CU_ASSERT_EQUAL(icd_run("A=", "$T run copy a.png b.png --on opencl -o out/")->code, 0);
    CU_ASSERT_TRUE(icd_released());
    const int builds = icd_count("clBuildProgram 0 source");
    CU_ASSERT_EQUAL(icd_run("A=", "$T run copy a.png --on opencl -o out/")->code, 0);
    CU_ASSERT_EQUAL(icd_count("clBuildProgram 0 source"), builds);
}

int test_opencl_faults_suite(void)
{
    CU_pSuite suite = CU_add_suite("opencl faults", begin, shell_end);
    return !(suite && CU_add_test(suite, "the test driver", test_driver) &&
             CU_add_test(suite, "each call fails", test_calls) &&
             CU_add_test(suite, "a kernel fails", test_kernel_fails) &&
             CU_add_test(suite, "out of memory", test_memory) &&
             CU_add_test(suite, "queries that fail", test_queries) &&
             CU_add_test(suite, "a driver that does not finish", test_unsettled) &&
             CU_add_test(suite, "a kernel hangs", test_hang) &&
             CU_add_test(suite, "wrong results", test_wrong) &&
             CU_add_test(suite, "what devices claim", test_claims));
}
