/* test_video.c -- triptych run and bench on Y4M streams: the same bytes with any number of frames
 * in flight, and errors for bad streams. */
#include "clips.h"
#include "shell.h"
#include "tests.h"
#include "triptych.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

static int begin(void)
{
    return shell_begin() || !clips_stream("a.y4m", 176, 144, "420jpeg", 1, 1, 3, 1, 20) ||
           !clips_stream("odd.y4m", 33, 17, "420mpeg2", 1, 1, 3, 1, 3) ||
           !clips_stream("422.y4m", 40, 24, "422", 1, 0, 3, 1, 2) ||
           !clips_stream("444.y4m", 40, 24, "444", 0, 0, 3, 1, 1) ||
           !clips_stream("mono.y4m", 40, 24, "mono", 0, 0, 1, 1, 2) ||
           !clips_stream("10.y4m", 41, 23, "420p10", 1, 1, 3, 2, 3) ||
           !clips_stream("none.y4m", 40, 24, "420jpeg", 1, 1, 3, 1, 0);
}

static const char *const clips[] = {"a", "odd", "422", "444", "mono", "10"};
enum { CLIPS = sizeof clips / sizeof clips[0] };

static void test_copy(void)
{
    char command[200];
    for (int i = 0; i < CLIPS; i++) {
        snprintf(command, sizeof command,
                 "$T run copy %s.y4m -o x.y4m && cmp x.y4m %s.y4m && rm x.y4m", clips[i], clips[i]);
        EXPECT(command, 0, "", "");
        snprintf(command, sizeof command, "cat %s.y4m | $T run copy - -o - | cmp - %s.y4m",
                 clips[i], clips[i]);
        EXPECT(command, 0, "", "");
        snprintf(command, sizeof command,
                 "$T run invert,invert %s.y4m -o - --planes y | cmp - %s.y4m", clips[i], clips[i]);
        EXPECT(command, 0, "", "");
    }
    EXPECT("cp a.y4m b.y4m; $T run invert --planes all b.y4m -o b.y4m && $T run invert --planes "
           "all b.y4m -o b.y4m && cmp a.y4m b.y4m; rm b.y4m",
           0, "", "");
    EXPECT("$T run invert a.y4m -o y.y4m --planes y && ! cmp -s y.y4m a.y4m && $T run invert y.y4m "
           "-o - --planes y | "
           "cmp - a.y4m; rm y.y4m",
           0, "", "");
}

/* By planes, temporal, and with planes that swap sides; whatever is in flight. */
static void test_same_bytes(void)
{
    static const char *const pipelines[] = {"sobel",
                                            "difference",
                                            "gaussian:sigma=2,difference,dilate",
                                            "rotate:angle=90",
                                            "resize:width=64:height=48",
                                            "difference,difference"};
    static const char *const how[] = {"", "-j 1", "-j 2", "-j 8", "--on threads:3", "--isa scalar"};
    char command[300];

    for (size_t p = 0; p < sizeof pipelines / sizeof pipelines[0]; p++)
        for (int c = 0; c < CLIPS; c++) {
            snprintf(command, sizeof command, "$T run %s %s.y4m -o truth.y4m --on sequential",
                     pipelines[p], clips[c]);
            EXPECT(command, 0, "", "");
            for (size_t i = 0; i < (c == 0 ? sizeof how / sizeof how[0] : 1); i++) {
                snprintf(command, sizeof command, "$T run %s %s.y4m -o - %s | cmp - truth.y4m",
                         pipelines[p], clips[c], how[i]);
                EXPECT(command, 0, "", "");
            }
        }
    if (shell_run("$T run invert a.y4m -o x.y4m --on opencl")->code == TRI_NO_DEVICE) {
        test_skip("there is no OpenCL device");
        return;
    }
    /* With host memory, and with memory of its own. */
    EXPECT("for p in gaussian,difference gray,sobel temporal_median average; do for clip in a odd "
           "10; do "
           "$T run $p $clip.y4m -o truth.y4m --on sequential; for m in host copy; do for j in 1 2 "
           "8; do "
           "TRIPTYCH_OPENCL_MEMORY=$m $T run $p $clip.y4m -o - --on opencl -j $j | cmp - truth.y4m "
           "|| echo $p $clip $m $j; "
           "done; done; done; done; rm x.y4m truth.y4m",
           0, "", "");
}

/* The second input's frames are the previous ones: with the same stream nothing differs, with
 * another everything that does. */
static void test_second_input(void)
{
    EXPECT("$T run difference a.y4m --with a.y4m --planes all -o - | tail -c 38016 | tr -d '\\000' "
           "| wc -c",
           0, "0\n", "");
    EXPECT("$T run invert a.y4m -o b.y4m; $T run difference a.y4m --with b.y4m -o x.y4m --on "
           "sequential && "
           "$T run difference a.y4m --with b.y4m -o - -j 8 | cmp - x.y4m; rm b.y4m x.y4m",
           0, "", "");
    EXPECT("$T run difference a.y4m --with 422.y4m -o x.y4m", 2, "",
           "triptych: a.y4m and 422.y4m have frames of different sizes*\n");
    EXPECT("$T run invert a.y4m --with a.y4m -o x.y4m", 2, "",
           "triptych: invert takes no second input; *\n");
    EXPECT("$T run difference a.y4m --with none.y4m -o x.y4m", 2, "", "*different sizes*");
}

/* All delayed results arrive, also for the shortest stream and for one that is cut short. */
static void test_late(void)
{
    EXPECT("h=$(head -1 a.y4m | wc -c); head -c $((h + 38022)) a.y4m > b.y4m; for i in 1 2 3 4 5 6 "
           "7 8 9; do $T run temporal_median:radius=2 b.y4m -o - -j 8 | "
           "cmp - b.y4m || exit 1; done",
           0, "", "");
    EXPECT("h=$(head -1 a.y4m | wc -c); head -c $((h + 5 * 38022 + 1000)) a.y4m > b.y4m; head -c "
           "$((h + 5 * 38022)) a.y4m > c.y4m; "
           "$T run temporal_median c.y4m -o d.y4m && $T run temporal_median b.y4m -o x.y4m -j 4",
           1, "", "triptych: cannot read b.y4m: the file is truncated in frame 6\n");
    EXPECT("cmp d.y4m x.y4m; code=$?; rm b.y4m c.y4m d.y4m x.y4m; exit $code", 0, "", "");
}

/* Kernels in one pipeline give the same as one after another, to the last frame, for videos and
 * images. */
static void test_chain_and_pipe(void)
{
    EXPECT("h=$(head -1 a.y4m | wc -c); for n in 1 2 3 6; do head -c $((h + n * 38022)) a.y4m > "
           "b.y4m; "
           "for p in difference,temporal_median:radius=2 average,temporal_median "
           "deinterlace,temporal_median; do "
           "$T run ${p%,*} b.y4m -o - --planes all | $T run ${p#*,} - -o y.y4m --planes all; "
           "for how in '-j 1' '-j 8' '--on threads:3'; do "
           "$T run $p b.y4m -o - --planes all $how | cmp - y.y4m || echo $n $p $how; done; done; "
           "done; rm b.y4m y.y4m",
           0, "", "");
    EXPECT("mkdir p d e f; $T run gray a.y4m -o 'p/%d.pgm' && rm p/??.pgm && $T run difference p "
           "-o d && "
           "$T run temporal_median:radius=2 d -o e && for j in 1 8; do "
           "$T run difference,temporal_median:radius=2 p -o f -j $j && diff -r e f; done; ls f | "
           "wc -l; rm -r p d e f",
           0, "9\n", "*");
}

/* A video frame gives the same samples as an image with those samples. */
static void test_against_pictures(void)
{
    EXPECT("(echo P5 40 24 255; tail -c 960 mono.y4m) > m.pgm; (echo P5 40 24 255; tail -c 1926 "
           "mono.y4m | head -c 960) > l.pgm; "
           "$T run sobel m.pgm -o s.pgm && $T run sobel mono.y4m -o s.y4m && tail -c 960 s.pgm > "
           "s1; tail -c 960 s.y4m | cmp - s1; "
           "$T run difference l.pgm m.pgm -o d%d.pgm && tail -c 960 d2.pgm > s1; "
           "$T run difference mono.y4m -o - | tail -c 960 | cmp - s1; rm m.pgm l.pgm s.pgm s.y4m "
           "s1 d1.pgm d2.pgm",
           0, "", "");
}

/* Other header parameters are passed on, unless they are no longer true. */
static void test_comments(void)
{
    EXPECT("(echo 'YUV4MPEG2 W4 H2 F25:1 It A10:11 C420jpeg XYSCSS=420JPEG XCOLORRANGE=LIMITED "
           "XANY=1'; echo FRAME; "
           "printf 123456789012) > c.y4m; $T run copy c.y4m -o - | cmp - c.y4m && $T run gray "
           "c.y4m -o - | head -1",
           0, "YUV4MPEG2 W4 H2 F25:1 It A10:11 Cmono XCOLORRANGE=LIMITED XANY=1\n", "");
    EXPECT("sed 's/LIMITED XANY=1/FULL/' c.y4m > d.y4m; $T run copy d.y4m -o - | cmp - d.y4m; rm "
           "c.y4m d.y4m",
           0, "", "");
}

/* The header states where kernels have put fields and the sides of a pixel, in R, G, B as on
 * planes. Unknown becomes progressive only if it must. The middle one of three rows stays where it
 * is. */
static void test_fields(void)
{
    static const struct {
        const char *pipeline;
        int height;
        const char *before, *after;
    } cases[] = {
        {"copy", 6, "It A2:1", "W8 H6 It A2:1"},
        {"gaussian", 6, "It A2:1", "W8 H6 It A2:1"},
        {"deinterlace", 6, "It A2:1", "W8 H6 Ip A2:1"},
        {"deinterlace:parity=bottom", 6, "Ib A2:1", "W8 H6 Ip A2:1"},
        {"deinterlace", 6, "Im A2:1", "W8 H6 Ip A2:1"},
        {"deinterlace", 6, "I? A0:0", "W8 H6 Ip A0:0"},
        {"rotate:angle=90", 6, "It A2:1", "W6 H8 Ip A1:2"},
        {"rotate:angle=90", 6, "I? A0:0", "W6 H8 Ip A0:0"},
        {"rotate:angle=270", 3, "Ib A10:11", "W3 H8 Ip A11:10"},
        {"rotate:angle=90,rotate:angle=90", 6, "It A2:1", "W8 H6 Ip A2:1"},
        {"rotate:angle=90,flip:axis=vertical", 6, "It A2:1", "W6 H8 Ip A1:2"},
        {"rotate:angle=180", 6, "It A2:1", "W8 H6 Ib A2:1"},
        {"rotate:angle=180", 3, "It A2:1", "W8 H3 It A2:1"},
        {"flip", 6, "It A2:1", "W8 H6 It A2:1"},
        {"flip:axis=vertical", 6, "It A2:1", "W8 H6 Ib A2:1"},
        {"flip:axis=vertical", 6, "Ib A2:1", "W8 H6 It A2:1"},
        {"flip:axis=vertical", 3, "Ib A2:1", "W8 H3 Ib A2:1"},
        {"flip:axis=vertical", 6, "Ip A2:1", "W8 H6 Ip A2:1"},
        {"flip:axis=vertical", 6, "Im A2:1", "W8 H6 Im A2:1"},
        {"flip:axis=vertical", 6, "I? A2:1", "W8 H6 I? A2:1"},
        {"flip:axis=vertical,flip:axis=vertical", 6, "It A2:1", "W8 H6 It A2:1"},
        {"flip:axis=vertical,flip,rotate:angle=180,rotate:angle=180", 6, "It A2:1",
         "W8 H6 Ib A2:1"},
        {"flip:axis=vertical,deinterlace", 6, "It A2:1", "W8 H6 Ip A2:1"},
        {"deinterlace,flip:axis=vertical", 6, "It A2:1", "W8 H6 Ip A2:1"},
        {"resize:width=4:height=6", 6, "It A2:1", "W4 H6 It A2:1"},
        {"resize:width=8:height=4", 6, "It A2:1", "W8 H4 Ip A2:1"},
        {"resize:width=8:height=12:filter=nearest,resize:width=8:height=6", 6, "It A2:1",
         "W8 H6 Ip A2:1"},
        {"levels:gamma=2", 6, "It A2:1", "W8 H6 It A2:1"},
        {"crop:y=1:x=1", 6, "It A2:1", "W7 H5 Ib A2:1"},
        {"crop:y=2:height=3", 6, "It A2:1", "W8 H3 It A2:1"},
        {"pad:top=3:left=1", 6, "Ib A2:1", "W9 H9 It A2:1"},
        {"rotate:angle=10:size=same", 6, "It A2:1", "W8 H6 Ip A2:1"},
        {"transpose", 6, "It A2:1", "W6 H8 Ip A1:2"},
        {"levels:gamma=2,deinterlace", 6, "It A2:1", "W8 H6 Ip A2:1"},
        {"levels:gamma=2,rotate:angle=90", 6, "It A2:1", "W6 H8 Ip A1:2"},
        {"matrix,flip:axis=vertical", 6, "It A2:1", "W8 H6 Ib A2:1"},
        {"matrix,resize:width=8:height=4", 6, "It A2:1", "W8 H4 Ip A2:1"},
        {"gray,rotate:angle=180", 6, "It A2:1", "W8 H6 Ib A2:1"},
    };
    char command[400], line[100];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int height = cases[i].height;
        snprintf(command, sizeof command,
                 "(echo YUV4MPEG2 W8 H%d F25:1 '%s' C420jpeg; echo FRAME; head -c %d /dev/zero) | "
                 "$T run %s - -o x.y4m && "
                 "head -1 x.y4m | cut -d ' ' -f 2,3,5,6; rm x.y4m",
                 height, cases[i].before, 8 * height + 8 * ((height + 1) / 2), cases[i].pipeline);
        snprintf(line, sizeof line, "%s\n", cases[i].after);
        EXPECT(command, 0, line, "");
    }
}

/* Whatever the number of planes, fields and aspect are flipped or rotated once. */
static void test_fields_of_planes(void)
{
    struct tri_backend *backend;
    struct tri_pipeline *pipeline;
    struct tri_job *job;
    CU_ASSERT_EQUAL_FATAL(tri_backend_open("sequential", NULL, &backend, NULL), TRI_OK);
    for (int planes = 1; planes <= 4; planes++) {
        const struct tri_shape shape = {8, 6, planes, 8};
        for (int transposed = 0; transposed < 2; transposed++) {
            CU_ASSERT_EQUAL_FATAL(
                tri_pipeline_parse(transposed ? "rotate" : "flip:axis=vertical", &pipeline, NULL),
                TRI_OK);
            CU_ASSERT_EQUAL_FATAL(tri_job_new(backend, pipeline, &shape, &job, NULL), TRI_OK);
            CU_ASSERT_EQUAL(tri_job_fields(job),
                            transposed ? TRI_FIELDS_GONE : TRI_FIELDS_EXCHANGED);
            CU_ASSERT_EQUAL(tri_job_transposed(job), transposed);
            tri_job_free(job);
            tri_pipeline_free(pipeline);
        }
    }
    tri_backend_close(backend);
}

/* The same for files of FFmpeg's libraries, whose decoders also report fields. A line: whether the
 * first frame is interlaced, and its top field first; the stream's aspect and field order. (For
 * H.264 in MP4 ffprobe prints "tt" for either order.) */
static void test_fields_in_files(void)
{
    if (shell_run("ffprobe -version")->code != 0 ||
        shell_run("$T run copy a.y4m -o f.mp4 --video-codec libx264")->code != 0 ||
        shell_run("$T run copy a.y4m -o f.mkv --video-codec mpeg2video")->code != 0) {
        test_skip("no ffprobe, or encoders that are not there");
        return;
    }
    EXPECT("sed '1s/Ip A1:1/It A2:1/' a.y4m > f.y4m; for kind in mp4,libx264 mkv,mpeg2video; do "
           "to=${kind%,*}; codec=${kind#*,}; $T run copy f.y4m -o f.$to --video-codec $codec; "
           "for p in copy flip:axis=vertical deinterlace rotate:angle=90 "
           "levels:gamma=2,rotate:angle=270 resize:width=176:height=96; do "
           "$T run $p f.$to -o g.$to --video-codec $codec && ffprobe -v error -read_intervals %+#1 "
           "-show_entries "
           "frame=interlaced_frame,top_field_first:stream=sample_aspect_ratio,field_order -of "
           "default=nw=1:nk=1 g.$to | "
           "tr '\\n' ' '; echo; done; done; rm f.y4m f.mp4 f.mkv g.mp4 g.mkv",
           0,
           "1 1 2:1 tt \n1 0 2:1 * \n0 0 2:1 progressive \n0 0 1:2 progressive \n0 0 1:2 "
           "progressive \n0 0 2:1 progressive \n"
           "1 1 2:1 tt \n1 0 2:1 bb \n0 0 2:1 progressive \n0 0 1:2 progressive \n0 0 1:2 "
           "progressive \n0 0 2:1 progressive \n",
           "");
}

/* A named pipe, with and without an extension. */
static void test_pipes(void)
{
    EXPECT("mkfifo p p.y4m; cat a.y4m > p & $T run copy p -o - | cmp - a.y4m && (cat a.y4m > p & "
           "$T run copy p -o x.y4m) && "
           "cmp x.y4m a.y4m && (cat a.y4m > p.y4m & $T run copy p.y4m -o x.y4m) && cmp x.y4m "
           "a.y4m; rm p p.y4m x.y4m",
           0, "", "");
    if (shell_run("$T run copy a.y4m -o x.mkv --video-codec ffv1")->code != 0) {
        test_skip("no ffmpeg");
        return;
    }
    EXPECT("mkfifo p.mkv; cat x.mkv > p.mkv & $T run copy p.mkv -o - | cmp - a.y4m; rm p.mkv x.mkv",
           0, "", "");
}

static void test_bad_streams(void)
{
    EXPECT("head -c 100000 a.y4m > cut.y4m; $T run invert cut.y4m -o x.y4m", 1, "",
           "triptych: cannot read cut.y4m: the file is truncated in frame 3\n");
    EXPECT("$T run invert a.y4m -o y.y4m; head -c $(stat -c %s x.y4m) y.y4m | cmp - x.y4m; "
           "[ $(stat -c %s x.y4m) -gt 76000 ]; code=$?; rm x.y4m y.y4m cut.y4m; exit $code",
           0, "", "");
    EXPECT("$T run invert none.y4m -o x.y4m; code=$?; ls x.y4m; exit $code", 1, "",
           "triptych: none.y4m has no frames\nls: *");
    EXPECT("head -c 30 a.y4m > cut.y4m; $T run invert cut.y4m -o x.y4m", 1, "",
           "triptych: cannot read cut.y4m: the header is truncated or too long\n");
    EXPECT("echo 'YUV4MPEG2 W1000000 H1000000 C420jpeg' > big.y4m; $T run invert big.y4m -o x.y4m",
           1, "",
           "triptych: cannot read big.y4m: frames of 1000000 x 1000000 pixels exceed the limit of "
           "268435456*\n");
    EXPECT("echo 'YUV4MPEG2 W0 H10' > big.y4m; $T run invert big.y4m -o x.y4m", 1, "",
           "triptych: cannot read big.y4m: unsupported header field 'W0'*\n");
    EXPECT(
        "echo 'YUV4MPEG2 H10' > big.y4m; $T run invert big.y4m -o x.y4m", 1, "",
        "triptych: cannot read big.y4m: frames of 0 x 10 pixels; each side must be 1 to 1000000\n");
    EXPECT("echo 'YUV4MPEG2 W4 H4 C999' > big.y4m; $T run invert big.y4m -o x.y4m", 1, "",
           "triptych: cannot read big.y4m: unsupported header field 'C999'*\n");
    EXPECT("printf 'YUV4MPEG2 W4 H4 C\\033[7m\\351\n' > big.y4m; $T run invert big.y4m -o x.y4m", 1,
           "", "triptych: cannot read big.y4m: unsupported header field 'C?[7m?'\n");
    EXPECT("(head -c 38073 a.y4m; echo FRAMING; head -c 90000 a.y4m) > bad.y4m; head -1 bad.y4m | "
           "wc -c; $T run copy bad.y4m -o x.y4m; "
           "code=$?; rm -f bad.y4m big.y4m cut.y4m x.y4m; exit $code",
           1, "*", "triptych: cannot read bad.y4m: frame * does not begin with FRAME\n");
    EXPECT("$T run invert a.y4m -o x.avi2", 2, "",
           "triptych: cannot write x.avi2: unknown video format 'avi2' ('triptych --version' lists "
           "the supported ones)\n");
    EXPECT("$T run invert a.y4m -o x.png && rm x.png", 0, "",
           "triptych: note: only the first frame of a.y4m is written*");
    EXPECT("$T run invert a.y4m -o no/x.y4m", 1, "",
           "triptych: cannot write no/x.y4m: No such file or directory\n");
    EXPECT("$T run invert a.y4m -o - > /dev/full", 1, "",
           "triptych: cannot write standard output: No space left on device\n");
    EXPECT("$T run invert a.y4m -o - | head -c 10 | wc -c", 0, "10\n", "");
}

/* After an interruption the file is a stream of complete frames. */
static void test_interrupted(void)
{
    CU_ASSERT_FATAL(clips_stream("long.y4m", 320, 240, "420jpeg", 1, 1, 3, 1, 200));
    EXPECT("i=10; while [ $i -le 60 ]; do timeout -s INT 0.0$i $T run median:radius=2 long.y4m -o "
           "x.y4m; "
           "[ ! -e x.y4m ] || $T run copy x.y4m -o - | cmp - x.y4m || echo broken; rm -f x.y4m; "
           "i=$((i + 5)); done; "
           "ls -A | grep triptych; rm long.y4m",
           0, "", "");
}

/* Encoders print nothing by themselves. (libx265 does not free all of its memory.) */
static void test_quiet(void)
{
    static const char *const encoders[] = {"libx265", "libsvtav1", "libx264"};
    char command[200];
    for (size_t i = 0; i < sizeof encoders / sizeof encoders[0]; i++) {
        snprintf(
            command, sizeof command,
            "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 $T run copy a.y4m -o x.mkv --video-codec %s",
            encoders[i]);
        if (shell_run(command)->code == TRI_USAGE)
            test_skip("an encoder is not there");
        else
            EXPECT(command, 0, "", "");
    }
    shell_run("rm -f x.mkv");
}

/* Without chroma there is no subsampling. */
static void test_gray(void)
{
    EXPECT("$T run gray a.y4m -o g.y4m && head -1 g.y4m && $T run gray a.y4m -o 'g%d.png' && ls "
           "g*.png | wc -l; rm g*",
           0, "YUV4MPEG2 W176 H144 *Cmono*\n20\n", "");
    if (shell_run("ffmpeg -version")->code != 0 ||
        shell_run("$T run copy a.y4m -o g.mkv --video-codec ffv1")->code != 0) {
        test_skip("no ffmpeg");
        return;
    }
    EXPECT(
        "$T run gray g.mkv -o h.mkv --video-codec ffv1 && $T run gray 10.y4m -o h.mkv "
        "--video-codec ffv1 && "
        "$T run gray g.mkv -o g.y4m && $T run gray a.y4m -o - | cmp - g.y4m; rm g.mkv h.mkv g.y4m",
        0, "", "");
    EXPECT("$T run gray a.y4m -o 'g%d.png' && $T run copy 'g%d.png' -o g.mkv --video-codec ffv1 && "
           "$T run copy g.mkv -o 'h%d.png' && "
           "cmp g7.png h7.png && $T run gray 'g%d.png' -o g.gif; rm g*.png h*.png g.mkv g.gif",
           0, "", "");
}

/* Videos become images, and those become videos again. */
static void test_sequences(void)
{
    EXPECT("$T run copy 444.y4m -o 's%02d.png' && ls s??.png && $T run copy 's%02d.png' -o s.y4m "
           "&& head -1 s.y4m",
           0, "s01.png\nYUV4MPEG2 W40 H24 F25:1 *C444*\n", "");
    EXPECT("$T run copy a.y4m -o 's%02d.png' && ls s??.png | wc -l && $T run invert,invert "
           "'s%02d.png' -o 't%d.png' && "
           "cmp s07.png t7.png; rm s*.png t*.png s.y4m",
           0, "20\n", "");
    /* Numbers from 0 become numbers from 1: no image may be overwritten before it is read. */
    EXPECT("$T run copy a.y4m -o 's%d.png' && cp s1.png s0.png && cp s2.png t.png && "
           "$T run invert 's%d.png' -o './s%d.png'; code=$?; cmp s2.png t.png && exit $code",
           2, "", "triptych: run: the result of 's0.png' would replace the input 's1.png'\n");
    EXPECT("rm s0.png; $T run invert 's%d.png' -o 's%d.png' && $T run invert 's%d.png' -o "
           "'s%d.png' && cmp s2.png t.png; "
           "rm s*.png t.png",
           0, "", "");
}

/* Black and white of limited range, 64 and 940 at ten bits, are 0 and 65535 in R, G and B; and vice
 * versa. */
static void test_levels_of_ten_bits(void)
{
    EXPECT("(echo YUV4MPEG2 W2 H1 F25:1 C444p10; echo FRAME; printf "
           "'\\100\\000\\254\\003\\000\\002\\000\\002\\000\\002\\000\\002') > l.y4m; "
           "$T run copy l.y4m -o 'l%d.ppm' && tail -c 12 l1.ppm | od -An -v -tx1; $T run matrix "
           "l.y4m -o - | tail -c 12 | od -An -v -tx1; rm l.y4m l1.ppm",
           0, " 00 00 00 00 00 00 ff ff ff ff ff ff\n 40 00 ac 03 00 02 00 02 00 02 00 02\n", "");
}

/* Noise that moves three columns to the right and two rows up from frame to frame. */
static bool make_moving(const char *name, int frames)
{
    FILE *file = fopen(shell_path(name), "wb");
    if (!file)
        return false;
    fputs("YUV4MPEG2 W70 H50 F25:1 Cmono\n", file);
    for (int frame = 0; frame < frames; frame++) {
        fputs("FRAME\n", file);
        for (int i = 0; i < 70 * 50; i++) {
            const unsigned x = (unsigned)(i % 70 - 3 * frame + 1000),
                           y = (unsigned)(i / 70 + 2 * frame + 1000);
            fputc((int)((x * 2654435761u ^ y * 40503u * 65537u) >> 13 & 255), file);
        }
    }
    return fclose(file) == 0;
}

/* Results that are not colours are gray, unless all planes are requested. */
static void test_monochrome(void)
{
    EXPECT("for p in sobel difference threshold:level=0.3 background gaussian,sobel,dilate; do "
           "$T run $p a.y4m -o x.y4m; $T run $p a.y4m -o y.y4m --planes all; for f in 0 19; do "
           "at=$(($(head -1 a.y4m | wc -c) + f * 38022 + 6)); "
           "tail -c +$((at + 1)) x.y4m | head -c 25344 > x; tail -c +$((at + 1)) y.y4m | head -c "
           "25344 | cmp - x; "
           "tail -c +$((at + 25345)) x.y4m | head -c 12672 | tr -d '\\200' | wc -c; "
           "tail -c +$((at + 25345)) y.y4m | head -c 12672 | tr -d '\\200' | wc -c | grep -v '^0'; "
           "done; done | sort | uniq -c | head -1; "
           "$T run sobel 10.y4m -o - | tail -c $((2 * 21 * 12 * 2)) | od -An -v -tx2 -w2 | sort | "
           "uniq -c; rm x x.y4m y.y4m",
           0, "     10 0\n    504  0200\n", "");
    EXPECT("$T run background:output=background a.y4m -o x.y4m; $T run "
           "background:output=background a.y4m -o - --planes all | cmp - x.y4m; "
           "rm x.y4m",
           0, "", "");
    EXPECT("$T run resize:scale=0.5,sobel a.y4m -o x.y4m && $T run copy x.y4m -o - | cmp - x.y4m; "
           "head -1 x.y4m; rm x.y4m",
           0, "YUV4MPEG2 W88 H72 *\n", "");
}

/* Black is 16 and neutral 128, unless planes are requested, for which 0 is black. A video with only
 * luma also has black. */
static void test_light(void)
{
    EXPECT("$T run fade:type=out:frames=1 a.y4m -o - | tail -c 38016 | tr '\\020\\200' 'ab' | fold "
           "-w 1 | sort | uniq -c; "
           "$T run fade:type=out:frames=1 a.y4m -o - --planes all | tail -c 38016 | tr -d '\\000' "
           "| wc -c; "
           "$T run fade:type=out:frames=1 mono.y4m -o - | tail -c 960 | tr -d '\\020' | wc -c; "
           "$T run fade:type=out:frames=1 10.y4m -o - | tail -c $((2 * 21 * 12 * 2 + 2)) | od -An "
           "-v -tx2 -w2 | sort | uniq -c",
           0, "  25344 a\n  12672 b\n0\n0\n      1  0040\n    504  0200\n", "");
    EXPECT("$T run levels:gamma=2 a.y4m -o x.y4m --planes y && tail -c 12672 x.y4m > x && tail -c "
           "12672 a.y4m | cmp - x; rm x x.y4m",
           0, "", "");
    EXPECT("$T run blend:mode=screen a.y4m -o x.y4m --on sequential --isa scalar && $T run "
           "blend:mode=screen a.y4m -o - -j 8 | "
           "cmp - x.y4m; rm x.y4m",
           0, "", "");
}

/* A line for each block of each frame, matched with its frame, on any backend and with any delays.
 */
static void test_told(void)
{
    CU_ASSERT_FATAL(make_moving("moving.y4m", 6));
    EXPECT("$T run motion moving.y4m -o x.y4m --data v.csv --on sequential && head -1 v.csv && wc "
           "-l < v.csv && "
           "grep -c '^[1-5],\\(16\\|32\\|48\\),\\(16\\|32\\),16,16,3,-2$' v.csv && grep -c ,0,0$ "
           "v.csv && grep '^0,64,48' v.csv",
           0, "frame,x,y,width,height,dx,dy\n121\n30\n20\n0,64,48,6,2,0,0\n", "");
    EXPECT("for how in '-j 1' '-j 8' '--on threads:3' '--isa scalar'; do "
           "$T run motion moving.y4m $how --data - | cmp - v.csv || exit 1; done; "
           "$T run motion,temporal_median:radius=2 moving.y4m -o /dev/null --data - | cmp - v.csv; "
           "$T run temporal_median moving.y4m -o y.y4m && $T run motion y.y4m --data w.csv && "
           "$T run temporal_median,motion,temporal_median:radius=2 moving.y4m --data - | cmp - "
           "w.csv; rm w.csv; "
           "$T run motion moving.y4m -o y.y4m --data /dev/null && cmp x.y4m y.y4m; rm y.y4m",
           0, "", "");
    if (shell_run("$T run invert a.y4m -o x.y4m --on opencl")->code != TRI_NO_DEVICE)
        EXPECT(
            "$T run motion moving.y4m --data - --on opencl | cmp - v.csv; "
            "$T run motion,temporal_median:radius=2 moving.y4m --data - --on opencl | cmp - v.csv; "
            "TRIPTYCH_OPENCL_MEMORY=copy TRIPTYCH_OPENCL_DIALECT=tiles $T run motion moving.y4m "
            "--data - --on opencl | cmp - v.csv",
            0, "", "");
    EXPECT("$T run sobel moving.y4m -o x.y4m --data w.csv; code=$?; ls w.csv; exit $code", 2, "",
           "triptych: no kernel of sobel has data for --data\nls: *");
    EXPECT("$T run motion moving.y4m -o - --data -", 2, "",
           "*only one output can go to standard output*");
    EXPECT("$T run motion moving.y4m a.y4m --data w.csv", 2, "",
           "*--data needs one video, or pictures, as input; there are several inputs*");
    EXPECT("$T run motion moving.y4m --data no/v.csv", 1, "",
           "triptych: cannot write no/v.csv: No such file or directory\n");
    EXPECT("$T run motion moving.y4m -o no/x.y4m --data v.csv; code=$?; wc -l < v.csv; rm "
           "moving.y4m v.csv x.y4m; exit $code",
           1, "121\n", "triptych: cannot write no/x.y4m*");
    EXPECT("$T run motion a.y4m --data /dev/full", 1, "",
           "triptych: cannot write /dev/full: No space left on device\n");
}

static void test_reports(void)
{
    EXPECT("$T run sobel a.y4m -o x.y4m --stages; rm x.y4m", 0, "",
           "stage *\nread *\ndecode *\nupload *\ncompute *\ndownload *\nencode *\nwrite *\ntotal "
           "*20 frames*\nlimited by *\n");
    EXPECT("$T bench sobel a.y4m --time 0.01 --json j && grep -c frames_per_s j; rm j", 0,
           "*20 frames in memory, 176x144 4:2:0 8 bits*rows*frames*", "*");
    /* Without the base there is no speed-up, and no unrequested row. */
    EXPECT("$T bench sobel a.y4m --time 0.01 --on threads:2 --json j | grep ^threads:2 | tr -d "
           "'.0-9' && "
           "grep -c '\"frames_per_s' j; rm j",
           0, "threads:* rows * -\nthreads:* frames * -\n2\n", "");
    /* More workers than frames, and a series that is restarted. */
    EXPECT("for p in levels:gamma=2 average; do $T bench $p 422.y4m --time 0.01 --on threads:5 | "
           "grep ^threads:5 | tr -d '.0-9'; done",
           0, "threads:* rows * -\nthreads:* frames * -\nthreads:* rows * -\n", "");
    EXPECT("$T bench sobel a.y4m --csv", 2, "", "*a video needs one PIPELINE*");
}

/* 20 frames at 29.97 a second. */
static void test_frame_rate(void)
{
    EXPECT("$T run copy a.y4m -o x.y4m --frame-rate 59.94 && head -1 x.y4m && grep -ao FRAME x.y4m "
           "| wc -l; rm x.y4m",
           0, "YUV4MPEG2 W176 H144 F60000:1001 *\n40\n",
           "triptych: note: x.y4m has a constant rate of 59.9401 frames/s: to keep the timing, 20 "
           "frames were repeated and 0 dropped\n");
    EXPECT("$T run copy a.y4m -o x.y4m --frame-rate 10 -q && head -1 x.y4m && grep -ao FRAME x.y4m "
           "| wc -l; rm x.y4m",
           0, "YUV4MPEG2 W176 H144 F10:1 *\n7\n", "");
    EXPECT("$T run copy a.y4m -o x.y4m --frame-rate 12.5 -q && head -1 x.y4m; rm x.y4m", 0,
           "YUV4MPEG2 W176 H144 F25:2 *\n", "");
    EXPECT("$T run copy a.y4m -o x.y4m --frame-rate every && cmp a.y4m x.y4m; rm x.y4m", 0, "", "");
    EXPECT("for r in 0 -1 1/0 x 25x ''; do $T run copy a.y4m -o x.y4m --frame-rate \"$r\" || echo "
           "$?; done",
           0, "2\n2\n2\n2\n2\n2\n",
           "triptych: run: invalid value '0' for --frame-rate or --fps; *");
    EXPECT("mkdir q; $T run copy mono.y4m -o 'q/%d.png' --frame-rate 119.88 -q && ls q && cmp "
           "q/1.png q/4.png && ! cmp -s q/4.png q/5.png; code=$?; rm -r q; exit $code",
           0, "1.png\n2.png\n3.png\n4.png\n5.png\n6.png\n7.png\n8.png\n", "");
}

int test_video_suite(void)
{
    CU_pSuite suite = CU_add_suite("video", begin, shell_end);
    return !(suite && CU_add_test(suite, "copies", test_copy) &&
             CU_add_test(suite, "the same bytes", test_same_bytes) &&
             CU_add_test(suite, "against pictures", test_against_pictures) &&
             CU_add_test(suite, "late results", test_late) &&
             CU_add_test(suite, "chains and pipes", test_chain_and_pipe) &&
             CU_add_test(suite, "second input", test_second_input) &&
             CU_add_test(suite, "comments", test_comments) &&
             CU_add_test(suite, "fields and aspect", test_fields) &&
             CU_add_test(suite, "fields and aspect of planes", test_fields_of_planes) &&
             CU_add_test(suite, "fields and aspect in files", test_fields_in_files) &&
             CU_add_test(suite, "pipes with names", test_pipes) &&
             CU_add_test(suite, "bad streams", test_bad_streams) &&
             CU_add_test(suite, "interruption", test_interrupted) &&
             CU_add_test(suite, "gray", test_gray) &&
             CU_add_test(suite, "encoders that talk", test_quiet) &&
             CU_add_test(suite, "picture sequences", test_sequences) &&
             CU_add_test(suite, "gray results", test_monochrome) &&
             CU_add_test(suite, "light", test_light) &&
             CU_add_test(suite, "data beside frames", test_told) &&
             CU_add_test(suite, "levels of ten bits", test_levels_of_ten_bits) &&
             CU_add_test(suite, "a constant rate", test_frame_rate) &&
             CU_add_test(suite, "reports", test_reports));
}
