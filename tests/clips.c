/* clips.c -- helpers for tests of videos. */
#include "clips.h"

#include "pictures.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct tri_video clips_video(int width, int height, int planes, int shift_x, int shift_y, int bits)
{
    return (struct tri_video){.width = width,
                              .height = height,
                              .planes = planes,
                              .shift_x = shift_x,
                              .shift_y = shift_y,
                              .bits = bits,
                              .rate = {25, 1},
                              .aspect = {1, 1},
                              .interlace = 'p',
                              .matrix = TRI_BT601,
                              .time_base = {1, 25}};
}

/* ---- frames ---- */

static unsigned sample_at(long number, int plane, int x, int y, int bits)
{
    uint32_t mixed = (uint32_t)number * 2654435761u + (uint32_t)plane * 40503u +
                     (uint32_t)x * 2246822519u + (uint32_t)y * 3266489917u;
    mixed ^= mixed >> 15;
    mixed *= 2246822519u;
    mixed ^= mixed >> 13;
    return mixed >> (32 - bits);
}

static unsigned spread(unsigned value, int bits)
{
    return bits > 8 && bits < 16 ? value << (16 - bits) | value >> (2 * bits - 16) : value;
}

void clips_fill(const struct tri_video *video, long number, struct tri_frame *frame)
{
    for (int p = 0; p < video->planes; p++) {
        const struct tri_image *image = frame->planes[p];
        for (int y = 0; y < image->shape.height; y++)
            for (int x = 0; x < image->shape.width; x++) {
                const unsigned value = spread(sample_at(number, p, x, y, video->bits), video->bits);
                if (video->bits > 8)
                    ((uint16_t *)tri_image_row(image, 0, y))[x] = (uint16_t)value;
                else
                    ((uint8_t *)tri_image_row(image, 0, y))[x] = (uint8_t)value;
            }
    }
    frame->number = frame->time = number;
    frame->duration = 1;
}

long clips_wrong(const struct tri_video *video, long number, const struct tri_frame *frame,
                 int slack)
{
    long wrong = 0;
    for (int p = 0; p < video->planes; p++) {
        const struct tri_image *image = frame->planes[p];
        for (int y = 0; y < image->shape.height; y++)
            for (int x = 0; x < image->shape.width; x++) {
                const void *row = tri_image_row(image, 0, y);
                const int value =
                    video->bits > 8 ? ((const uint16_t *)row)[x] : ((const uint8_t *)row)[x];
                const int wanted =
                    (int)spread(sample_at(number, p, x, y, video->bits), video->bits);
                wrong += abs(value - wanted) > slack;
            }
    }
    return wrong;
}

/* ---- writing ---- */

enum tri_status clips_write(const char *path, const struct tri_video *video,
                            const struct tri_video_write_options *options, long count,
                            const int64_t *times, struct tri_error *error)
{
    const struct tri_video_write_options usual = {.crf = -1};
    struct tri_video_writer *writer;
    struct tri_frame frame;
    CU_ASSERT_EQUAL_FATAL(tri_frame_new(video, &frame, error), TRI_OK);
    enum tri_status status =
        tri_video_create(path, video, options != NULL ? options : &usual, &writer, error);
    if (status == TRI_OK) {
        for (long n = 0; n < count && status == TRI_OK; n++) {
            clips_fill(video, n, &frame);
            if (times != NULL) {
                frame.time = times[n];
                frame.duration = n + 1 < count ? times[n + 1] - times[n] : 1;
            }
            status = tri_video_encode(writer, &frame, error);
            if (status == TRI_OK)
                status = tri_video_put(writer, &frame, error);
        }
        status = tri_video_end(writer, status, error);
    }
    tri_frame_free(&frame);
    return status;
}

void clips_must_write(const char *path, const struct tri_video *video,
                      const struct tri_video_write_options *options, long count,
                      const int64_t *times)
{
    struct tri_error error = {0};
    if (clips_write(path, video, options, count, times, &error) != TRI_OK) {
        printf("%s: %s\n", path, error.text);
        CU_FAIL_FATAL("a clip cannot be written");
    }
}

/* ---- reading ---- */

struct tri_video_reader *clips_open(const char *path)
{
    struct tri_video_reader *reader;
    struct tri_error error = {0};
    if (tri_video_open(path, NULL, &reader, &error) != TRI_OK) {
        printf("%s\n", error.text);
        CU_FAIL_FATAL("a clip cannot be opened");
    }
    return reader;
}

struct clip clips_read(struct tri_video_reader *reader, int slack)
{
    struct clip clip = {0};
    struct tri_frame frame;
    bool more = true;
    CU_ASSERT_EQUAL_FATAL(tri_frame_new(&reader->video, &frame, NULL), TRI_OK);
    while (more && clip.status == TRI_OK) {
        clip.status = tri_video_next(reader, &frame, &more, &clip.error);
        if (clip.status == TRI_OK && more)
            clip.status = tri_video_decode(reader, &frame, &clip.error);
        if (clip.status != TRI_OK || !more)
            break;
        CU_ASSERT_PTR_NULL(frame.raw);
        CU_ASSERT_EQUAL(frame.number, clip.frames);
        if (clip.frames < 200) {
            clip.times[clip.frames] = frame.time;
            clip.durations[clip.frames] = frame.duration;
        }
        clip.wrong += clips_wrong(&reader->video, clip.frames, &frame, slack) > 0;
        clip.frames++;
    }
    tri_frame_free(&frame);
    memcpy(clip.warning, reader->warning, sizeof clip.warning);
    return clip;
}

struct clip clips_read_file(const char *path, int slack)
{
    struct tri_video_reader *reader = NULL;
    struct clip clip = {0};
    clip.status = tri_video_open(path, NULL, &reader, &clip.error);
    if (clip.status == TRI_OK)
        clip = clips_read(reader, slack);
    tri_video_close(reader);
    if (clip.status != TRI_OK) {
        CU_ASSERT_PTR_NOT_NULL(strstr(clip.error.text, path));
        CU_ASSERT_PTR_NULL(strchr(clip.error.text, '\n'));
        CU_ASSERT_EQUAL(clip.error.status, clip.status);
    }
    return clip;
}

void clips_must_read(const char *path, long count)
{
    const struct clip clip = clips_read_file(path, 0);
    if (clip.status != TRI_OK || clip.frames != count || clip.wrong > 0 || clip.warning[0])
        printf("%s: %ld frames for %ld, %ld wrong, %s%s\n", path, clip.frames, count, clip.wrong,
               clip.error.text, clip.warning);
    CU_ASSERT_EQUAL(clip.status, TRI_OK);
    CU_ASSERT_EQUAL(clip.frames, count);
    CU_ASSERT_EQUAL(clip.wrong, 0);
    CU_ASSERT_STRING_EQUAL(clip.warning, "");
}

int clips_feed_input(const char *path, size_t skip)
{
    const int old = dup(STDIN_FILENO), file = open(path, O_RDONLY);
    CU_ASSERT_TRUE_FATAL(old >= 0 && file >= 0);
    CU_ASSERT_EQUAL(lseek(file, (off_t)skip, SEEK_SET), (off_t)skip);
    CU_ASSERT_EQUAL(dup2(file, STDIN_FILENO), STDIN_FILENO);
    close(file);
    return old;
}

void clips_restore_input(int old)
{
    CU_ASSERT_EQUAL(dup2(old, STDIN_FILENO), STDIN_FILENO);
    close(old);
}

/* ---- available libraries and programs ---- */

bool clips_lack_encoder(const char *name)
{
    const struct tri_video video = clips_video(64, 48, 3, 1, 1, 8);
    const struct tri_video_write_options options = {.video_codec = name, .crf = -1};
    struct tri_video_writer *writer;
    const char *path = pictures_path("lack.mkv");
    const bool lack = tri_video_create(path, &video, &options, &writer, NULL) != TRI_OK;
    if (lack)
        test_skip("an encoder is not there");
    else
        tri_video_end(writer, TRI_FAILED, NULL);
    return lack;
}

bool clips_ffmpeg(const char *arguments)
{
    char command[2000];
    if (system("command -v ffmpeg >/dev/null") != 0) {
        test_skip("no ffmpeg");
        return false;
    }
    snprintf(command, sizeof command, "cd %s && ffmpeg -nostdin -v error -y %s", pictures_path(""),
             arguments);
    const int code = system(command);
    CU_ASSERT_TRUE(WIFEXITED(code) && WEXITSTATUS(code) == 0);
    return true;
}

enum tri_status clips_copy(const char *from, const char *to,
                           const struct tri_video_write_options *like, long most,
                           struct tri_error *error)
{
    struct tri_video_reader *reader = clips_open(from);
    struct tri_video_write_options options = *like;
    struct tri_video_writer *writer;
    struct tri_frame frame;
    bool more = true;
    options.source = reader;
    enum tri_status status = tri_video_create(to, &reader->video, &options, &writer, error);
    if (status == TRI_OK) {
        CU_ASSERT_EQUAL_FATAL(tri_frame_new(&reader->video, &frame, error), TRI_OK);
        for (long n = 0; n != most && status == TRI_OK; n++) {
            status = tri_video_next(reader, &frame, &more, error);
            if (!more)
                break;
            if (status == TRI_OK)
                status = tri_video_decode(reader, &frame, error);
            if (status == TRI_OK)
                status = tri_video_encode(writer, &frame, error);
            if (status == TRI_OK)
                status = tri_video_put(writer, &frame, error);
        }
        tri_frame_free(&frame);
        status = tri_video_end(writer, status, error);
    }
    tri_video_close(reader);
    return status;
}

bool clips_stream(const char *name, int width, int height, const char *space, int shift_x,
                  int shift_y, int planes, int bytes, int frames)
{
    FILE *file = fopen(shell_path(name), "wb");
    if (!file)
        return false;
    fprintf(file, "YUV4MPEG2 W%d H%d F30000:1001 Ip A1:1 C%s\n", width, height, space);
    for (int frame = 0; frame < frames; frame++) {
        fputs("FRAME\n", file);
        for (int p = 0; p < planes; p++) {
            const int w = p ? (width + (1 << shift_x) - 1) >> shift_x : width;
            const int h = p ? (height + (1 << shift_y) - 1) >> shift_y : height;
            for (int i = 0; i < w * h; i++) {
                const unsigned sample =
                    (unsigned)(i % w * 7 + i / w * 13 + p * 40 + frame * 29 + i % 3 * 50);
                fputc((int)(sample & 255), file);
                if (bytes == 2)
                    fputc((int)(sample >> 8 & 3), file);
            }
        }
    }
    return fclose(file) == 0;
}
