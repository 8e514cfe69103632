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

static bool has_ffmpeg(void)
{
    const bool has =
        system("command -v ffmpeg > /dev/null") == 0 && tri_video_writes("a.mkv", NULL);
    if (!has)
        test_skip("no ffmpeg");
    return has;
}

/* Frames keep their times, whatever the units of their files. */
static void test_rates(void)
{
    if (!has_ffmpeg())
        return;
    EXPECT("F='ffmpeg -nostdin -v error -y -f lavfi -i'; $F testsrc2=s=64x48:r=25:d=1 -f lavfi -i "
           "sine=d=1 -c:v ffv1 a.mkv; $F testsrc2=s=64x48:r=30000/1001:d=1 -c:v mpeg4 b.mp4; $F "
           "testsrc2=s=64x48:r=10:d=1 -c:v mpeg4 c.avi; $T run copy a.mkv b.mp4 c.avi --concat -o "
           "o.mkv",
           0, "",
           "triptych: note: a.mkv and b.mp4 have different frame rates; frames keep their times\n"
           "triptych: note: a.mkv and c.avi have different frame rates; frames keep their times\n"
           "triptych: note: o.mkv: sound is encoded again (libvorbis), as b.mp4 has none\n*");
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

/* ---- sound ---- */

#define RATE 48000

/* Makes NAME with pictures of 25 a second for some seconds, of which the first five are white, and
 * SOUND: a tone while they are, or for other seconds, and silence after it. */
#define MAKE \
    "make() { ffmpeg -nostdin -v error -y -f lavfi -i color=white:s=64x48:r=25:d=0.2[a]\\;" \
    "color=black:s=64x48:r=25:d=$2[b]\\;[a][b]concat -f lavfi -i " \
    "\"sine=f=1000:r=48000:d=$3,volume=4,apad=whole_dur=$4\" -c:v ffv1 $5 $1; }; "

/* Seconds at which tones begin in the sound of a file, as a player times it. */
static int tones(const char *name, double *times, int most, double *end)
{
    static int16_t samples[60 * RATE];
    char command[300];
    int count = 0, quiet = RATE;
    snprintf(command, sizeof command,
             "ffmpeg -nostdin -v error -y -i %s -map 0:a -af aresample=async=1:first_pts=0 -ac 1 "
             "-ar 48000 -f s16le sound",
             name);
    EXPECT(command, 0, "", "");
    FILE *file = fopen(shell_path("sound"), "rb");
    const size_t size = file != NULL ? fread(samples, 2, 60 * RATE, file) : 0;
    for (size_t i = 0; i < size; i++) {
        const bool loud = abs(samples[i]) > 3000;
        if (loud && quiet > RATE / 20 && count < most)
            times[count++] = (double)i / RATE;
        quiet = loud ? 0 : quiet + 1;
    }
    *end = (double)size / RATE;
    if (file != NULL)
        fclose(file);
    return count;
}

/* Tones begin with white frames, within `off` seconds, and sound ends with the pictures. */
static void expect_in_time(const char *name, int parts, double off)
{
    const struct shown shown = libav_shown(shell_path(name));
    double times[20], end;
    const int count = tones(name, times, 20, &end);
    int part = 0;
    CU_ASSERT_EQUAL(count, parts);
    for (int i = 0; i < shown.frames; i++) {
        const bool white = shown.levels[i] > 128 && (i == 0 || shown.levels[i - 1] < 128);
        if (!white)
            continue;
        if (part < count)
            CU_ASSERT_DOUBLE_EQUAL(times[part], shown.times[i], off);
        part++;
    }
    CU_ASSERT_EQUAL(part, parts);
    CU_ASSERT_DOUBLE_EQUAL(end, shown.times[shown.frames - 1] + 0.04, off > 0.025 ? off : 0.025);
}

/* Packets are those of the inputs, each part at its time. */
static void test_sound_copied(void)
{
    if (!has_ffmpeg())
        return;
    EXPECT(MAKE
           "make a.mkv 1 0.2 1.2 -c:a\\ pcm_s16le && make b.mkv 0.48 0.2 0.68 -c:a\\ pcm_s16le && "
           "make c.mkv 1.04 0.2 1.24 -c:a\\ aac && make d.mkv 0.6 0.2 0.8 -c:a\\ aac && "
           "$T run copy a.mkv b.mkv a.mkv --concat -o o.mkv --video-codec ffv1 && "
           "$T run copy c.mkv d.mkv c.mkv d.mkv --concat -o p.mkv --video-codec ffv1",
           0, "", "");
    expect_in_time("o.mkv", 3, 0.025); /* a packet has 1024 samples */
    expect_in_time("p.mkv", 4, 0.03);
    EXPECT("sums() { ffmpeg -v error -i $1 -map 0:a -c copy -f framemd5 - | sed -n '/^0/s/.* //p'; "
           "}; (sums a.mkv; sums b.mkv; sums c.mkv; sums d.mkv) | sort -u > in; (sums o.mkv; sums "
           "p.mkv) | sort -u > out; comm -13 in out | wc -l; test $(wc -l < out) -gt 10",
           0, "0\n", "");
    EXPECT("$T run copy a.mkv b.mkv a.mkv --concat -o q.mkv --encode-parallel 2 -q && $T run copy "
           "a.mkv b.mkv a.mkv --concat -o r.mkv -q && sums() { ffmpeg -v error -i $1 -map 0:a -c "
           "copy -f framemd5 - | md5sum; }; test \"$(sums q.mkv)\" = \"$(sums r.mkv)\"",
           0, "", "");
    EXPECT("$T run copy a.mkv b.mkv a.mkv --concat -o t.mkv --video-codec ffv1 --from 1 --to 2.4",
           0, "", "");
    expect_in_time("t.mkv", 2, 0.025);
    EXPECT("rm *.mkv in out sound", 0, "", "");
}

/* Of other forms, shorter than the pictures, or missing: all is encoded, and each sample is at its
 * time. */
static void test_sound_encoded(void)
{
    if (!has_ffmpeg())
        return;
    EXPECT(MAKE
           "make a.mkv 1 0.2 1.5 -c:a\\ flac && make b.mkv 0.48 0.2 0.68 -c:a\\ pcm_s16le\\ "
           "-ar\\ 44100\\ -ac\\ 2 && make c.mkv 0.84 0.2 0.2 -c:a\\ flac && make n.mkv 0.28 0.2 "
           "1 -an && $T run copy a.mkv b.mkv c.mkv b.mkv a.mkv --concat -o o.mkv --video-codec "
           "ffv1 && $T run copy c.mkv n.mkv c.mkv --concat -o p.mkv --video-codec ffv1 && $T run "
           "copy c.mkv a.mkv --concat -o s.mkv --video-codec ffv1",
           0, "",
           "triptych: note: o.mkv: sound is encoded again (flac), as that of b.mkv has another "
           "form than that of a.mkv\n"
           "triptych: note: p.mkv: sound is encoded again (flac), as that of c.mkv is shorter than "
           "its pictures\n"
           "triptych: note: s.mkv: sound is encoded again (flac), as that of c.mkv is shorter than "
           "its pictures\n");
    expect_in_time("o.mkv", 5, 0.0011); /* Matroska's unit is a millisecond */
    expect_in_time("s.mkv", 2, 0.0011);
    double times[20], end;
    CU_ASSERT_EQUAL_FATAL(tones("p.mkv", times, 20, &end), 2); /* n has none */
    CU_ASSERT_DOUBLE_EQUAL(times[1], 1.04 + 0.48, 0.0011);
    CU_ASSERT_DOUBLE_EQUAL(end, 1.04 + 0.48 + 1.04, 0.0011);
    EXPECT("$T run copy n.mkv a.mkv b.mkv --concat -o q.mkv --video-codec ffv1 --from 0.8 --to 2.2",
           0, "", "*n.mkv has none\n");
    expect_in_time("q.mkv", 1, 0.0011);
    EXPECT("rm *.mkv sound", 0, "", "");
}

/* What is left out is noted, or asked for. */
static void test_sound_left(void)
{
    if (!has_ffmpeg())
        return;
    EXPECT(MAKE
           "make a.mkv 1 0.2 1.5 -c:a\\ flac && make n.mkv 0.28 0.2 1 -an && $T run copy a.mkv "
           "a.mkv --concat -o a.gif && $T run copy a.mkv n.mkv --concat --reverse -o r.mkv",
           0, "",
           "triptych: note: a.gif: not copied from a.mkv and 1 more: sound (flac)\n"
           "triptych: note: r.mkv: not copied from a.mkv and 1 more: sound (flac)\n");
    EXPECT("$T run copy n.mkv n.mkv --concat -o o.mkv && $T run copy a.mkv n.mkv --concat "
           "--no-audio -o p.mkv && ffprobe -v error -show_entries stream=codec_type -of csv=p=0 "
           "p.mkv",
           0, "video\n", "");
    EXPECT("ffmpeg -v error -i a.mkv -map 0 -map 0:a -c copy b.mkv && $T run copy b.mkv a.mkv "
           "--concat -o q.mkv -q && $T run copy b.mkv a.mkv --concat -o q.mkv",
           0, "", "triptych: note: q.mkv: 1 further track of sound is not joined\n");
    EXPECT("rm *.mkv *.gif", 0, "", "");
}

int test_join_suite(void)
{
    CU_pSuite suite = CU_add_suite("join", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "videos one after another", test_y4m) &&
             CU_add_test(suite, "videos that do not fit", test_wrong) &&
             CU_add_test(suite, "different frame rates", test_rates) &&
             CU_add_test(suite, "sound that is copied", test_sound_copied) &&
             CU_add_test(suite, "sound that is encoded again", test_sound_encoded) &&
             CU_add_test(suite, "sound that is left out", test_sound_left));
}
