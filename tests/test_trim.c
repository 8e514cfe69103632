/* test_trim.c -- parts of videos: --from, --to, --duration. */
#include "clips.h"
#include "libav_files.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes "want.y4m" of frames of a Y4M file with frames of `size` bytes. */
static void make_wanted(const char *from, int size, int first, int count)
{
    char command[300];

    snprintf(command, sizeof command,
             "{ head -n 1 %s; tail -n +2 %s | tail -c +%d | head -c %d; } > want.y4m", from, from,
             first * (size + 6) + 1, count * (size + 6));
    EXPECT(command, 0, "", "");
}

/* ---- Y4M, sequences ---- */

static const struct {
    const char *options;
    int first, count;
} parts[] = {
    {"--from 2f", 2, 5},
    {"--from 2f --to 5f", 2, 3},
    {"--from 2f --duration 2f", 2, 2},
    {"--to 3f", 0, 3},
    {"--from 0", 0, 7},
    {"--from 0f --duration 1f", 0, 1},
    {"--from 6f", 6, 1},
    {"--from 0.0667334", 2, 5},              /* the second frame's time, and a little more */
    {"--from 0.066733 --to 0.100100", 2, 1}, /* as printed */
    {"--from 0.0668 --to 0.1002", 3, 1},     /* just after frames 2 and 3 */
    {"--from 0:00.05 --duration 0.1", 2, 3},
    {"--from 00:00:00.05 --duration 2f", 2, 2},
    {"--from 1f --to 0.1", 1, 2},
    {"--from 0.05 --to 4f", 2, 2},
    {"--duration 0.05", 0, 2},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static void expect_part(const char *command, int i)
{
    char text[500];

    snprintf(text, sizeof text, command, parts[i].options);
    EXPECT(text, 0, "", "");
}

static void test_y4m(void)
{
    CU_ASSERT_TRUE_FATAL(clips_stream("v.y4m", 40, 24, "420jpeg", 1, 1, 3, 1, 7));
    for (int i = 0; i < PARTS; i++) {
        make_wanted("v.y4m", 40 * 24 * 3 / 2, parts[i].first, parts[i].count);
        expect_part("$T run copy v.y4m -o o.y4m %s && cmp o.y4m want.y4m", i);
        expect_part("cat v.y4m | $T run copy - -o - %s | cmp - want.y4m", i);
        expect_part("$T run copy v.y4m -o o.y4m %s --on sequential && cmp o.y4m want.y4m", i);
    }
    EXPECT("rm o.y4m", 0, "", "");
}

/* As if the video were no more than its part: also for kernels over time, and both inputs. */
static void test_kernels(void)
{
    make_wanted("v.y4m", 40 * 24 * 3 / 2, 2, 4);
    EXPECT("for k in difference temporal_median fade deinterlace; do $T run $k v.y4m -o a.y4m "
           "--from 2f --to 6f && $T run $k want.y4m -o b.y4m && cmp a.y4m b.y4m; done",
           0, "", "");
    EXPECT(
        "$T run invert v.y4m -o i.y4m && $T run difference v.y4m --with i.y4m -o a.y4m --from 2f "
        "--to 6f && $T run difference v.y4m --with i.y4m -o all.y4m",
        0, "", "");
    make_wanted("all.y4m", 40 * 24 * 3 / 2, 2, 4);
    EXPECT("tail -n +2 a.y4m > a && tail -n +2 want.y4m | cmp - a", 0, "", "");
    EXPECT("$T run motion v.y4m --data - --from 5f | cut -d, -f1 | uniq", 0, "frame\n0\n1\n", "");
    EXPECT("$T run copy v.y4m -o one.png --from 3f -q && $T run copy v.y4m -o two.png --frame 4 && "
           "cmp one.png two.png; rm one.png two.png *.y4m a",
           0, "", "");
}

static void test_sequence(void)
{
    CU_ASSERT_TRUE_FATAL(clips_stream("v.y4m", 40, 24, "mono", 1, 1, 1, 1, 7));
    EXPECT("$T run copy v.y4m -o 's-%d.png' && $T run copy 's-%d.png' -o 'p/%d.png' --from 2f --to "
           "0.2 && ls p && cmp p/1.png s-3.png && cmp p/3.png s-5.png; rm -r p",
           0, "1.png\n2.png\n3.png\n", "");
    EXPECT("$T run copy 's-%d.png' -o 's-%d.png' --from 2f", 2, "", "triptych: *s-*.png*");
    EXPECT("rm s-*.png v.y4m", 0, "", "");
}

/* ---- errors ---- */

static void test_wrong(void)
{
    CU_ASSERT_TRUE_FATAL(clips_stream("v.y4m", 40, 24, "420jpeg", 1, 1, 3, 1, 7));
    EXPECT("for t in '' x f 2ff -1 -1f 1.5f +2f 1:2:3:4 1.5:2 1: :1 1e3 inf nan 0x1 ' 1' 1:05s; do "
           "for o in from to duration; do $T run copy v.y4m -o o.y4m --$o \"$t\" 2>&1 | grep -c "
           "\"for --$o; expected a time like 90.5 or 1:30.5, or a number of frames like 25f\"; "
           "done; done | sort | uniq -c | tr -d ' '",
           0, "541\n", "");
    EXPECT("$T run copy v.y4m -o o.y4m --from 7f", 2, "",
           "triptych: v.y4m has 7 frames: there is no frame 8\n");
    EXPECT("cat v.y4m | $T run copy - -o o.y4m --from 7f", 2, "",
           "triptych: standard input has 7 frames: there is no frame 8\n");
    EXPECT("$T run copy v.y4m -o o.y4m --from 0.21", 2, "",
           "triptych: v.y4m ends after 0.234 s: it has no frame at 0.210 s or later\n");
    EXPECT(
        "$T run copy v.y4m -o o.y4m --from 0.034 --to 0.06", 2, "",
        "triptych: v.y4m has no frames in this part: its first frame is at 0.067 s, and the part "
        "ends before 0.060 s\n");
    EXPECT(
        "$T run copy v.y4m -o o.y4m --from 0.1 --to 2f", 2, "",
        "triptych: v.y4m has no frames in this part: its first frame is at 0.100 s, and the part "
        "ends before frame 3\n");
    EXPECT("$T run copy v.y4m -o o.y4m --from 2 --to 1", 2, "",
           "triptych: run: --to is not after --from, so there are no frames between them*");
    EXPECT("$T run copy v.y4m -o o.y4m --from 3f --to 3f", 2, "",
           "triptych: run: --to is not after --from, so there are no frames between them*");
    EXPECT("$T run copy v.y4m -o o.y4m --to 0", 2, "",
           "triptych: run: there are no frames before the end of the part; raise --to*");
    EXPECT("$T run copy v.y4m -o o.y4m --duration 0f", 2, "",
           "triptych: run: there are no frames before the end of the part; raise --duration*");
    EXPECT("$T run copy v.y4m -o o.y4m --to 1 --duration 1", 2, "",
           "triptych: run: --to and --duration both say where the part ends; remove one of them*");
    EXPECT("$T run copy v.y4m -o o.png --frame 1 --from 1", 2, "",
           "triptych: run: --frame names one frame; remove --from, --to and --duration*");
    EXPECT("$T run copy $ROOT/images/street.png -o o.png --from 1", 2, "",
           "triptych: run: --from, --to and --duration are for videos and animations; the input is "
           "neither*");
    EXPECT("$T run copy $ROOT/images/street.png v.y4m -o o/ --from 1f", 2, "",
           "triptych: run: --from, --to and --duration are for videos and animations; some inputs "
           "are pictures*");
    EXPECT("ls o.y4m o.png o 2>/dev/null", 2, "", "");
    /* All of it is written. */
    EXPECT("$T run copy v.y4m -o o.y4m --from 5f --to 9f; grep -ac FRAME o.y4m; rm o.y4m", 0, "2\n",
           "triptych: note: v.y4m ends before the part does, which is to end at frame 10\n");
    EXPECT("$T run copy v.y4m -o o.y4m --to 7f && cmp v.y4m o.y4m; rm o.y4m", 0, "", "");
    EXPECT("$T run copy v.y4m -o o.y4m --to 0.233567 && cmp v.y4m o.y4m; rm o.y4m", 0, "", "");
    EXPECT("$T run copy v.y4m -o o.y4m --from 2f --duration 0.2 -q; $T run copy v.y4m -o o.y4m "
           "--to 0.3; rm o.y4m",
           0, "", "triptych: note: v.y4m ends before the part does, which is to end at 0.300 s\n");
    /* What is after the part is not read. */
    EXPECT(
        "head -c 4000 v.y4m > c.y4m; $T run copy c.y4m -o o.y4m --to 2f && grep -ac FRAME o.y4m; "
        "rm o.y4m c.y4m v.y4m",
        0, "2\n", "");
}

/* ---- animations ---- */

static void test_animations(void)
{
    if (!tri_video_writes("a.gif", NULL)) {
        test_skip("no libav");
        return;
    }
    CU_ASSERT_TRUE_FATAL(clips_stream("v.y4m", 40, 24, "mono", 1, 1, 1, 1, 7));
    EXPECT("$T run copy v.y4m -o a.gif --frame-rate 10 -q && $T run copy a.gif -o a.png && $T run "
           "copy a.gif -o 's-%d.png' -q",
           0, "", "");
    EXPECT("for i in a.gif a.png; do for o in o.png o.gif; do $T run copy $i -o $o --from 0.1 --to "
           "2f && $T run copy $o -o 'p-%d.png' -q && ls p-* && { [ $o = o.gif ] || cmp "
           "p-1.png s-2.png; }; rm $o p-*; "
           "done; done",
           0, "p-1.png\np-1.png\np-1.png\np-1.png\n", "");
    EXPECT("rm a.gif a.png s-*.png v.y4m", 0, "", "");
}

/* ---- containers ---- */

static const char srt[] = "1\n00:00:01,000 --> 00:00:04,500\nfirst\n\n"
                          "2\n00:00:05,000 --> 00:00:06,000\nsecond\n\n"
                          "3\n00:00:06,500 --> 00:00:09,500\nthird\n\n";

static bool make_sources(void)
{
    FILE *file = fopen(shell_path("s.srt"), "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(srt, file);
    fclose(file);
    if (system("command -v ffmpeg ffprobe > /dev/null") != 0 || !tri_video_writes("a.mkv", NULL)) {
        test_skip("no ffmpeg");
        return false;
    }
    EXPECT("printf ';FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=4000\ntitle=one\n"
           "[CHAPTER]\nTIMEBASE=1/1000\nSTART=4000\nEND=10000\ntitle=two\n' > c.txt; "
           "F='ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=s=64x48:r=25:d=10 -f lavfi -i "
           "sine=d=10'; $F -i s.srt -i c.txt -map 0 -map 1 -map 2 -map_metadata 3 -c:v mpeg4 -g 12 "
           "-bf 2 -timecode 01:00:00:00 -c:a aac -c:s mov_text a.mp4 && "
           "$F -i s.srt -i c.txt -map 0 -map 1 -map 2 -map_metadata 3 -c:v mpeg4 -g 60 -bf 2 -c:a "
           "flac "
           "-c:s srt a.mkv && $F -c:v mpeg4 -g 12 -c:a pcm_s16le a.avi && $F -c:v "
           "mpeg2video -g 12 -bf 2 -c:a mp2 a.ts",
           0, "", "");
    return true;
}

/* Frame by frame the same as in the whole video. */
static void expect_frames(const char *source, double start)
{
    static const struct {
        const char *options;
        double from, to;
    } cases[] = {
        {"--from 3.01 --to 7.2", 3.01, 7.2},       {"--from 0.5 --duration 20f", 0.5, 1.2999},
        {"--from 76f --to 180f", 3.04, 7.2},       {"--to 3f", 0, 0.12},
        {"--from 9.8 --duration 3f", 9.8, 9.9199}, {"--from 5 --to 130f", 5, 5.2},
        {"--from 8.03 --to 8.1", 8.03, 8.1},
    };
    char command[500];

    snprintf(command, sizeof command, "$T run copy %s -o all.y4m -q", source);
    EXPECT(command, 0, "", "");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const bool frames = strstr(cases[i].options, "76f") || strstr(cases[i].options, "3f ");
        const double late = frames ? 0 : start;
        const int first = (int)ceil((cases[i].from - late) * 25 - 1e-4),
                  end = (int)ceil((cases[i].to - late) * 25 - 1e-4);
        make_wanted("all.y4m", 64 * 48 * 3 / 2, first > 0 ? first : 0,
                    end - (first > 0 ? first : 0));
        snprintf(command, sizeof command,
                 "$T run copy %s -o o.y4m -q %s && tail -n +2 o.y4m > o && tail -n +2 want.y4m | "
                 "cmp - o",
                 source, cases[i].options);
        EXPECT(command, 0, "", "");
    }
    EXPECT("rm o o.y4m all.y4m", 0, "", "");
}

static void test_containers(void)
{
    if (!make_sources())
        return;
    expect_frames("a.mp4", 0);
    expect_frames("a.mkv", 0);
    expect_frames("a.avi", 0);
    expect_frames("a.ts", 481 / 44100.0); /* sound begins earlier */
}

/* Sound begins at most two packets before the first frame and one after it, and ends at most one
 * after the last. */
static void expect_sound(const char *source, const char *result)
{
    char command[300];

    snprintf(command, sizeof command, "$T run copy %s -o %s --from 3.03 --to 7.2 --no-subtitles -q",
             source, result);
    EXPECT(command, 0, "", "");
    const struct shown shown = libav_shown(shell_path(result));
    const double packet = (strstr(source, ".mp4") != NULL   ? 1024
                           : strstr(source, ".mkv") != NULL ? 4608
                                                            : 1152) /
                          44100.0;
    CU_ASSERT_EQUAL(shown.frames, 104);
    CU_ASSERT_TRUE(fabs(shown.times[0]) < 0.05);
    CU_ASSERT_TRUE(fabs(shown.times[103] - shown.times[0] - 103 / 25.0) < 0.002);
    const double sound = shown.sound - shown.times[0], end = sound + shown.heard * packet;
    CU_ASSERT_TRUE(sound > -2 * packet && sound < packet);
    CU_ASSERT_TRUE(end > 104 / 25.0 - 0.001 && end < 104 / 25.0 + packet + 0.001);
    if (sound <= -2 * packet || end >= 104 / 25.0 + packet + 0.001)
        printf("%s: sound from %g to %g\n", result, sound, end);
}

static void test_sound(void)
{
    if (system("command -v ffmpeg ffprobe > /dev/null") != 0 || !tri_video_writes("a.mkv", NULL)) {
        test_skip("no ffmpeg");
        return;
    }
    expect_sound("a.mp4", "o.mp4");
    expect_sound("a.mp4", "o.mkv");
    expect_sound("a.mkv", "o.mkv");
    expect_sound("a.ts", "o.ts");
    expect_sound("a.ts", "o.mp4");
    EXPECT("$T run copy a.mkv -o o.mkv --from 3.01 --to 7.2", 0, "",
           "triptych: note: o.mkv: sound is copied in whole packets: it begins 0.0* s after the "
           "first frame, and ends 0.0* s after the last\n");
    EXPECT("$T run copy a.mkv -o o.mkv --from 3.01 --to 7.2 --no-audio", 0, "", "");
    EXPECT("rm o.*", 0, "", "");
}

static void test_beside(void)
{
    if (system("command -v ffmpeg ffprobe > /dev/null") != 0 || !tri_video_writes("a.mkv", NULL)) {
        test_skip("no ffmpeg");
        return;
    }
    /* One subtitle began before the part, one ends after it. */
    EXPECT("for s in mp4 mkv; do $T run copy a.$s -o o.$s --from 3 --to 7 -q && ffmpeg -v error -i "
           "o.$s -f srt - | grep .; done",
           0,
           "1\n00:00:00,000 --> 00:00:01,500\nfirst\n"
           "2\n00:00:02,000 --> 00:00:03,000\nsecond\n"
           "3\n00:00:03,500 --> 00:00:04,000\nthird\n"
           "1\n00:00:00,000 --> 00:00:01,500\nfirst\n"
           "2\n00:00:02,000 --> 00:00:03,000\nsecond\n"
           "3\n00:00:03,500 --> 00:00:04,000\nthird\n",
           "");
    EXPECT("ffprobe -v error -show_chapters -of compact=p=0:nk=1 o.mkv | cut -d'|' -f4,6,7", 0,
           "0.000000|1.000000|one\n1.000000|4.000000|two\n", "");
    EXPECT("$T run copy a.mkv -o o.mkv --from 5 -q && ffprobe -v error -show_chapters -of "
           "compact=p=0:nk=1 o.mkv | cut -d'|' -f4,6,7",
           0, "0.000000|5.000000|two\n", "");
    EXPECT("$T run copy a.mp4 -o o.mp4 --from 3.6 --to 4 -q && ffprobe -v error -select_streams v "
           "-show_entries stream_tags=timecode -of csv=p=0 o.mp4",
           0, "01:00:03:15\n", "");
    EXPECT("rm a.* o.* s.srt c.txt", 0, "", "");
}

/* Frames of unequal durations keep their times in the part. */
static void test_uneven(void)
{
    if (system("command -v ffmpeg > /dev/null") != 0 || !tri_video_writes("a.mkv", NULL)) {
        test_skip("no ffmpeg");
        return;
    }
    EXPECT("ffmpeg -nostdin -v error -y -f lavfi -i color=s=64x48:r=10:d=6 -vf "
           "\"select='not(mod(n,3))+not(mod(n,7))'\" -vsync vfr -c:v ffv1 a.mkv && $T run copy "
           "a.mkv -o o.mkv --from 0.65 --to 2.1",
           0, "", "");
    /* Frames 7, 9, 12, 14, 15, 18 of 10 a second. */
    static const double wanted[] = {0, 0.2, 0.5, 0.7, 0.8, 1.1};
    const struct shown shown = libav_shown(shell_path("o.mkv"));
    CU_ASSERT_EQUAL_FATAL(shown.frames, 6);
    for (int i = 0; i < 6; i++)
        CU_ASSERT_DOUBLE_EQUAL(shown.times[i], wanted[i], 0.0011);
    EXPECT("rm a.mkv o.mkv", 0, "", "");
}

int test_trim_suite(void)
{
    CU_pSuite suite = CU_add_suite("trim", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "parts of Y4M", test_y4m) &&
             CU_add_test(suite, "kernels see the part only", test_kernels) &&
             CU_add_test(suite, "parts of a sequence", test_sequence) &&
             CU_add_test(suite, "parts that are not there", test_wrong) &&
             CU_add_test(suite, "parts of animations", test_animations) &&
             CU_add_test(suite, "frames from containers", test_containers) &&
             CU_add_test(suite, "sound of a part", test_sound) &&
             CU_add_test(suite, "subtitles, chapters, timecode", test_beside) &&
             CU_add_test(suite, "unequal durations", test_uneven));
}
