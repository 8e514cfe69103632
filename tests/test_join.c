/* test_join.c -- --concat: several videos as one. */
#include "clips.h"
#include "libav_files.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>

static void make_clips(void)
{
    CU_ASSERT_TRUE_FATAL(clips_stream("v.y4m", 40, 24, "420jpeg", 1, 1, 3, 1, 7));
    CU_ASSERT_TRUE_FATAL(clips_stream("w.y4m", 40, 24, "420jpeg", 1, 1, 3, 1, 3));
    EXPECT("{ cat v.y4m; tail -n +2 w.y4m; tail -n +2 v.y4m; } > want.y4m", 0, "", "");
}

static void test_y4m(void)
{
    make_clips();
    EXPECT("$T run copy v.y4m w.y4m v.y4m --concat -o o.y4m && cmp o.y4m want.y4m", 0, "", "");
    EXPECT("$T run copy v.y4m w.y4m v.y4m --concat -o - --on sequential | cmp - want.y4m", 0, "",
           "");
    EXPECT("$T run copy v.y4m --concat -o o.y4m && cmp o.y4m v.y4m", 0, "", "");
    /* As one video: for kernels over time, for parts, and for numbers. */
    EXPECT("for k in difference temporal_median fade; do $T run $k v.y4m w.y4m v.y4m --concat -o "
           "a.y4m && $T run $k want.y4m -o b.y4m && cmp a.y4m b.y4m; done",
           0, "", "");
    EXPECT("$T run copy v.y4m w.y4m v.y4m --concat -o a.y4m --from 5f --to 12f && $T run copy "
           "want.y4m -o b.y4m --from 5f --to 12f && cmp a.y4m b.y4m",
           0, "", "");
    EXPECT("$T run motion v.y4m w.y4m --concat --data - | cut -d, -f1 | uniq | tail -1", 0, "9\n",
           "");
    EXPECT("$T run copy v.y4m w.y4m --concat -o a.png --frame 9 && $T run copy w.y4m -o b.png "
           "--frame 2 && cmp a.png b.png; rm a.png b.png",
           0, "", "");
    /* Sequences; a gray one is another form. */
    EXPECT("$T run gray v.y4m -o 's-%d.png' -q && $T run copy 's-%d.png' 's-%d.png' --concat -o "
           "'t-%d.png' && ls t-* | wc -l && cmp s-2.png t-9.png; rm s-* t-*",
           0, "14\n", "");
    EXPECT("rm *.y4m", 0, "", "");
}

static void test_wrong(void)
{
    make_clips();
    CU_ASSERT_TRUE_FATAL(clips_stream("small.y4m", 20, 30, "420jpeg", 1, 1, 3, 1, 2));
    CU_ASSERT_TRUE_FATAL(clips_stream("444.y4m", 40, 24, "444", 0, 0, 3, 1, 2));
    CU_ASSERT_TRUE_FATAL(clips_stream("10.y4m", 40, 24, "420p10", 1, 1, 3, 2, 2));
    EXPECT(
        "$T run copy v.y4m w.y4m small.y4m --concat -o o.y4m", 2, "",
        "triptych: cannot join small.y4m to v.y4m: it has frames of 20 x 30 pixels, and not 40 x "
        "24; 'triptych run resize:width=40,height=24' makes them so\n");
    EXPECT("$T run copy v.y4m 444.y4m --concat -o o.y4m", 2, "",
           "triptych: cannot join 444.y4m to v.y4m: they differ in chroma subsampling; convert one "
           "of them first\n");
    EXPECT("$T run copy v.y4m 10.y4m --concat -o o.y4m", 2, "",
           "triptych: cannot join 10.y4m to v.y4m: it has 10 bits a sample, and not 8; convert one "
           "of them with --pixel-format\n");
    EXPECT("$T run copy v.y4m - --concat -o o.y4m < w.y4m", 2, "",
           "triptych: run: --concat needs files, which it opens twice; '-' is a pipe*");
    EXPECT("$T run copy v.y4m w.y4m --concat -o o/", 2, "",
           "triptych: run: --concat writes one video, but 'o/' is a folder*");
    EXPECT("$T run copy v.y4m none.y4m --concat -o o.y4m", 1, "",
           "triptych: cannot read none.y4m: No such file or directory\n");
    EXPECT("$T run copy v.y4m $ROOT/images/street.png --concat -o o.y4m", 2, "",
           "triptych: *street.png is a single picture; *");
    EXPECT("ls o.y4m o 2>/dev/null", 2, "", "");
    /* No input is overwritten. */
    EXPECT("cp w.y4m x.y4m; $T run copy v.y4m w.y4m --concat -o w.y4m; code=$?; cmp w.y4m x.y4m && "
           "exit $code",
           2, "", "triptych: *w.y4m*");
    /* What comes before damage is kept. */
    EXPECT("head -c 4000 w.y4m > c.y4m; $T run copy v.y4m c.y4m w.y4m --concat -o o.y4m; "
           "code=$?; grep -ac FRAME o.y4m; exit $code",
           1, "9\n", "triptych: cannot read c.y4m: the file is truncated in frame 3\n");
    EXPECT("rm *.y4m", 0, "", "");
}

/* Frames keep their times, whatever the units of their files. */
static void test_rates(void)
{
    if (system("command -v ffmpeg > /dev/null") != 0 || !tri_video_writes("a.mkv", NULL)) {
        test_skip("no ffmpeg");
        return;
    }
    EXPECT("F='ffmpeg -nostdin -v error -y -f lavfi -i'; $F testsrc2=s=64x48:r=25:d=1 -f lavfi -i "
           "sine=d=1 -c:v ffv1 a.mkv; $F testsrc2=s=64x48:r=30000/1001:d=1 -c:v mpeg4 b.mp4; $F "
           "testsrc2=s=64x48:r=10:d=1 -c:v mpeg4 c.avi; $T run copy a.mkv b.mp4 c.avi --concat -o "
           "o.mkv",
           0, "",
           "triptych: note: a.mkv and b.mp4 have different frame rates; frames keep their times\n"
           "triptych: note: a.mkv and c.avi have different frame rates; frames keep their times\n"
           "triptych: note: o.mkv: not copied from a.mkv and 2 more: sound (vorbis)*");
    const struct shown shown = libav_shown(shell_path("o.mkv"));
    CU_ASSERT_EQUAL_FATAL(shown.frames, 25 + 30 + 10);
    for (int i = 0; i < 65; i++) {
        const double time = i < 25   ? i / 25.0
                            : i < 55 ? 1 + (i - 25) * 1001 / 30000.0
                                     : 1 + 30 * 1001 / 30000.0 + (i - 55) / 10.0;
        if (shown.times[i] - shown.times[0] < time - 0.0021)
            printf("frame %d: %g\n", i, shown.times[i]);
        CU_ASSERT_DOUBLE_EQUAL(shown.times[i] - shown.times[0], time, 0.0021);
    }
    EXPECT("$T run copy a.mkv a.mkv --concat --no-audio -o p.mkv 2>&1 | grep -c sound", 1, "0\n",
           "");
    EXPECT("rm *.mkv *.mp4 *.avi", 0, "", "");
}

int test_join_suite(void)
{
    CU_pSuite suite = CU_add_suite("join", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "videos one after another", test_y4m) &&
             CU_add_test(suite, "videos that do not fit", test_wrong) &&
             CU_add_test(suite, "different frame rates", test_rates));
}
