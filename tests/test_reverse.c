/* test_reverse.c -- --reverse: videos backwards. */
#include "clips.h"
#include "libav_files.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 7

/* Makes "want.y4m": the frames of v.y4m, `size` bytes each, backwards. */
static void make_wanted(int size)
{
    char command[400];

    snprintf(
        command, sizeof command,
        "{ head -n 1 v.y4m; for i in 6 5 4 3 2 1 0; do tail -n +2 v.y4m | tail -c +$((i * %d + "
        "1)) | head -c %d; done; } > want.y4m",
        size + 6, size + 6);
    EXPECT(command, 0, "", "");
}

static void test_forms(void)
{
    static const struct {
        const char *space;
        int x, y, planes, bytes, size;
    } forms[] = {{"420jpeg", 1, 1, 3, 1, 41 * 25 + 2 * 21 * 13},
                 {"444p10", 0, 0, 3, 2, 41 * 25 * 6},
                 {"mono", 1, 1, 1, 1, 41 * 25}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        CU_ASSERT_TRUE_FATAL(clips_stream("v.y4m", 41, 25, forms[i].space, forms[i].x, forms[i].y,
                                          forms[i].planes, forms[i].bytes, MOST));
        make_wanted(forms[i].size);
        EXPECT("$T run copy v.y4m -o o.y4m --reverse && cmp o.y4m want.y4m", 0, "", "");
        EXPECT("cat v.y4m | $T run copy - -o - --reverse --on sequential | cmp - want.y4m", 0, "",
               "");
        EXPECT("$T run temporal_median v.y4m -o a.y4m --reverse && $T run temporal_median want.y4m "
               "-o b.y4m && cmp a.y4m b.y4m",
               0, "", "");
        /* Windows look beyond the edges. */
        EXPECT("$T run median v.y4m -o a.y4m --reverse && $T run median want.y4m -o b.y4m && cmp "
               "a.y4m b.y4m",
               0, "", "");
        EXPECT(
            "$T run copy v.y4m v.y4m --concat -o a.y4m --reverse && $T run copy want.y4m want.y4m "
            "--concat -o b.y4m && cmp a.y4m b.y4m",
            0, "", "");
        /* The part is chosen before. */
        EXPECT("$T run copy v.y4m -o a.y4m --reverse --from 1f --to 4f && $T run copy want.y4m -o "
               "b.y4m --from 3f --to 6f && cmp a.y4m b.y4m",
               0, "", "");
    }
    EXPECT("$T run copy v.y4m -o a.png --reverse --frame 2 && $T run copy v.y4m -o b.png --frame 6 "
           "&& cmp a.png b.png; rm a.png b.png o.y4m",
           0, "", "");
}

static void test_wrong(void)
{
    EXPECT("$T run copy $ROOT/images/street.png -o o.png --reverse", 2, "",
           "triptych: run: --reverse is for videos and animations; the input is neither*");
    EXPECT("$T run difference v.y4m --with v.y4m -o o.y4m --reverse", 2, "",
           "triptych: run: --reverse and a video --with 'v.y4m' do not go together; *");
    EXPECT("TMPDIR=/none $T run copy v.y4m -o o.y4m --reverse", 1, "",
           "triptych: cannot make a folder in /none: *; set TMPDIR to *");
    EXPECT("head -c 4000 v.y4m > c.y4m; $T run copy c.y4m -o o.y4m --reverse", 1, "",
           "triptych: cannot read c.y4m: the file is truncated in frame 4\n");
    /* The limit on files' sizes stands for a full disk. */
    EXPECT("(ulimit -f 4; trap '' XFSZ; $T run copy v.y4m -o - --reverse > /dev/null)", 1, "",
           "triptych: cannot reverse v.y4m: cannot keep frame *, of 1025 bytes, in a temporary "
           "file: *; set TMPDIR to a folder with more space, or choose a part with --from and "
           "--to\n");
    EXPECT("ls o.y4m o.png 2>/dev/null", 2, "", "");
    EXPECT("rm *.y4m", 0, "", "");
}

/* Unequal durations go along with their frames. */
static void test_times(void)
{
    if (system("command -v ffmpeg > /dev/null") != 0 || !tri_video_writes("a.mkv", NULL)) {
        test_skip("no ffmpeg");
        return;
    }
    EXPECT(
        "ffmpeg -nostdin -v error -y -f lavfi -i color=s=64x48:r=10:d=1 -f lavfi -i sine=d=1 -vf "
        "\"geq=lum='20+20*N':cb=128:cr=128,select='eq(n,0)+eq(n,3)+eq(n,4)+eq(n,9)'\" -vsync vfr "
        "-c:v ffv1 -c:a flac a.mkv && $T run copy a.mkv -o o.mkv --reverse",
        0, "", "triptych: note: o.mkv: not copied from a.mkv: sound (flac)*");
    static const double wanted[] = {0.1, 0.6, 0.7};
    static const int levels[] = {200, 100, 80, 20};
    const struct shown shown = libav_shown(shell_path("o.mkv"));
    CU_ASSERT_EQUAL_FATAL(shown.frames, 4);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(shown.levels[i], levels[i]);
    for (int i = 1; i < 4; i++)
        CU_ASSERT_DOUBLE_EQUAL(shown.times[i] - shown.times[0], wanted[i - 1], 0.0021);
    EXPECT("rm a.mkv o.mkv", 0, "", "");
}

int test_reverse_suite(void)
{
    CU_pSuite suite = CU_add_suite("reverse", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "frames backwards", test_forms) &&
             CU_add_test(suite, "failures", test_wrong) &&
             CU_add_test(suite, "times and sound", test_times));
}
