/* test_video_segments.c -- videos encoded in parallel: --encode-parallel. Files are read by FFmpeg.
 */
#include "clips.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

/* Of `from`: times of frames in the order in which they are shown, and of decoding; contents of
 * frames; packets of sound. */
#define PACKETS(what, from) \
    "ffprobe -v error -select_streams v -show_entries packet=" what " -of csv=p=0 " from " | " \
    "grep ."
#define TIMES(from) "(" PACKETS("pts_time", from) " | sort -n; " PACKETS("dts_time", from) ")"
#define FRAMES(from) "ffmpeg -v error -i " from " -map v -f framemd5 - | grep -v '^#'"
#define SOUND(from) "ffmpeg -v error -i " from " -map a -c copy -f framemd5 - | grep -v '^#'"

static bool has_source;

static int begin(void)
{
    if (shell_begin() != 0)
        return 1;
    has_source = tri_video_writes("a.mkv", NULL) &&
                 shell_run("command -v ffprobe && ffmpeg -v error -f lavfi -i "
                           "testsrc2=s=64x48:r=25:d=4.28 -f lavfi -i sine=d=4.28 -c:v ffv1 -c:a "
                           "mp2 -pix_fmt yuv420p s.mkv")
                         ->code == 0;
    return 0;
}

static bool lacks(const char *encoder)
{
    if (!has_source)
        test_skip("ffmpeg and ffprobe are not there");
    return !has_source || clips_lack_encoder(encoder);
}

static const struct {
    const char *codec, *name;
    bool equal; /* the bytes are those of one encoder with one thread */
} cases[] = {
    {"ffv1", "mkv", true},      {"mpeg4", "mp4", true},      {"mjpeg", "avi", true},
    {"prores_ks", "mov", true}, {"mpeg2video", "ts", false}, {"libx264", "mp4", false},
    {"libx264", "ts", false},   {"libx265", "mkv", false},   {"libvpx-vp9", "webm", false},
    {"libvpx", "mkv", false},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* 107 frames are three segments of 32 and one of 11, or five of 24, the last with 11. */
static void test_numbers(void)
{
    char command[1200];
    for (int i = 0; i < CASES; i++) {
        if (lacks(cases[i].codec))
            continue;
        const char *name = cases[i].name;
        snprintf(
            command, sizeof command,
            "run() { $T run copy s.mkv -q --video-codec %s \"$@\" %s; }; run -o one.%s --on "
            "threads:1 && for n in 1 2 3 8; do run -o $n.%s --encode-parallel $n --segment 24 "
            "|| exit 1; done; run -o t.%s --encode-parallel 2 --segment 24 --on threads:1; for "
            "n in 2 3 8 t; do cmp 1.%s $n.%s || exit 1; done",
            cases[i].codec, strcmp(name, "webm") == 0 ? "--no-audio" : "", name, name, name, name,
            name);
        EXPECT(command, 0, "", "");
        const bool sound = strcmp(name, "webm") != 0;
        snprintf(
            command, sizeof command,
            "run() { $T run copy s.mkv -q --video-codec %s %s \"$@\"; }; run -o one.%s --on "
            "threads:1 && for n in 1 2 3 8; do run -o $n.%s --encode-parallel $n --segment 24 "
            "|| exit 1; done; run -o t.%s --encode-parallel 2 --segment 24 --on threads:1; for "
            "n in 2 3 8 t; do cmp 1.%s $n.%s || exit 1; done; mv one.%s one; mv 1.%s many",
            cases[i].codec, sound ? "" : "--no-audio", name, name, name, name, name, name, name);
        EXPECT(command, 0, "", "");
        EXPECT(TIMES("one") " > a; " TIMES("many") " > b; cmp a b && wc -l < a", 0, "214\n", "");
        if (cases[i].equal)
            EXPECT("cmp one many", 0, "", "");
        if (sound)
            EXPECT(SOUND("one") " > a; " SOUND("many") " > b; [ -s a ] && cmp a b", 0, "", "");
        EXPECT("rm a b one many [238t].*", 0, "", "");
    }
}

/* Without loss, the frames of one encoder come back; each segment begins with a key frame. */
static void test_lossless(void)
{
    if (!lacks("ffv1"))
        EXPECT("$T run invert s.mkv -o one.mkv --video-codec ffv1 -q && $T run invert s.mkv -o "
               "many.mkv --video-codec ffv1 --encode-parallel 3 --segment 16 && " FRAMES(
                   "one.mkv") " > one; " FRAMES("many.mkv") " | cmp - one && wc -l < one; rm one*",
               0, "107\n", "");
    if (lacks("libx264"))
        return;
    EXPECT("$T run copy s.mkv -o many.mp4 --video-codec libx264 --crf 0 --encode-parallel 3 "
           "--segment 16 && " FRAMES("s.mkv") " | cut -d, -f6 > one; " FRAMES(
               "many.mp4") " | cut -d, -f6 | cmp - one && ffprobe -v error -select_streams v "
                           "-show_entries packet=flags -of csv=p=0 many.mp4 | grep -c K; rm one "
                           "many.*",
           0, "7\n", "");
}

/* One frame; one fewer than a segment, as many, one more; and the usual length. */
static void test_lengths(void)
{
    if (lacks("libx264"))
        return;
    EXPECT("for n in 1 2 23 24 25 48 49; do $T run copy s.mkv -o one.mkv --to ${n}f -q --on "
           "threads:1 --video-codec libx264 && $T run copy s.mkv -o many.mkv --to ${n}f -q "
           "--video-codec libx264 --encode-parallel 4 --segment 24 || exit 1; " TIMES(
               "one.mkv") " > one; " TIMES("many.mkv") " | cmp - one || exit 1; wc -l < "
                                                       "one; " SOUND("one.mkv") " > one; " SOUND(
                                                           "m"
                                                           "a"
                                                           "n"
                                                           "y"
                                                           "."
                                                           "m"
                                                           "k"
                                                           "v") " | cmp - one || exit 1; [ $n -gt "
                                                                "24 ] || cmp one.mkv "
                                                                "many.mkv; done; rm one* many.*",
           0, "2\n4\n46\n48\n50\n96\n98\n", "");
    EXPECT(
        "$T run copy s.mkv -o one.mkv -q --on threads:1 --video-codec libx264 && $T run copy "
        "s.mkv -o many.mkv -q --video-codec libx264 --encode-parallel 4 && cmp one.mkv many.mkv; "
        "rm one* many.*",
        0, "", "");
}

/* Frames of different durations, among them long ones where segments meet. */
static void test_uneven(void)
{
    if (lacks("libx264"))
        return;
    EXPECT(
        "ffmpeg -v error -i s.mkv -vf \"select='gt(mod(n,7),2)',select='not(between(n,20,26))'\" "
        "-vsync vfr -c:v ffv1 -c:a copy v.mkv && for to in mkv mp4; do $T run copy v.mkv -o "
        "one.$to -q --on threads:1 --video-codec libx264 && for n in 1 3; do $T run copy v.mkv "
        "-o $n.$to --video-codec libx264 --encode-parallel $n --segment 16 || exit 1; done; cmp "
        "1.$to 3.$to || exit 1; " TIMES("one.$to") " > one; " TIMES(
            "3.$to") " | cmp - one && wc -l < one; tail -53 one | grep -v N | sort -c -n || exit "
                     "1; rm "
                     "one* [13].*; done; rm v.mkv",
        0, "106\n106\n", "");
}

static void test_constant_rate(void)
{
    if (lacks("mpeg4"))
        return;
    EXPECT("$T run copy s.mkv -o one.avi -q --on threads:1 --frame-rate 30 --video-codec mpeg4 && "
           "$T run copy s.mkv -o many.avi -q --frame-rate 30 --video-codec mpeg4 --encode-parallel "
           "3 && cmp one.avi many.avi; rm one.avi many.avi",
           0, "", "");
}

static void test_refusals(void)
{
    if (lacks("mpeg4"))
        return;
    EXPECT("$T run copy s.mkv -o a.gif --encode-parallel 2; ls a.gif", 2, "",
           "triptych: cannot write a.gif: --encode-parallel does not apply to gif, whose frames "
           "continue those before\nls: *");
    EXPECT("$T run copy s.mkv -o a.y4m --encode-parallel 2", 2, "",
           "triptych: cannot write a.y4m: --encode-parallel does not apply to this format\n");
    EXPECT("$T run copy s.mkv -o a.png --encode-parallel 2", 2, "",
           "triptych: run: --encode-parallel does not apply to pictures\n");
    EXPECT("$T run copy s.mkv -o a.mp4 --segment 20", 2, "",
           "triptych: run: --segment needs --encode-parallel\n");
    EXPECT("$T run copy s.mkv -o a.mp4 --encode-parallel 0", 2, "", "*--encode-parallel*");
    EXPECT("$T run copy s.mkv -o a.mp4 --encode-parallel 2 --segment 15", 2, "", "*--segment*");
}

/* Nothing is left, and encoders that still have frames end. */
static void test_failures(void)
{
    if (lacks("mpeg4"))
        return;
    EXPECT("$T run copy s.mkv -o /dev/full --format matroska --video-codec mpeg4 --encode-parallel "
           "3 --segment 16",
           1, "", "triptych: cannot write /dev/full: No space left on device\n");
    EXPECT("mkdir d && cd d && (ulimit -f 40; trap '' XFSZ; $T run copy ../s.mkv -o a.mkv "
           "--video-codec ffv1 --encode-parallel 3 --segment 16); ls; rmdir ../d",
           0, "", "triptych: cannot write a.mkv: File too large\n");
    EXPECT("head -c 60000 s.mkv > cut.mkv; $T run copy cut.mkv -o one.mkv -q --on threads:1 "
           "--video-codec mpeg4 2> told; echo $?; $T run copy cut.mkv -o many.mkv -q --video-codec "
           "mpeg4 --encode-parallel 3 2> told.too; echo $?; cmp one.mkv many.mkv && cmp told "
           "told.too; rm cut.mkv one.mkv many.mkv told*",
           0, "*\n*\n", "");
}

int test_video_segments_suite(void)
{
    CU_pSuite suite = CU_add_suite("video_segments", begin, shell_end);

    return !(suite && CU_add_test(suite, "any number of encoders", test_numbers) &&
             CU_add_test(suite, "frames without loss", test_lossless) &&
             CU_add_test(suite, "lengths", test_lengths) &&
             CU_add_test(suite, "a variable frame rate", test_uneven) &&
             CU_add_test(suite, "a constant frame rate", test_constant_rate) &&
             CU_add_test(suite, "refusals", test_refusals) &&
             CU_add_test(suite, "failures", test_failures));
}
