/* test_videos.c -- several videos into a folder, and one video into one image. */
#include "clips.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- one image from a video ---- */

#define NOTE \
    "triptych: note: only the first frame of v.y4m is written; choose another with --frame, or " \
    "write all with -o NAME-%04d.png\n"

/* The frame equals the file of its number when all frames are written. */
static void expect_frames(const char *pipeline)
{
    static const int numbers[] = {1, 2, 4, 7};
    char command[400];

    snprintf(command, sizeof command, "$T run %s v.y4m -o 'all/s-%%d.png' -q", pipeline);
    EXPECT(command, 0, "", "");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        snprintf(command, sizeof command,
                 "$T run %s v.y4m -o one.png --frame %d && cmp one.png all/s-%d.png", pipeline,
                 numbers[i], numbers[i]);
        EXPECT(command, 0, "", "");
        /* In the middle of its time: frames follow each other at 30000/1001 a second. */
        snprintf(command, sizeof command,
                 "$T run %s v.y4m -o one.png --frame %.6fs && cmp one.png all/s-%d.png", pipeline,
                 (numbers[i] - 0.5) * 1001 / 30000, numbers[i]);
        EXPECT(command, 0, "", "");
    }
    EXPECT("rm -r one.png all", 0, "", "");
}

static void test_frames(void)
{
    CU_ASSERT_TRUE_FATAL(clips_stream("v.y4m", 40, 24, "420jpeg", 1, 1, 3, 1, 7));
    expect_frames("copy");
    expect_frames("gaussian:sigma=1,sobel");
    expect_frames("difference");
    expect_frames("temporal_median");
    expect_frames("temporal_denoise,temporal_median,resize:scale=0.5");
    expect_frames("fade");
}

static void test_first_frame(void)
{
    EXPECT("$T run copy v.y4m -o first.png --frame 1 && $T run copy v.y4m -o one.png; cmp "
           "first.png one.png",
           0, "", NOTE);
    EXPECT("$T run copy v.y4m -o one.png -q && cmp first.png one.png", 0, "", "");
    EXPECT("$T run copy v.y4m -o - --format png --frame 1 | cmp - first.png", 0, "", "");
    EXPECT("$T run copy - -o one.png -q < v.y4m && cmp first.png one.png", 0, "", "");
    EXPECT("for t in 0s 0.0 0:00 0:00:00.000 0.033s 00:00.01; do $T run copy v.y4m -o one.png "
           "--frame $t && cmp first.png one.png || echo $t; done",
           0, "", "");
    EXPECT("$T run copy v.y4m -o 'a%%b.png' --frame 1 && cmp first.png a%b.png; rm a%b.png one.png",
           0, "", "");
    EXPECT("$T run copy v.y4m -o one.jpg --frame 1 --quality 20 && $T run copy first.png -o "
           "two.jpg --quality 20 && cmp one.jpg two.jpg; rm one.jpg two.jpg",
           0, "", "");
    /* Also from a numbered sequence. */
    EXPECT("$T run copy v.y4m -o 's-%d.png' -q; $T run copy 's-%d.png' -o one.png --frame 3; cmp "
           "one.png s-3.png; rm s-* one.png first.png",
           0, "", "");
}

static void test_wrong_frames(void)
{
    EXPECT("$T run copy v.y4m -o one.png --frame 8", 2, "",
           "triptych: v.y4m has 7 frames: there is no frame 8\n");
    EXPECT("$T run difference v.y4m -o one.png --frame 8", 2, "",
           "triptych: v.y4m has 7 frames: there is no frame 8\n");
    EXPECT("$T run copy v.y4m -o one.png --frame 0.3s", 2, "",
           "triptych: v.y4m ends after 0.234 s: there is no frame at 0.300 s\n");
    EXPECT("$T run copy v.y4m -o one.png --frame 0", 2, "",
           "*invalid value '0' for --frame; expected 1 to *");
    EXPECT("for t in -1 x 1:2:3:4 1.5:2 1: :1 1s:2 1e3s inf nans 0x1.8 ''; do $T run copy v.y4m -o "
           "one.png --frame \"$t\" 2>&1 | grep -c 'expected a frame number\\|expected a whole "
           "number'; done | sort | uniq -c | tr -d ' '",
           0, "121\n", "");
    EXPECT("$T run copy v.y4m -o two.y4m --frame 1", 2, "",
           "triptych: run: --frame needs a single picture as output; 'two.y4m' is not one\n");
    EXPECT("$T run copy v.y4m -o 's-%d.png' --frame 1", 2, "",
           "triptych: run: --frame needs a single picture as output; 's-%d.png' is not one\n");
    EXPECT("$T run copy $ROOT/images/frame-1.png -o one.png --frame 1", 2, "",
           "triptych: run: --frame needs a video or a file of several pictures; *frame-1.png' has "
           "one picture\n");
    EXPECT("$T run difference v.y4m --with v.y4m -o one.png", 2, "",
           "triptych: run: --with is for videos, but 'one.png' is a picture\n");
    EXPECT("$T run copy v.y4m -o one.png --crf 3", 2, "",
           "triptych: run: --video-codec, --crf and --pixel-format do not apply to pictures\n");
    EXPECT("head -c 4000 v.y4m > cut.y4m; $T run copy cut.y4m -o one.png --frame 6; code=$?; rm "
           "cut.y4m; exit $code",
           1, "", "triptych: cannot read cut.y4m: *");
    EXPECT("ls one.png two.y4m s-* 2>/dev/null", 2, "", "");
}

/* ---- folders ---- */

/* Each gives the same as alone. */
static void test_several(void)
{
    CU_ASSERT_TRUE_FATAL(clips_stream("v.y4m", 40, 24, "420jpeg", 1, 1, 3, 1, 7));
    CU_ASSERT_TRUE_FATAL(clips_stream("w.y4m", 20, 30, "444", 0, 0, 3, 1, 3));
    EXPECT("$T run sobel v.y4m -o a.y4m && $T run sobel w.y4m -o b.y4m", 0, "", "");
    EXPECT("$T run sobel v.y4m w.y4m -o out/ && cmp out/v.y4m a.y4m && cmp out/w.y4m b.y4m && ls "
           "out && rm -r out",
           0, "v.y4m\nw.y4m\n", "");
    EXPECT("mkdir -p in/deep && cp v.y4m in && cp w.y4m in/deep && echo text > in/notes.txt && $T "
           "run sobel in -o out",
           2, "", "*2 inputs cannot all be written to 'out'*");
}

static void test_folder(void)
{
    EXPECT("$T run sobel in -o out/ && cmp out/v.y4m a.y4m && cmp out/deep/w.y4m b.y4m && find out "
           "-type f | sort && rm -r out",
           0, "out/deep/w.y4m\nout/v.y4m\n", "");
    EXPECT("$T run sobel v.y4m -o out/ && cmp out/v.y4m a.y4m && rm -r out", 0, "", "");
    EXPECT("mkdir out && $T run sobel in/deep -o out && cmp out/w.y4m b.y4m && rm -r out", 0, "",
           "");
    /* Together with images, in one run. */
    EXPECT("cp $ROOT/images/frame-1.png in && $T run sobel in -o out/ && $T run sobel "
           "in/frame-1.png -o - | cmp - out/frame-1.png && cmp out/v.y4m a.y4m && "
           "find out -type f | sort && rm -r out",
           0, "out/deep/w.y4m\nout/frame-1.png\nout/v.y4m\n", "");
    EXPECT("$T run sobel v.y4m w.y4m -o 'n/x-%d.y4m' && cmp n/x-1.y4m a.y4m && cmp n/x-2.y4m b.y4m "
           "&& rm -r n",
           0, "", "");
    if (!tri_video_writes("a.mkv", NULL))
        return;
    EXPECT("$T run copy v.y4m w.y4m -o out/ --format mkv --video-codec ffv1 && $T run sobel "
           "out/v.mkv -o - | tail -n +2 > c && tail -n +2 a.y4m | cmp - c; ls out; "
           "rm -r out c",
           0, "v.mkv\nw.mkv\n", "");
}

static void test_thumbnails(void)
{
    EXPECT("$T run resize:width=10 v.y4m -o v.jpg --frame 3 && $T run resize:width=10 w.y4m -o "
           "w.jpg --frame 3",
           0, "", "");
    EXPECT("$T run resize:width=10 v.y4m w.y4m -o out/ --format jpeg --frame 3 && cmp out/v.jpg "
           "v.jpg && cmp out/w.jpg w.jpg; ls out; rm -r out *.jpg",
           0, "v.jpg\nw.jpg\n", "");
}

static void test_failures(void)
{
    EXPECT("rm in/frame-1.png; head -c 100 v.y4m > in/bad.y4m; $T run copy in -o out/; code=$?; ls "
           "out out/deep; rm -r out; exit $code",
           1, "out:\ndeep\nv.y4m\n\nout/deep:\nw.y4m\n",
           "triptych: *bad.y4m*\ntriptych: 1 of 3 files failed\n");
    EXPECT("$T run copy in -o out/ --fail-fast; code=$?; find out -type f; rm -rf out; exit $code",
           1, "", "triptych: *bad.y4m*\ntriptych: 1 of 3 files failed; 2 were not started\n");
    EXPECT("$T run copy v.y4m ./v.y4m -o out/; code=$?; ls out; exit $code", 2, "",
           "triptych: run: 'v.y4m' and './v.y4m' would both be written to 'out/v.y4m'*\nls: *");
    EXPECT("$T run copy v.y4m w.y4m -o x.y4m", 2, "",
           "triptych: run: 2 inputs cannot all be written to 'x.y4m'*");
    EXPECT("$T run difference v.y4m w.y4m --with v.y4m -o out/", 2, "",
           "triptych: run: --with needs one video as input; there are several inputs (*");
    EXPECT("$T run copy in/deep -o in/deep && cmp in/deep/w.y4m w.y4m", 0, "", "");
    EXPECT("mkdir none; echo x > none/a.txt; $T run copy none -o out/; code=$?; rm -r none in; "
           "exit $code",
           1, "", "triptych: no pictures or videos in folder 'none'\n");
}

static void test_made_folder(void)
{
    EXPECT("$T run copy v.y4m -o 'd/e/f-%d.png' && ls d/e | wc -l && rm -r d", 0, "7\n", "");
    EXPECT("cp $ROOT/images/frame-1.png p.png; $T run copy p.png -o 'd/f-%02d.png' && ls d && rm "
           "-r d p.png",
           0, "f-01.png\n", "");
    EXPECT("echo x > d; $T run copy v.y4m -o 'd/f-%d.png'; code=$?; rm d; exit $code", 1, "",
           "triptych: *d*: *\n");
    EXPECT("$T run copy v.y4m -o d/f.y4m; code=$?; test ! -e d || exit 9; exit $code", 1, "",
           "triptych: cannot write d/f.y4m: No such file or directory\n");
}

int test_videos_suite(void)
{
    CU_pSuite suite = CU_add_suite("videos", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "one frame is that of all", test_frames) &&
             CU_add_test(suite, "the first frame", test_first_frame) &&
             CU_add_test(suite, "frames that are not there", test_wrong_frames) &&
             CU_add_test(suite, "several videos", test_several) &&
             CU_add_test(suite, "folders of videos", test_folder) &&
             CU_add_test(suite, "a picture of each", test_thumbnails) &&
             CU_add_test(suite, "failures", test_failures) &&
             CU_add_test(suite, "the folder of a pattern is made", test_made_folder));
}
