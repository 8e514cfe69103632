/* test_doctor.c -- triptych doctor: what it prints, as text, JSON and a report, and its exit code.
 */
#include "shell.h"
#include "tests.h"
#include "triptych.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#define FAULTY "OCL_ICD_VENDORS=$PWD/faulty "
#define CACHE "TRIPTYCH_CACHE_DIR=$PWD/cache "

static bool has_device;

static int begin(void)
{
    if (shell_begin() || shell_run("mkdir faulty empty && echo $(dirname $T)/tests/icd.so > "
                                   "faulty/a.icd && echo /nowhere/b.so > faulty/b.icd")
                                 ->code != 0)
        return 1;
    has_device = shell_run(CACHE FAULTY "$T doctor")->code == 0;
    return 0;
}

static bool no_device(void)
{
    if (!has_device)
        test_skip("there is no POCL to wrap");
    return !has_device;
}

static void test_usage(void)
{
    EXPECT("$T doctor --frob", 2, "",
           "triptych: doctor: unknown option '--frob' (see 'triptych doctor --help')\n");
    EXPECT("$T doctor now", 2, "",
           "triptych: doctor: unexpected argument 'now' (see 'triptych doctor --help')\n");
    EXPECT("$T doctor --json --report", 2, "",
           "triptych: doctor: --json and --report cannot be combined (see 'triptych doctor "
           "--help')\n");
    EXPECT("OCL_ICD_VENDORS=$PWD/empty $T doctor > /dev/full", 4, "", "*");
}

static void test_text(void)
{
    if (no_device())
        return;
    EXPECT(CACHE FAULTY "$T doctor", 0,
           "triptych " TRI_VERSION
           ", commit *\n\nOpenCL\n  loader     *libOpenCL.so*\n  tried by   */triptych\n  "
           "*/faulty/a.icd: good\n    library    */icd.so\n    device     *\n      --on       "
           "opencl:*\n      platform   *with faults, OpenCL *\n      driver     *\n      is        "
           " CPU, *\n      usable     yes\n      dialect    lanes\n      probes     *passed\n  "
           "*/faulty/b.icd: absent\n    library    /nowhere/b.so\n    reason     /nowhere/b.so: "
           "cannot open *\n\nTools\n  ld       */ld (*\n\nDevice files\n*\n\nCache\n  */cache, * "
           "MB in * files\n\nPrograms compared with scalar\n  0 correct\n\nWhat to do\n  "
           "*/b.icd: /nowhere/b.so: cannot open *\n1 OpenCL device can be used.\n",
           "");
}

/* A driver that ends the process, or hangs, is named with the step. */
static void test_bad(void)
{
    if (no_device())
        return;
    EXPECT(CACHE FAULTY "ICD_ABORT=clCreateContext $T doctor", 4,
           "*/a.icd: crashed, left out\n*    reason     it ended the process with signal 6 "
           "(Aborted) when a context was created on *What to do\n*/a.icd: it ended *0 OpenCL "
           "devices can be used.\n",
           "");
    EXPECT(CACHE FAULTY "TRIPTYCH_OPENCL_SECONDS=0.5 ICD_HANG=load $T doctor", 4,
           "*/a.icd: hung, left out\n*it did not return within 0.5 s when its library was "
           "loaded*hint       TRIPTYCH_OPENCL_SECONDS*",
           "");
    /* What doctor has found is what the others go by, and it asks again itself. */
    EXPECT(CACHE FAULTY
           "ICD_ABORT=clCreateContext ICD_LOG=$PWD/log $T doctor > o; rm log; " CACHE FAULTY
           "ICD_ABORT=clCreateContext ICD_LOG=$PWD/log $T devices > o; test -e log; echo $?; rm -f "
           "o log",
           0, "1\n", "*left out*");
}

static void test_json(void)
{
    if (no_device())
        return;
    const struct shell_result *result =
        shell_run(CACHE FAULTY "ICD_ABORT=clCreateContext $T doctor --json");
    json_t *root = json_loads(result->out, 0, NULL);
    CU_ASSERT_EQUAL(result->code, 4);
    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    const json_t *drivers = json_object_get(root, "drivers"), *driver = json_array_get(drivers, 0);
    CU_ASSERT_EQUAL(json_array_size(drivers), 2);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(driver, "state")), "crashed");
    CU_ASSERT(json_is_true(json_object_get(driver, "left_out")));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(json_string_value(json_object_get(driver, "reason")), "signal 6"));
    CU_ASSERT(json_is_true(
        json_object_get(json_array_get(json_object_get(driver, "devices"), 0), "crashes")));
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_array_get(drivers, 1), "state")),
                           "absent");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(root, "usable_devices")), 0);
    CU_ASSERT(json_array_size(json_object_get(root, "advice")) >= 2);
    json_decref(root);

    result = shell_run(CACHE FAULTY "$T doctor --json");
    root = json_loads(result->out, 0, NULL);
    CU_ASSERT_EQUAL(result->code, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    driver = json_array_get(json_object_get(root, "drivers"), 0);
    const json_t *device = json_array_get(json_object_get(driver, "devices"), 0);
    CU_ASSERT(json_is_true(json_object_get(device, "usable")));
    CU_ASSERT_EQUAL(json_array_size(json_object_get(device, "probes")), TRI_PROBES);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(
                               json_array_get(json_object_get(device, "probes"), 0), "verdict")),
                           "passed");
    json_decref(root);
}

/* For pasting: in a fence, with the output of drivers and the environment, and without the user's
 * name. */
static void test_report(void)
{
    EXPECT("OCL_ICD_VENDORS=$PWD/empty HOME=$PWD TRIPTYCH_CACHE_DIR=$PWD/cache POCL_DEBUG=1 $T "
           "doctor --report",
           4,
           "```\ntriptych *no driver: OCL_ICD_VENDORS is the folder *Cache\n  ~/cache, "
           "*Environment\n*POCL_DEBUG=1\n*What to do\n*unset OCL_ICD_VENDORS\n*"
           "0 OpenCL devices can be used.\n```\n",
           "");
    EXPECT("OCL_ICD_VENDORS=$PWD/empty HOME=$PWD TRIPTYCH_CACHE_DIR=$PWD/cache $T doctor --report "
           "| grep -c POCL_AFFINITY",
           1, "0\n", "");
}

int test_doctor_suite(void)
{
    CU_pSuite suite = CU_add_suite("doctor", begin, shell_end);
    return !(suite && CU_add_test(suite, "usage", test_usage) &&
             CU_add_test(suite, "text", test_text) && CU_add_test(suite, "bad drivers", test_bad) &&
             CU_add_test(suite, "JSON", test_json) && CU_add_test(suite, "report", test_report));
}
