/* test_sequence.c -- numbered image files as videos. */
#include "clips.h"
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A numbered name in the tests' folder. */
static const char *numbered(const char *pattern, int number)
{
    char name[100];
    snprintf(name, sizeof name, "%s%03d.png", pattern, number);
    return pictures_path(name);
}

static struct tri_video video_of(int planes, int bits)
{
    struct tri_video video = clips_video(13, 9, planes, 0, 0, bits);
    video.matrix = TRI_RGB;
    return video;
}

static void remove_numbered(const char *pattern, int first, int last)
{
    for (int i = first; i <= last; i++)
        CU_ASSERT_EQUAL(unlink(numbered(pattern, i)), 0);
}

static void test_round_trips(void)
{
    for (int kind = 0; kind < 4; kind++) {
        const struct tri_video video = video_of(kind % 2 ? 3 : 1, kind / 2 ? 16 : 8);
        const char *path = pictures_path("frame-%03d.png");
        CU_ASSERT_TRUE(tri_video_writes(path, NULL));
        CU_ASSERT_TRUE(tri_video_is(path, NULL, 0));
        clips_must_write(path, &video, NULL, 4, NULL);
        clips_must_read(path, 4);
        struct tri_video_reader *reader = clips_open(path);
        CU_ASSERT_EQUAL(reader->video.frames, 4);
        CU_ASSERT_EQUAL(reader->video.planes, video.planes);
        CU_ASSERT_EQUAL(reader->video.bits, video.bits);
        CU_ASSERT_EQUAL(reader->video.matrix, TRI_RGB);
        CU_ASSERT_TRUE(reader->video.rate[0] == 25 && reader->video.rate[1] == 1);
        tri_video_close(reader);
        remove_numbered("frame-", 1, 4);
    }
}

/* One file is missing in between: refused, because the result would be a complete-looking video
 * with fewer frames. */
static void expect_gap(int missing, int later)
{
    const struct clip clip = clips_read_file(pictures_path("n%03d.png"), 0);
    char name[20];
    CU_ASSERT_EQUAL(clip.status, TRI_FAILED);
    snprintf(name, sizeof name, "n%03d.png is miss", missing);
    CU_ASSERT_PTR_NOT_NULL(strstr(clip.error.text, name));
    snprintf(name, sizeof name, "n%03d.png exists", later);
    CU_ASSERT_PTR_NOT_NULL(strstr(clip.error.text, name));
}

/* From 0 or 1 to the last; a folder that cannot be read does not end the sequence. */
static void test_numbers(void)
{
    const struct tri_video video = video_of(3, 8);
    const char *path = pictures_path("n%03d.png");
    clips_must_write(path, &video, NULL, 3, NULL);
    char from[600];
    snprintf(from, sizeof from, "%s", numbered("n", 3));
    CU_ASSERT_EQUAL(rename(from, numbered("n", 5)), 0);
    expect_gap(3, 5);
    snprintf(from, sizeof from, "%s", numbered("n", 5));
    CU_ASSERT_EQUAL(rename(from, pictures_path("n5.png")), 0);
    clips_must_read(pictures_path("n%03d.png"), 2);
    clips_must_read(pictures_path("n00%d.png"), 2);
    for (int i = 1; i <= 2; i++) {
        snprintf(from, sizeof from, "%s", numbered("n", i));
        CU_ASSERT_EQUAL(rename(from, numbered("n", i - 1)), 0);
        if (i == 1)
            expect_gap(1, 2);
    }
    clips_must_read(pictures_path("n%03d.png"), 2);
    CU_ASSERT_EQUAL(unlink(numbered("n", 0)), 0);
    const struct clip clip = clips_read_file(pictures_path("n%04d.png"), 0);
    CU_ASSERT_EQUAL(clip.status, TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(clip.error.text, "number 0 or 1"));
    CU_ASSERT_EQUAL(unlink(numbered("n", 1)), 0);
    CU_ASSERT_EQUAL(unlink(pictures_path("n5.png")), 0);
    const struct clip none = clips_read_file("/proc/self/task/1/%d.png", 0);
    CU_ASSERT_EQUAL(none.status, TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(none.error.text, "the folder '/proc/self/task/1/': No such file"));
}

static void test_patterns(void)
{
    static const char *const good[] = {"%d.png",     "a/b-%09d.png",     "%03d.PNG", "%01d.png",
                                       "a%d/%d.png", "5%%/100%%-%d.png", "%d%%.png", "%01dx.png"};
    static const char *const bad[] = {
        "a.png",     "%%d.png",  "%5d.png",  "%s.png",   "%d%d.png",     "%0d.png", "%d%n.png",
        "%010d.png", "%d.none",  "%ld.png",  "%",        "%0",           "%03",     "100%.png",
        "%d",        "%-3d.png", "%03x.png", "%d/a.png", "100%done.png", "%d5.png", "a%-%d.png"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CU_ASSERT_TRUE(tri_video_is(good[i], NULL, 0));
        CU_ASSERT_TRUE(tri_video_writes(good[i], NULL));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CU_ASSERT_FALSE(tri_video_is(bad[i], NULL, 0));
        CU_ASSERT_FALSE(tri_video_writes(bad[i], NULL));
    }
    CU_ASSERT_FALSE(tri_video_writes("", "png")); /* an image format is not a video format */
}

/* A file of exactly this name is not a sequence, and '%%' is one '%'. */
static void test_percent_signs(void)
{
    const struct tri_video video = video_of(3, 8);
    char path[600];
    snprintf(path, sizeof path, "%s", pictures_path("5%%-%d%%.png"));
    clips_must_write(path, &video, NULL, 2, NULL);
    clips_must_read(path, 2);
    CU_ASSERT_EQUAL(access(pictures_path("5%-2%.png"), F_OK), 0);
    CU_ASSERT_EQUAL(rename(pictures_path("5%-2%.png"), path), 0);
    CU_ASSERT_FALSE(tri_video_is(path, NULL, 0));
    CU_ASSERT_FALSE(tri_video_writes(path, NULL));
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_TRUE(tri_video_is(path, NULL, 0));
    CU_ASSERT_EQUAL(unlink(pictures_path("5%-1%.png")), 0);
}

static void store(const char *path, int width, int planes, int bits, bool opaque)
{
    struct tri_image *image =
        opaque ? pictures_scene(width, 9, planes, bits) : pictures_noise(width, 9, planes, bits);
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    tri_image_free(image);
}

static void expect_second(int width, int planes, int bits, bool opaque, const char *error)
{
    store(numbered("s", 1), 13, 3, 8, true);
    store(numbered("s", 2), width, planes, bits, opaque);
    struct tri_video_reader *reader = clips_open(pictures_path("s%03d.png"));
    const struct clip clip = clips_read(reader, 0);
    CU_ASSERT_EQUAL(clip.status, error != NULL ? TRI_FAILED : TRI_OK);
    CU_ASSERT_EQUAL(clip.frames, error != NULL ? 1 : 2);
    if (error != NULL) {
        CU_ASSERT_PTR_NOT_NULL(strstr(clip.error.text, numbered("s", 2)));
        CU_ASSERT_PTR_NOT_NULL(strstr(clip.error.text, error));
    }
    CU_ASSERT_STRING_EQUAL(clip.warning, "");
    tri_video_close(reader);
    remove_numbered("s", 1, 2);
}

static void test_unlike_pictures(void)
{
    expect_second(13, 3, 8, true, NULL);
    expect_second(12, 3, 8, true, "12 x 9 pixels, but the first picture 13 x 9");
    expect_second(13, 3, 16, true, "colour with 16 bits, but the first picture colour with 8");
    expect_second(13, 1, 8, true, NULL);
    expect_second(13, 2, 8, true, NULL);
    expect_second(13, 4, 8, true, NULL);
    expect_second(13, 4, 8, false,
                  "it has transparent parts, but the first picture has no transparency; use "
                  "--background white");
}

static void test_gray_among_colours(void)
{
    store(numbered("g", 1), 13, 3, 8, true);
    store(numbered("g", 2), 13, 1, 8, true);
    struct tri_video_reader *reader = clips_open(pictures_path("g%03d.png"));
    struct tri_image *gray = pictures_read(numbered("g", 2), NULL);
    struct tri_frame frame;
    bool more;
    CU_ASSERT_EQUAL_FATAL(tri_frame_new(&reader->video, &frame, NULL), TRI_OK);
    for (int i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(tri_video_next(reader, &frame, &more, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_video_decode(reader, &frame, NULL), TRI_OK);
    for (int p = 0; p < 3; p++)
        CU_ASSERT_EQUAL(tri_image_compare(gray, frame.planes[p]).count, 0);
    tri_image_free(gray);
    tri_frame_free(&frame);
    tri_video_close(reader);
    remove_numbered("g", 1, 2);
}

static void test_damage(void)
{
    const struct tri_video video = video_of(3, 8);
    struct tri_error error;
    clips_must_write(pictures_path("d%03d.png"), &video, NULL, 3, NULL);
    pictures_store(numbered("d", 2), "no picture", 10);
    struct tri_video_reader *reader = clips_open(pictures_path("d%03d.png"));
    const struct clip clip = clips_read(reader, 0);
    CU_ASSERT_EQUAL(clip.status, TRI_FAILED);
    CU_ASSERT_EQUAL(clip.frames, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(clip.error.text, numbered("d", 2)));
    tri_video_close(reader);
    remove_numbered("d", 1, 3);
    const struct tri_video luma = clips_video(4, 4, 3, 1, 1, 8);
    CU_ASSERT_EQUAL(clips_write(pictures_path("d%d.png"), &luma, NULL, 1, NULL, &error), TRI_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "YCbCr"));
    CU_ASSERT_EQUAL(clips_write("/nowhere/at/all/%d.png", &video, NULL, 1, NULL, &error),
                    TRI_FAILED);
}

int test_sequence_suite(void)
{
    CU_pSuite suite = CU_add_suite("sequence", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "round trips", test_round_trips) &&
             CU_add_test(suite, "where numbers begin and end", test_numbers) &&
             CU_add_test(suite, "patterns", test_patterns) &&
             CU_add_test(suite, "percent signs", test_percent_signs) &&
             CU_add_test(suite, "pictures unlike the first", test_unlike_pictures) &&
             CU_add_test(suite, "gray among colours", test_gray_among_colours) &&
             CU_add_test(suite, "damage", test_damage));
}
