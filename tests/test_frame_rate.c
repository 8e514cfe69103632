/* test_frame_rate.c -- --frame-rate chooses the frames that FFmpeg's filter fps chooses. */
#include "clips.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>

/* Frame N of a source has the level N, or another one for each N. */
#define LEVELS "geq=lum='mod(N*7,251)'"

static void expect_same(const char *source, const char *rate)
{
    char command[600];

    snprintf(command, sizeof command,
             "ffmpeg -nostdin -v error -y -i %s -vf setpts=PTS-STARTPTS,fps=%s:round=near -vsync "
             "passthrough -pix_fmt gray ref.y4m && $T run copy %s -o o.y4m --fps %s -q && tail -n "
             "+2 ref.y4m > ref && tail -n +2 o.y4m | cmp - ref",
             source, rate, source, rate);
    EXPECT(command, 0, "", "");
}

static void test_as_ffmpeg(void)
{
    static const char *const sources[] = {
        "color=s=32x32:r=25:d=4," LEVELS,
        "color=s=32x32:r=30000/1001:d=4," LEVELS,
        "color=s=32x32:r=60:d=4," LEVELS ",select='not(mod(n,3))+not(mod(n,7))'",
        "color=s=32x32:r=100:d=5," LEVELS ",select='lt(n,20)+eq(n,50)+eq(n,183)+gt(n,470)'",
        "color=s=32x32:r=25:d=2," LEVELS ",setpts=PTS+0.2/TB",
    };
    static const char *const rates[] = {"7",          "10", "24000/1001", "25",
                                        "30000/1001", "50", "60",         "100/3"};
    char command[600];

    if (system("command -v ffmpeg > /dev/null") != 0 || !tri_video_writes("a.mkv", NULL)) {
        test_skip("no ffmpeg");
        return;
    }
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        snprintf(command, sizeof command,
                 "ffmpeg -nostdin -v error -y -f lavfi -i \"%s,format=gray\" -vsync passthrough "
                 "-enc_time_base 1/3000 -c:v ffv1 f.mkv",
                 sources[i]);
        EXPECT(command, 0, "", "");
        for (size_t j = 0; j < sizeof rates / sizeof rates[0]; j++)
            expect_same("f.mkv", rates[j]);
    }
    /* Of a part, and its own times. */
    EXPECT("$T run copy f.mkv -o p.y4m --from 5f -q && $T run copy p.y4m -o p1.y4m --fps 10 -q && "
           "$T run copy f.mkv -o p2.y4m --from 5f --fps 10 -q && cmp p1.y4m p2.y4m",
           0, "", "");
    EXPECT("rm *.mkv *.y4m ref", 0, "", "");
}

/* The last frame is dropped if it ends before it has a place. */
static void test_last(void)
{
    CU_ASSERT_TRUE_FATAL(clips_stream("v.y4m", 40, 24, "mono", 1, 1, 1, 1, 7));
    /* Frames are at 0, 3, 6 thirtieths: the last one ends before the third place of 10 a second. */
    EXPECT("$T run copy v.y4m -o o.y4m --fps 10 && grep -ac FRAME o.y4m", 0, "2\n",
           "triptych: note: o.y4m has a constant rate of 10 frames/s: to keep the timing, 0 frames "
           "were repeated and 5 dropped\n");
    EXPECT("$T run copy v.y4m -o o.y4m --fps 0.1 -q && grep -ac FRAME o.y4m", 0, "1\n", "");
    EXPECT("$T run copy v.y4m -o o.y4m --fps 30000/1001 && cmp o.y4m v.y4m", 0, "", "");
    EXPECT("for r in 0 -1 1/0 x 25x ''; do $T run copy v.y4m -o x.y4m --fps \"$r\" 2>&1 | grep -c "
           "'for --frame-rate or --fps; expected a rate such as 30'; done | uniq -c | tr -d ' '; "
           "rm *.y4m",
           0, "61\n", "");
}

int test_frame_rate_suite(void)
{
    CU_pSuite suite = CU_add_suite("frame rate", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "the frames of FFmpeg", test_as_ffmpeg) &&
             CU_add_test(suite, "the last frame", test_last));
}
