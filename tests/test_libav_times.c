/* test_libav_times.c -- the times of frames and sound, in files of every kind. Sources are made by
 * the ffmpeg program. */
#include "clips.h"
#include "libav_files.h"
#include "pictures.h"
#include "tests.h"
#include "video/constant_rate.h"

#include <CUnit/Basic.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct tri_video_write_options usual = {.crf = -1};

/* Frame N has the level 20 + 9 N, so it can be identified after any codec. */
#define LEVEL(n) (20 + 9 * (n))
#define LEVELS "geq=lum='20+9*N':cb=128:cr=128"

static double near(double a, double b, double slack)
{
    if (fabs(a - b) > slack)
        printf("%g for %g\n", a, b);
    return fabs(a - b) <= slack;
}

/* ---- clocks ---- */

/* MPEG's 33-bit clock wraps after 95443.7 seconds. */
static void test_clock_wraps(void)
{
    static const char *const offsets[] = {"95442.9", "95440", "95441.5", "95300"};
    static const char *const sources[] = {"wrap.ts", "wrap.mpg"}, *const results[] = {
                                                                      "wrapped.mp4", "wrapped.mov",
                                                                      "wrapped.mkv"};
    char arguments[500];
    for (int i = 0; i < 4 * 2 * 3; i++) {
        const char *source = sources[i / 3 % 2], *result = pictures_path(results[i % 3]);
        snprintf(arguments, sizeof arguments,
                 "-f lavfi -i testsrc=s=64x48:r=25:d=3 -f lavfi -i sine=d=3 -c:v mpeg2video -bf 2 "
                 "-c:a mp2 -output_ts_offset %s %s",
                 offsets[i / 6], source);
        if (i % 3 == 0 && !clips_ffmpeg(arguments))
            return;
        CU_ASSERT_STRING_EQUAL(libav_copy_notes(pictures_path(source), result, &usual), "");
        const struct shown shown = libav_shown(result);
        CU_ASSERT_EQUAL(shown.frames, 75);
        CU_ASSERT_TRUE(near(shown.times[0], 0.01, 0.012));
        CU_ASSERT_TRUE(near(shown.times[74] - shown.times[0], 2.96, 0.002));
        CU_ASSERT_TRUE(near(shown.sound - shown.times[0], -0.011, 0.002));
        unlink(result);
    }
    unlink(pictures_path(sources[0]));
    unlink(pictures_path(sources[1]));
}

/* ---- variable frame rate ---- */

/* 20 frames at 50 a second, one at 1 s, one at 2 s that lasts for one; sound of 3 s, and the frames
 * 0.2 s behind it. */
static bool make_uneven(const char *name, const char *codec)
{
    char arguments[600];
    snprintf(arguments, sizeof arguments,
             "-f lavfi -i color=s=64x48:r=50:d=3 -f lavfi -i sine=d=3 -filter_complex "
             "\"[0]select='lt(n,20)+eq(n,50)+eq(n,100)'," LEVELS
             ",setpts=PTS+0.2/TB[v]\" -map \"[v]\" -map 1 -vsync vfr -enc_time_base 1/50 %s %s",
             codec, name);
    return clips_ffmpeg(arguments);
}

static double time_of(int frame)
{
    return frame < 20 ? 0.02 * frame : frame == 20 ? 1 : 2;
}

static void test_uneven(void)
{
    static const struct {
        const char *name, *codec;
        bool repeats, quiet;
    } cases[] = {
        {"even.avi", NULL, true, false},        {"even.ts", NULL, true, false},
        {"even.wmv", NULL, true, false},        {"even.ogv", NULL, true, true},
        {"even.mpg", NULL, true, false},        {"even.mp4", "mpeg4", false, false},
        {"even.mkv", "mpeg4", false, false},    {"even.mov", "mpeg4", false, false},
        {"even.mkv", "ffv1", false, false},     {"even.avi", "ffv1", true, false},
        {"even.ts", "mpeg2video", true, false},
    };
    if (!make_uneven("uneven.mkv", "-c:v ffv1 -c:a mp2"))
        return;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = pictures_path(cases[i].name);
        const struct tri_video_write_options options = {
            .video_codec = cases[i].codec, .crf = -1, .no_audio = cases[i].quiet};
        const char *notes = libav_copy_notes(pictures_path("uneven.mkv"), path, &options);
        CU_ASSERT_EQUAL(strstr(notes, "50 frames/s: to keep the timing, ") != NULL,
                        cases[i].repeats);
        const struct shown shown = libav_shown(path);
        for (int n = 0; n < 22; n++) {
            const int at = libav_shown_at(&shown, LEVEL(n));
            CU_ASSERT_TRUE(abs(shown.levels[at] - LEVEL(n)) <= 4);
            if (!near(shown.times[at] - shown.times[0], time_of(n), 0.011))
                printf("frame %d of %s\n", n, cases[i].name);
            CU_ASSERT_TRUE(near(shown.times[at] - shown.times[0], time_of(n), 0.011));
        }
        CU_ASSERT_TRUE(cases[i].quiet || near(shown.times[0] - shown.sound, 0.2, 0.022));
        unlink(path);
    }
    unlink(pictures_path("uneven.mkv"));
}

/* A clock with more ticks than MPEG-4 supports. */
static void test_fine_clock(void)
{
    if (!make_uneven("uneven.mp4", "-c:v mpeg4 -c:a aac -video_track_timescale 90000"))
        return;
    const struct tri_video_write_options mpeg4 = {.video_codec = "mpeg4", .crf = -1};
    CU_ASSERT_STRING_EQUAL(
        libav_copy_notes(pictures_path("uneven.mp4"), pictures_path("fine.mp4"), &mpeg4), "");
    const struct shown from = libav_shown(pictures_path("uneven.mp4")),
                       to = libav_shown(pictures_path("fine.mp4"));
    CU_ASSERT_EQUAL(from.frames, 22);
    CU_ASSERT_EQUAL(to.frames, 22);
    for (int n = 0; n < 22; n++)
        CU_ASSERT_TRUE(near(to.times[n], from.times[n], 0.001));
    unlink(pictures_path("uneven.mp4"));
    unlink(pictures_path("fine.mp4"));
}

/* Neither Y4M nor image files store times. */
static void test_uneven_streams(void)
{
    char names[512];
    const struct tri_video_write_options every = {.crf = -1, .every_frame = true},
                                         rate = {.crf = -1, .frame_rate = {25, 1}},
                                         pictures_rate = {.crf = -1, .frame_rate = {50, 1}};
    if (!make_uneven("uneven.mkv", "-pix_fmt gray -c:v ffv1 -c:a mp2"))
        return;
    const char *from = pictures_path("uneven.mkv"), *to = pictures_path("even.y4m");
    CU_ASSERT_PTR_NOT_NULL(
        strstr(libav_copy_notes(from, to, &usual), "50 frames/s: to keep the timing, "));
    struct clip clip = clips_read_file(to, 255);
    CU_ASSERT_TRUE(clip.frames >= 101 &&
                   clip.frames <=
                       151); /* not every FFmpeg reports the duration of the last frame */
    const struct shown shown = libav_shown(to), source = libav_shown(from);
    CU_ASSERT_EQUAL(source.frames, 22);
    for (int n = 0; n < 22; n++)
        CU_ASSERT_TRUE(
            near(shown.times[libav_shown_at(&shown, source.levels[n])], time_of(n), 0.001));
    CU_ASSERT_PTR_NOT_NULL(strstr(libav_copy_notes(from, to, &every),
                                  "--frame-rate 50 would keep the timing by repeating "));
    clip = clips_read_file(to, 255);
    CU_ASSERT_EQUAL(clip.frames, 22);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(libav_copy_notes(from, to, &rate), "25 frames/s: to keep the timing, "));
    CU_ASSERT_TRUE(near(libav_shown(to).times[12], 12 / 25.0, 0.001));
    snprintf(names, sizeof names, "%s", pictures_path("f-%d.png"));
    CU_ASSERT_PTR_NOT_NULL(strstr(libav_copy_notes(from, names, &usual),
                                  "--frame-rate 50 would keep the timing by repeating "));
    CU_ASSERT_EQUAL(clips_read_file(names, 255).frames, 22);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(libav_copy_notes(from, names, &pictures_rate), "50 frames/s: to keep the timing, "));
    CU_ASSERT_TRUE(clips_read_file(names, 255).frames >= 101);
    for (int n = 1; n < 160; n++) {
        char name[20];
        snprintf(name, sizeof name, "f-%d.png", n);
        const char *path = pictures_path(name);
        if (access(path, F_OK) != 0)
            continue;
        struct tri_image *image = pictures_read(path, NULL);
        const int frame = n <= 20 ? n - 1 : n <= 50 ? 19 : n <= 100 ? 20 : 21;
        CU_ASSERT_EQUAL(pictures_sample(image, 0, 5, 5), source.levels[frame]);
        tri_image_free(image);
        unlink(path);
    }
    unlink(pictures_path("even.y4m")); /* paths stay valid for three more calls */
    unlink(pictures_path("uneven.mkv"));
}

/* ---- rates ---- */

static void test_rates(void)
{
    static const struct {
        int rate, frames, result; /* for 2 s */
    } cases[] = {{100, 120, 60}, {62, 120, 60}, {15, 60, 30}, {20, 120, 60},
                 {49, 100, 50},  {14, 48, 24},  {25, 50, 25}, {5, 50, 25}};
    static const char *const names[] = {"rate.mpg", "rate.ts"};
    char arguments[300];
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const int rate = cases[i / 2].rate;
        const char *path = pictures_path(names[i % 2]);
        snprintf(
            arguments, sizeof arguments,
            "-f lavfi -i testsrc=s=64x48:r=%d:d=2 -f lavfi -i sine=d=2 -c:v ffv1 -c:a mp2 rate.mkv",
            rate);
        if (i % 2 == 0 && !clips_ffmpeg(arguments))
            return;
        const char *notes = libav_copy_notes(pictures_path("rate.mkv"), path, &usual);
        CU_ASSERT_EQUAL(strstr(notes, "to keep the timing") != NULL, rate != 25);
        const struct shown shown = libav_shown(path);
        CU_ASSERT_EQUAL(shown.frames, cases[i / 2].frames);
        CU_ASSERT_TRUE(near(shown.times[shown.frames - 1] - shown.times[0],
                            2 - 1.0 / cases[i / 2].result, 0.005));
        unlink(path);
    }
    unlink(pictures_path("rate.mkv"));
}

static void test_rates_refused(void)
{
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    struct tri_error error = {0};
    const char *path = pictures_path("rate.mpg");
    struct tri_video_write_options options = {.crf = -1, .frame_rate = {100, 1}};
    CU_ASSERT_EQUAL(clips_write(path, &video, &options, 5, NULL, &error), TRI_USAGE);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(error.text, "mpeg1video does not support 100 frames/s; use --frame-rate 60/1"));
    path = pictures_path("rate.gif");
    CU_ASSERT_EQUAL(clips_write(path, &video, &options, 5, NULL, &error), TRI_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "GIF supports at most 50 frames/s"));
    options.frame_rate[0] = 50;
    CU_ASSERT_EQUAL(clips_write(path, &video, &options, 5, NULL, &error), TRI_OK);
    const struct shown shown = libav_shown(path);
    CU_ASSERT_EQUAL(shown.frames, 10);
    CU_ASSERT_TRUE(near(shown.times[9], 0.18, 0.001));
    unlink(path);
}

/* ---- streams that start late ---- */

static void test_late(void)
{
    static const char *const names[] = {"late.avi", "late.ts",  "late.wmv", "late.mp4",
                                        "late.mov", "late.mkv", "late.nut", "late.mpg"};
    static const struct {
        const char *filter, *codec;
        double behind; /* video behind the sound, in seconds */
    } cases[] = {{"[0]setpts=PTS+0.4/TB[v];[1]anull[a]", "mp2", 0.4},
                 {"[0]null[v];[1]asetpts=PTS+0.4/TB[a]", "mp2", -0.4},
                 {"[0]setpts=PTS+7/TB[v];[1]anull[a]", "mp2", 7},
                 {"[0]null[v];[1]asetpts=PTS+0.4/TB[a]", "pcm_s16le", -0.4},
                 {"[0]null[v];[1]asetpts=PTS+0.4/TB[a]", "aac", -0.4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char arguments[500];
        snprintf(arguments, sizeof arguments,
                 "-f lavfi -i testsrc=s=64x48:r=25:d=2 -f lavfi -i sine=d=3 -filter_complex \"%s\" "
                 "-map \"[v]\" -map \"[a]\" -c:v mpeg4 "
                 "-c:a %s start.mkv",
                 cases[i].filter, cases[i].codec);
        if (!clips_ffmpeg(arguments))
            return;
        for (size_t n = 0; n < (i < 3 ? sizeof names / sizeof names[0] : 1); n++) {
            const char *path = pictures_path(names[n]);
            CU_ASSERT_STRING_EQUAL(libav_copy_notes(pictures_path("start.mkv"), path, &usual), "");
            const struct shown shown = libav_shown(path);
            CU_ASSERT_EQUAL(shown.frames, 50);
            if (!near(shown.times[0] - shown.sound, cases[i].behind, 0.032))
                printf("%s\n", names[n]);
            CU_ASSERT_TRUE(near(shown.times[0] - shown.sound, cases[i].behind, 0.032));
            CU_ASSERT_TRUE(near(shown.times[49] - shown.times[0], 1.96, 0.002));
            unlink(path);
        }
        unlink(pictures_path("start.mkv"));
    }
}

/* Cut by an edit list 0.5 s after a key frame: what it hides is neither shown nor heard. */
static void test_edit_list(void)
{
    static const char *const names[] = {"cut.mp4", "cut.mov", "cut.mkv", "cut.avi",
                                        "cut.ts",  "cut.wmv", "cut.nut"};
    if (!clips_ffmpeg("-f lavfi -i testsrc2=s=64x48:r=25:d=4 -f lavfi -i sine=d=4 -c:v mpeg4 -g 25 "
                      "-c:a aac whole.mp4") ||
        !clips_ffmpeg("-ss 1.5 -i whole.mp4 -c copy edited.mp4"))
        return;
    const struct shown from = libav_shown(pictures_path("edited.mp4"));
    CU_ASSERT_TRUE(near(from.times[0] - from.sound, 0, 0.03));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = pictures_path(names[i]);
        libav_copy_notes(pictures_path("edited.mp4"), path, &usual);
        const struct shown shown = libav_shown(path);
        CU_ASSERT_TRUE(near(shown.times[0], 0, 0.045));
        CU_ASSERT_TRUE(near(shown.times[0] - shown.sound, from.times[0] - from.sound, 0.024));
        CU_ASSERT_TRUE(abs(shown.heard - from.heard) <= 1);
        CU_ASSERT_TRUE(abs(shown.levels[0] - from.levels[0]) <= 2);
        CU_ASSERT_TRUE(near(shown.times[shown.frames - 1] - shown.times[0],
                            from.times[from.frames - 1] - from.times[0], 0.045));
        unlink(path);
    }
    unlink(pictures_path("edited.mp4"));
    unlink(pictures_path("whole.mp4"));
}

/* ---- the rate conversion itself ---- */

/* Frames of a tenth of a second; one that is more than a day later follows when the frame before
 * has been shown. */
static void test_pace(void)
{
    static const int rate[2] = {10, 1}, base[2] = {1, 100}, unknown[2] = {0, 0};
    static const struct {
        int64_t time;
        long shown;
    } frames[] = {{500, 0}, {510, 1},      {512, 0},      {519, 1},          {550, 3},
                  {545, 0}, {10000000, 2}, {10000010, 1}, {INT64_MAX / 2, 3}};
    struct tri_pace pace;
    tri_pace_begin(&pace, rate, base);
    CU_ASSERT_EQUAL(tri_pace_end(&pace), 0);
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++)
        CU_ASSERT_EQUAL(tri_pace_next(&pace, frames[i].time, 25), frames[i].shown);
    CU_ASSERT_EQUAL(tri_pace_end(&pace), 3);
    CU_ASSERT_EQUAL(pace.left_out, 2);
    CU_ASSERT_EQUAL(pace.repeated, 7);
    CU_ASSERT_EQUAL(pace.jumps, 2);
    tri_pace_begin(&pace, unknown, base);
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++)
        CU_ASSERT_EQUAL(tri_pace_next(&pace, frames[i].time, 25), i > 0);
    CU_ASSERT_EQUAL(tri_pace_end(&pace), 1);
}

int test_libav_times_suite(void)
{
    CU_pSuite suite = CU_add_suite("libav times", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "a clock that wraps", test_clock_wraps) &&
             CU_add_test(suite, "frames at any times", test_uneven) &&
             CU_add_test(suite, "a clock that is too fine", test_fine_clock) &&
             CU_add_test(suite, "streams that do not say times", test_uneven_streams) &&
             CU_add_test(suite, "rates that a format does not have", test_rates) &&
             CU_add_test(suite, "rates that are refused", test_rates_refused) &&
             CU_add_test(suite, "streams that start late", test_late) &&
             CU_add_test(suite, "edit lists", test_edit_list) &&
             CU_add_test(suite, "the pace itself", test_pace));
}
