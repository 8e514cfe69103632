/* test_png_frames.c -- animated PNG: frames as they are shown, files one behind another, writing,
 * damage. */
#include "pictures.h"
#include "png_files.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 8, HEIGHT = 6, FRAMES = 9 };

struct frame {
    int x, y, width, height, delay, per, dispose, blend;
};

/* Every way to go on after every other one, also with a first frame that is to be taken back. */
static const struct frame frames[FRAMES] = {
    {0, 0, 8, 6, 1, 25, 2, 0},  {1, 1, 4, 3, 2, 25, 0, 1},    {2, 0, 5, 4, 1, 10, 1, 1},
    {0, 2, 8, 2, 1, 100, 2, 1}, {3, 3, 3, 3, 50, 1000, 0, 0}, {0, 0, 7, 6, 3, 0, 1, 1},
    {1, 2, 5, 2, 0, 7, 2, 0},   {0, 0, 8, 6, 1, 25, 2, 1},    {2, 2, 1, 1, 9, 30, 0, 1},
};

static uint8_t sample_of(int frame, int x, int y, int channel)
{
    static const uint8_t alphas[] = {0, 255, 128, 37, 255, 200};
    return channel == 3 ? alphas[(x + 2 * y + frame) % 6]
                        : (uint8_t)(37 * frame + 11 * x + 53 * y + 90 * channel);
}

static void put_control(unsigned char control[26], const struct frame *frame, uint32_t sequence)
{
    memset(control, 0, 26);
    png_save_uint_32(control, sequence);
    png_save_uint_32(control + 4, (png_uint_32)frame->width);
    png_save_uint_32(control + 8, (png_uint_32)frame->height);
    png_save_uint_32(control + 12, (png_uint_32)frame->x);
    png_save_uint_32(control + 16, (png_uint_32)frame->y);
    control[21] = (unsigned char)frame->delay;
    control[20] = (unsigned char)(frame->delay >> 8);
    control[23] = (unsigned char)frame->per;
    control[22] = (unsigned char)(frame->per >> 8);
    control[24] = (unsigned char)frame->dispose;
    control[25] = (unsigned char)frame->blend;
}

/* Its rows as the data of one IDAT. */
static struct bytes pixels_of(int number)
{
    const struct frame *frame = &frames[number];
    unsigned char rows[HEIGHT * (1 + 4 * WIDTH)] = {0};
    struct bytes chunk = {0};
    size_t at = 0;
    for (int y = 0; y < frame->height; y++) {
        at++; /* no filter */
        for (int x = 0; x < frame->width; x++)
            for (int channel = 0; channel < 4; channel++)
                rows[at++] = sample_of(number, x, y, channel);
    }
    png_add_pixels(&chunk, rows, at, 0, false);
    return chunk;
}

/* `still`: the picture in IDAT is none of the frames. */
static struct bytes make_animation(bool still, uint32_t loops)
{
    struct bytes file = {0};
    unsigned char actl[8], control[26];
    uint32_t sequence = 0;
    png_add_header(&file, WIDTH, HEIGHT, 8, 6);
    png_save_uint_32(actl, FRAMES);
    png_save_uint_32(actl + 4, loops);
    png_add_chunk(&file, "acTL", actl, sizeof actl);
    if (still) {
        struct bytes data = pixels_of(7);
        pictures_add(&file, data.data, data.size);
        free(data.data);
    }
    for (int i = 0; i < FRAMES; i++) {
        struct bytes data = pixels_of(i), numbered = {0};
        put_control(control, &frames[i], sequence++);
        png_add_chunk(&file, "fcTL", control, sizeof control);
        if (i == 0 && !still) {
            pictures_add(&file, data.data, data.size);
        } else {
            unsigned char number[4];
            png_save_uint_32(number, sequence++);
            pictures_add(&numbered, number, 4);
            pictures_add(&numbered, data.data + 8, data.size - 12);
            png_add_chunk(&file, "fdAT", numbered.data, numbered.size);
        }
        free(numbered.data);
        free(data.data);
    }
    png_add_chunk(&file, "IEND", NULL, 0);
    return file;
}

/* ---- what is shown, in fractions ---- */

struct pixel {
    double colour[3], alpha;
};

static void draw(struct pixel canvas[HEIGHT][WIDTH], int number)
{
    const struct frame *frame = &frames[number];
    for (int y = 0; y < frame->height; y++)
        for (int x = 0; x < frame->width; x++) {
            struct pixel *below = &canvas[frame->y + y][frame->x + x];
            const double alpha = sample_of(number, x, y, 3) / 255.0,
                         rest = frame->blend == 1 ? below->alpha * (1 - alpha) : 0;
            const double sum = alpha + rest;
            for (int c = 0; c < 3; c++) {
                const double own = sample_of(number, x, y, c);
                below->colour[c] = sum > 0 ? (own * alpha + below->colour[c] * rest) / sum : own;
            }
            below->alpha = sum;
        }
}

static void dispose(struct pixel canvas[HEIGHT][WIDTH], struct pixel before[HEIGHT][WIDTH],
                    int number)
{
    const struct frame *frame = &frames[number];
    for (int y = frame->y; y < frame->y + frame->height; y++)
        for (int x = frame->x; x < frame->x + frame->width; x++) {
            if (frame->dispose == 1 || (frame->dispose == 2 && number == 0))
                canvas[y][x] = (struct pixel){{0}, 0};
            else if (frame->dispose == 2)
                canvas[y][x] = before[y][x];
        }
}

static int wrong_samples(const struct tri_image *image, struct pixel canvas[HEIGHT][WIDTH])
{
    int wrong =
        image->shape.planes != 4 || image->shape.width != WIDTH || image->shape.height != HEIGHT;
    for (int y = 0; y < HEIGHT && !wrong; y++)
        for (int x = 0; x < WIDTH; x++) {
            wrong += fabs(pictures_sample(image, 3, x, y) - 255 * canvas[y][x].alpha) > 1.01;
            for (int c = 0; c < 3 && canvas[y][x].alpha > 0.05;
                 c++) /* of what is nearly unseen, colours are coarse */
                wrong += fabs(pictures_sample(image, c, x, y) - canvas[y][x].colour[c]) > 2.01;
        }
    return wrong;
}

static struct tri_pictures *open_file(const char *path)
{
    struct tri_pictures *pictures = NULL;
    struct tri_error error = {0};
    CU_ASSERT_EQUAL(tri_pictures_open(path, NULL, &pictures, &error), TRI_OK);
    CU_ASSERT_STRING_EQUAL(error.text, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pictures);
    return pictures;
}

static void check_frames(const char *path, int loops)
{
    struct pixel canvas[HEIGHT][WIDTH] = {{{{0}, 0}}}, before[HEIGHT][WIDTH];
    struct tri_pictures *pictures = open_file(path);
    const struct tri_pictures_info *info = tri_pictures_info(pictures);
    CU_ASSERT_TRUE(info->count == FRAMES && info->animated && info->loops == loops);
    for (int i = 0; i < FRAMES; i++) {
        struct tri_image *image = NULL;
        struct tri_read_info read = {.size = sizeof read};
        CU_ASSERT_EQUAL_FATAL(tri_pictures_next(pictures, &image, &read, NULL), TRI_OK);
        CU_ASSERT_PTR_NOT_NULL_FATAL(image);
        if (i > 0)
            dispose(canvas, before, i - 1);
        memcpy(before, canvas, sizeof before);
        draw(canvas, i);
        CU_ASSERT_EQUAL(wrong_samples(image, canvas), 0);
        CU_ASSERT_TRUE(read.duration.count == frames[i].delay &&
                       read.duration.per == (frames[i].per > 0 ? frames[i].per : 100));
        CU_ASSERT_STRING_EQUAL(read.warning, "");
        tri_metadata_free(read.metadata);
        tri_image_free(image);
    }
    struct tri_image *end = (struct tri_image *)&end;
    CU_ASSERT_EQUAL(tri_pictures_next(pictures, &end, NULL, NULL), TRI_OK);
    CU_ASSERT_PTR_NULL(end);
    tri_pictures_close(pictures);
}

static void store(const char *name, struct bytes file)
{
    pictures_store(shell_path(name), file.data, file.size);
    free(file.data);
}

/* FFmpeg rounds in another way. */
static void compare_with_ffmpeg(void)
{
    CU_ASSERT_EQUAL(
        shell_run("ffmpeg -v error -f apng -i a.png -vsync passthrough -pix_fmt rgba f-%d.png")
            ->code,
        0);
    for (int i = 1; i <= FRAMES; i++) {
        char name[20];
        int wrong = 0;
        snprintf(name, sizeof name, "o-%d.png", i);
        struct tri_image *own = pictures_read(shell_path(name), NULL);
        name[0] = 'f';
        struct tri_image *other = pictures_read(shell_path(name), NULL);
        CU_ASSERT_TRUE_FATAL(tri_shape_equal(&own->shape, &other->shape));
        for (int plane = 0; plane < 4; plane++)
            for (int y = 0; y < HEIGHT; y++)
                for (int x = 0; x < WIDTH; x++)
                    wrong += pictures_sample(own, 3, x, y) > 12 &&
                             abs(pictures_sample(own, plane, x, y) -
                                 pictures_sample(other, plane, x, y)) > 2;
        CU_ASSERT_EQUAL(wrong, 0);
        tri_image_free(own);
        tri_image_free(other);
    }
    EXPECT("rm -f f-*", 0, "", "");
}

static void test_frames(void)
{
    store("a.png", make_animation(false, 3));
    check_frames(shell_path("a.png"), 3);
    store("e.png", make_animation(false, 0));
    check_frames(shell_path("e.png"), 0);
    EXPECT("$T run copy a.png -o o-%d.png && ls o-*.png | wc -l && rm e.png", 0, "9\n",
           "triptych: note: o-%d.png: the format cannot store a play count of 3\n"
           "triptych: note: o-%d.png: numbered pictures cannot store frame durations, "
           "which differ\n");
    if (shell_run("command -v ffmpeg")->code != 0)
        test_skip("no ffmpeg");
    else
        compare_with_ffmpeg();
    EXPECT("rm -f o-* a.png", 0, "", "");
}

/* All of it goes through: pixels, times, loops. */
static void test_writing(void)
{
    store("a.png", make_animation(false, 7));
    EXPECT("$T run copy a.png -o b.png", 0, "", "");
    check_frames(shell_path("b.png"), 7);
    EXPECT("$T run copy a.png -o - --format png > c.png; cmp b.png c.png; cat a.png | $T run copy "
           "- -o c.png; cmp b.png c.png",
           0, "", "");
    EXPECT("$T run copy a.png -o c.png --on sequential; cmp b.png c.png; $T run copy a.png -o "
           "c.png --verify-output; cmp b.png c.png",
           0, "", "");
    EXPECT("$T run flip b.png -o c.png && $T run flip c.png -o c.png && cmp b.png c.png", 0, "",
           "");
    /* Where it holds one, the first, which older readers show too. */
    EXPECT("$T run copy a.png -o one.ppm --frame 1 2>&1; $T run copy a.png -o one.pam && $T run "
           "copy b.png -o two.pam -q && cmp one.pam two.pam",
           0, "*", "triptych: note: a.png: only the first of 9 frames is read\n");
    EXPECT("rm -f *.png *.ppm *.pam", 0, "", "");
}

static void test_still(void)
{
    store("a.png", make_animation(true, 1));
    EXPECT("$T run copy a.png -o o-%d.png", 0, "",
           "triptych: note: o-%d.png: numbered pictures cannot store frame durations, "
           "which differ\n"
           "triptych: note: a.png, frame 1: still picture dropped: it is not one of the frames\n");
    EXPECT("ls o-*.png | wc -l; $T run copy a.png -o x.pam; rm -f o-* a.png x.pam", 0, "9\n",
           "triptych: note: a.png: only the still picture is read, not the 9 frames\n");
}

/* ---- damage ---- */

static void test_damage(void)
{
    struct bytes file = make_animation(false, 0);
    size_t changed = 0;
    for (size_t at = 0; at < file.size; at++)
        for (int change = 1; change < 256; change *= 255) {
            struct tri_pictures *pictures;
            struct tri_error error;
            struct tri_image *image = NULL;
            file.data[at] ^= (unsigned char)change;
            pictures_store(shell_path("x.png"), file.data, file.size);
            enum tri_status status =
                tri_pictures_open(shell_path("x.png"), NULL, &pictures, &error);
            for (int i = 0; status == TRI_OK && i <= FRAMES && (i == 0 || image != NULL); i++) {
                status = tri_pictures_next(pictures, &image, NULL, &error);
                tri_image_free(image);
            }
            changed += status != TRI_OK;
            CU_ASSERT_TRUE(status == TRI_OK || strstr(error.text, "x.png") != NULL);
            tri_pictures_close(pictures);
            file.data[at] ^= (unsigned char)change;
        }
    CU_ASSERT_TRUE(changed > file.size);
    free(file.data);
    unlink(shell_path("x.png"));
}

static void test_cut(void)
{
    struct bytes file = make_animation(false, 0);
    pictures_store(shell_path("x.png"), file.data, file.size / 2);
    free(file.data);
    EXPECT("$T run copy x.png -o o-%d.png", 1, "",
           "triptych: cannot read x.png: the file is truncated\n");
    EXPECT("$T run copy x.png -o o.png", 1, "",
           "triptych: cannot read x.png: the file is truncated\n");
    EXPECT("ls; rm x.png", 0, "x.png\n", "");
}

int test_png_frames_suite(void)
{
    CU_pSuite suite = CU_add_suite("png frames", shell_begin, shell_end);
    return !(suite && CU_add_test(suite, "frames as they are shown", test_frames) &&
             CU_add_test(suite, "written again", test_writing) &&
             CU_add_test(suite, "a still picture before them", test_still) &&
             CU_add_test(suite, "every byte changed", test_damage) &&
             CU_add_test(suite, "cut short", test_cut));
}
