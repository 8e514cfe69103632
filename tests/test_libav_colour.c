/* test_libav_colour.c -- colours as players show them, in files that can store the meaning of
 * samples and in others. The ffmpeg program makes the sources and decodes the results. */
#include "clips.h"
#include "codec/metadata.h"
#include "libav_files.h"
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WIDTH 96
#define HEIGHT 64
#define CANNOT_SAY_RANGE "cannot store full range"

/* The first frame in R, G, B as ffmpeg shows it. */
static bool show(const char *name, unsigned char rgb[HEIGHT][WIDTH][3])
{
    char arguments[300];
    snprintf(arguments, sizeof arguments,
             "-i %s -frames:v 1 -sws_flags accurate_rnd+full_chroma_int+full_chroma_inp+bicubic "
             "-pix_fmt rgb24 -f rawvideo shown.rgb",
             name);
    if (!clips_ffmpeg(arguments))
        return false;
    struct bytes file = pictures_load(pictures_path("shown.rgb"));
    CU_ASSERT_EQUAL_FATAL(file.size, WIDTH * HEIGHT * 3);
    memcpy(rgb, file.data, file.size);
    free(file.data);
    unlink(pictures_path("shown.rgb"));
    return true;
}

/* The mean difference, and whether black and white are where they were. */
static void expect_shown(const char *name, unsigned char from[HEIGHT][WIDTH][3], double slack)
{
    static unsigned char rgb[HEIGHT][WIDTH][3];
    long sum = 0;
    if (!show(name, rgb))
        return;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < 3; c++)
                sum += abs(rgb[y][x][c] - from[y][x][c]);
    const double mean = (double)sum / (WIDTH * HEIGHT * 3);
    if (mean > slack)
        printf("%s: %.2f levels\n", name, mean);
    CU_ASSERT_TRUE(mean <= slack);
    for (int side = 0; side < 2; side++) {
        const int x = side == 0 ? 3 : WIDTH - 4;
        if (abs(rgb[10][x][1] - from[10][x][1]) > 3 + 2 * slack)
            printf("%s: %d for %d\n", name, rgb[10][x][1], from[10][x][1]);
        CU_ASSERT_TRUE(abs(rgb[10][x][1] - from[10][x][1]) <= 3 + 2 * slack);
    }
}

/* A luma ramp from 0 to 255, without colour in the upper part and with chroma ramps in the lower.
 */
#define RAMP "geq=lum='X*255/95':cb='if(lt(Y,32),128,64+(Y-32)*4)':cr='if(lt(Y,32),128,X+80)'"
#define SOURCE "-f lavfi -i color=s=96x64:r=25:d=0.4 -vf "

/* If players found no mark of full range, black would be crushed and white clipped. */
static void test_full_range(void)
{
    static const struct {
        const char *name, *codec;
        bool says;
        double slack;
    } cases[] = {
        {"to.avi", NULL, false, 2},         {"to.ts", NULL, false, 2},
        {"to.wmv", NULL, false, 2},         {"to.flv", NULL, false, 2.5},
        {"to.ogv", NULL, false, 3},         {"to.mpg", NULL, false, 2},
        {"to.mov", "prores_ks", false, 1},  {"to.mp4", "mpeg4", false, 2},
        {"to.avi", "ffv1", false, 0.7},     {"to.nut", "ffv1", false, 0.7},
        {"to.mkv", "ffv1", true, 0.1},      {"to.mkv", "mpeg4", true, 2},
        {"to.avi", "mjpeg", true, 2},       {"to.avi", "huffyuv", false, 0.7},
        {"to.mp4", "libx264", true, 2},     {"to.ts", "libx264", true, 2},
        {"to.avi", "libx264", true, 2},     {"to.mp4", "libx265", true, 2},
        {"to.webm", "libvpx", false, 3},    {"to.webm", "libvpx-vp9", true, 3},
        {"to.avi", "libx264rgb", true, 2},  {"to.avi", "rawvideo", false, 0.7},
        {"to.mxf", "mpeg2video", false, 2},
    };
    static unsigned char from[HEIGHT][WIDTH][3];
    const struct tri_video_write_options usual = {.crf = -1};
    if (!clips_ffmpeg(SOURCE "\"format=yuv422p," RAMP
                             "\" -c:v ffv1 -color_range pc -colorspace bt470bg full.mkv") ||
        !show("full.mkv", from))
        return;
    CU_ASSERT_TRUE(from[10][0][0] == 0 && from[10][WIDTH - 1][0] == 255);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct tri_video_write_options options = {.video_codec = cases[i].codec, .crf = -1};
        if (cases[i].codec != NULL && strncmp(cases[i].codec, "lib", 3) == 0 &&
            clips_lack_encoder(cases[i].codec))
            continue;
        const char *notes =
            libav_copy_notes(pictures_path("full.mkv"), pictures_path(cases[i].name),
                             cases[i].codec ? &options : &usual);
        if ((strstr(notes, CANNOT_SAY_RANGE) == NULL) != cases[i].says)
            printf("%s of %s: '%s'\n", cases[i].name, cases[i].codec ? cases[i].codec : "the usual",
                   notes);
        CU_ASSERT_EQUAL(strstr(notes, CANNOT_SAY_RANGE) == NULL, cases[i].says);
        expect_shown(cases[i].name, from, cases[i].slack);
        unlink(pictures_path(cases[i].name));
    }
    unlink(pictures_path("full.mkv"));
}

/* Gray counts as full range, unless it is written as Y'CbCr. */
static void test_full_range_gray(void)
{
    static const char *const names[] = {"gray.avi", "gray.ts", "gray.mkv", "gray.mp4"},
                             *const codecs[] = {"mpeg4", NULL, "ffv1", NULL};
    static unsigned char from[HEIGHT][WIDTH][3];
    if (!clips_ffmpeg(SOURCE "\"format=gray,geq=lum='X*255/95'\" -c:v ffv1 full.mkv") ||
        !show("full.mkv", from))
        return;
    for (int i = 0; i < 4; i++) {
        const struct tri_video_write_options options = {.video_codec = codecs[i], .crf = -1};
        libav_copy_notes(pictures_path("full.mkv"), pictures_path(names[i]), &options);
        expect_shown(names[i], from, 2);
        unlink(pictures_path(names[i]));
    }
    unlink(pictures_path("full.mkv"));
}

/* Sample by sample as in H.273: luma over 219 steps, chroma over 224 around its centre. */
static void test_exact(void)
{
    for (int bits = 8; bits <= 12; bits += 2) {
        struct tri_video video = clips_video(WIDTH, HEIGHT, 3, 0, 0, bits);
        const struct tri_video_write_options options = {.video_codec = "ffv1", .crf = -1};
        const double most = (1 << bits) - 1, unit = 1 << (bits - 8);
        const char *path = pictures_path("exact.avi");
        struct tri_frame from, to;
        bool more = false;
        long wrong = 0;
        video.full_range = true;
        clips_must_write(path, &video, &options, 1, NULL);
        struct tri_video_reader *reader = clips_open(path);
        CU_ASSERT_FALSE(reader->video.full_range);
        CU_ASSERT_EQUAL_FATAL(tri_frame_new(&video, &from, NULL), TRI_OK);
        CU_ASSERT_EQUAL_FATAL(tri_frame_new(&video, &to, NULL), TRI_OK);
        clips_fill(&video, 0, &from);
        CU_ASSERT_EQUAL(tri_video_next(reader, &to, &more, NULL), TRI_OK);
        CU_ASSERT_EQUAL_FATAL(more, true);
        CU_ASSERT_EQUAL(tri_video_decode(reader, &to, NULL), TRI_OK);
        if (bits > 8) {
            tri_frame_reduce_depth(&from, bits);
            tri_frame_reduce_depth(&to, bits);
        }
        for (int p = 0; p < 3; p++)
            for (int y = 0; y < HEIGHT; y++)
                for (int x = 0; x < WIDTH; x++) {
                    const double full = pictures_sample(from.planes[p], 0, x, y);
                    const long wanted =
                        p == 0 ? lround(16 * unit + full * 219 * unit / most)
                               : lround(128 * unit + (full - (most + 1) / 2) * 224 * unit / most);
                    wrong += pictures_sample(to.planes[p], 0, x, y) != wanted;
                }
        CU_ASSERT_EQUAL(wrong, 0);
        tri_frame_free(&from);
        tri_frame_free(&to);
        tri_video_close(reader);
        unlink(path);
    }
}

/* ---- matrices ---- */

/* Runs `triptych run ARGUMENTS` in the folder; its standard error is valid until the next call. */
static int run(const char *arguments, const char **said)
{
    static char text[2000];
    char command[1500];
    const char *program = getenv("TRIPTYCH");
    char here[1024];
    CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(here, sizeof here));
    if (program == NULL)
        program = "build/triptych";
    snprintf(command, sizeof command, "cd %s && %s%s%s run %s 2>said.txt", pictures_path(""),
             program[0] == '/' ? "" : here, program[0] == '/' ? "" : "/", program, arguments);
    const int code = system(command);
    struct bytes file = pictures_load(pictures_path("said.txt"));
    snprintf(text, sizeof text, "%.*s", (int)file.size, (const char *)file.data);
    free(file.data);
    unlink(pictures_path("said.txt"));
    *said = text;
    return WIFEXITED(code) ? WEXITSTATUS(code) : -1;
}

#define COLOURS "-f lavfi -i testsrc2=s=96x64:r=5:d=0.2 -pix_fmt yuv444p -c:v ffv1 "

/* The sums of H.273, in real numbers, of the planes' samples. */
static void test_ycgco(void)
{
    const char *said;
    struct tri_frame frame;
    bool more;
    double worst = 0;
    if (!clips_ffmpeg(COLOURS "-colorspace ycgco -color_range tv ycgco.mkv"))
        return;
    CU_ASSERT_EQUAL(run("copy ycgco.mkv -o 'y-%d.png'", &said), TRI_OK);
    CU_ASSERT_STRING_EQUAL(said, "");
    struct tri_image *image = pictures_read(pictures_path("y-1.png"), NULL);
    struct tri_video_reader *reader = clips_open(pictures_path("ycgco.mkv"));
    CU_ASSERT_EQUAL(reader->video.matrix, TRI_YCGCO);
    CU_ASSERT_EQUAL_FATAL(tri_frame_new(&reader->video, &frame, NULL), TRI_OK);
    CU_ASSERT_TRUE(tri_video_next(reader, &frame, &more, NULL) == TRI_OK && more);
    CU_ASSERT_EQUAL(tri_video_decode(reader, &frame, NULL), TRI_OK);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            const double luma = (pictures_sample(frame.planes[0], 0, x, y) - 16) / 219.0;
            const double green = (pictures_sample(frame.planes[1], 0, x, y) - 128) / 224.0;
            const double orange = (pictures_sample(frame.planes[2], 0, x, y) - 128) / 224.0;
            const double rgb[3] = {luma - green + orange, luma + green, luma - green - orange};
            for (int c = 0; c < 3; c++) {
                const double wanted = 255 * (rgb[c] < 0 ? 0 : rgb[c] > 1 ? 1 : rgb[c]);
                worst = fmax(worst, fabs(pictures_sample(image, c, x, y) - wanted));
            }
        }
    CU_ASSERT_TRUE(worst < 0.55);
    tri_image_free(image);
    tri_frame_free(&frame);
    tri_video_close(reader);
    /* Kept if it can be stored, else refused. */
    CU_ASSERT_EQUAL(run("gaussian ycgco.mkv -o same.mkv --video-codec ffv1", &said), TRI_OK);
    reader = clips_open(pictures_path("same.mkv"));
    CU_ASSERT_EQUAL(reader->video.matrix, TRI_YCGCO);
    tri_video_close(reader);
    static const char *const refusing[] = {"avi", "y4m", "gif"};
    for (int i = 0; i < 3; i++) {
        char arguments[100];
        snprintf(arguments, sizeof arguments, "copy ycgco.mkv -o same.%s", refusing[i]);
        CU_ASSERT_EQUAL(run(arguments, &said), TRI_USAGE);
        CU_ASSERT_PTR_NOT_NULL(strstr(said, "cannot store the colour matrix (YCgCo)"));
    }
    unlink(pictures_path("same.mkv"));
    unlink(pictures_path("y-1.png"));
    unlink(pictures_path("ycgco.mkv"));
}

/* Colours that no matrix turns into red, green and blue stay in planes. */
static void test_constant_luminance(void)
{
    const char *said;
    if (!clips_ffmpeg(COLOURS "-colorspace bt2020c -color_range tv constant.mkv"))
        return;
    CU_ASSERT_EQUAL(run("copy constant.mkv -o 'y-%d.png'", &said), TRI_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "cannot convert these planes to RGB"));
    CU_ASSERT_EQUAL(run("copy constant.mkv -o same.avi", &said), TRI_USAGE);
    CU_ASSERT_EQUAL(run("gaussian constant.mkv -o same.mkv --video-codec ffv1", &said), TRI_OK);
    struct tri_video_reader *reader = clips_open(pictures_path("same.mkv"));
    CU_ASSERT_EQUAL(reader->video.matrix, TRI_OTHER_MATRIX);
    tri_video_close(reader);
    unlink(pictures_path("same.mkv"));
    unlink(pictures_path("constant.mkv"));
}

/* ---- light ---- */

static void test_light(void)
{
    static const struct {
        const char *name, *codec;
        bool says;
    } cases[] = {{"light.mkv", "ffv1", true},      {"light.avi", "ffv1", false},
                 {"light.mov", "prores_ks", true}, {"light.avi", "mpeg4", false},
                 {"light.ts", "mpeg2video", true}, {"light.y4m", NULL, false}};
    const char *said;
    if (!clips_ffmpeg("-f lavfi -i testsrc2=s=96x64:r=25:d=0.2 -pix_fmt yuv420p10le -c:v ffv1 "
                      "-colorspace bt2020nc -color_trc smpte2084 "
                      "-color_primaries bt2020 -color_range tv hdr.mkv"))
        return;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct tri_video_write_options options = {.video_codec = cases[i].codec, .crf = -1};
        const char *path = pictures_path(cases[i].name),
                   *notes = libav_copy_notes(pictures_path("hdr.mkv"), path, &options);
        if ((strstr(notes, "colour description (PQ, BT.2020)") == NULL) != cases[i].says)
            printf("%s of %s: '%s'\n", cases[i].name, cases[i].codec ? cases[i].codec : "the usual",
                   notes);
        CU_ASSERT_EQUAL(strstr(notes, "colour description (PQ, BT.2020)") == NULL, cases[i].says);
        CU_ASSERT_EQUAL(strstr(notes, "colour matrix (BT.2020)") == NULL, cases[i].says);
        struct tri_video_reader *reader = clips_open(path);
        CU_ASSERT_EQUAL(reader->video.transfer == 16 && reader->video.primaries == 9,
                        cases[i].says);
        CU_ASSERT_EQUAL(reader->video.matrix == TRI_BT2020, cases[i].says);
        tri_video_close(reader);
        unlink(path);
    }
    CU_ASSERT_EQUAL(run("copy hdr.mkv -o 'h-%d.png'", &said), TRI_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "the colour description is PQ, BT.2020"));
    CU_ASSERT_EQUAL(run("copy hdr.mkv -o 'h-%d.jpg'", &said), TRI_OK);
    const char *told =
        strstr(said, "JPEG cannot store colour description (cICP)"); /* once for five images */
    CU_ASSERT_TRUE(told != NULL && strstr(strstr(told, "cICP") + 1, "cICP") == NULL);
    for (int n = 1; n <= 10; n++) {
        char name[20];
        snprintf(name, sizeof name, n > 5 ? "h-%d.jpg" : "h-%d.png", n > 5 ? n - 5 : n);
        CU_ASSERT_EQUAL(unlink(pictures_path(name)), 0);
    }
    struct tri_video_reader *reader = clips_open(pictures_path("hdr.mkv"));
    struct tri_frame frame;
    bool more;
    CU_ASSERT_EQUAL_FATAL(tri_frame_new(&reader->video, &frame, NULL), TRI_OK);
    CU_ASSERT_TRUE(tri_video_next(reader, &frame, &more, NULL) == TRI_OK && more);
    CU_ASSERT_EQUAL(tri_video_decode(reader, &frame, NULL), TRI_OK);
    const struct tri_metadata_item *item = tri_metadata_at(frame.metadata, 0);
    CU_ASSERT_TRUE(item != NULL && strcmp(item->type, "cICP") == 0 && item->size == 4 &&
                   memcmp(item->data, "\11\20\0\1", 4) == 0);
    tri_frame_free(&frame);
    tri_video_close(reader);
    unlink(pictures_path("hdr.mkv"));
}

/* ---- metadata that the output cannot store ---- */

/* A turn that players are asked for is in the file, or told. */
static void test_turned(void)
{
    static const char *const outputs[] = {"turned.mp4", "turned.mov", "turned.mkv", "turned.avi",
                                          "turned.ts"};
    struct tri_video video = clips_video(96, 64, 3, 1, 1, 8);
    const struct tri_video_write_options plain = {.video_codec = "mpeg4", .crf = -1};
    video.rotation = 90;
    clips_must_write(pictures_path("source.mp4"), &video, &plain, 3, NULL);
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
        const char *path = pictures_path(outputs[i]),
                   *notes = libav_copy_notes(pictures_path("source.mp4"), path, &plain);
        struct tri_video_reader *reader = clips_open(path);
        const bool told = strstr(notes, "the rotation of 90 degrees") != NULL;
        CU_ASSERT_EQUAL(reader->video.rotation == 90, !told);
        CU_ASSERT_EQUAL(
            told,
            i > 2 || (i == 2 && told)); /* Matroska stores it since libavformat supports that */
        tri_video_close(reader);
        unlink(path);
    }
    unlink(pictures_path("source.mp4"));
}

/* Images of a video have the shape of its pixels, as FFmpeg writes it; `rotate` inverts that, too.
 */
static void test_aspect(void)
{
    static const struct {
        const char *command;
        unsigned char density[9];
    } cases[] = {{"copy wide.mkv -o 'w-%d.png'", {0, 0, 0, 16, 0, 0, 0, 15, 0}},
                 {"rotate wide.mkv -o 'w-%d.png'", {0, 0, 0, 15, 0, 0, 0, 16, 0}},
                 {"rotate wide.mkv -o w-1.png", {0, 0, 0, 15, 0, 0, 0, 16, 0}}};
    struct tri_video video = clips_video(96, 64, 3, 1, 1, 8);
    const struct tri_video_write_options ffv1 = {.video_codec = "ffv1", .crf = -1};
    const char *said;
    video.aspect[0] = 16;
    video.aspect[1] = 15;
    clips_must_write(pictures_path("wide.mkv"), &video, &ffv1, 1, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tri_read_info info = {.size = sizeof info};
        struct tri_image *image = NULL;
        CU_ASSERT_EQUAL(run(cases[i].command, &said), TRI_OK);
        CU_ASSERT_EQUAL_FATAL(tri_image_read(pictures_path("w-1.png"), NULL, &image, &info, NULL),
                              TRI_OK);
        const struct tri_metadata_item *item = tri_metadata_find(info.metadata, "pHYs");
        CU_ASSERT_TRUE(item != NULL && item->size == 9 &&
                       memcmp(item->data, cases[i].density, 9) == 0);
        tri_metadata_free(info.metadata);
        tri_image_free(image);
        unlink(pictures_path("w-1.png"));
    }
    unlink(pictures_path("wide.mkv"));
}

int test_libav_colour_suite(void)
{
    CU_pSuite suite = CU_add_suite("libav colour", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "full range", test_full_range) &&
             CU_add_test(suite, "gray of full range", test_full_range_gray) &&
             CU_add_test(suite, "sample by sample", test_exact) &&
             CU_add_test(suite, "YCgCo", test_ycgco) &&
             CU_add_test(suite, "constant luminance", test_constant_luminance) &&
             CU_add_test(suite, "light", test_light) && CU_add_test(suite, "a turn", test_turned) &&
             CU_add_test(suite, "oblong pixels", test_aspect));
}
