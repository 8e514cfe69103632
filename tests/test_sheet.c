/* test_sheet.c -- triptych sheet: which frames of a clip, in what form, and what it refuses. */
#include "shell.h"
#include "tests.h"
#include "video/video.h"

#include <CUnit/CUnit.h>

/* n-1.pgm to n-20.pgm are pixels of 1 to 20; cut-%d.pgm change from 5 to 200 and back. a.y4m has
 * pixels twice as wide as high. */
static int begin(void)
{
    return shell_begin() != 0 ||
           shell_run("for i in $(seq 20); do echo P2 1 1 255 $i > n-$i.pgm; done; i=0; "
                     "for v in 5 5 5 200 200 5; do i=$((i + 1)); echo P2 1 1 255 $v > cut-$i.pgm; "
                     "done; (printf 'YUV4MPEG2 W8 H4 F10:1 A2:1 Cmono\\n'; for i in $(seq 8); do "
                     "printf 'FRAME\\n%032d' $i; done) > a.y4m")
                   ->code != 0;
}

static int end(void)
{
    return shell_end();
}

/* Prints the samples of a PGM file after its header, one row of the picture for each line. */
#define SAMPLES(bytes, file) "tail -c " #bytes " " file " | od -An -v -tu1 -w"

/* The middle frames of equal parts; all of a short clip; the first of each 0.2 s, which are five
 * frames; of a part, in frames and in seconds. */
static void test_frames(void)
{
    EXPECT("$T sheet n-%d.pgm -o x.pgm --count 4 --gap 0 && " SAMPLES(4, "x.pgm") "2", 0,
           "   3   8\n  13  18\n", "");
    EXPECT("$T sheet n-%d.pgm -o x.pgm --gap 0 && " SAMPLES(16, "x.pgm") "4", 0,
           "   1   2   4   5\n   6   7   9  10\n  11  12  14  15\n  16  17  19  20\n", "");
    EXPECT("$T sheet cut-%d.pgm -o x.pgm --gap 1 --columns 4 --background '#777' && " SAMPLES(
               21, "x.pgm") "7",
           0,
           "   5 119   5 119   5 119 200\n 119 119 119 119 119 119 119\n"
           " 200 119   5 119 119 119 119\n",
           "");
    EXPECT(
        "$T sheet n-%d.pgm -o x.pgm --every 0.2 --gap 0 --columns 9 && " SAMPLES(
            4,
            "x.pgm") "4 && "
                     "$T sheet n-%d.pgm -o x.pgm --from 5f --to 15f --count 2 --gap 0 && " SAMPLES(
                         2, "x.pgm") "2 && "
                                     "$T sheet n-%d.pgm -o x.pgm --from 0.2 --to 0.6 --count 2 "
                                     "--gap 0 && " SAMPLES(
                                         2, "x.pgm") "2 && "
                                                     "$T sheet n-%d.pgm -o x.pgm --from 0.2 "
                                                     "--every 0.2 --gap 0 && " SAMPLES(4,
                                                                                       "x.pgm") "4",
        0, "   1   6  11  16\n   8  13\n   8  13\n   6  11  16 255\n", "");
}

static void test_scenes(void)
{
    EXPECT("$T sheet cut-%d.pgm -o x.pgm --scenes --gap 0 --columns 3 && " SAMPLES(
               3, "x.pgm") "3 && "
                           "$T sheet cut-%d.pgm -o x.pgm --scenes --threshold 80 && tail -c 1 "
                           "x.pgm | od -An -tu1",
           0, "   5 200   5\n   5\n", "");
    EXPECT("$T sheet cut-%d.pgm -o y.pgm --scenes --threshold 101; ls y.pgm", 2, "",
           "triptych: scene: threshold is 101; expected 0 to 100\n*");
}

/* Pixels become square; tiles are no wider than the clip unless that is asked for. */
static void test_sizes(void)
{
    EXPECT("for w in '' '--width 4' '--width 32'; do $T sheet a.y4m -o x.pgm --count 4 --gap 1 $w "
           "&& head -n 2 x.pgm | tail -n 1; done; $T sheet a.y4m -o x.pgm --count 2 --border 3 && "
           "head -n 2 x.pgm | tail -n 1",
           0, "33 9\n9 3\n65 17\n42 10\n", "");
    EXPECT(
        "$T sheet a.y4m -o x.png && for how in sequential threads:1 threads:3; do $T sheet a.y4m "
        "-o - --format png --on $how | cmp - x.png; done; rm x.png",
        0, "", "");
}

/* Times are those in the file. */
static void test_label(void)
{
    if (shell_run("$T kernels text")->code != 0) {
        test_skip("no kernel text");
        return;
    }
    EXPECT(
        "$T sheet a.y4m -o x.ppm --from 0.3 --count 1 --to 0.4 --width 160 --label && $T run "
        "\"resize:width=160:height=40,text:text='%{time}':size=10:outline=1:gravity=southwest:x=2"
        ":y=2\" a.y4m -o t.ppm --frame 0.3s && cmp x.ppm t.ppm && $T run "
        "\"resize:width=160:height=40\" a.y4m -o u.ppm --frame 0.3s && ! cmp -s x.ppm u.ppm; "
        "code=$?; rm [xtu].ppm; exit $code",
        0, "", "");
}

/* Frames that are found by seeking are those of reading everything, also if times are rounded to
 * milliseconds and if sound goes on after them. */
static void test_seeking(void)
{
    if (shell_run("ffmpeg -version")->code != 0 || !tri_video_writes("a.mkv", NULL)) {
        test_skip("no ffmpeg");
        return;
    }
    EXPECT(
        "F='ffmpeg -v error -y -f lavfi -i testsrc2=s=64x48:r=30:d=9'; C='-c:v ffv1 -g 30 -c:a "
        "pcm_s16le'; $F $C v.mkv && $F -f lavfi -i sine=d=12 -map 0:v -map 1:a $C s.mkv && $T run "
        "copy v.mkv -o v.y4m && for how in '' '--count 5 --width 20' '--every 4' '--every 1' "
        "'--from 2.1 --to 8.5' '--from 70f --count 3' '--scenes --threshold 1'; do "
        "$T sheet v.y4m -o y.png $how && for v in v s; do $T sheet $v.mkv -o x.png $how && "
        "cmp x.png y.png || echo $v $how; done; done; rm [vsxy].*",
        0, "", "");
}

static void test_errors(void)
{
    EXPECT("$T sheet -o x.png", 2, "", "triptych: sheet: no clip given*");
    EXPECT("$T sheet a.y4m", 2, "", "triptych: sheet: no output given*");
    EXPECT("$T sheet a.y4m a.y4m -o x.png", 2, "", "triptych: sheet: more than one clip*");
    EXPECT("cat a.y4m | $T sheet - -o x.png", 2, "", "triptych: sheet: *cannot be a pipe*");
    EXPECT("$T sheet a.y4m -o x.png --count 2 --scenes", 2, "", "*exclude each other*");
    EXPECT("$T sheet a.y4m -o x.png --threshold 2", 2, "", "*--threshold is for --scenes*");
    EXPECT("$T sheet a.y4m -o x.png --every 5f", 2, "", "*invalid value '5f' for --every*");
    EXPECT("$T sheet a.y4m -o x.png --from 1x", 2, "", "triptych: sheet: invalid value '1x'*");
    EXPECT("$T sheet a.y4m -o x.png --count 9; code=$?; ls x.png; exit $code", 2, "",
           "triptych: sheet: a.y4m has 8 frames, fewer than --count 9; *");
    EXPECT("$T sheet a.y4m -o x.png --from 5", 2, "", "triptych: a.y4m ends after 0.800 s: *");
    EXPECT("$T sheet a.y4m -o a.y4m --format png", 2, "", "*would overwrite the input*");
    EXPECT("$T sheet n-%d.pgm -o n-3.pgm", 2, "", "triptych: sheet: *n-3.pgm*");
    EXPECT("$T sheet a.y4m -o x.png --max-pixels 100", 2, "",
           "triptych: sheet: 2 tiles of 16 x 4 pixels exceed the limit of 100; *");
    EXPECT("$T sheet a.y4m -o x.png --max-pixels 520 --count 8 --gap 50", 2, "",
           "triptych: sheet: * pixels exceed the limit of 520*--width*");
    EXPECT("$T sheet no.y4m -o x.png", 1, "", "triptych: cannot read no.y4m: No such file*");
    EXPECT("$T sheet n-1.pgm -o x.png", 2, "", "triptych: n-1.pgm is a single picture*");
    EXPECT("head -c 200 a.y4m > cut.y4m; $T sheet cut.y4m -o x.png; code=$?; ls x.png; exit $code",
           1, "", "triptych: cannot read cut.y4m: the file is truncated*");
    EXPECT("$T sheet a.y4m -o x.xyz", 2, "", "*unknown extension*");
    EXPECT("$T sheet a.y4m -o /dev/full --format pnm", 1, "", "*No space left on device\n");
    EXPECT("ls *.png", 2, "", "*");
}

int test_sheet_suite(void)
{
    CU_pSuite suite = CU_add_suite("sheet", begin, end);
    return !(suite && CU_add_test(suite, "which frames", test_frames) &&
             CU_add_test(suite, "scenes", test_scenes) &&
             CU_add_test(suite, "sizes and threads", test_sizes) &&
             CU_add_test(suite, "labels", test_label) &&
             CU_add_test(suite, "seeking", test_seeking) &&
             CU_add_test(suite, "errors of sheet", test_errors));
}
