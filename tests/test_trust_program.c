/* test_trust_program.c -- triptych run and verify with a driver that miscompiles: notes, exit
 * codes, diagnosis. */
#include "shell.h"
#include "tests.h"
#include "triptych.h"

#include <CUnit/CUnit.h>
#include <string.h>

/* The driver of tests/icd gives a wrong first sample of 8 bits in programs with invert's text. It
 * reports a platform other than POCL's, so programs are cached as binaries. */
#define FAULTS "OCL_ICD_VENDORS=$PWD/faults/ TRIPTYCH_CACHE_DIR=$PWD/kept ICD_PLATFORM=Fake "
#define WRONG FAULTS "ICD_WRONG_SOURCE='PUT(~AT(0, 0))' "
#define INVERT "$T run invert a.png -o b.png --on opencl"

static bool has_device;

static int begin(void)
{
    const struct tri_shape shape = {40, 20, 1, 8};
    struct tri_image *image;
    if (shell_begin() || tri_image_new(&shape, &image, NULL) != TRI_OK)
        return 1;
    for (int y = 0; y < shape.height; y++)
        for (int x = 0; x < shape.width; x++)
            ((uint8_t *)tri_image_row(image, 0, y))[x] = (uint8_t)(x * 3 + y * 7);
    const enum tri_status status = tri_image_write(shell_path("a.png"), image, NULL, NULL);
    tri_image_free(image);
    has_device = shell_run("mkdir faults && echo $(dirname $T)/tests/icd.so > faults/a.icd && $T "
                           "run invert a.png -o right.png && " FAULTS INVERT
                           " && cmp b.png right.png && rm -r b.png kept")
                     ->code == 0;
    return status != TRI_OK;
}

static bool skip(void)
{
    if (!has_device)
        test_skip("there is no OpenCL device for the driver with faults");
    return !has_device;
}

static void expect_right(void)
{
    EXPECT("cmp b.png right.png && rm b.png", 0, "", "");
}

static void test_notes(void)
{
    if (skip())
        return;
    for (int i = 0; i < 2; i++) {
        EXPECT(WRONG "ICD_WRONG_UNLESS='#define TRI_SAFE 1' " INVERT, 0, "",
               "triptych: note: opencl:0.0 (*): the driver's program for invert gives wrong bytes; "
               "it is built in the safe "
               "form, which gives the right bytes\n");
        expect_right();
    }
    EXPECT(WRONG "ICD_WRONG_UNLESS='#define TRI_SAFE 1' " INVERT " --quiet && rm b.png; rm -r kept",
           0, "", "");
    /* The safe form has the bytes of the plain one, in each dialect. */
    for (size_t i = 0; i < 2; i++) {
        char command[600];
        snprintf(command, sizeof command,
                 FAULTS "ICD_WRONG_SOURCE='MIN(' ICD_WRONG_UNLESS='#define TRI_SAFE 1' "
                        "TRIPTYCH_OPENCL_DIALECT=%s "
                        "$T run median:radius=2 a.png -o b.png --on opencl && $T run "
                        "median:radius=2 a.png -o m.png && cmp b.png m.png && "
                        "rm -r b.png m.png kept",
                 i == 0 ? "lanes" : "tiles");
        EXPECT(command, 0, "",
               "triptych: note: *program for median gives wrong bytes; it is built in the safe "
               "form*\n");
    }
    EXPECT(
        WRONG "ICD_WRONG_UNLESS=-cl-opt-disable " INVERT, 0, "",
        "triptych: note: *program for invert*without the compiler's optimisation*takes longer\n");
    expect_right();
    EXPECT("rm -r kept", 0, "", "");
}

static void test_refused(void)
{
    if (skip())
        return;
    for (int i = 0; i < 2; i++)
        EXPECT(WRONG INVERT "; code=$?; test ! -e b.png && exit $code", 4, "",
               "triptych: *opencl:0.0 (*) is refused for invert: its program gives wrong bytes*\n");
    EXPECT(FAULTS "$T doctor", 0,
           "*Programs compared with scalar\n  0 correct\n  invert on * (*): refused: every "
           "form gives wrong bytes\n*",
           "");
    EXPECT(FAULTS "$T doctor --json | grep -A4 '\"kernels\": \"invert\"' | grep refused", 0,
           "*true*", "");
    /* Another version of a driver counts as another driver. */
    EXPECT(FAULTS "ICD_VERSION=2 " INVERT, 0, "", "");
    expect_right();
    EXPECT("rm -r kept", 0, "", "");
}

/* Only the first sample is wrong, wherever the image is cut. */
static void test_diagnosis(void)
{
    if (skip())
        return;
    EXPECT(WRONG "$T verify invert a.png --on opencl", 4,
           "invert\n  opencl:0.0 * FAILED: *is refused for invert*\n    smallest failing input: "
           "1x1 gray 8 bits from x *\n"
           "      in        *\n      expected  *\n      got       *\n"
           "    first to differ: operation 1, invert; its pass invert of invert, at x 0, y 0: "
           "expected *, got *\n"
           "    likely cause: none of the probed arithmetic*\n0 compared, 0 differ, 1 backends "
           "failed\n",
           "triptych: *is refused for invert*\n");
    EXPECT(WRONG "$T verify gaussian:sigma=1,invert a.png --on opencl --json x.json", 4,
           "*first to differ: operation 2, invert; its pass invert of invert*", "*");
    EXPECT("grep -c '\"pass\": \"invert\"' x.json; rm -r x.json kept", 0, "1\n", "");
}

/* Nothing that was built before is built from source or qualified again. */
static void test_second_start(void)
{
    if (skip())
        return;
    /* The log has a single name, because in another environment the driver is tried again. */
    EXPECT(FAULTS "ICD_LOG=$PWD/log " INVERT " && mv log cold && " FAULTS "ICD_LOG=$PWD/log " INVERT
                  " && mv log warm",
           0, "", "");
    expect_right();
    EXPECT("grep -c 'clBuildProgram 0 source' cold", 0, "*", "");
    EXPECT("grep -c 'clBuildProgram 0 source' warm; grep -c 'clBuildProgram 0 binary' warm; grep "
           "-c clEnqueueNDRangeKernel warm",
           0, "0\n1\n1\n", "");
    EXPECT("rm warm; " FAULTS "ICD_BINARIES=refuse ICD_LOG=$PWD/warm " INVERT
           " && rm warm && " FAULTS "ICD_BINARIES=refuse ICD_LOG=$PWD/warm " INVERT,
           0, "", "");
    expect_right();
    EXPECT("grep -c 'clBuildProgram 0 source' warm; grep -c clEnqueueNDRangeKernel warm; rm -r "
           "kept warm cold",
           0, "1\n1\n", "");
}

/* Several at once with an empty cache. */
static void test_cold_together(void)
{
    if (skip())
        return;
    EXPECT("for i in 1 2 3; do (" FAULTS
           "$T run invert a.png -o $i.png --on opencl || touch failed) & done; wait; "
           "for i in 1 2 3; do cmp $i.png right.png; done; test ! -e failed && rm [123].png",
           0, "", "");
    EXPECT("rm -r kept", 0, "", "");
}

static void test_unwritable(void)
{
    if (skip())
        return;
    EXPECT("touch file; OCL_ICD_VENDORS=$PWD/faults/ TRIPTYCH_CACHE_DIR=$PWD/file " INVERT, 0, "",
           "triptych: note: compiled OpenCL programs are not kept*\n");
    expect_right();
}

int test_trust_program_suite(void)
{
    CU_pSuite suite = CU_add_suite("trust_program", begin, shell_end);
    return !(suite && CU_add_test(suite, "notes", test_notes) &&
             CU_add_test(suite, "refused", test_refused) &&
             CU_add_test(suite, "diagnosis", test_diagnosis) &&
             CU_add_test(suite, "the second start", test_second_start) &&
             CU_add_test(suite, "cold starts at once", test_cold_together) &&
             CU_add_test(suite, "a cache that cannot be written", test_unwritable));
}
