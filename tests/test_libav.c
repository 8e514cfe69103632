/* test_libav.c -- video through FFmpeg's libraries: lossless round trips, times, tags, threads. */
#include "clips.h"
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <libavcodec/avcodec.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct tri_video_write_options ffv1 = {.video_codec = "ffv1", .crf = -1};
static const struct tri_video_write_options x264 = {.video_codec = "libx264", .crf = 0};

static bool no_x264(void)
{
    return clips_lack_encoder("libx264");
}

/* ---- round trips ---- */

static void test_lossless(void)
{
    static const struct {
        int planes, shift_x, shift_y, bits;
        enum tri_matrix matrix;
        const char *codec;
    } kinds[] = {
        {3, 1, 1, 8, TRI_BT601, "ffv1"},     {3, 1, 0, 8, TRI_BT601, "ffv1"},
        {3, 0, 0, 8, TRI_BT601, "ffv1"},     {3, 0, 1, 8, TRI_BT601, "ffv1"},
        {3, 2, 0, 8, TRI_BT601, "ffv1"},     {1, 0, 0, 8, TRI_BT601, "ffv1"},
        {3, 1, 1, 9, TRI_BT601, "ffv1"},     {3, 1, 1, 10, TRI_BT601, "ffv1"},
        {3, 1, 0, 10, TRI_BT709, "ffv1"},    {3, 0, 0, 12, TRI_BT2020, "ffv1"},
        {3, 1, 1, 14, TRI_BT601, "ffv1"},    {3, 0, 0, 16, TRI_BT601, "ffv1"},
        {1, 0, 0, 10, TRI_BT601, "ffv1"},    {1, 0, 0, 16, TRI_BT601, "ffv1"},
        {3, 0, 0, 8, TRI_RGB, "ffv1"},       {3, 0, 0, 10, TRI_RGB, "ffv1"},
        {3, 0, 0, 16, TRI_RGB, "ffv1"},      {3, 1, 1, 8, TRI_BT601, "rawvideo"},
        {3, 0, 0, 8, TRI_RGB, "libx264rgb"}, {3, 1, 1, 8, TRI_BT601, "huffyuv"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (int odd = 0; odd < 2; odd++) {
            struct tri_video video = clips_video(64 + 3 * odd, 48 + odd, kinds[i].planes,
                                                 kinds[i].shift_x, kinds[i].shift_y, kinds[i].bits);
            const bool rgb264 = strcmp(kinds[i].codec, "libx264rgb") == 0;
            const struct tri_video_write_options options = {.video_codec = kinds[i].codec,
                                                            .crf = rgb264 ? 0 : -1};
            const char *path = pictures_path(
                strcmp(kinds[i].codec, "rawvideo") == 0 ? "lossless.nut" : "lossless.mkv");
            if (avcodec_find_encoder_by_name(kinds[i].codec) == NULL ||
                (strcmp(kinds[i].codec, "huffyuv") == 0 && kinds[i].shift_y))
                continue;
            video.matrix = kinds[i].matrix;
            clips_must_write(path, &video, &options, 5, NULL);
            clips_must_read(path, 5);
            struct tri_video_reader *reader = clips_open(path);
            CU_ASSERT_EQUAL(reader->video.matrix == TRI_RGB, video.matrix == TRI_RGB);
            CU_ASSERT_EQUAL(reader->video.bits, video.bits);
            CU_ASSERT_EQUAL(reader->video.planes, video.planes);
            CU_ASSERT_TRUE(reader->video.shift_x == video.shift_x &&
                           reader->video.shift_y == video.shift_y);
            tri_video_close(reader);
            unlink(path);
        }
    }
}

static void test_x264(void)
{
    static const char *const names[] = {"a.mp4", "a.mkv", "a.mov", "a.ts",
                                        "a.flv", "a.avi", "a.h264"};
    const struct tri_video video = clips_video(96, 64, 3, 1, 1, 8);
    if (no_x264())
        return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = pictures_path(names[i]);
        clips_must_write(path, &video, &x264, 100, NULL); /* more than the encoder buffers */
        clips_must_read(path, 100);
        struct tri_video_reader *reader = clips_open(path);
        CU_ASSERT_TRUE(reader->video.rate[0] == 25 * reader->video.rate[1] || i == 6);
        CU_ASSERT_TRUE(i != 0 || reader->video.frames == 100);
        tri_video_close(reader);
        unlink(path);
    }
}

/* Every container's default codec: it is written, and the result is about the same. */
static void test_usual_codecs(void)
{
    static const char *const names[] = {"b.mp4", "b.mkv", "b.webm", "b.avi",   "b.mpg", "b.ts",
                                        "b.mov", "b.flv", "b.gif",  "b.mjpeg", "b.ogv", "b.wmv"};
    struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = pictures_path(names[i]);
        struct tri_error error;
        const enum tri_status status = clips_write(path, &video, NULL, 12, NULL, &error);
        if (status != TRI_OK) {
            printf("%s\n", error.text);
            CU_ASSERT_EQUAL(status, TRI_USAGE);
            continue;
        }
        const struct clip clip = clips_read_file(path, 255);
        CU_ASSERT_EQUAL(clip.status, TRI_OK);
        CU_ASSERT_EQUAL(clip.frames, 12);
        CU_ASSERT_STRING_EQUAL(clip.warning, "");
        unlink(path);
    }
}

/* The same frames give the same file. (Not with libx264 164, which reads memory that it never
 * wrote.) */
static void test_same_file(void)
{
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    static const char *const names[] = {"same.mkv", "same.mp4"}, *const codecs[] = {"ffv1",
                                                                                    "mpeg4"};
    for (int i = 0; i < 2; i++) {
        const struct tri_video_write_options options = {.video_codec = codecs[i], .crf = -1};
        clips_must_write(pictures_path(names[i]), &video, &options, 10, NULL);
        struct bytes first = pictures_load(pictures_path(names[i]));
        clips_must_write(pictures_path(names[i]), &video, &options, 10, NULL);
        struct bytes second = pictures_load(pictures_path(names[i]));
        CU_ASSERT_TRUE(first.size == second.size &&
                       memcmp(first.data, second.data, first.size) == 0);
        free(first.data);
        free(second.data);
        unlink(pictures_path(names[i]));
    }
}

/* ---- times and tags ---- */

static int64_t in_units(const struct tri_video *video, int64_t time, int per_second)
{
    return av_rescale_q(time, (AVRational){video->time_base[0], video->time_base[1]},
                        (AVRational){1, per_second});
}

static void test_times(void)
{
    static const int64_t times[] = {0, 1, 3, 7, 8, 9, 30, 31, 32, 60};
    static const char *const names[] = {"times.mkv", "times.mp4", "times.nut"};
    struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    video.time_base[1] = 50;
    for (int i = 0; i < 3; i++) {
        const struct tri_video_write_options *options = i == 1 ? &x264 : &ffv1;
        const char *path = pictures_path(names[i]);
        if (i == 1 && no_x264())
            continue;
        clips_must_write(path, &video, options, 10, times);
        struct tri_video_reader *reader = clips_open(path);
        const struct clip clip = clips_read(reader, 0);
        CU_ASSERT_EQUAL(clip.frames, 10);
        CU_ASSERT_EQUAL(clip.wrong, 0);
        for (int n = 0; n < 10; n++)
            CU_ASSERT_EQUAL(in_units(&reader->video, clip.times[n], 50), times[n]);
        for (int n = 0; n < 9 && i == 1; n++)
            CU_ASSERT_EQUAL(in_units(&reader->video, clip.durations[n], 50),
                            times[n + 1] - times[n]);
        tri_video_close(reader);
        unlink(path);
    }
}

static void test_tags(void)
{
    static const struct {
        enum tri_matrix matrix;
        bool full;
        char interlace;
        const char *siting;
        int aspect[2], rotation;
    } cases[] = {
        {TRI_BT709, false, 'p', "mpeg2", {1, 1}, 0},
        {TRI_BT601, true, 't', "jpeg", {16, 15}, 90},
        {TRI_BT2020, false, 'b', "paldv", {4, 3}, 180},
        {TRI_BT709, true, 'p', "mpeg2", {1, 1}, 270},
    };
    if (no_x264())
        return;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const bool mp4 = i % 2;
        const char *path = pictures_path(mp4 ? "tags.mp4" : "tags.mkv");
        struct tri_video video = clips_video(96, 64, 3, 1, 1, 8);
        video.matrix = cases[i / 2].matrix;
        video.full_range = cases[i / 2].full;
        video.interlace = cases[i / 2].interlace;
        video.rotation = cases[i / 2].rotation;
        memcpy(video.aspect, cases[i / 2].aspect, sizeof video.aspect);
        snprintf(video.siting, sizeof video.siting, "%s", cases[i / 2].siting);
        clips_must_write(path, &video, &x264, 3, NULL);
        clips_must_read(path, 3);
        struct tri_video_reader *reader = clips_open(path);
        CU_ASSERT_EQUAL(reader->video.matrix, video.matrix);
        CU_ASSERT_EQUAL(reader->video.full_range, video.full_range);
        CU_ASSERT_EQUAL(reader->video.interlace, video.interlace);
        CU_ASSERT_STRING_EQUAL(reader->video.siting, video.siting);
        CU_ASSERT_EQUAL(reader->video.aspect[0] * video.aspect[1],
                        reader->video.aspect[1] * video.aspect[0]);
        if (mp4)
            CU_ASSERT_EQUAL(reader->video.rotation, video.rotation);
        tri_video_close(reader);
        unlink(path);
    }
}

/* GIF counts hundredths of seconds: from faster videos it gets as many frames as players show in
 * time. */
static void test_fast(void)
{
    struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    const char *path = pictures_path("fast.gif");
    video.rate[0] = video.time_base[1] = 150;
    clips_must_write(path, &video, NULL, 30, NULL);
    struct tri_video_reader *reader = clips_open(path);
    const struct clip clip = clips_read(reader, 255);
    CU_ASSERT_EQUAL(clip.status, TRI_OK);
    CU_ASSERT_EQUAL(clip.frames, 10);
    CU_ASSERT_EQUAL(in_units(&reader->video, clip.times[9], 100), 18);
    tri_video_close(reader);
    unlink(path);
}

/* If the length is not stated, about as many frames as the duration suggests. */
static void test_lengths(void)
{
    static const char *const names[] = {"length.mkv", "length.mp4", "length.ts"};
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    for (int i = 0; i < 3; i++) {
        const char *path = pictures_path(names[i]);
        clips_must_write(path, &video, NULL, 40, NULL);
        struct tri_video_reader *reader = clips_open(path);
        CU_ASSERT_TRUE(reader->video.frames >= 38 && reader->video.frames <= 42);
        tri_video_close(reader);
        unlink(path);
    }
}

/* ---- threads ---- */

struct share {
    struct tri_video_writer *writer;
    struct tri_frame *frames;
    long from, to;
};

static void *encode_share(void *context)
{
    const struct share *share = context;
    bool done = true;
    for (long n = share->from; n < share->to; n++)
        done &= tri_video_encode(share->writer, &share->frames[n], NULL) == TRI_OK;
    return done ? context : NULL;
}

/* Frames that several threads convert at once give the same file as one thread. */
static void test_threads(void)
{
    enum { FRAMES = 24, THREADS = 4 };
    static const char *const names[] = {"one.mkv", "many.mkv"};
    struct tri_video video = clips_video(97, 61, 3, 0, 0, 8);
    struct tri_frame frames[FRAMES];
    struct bytes files[2];
    const struct tri_video_write_options options = {.video_codec = "huffyuv", .crf = -1};
    video.matrix = TRI_RGB;
    for (int i = 0; i < FRAMES; i++)
        CU_ASSERT_EQUAL_FATAL(tri_frame_new(&video, &frames[i], NULL), TRI_OK);
    for (int many = 0; many < 2; many++) {
        const int count = many ? THREADS : 1;
        struct share shares[THREADS];
        pthread_t threads[THREADS];
        struct tri_video_writer *writer;
        for (int i = 0; i < FRAMES; i++)
            clips_fill(&video, i, &frames[i]);
        CU_ASSERT_EQUAL_FATAL(
            tri_video_create(pictures_path(names[many]), &video, &options, &writer, NULL), TRI_OK);
        for (int t = 0; t < count; t++) {
            shares[t] =
                (struct share){writer, frames, FRAMES * t / count, FRAMES * (t + 1) / count};
            CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[t], NULL, encode_share, &shares[t]), 0);
        }
        for (int t = 0; t < count; t++) {
            void *done;
            pthread_join(threads[t], &done);
            CU_ASSERT_PTR_NOT_NULL(done);
        }
        for (int i = 0; i < FRAMES; i++)
            CU_ASSERT_EQUAL(tri_video_put(writer, &frames[i], NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_video_end(writer, TRI_OK, NULL), TRI_OK);
        files[many] = pictures_load(pictures_path(names[many]));
        unlink(pictures_path(names[many]));
    }
    CU_ASSERT_TRUE(files[0].size == files[1].size &&
                   memcmp(files[0].data, files[1].data, files[0].size) == 0);
    for (int i = 0; i < FRAMES; i++)
        tri_frame_free(&frames[i]);
    free(files[0].data);
    free(files[1].data);
}

/* ---- real files ---- */

static void test_real_files(void)
{
    static const char *const names[] = {"video/bikes.mp4", "video/bigbuckbunny-720p.mp4"};
    for (int i = 0; i < 2; i++) {
        char path[1024];
        struct tri_error error;
        if (test_data(names[i], path) == NULL) {
            test_skip("no data");
            return;
        }
        struct tri_video_reader *reader = clips_open(path);
        const int64_t known = reader->video.frames;
        struct clip clip = clips_read(reader, 255);
        CU_ASSERT_EQUAL(clip.status, TRI_OK);
        CU_ASSERT_EQUAL(clip.frames, known);
        CU_ASSERT_STRING_EQUAL(clip.warning, "");
        CU_ASSERT_TRUE(clip.times[0] == 0 && clip.times[1] > 0);
        tri_video_close(reader);
        CU_ASSERT_EQUAL(clips_copy(path, pictures_path("real.mkv"), &ffv1, 40, &error), TRI_OK);
        clip = clips_read_file(pictures_path("real.mkv"), 255);
        CU_ASSERT_EQUAL(clip.frames, 40);
        unlink(pictures_path("real.mkv"));
    }
}

int test_libav_suite(void)
{
    CU_pSuite suite = CU_add_suite("libav", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "lossless round trips", test_lossless) &&
             CU_add_test(suite, "lossless H.264 in every container", test_x264) &&
             CU_add_test(suite, "usual codecs", test_usual_codecs) &&
             CU_add_test(suite, "the same file again", test_same_file) &&
             CU_add_test(suite, "times of frames", test_times) &&
             CU_add_test(suite, "tags", test_tags) &&
             CU_add_test(suite, "frames too fast", test_fast) &&
             CU_add_test(suite, "lengths", test_lengths) &&
             CU_add_test(suite, "several threads", test_threads) &&
             CU_add_test(suite, "real files", test_real_files));
}
