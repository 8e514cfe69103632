/* test_libav_files.c -- video through FFmpeg's libraries: supported files, standard input and
 * output, damage. */
#include "clips.h"
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static const struct tri_video_write_options ffv1 = {.video_codec = "ffv1", .crf = -1};
static const struct tri_video_write_options x264 = {.video_codec = "libx264", .crf = 0};

static bool no_x264(void)
{
    return clips_lack_encoder("libx264");
}

/* ---- refusals ---- */

static void expect_refusal(const char *name, const struct tri_video_write_options *options,
                           const struct tri_video *video, const char *part)
{
    struct tri_error error = {0};
    const char *path = pictures_path(name);
    CU_ASSERT_EQUAL(clips_write(path, video, options, 1, NULL, &error), TRI_USAGE);
    if (strstr(error.text, part) == NULL)
        printf("expected \"%s\" in \"%s\"\n", part, error.text);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, part));
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
}

static void test_refusals(void)
{
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8),
                           deep = clips_video(64, 48, 3, 2, 0, 10);
    struct tri_error error;
    expect_refusal("a.mkv", &(struct tri_video_write_options){.video_codec = "none", .crf = -1},
                   &video, "'none'");
    expect_refusal("a.mkv", &(struct tri_video_write_options){.video_codec = "aac", .crf = -1},
                   &video, "'aac'");
    expect_refusal("a.webm", &ffv1, &video, "webm cannot store");
    expect_refusal("a.mkv", &(struct tri_video_write_options){.video_codec = "ffv1", .crf = 3},
                   &video, "ffv1");
    expect_refusal("a.mkv", &ffv1, &deep, "10 bits");
    expect_refusal("a.none", &ffv1, &video, "'none'");
    if (!no_x264())
        expect_refusal("a.mkv",
                       &(struct tri_video_write_options){.video_codec = "libx264", .crf = 999},
                       &video, "999");
    CU_ASSERT_EQUAL(clips_write("/nowhere/at/all/a.mkv", &video, &ffv1, 1, NULL, &error),
                    TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "No such file or directory"));
}

static void test_names(void)
{
    static const char *const videos[] = {"mp4",    "mkv", "webm", "matroska",
                                         "mpegts", "avi", "gif",  "mov"};
    static const char *const others[] = {"png", "jpg", "webp", "tiff", "mp3",
                                         "wav", "txt", "",     "none", "bmp"};
    for (size_t i = 0; i < sizeof videos / sizeof videos[0]; i++)
        CU_ASSERT_TRUE(tri_video_writes("", videos[i]));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (tri_video_writes("", others[i]))
            printf("%s is written as video\n", others[i]);
        CU_ASSERT_FALSE(tri_video_writes("", others[i]));
    }
    CU_ASSERT_TRUE(tri_video_is("-",
                                (const unsigned char *)"\0\0\0\x20"
                                                       "ftypisom",
                                12));
    CU_ASSERT_FALSE(tri_video_is("-",
                                 (const unsigned char *)"\0\0\0\x20"
                                                        "ftypheic",
                                 12));
    CU_ASSERT_FALSE(tri_video_is("-",
                                 (const unsigned char *)"\0\0\0\x20"
                                                        "ftypavif",
                                 12));
    CU_ASSERT_FALSE(tri_video_is("-", (const unsigned char *)"RIFF\1\1\1\1WEBP", 12));
    CU_ASSERT_FALSE(tri_video_is("-", (const unsigned char *)"\x89PNG\r\n\x1a\n", 8));
    CU_ASSERT_TRUE(tri_video_is("-", (const unsigned char *)"\x1a\x45\xdf\xa3", 4));
    CU_ASSERT_FALSE(tri_video_is("-", NULL, 0));
}

/* ---- standard input and output, full disks ---- */

static void test_standard_input(void)
{
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    const char *path = pictures_path("piped.mkv");
    struct tri_video_reader *reader = NULL;
    struct tri_error error;
    clips_must_write(path, &video, &ffv1, 7, NULL);
    struct bytes file = pictures_load(path);
    const int old = clips_feed_input(path, TRI_HEAD);
    CU_ASSERT_EQUAL(
        tri_video_open("-",
                       &(struct tri_video_read_options){.head = file.data, .head_size = TRI_HEAD},
                       &reader, &error),
        TRI_OK);
    if (reader != NULL) {
        const struct clip clip = clips_read(reader, 0);
        CU_ASSERT_EQUAL(clip.status, TRI_OK);
        CU_ASSERT_EQUAL(clip.frames, 7);
        CU_ASSERT_EQUAL(clip.wrong, 0);
    }
    tri_video_close(reader);
    clips_restore_input(old);
    free(file.data);
    unlink(path);
}

static void test_standard_output(void)
{
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    const struct tri_video_write_options options = {
        .format = "matroska", .video_codec = "ffv1", .crf = -1};
    const struct tri_video_write_options mp4 = {.format = "mp4", .crf = -1};
    const char *path = pictures_path("out.mkv");
    struct tri_error error = {0}, second = {0};
    fflush(stdout);
    const int old = dup(STDOUT_FILENO), file = open(path, O_WRONLY | O_CREAT, 0600);
    CU_ASSERT_TRUE_FATAL(old >= 0 && file >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    const enum tri_status status = clips_write("-", &video, &options, 6, NULL, &error);
    const enum tri_status refused = clips_write("-", &video, &mp4, 1, NULL, &second);
    dup2(old, STDOUT_FILENO);
    close(old);
    close(file);
    CU_ASSERT_EQUAL(status, TRI_OK);
    clips_must_read(path, 6);
    CU_ASSERT_EQUAL(refused, TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(second.text, "cannot write standard output: mp4 may need a seekable file"));
    unlink(path);
}

static void test_disk_full(void)
{
    struct tri_error error;
    const struct tri_video_write_options options = {
        .format = "matroska", .video_codec = "ffv1", .crf = -1};
    if (access("/dev/full", W_OK) != 0) {
        test_skip("no /dev/full");
        return;
    }
    for (int side = 16; side <= 816; side += 800) {
        const struct tri_video video = clips_video(side, side, 3, 1, 1, 8);
        CU_ASSERT_EQUAL(clips_write("/dev/full", &video, &options, 3, NULL, &error), TRI_FAILED);
        CU_ASSERT_STRING_EQUAL(error.text, "cannot write /dev/full: No space left on device");
    }
}

static long good_seeks = LONG_MAX; /* before the first that fails */

/* Replaces libc's, for the module's muxers. */
__attribute__((visibility("default"))) off_t lseek(int file, off_t offset, int whence)
{
    if (good_seeks-- <= 0) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_lseek, file, offset, whence);
}

/* Muxers ignore such failures, and the file would be unreadable. */
static void test_failed_seeks(void)
{
    static const char *const names[] = {"seek.mp4", "seek.mkv", "seek.avi", "seek.flv"};
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    for (int i = 0; i < 4; i++) {
        const char *path = pictures_path(names[i]);
        long failing = 0;
        for (enum tri_status status = TRI_FAILED; status != TRI_OK && failing < 1000; failing++) {
            struct tri_error error = {0};
            good_seeks = failing;
            status = clips_write(path, &video, NULL, 5, NULL, &error);
            good_seeks = LONG_MAX;
            CU_ASSERT_EQUAL(access(path, F_OK) == 0, status == TRI_OK);
            CU_ASSERT_TRUE(status == TRI_OK || strstr(error.text, "Input/output error") != NULL);
        }
        CU_ASSERT_TRUE(failing > 1 && failing < 1000);
        CU_ASSERT_EQUAL(clips_read_file(path, 255).frames, 5);
        unlink(path);
    }
}

/* After hang-up a terminal delivers buffered data, and then EIO. Demuxers take that for the end of
 * the file. */
static void test_failed_reads(void)
{
    const struct tri_video video = clips_video(16, 16, 3, 1, 1, 8);
    const char *path = pictures_path("reads.mkv");
    clips_must_write(path, &video, NULL, 4, NULL);
    struct bytes file = pictures_load(path);
    const int old = dup(STDIN_FILENO), outer = posix_openpt(O_RDWR | O_NOCTTY);
    const int inner = outer >= 0 && grantpt(outer) == 0 && unlockpt(outer) == 0
                          ? open(ptsname(outer), O_RDWR | O_NOCTTY)
                          : -1;
    struct termios plain;
    struct tri_video_reader *reader = NULL;
    if (inner < 0 || tcgetattr(inner, &plain) != 0) {
        test_skip("no terminals");
    } else {
        cfmakeraw(&plain);
        CU_ASSERT_TRUE(tcsetattr(inner, TCSANOW, &plain) == 0 &&
                       dup2(outer, STDIN_FILENO) == STDIN_FILENO);
        const size_t size = file.size < 4000 ? file.size : 4000;
        CU_ASSERT_EQUAL(write(inner, file.data + TRI_HEAD, size - TRI_HEAD),
                        (ssize_t)(size - TRI_HEAD));
        close(inner);
        CU_ASSERT_EQUAL(tri_video_open("-",
                                       &(struct tri_video_read_options){.head = file.data,
                                                                        .head_size = TRI_HEAD},
                                       &reader, NULL),
                        TRI_OK);
        if (reader != NULL)
            CU_ASSERT_PTR_NOT_NULL(strstr(clips_read(reader, 255).warning, "Input/output error"));
        tri_video_close(reader);
    }
    close(outer);
    clips_restore_input(old);
    free(file.data);
    unlink(path);
}

/* ---- damage ---- */

/* Neither crashes nor hangs, and reports the damage unless every frame is present. */
static void check_damaged(const char *path, long frames, bool must_tell)
{
    const struct clip clip = clips_read_file(path, 255);
    CU_ASSERT_TRUE(clip.frames <= frames + 5);
    if (must_tell && clip.frames < frames && clip.status == TRI_OK && !clip.warning[0]) {
        printf("%s: %ld of %ld frames and not a word\n", path, clip.frames, frames);
        CU_FAIL("damage that is not told");
    }
}

static void test_damage(void)
{
    static const char *const names[] = {"damage.mkv", "damage.mp4", "damage.avi", "damage.ts"};
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    for (int i = 0; i < 4; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s", pictures_path(names[i]));
        clips_must_write(path, &video, NULL, 30, NULL);
        struct bytes file = pictures_load(path);
        for (int cut = 0; cut < 20; cut++) {
            pictures_store(path, file.data, file.size * (size_t)cut / 20);
            check_damaged(path, 30, i != 3);
        }
        uint32_t state = 1;
        for (int round = 0; round < 40; round++) {
            for (int k = 0; k < 20; k++) {
                state = state * 1664525 + 1013904223;
                file.data[(state >> 8) % file.size] ^= (unsigned char)(1 << (state >> 29));
            }
            pictures_store(path, file.data, file.size);
            check_damaged(path, 30, false);
        }
        free(file.data);
        unlink(path);
    }
}

/* MP4 with its index in front, cut: the existing frames are read. */
static void test_cut_with_index(void)
{
    if (!clips_ffmpeg(
            "-f lavfi -i testsrc=s=64x48:r=25:d=3 -c:v mpeg4 -movflags +faststart whole.mp4"))
        return;
    struct bytes file = pictures_load(pictures_path("whole.mp4"));
    char path[512];
    snprintf(path, sizeof path, "%s", pictures_path("cut.mp4"));
    pictures_store(path, file.data, file.size / 2);
    const struct clip clip = clips_read_file(path, 255);
    CU_ASSERT_EQUAL(clip.status, TRI_OK);
    CU_ASSERT_TRUE(clip.frames > 5 && clip.frames < 75);
    CU_ASSERT_TRUE(clip.warning[0] != '\0');
    free(file.data);
    unlink(path);
    unlink(pictures_path("whole.mp4"));
}

/* Cut so that only the end is missing: every frame but the last ones is read, and the damage
 * reported. */
static void test_cut_ends(void)
{
    static const char *const names[] = {"end.ts", "end.gif"};
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    for (int i = 0; i < 2; i++) {
        const char *path = pictures_path(names[i]);
        clips_must_write(path, &video, NULL, 9, NULL);
        struct bytes file = pictures_load(path);
        struct clip clip = clips_read_file(path, 255);
        CU_ASSERT_EQUAL(clip.frames, 9);
        CU_ASSERT_STRING_EQUAL(clip.warning, "");
        pictures_store(path, file.data, file.size - 7);
        clip = clips_read_file(path, 255);
        CU_ASSERT_TRUE(clip.frames >= 8);
        CU_ASSERT_PTR_NOT_NULL(strstr(clip.warning, "the file is truncated"));
        free(file.data);
        unlink(path);
    }
}

/* Two concatenated files, whose times start anew. */
static void test_joined(void)
{
    if (!clips_ffmpeg("-f lavfi -i testsrc=s=64x48:r=25:d=1 -f lavfi -i sine=d=1 -c:v mpeg2video "
                      "-c:a mp2 one.ts"))
        return;
    struct bytes file = pictures_load(pictures_path("one.ts")), three = {0};
    for (int i = 0; i < 3; i++)
        pictures_add(&three, file.data, file.size);
    pictures_store(pictures_path("three.ts"), three.data, three.size);
    const struct clip clip = clips_read_file(pictures_path("three.ts"), 255);
    CU_ASSERT_EQUAL(clip.frames, 75);
    for (int n = 1; n < 75; n++) /* at 90 kHz */
        CU_ASSERT_TRUE(llabs(clip.times[n] - clip.times[n - 1] - 3600) <= (n % 25 == 0 ? 9000 : 0));
    free(file.data);
    free(three.data);
    unlink(pictures_path("one.ts"));
    unlink(pictures_path("three.ts"));
}

static void test_no_video(void)
{
    struct clip clip = clips_read_file(pictures_path("missing.mp4"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(clip.error.text, "No such file or directory"));
    pictures_store(pictures_path("text.mp4"), "no video at all, but text", 25);
    clip = clips_read_file(pictures_path("text.mp4"), 0);
    CU_ASSERT_EQUAL(clip.status, TRI_FAILED);
    unlink(pictures_path("text.mp4"));
    if (!clips_ffmpeg("-f lavfi -i sine=d=3 -c:a flac sound.mkv"))
        return;
    clip = clips_read_file(pictures_path("sound.mkv"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(clip.error.text, "the file contains no video"));
    unlink(pictures_path("sound.mkv"));
}

static void test_change_of_size(void)
{
    const struct tri_video small = clips_video(64, 48, 3, 1, 1, 8),
                           large = clips_video(96, 64, 3, 1, 1, 8);
    if (no_x264())
        return;
    clips_must_write(pictures_path("a.h264"), &small, &x264, 5, NULL);
    clips_must_write(pictures_path("b.h264"), &large, &x264, 5, NULL);
    struct bytes both = pictures_load(pictures_path("a.h264")),
                 second = pictures_load(pictures_path("b.h264"));
    pictures_add(&both, second.data, second.size);
    pictures_store(pictures_path("a.h264"), both.data, both.size);
    const struct clip clip = clips_read_file(pictures_path("a.h264"), 0);
    CU_ASSERT_EQUAL(clip.status, TRI_FAILED);
    CU_ASSERT_EQUAL(clip.frames, 5);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(clip.error.text, "frame 6 has 96 x 64 pixels, but the frames before it 64 x 48"));
    free(both.data);
    free(second.data);
    unlink(pictures_path("a.h264"));
    unlink(pictures_path("b.h264"));
}

int test_libav_files_suite(void)
{
    CU_pSuite suite = CU_add_suite("libav files", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "what cannot be written", test_refusals) &&
             CU_add_test(suite, "which files", test_names) &&
             CU_add_test(suite, "standard input", test_standard_input) &&
             CU_add_test(suite, "standard output", test_standard_output) &&
             CU_add_test(suite, "a disk that is full", test_disk_full) &&
             CU_add_test(suite, "seeks that fail", test_failed_seeks) &&
             CU_add_test(suite, "reads that fail", test_failed_reads) &&
             CU_add_test(suite, "damage", test_damage) &&
             CU_add_test(suite, "an index in front, and the end missing", test_cut_with_index) &&
             CU_add_test(suite, "the very end missing", test_cut_ends) &&
             CU_add_test(suite, "files one behind the other", test_joined) &&
             CU_add_test(suite, "no video", test_no_video) &&
             CU_add_test(suite, "a change of size", test_change_of_size));
}
