/* test_series.c -- triptych run on PNG and PNM files one behind another, and animations as videos.
 */
#include "shell.h"
#include "tests.h"
#include "video/video.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>

/* Seven pictures of a clip, and what they are one behind another. */
static bool make_pictures(void)
{
    const bool made =
        shell_run("for i in 1 2 3 4 5 6 7; do $T run resize:width=40:height=30,gaussian:sigma=$i "
                  "$ROOT/images/street.png "
                  "-o f-$i.png --strip -q && $T run copy f-$i.png -o f-$i.ppm; done; cat f-?.png > "
                  "a.pngs; cat f-?.ppm > a.ppm")
            ->code == 0;
    CU_ASSERT_TRUE_FATAL(made);
    return made;
}

static void test_numbered(void)
{
    make_pictures();
    EXPECT("$T run copy f-%d.png -o g-%d.png && for p in a.pngs a.ppm; do $T run copy $p -o "
           "o-%d.png; $T run copy - -o p-%d.png < $p; cat $p | $T run copy - -o q-%d.png; "
           "for i in 1 2 3 4 5 6 7; do cmp g-$i.png o-$i.png; cmp g-$i.png p-$i.png; cmp g-$i.png "
           "q-$i.png; done; rm o-* p-* q-*; done; ls | wc -l",
           0, "23\n", "");
    /* Of any sizes, and with blanks between them. */
    EXPECT("(cat f-1.ppm; echo; $T run resize:width=17 f-2.ppm -o - --format pnm; printf 'P2 2 1 9 "
           "0 9\\n P1 2 1 01'; cat f-3.ppm) > b.pnm; "
           "$T run copy b.pnm -o o-%d.pnm && cmp o-1.pnm f-1.ppm && cmp o-5.pnm f-3.ppm && tail -c "
           "2 o-3.pnm | od -An -tu1 && tail -c 2 o-4.pnm | od -An -tu1; rm o-* b.pnm g-*",
           0, "   0 255\n 255   0\n", "");
}

/* A pipe gives pictures as they come. */
static void test_slow_pipe(void)
{
    EXPECT("(cat f-1.png f-2.png; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; test -e o-1.png && "
           "break; done; test -e o-1.png && cat f-3.png) | $T run copy - -o o-%d.png; "
           "ls o-*; rm o-*",
           0, "o-1.png\no-2.png\no-3.png\n", "");
}

static void expect_kernel(const char *pipeline)
{
    char command[600];
    snprintf(command, sizeof command,
             "$T run %s f-%%d.png -o w-%%d.png --on sequential && $T run %s a.pngs -o o-%%d.png && "
             "for i in 1 2 3 4 5 6 7; do cmp o-$i.png w-$i.png; done",
             pipeline, pipeline);
    EXPECT(command, 0, "", "");
    snprintf(command, sizeof command,
             "for i in 1 4 7; do $T run %s a.pngs -o x.png --frame $i; cmp x.png w-$i.png; done; "
             "rm w-* o-* x.png",
             pipeline);
    EXPECT(command, 0, "", "");
}

/* Kernels over time see one frame after another. */
static void test_over_time(void)
{
    expect_kernel("difference");
    expect_kernel("average");
    expect_kernel("temporal_median");
    expect_kernel("temporal_denoise,temporal_median");
    if (tri_format_find("tiff") != NULL)
        EXPECT("$T run temporal_median a.pngs -o x.tif && $T run copy x.tif -o p-%d.png && $T run "
               "temporal_median a.pngs -o o-%d.png && for i in 1 4 7; do cmp o-$i.png "
               "p-$i.png; done; rm x.tif o-* p-*",
               0, "", "");
}

static void test_videos(void)
{
    EXPECT("$T run copy f-%d.png -o w.y4m && $T run copy a.pngs -o o.y4m && cmp o.y4m w.y4m && $T "
           "run copy - -o - --format y4m < a.ppm | cmp - w.y4m",
           0, "", "");
    EXPECT("$T run difference f-%d.png --with f-%d.png -o w.y4m && $T run difference a.pngs --with "
           "a.ppm -o o.y4m && cmp o.y4m w.y4m",
           0, "", "");
    EXPECT("$T run motion f-%d.png --data w.csv && $T run motion a.pngs --data o.csv && cmp o.csv "
           "w.csv; rm *.csv *.y4m",
           0, "", "");
    if (!tri_video_writes("a.mkv", NULL) || shell_run("command -v ffprobe")->code != 0)
        return;
    EXPECT("$T run copy a.pngs -o o.mkv --video-codec ffv1 && ffprobe -v error -count_frames "
           "-show_entries stream=nb_read_frames,r_frame_rate -of csv=p=0 o.mkv; rm o.mkv",
           0, "25/1,7\n", "");
}

/* Times of frames, the last one's too, and loops, as FFmpeg writes and reads them. */
static void test_times(void)
{
    if (!tri_video_writes("a.gif", NULL) ||
        shell_run("command -v ffmpeg && command -v ffprobe")->code != 0) {
        test_skip("no ffmpeg");
        return;
    }
    EXPECT("ffmpeg -v error -framerate 100 -i f-%d.png -vf \"setpts='(N*4+N*N)/100/TB'\" -vsync "
           "passthrough -enc_time_base 1:100 -plays 3 -f apng -final_delay 7/10 a.png",
           0, "", "");
    EXPECT("for o in o.gif o.apng; do $T run copy a.png -o $o; ffprobe -v error -show_entries "
           "packet=duration_time -of csv=p=0 $o | tr '\\n' ' '; done",
           0,
           "0.050000 0.070000 0.090000 0.110000 0.130000 0.150000 0.700000 0.050000 0.070000 "
           "0.090000 0.110000 0.130000 0.150000 0.700000 ",
           "");
    /* Shown twice more, in GIF; three times in all, in APNG. */
    EXPECT("grep -c -a 'NETSCAPE2.0' o.gif; grep -a -o -b 'NETSCAPE2.0' o.gif | cut -d: -f1 | { "
           "read at; tail -c +$((at + 14)) o.gif | head -c 2 | od -An -tu1; }; "
           "grep -a -o -b acTL o.apng | cut -d: -f1 | { read at; tail -c +$((at + 5)) o.apng | "
           "head -c 8 | od -An -tu1; }",
           0, "1\n   2   0\n   0   0   0   7   0   0   0   3\n", "");
    EXPECT("$T run copy a.png -o o.mkv --video-codec ffv1 && ffprobe -v error -show_entries "
           "packet=pts_time -of csv=p=0 o.mkv | tr '\\n' ' '; rm a.png o.*",
           0, "0.000000 0.050000 0.120000 0.210000 0.320000 0.450000 0.600000 ",
           "triptych: note: o.mkv: the format cannot store a play count of 3\n");
}

static void test_one(void)
{
    EXPECT("$T run copy a.pngs -o x.png && cmp x.png f-1.png; $T run copy - -o - < a.ppm | cmp - "
           "f-1.png",
           0, "",
           "triptych: note: a.pngs: only the first of 7 pictures is read\ntriptych: note: standard "
           "input: only the first of several pictures is read\n");
    EXPECT("$T run copy - -o x.png --frame 6 < a.pngs && cmp x.png f-6.png", 0, "", "");
    EXPECT("$T run copy a.ppm -o x.png --frame 8", 2, "",
           "triptych: a.ppm has fewer pictures: there is no picture 8\n");
    EXPECT("$T run copy f-1.png -o x.y4m", 2, "",
           "triptych: run: 'x.y4m' is a video, which needs *");
    EXPECT("$T run copy - -o x.y4m < f-1.png", 2, "",
           "triptych: standard input is a single picture; a video needs *");
    EXPECT("$T run copy - -o o-%d.png < f-1.png && cmp o-1.png f-1.png && ls o-*; rm o-1.png x.png",
           0, "o-1.png\n", "");
}

/* What is damaged is told; what came before it is kept where each picture has a file. */
static void test_damage(void)
{
    EXPECT("head -c 9000 a.ppm | $T run copy - -o o-%d.png; echo $?; ls o-*; rm o-*", 0,
           "1\no-1.png\no-2.png\n",
           "triptych: cannot read standard input, picture 3: the file is truncated: *");
    EXPECT("(cat f-1.png; echo garbage) | $T run copy - -o o-%d.png && ls o-* && rm o-*", 0,
           "o-1.png\n", "");
    EXPECT(
        "(cat a.pngs; echo garbage) | $T run copy - -o o-%d.png; echo $?; ls o-* | wc -l; rm o-*",
        0, "1\n7\n",
        "triptych: cannot read standard input: unexpected data after picture 7; expected another "
        "picture in png format\n");
    EXPECT("(cat f-1.png f-2.ppm) > x; $T run copy x -o o-%d.png; $T run copy x -o x.y4m; ls o-* "
           "x.*; rm x o-*",
           0, "o-1.png\n", "*x.y4m*");
    EXPECT("(cat f-1.png f-2.png; head -c 100 f-3.png) > x; $T run copy x -o o.y4m; echo $?; ls "
           "o.y4m; rm x o.y4m",
           0, "1\no.y4m\n", "triptych: cannot read x, picture 3: *");
}

/* No picture replaces the file that the others come from. */
static void test_places(void)
{
    EXPECT("cp a.pngs b-1.png && $T run copy b-1.png -o b-%d.png", 2, "",
           "triptych: run: -o 'b-%d.png' would overwrite the input 'b-1.png'; write to another "
           "file\n");
    EXPECT("cmp a.pngs b-1.png && rm b-1.png", 0, "", "");
    EXPECT("rm *", 0, "", "");
}

int test_series_suite(void)
{
    CU_pSuite suite = CU_add_suite("series", shell_begin, shell_end);
    return !(suite && CU_add_test(suite, "numbered pictures", test_numbered) &&
             CU_add_test(suite, "a slow pipe", test_slow_pipe) &&
             CU_add_test(suite, "over time", test_over_time) &&
             CU_add_test(suite, "videos", test_videos) &&
             CU_add_test(suite, "times and loops", test_times) &&
             CU_add_test(suite, "one picture", test_one) &&
             CU_add_test(suite, "damage", test_damage) &&
             CU_add_test(suite, "places", test_places));
}
