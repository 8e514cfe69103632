/* test_y4m.c -- YUV4MPEG2 streams written by hand, round trips, damage. */
#include "clips.h"
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *name;
    int planes, shift_x, shift_y, bits;
} spaces[] = {
    {"420jpeg", 3, 1, 1, 8}, {"420mpeg2", 3, 1, 1, 8}, {"420paldv", 3, 1, 1, 8},
    {"420", 3, 1, 1, 8},     {"422", 3, 1, 0, 8},      {"444", 3, 0, 0, 8},
    {"411", 3, 2, 0, 8},     {"440", 3, 0, 1, 8},      {"mono", 1, 0, 0, 8},
    {"420p9", 3, 1, 1, 9},   {"420p10", 3, 1, 1, 10},  {"422p10", 3, 1, 0, 10},
    {"444p10", 3, 0, 0, 10}, {"420p12", 3, 1, 1, 12},  {"422p12", 3, 1, 0, 12},
    {"444p14", 3, 0, 0, 14}, {"420p16", 3, 1, 1, 16},  {"444p16", 3, 0, 0, 16},
    {"mono9", 1, 0, 0, 9},   {"mono10", 1, 0, 0, 10},  {"mono12", 1, 0, 0, 12},
    {"mono16", 1, 0, 0, 16},
};
enum { SPACES = sizeof spaces / sizeof spaces[0] };

/* ---- streams written by hand ---- */

static void add_text(struct bytes *to, const char *text)
{
    pictures_add(to, text, strlen(text));
}

/* The samples of a frame as stored in a file: little-endian words. */
static void add_frame(struct bytes *to, const struct tri_video *video, long number,
                      const char *head)
{
    struct tri_frame frame;
    CU_ASSERT_EQUAL_FATAL(tri_frame_new(video, &frame, NULL), TRI_OK);
    clips_fill(video, number, &frame);
    add_text(to, head);
    for (int p = 0; p < video->planes; p++) {
        const struct tri_image *image = frame.planes[p];
        for (int y = 0; y < image->shape.height; y++)
            for (int x = 0; x < image->shape.width; x++) {
                const int value =
                    pictures_sample(image, 0, x, y) >> (video->bits > 8 ? 16 - video->bits : 0);
                pictures_add(to,
                             (unsigned char[]){(unsigned char)value, (unsigned char)(value >> 8)},
                             video->bits > 8 ? 2 : 1);
            }
    }
    tri_frame_free(&frame);
}

static struct bytes by_hand(const char *header, const struct tri_video *video, long frames)
{
    struct bytes file = {0};
    add_text(&file, header);
    for (long n = 0; n < frames; n++)
        add_frame(&file, video, n, n % 2 ? "FRAME Ippp XSOMETHING\n" : "FRAME\n");
    return file;
}

static void test_spaces(void)
{
    static const int sizes[][2] = {{16, 8}, {1, 1}, {7, 5}, {33, 3}, {2, 601}};
    for (int i = 0; i < SPACES; i++) {
        for (int s = 0; s < 5; s++) {
            char header[200];
            struct tri_video video =
                clips_video(sizes[s][0], sizes[s][1], spaces[i].planes, spaces[i].shift_x,
                            spaces[i].shift_y, spaces[i].bits);
            snprintf(header, sizeof header, "YUV4MPEG2 W%d H%d F30000:1001 Ip A1:1 C%s XYSCSS=X\n",
                     video.width, video.height, spaces[i].name);
            struct bytes file = by_hand(header, &video, 3);
            const char *path = pictures_path("hand.y4m");
            pictures_store(path, file.data, file.size);
            clips_must_read(path, 3);
            struct tri_video_reader *reader = clips_open(path);
            const struct tri_video *found = &reader->video;
            CU_ASSERT_EQUAL(found->planes, video.planes);
            CU_ASSERT_EQUAL(found->bits, video.bits);
            CU_ASSERT_TRUE(found->shift_x == video.shift_x && found->shift_y == video.shift_y);
            CU_ASSERT_TRUE(found->rate[0] == 30000 && found->rate[1] == 1001);
            CU_ASSERT_TRUE(found->time_base[0] == 1001 && found->time_base[1] == 30000);
            tri_video_close(reader);
            unlink(path);
            free(file.data);
        }
    }
}

/* Written and read, and vice versa: the header is the same. */
static void test_round_trips(void)
{
    for (int i = 0; i < SPACES; i++) {
        for (int odd = 0; odd < 2; odd++) {
            char header[200], expected[300];
            struct tri_video video =
                clips_video(12 + odd, 8 + odd, spaces[i].planes, spaces[i].shift_x,
                            spaces[i].shift_y, spaces[i].bits);
            snprintf(header, sizeof header,
                     "YUV4MPEG2 W%d H%d F24:1 It A16:15 C%s XCOLORRANGE=FULL\n", video.width,
                     video.height, spaces[i].name);
            struct bytes file = by_hand(header, &video, 1);
            pictures_store(pictures_path("in.y4m"), file.data, file.size);
            struct tri_video_reader *reader = clips_open(pictures_path("in.y4m"));
            clips_must_write(pictures_path("out.y4m"), &reader->video, NULL, 2, NULL);
            CU_ASSERT_TRUE(reader->video.full_range);
            CU_ASSERT_EQUAL(reader->video.interlace, 't');
            tri_video_close(reader);
            clips_must_read(pictures_path("out.y4m"), 2);
            struct bytes written = pictures_load(pictures_path("out.y4m"));
            snprintf(expected, sizeof expected, "%.*s", (int)(strchr(header, '\n') - header + 1),
                     header);
            CU_ASSERT_TRUE(written.size > strlen(expected) &&
                           memcmp(written.data, expected, strlen(expected)) == 0);
            /* The first frame has the bytes that were written by hand. */
            CU_ASSERT_TRUE(written.size > file.size &&
                           memcmp(written.data, file.data, file.size) == 0);
            free(written.data);
            free(file.data);
            unlink(pictures_path("in.y4m"));
            unlink(pictures_path("out.y4m"));
        }
    }
}

static void test_fields(void)
{
    static const struct {
        const char *header;
        char interlace;
        int aspect[2], rate[2];
        bool full;
        const char *siting;
    } cases[] = {
        {"YUV4MPEG2 W4 H2\n", '?', {0, 0}, {0, 0}, false, "jpeg"},
        {"YUV4MPEG2 H2 W4 C420paldv Ib A0:0 F0:0\n", 'b', {0, 0}, {0, 0}, false, "paldv"},
        {"YUV4MPEG2 W4 H2 Im A40:33 F25:1 C420mpeg2\n", 'm', {40, 33}, {25, 1}, false, "mpeg2"},
        {"YUV4MPEG2 W4 H2 I? F60000:1001 XCOLORRANGE=LIMITED XOTHER\n",
         '?',
         {0, 0},
         {60000, 1001},
         false,
         "jpeg"},
        {"YUV4MPEG2 W4 H2  Ip XCOLORRANGE=FULL \n", 'p', {0, 0}, {0, 0}, true, "jpeg"},
    };
    const struct tri_video video = clips_video(4, 2, 3, 1, 1, 8);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes file = by_hand(cases[i].header, &video, 2);
        const char *path = pictures_path("fields.y4m");
        pictures_store(path, file.data, file.size);
        clips_must_read(path, 2);
        struct tri_video_reader *reader = clips_open(path);
        const struct tri_video *found = &reader->video;
        CU_ASSERT_EQUAL(found->interlace, cases[i].interlace);
        CU_ASSERT_EQUAL(memcmp(found->aspect, cases[i].aspect, sizeof found->aspect), 0);
        CU_ASSERT_EQUAL(memcmp(found->rate, cases[i].rate, sizeof found->rate), 0);
        CU_ASSERT_EQUAL(found->full_range, cases[i].full);
        CU_ASSERT_STRING_EQUAL(found->siting, cases[i].siting);
        CU_ASSERT_TRUE(found->time_base[0] > 0 && found->time_base[1] > 0);
        CU_ASSERT_EQUAL(found->matrix, TRI_BT601);
        CU_ASSERT_EQUAL(found->frames, 2);
        tri_video_close(reader);
        unlink(path);
        free(file.data);
    }
}

/* ---- damage ---- */

static void expect_failure(const struct bytes *file, const char *part)
{
    const char *path = pictures_path("bad.y4m");
    pictures_store(path, file->data, file->size);
    const struct clip clip = clips_read_file(path, 0);
    CU_ASSERT_EQUAL(clip.status, TRI_FAILED);
    if (strstr(clip.error.text, part) == NULL) {
        printf("expected \"%s\" in \"%s\"\n", part, clip.error.text);
        CU_FAIL("another error text");
    }
    unlink(path);
}

static void expect_header_failure(const char *header, const char *part)
{
    struct bytes file = {0};
    add_text(&file, header);
    expect_failure(&file, part);
    free(file.data);
}

static void test_cuts(void)
{
    static const char header[] = "YUV4MPEG2 W5 H3 F25:1 Ip A1:1 C420p10\n";
    const struct tri_video video = clips_video(5, 3, 3, 1, 1, 10);
    struct bytes file = by_hand(header, &video, 3);
    const size_t head = strlen(header), samples = 2 * (5 * 3 + 2 * 3 * 2);
    const size_t ends[] = {head, head + 6 + samples, head + 6 + samples + 22 + samples, file.size};
    CU_ASSERT_EQUAL_FATAL(file.size, ends[2] + 6 + samples);
    for (size_t size = 0; size < file.size; size++) {
        const struct bytes cut = {.data = file.data, .size = size};
        char part[60];
        int frame = 0;
        while (frame < 3 && size >= ends[frame])
            frame++;
        if (frame > 0 && size == ends[frame - 1])
            continue; /* a shorter stream, but a complete one */
        snprintf(part, sizeof part, frame == 0 ? "cannot read" : "truncated in frame %d", frame);
        expect_failure(&cut, part);
    }
    free(file.data);
}

static void test_bad_headers(void)
{
    expect_header_failure("YUV4MPEG2 W0 H2\n", "W0");
    expect_header_failure("YUV4MPEG2 W4 H0\n", "H0");
    expect_header_failure("YUV4MPEG2 W-4 H2\n", "W-4");
    expect_header_failure("YUV4MPEG2 W4 H2x\n", "H2x");
    expect_header_failure("YUV4MPEG2 H2\n", "0 x 2 pixels");
    expect_header_failure("YUV4MPEG2 \n", "0 x 0 pixels");
    expect_header_failure("YUV4MPEG2 W999999 H999999\n", "999999 x 999999 pixels");
    expect_header_failure("YUV4MPEG2 W99999999999 H4\n", "W99999999999");
    expect_header_failure("YUV4MPEG2 W1000001 H1\n", "1000001 x 1 pixels");
    expect_header_failure("YUV4MPEG2 W4 H2 C420alpha\n", "C420alpha");
    expect_header_failure("YUV4MPEG2 W4 H2 C444alpha\n", "C444alpha");
    expect_header_failure("YUV4MPEG2 W4 H2 C420p17\n", "C420p17");
    expect_header_failure("YUV4MPEG2 W4 H2 C420p7\n", "C420p7");
    expect_header_failure("YUV4MPEG2 W4 H2 C\n", "'C'");
    expect_header_failure("YUV4MPEG2 W4 H2 F25\n", "F25");
    expect_header_failure("YUV4MPEG2 W4 H2 A1:-1\n", "A1:-1");
    expect_header_failure("YUV4MPEG2 W4 H2 Iq\n", "Iq");
    expect_header_failure("YUV4MPEG2 W4 H2 I\n", "'I'");
    expect_header_failure("YUV4MPEG2 W4 H2", "truncated or too long");
    struct bytes file = {0};
    add_text(&file, "YUV4MPEG2 W4 H2 X");
    for (int i = 0; i < 2000; i++)
        add_text(&file, "x");
    add_text(&file, "\n");
    expect_failure(&file, "truncated or too long");
    free(file.data);
}

static void test_bad_frames(void)
{
    const struct tri_video video = clips_video(4, 2, 3, 1, 1, 8);
    struct bytes file = by_hand("YUV4MPEG2 W4 H2\n", &video, 2);
    CU_ASSERT_EQUAL_FATAL(memcmp(file.data + 16, "FRAME\n", 6), 0);
    file.data[16 + 6 + 12] = 'f';
    expect_failure(&file, "frame 2 does not begin with FRAME");
    file.data[16] = 'f';
    expect_failure(&file, "frame 1 does not begin with FRAME");
    file.data[16] = 'F';
    file.data[16 + 5] = 'X';
    expect_failure(&file, "frame 1 does not begin with FRAME");
    free(file.data);
    file = by_hand("YUV4MPEG2 W4 H2\n", &video, 0);
    const char *path = pictures_path("none.y4m");
    pictures_store(path, file.data, file.size);
    const struct clip clip = clips_read_file(path, 0);
    CU_ASSERT_EQUAL(clip.status, TRI_OK);
    CU_ASSERT_EQUAL(clip.frames, 0);
    unlink(path);
    free(file.data);
}

/* Words above the largest value of the depth are clamped to it. */
static void test_wide_samples(void)
{
    struct bytes file = {0};
    add_text(&file, "YUV4MPEG2 W2 H1 Cmono10\nFRAME\n");
    pictures_add(&file, "\xff\xff\xff\x03", 4);
    const char *path = pictures_path("wide.y4m");
    pictures_store(path, file.data, file.size);
    struct tri_video_reader *reader = clips_open(path);
    struct tri_frame frame;
    bool more;
    CU_ASSERT_EQUAL_FATAL(tri_frame_new(&reader->video, &frame, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_video_next(reader, &frame, &more, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_video_decode(reader, &frame, NULL), TRI_OK);
    CU_ASSERT_EQUAL(pictures_sample(frame.planes[0], 0, 0, 0), 65535);
    CU_ASSERT_EQUAL(pictures_sample(frame.planes[0], 0, 1, 0), 65535);
    tri_frame_free(&frame);
    tri_video_close(reader);
    unlink(path);
    free(file.data);
}

static void test_missing(void)
{
    const struct clip clip = clips_read_file(pictures_path("missing.y4m"), 0);
    CU_ASSERT_EQUAL(clip.status, TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(clip.error.text, "No such file"));
    struct bytes file = {.data = malloc(1)};
    expect_failure(&file, "cannot read");
    free(file.data);
}

/* ---- standard input and full disks ---- */

static void test_standard_input(void)
{
    const struct tri_video video = clips_video(9, 7, 3, 1, 1, 8);
    const char *path = pictures_path("piped.y4m");
    clips_must_write(path, &video, NULL, 3, NULL);
    struct bytes file = pictures_load(path);
    for (size_t known = 10; known <= TRI_HEAD; known++) {
        struct tri_video_reader *reader;
        struct tri_error error;
        const int old = clips_feed_input(path, known);
        CU_ASSERT_TRUE(tri_video_is("-", file.data, known));
        CU_ASSERT_EQUAL(
            tri_video_open("-",
                           &(struct tri_video_read_options){.head = file.data, .head_size = known},
                           &reader, &error),
            TRI_OK);
        if (reader != NULL) {
            const struct clip clip = clips_read(reader, 0);
            CU_ASSERT_EQUAL(clip.status, TRI_OK);
            CU_ASSERT_EQUAL(clip.frames, 3);
            CU_ASSERT_EQUAL(clip.wrong, 0);
        }
        tri_video_close(reader);
        clips_restore_input(old);
    }
    CU_ASSERT_FALSE(tri_video_is("-", file.data, 9));
    free(file.data);
    unlink(path);
}

static void test_disk_full(void)
{
    struct tri_error error;
    if (access("/dev/full", W_OK) != 0) {
        test_skip("no /dev/full");
        return;
    }
    for (int side = 4; side <= 400; side += 396) {
        const struct tri_video video = clips_video(side, side, 3, 1, 1, 8);
        CU_ASSERT_EQUAL(clips_write("/dev/full", &video, NULL, 3, NULL, &error), TRI_FAILED);
        CU_ASSERT_STRING_EQUAL(error.text, "cannot write /dev/full: No space left on device");
    }
}

/* After a failure an old file is unchanged, and nothing else is left. */
static void test_old_file(void)
{
    const struct tri_video video = clips_video(4, 4, 3, 1, 1, 8);
    const struct tri_video_write_options options = {.crf = -1};
    const char *path = pictures_path("old.y4m");
    struct tri_video_writer *writer;
    struct tri_error error;
    struct stat before, after;
    clips_must_write(path, &video, NULL, 2, NULL);
    CU_ASSERT_EQUAL(stat(path, &before), 0);
    CU_ASSERT_EQUAL_FATAL(tri_video_create(path, &video, &options, &writer, &error), TRI_OK);
    CU_ASSERT_EQUAL(tri_video_end(writer, TRI_FAILED, &error), TRI_FAILED);
    CU_ASSERT_EQUAL(stat(path, &after), 0);
    CU_ASSERT_EQUAL(before.st_ino, after.st_ino);
    clips_must_read(path, 2);
    unlink(path);
}

/* ---- frames read out of order ---- */

enum { FOUND = 4 };

/* The frames of a regular file are found in order and read in any. */
static void test_out_of_order(void)
{
    const struct tri_video video = clips_video(33, 1201, 3, 1, 1, 10);
    struct bytes file = by_hand("YUV4MPEG2 W33 H1201 F25:1 Ip A1:1 C420p10\n", &video, FOUND);
    const char *path = pictures_path("several.y4m");
    struct tri_frame frames[FOUND];
    bool more;
    pictures_store(path, file.data, file.size);
    struct tri_video_reader *reader = clips_open(path);
    for (int i = 0; i < FOUND; i++) {
        CU_ASSERT_EQUAL_FATAL(tri_frame_new(&video, &frames[i], NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_video_next(reader, &frames[i], &more, NULL), TRI_OK);
        CU_ASSERT_TRUE(more);
    }
    for (int i = FOUND - 1; i >= 0; i--) {
        CU_ASSERT_EQUAL(tri_video_decode(reader, &frames[i], NULL), TRI_OK);
        CU_ASSERT_EQUAL(clips_wrong(&video, i, &frames[i], 0), 0);
        CU_ASSERT_EQUAL(frames[i].number, i);
        tri_frame_free(&frames[i]);
    }
    tri_video_close(reader);
    free(file.data);
    unlink(path);
}

/* A frame that was there when it was found and is not when it is read. */
static void test_shortened(void)
{
    const struct tri_video video = clips_video(16, 8, 3, 1, 1, 8);
    struct bytes file = by_hand("YUV4MPEG2 W16 H8 F25:1 Ip A1:1 C420jpeg\n", &video, 2);
    const char *path = pictures_path("shortened.y4m");
    struct tri_frame frames[2];
    struct tri_error error = {0};
    bool more;
    pictures_store(path, file.data, file.size);
    struct tri_video_reader *reader = clips_open(path);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL_FATAL(tri_frame_new(&video, &frames[i], NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_video_next(reader, &frames[i], &more, NULL), TRI_OK);
    }
    CU_ASSERT_EQUAL_FATAL(truncate(path, (off_t)file.size - 1), 0);
    CU_ASSERT_EQUAL(tri_video_decode(reader, &frames[1], &error), TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "shortened.y4m: the file is truncated in frame 2"));
    CU_ASSERT_EQUAL(tri_video_decode(reader, &frames[0], NULL), TRI_OK);
    for (int i = 0; i < 2; i++)
        tri_frame_free(&frames[i]);
    tri_video_close(reader);
    free(file.data);
    unlink(path);
}

/* What another program adds meanwhile is read, too; half a frame is an error. */
static void test_growing(void)
{
    const struct tri_video video = clips_video(16, 8, 3, 1, 1, 8);
    struct bytes file = by_hand("YUV4MPEG2 W16 H8 F25:1 Ip A1:1 C420jpeg\n", &video, 3);
    const size_t frame = 16 * 8 * 3 / 2 + strlen("FRAME\n"), last = file.size - frame;
    const char *path = pictures_path("growing.y4m");
    struct tri_frame found;
    struct tri_error error = {0};
    bool more;
    pictures_store(path, file.data, last);
    struct tri_video_reader *reader = clips_open(path);
    CU_ASSERT_EQUAL_FATAL(tri_frame_new(&video, &found, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_video_next(reader, &found, &more, NULL), TRI_OK);
    pictures_store(path, file.data, file.size - 1);
    CU_ASSERT_EQUAL(tri_video_next(reader, &found, &more, NULL), TRI_OK);
    CU_ASSERT_TRUE(more);
    CU_ASSERT_EQUAL(tri_video_next(reader, &found, &more, &error), TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "truncated in frame 3"));
    tri_frame_free(&found);
    tri_video_close(reader);
    free(file.data);
    unlink(path);
}

int test_y4m_suite(void)
{
    CU_pSuite suite = CU_add_suite("y4m", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "every colour space and odd sizes", test_spaces) &&
             CU_add_test(suite, "round trips", test_round_trips) &&
             CU_add_test(suite, "fields of the header", test_fields) &&
             CU_add_test(suite, "cut at every byte", test_cuts) &&
             CU_add_test(suite, "headers that are wrong", test_bad_headers) &&
             CU_add_test(suite, "frames that are wrong", test_bad_frames) &&
             CU_add_test(suite, "samples above the range", test_wide_samples) &&
             CU_add_test(suite, "files that are not there", test_missing) &&
             CU_add_test(suite, "standard input", test_standard_input) &&
             CU_add_test(suite, "a disk that is full", test_disk_full) &&
             CU_add_test(suite, "an old file stays", test_old_file) &&
             CU_add_test(suite, "frames out of order", test_out_of_order) &&
             CU_add_test(suite, "a file that is shortened", test_shortened) &&
             CU_add_test(suite, "a file that grows", test_growing));
}
