/* test_trust.c -- drivers that miscompile: programs are detected, built another way or refused, and
 * the verdicts are kept on disk. This file intercepts the program's calls to the library. */
#include "rig.h"
#include "tests.h"

#include "backend/backend.h"
#include "backend/opencl.h"

#include <CUnit/CUnit.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A program is built wrong if its text contains `in` and its form is one of `forms`. */
static struct {
    bool at_work;
    const char *in;
    bool forms[FORMS];
    const char *right, *wrong; /* this text is replaced by that one */
    const char *version;       /* of the driver; NULL: its own */
    bool foreign;              /* not POCL, so binaries are cached */
    bool refuses_binaries;
    int failing_builds; /* how many of the next builds of stages fail */
    int binaries;
} driver;

static char cache[64];

#define LIBRARY(name, pointer) (*(void **)&(pointer) = dlsym(RTLD_NEXT, name), pointer)
#define FAULT "TRIPTYCH_TEST_FAULT"

/* ---- the calls ---- */

/* A text with both the right and the wrong words; an option selects one. */
static char *with_fault(const char *source)
{
    const char *at = strstr(source, driver.right);
    char *text = NULL;
    if (at == NULL ||
        asprintf(&text, "%.*s\n#ifdef " FAULT "\n%s\n#else\n%s\n#endif\n%s", (int)(at - source),
                 source, driver.wrong, driver.right, at + strlen(driver.right)) < 0)
        return NULL;
    return text;
}

cl_program clCreateProgramWithSource(cl_context context, cl_uint count, const char **sources,
                                     const size_t *lengths, cl_int *code)
{
    cl_program (*call)(cl_context, cl_uint, const char **, const size_t *, cl_int *);
    char *text = driver.at_work && driver.in != NULL ? with_fault(sources[0]) : NULL;
    const char *const one = text;
    const cl_program program =
        text != NULL
            ? LIBRARY("clCreateProgramWithSource", call)(context, 1, (const char **)(uintptr_t)&one,
                                                         NULL, code)
            : LIBRARY("clCreateProgramWithSource", call)(context, count, sources, lengths, code);
    free(text);
    return program;
}

/* Excludes programs that are built to probe the device. */
static bool is_stage(cl_program program)
{
    static char source[1 << 20];
    return clGetProgramInfo(program, CL_PROGRAM_SOURCE, sizeof source, source, NULL) ==
               CL_SUCCESS &&
           strstr(source, "PASS(") != NULL;
}

static bool is_wrong(cl_program program, const char *options)
{
    static char source[1 << 20];
    if (driver.in == NULL ||
        clGetProgramInfo(program, CL_PROGRAM_SOURCE, sizeof source, source, NULL) != CL_SUCCESS)
        return false;
    const enum opencl_form form = strstr(options, "-cl-opt-disable") != NULL     ? FORM_UNOPTIMISED
                                  : strstr(source, "#define TRI_SAFE 1") != NULL ? FORM_SAFE
                                                                                 : FORM_PLAIN;
    return strstr(source, FAULT) != NULL && strstr(source, driver.in) != NULL && driver.forms[form];
}

cl_int clBuildProgram(cl_program program, cl_uint count, const cl_device_id *devices,
                      const char *options, void (*notify)(cl_program, void *), void *user)
{
    cl_int (*call)(cl_program, cl_uint, const cl_device_id *, const char *,
                   void (*)(cl_program, void *), void *);
    char more[300];
    if (!driver.at_work)
        return LIBRARY("clBuildProgram", call)(program, count, devices, options, notify, user);
    if (driver.failing_builds > 0 && is_stage(program)) {
        driver.failing_builds--;
        return CL_BUILD_PROGRAM_FAILURE;
    }
    snprintf(more, sizeof more, "%s%s", options, is_wrong(program, options) ? " -D" FAULT : "");
    return LIBRARY("clBuildProgram", call)(program, count, devices, more, notify, user);
}

cl_program clCreateProgramWithBinary(cl_context context, cl_uint count, const cl_device_id *devices,
                                     const size_t *sizes, const unsigned char **binaries,
                                     cl_int *status, cl_int *code)
{
    cl_program (*call)(cl_context, cl_uint, const cl_device_id *, const size_t *,
                       const unsigned char **, cl_int *, cl_int *);
    if (driver.at_work)
        driver.binaries++;
    if (driver.at_work && driver.refuses_binaries) {
        *code = *status = CL_INVALID_BINARY;
        return NULL;
    }
    return LIBRARY("clCreateProgramWithBinary", call)(context, count, devices, sizes, binaries,
                                                      status, code);
}

/* For clGetDeviceInfo, which test_transfers.c intercepts: another version of the driver. */
const char *test_driver_version(void)
{
    return driver.at_work ? driver.version : NULL;
}

cl_int clGetPlatformInfo(cl_platform_id platform, cl_platform_info what, size_t size, void *value,
                         size_t *needed)
{
    cl_int (*call)(cl_platform_id, cl_platform_info, size_t, void *, size_t *);
    if (driver.at_work && driver.foreign && what == CL_PLATFORM_NAME && value != NULL) {
        snprintf(value, size, "Foreign");
        return CL_SUCCESS;
    }
    return LIBRARY("clGetPlatformInfo", call)(platform, what, size, value, needed);
}

/* ---- shared by the tests ---- */

static int begin_suite(void)
{
    strcpy(cache, "/tmp/triptych-trust-XXXXXX");
    if (mkdtemp(cache) == NULL)
        return 1;
    return setenv("TRIPTYCH_CACHE_DIR", cache, 1);
}

static int end_suite(void)
{
    char command[100];
    unsetenv("TRIPTYCH_CACHE_DIR");
    snprintf(command, sizeof command, "rm -rf '%s'", cache);
    return system(command) != 0;
}

static void forget(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'/programs",
             cache); /* the driver's own cache is next to it */
    CU_ASSERT_EQUAL(system(command), 0);
}

/* A driver without faults so far, and an empty cache. False if there is no device; the test is then
 * skipped. */
static bool begin_test(void)
{
    struct tri_backend *backend = NULL;
    struct tri_error error;
    memset(&driver, 0, sizeof driver);
    if (tri_backend_open("opencl:cpu", NULL, &backend, &error) != TRI_OK) {
        test_skip("there is no OpenCL device");
        return false;
    }
    tri_backend_close(backend);
    forget();
    driver.at_work = true;
    return true;
}

static void end_test(void)
{
    memset(&driver, 0, sizeof driver);
}

/* An 8-bit invert leaves samples as they are if it is built in one of the forms. */
static void break_invert(bool plain, bool safe, bool unoptimised)
{
    driver.in = "#define BITS 8";
    driver.right = "PUT(~AT(0, 0));";
    driver.wrong = "PUT(AT(0, 0));";
    driver.forms[FORM_PLAIN] = plain;
    driver.forms[FORM_SAFE] = safe;
    driver.forms[FORM_UNOPTIMISED] = unoptimised;
}

struct outcome {
    enum tri_status status;
    struct tri_error error;
    char note[2000];
    struct tri_program_counts programs;
    bool right; /* the bytes of scalar */
};

static uint64_t digest_on(struct tri_backend *backend, const char *text, int bits,
                          enum tri_status *status, struct tri_error *error)
{
    struct tri_shape shape = {77, 31, 1, bits};
    struct tri_pipeline *pipeline = NULL;
    struct tri_job *job = NULL;
    struct tri_image *in = rig_image(&shape), *out = NULL;
    uint64_t digest = 0;
    for (int y = 0; y < shape.height; y++)
        for (int x = 0; x < shape.width; x++)
            rig_set_sample(in, 0, x, y, (x * 7 + y * 13) & 255);
    CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(text, &pipeline, error), TRI_OK);
    *status = tri_job_new(backend, pipeline, &shape, &job, error);
    if (*status == TRI_OK)
        *status = tri_image_new(tri_job_shape(job), &out, error);
    if (*status == TRI_OK)
        *status = tri_job_run(job, in, out, NULL, error);
    if (*status == TRI_OK)
        digest = tri_image_digest(out);
    tri_image_free(out);
    tri_image_free(in);
    tri_job_free(job);
    tri_pipeline_free(pipeline);
    return digest;
}

/* The outcome of a pipeline on a device that is opened for it. */
static struct outcome run_once(const char *text, int bits)
{
    static const struct tri_backend_options scalar = {.size = sizeof scalar, .isa = "scalar"};
    struct outcome outcome = {.status = TRI_OK};
    struct tri_backend *backend = NULL, *truth = NULL;
    enum tri_status status;
    CU_ASSERT_EQUAL_FATAL(tri_backend_open("opencl:cpu", NULL, &backend, &outcome.error), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_backend_open("sequential", &scalar, &truth, &outcome.error), TRI_OK);
    const uint64_t expected = digest_on(truth, text, bits, &status, &outcome.error);
    outcome.right = digest_on(backend, text, bits, &outcome.status, &outcome.error) == expected;
    snprintf(outcome.note, sizeof outcome.note, "%s", tri_backend_note(backend));
    outcome.programs = *tri_backend_programs(backend);
    tri_backend_close(truth);
    tri_backend_close(backend);
    return outcome;
}

static void expect_right(const struct outcome *outcome, const char *note)
{
    CU_ASSERT_EQUAL(outcome->status, TRI_OK);
    CU_ASSERT(outcome->right);
    if (note == NULL)
        CU_ASSERT_STRING_EQUAL(outcome->note, "")
    else
        CU_ASSERT_PTR_NOT_NULL(strstr(outcome->note, note));
}

/* ---- programs ---- */

static void test_right(void)
{
    if (!begin_test())
        return;
    struct outcome cold = run_once("invert", 8), warm = run_once("invert", 8);
    expect_right(&cold, NULL);
    CU_ASSERT_EQUAL(cold.programs.qualified, 1);
    expect_right(&warm, NULL);
    CU_ASSERT_EQUAL(warm.programs.qualified, 0);
    /* The other depth is another program. */
    struct outcome deep = run_once("invert", 16);
    expect_right(&deep, NULL);
    CU_ASSERT_EQUAL(deep.programs.qualified, 1);
    end_test();
}

static void test_safe(void)
{
    if (!begin_test())
        return;
    break_invert(true, false, false);
    for (int i = 0; i < 2; i++) {
        struct outcome outcome = run_once("invert", 8);
        expect_right(&outcome, "gives wrong bytes; it is built in the safe form");
        CU_ASSERT_PTR_NOT_NULL(strstr(outcome.note, "invert"));
        CU_ASSERT_EQUAL(outcome.programs.qualified, i == 0);
    }
    end_test();
}

static void test_unoptimised(void)
{
    if (!begin_test())
        return;
    break_invert(true, true, false);
    for (int i = 0; i < 2; i++) {
        struct outcome outcome = run_once("invert", 8);
        expect_right(
            &outcome,
            "without the compiler's optimisation, which gives the right bytes, but takes longer");
        CU_ASSERT_EQUAL(outcome.programs.qualified, i == 0);
    }
    end_test();
}

static void test_refused(void)
{
    if (!begin_test())
        return;
    break_invert(true, true, true);
    for (int i = 0; i < 2; i++) {
        struct outcome outcome = run_once("invert", 8);
        CU_ASSERT_EQUAL(outcome.status, TRI_NO_DEVICE);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(outcome.error.text, "is refused for invert: its program gives wrong bytes"));
        CU_ASSERT_EQUAL(outcome.programs.qualified, i == 0);
    }
    /* Nothing else is affected. */
    struct outcome other = run_once("dilate", 8), deep = run_once("invert", 16);
    expect_right(&other, NULL);
    expect_right(&deep, NULL);
    end_test();
}

/* A later stage hides the fault: nothing exceeds the largest sample. */
static void test_hidden(void)
{
    if (!begin_test())
        return;
    break_invert(true, false, false);
    struct outcome outcome = run_once("invert,rotate:angle=180,threshold:level=1", 8);
    expect_right(&outcome, "program for invert");
    end_test();
}

/* Verdicts apply to one version of a driver; a refused program may be right with the next. */
static void test_version(void)
{
    if (!begin_test())
        return;
    driver.version = "1";
    break_invert(true, true, true);
    struct outcome outcome = run_once("invert", 8);
    CU_ASSERT_EQUAL(outcome.status, TRI_NO_DEVICE);
    driver.version = "2";
    memset(driver.forms, 0, sizeof driver.forms);
    outcome = run_once("invert", 8);
    expect_right(&outcome, NULL);
    CU_ASSERT_EQUAL(outcome.programs.qualified, 1);
    driver.version = "1";
    outcome = run_once("invert", 8);
    CU_ASSERT_EQUAL(outcome.status, TRI_NO_DEVICE);
    end_test();
}

/* verify must see what is wrong. */
static void test_unqualified(void)
{
    struct tri_backend *backend = NULL;
    struct tri_error error;
    enum tri_status status;
    if (!begin_test())
        return;
    break_invert(true, true, true);
    CU_ASSERT_EQUAL_FATAL(tri_backend_open("opencl:cpu", NULL, &backend, &error), TRI_OK);
    digest_on(backend, "invert", 8, &status, &error);
    CU_ASSERT_EQUAL(status, TRI_NO_DEVICE);
    backend->unqualified = true;
    digest_on(backend, "invert", 8, &status, &error);
    CU_ASSERT_EQUAL(status, TRI_OK);
    backend->unqualified = false;
    digest_on(backend, "invert", 8, &status, &error);
    CU_ASSERT_EQUAL(status, TRI_NO_DEVICE);
    tri_backend_close(backend);
    end_test();
}

/* ---- builds and binaries ---- */

/* A build failure caused by another process's cold cache does not recur on the second attempt. */
static void test_build_again(void)
{
    if (!begin_test())
        return;
    struct outcome outcome = run_once("dilate", 8); /* now the probes are known */
    driver.failing_builds = 1;
    outcome = run_once("invert", 8);
    expect_right(&outcome, NULL);
    driver.failing_builds = 1000;
    outcome = run_once("sobel", 8);
    CU_ASSERT_EQUAL(outcome.status, TRI_NO_DEVICE);
    CU_ASSERT_PTR_NOT_NULL(strstr(outcome.error.text, "clBuildProgram: CL_BUILD_PROGRAM_FAILURE"));
    driver.failing_builds = 0;
    outcome = run_once("sobel", 8);
    expect_right(&outcome, NULL);
    end_test();
}

static void test_binaries(void)
{
    if (!begin_test())
        return;
    driver.foreign = true;
    struct outcome cold = run_once("invert,rotate:angle=180", 8),
                   warm = run_once("invert,rotate:angle=180", 8);
    expect_right(&cold, NULL);
    CU_ASSERT_EQUAL(cold.programs.loaded, 0);
    expect_right(&warm, NULL);
    CU_ASSERT_EQUAL(warm.programs.loaded, cold.programs.qualified);
    CU_ASSERT_EQUAL(warm.programs.qualified, 0);
    /* A driver that accepts none of them: built from source, cached again, and right without being
     * qualified again. */
    driver.refuses_binaries = true;
    driver.binaries = 0;
    struct outcome refused = run_once("invert,rotate:angle=180", 8);
    expect_right(&refused, NULL);
    CU_ASSERT_EQUAL(driver.binaries, warm.programs.loaded);
    CU_ASSERT_EQUAL(refused.programs.loaded, 0);
    CU_ASSERT_EQUAL(refused.programs.built, warm.programs.built + warm.programs.loaded);
    CU_ASSERT_EQUAL(refused.programs.qualified, 0);
    driver.refuses_binaries = false;
    struct outcome after = run_once("invert,rotate:angle=180", 8);
    expect_right(&after, NULL);
    CU_ASSERT_EQUAL(after.programs.loaded, warm.programs.loaded);
    end_test();
}

/* A program in another form is loaded in that form. */
static void test_binary_form(void)
{
    if (!begin_test())
        return;
    driver.foreign = true;
    break_invert(true, true, false);
    run_once("invert", 8);
    struct outcome warm = run_once("invert", 8);
    expect_right(&warm, "without the compiler's optimisation");
    CU_ASSERT_EQUAL(warm.programs.loaded, 1);
    end_test();
}

/* ---- the cache ---- */

/* Calls `change` with the path of every file of the cache. */
static int change_files(void (*change)(const char *path))
{
    char folder[100], path[400];
    int count = 0;
    snprintf(folder, sizeof folder, "%s/programs", cache);
    DIR *directory = opendir(folder);
    CU_ASSERT_PTR_NOT_NULL_FATAL(directory);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        change(path);
        count++;
    }
    closedir(directory);
    return count;
}

static void look_only(const char *path)
{
    (void)path;
}

static void cut(const char *path)
{
    struct stat status;
    CU_ASSERT_EQUAL(stat(path, &status), 0);
    CU_ASSERT_EQUAL(truncate(path, status.st_size / 2), 0);
}

static void empty(const char *path)
{
    CU_ASSERT_EQUAL(truncate(path, 0), 0);
}

static void flip(const char *path, off_t from_end)
{
    unsigned char byte;
    struct stat status;
    const int file = open(path, O_RDWR);
    CU_ASSERT_FATAL(file >= 0);
    CU_ASSERT_EQUAL(fstat(file, &status), 0);
    const off_t at = from_end < 0 ? 20 : status.st_size - 1 - from_end;
    CU_ASSERT_EQUAL(pread(file, &byte, 1, at), 1);
    byte ^= 1;
    CU_ASSERT_EQUAL(pwrite(file, &byte, 1, at), 1);
    close(file);
}

static void flip_last(const char *path)
{
    flip(path, 0);
}

static void flip_head(const char *path)
{
    flip(path, -1);
}

static void open_to_all(const char *path)
{
    CU_ASSERT_EQUAL(chmod(path, 0666), 0);
}

static void make_link(const char *path)
{
    char other[500];
    snprintf(other, sizeof other, "%s/linked", cache);
    CU_ASSERT_EQUAL(rename(path, other), 0);
    CU_ASSERT_EQUAL(symlink(other, path), 0);
}

/* As if two keys had the same digest: each file is complete, but has another key. */
static void exchange_with_first(const char *path)
{
    static char first[400];
    char command[1000];
    if (first[0] == '\0' || access(first, F_OK) != 0) {
        snprintf(first, sizeof first, "%s", path);
        return;
    }
    snprintf(command, sizeof command, "cp '%s' '%s/x' && cp '%s' '%s' && cp '%s/x' '%s'", path,
             cache, first, path, cache, first);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void test_damage(void)
{
    void (*const damages[])(const char *) = {cut,         empty,     flip_last,          flip_head,
                                             open_to_all, make_link, exchange_with_first};
    if (!begin_test())
        return;
    driver.foreign = true;
    run_once("invert", 8);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        CU_ASSERT_EQUAL(change_files(damages[i]), 3); /* of lanes, of the probes, and the program */
        struct outcome outcome = run_once("invert", 8);
        expect_right(&outcome, NULL);
        CU_ASSERT_EQUAL(outcome.programs.qualified, 1);
        outcome = run_once("invert", 8); /* replaced now */
        expect_right(&outcome, NULL);
        CU_ASSERT_EQUAL(outcome.programs.qualified, 0);
        CU_ASSERT_EQUAL(outcome.programs.loaded, 1);
    }
    CU_ASSERT_EQUAL(change_files(look_only), 3); /* nothing else was left there */
    end_test();
}

/* A cache path that is not a folder, and one that others may write to: results, and one note. */
static void test_no_folder(void)
{
    char path[100];
    if (!begin_test())
        return;
    snprintf(path, sizeof path, "%s/programs", cache);
    const int file = open(path, O_CREAT | O_WRONLY, 0600);
    CU_ASSERT(file >= 0);
    close(file);
    struct outcome outcome = run_once("invert", 8);
    expect_right(&outcome, "are not kept");
    CU_ASSERT_PTR_NULL(strchr(outcome.note, '\n'));
    CU_ASSERT_EQUAL(outcome.programs.qualified, 1);
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    CU_ASSERT_EQUAL(chmod(path, 0777), 0);
    outcome = run_once("invert", 8);
    expect_right(&outcome, "are not kept");
    CU_ASSERT_EQUAL(change_files(look_only), 0);
    CU_ASSERT_EQUAL(chmod(path, 0700), 0);
    /* The user's own choice: no note. */
    setenv("TRIPTYCH_CACHE_SIZE", "0", 1);
    outcome = run_once("invert", 8);
    expect_right(&outcome, NULL);
    unsetenv("TRIPTYCH_CACHE_SIZE");
    CU_ASSERT_EQUAL(change_files(look_only), 0);
    end_test();
}

int test_trust_suite(void)
{
    CU_pSuite suite = CU_add_suite("trust", begin_suite, end_suite);
    return !(suite && CU_add_test(suite, "a right program", test_right) &&
             CU_add_test(suite, "the safe form", test_safe) &&
             CU_add_test(suite, "without optimisation", test_unoptimised) &&
             CU_add_test(suite, "refused", test_refused) &&
             CU_add_test(suite, "a fault that is hidden", test_hidden) &&
             CU_add_test(suite, "another version of the driver", test_version) &&
             CU_add_test(suite, "as they are", test_unqualified) &&
             CU_add_test(suite, "built again", test_build_again) &&
             CU_add_test(suite, "binaries", test_binaries) &&
             CU_add_test(suite, "binaries of other forms", test_binary_form) &&
             CU_add_test(suite, "damaged files", test_damage) &&
             CU_add_test(suite, "no folder", test_no_folder));
}
