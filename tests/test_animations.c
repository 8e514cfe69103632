/* test_animations.c -- the table of moving pictures in docs/metadata.md: frames, times, play count
 * and transparency, from each format into each. Files are written by FFmpeg and read by it and
 * ExifTool; its decoder knows no animated WebP, and ours none that it would not write itself. */
#include "clips.h"
#include "pictures.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 5
#define SECONDS 0.94 /* 0.04 + 0.08 + 0.3 + 0.02 + 0.5 */
#define PLAYS 4

#define PROBE "ffprobe -v error -of csv=p=0 "
#define COUNTED PROBE "-count_packets -show_entries stream=nb_read_packets $O"
#define SUMMED PROBE "-show_entries packet=duration_time $O | awk '{s += $1} END {print s}'"
#define LASTS PROBE "-show_entries format=duration $O"
#define PIXELS PROBE "-show_entries stream=pix_fmt $O"

static const struct source {
    const char *what, *file;
    bool times, plays, alpha; /* it has */
} sources[] = {{"GIF", "a.gif", true, true, true},           {"APNG", "a.png", true, true, true},
               {"APNG (.apng)", "a.apng", true, true, true}, {"WebP", "a.webp", true, true, true},
               {"TIFF", "a.tif", false, false, true},        {"MP4", "a.mp4", true, false, false}};
enum { SOURCES = sizeof sources / sizeof sources[0] };

/* Commands that print the number of frames, seconds, plays, and a text with an "a" if there is
 * alpha; NULL: the format has none. */
static const struct target {
    const char *to, *read, *frames, *seconds, *plays, *alpha;
} targets[] = {
    {"o.gif", "o.gif", COUNTED, LASTS,
     "exiftool -s3 -AnimationIterations $O | awk '{print $1 + 1}'", PIXELS},
    {"o.apng", "o.apng", COUNTED, SUMMED, "exiftool -s3 -AnimationPlays $O", PIXELS},
    {"o.png", "o.png", "exiftool -s3 -AnimationFrames $O", SUMMED,
     "exiftool -s3 -AnimationPlays $O", PIXELS},
    {"o.webp", "o.webp", "grep -ao ANMF $O | wc -l", "exiftool -s3 -Duration $O",
     "exiftool -s3 -AnimationLoopCount $O", "exiftool -s3 -WebP_Flags $O | grep -o Alpha | tr A a"},
    {"o.tif", "o.tif", "exiftool -s3 -PageCount $O", NULL, NULL, PIXELS},
    {"o-%d.png", "o-1.png", "ls o-?.png | wc -l", NULL, NULL, PIXELS},
    {"o.mp4", "o.mp4", COUNTED, LASTS, NULL, PIXELS " | tr -d a"},
    {"o.y4m", "o.y4m", NULL /* it repeats them */, LASTS, NULL, PIXELS},
};
enum { TARGETS = sizeof targets / sizeof targets[0] };

/* ---- files ---- */

/* Each frame has colours and a hole of its own, and lasts as the numbers above say. */
#define MOVING \
    "-f lavfi -i \"color=red:s=60x48:r=100:d=0.94,format=rgba,geq=r='40*(gt(T,0.035)+gt(T,0.115)+" \
    "gt(T,0.415)+gt(T,0.435))':g=X:b=Y:a='255*gt(X,5+5*(gt(T,0.035)+gt(T,0.115)+gt(T,0.415)+" \
    "gt(T,0.435)))',select='eq(n,0)+eq(n,4)+eq(n,12)+eq(n,42)+eq(n,44)'\" "

static bool prepare(void)
{
    static bool prepared;
    if (prepared)
        return true;
    if (shell_run("command -v ffmpeg && command -v exiftool")->code != 0 ||
        clips_lack_encoder("libx264")) {
        test_skip("no ffmpeg with libx264, or no exiftool");
        return false;
    }
    /* FFmpeg writes the times of frames but for the last, which the GIF gets from the option. */
    EXPECT(
        "ffmpeg -y -loglevel error " MOVING "-vsync vfr -loop 3 -final_delay 50 "
        "-filter_complex \"[0]split[a][b];[a]palettegen[p];[b][p]paletteuse\" a.gif && "
        "ffmpeg -y -loglevel error -i a.gif -vsync vfr -f apng -plays 4 -final_delay 0.5 a.png && "
        "cp a.png a.apng && $T run copy a.png -o a.webp && $T run copy a.png -o a.tif -q && $T run "
        "copy a.gif -o a.mp4 -q",
        0, "", "");
    prepared = true;
    return true;
}

/* ---- the table ---- */

static const char *print(const char *command, const char *file)
{
    char text[500];
    snprintf(text, sizeof text, "O=%s; %s", file, command);
    return shell_run(text)->out;
}

/* Adds what is missing, "no times", or "lost times" if that was not reported. */
static void add_missing(char cell[100], const char *what, bool told)
{
    const size_t used = strlen(cell);
    snprintf(cell + used, 100 - used, "%s%s %s", used > 0 ? ", " : "", told ? "no" : "lost", what);
}

/* What of a source is in the target: "all", "first", or what is missing. */
static void find_cell(const struct source *source, const struct target *to, char cell[100])
{
    char command[300], notes[2000];
    snprintf(command, sizeof command, "rm -f o.* o-*; $T run invert %s -o %s", source->file,
             to->to);
    const struct shell_result *result = shell_run(command);
    CU_ASSERT_EQUAL(result->code, 0);
    snprintf(notes, sizeof notes, "%.1900s", result->err);
    cell[0] = '\0';
    if (strstr(notes, "only the first") != NULL) {
        snprintf(cell, 100, "first");
        return;
    }
    if (to->frames != NULL && atoi(print(to->frames, to->read)) != FRAMES)
        add_missing(cell, "frames", false);
    /* to half a slot of a constant rate */
    if (source->times &&
        (to->seconds == NULL || fabs(atof(print(to->seconds, to->read)) - SECONDS) > 0.021))
        add_missing(cell, "times", strstr(notes, "frame durations") != NULL);
    if (source->plays && (to->plays == NULL || atoi(print(to->plays, to->read)) != PLAYS))
        add_missing(cell, "count", strstr(notes, "play count of 4") != NULL);
    if (source->alpha && strchr(print(to->alpha, to->read), 'a') == NULL)
        add_missing(cell, "alpha", strstr(notes, "background") != NULL);
    if (cell[0] == '\0')
        snprintf(cell, 100, "all");
}

static void test_table(void)
{
    struct bytes text = {0};
    if (!prepare())
        return;
    text = pictures_load("docs/metadata.md");
    pictures_add(&text, "", 1);
    for (int s = 0; s < SOURCES; s++) {
        char row[600];
        snprintf(row, sizeof row, "\n| %s |", sources[s].what);
        for (int t = 0; t < TARGETS; t++) {
            char cell[100];
            const size_t used = strlen(row);
            find_cell(&sources[s], &targets[t], cell);
            snprintf(row + used, sizeof row - used, " %s |", cell);
        }
        CU_ASSERT_PTR_NOT_NULL(strstr((const char *)text.data, row));
        if (strstr((const char *)text.data, row) == NULL)
            printf("docs/metadata.md lacks%s\n", row);
    }
    free(text.data);
}

/* ---- beside the table ---- */

#define SUMS \
    "sums() { ffmpeg -v error -i $1 -vsync passthrough -vf format=gbrap,premultiply=inplace=1 -f " \
    "framemd5 - | grep -v '#' | sed 's/.* //'; }; "

/* Each frame's own time, and its pixels where they are not clear. */
static void test_frames(void)
{
    if (!prepare())
        return;
    EXPECT(SUMS "$T run copy a.gif -o o.png && ffprobe -v error -show_entries packet=duration_time "
                "-of csv=p=0 o.png | tr '\\n' ' '; sums a.gif > a.sums; sums o.png > o.sums; cmp "
                "a.sums o.sums && sort -u o.sums | wc -l",
           0, "0.040000 0.080000 0.300000 0.020000 0.500000 5\n", "");
    EXPECT(SUMS
           "$T run copy a.gif -o o.webp --lossless && $T run copy o.webp -o p.png && ffprobe -v "
           "error -show_entries packet=duration_time -of csv=p=0 p.png | tr '\\n' ' '; sums "
           "p.png > o.sums; cmp a.sums o.sums",
           0, "0.040000 0.080000 0.300000 0.020000 0.500000 ", "");
}

/* Through pipes the play count is read, too. */
static void test_pipes(void)
{
    if (!prepare())
        return;
    EXPECT("for f in a.gif a.apng; do $T run copy - -o - --format webp < $f > o.webp; exiftool -s3 "
           "-AnimationLoopCount -Duration o.webp; done",
           0, "4\n0.94 s\n4\n0.94 s\n", "");
    EXPECT("$T run copy - -o o.gif < a.gif && exiftool -s3 -AnimationIterations o.gif", 0, "3\n",
           "");
}

static void test_options(void)
{
    if (!prepare())
        return;
    EXPECT("$T run copy a.gif -o o.png --frame 3 && exiftool -s3 -AnimationFrames o.png", 0, "",
           "");
    EXPECT("$T run copy a.gif -o o.webp --frame-rate 10 && exiftool -s3 -Duration o.webp", 0,
           "0.90 s\n", "*2 dropped*");
    EXPECT(
        "$T run copy a.gif -o o.webp --verify-output && $T run average a.gif -o o.png && exiftool "
        "-s3 -AnimationFrames o.png",
        0, "5\n", "");
    EXPECT("ffmpeg -y -loglevel error -i cover.png -frames:v 1 one.gif 2> e || ffmpeg -y -loglevel "
           "error -f lavfi -i color=red:s=60x48 -frames:v 1 one.gif; $T run copy one.gif -o o.png "
           "&& exiftool -s3 -AnimationFrames -ImageSize o.png && $T run copy one.gif -o o.webp && "
           "grep -ac ANMF o.webp",
           1, "60x48\n0\n", "");
    EXPECT("mkdir -p in out && cp a.gif in/b.gif && cp a.apng in/c.apng && $T run copy in -o out "
           "--format webp && exiftool -s3 -Duration out/b.webp out/c.webp | grep -c 0.94",
           0, "2\n", "");
    EXPECT("ffmpeg -y -loglevel error -f lavfi -i testsrc2=s=60x48:r=100:d=0.05 -c:v ffv1 fast.mkv "
           "&& $T run copy fast.mkv -o o.gif && ffprobe -v error -show_entries "
           "packet=duration_time -of csv=p=0 o.gif",
           0, "0.020000\n0.020000\n0.020000\n", /* 0.01 would be shown for 0.1 */
           "*: 2 frames were dropped\n");
    EXPECT("$T run copy a.gif -o o.webp --video-codec ffv1", 2, "", "*do not apply to pictures*");
}

int test_animations_suite(void)
{
    CU_pSuite suite = CU_add_suite("animations", shell_begin, shell_end);
    return !(suite != NULL && CU_add_test(suite, "each into each", test_table) &&
             CU_add_test(suite, "frames", test_frames) && CU_add_test(suite, "pipes", test_pipes) &&
             CU_add_test(suite, "options", test_options));
}
