/* test_transcode.c -- videos: what remains after a failure, and the effect of options and stream
 * descriptions. */
#include "clips.h"
#include "shell.h"
#include "tests.h"

#include "video/transcode.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <string.h>

static bool has_libav; /* with the codec FFV1 */

static int begin(void)
{
    const bool begun = shell_begin() == 0 &&
                       clips_stream("a.y4m", 176, 144, "420mpeg2", 1, 1, 3, 1, 20) &&
                       clips_stream("422.y4m", 40, 24, "422", 1, 0, 3, 1, 2) &&
                       clips_stream("411.y4m", 40, 24, "411", 2, 0, 3, 1, 2);
    has_libav = begun && shell_run("$T run copy a.y4m -o a.mkv --video-codec ffv1")->code == 0;
    return !begun;
}

/* Of twenty images the sixth is damaged: five are written, however many are in flight. */
static void test_after_failure(void)
{
    EXPECT("$T run copy a.y4m -o 's%02d.png' && head -c 1000 s06.png > s && mv s s06.png && "
           "$T run copy 's%02d.png' -o five.y4m --on sequential",
           1, "", "triptych: cannot read s06.png*\n");
    EXPECT("for i in 1 2 3 4 5 6 7 8 9; do for p in copy temporal_median "
           "difference,resize:scale=0.5; do rm -f o.y4m; "
           "$T run $p 's%02d.png' -o o.y4m -j $i --on threads:4 2> err; [ $? = 1 ] || echo no "
           "failure; "
           "grep -c FRAME o.y4m | grep -v '^5$'; cat err | grep -v s06; done; done; $T run copy "
           "'s%02d.png' -o - -j 8 | cmp - five.y4m",
           0, "", "triptych: cannot read s06.png*");
    /* A flushed frame also fails: those before it are written. */
    EXPECT("for i in 1 2 3 4 5 6 7 8 9; do rm -rf d; mkdir -p d/05.png; $T run "
           "temporal_median:radius=2 's%02d.png' -o 'd/%02d.png' "
           "-j $i --on threads:4 2> err; cat err; ls d | wc -l; done | sort -u; rm -r d",
           0, "5\ntriptych: cannot read s06.png*", "");
    EXPECT("for i in 1 2 3 4 5 6 7 8 9; do rm -f t??.png; $T run invert 's%02d.png' -o 't%02d.png' "
           "-j 9 --on threads:4 2> err; echo t??.png; "
           "done | sort -u; ls -A | grep triptych; rm s??.png t??.png five.y4m o.y4m err",
           0, "t01.png t02.png t03.png t04.png t05.png\n", "");
}

/* A write failure does not replace an old file; a read failure ends the new one. */
static void test_old_files(void)
{
    EXPECT("cp a.y4m o.y4m; (trap '' XFSZ; ulimit -f 100; $T run invert a.y4m -o o.y4m); code=$?; "
           "cmp a.y4m o.y4m; ls -A | grep triptych; exit $code",
           1, "", "triptych: cannot write o.y4m: File too large\n");
    EXPECT("$T run motion a.y4m -o o.y4m --data /dev/full; code=$?; cmp a.y4m o.y4m; exit $code", 1,
           "", "triptych: cannot write /dev/full: No space left on device\n");
    EXPECT("head -c 100000 a.y4m > cut.y4m; $T run copy cut.y4m -o o.y4m -j 4; code=$?; cmp o.y4m "
           "a.y4m; grep -c FRAME o.y4m; rm o.y4m cut.y4m; exit $code",
           1, "2\n",
           "triptych: cannot read cut.y4m: the file is truncated in frame 3\ncmp: EOF*\n");
    for (int i = 0; i < 2; i++)
        EXPECT(i ? "$T run motion a.y4m -o b.y4m --data ./b.y4m"
                 : "$T run motion a.y4m -o b.y4m --data b.y4m",
               2, "",
               "triptych: run: -o 'b.y4m' and --data '*b.y4m' are the same file; use two different "
               "files\n");
}

static const struct tri_video_codec *whole;
static const char *failure_text;
static int failure_code; /* errno */
static int read_frames;

/* Two frames, then an error. */
static enum tri_status next_fails(struct tri_video_reader *reader, struct tri_frame *frame,
                                  bool *more, struct tri_error *error)
{
    *more = read_frames++ < 2;
    errno = *more ? errno : failure_code;
    return *more ? whole->next(reader, frame, more, error)
                 : tri_fail(error, TRI_FAILED, "cannot read v: %s", failure_text);
}

/* What is read up to a failure of the input is kept; not so if memory ran out. */
static void test_memory(void)
{
    static const struct {
        const char *text;
        int code;
        bool kept;
    } cases[] = {{"the file is truncated in frame 3", 0, true},
                 {"Insufficient memory (case 4)", ENOMEM, false}, /* libjpeg's words */
                 {"Read Error", ENOMEM, false},
                 {"the comment says: out of memory", EIO, true}};
    for (int i = 0; i < 4; i++) {
        const struct tri_video_write_options options = {.crf = -1};
        struct tri_video_codec codec;
        struct tri_transcode transcode = {.jobs = 2};
        struct tri_pipeline *pipeline = NULL;
        struct tri_backend *backend = NULL;
        struct tri_error error;
        failure_text = cases[i].text;
        failure_code = cases[i].code;
        read_frames = 0;
        CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse("invert", &pipeline, &error), TRI_OK);
        CU_ASSERT_EQUAL_FATAL(tri_backend_open("sequential", NULL, &backend, &error), TRI_OK);
        CU_ASSERT_EQUAL_FATAL(tri_video_open(shell_path("a.y4m"), NULL, &transcode.reader, &error),
                              TRI_OK);
        CU_ASSERT_EQUAL_FATAL(tri_filter_new(backend, pipeline, &transcode.reader->video,
                                             TRI_ANY_COLOUR, TRI_CHROMA_USUAL, &transcode.filter,
                                             &error),
                              TRI_OK);
        CU_ASSERT_EQUAL_FATAL(tri_video_create(shell_path("m.y4m"),
                                               tri_filter_video(transcode.filter), &options,
                                               &transcode.writer, &error),
                              TRI_OK);
        whole = transcode.reader->codec;
        codec = *whole;
        codec.next = next_fails;
        transcode.reader->codec = &codec;
        CU_ASSERT_EQUAL(tri_transcode_run(&transcode, &error), TRI_FAILED);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, cases[i].text));
        CU_ASSERT_EQUAL(transcode.intact, cases[i].kept);
        CU_ASSERT_EQUAL(transcode.frames, 2);
        tri_video_end(transcode.writer, TRI_FAILED, &error);
        transcode.reader->codec = whole;
        tri_video_close(transcode.reader);
        tri_filter_free(transcode.filter);
        tri_backend_close(backend);
        tri_pipeline_free(pipeline);
    }
}

/* If nobody reads one output, nothing of the other is left over. */
static void test_closed_pipe(void)
{
    EXPECT("$T run motion a.y4m -o - --data p.csv | head -c 100 | wc -c; ls -A | grep triptych; ls "
           "*.csv",
           2, "100\n", "ls: *");
    EXPECT("$T run motion a.y4m -o p.y4m --data - | head -c 10 | wc -c; ls -A | grep triptych; ls "
           "p.y4m",
           2, "10\n", "ls: *");
    EXPECT("($T run motion a.y4m -o -; echo $? >&2) | head -c 100 | wc -c", 0, "100\n", "141\n");
}

/* Without -o nothing is written, so nothing of it is noted or refused. */
static void test_data_alone(void)
{
    if (!has_libav || shell_run("$T run copy a.y4m -o a.gif")->code != 0) {
        test_skip("no GIF");
        return;
    }
    EXPECT("$T run motion a.gif -o o.y4m --data with.csv", 0, "",
           "triptych: note: o.y4m: the format cannot store endless looping\n");
    EXPECT("$T run motion a.gif --data alone.csv && cmp with.csv alone.csv && wc -l < alone.csv && "
           "rm a.gif o.y4m with.csv alone.csv",
           0, "1981\n", "");
    EXPECT("$T run motion a.y4m --data d.csv --crf 20; ls d.csv", 2, "",
           "triptych: cannot write /dev/null: --video-codec and --crf do not apply to this "
           "format\nls: *");
}

/* A pipe without input can be interrupted. */
static void test_stalled_pipe(void)
{
    EXPECT(
        "mkfifo pipe; start=$(date +%s); (cat a.y4m; exec sleep 30) > pipe 2> err & timeout -s INT "
        "4 $T run copy - -o b.y4m < pipe; code=$?; "
        "[ $(($(date +%s) - start)) -lt 20 ] || echo late; cmp a.y4m b.y4m; rm b.y4m; exit $code",
        124, "", "");
    if (!has_libav) {
        test_skip("no FFV1");
        return;
    }
    EXPECT("start=$(date +%s); (cat a.mkv; exec sleep 30) > pipe 2> err & timeout -s INT 4 $T run "
           "copy - -o b.mkv < pipe; code=$?; "
           "[ $(($(date +%s) - start)) -lt 20 ] || echo late; $T run copy b.mkv -o - | head -c 9; "
           "rm b.mkv pipe err; exit $code",
           124, "YUV4MPEG2", "");
}

/* A second input must be of the same kind, is read to its end, and has its damage reported. */
static void test_second_input(void)
{
    EXPECT("mkdir w; $T run copy a.y4m -o 'w/w%02d.png' && cp w/w20.png w/w00.png && cp w/w05.png "
           "old.png; $T run copy a.y4m -o 'v%02d.png'; "
           "$T run blend 'v%02d.png' --with 'w/w%02d.png' -o 'w/w%02d.png'; code=$?; cmp w/w05.png "
           "old.png; exit $code",
           2, "", "triptych: run: the result of 'v01.png' would replace the input 'w/w01.png'\n");
    EXPECT("$T run copy 'v%02d.png' -o v.y4m; $T run blend v.y4m --with 'v%02d.png' -o x.y4m", 2,
           "",
           "triptych: v.y4m has full-range Y'CbCr, but v%02d.png has R, G, B; convert one of them "
           "first\n");
    EXPECT("sed '1s/$/ XCOLORRANGE=FULL/' a.y4m > full.y4m; $T run difference a.y4m --with "
           "full.y4m -o x.y4m; code=$?; "
           "rm -r w v??.png v.y4m full.y4m old.png; exit $code",
           2, "",
           "triptych: a.y4m has limited-range Y'CbCr, but full.y4m has full-range Y'CbCr; *\n");
    EXPECT("for p in fade,difference temporal_denoise background average:frames=3 temporal_median "
           "invert; do "
           "$T run $p a.y4m --with a.y4m -o x.y4m; echo $?; done | uniq -c",
           0, "*6 2\n", "*");
    EXPECT("$T run invert a.y4m -o b.y4m; $T run difference a.y4m --with b.y4m -o x.y4m; cat b.y4m "
           "| $T run difference a.y4m --with - -o - | cmp - x.y4m; "
           "mkfifo q; cat b.y4m > q & $T run difference a.y4m --with q -o - | cmp - x.y4m; rm q "
           "b.y4m x.y4m",
           0, "", "");
    EXPECT("mkfifo p q; $T run difference p --with q -o x.y4m; code=$?; rm p q; exit $code", 2, "",
           "triptych: run: only one of 'p' and 'q' can be a pipe*\n");
    EXPECT("$T run difference a.y4m --with none -o x.y4m", 1, "",
           "triptych: cannot read none: No such file or directory\n");
    EXPECT("$T run difference - --with - -o x.y4m", 2, "",
           "*only one input can come from standard input*");
    if (!has_libav)
        test_skip("no FFV1");
    else
        EXPECT("head -c 200000 a.mkv > cut.mkv; $T run difference a.y4m --with cut.mkv -o x.y4m; "
               "code=$?; rm cut.mkv x.y4m; exit $code",
               1, "", "triptych: note: cut.mkv: damaged at about frame *\n");
}

/* Image options and limits also apply to sequences and videos. */
static void test_options(void)
{
    EXPECT(
        "$T run copy a.y4m -o 's%d.xyz' --format jpeg && head -c 3 s7.xyz | od -An -tx1; rm s*.xyz",
        0, " ff d8 ff\n", "");
    EXPECT("$T run copy a.y4m -o x.y4m --format png; head -c 4 x.y4m | od -An -tx1; rm x.y4m", 0,
           " 89 50 4e 47\n", "triptych: note: only the first frame of a.y4m is written*");
    EXPECT("$T run copy a.y4m -o 's%d.jpg' --quality 5 && $T run copy a.y4m -o 't%d.jpg' --quality "
           "95 && "
           "[ $(($(wc -c < s3.jpg) * 3)) -lt $(wc -c < t3.jpg) ]; code=$?; rm s*.jpg t*.jpg; exit "
           "$code",
           0, "", "");
    for (int i = 0; i < 2; i++)
        EXPECT(i ? "$T run copy a.y4m -o x.y4m --crf 20"
                 : "$T run copy a.y4m -o 'x%d.png' --video-codec ffv1",
               2, "",
               "triptych: cannot write x*: --video-codec and --crf do not apply to this format\n");
    EXPECT("$T run copy a.y4m -o x.y4m --on sequential --jobs 2", 2, "",
           "triptych: run: --on sequential runs one job at a time; *\n");
    EXPECT("$T bench sobel a.y4m --on sequential --end-to-end --json - | grep -cE "
           "'stages_ms|limit|\"compute\"|verified'",
           0, "3\n", "*");
    EXPECT("$T run copy a.y4m -o x.y4m --max-pixels 25343", 1, "",
           "triptych: cannot read a.y4m: frames of 176 x 144 pixels exceed the limit of 25343; "
           "raise it with --max-pixels\n");
    EXPECT("$T run copy a.y4m -o 's%d.png'; $T run copy 's%d.png' -o x.y4m --max-pixels 25343; "
           "code=$?; rm s*.png; exit $code",
           1, "", "triptych: cannot read s1.png: 176 x 144 pixels exceed the limit of 25343*\n");
    EXPECT("$T run copy a.y4m -o 's%d.jpg'; "
           "(printf '\\377\\330\\377\\376\\000\\007hello'; tail -c +3 s2.jpg) > s && mv s s2.jpg; "
           "$T run copy 's%d.jpg' -o 't%d.jpg' && grep -c hello t*.jpg | grep -v :0; $T run copy "
           "'s%d.jpg' -o 't%d.jpg' --strip; grep -l hello t*.jpg; rm s*.jpg t*.jpg",
           0, "t2.jpg:1\n", "");
}

/* The content determines a file's format, not its name. */
static void test_content(void)
{
    EXPECT("cp $ROOT/images/alpha.png p.gif; $T run copy p.gif -o p.png && $T run copy "
           "$ROOT/images/alpha.png -o - | cmp - p.png; rm p.gif p.png",
           0, "", "");
    EXPECT("$T run copy nothing -o x.mkv", 1, "",
           "triptych: cannot read nothing: No such file or directory\n");
    EXPECT("echo what > bad; $T run copy bad -o x.mkv; code=$?; rm bad; exit $code", 2, "",
           "triptych: run: 'x.mkv' is a video, which needs a video, a file of several pictures or "
           "a pattern (in-%04d.png) as input; 'bad' is none of these\n");
    if (!has_libav) {
        test_skip("no FFV1");
        return;
    }
    EXPECT("mkfifo p.mkv; $T run copy a.y4m -o p.mkv & head -c 4 p.mkv | od -An -tx1; rm p.mkv", 0,
           " 1a 45 df a3\n", "");
    EXPECT("$T run copy a.y4m -o t.ts && cat t.ts | $T run copy - -o - | head -c 9; rm t.ts", 0,
           "YUV4MPEG2", "");
}

/* A stream's description is true of its samples. */
static void test_descriptions(void)
{
    EXPECT("$T run rotate:angle=90 411.y4m -o x.y4m", 2, "",
           "triptych: cannot write x.y4m: Y4M cannot store chroma with 1/1 of the columns and 1/4 "
           "of the rows\n");
    EXPECT("$T run rotate:angle=90 422.y4m -o - | head -1", 0, "YUV4MPEG2 W24 H40 *C440*\n", "");
    /* Red stays red: the matrix is the one that readers assume for this height. */
    EXPECT("printf 'P6 2 2 255 \\377\\0\\0\\377\\0\\0\\377\\0\\0\\377\\0\\0' > r1.ppm; $T run copy "
           "r%d.ppm -o r.y4m && $T run copy r.y4m -o o%d.ppm && "
           "tail -c 12 o1.ppm | od -An -tx1; $T run resize:width=2:height=1000:filter=nearest "
           "r%d.ppm -o r.y4m && $T run copy r.y4m -o o%d.ppm && "
           "tail -c 3 o1.ppm | od -An -tx1; rm r1.ppm r.y4m o1.ppm",
           0, " fe 00 00 fe 00 00 fe 00 00 fe 00 00\n fe 00 00\n", "");
    if (!has_libav) {
        test_skip("no FFV1");
        return;
    }
    EXPECT("$T run copy 422.y4m -o x.mp4 && $T run copy x.mp4 -o - | head -1; rm x.mp4", 0,
           "YUV4MPEG2 W40 H24 *C4*\n", "");
    EXPECT("(echo YUV4MPEG2 W2 H1 F25:1 C444; echo FRAME; printf '\\020\\353\\200\\200\\200\\200') "
           "> l.y4m; $T run gray l.y4m -o g.mkv --video-codec ffv1 && "
           "$T run copy g.mkv -o 'g%d.pgm' && tail -c 2 g1.pgm | od -An -v -tx1; rm l.y4m g.mkv "
           "g1.pgm",
           0, " 00 ff\n", "");
}

/* Planes of limited range have their own black and white; gray stays gray. */
static void test_levels(void)
{
    EXPECT("(echo YUV4MPEG2 W4 H1 F25:1 C444; for i in 1 2 3; do echo FRAME; printf "
           "'\\020\\353\\144\\377\\200\\200\\200\\020\\200\\200\\200\\360'; done) > l.y4m; "
           "$T run invert l.y4m -o - | tail -c 12 | od -An -v -tx1",
           0, " eb 10 97 00 80 80 80 f0 80 80 80 10\n", "");
    EXPECT("$T run fade:frames=2 l.y4m -o - | tail -c 48 | head -c 12 | od -An -v -tx1; $T run "
           "fade:frames=2 l.y4m -o - | tail -c 30 | head -c 12 | od -An -v -tx1; "
           "$T run fade:frames=2 l.y4m -o - | tail -c 12 > t; tail -c 12 l.y4m | cmp - t; rm t",
           0, " 10 10 10 10 80 80 80 80 80 80 80 80\n 10 7e 3a 88 80 80 80 48 80 80 80 b8\n", "");
    EXPECT("for p in invert fade:frames=7 invert,invert; do $T run $p a.y4m -o x.y4m --on "
           "sequential --isa scalar; "
           "$T run $p a.y4m -o - --on threads:3 -j 5 | cmp - x.y4m; $T run --on opencl $p a.y4m -o "
           "- > y.y4m 2> err; code=$?; "
           "[ $code = 4 ] || cmp x.y4m y.y4m; done; rm x.y4m y.y4m err",
           0, "", "");
    EXPECT("$T run invert --planes all l.y4m -o - | tail -c 12 | od -An -v -tx1; rm l.y4m", 0,
           " ef 14 9b 00 7f 7f 7f ef 7f 7f 7f 0f\n", "");
}

/* Kernels that work on planes also do so when R, G, B are requested. */
static void test_planes_as_pictures(void)
{
    EXPECT("for o in '--planes all' '--planes y' '' ; do for p in sobel gaussian:sigma=2 "
           "difference invert temporal_median; do "
           "$T run $p $o a.y4m -o 's%d.png' && $T run $p $o a.y4m -o m.y4m && $T run copy m.y4m -o "
           "'t%d.png' && "
           "cmp s1.png t1.png && cmp s20.png t20.png; done; done; rm m.y4m",
           0, "", "");
    EXPECT("$T run invert --planes y a.y4m -o 't%d.png' && cmp -s s3.png t3.png && echo same; $T "
           "run sobel a.y4m -o 's%d.ppm'; "
           "tail -c +16 s9.ppm | od -An -v -tx1 -w3 | awk '$1 != $2 || $2 != $3' | wc -l; rm "
           "s*.png t*.png s*.ppm",
           0, "0\n", "");
    EXPECT("$T run copy a.y4m -o 's%d.png' && $T run gaussian:sigma=3 's%d.png' -o g.y4m && $T run "
           "gaussian:sigma=3 's%d.png' -o 't%d.png' && "
           "$T run copy 't%d.png' -o - | cmp - g.y4m; rm s*.png t*.png g.y4m",
           0, "", "");
}

/* Chroma's size follows luma's, and deinterlace keeps the field that the stream declares as first.
 */
static void test_sizes_and_fields(void)
{
    EXPECT("for s in 0.12 0.3333 0.77 1.7; do $T run resize:scale=$s a.y4m -o x.y4m && $T run "
           "resize:scale=$s,rotate:angle=90,resize:scale=0.7 422.y4m -o x.y4m; done; rm x.y4m",
           0, "", "");
    EXPECT("sed '1s/ Ip / Ib /' a.y4m > b.y4m; for s in a b; do for p in deinterlace "
           "resize:height=50 flip:axis=vertical rotate:angle=180 "
           "'rotate,rotate:angle=270'; do $T run $p,deinterlace $s.y4m -o x.y4m; $T run $p $s.y4m "
           "-o - | $T run deinterlace - -o - | cmp - x.y4m || echo $p; done; done; rm x.y4m b.y4m",
           0, "", "");
    EXPECT("$T run resize:scale=0.5 a.y4m --planes y -o x.y4m", 2, "",
           "triptych: resize:scale=0.5 makes 88 x 72 pixels of luma but 88 x 72 of chroma, *\n");
    EXPECT("sed '1s/ Ip / Ib /' a.y4m > b.y4m; sed '1s/ Ip / It /' a.y4m > t.y4m; $T run "
           "deinterlace:parity=bottom a.y4m -o x.y4m; "
           "$T run deinterlace b.y4m -o - | cmp - x.y4m; $T run gray,deinterlace:parity=bottom "
           "b.y4m -o x.y4m; $T run gray,deinterlace b.y4m -o - | cmp - x.y4m; "
           "$T run deinterlace:parity=top t.y4m -o x.y4m; $T run deinterlace t.y4m -o - | cmp - "
           "x.y4m; "
           "$T run flip:axis=vertical,deinterlace:parity=bottom t.y4m -o x.y4m; $T run "
           "flip:axis=vertical,deinterlace t.y4m -o - | cmp - x.y4m; rm b.y4m t.y4m x.y4m",
           0, "", "");
}

/* Names of tracks come through a pipe, also one with a path, if the index comes first; boxes of
 * every size and a file cut anywhere do no harm. */
static void test_track_names(void)
{
    if (!has_libav || shell_run("ffmpeg -version")->code != 0 ||
        shell_run("ffmpeg -v error -y -i a.y4m -c:v mpeg4 -metadata:s:v title=Pictures -movflags "
                  "+faststart n.mp4")
                ->code != 0) {
        test_skip("no ffmpeg");
        return;
    }
    EXPECT("mkfifo p; for from in n.mp4 - p; do (cat n.mp4 > p &) ; $T run copy $from -o t.mkv "
           "--video-codec ffv1 < n.mp4 || exit 1; [ $from = p ] || cat p > o; ffprobe -v error "
           "-show_entries stream_tags=title -of default=nk=1:nw=1 t.mkv; done",
           0, "Pictures\nPictures\nPictures\n", "");
    EXPECT(
        "for n in 4 20 33 40 60 100 500 700 900; do head -c $n n.mp4 | $T run copy - -o t.y4m 2> "
        "err; code=$?; [ $code = 1 ] || [ $code = 2 ] || echo $n; done; rm -f p t.mkv n.mp4 o err "
        "t.y4m",
        0, "", "");
}

/* Matrices of their own weights, which are not told apart from usual ones. */
static void test_old_matrices(void)
{
    if (!has_libav ||
        shell_run("ffmpeg -v error -y -i a.y4m -c:v ffv1 -colorspace smpte240m m.mkv && "
                  "ffmpeg -v error -y -i a.y4m -c:v ffv1 -colorspace fcc f.mkv && "
                  "ffmpeg -v error -y -i a.y4m -c:v ffv1 -colorspace bt709 s.mkv")
                ->code != 0) {
        test_skip("no ffmpeg");
        return;
    }
    EXPECT(
        "for f in m f s; do $T run copy $f.mkv -o t.mkv --video-codec ffv1; done; rm m.mkv f.mkv "
        "s.mkv t.mkv",
        0, "",
        "triptych: note: m.mkv: the colour matrix (SMPTE 240M) is taken for BT.709\n"
        "triptych: note: f.mkv: the colour matrix (FCC) is taken for BT.601\n");
}

int test_transcode_suite(void)
{
    CU_pSuite suite = CU_add_suite("transcode", begin, shell_end);
    return !(suite && CU_add_test(suite, "behind a failure", test_after_failure) &&
             CU_add_test(suite, "old files", test_old_files) &&
             CU_add_test(suite, "out of memory", test_memory) &&
             CU_add_test(suite, "closed pipes", test_closed_pipe) &&
             CU_add_test(suite, "stalled pipes", test_stalled_pipe) &&
             CU_add_test(suite, "second inputs", test_second_input) &&
             CU_add_test(suite, "options", test_options) &&
             CU_add_test(suite, "content, not names", test_content) &&
             CU_add_test(suite, "descriptions", test_descriptions) &&
             CU_add_test(suite, "black and white", test_levels) &&
             CU_add_test(suite, "planes, then pictures", test_planes_as_pictures) &&
             CU_add_test(suite, "sizes and fields", test_sizes_and_fields) &&
             CU_add_test(suite, "data alone", test_data_alone) &&
             CU_add_test(suite, "names of tracks", test_track_names) &&
             CU_add_test(suite, "old matrices", test_old_matrices));
}
