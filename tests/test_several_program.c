/* test_several_program.c -- triptych run and bench with several backends: files, videos, notes,
 * failing drivers. */
#include "clips.h"
#include "shell.h"
#include "tests.h"
#include "triptych.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

static bool has_device; /* one that can share an image with threads, in strips */

static bool write_picture(const char *name, int width, int height, int planes, int seed)
{
    const struct tri_shape shape = {width, height, planes, 8};
    struct tri_image *image;
    if (tri_image_new(&shape, &image, NULL) != TRI_OK)
        return false;
    for (int p = 0; p < planes; p++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                ((uint8_t *)tri_image_row(image, p, y))[x] =
                    (uint8_t)(x * (seed + 1) + y * y / 3 + p * 50);
    const enum tri_status status = tri_image_write(shell_path(name), image, NULL, NULL);
    tri_image_free(image);
    return status == TRI_OK;
}

static int begin(void)
{
    if (shell_begin() || shell_run("mkdir in")->code != 0 ||
        !write_picture("one.png", 801, 603, 3, 1) ||
        !clips_stream("clip.y4m", 97, 61, "420jpeg", 1, 1, 3, 1, 12))
        return 1;
    for (int i = 0; i < 12; i++) {
        char name[40];
        snprintf(name, sizeof name, "in/%02d.png", i);
        if (!write_picture(name, 300 + i % 3 * 100, 200 + i % 2 * 30, i % 3 + 1, i))
            return 1;
    }
    has_device =
        shell_run("$T run invert one.png -o x.png --on opencl; code=$?; rm -f x.png; exit $code")
            ->code == 0;
    return 0;
}

/* The first two need no device. */
static const char *const pairs[] = {"threads:1+threads:2", "sequential+threads:2",
                                    "threads:2+opencl", "opencl:0.0/1+threads:1", "all"};
enum { PAIRS = sizeof pairs / sizeof pairs[0] };

static int pair_count(void)
{
    if (!has_device)
        test_skip("there is no OpenCL device");
    return has_device ? PAIRS : 2;
}

static void test_pictures(void)
{
    static const char *const pipelines[] = {"gaussian:sigma=2,sobel", "rotate", "equalize"};
    const int count = pair_count();
    char command[1000];
    for (int i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof pipelines / sizeof pipelines[0]; k++) {
            snprintf(command, sizeof command,
                     "$T run %s one.png -o a.png --on sequential && $T run %s one.png -o b.png -q "
                     "--on %s && cmp a.png b.png && "
                     "$T run %s in -o a/ --on sequential && $T run %s in -o b/ --on %s -q && diff "
                     "-r a b && rm -r a b && "
                     "$T run %s in -o a/ -j 1 --on sequential && $T run %s in -o b/ --on %s -q -j "
                     "1 && diff -r a b; "
                     "code=$?; rm -rf a b a.png b.png; exit $code",
                     pipelines[k], pipelines[k], pairs[i], pipelines[k], pipelines[k], pairs[i],
                     pipelines[k], pipelines[k], pairs[i]);
            EXPECT(command, 0, "", "");
        }
}

/* By planes, in R, G and B, temporal with delayed results, and with --data. */
static void test_videos(void)
{
    static const char *const pipelines[] = {"median", "equalize", "rotate:angle=180",
                                            "temporal_denoise,sobel", "temporal_median,difference"};
    const int count = pair_count();
    char command[1000];
    for (int i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof pipelines / sizeof pipelines[0]; k++) {
            snprintf(command, sizeof command,
                     "$T run %s clip.y4m -o a.y4m --on sequential -q && $T run %s clip.y4m -o "
                     "b.y4m --on %s -q && cmp a.y4m b.y4m && "
                     "$T run %s clip.y4m -o b.y4m --on %s -q -j 1 && cmp a.y4m b.y4m; code=$?; rm "
                     "-f ?.y4m; exit $code",
                     pipelines[k], pipelines[k], pairs[i], pipelines[k], pairs[i]);
            EXPECT(command, 0, "", "");
        }
        snprintf(command, sizeof command,
                 "$T run motion clip.y4m --data a.csv --on sequential -q && $T run motion clip.y4m "
                 "--data b.csv --on %s -q && "
                 "cmp a.csv b.csv; code=$?; rm -f ?.csv; exit $code",
                 pairs[i]);
        EXPECT(command, 0, "", "");
    }
}

static void test_told(void)
{
    EXPECT("$T run gaussian one.png -o x.png --on threads:1+threads:2 --timings", 0, "",
           "*backend * pictures * share * busy ms\nthreads:1 *%*\nthreads:2 *%*\n* as fast as "
           "threads:* alone\n");
    EXPECT("$T run invert,rotate one.png -o x.png --on threads:1+threads:2", 0, "",
           "triptych: note: invert,rotate is not shared, because rotate reads whole planes; "
           "threads:*, the fastest, did all the work\n");
    EXPECT("$T run invert,rotate one.png -o x.png --on threads:1+threads:2 -q", 0, "", "");
    EXPECT("$T run invert,rotate one.png -o x.png --on threads:1+threads:2 -q --timings", 0, "",
           "*\nno gain: threads:* did all the work\n");
    EXPECT("$T run difference clip.y4m -o x.y4m --on threads:1+threads:2 --timings", 0, "",
           "*no gain: threads:* did all the work\ntriptych: note: difference is not shared, "
           "because frames depend on earlier frames; threads:*, the fastest, did all the work\n");
    EXPECT(
        "$T run gaussian one.png -o x.png --on threads:1 --timings 2>&1 | grep -c gained; rm x.*",
        0, "0\n", "");
}

static void test_mistakes(void)
{
    EXPECT("$T run invert one.png -o x.png --on threads:2+threads:2", 2, "",
           "triptych: backend '*': threads:2 is named twice\n");
    EXPECT("$T run invert one.png -o x.png --on threads+", 2, "",
           "triptych: backend 'threads+': a name is missing *\n");
    EXPECT("$T run invert one.png -o x.png --on all+threads", 2, "",
           "triptych: backend '*': 'all' stands alone*\n");
    EXPECT("$T run invert one.png -o x.png --on threads+cuda", 2, "",
           "triptych: unknown backend 'cuda'*\n");
    EXPECT("$T run invert one.png -o x.png --on 'threads+opencl:nothing like it'", 4, "",
           "triptych: *\n");
    EXPECT("ls x.png", 2, "", "*");
    /* Without any device. */
    EXPECT(
        "mkdir none; export OCL_ICD_VENDORS=$PWD/none/; $T run sobel one.png -o a.png --on all && "
        "$T run sobel one.png -o b.png --on sequential && cmp a.png b.png; code=$?; rm -f ?.png; "
        "exit $code",
        0, "", "triptych: note: all is only threads:*: no OpenCL device is present\n");
    EXPECT("OCL_ICD_VENDORS=$PWD/none/ $T run sobel one.png -o a.png --on threads+opencl; code=$?; "
           "rmdir none; exit $code",
           4, "", "triptych: *\n");
}

static void test_bench(void)
{
    EXPECT("$T bench sobel --size 700x500 --on threads:1+threads:2 --time 0.01", 0,
           "*threads:1+threads:2 *x*\nthreads:1 *\nthreads:2 *\nthreads:1+threads:2: threads:1 *%, "
           "threads:2 *% of the work; *threads:**",
           "");
    EXPECT("$T bench sobel --size 700x500 --on threads:1+threads:2 --time 0.01 --json - | tr -d ' "
           "\\n'",
           0,
           "*\"backend\":\"threads:1+threads:2\"*\"shares\":[{\"backend\":\"threads:1\",\"share\":"
           "0.*},{\"backend\":\"threads:2\","
           "\"share\":0.*\"speedup_over_best_part\":*\"best_part\":\"threads:*",
           "");
    EXPECT("$T bench sobel clip.y4m --on threads:1+threads:2 --time 0.01", 0,
           "*threads:1+threads:2*", "");
    EXPECT("$T bench sobel clip.y4m --on threads:1+threads:2 --time 0.01 --end-to-end", 0,
           "*threads:1+threads:2*", "");
    EXPECT("$T bench sobel one.png --on threads:1+threads:2 --time 0.01 --end-to-end", 0,
           "*threads:1+threads:2*", "");
    EXPECT("$T verify sobel --on threads:1+threads:2", 0, "*threads:1+threads:2*", "");
}

/* ---- a driver that fails ---- */

static bool with_faults(void)
{
    if (has_device &&
        shell_run(
            "test -e $(dirname $T)/tests/icd.so && mkdir -p faults && echo $(dirname "
            "$T)/tests/icd.so > faults/a.icd && "
            "OCL_ICD_VENDORS=$PWD/faults/ $T run invert one.png -o x.png --on opencl && rm x.png")
                ->code == 0)
        return true;
    test_skip("there is no OpenCL driver to wrap");
    return false;
}

/* A device fails from its Nth launch on; the bytes are those of the others, and one note names it.
 */
static void test_lost_device(void)
{
    static const char *const work[] = {"sobel one.png -o x.png", "sobel in -o x/",
                                       "rotate in -o x/", "rotate:angle=180 clip.y4m -o x.y4m",
                                       "median clip.y4m -o x.y4m"};
    char command[1000];
    if (!with_faults())
        return;
    for (size_t w = 0; w < sizeof work / sizeof work[0]; w++) {
        snprintf(command, sizeof command, "$T run %s --on sequential -q; mv x* truth", work[w]);
        EXPECT(command, 0, "", "");
        for (int at = 1; at <= 9; at += 2) {
            /* The self-test also launches, so some of these end before any work begins. */
            snprintf(command, sizeof command,
                     "OCL_ICD_VENDORS=$PWD/faults/ ICD_FAIL=clEnqueueNDRangeKernel:%d "
                     "TRIPTYCH_SEVERAL_ROWS=%d $T run %s --on threads:2+opencl 2> told; code=$?; "
                     "if [ $code = 0 ]; then diff -r x* truth || exit 9; [ $(grep -c 'is left out: "
                     "' told) -le 1 ] || exit 8; grep -q 'clEnqueueNDRangeKernel.*redone by "
                     "threads:2' told || ! grep -q 'left out' told || exit 7; fi; rm -rf x*; exit "
                     "$([ $code = 4 ] && ! grep -q 'left out' told && echo 0 || echo $code)",
                     at * 2, at % 4 == 1 ? 9 : 0, work[w]);
            EXPECT(command, 0, "", "");
        }
        EXPECT("rm -rf truth told", 0, "", "");
    }
    /* One of these launch numbers is in the middle of the work. */
    EXPECT("for n in 4 6 8 10 12 14 16 20 24 30 40; do OCL_ICD_VENDORS=$PWD/faults/ "
           "ICD_FAIL=clEnqueueNDRangeKernel:$n "
           "TRIPTYCH_SEVERAL_ROWS=5 $T run sobel one.png -o x.png --on threads:2+opencl; done 2>&1 "
           "| grep -c 'left out: clEnqueueNDRangeKernel'"
           " > count; rm -f x.png; [ $(cat count) -ge 3 ]; code=$?; rm count; exit $code",
           0, "", "");
}

/* A slow device gets less: its launches take 20 ms longer from the start. */
static void test_slow_device(void)
{
    if (!with_faults())
        return;
    EXPECT(
        "for i in 1 2 3; do cp -r in many; for f in in/*; do cp $f many/$i-${f#in/}; done; done; "
        "OCL_ICD_VENDORS=$PWD/faults/ ICD_DELAY=clEnqueueNDRangeKernel:1:20000 $T run sobel many "
        "-o x/ --on threads:2+opencl "
        "--timings -q 2>&1 | sed -n 's/^opencl[^ ]* *[0-9.]* *\\([0-9]*\\).*/\\1/p' > share; [ "
        "$(cat share) -le 35 ]; code=$?; "
        "cat share; rm -rf many x share; exit $code",
        0, "*", "*");
}

int test_several_program_suite(void)
{
    CU_pSuite suite = CU_add_suite("several_program", begin, shell_end);
    return !(suite && CU_add_test(suite, "pictures", test_pictures) &&
             CU_add_test(suite, "videos", test_videos) &&
             CU_add_test(suite, "what is told", test_told) &&
             CU_add_test(suite, "mistakes", test_mistakes) &&
             CU_add_test(suite, "bench and verify", test_bench) &&
             CU_add_test(suite, "a device that is lost", test_lost_device) &&
             CU_add_test(suite, "a device that is slow", test_slow_device));
}
