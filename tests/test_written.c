/* test_written.c -- the form of written pictures: depth, palettes, interlacing. */
#include "tests.h"
#include "codec/palette.h"
#include "image/image.h"
#include "pictures.h"
#include "shell.h"
#include "video/video.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

static int enter(void)
{
    return pictures_enter() != 0 || shell_begin() != 0;
}

static int leave(void)
{
    return (pictures_leave() != 0) | (shell_end() != 0);
}

/* ---- depth ---- */

/* By division of whole numbers, for each value. */
static int nearest_8(int value)
{
    return (2 * value + 257) / (2 * 257);
}

static void test_depth_8(void)
{
    const struct tri_shape shape = {256, 256, 1, 16};
    struct tri_image *image;
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape, &image, NULL), TRI_OK);
    for (int i = 0; i < 65536; i++)
        ((uint16_t *)tri_image_row(image, 0, i / 256))[i % 256] = (uint16_t)i;
    struct bytes file = pictures_written(image, &WRITE_OPTIONS(.depth = 8, .verify = true), "png");
    struct tri_image *stored = pictures_stored(&file, "png", NULL);
    int wrong = 0;
    CU_ASSERT_EQUAL(stored->shape.bits, 8);
    for (int i = 0; i < 65536; i++)
        wrong += pictures_sample(stored, 0, i % 256, i / 256) != nearest_8(i);
    CU_ASSERT_EQUAL(wrong, 0);
    tri_image_free(stored);
    tri_image_free(image);
    free(file.data);
}

static void test_depth_16(void)
{
    static const char *const formats[] = {"png", "pnm", "tiff"};
    struct tri_image *image = pictures_noise(33, 9, 3, 8);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (tri_format_find(formats[i]) == NULL)
            continue;
        struct bytes file =
            pictures_written(image, &WRITE_OPTIONS(.depth = 16, .verify = true), formats[i]);
        struct tri_image *stored = pictures_stored(&file, formats[i], NULL);
        int wrong = 0;
        CU_ASSERT_EQUAL(stored->shape.bits, 16);
        for (int p = 0; p < 3; p++)
            for (int y = 0; y < 9; y++)
                for (int x = 0; x < 33; x++)
                    wrong +=
                        pictures_sample(stored, p, x, y) != pictures_sample(image, p, x, y) * 257;
        CU_ASSERT_EQUAL(wrong, 0);
        tri_image_free(stored);
        free(file.data);
    }
    tri_image_free(image);
}

/* ---- palettes ---- */

enum { COLOUR_TYPE = 25, INTERLACED = 28, PALETTE = 3 }; /* places in a PNG file */

static bool has_chunk(const struct bytes *file, const char *type)
{
    for (size_t at = 8; at + 8 <= file->size;) {
        const unsigned char *chunk = file->data + at;
        if (memcmp(chunk + 4, type, 4) == 0)
            return true;
        at += 12 +
              ((size_t)chunk[0] << 24 | (size_t)chunk[1] << 16 | (size_t)chunk[2] << 8 | chunk[3]);
    }
    return false;
}

static int colours_of(const struct tri_image *image)
{
    struct tri_palette palette;
    CU_ASSERT_EQUAL(tri_palette_of(image, TRI_PALETTE_MOST, &palette, NULL), TRI_OK);
    return palette.count;
}

/* The picture that a palette of at most `most` colours gives. */
static struct tri_image *with_palette(const struct tri_image *image, int most,
                                      enum tri_dither dither, enum tri_interlace interlace)
{
    struct bytes file = pictures_written(
        image,
        &WRITE_OPTIONS(.colours = most, .dither = dither, .interlace = interlace, .verify = true),
        "png");
    CU_ASSERT_EQUAL(file.data[COLOUR_TYPE], PALETTE);
    CU_ASSERT_EQUAL(file.data[INTERLACED], interlace == TRI_INTERLACED);
    struct tri_image *stored = pictures_stored(&file, "png", NULL);
    const int colours = colours_of(stored);
    CU_ASSERT_TRUE(colours > 0 && colours <= most);
    free(file.data);
    return stored;
}

/* Few colours are kept, whatever the depth, and dithering changes none. */
static void test_few_colours(void)
{
    const struct tri_shape shape = {40, 13, 4, 8};
    struct tri_image *image;
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape, &image, NULL), TRI_OK);
    for (int y = 0; y < 13; y++)
        for (int x = 0; x < 40; x++)
            for (int p = 0; p < 4; p++)
                ((uint8_t *)tri_image_row(image, p, y))[x] =
                    (uint8_t)((x * y) % 7 * 31 + p * ((x * y) % 7 % 3) * 5 + 1);
    for (int dither = TRI_DITHER; dither <= TRI_NO_DITHER; dither++)
        for (int interlace = 0; interlace < 2; interlace++) {
            struct tri_image *stored =
                with_palette(image, 7, (enum tri_dither)dither, (enum tri_interlace)interlace);
            CU_ASSERT_EQUAL(tri_image_digest(stored), tri_image_digest(image));
            tri_image_free(stored);
        }
    tri_image_free(image);
}

/* With more colours, what is written without dithering is nearer to the picture. */
static void test_many_colours(void)
{
    static const int most[] = {2, 8, 64, 256};
    for (int planes = 1; planes <= 4; planes++) {
        struct tri_image *image = pictures_scene(120, 90, planes, 8);
        double last = 0;
        for (size_t i = 0; i < sizeof most / sizeof most[0]; i++) {
            struct tri_image *plain =
                with_palette(image, most[i], TRI_NO_DITHER, TRI_NOT_INTERLACED);
            struct tri_image *dithered =
                with_palette(image, most[i], TRI_DITHER, TRI_NOT_INTERLACED);
            struct tri_image *quantized;
            CU_ASSERT_EQUAL_FATAL(tri_image_quantize(image, most[i], false, &quantized, NULL),
                                  TRI_OK);
            const double psnr = pictures_psnr(quantized, image);
            CU_ASSERT_TRUE(psnr > last && psnr > 10);
            CU_ASSERT_EQUAL(plain->shape.width, 120);
            last = psnr;
            tri_image_free(plain);
            tri_image_free(dithered);
            tri_image_free(quantized);
        }
        CU_ASSERT_TRUE(last > 32);
        tri_image_free(image);
    }
}

/* The mean of a flat area that lies between two colours stays with dithering, and only then. */
static void test_dither_mean(void)
{
    const struct tri_shape shape = {64, 64, 1, 8};
    struct tri_image *image, *few;
    double means[2] = {0, 0};
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape, &image, NULL), TRI_OK);
    for (int y = 0; y < 64; y++)
        for (int x = 0; x < 64; x++)
            ((uint8_t *)tri_image_row(image, 0, y))[x] = y < 24 ? 0 : y < 40 ? 80 : 255;
    for (int dither = 0; dither < 2; dither++) {
        CU_ASSERT_EQUAL_FATAL(tri_image_quantize(image, 2, dither == 1, &few, NULL), TRI_OK);
        for (int y = 28; y < 36; y++)
            for (int x = 0; x < 64; x++)
                means[dither] += pictures_sample(few, 0, x, y) / (8.0 * 64);
        tri_image_free(few);
    }
    CU_ASSERT_EQUAL(means[0], 32); /* of 24 rows of 0 and 16 of 80 */
    CU_ASSERT_DOUBLE_EQUAL(means[1], 80, 4);
    tri_image_free(image);
}

/* Clear and opaque pixels stay what they are; with two colours others become one or the other. */
static void test_alpha(void)
{
    struct tri_image *image = pictures_scene(64, 32, 4, 8), *few;
    for (int y = 0; y < 32; y++)
        for (int x = 0; x < 64; x++)
            ((uint8_t *)tri_image_row(image, 3, y))[x] = (uint8_t)(x < 20   ? 0
                                                                   : x < 40 ? (x - 20) * 12 + 5
                                                                            : 255);
    for (int most = 2; most <= 32; most *= 4) {
        int wrong = 0;
        CU_ASSERT_EQUAL_FATAL(tri_image_quantize(image, most, true, &few, NULL), TRI_OK);
        for (int y = 0; y < 32; y++)
            for (int x = 0; x < 64; x++) {
                const int alpha = pictures_sample(few, 3, x, y);
                wrong += x < 20 ? alpha != 0 : x >= 40 ? alpha != 255 : 0;
                wrong += most == 2 && alpha != 0 && alpha != 255;
            }
        CU_ASSERT_EQUAL(wrong, 0);
        tri_image_free(few);
    }
    struct bytes file = pictures_written(image, &WRITE_OPTIONS(.colours = 32), "png");
    CU_ASSERT_TRUE(has_chunk(&file, "tRNS"));
    free(file.data);
    tri_image_free(image);
}

/* ---- interlacing ---- */

static void test_interlaced_png(void)
{
    for (int side = 1; side <= 17; side += side < 9 ? 1 : 8)
        for (int planes = 1; planes <= 4; planes++)
            for (int bits = 8; bits <= 16; bits += 8) {
                struct tri_image *image = pictures_noise(side, 18 - side, planes, bits);
                struct bytes file = pictures_written(
                    image, &WRITE_OPTIONS(.interlace = TRI_INTERLACED, .verify = true), "png");
                struct tri_image *stored = pictures_stored(&file, "png", NULL);
                CU_ASSERT_EQUAL(file.data[INTERLACED], 1);
                CU_ASSERT_EQUAL(tri_image_digest(stored), tri_image_digest(image));
                tri_image_free(stored);
                tri_image_free(image);
                free(file.data);
            }
}

/* Several pieces of the stream, at each level. */
static void test_interlaced_large(void)
{
    struct tri_image *image = pictures_scene(900, 700, 3, 8);
    for (int level = TRI_PNG_DEFAULT; level <= TRI_PNG_SMALL; level++) {
        struct bytes file = pictures_written(
            image,
            &WRITE_OPTIONS(.interlace = TRI_INTERLACED, .png_level = (enum tri_png_level)level),
            "png");
        struct tri_image *stored = pictures_stored(&file, "png", NULL);
        CU_ASSERT_EQUAL(tri_image_digest(stored), tri_image_digest(image));
        tri_image_free(stored);
        free(file.data);
    }
    tri_image_free(image);
}

/* A progressive file (SOF2) has the same coefficients, and so the same pixels. */
static void test_progressive_jpeg(void)
{
    struct tri_image *image = pictures_scene(70, 50, 3, 8);
    struct bytes plain = pictures_written(image, NULL, "jpeg");
    struct bytes progressive =
        pictures_written(image, &WRITE_OPTIONS(.interlace = TRI_INTERLACED), "jpeg");
    struct tri_image *a = pictures_stored(&plain, "jpeg", NULL),
                     *b = pictures_stored(&progressive, "jpeg", NULL);
    int scans[2] = {0, 0};
    for (size_t i = 0; i + 1 < progressive.size; i++)
        scans[1] += progressive.data[i] == 0xff && progressive.data[i + 1] == 0xda;
    for (size_t i = 0; i + 1 < plain.size; i++)
        scans[0] += plain.data[i] == 0xff && plain.data[i + 1] == 0xda;
    CU_ASSERT_EQUAL(scans[0], 1);
    CU_ASSERT_TRUE(scans[1] > 3);
    CU_ASSERT_EQUAL(tri_image_digest(a), tri_image_digest(b));
    tri_image_free(a);
    tri_image_free(b);
    tri_image_free(image);
    free(plain.data);
    free(progressive.data);
}

/* ---- what is refused, and notes ---- */

static void test_bad_options(void)
{
    static const struct {
        int depth, colours;
        const char *name, *why;
    } cases[] = {{12, 0, "a.png", "*a depth of 12; expected 8 or 16*"},
                 {0, 1, "a.png", "*1 colours; expected 2 to 256*"},
                 {0, 257, "a.png", "*257 colours; expected 2 to 256*"},
                 {16, 9, "a.png", "*have 8 bits; drop --depth 16*"},
                 {16, 0, "a.jpg", "*jpeg cannot store 16 bits; use --depth 8*"},
                 {0, 9, "a.ppm", "*pnm has no palette for --colors; use --format png*"}};
    struct tri_image *image = pictures_noise(3, 3, 3, 8);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct tri_write_options options =
            WRITE_OPTIONS(.depth = cases[i].depth, .colours = cases[i].colours);
        struct tri_error error = {0};
        char part[80] = "";
        memcpy(part, cases[i].why + 1, strlen(cases[i].why) - 2);
        CU_ASSERT_EQUAL(tri_image_write(pictures_path(cases[i].name), image, &options, &error),
                        TRI_USAGE);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, part));
    }
    tri_image_free(image);
}

static void test_program(void)
{
    EXPECT("$T run copy $ROOT/images/street.png -o a.png --colors 16 --verify-output && "
           "$T run copy $ROOT/images/street.png -o b.png --colors 16 --on sequential --isa scalar "
           "&& cmp a.png b.png && $T run copy a.png -o c.png --colors 16 --dither off && "
           "cmp a.png c.png",
           0, "", "");
    EXPECT("$T run copy $ROOT/images/street.png -o a.jpg --depth 16", 2, "",
           "triptych: cannot write a.jpg: jpeg cannot store 16 bits; use --depth 8, or --format "
           "png or tiff\n");
    EXPECT("test ! -e a.jpg; $T run copy $ROOT/images/street.png -o a.ppm --interlace", 0, "",
           "triptych: note: a.ppm: --interlace had no effect: it is for PNG and JPEG, not for "
           "pnm\n");
    EXPECT("$T run copy a.png -o b.png --depth 12", 2, "",
           "*invalid value '12' for --depth; expected 8 or 16*");
    EXPECT("$T run copy a.png -o b.png --colors 300", 2, "",
           "*invalid value '300' for --colors; expected 2 to 256*");
    EXPECT("$T run copy a.png -o b.png --colors 8 --dither some", 2, "",
           "*invalid value 'some' for --dither; expected one of on, off*");
    EXPECT("cp $ROOT/images/frame-1.png f-1.png && cp $ROOT/images/frame-2.png f-2.png && "
           "$T run copy f-%d.png -o v.y4m -q",
           0, "", "");
    EXPECT("$T run copy v.y4m -o w.y4m -q --depth 16", 2, "",
           "triptych: cannot write w.y4m: --depth is for pictures, not for videos; --pixel-format "
           "sets the depth of a video\n");
    EXPECT("$T run copy $ROOT/images/frame-1.png -o g-%d.png -q --interlace --depth 16", 0, "", "");
}

/* Of frames, each has colours of its own in GIF; those of a PNG would share one palette. */
static void test_animations(void)
{
    if (!tri_video_writes("x.gif", NULL)) {
        test_skip("no FFmpeg libraries");
        return;
    }
    EXPECT("$T run copy f-%d.png -o m.gif -q --colors 9 "
           "&& $T run copy m.gif -o m-%d.png -q",
           0, "", "");
    for (int i = 1; i <= 2; i++) {
        char name[20];
        snprintf(name, sizeof name, "m-%d.png", i);
        struct tri_image *image = pictures_read(shell_path(name), NULL);
        const int colours = colours_of(image);
        CU_ASSERT_TRUE(colours > 2 && colours <= 9);
        tri_image_free(image);
    }
    EXPECT("$T run copy m.gif -o m.png -q --colors 9", 2, "",
           "triptych: cannot write m.png: --colors is for single pictures; frames of a PNG share "
           "one palette\n");
    EXPECT("$T run copy m.gif -o m.mkv -q --colors 9", 2, "",
           "triptych: cannot write m.mkv: --colors is for formats with a palette, such as gif\n");
    EXPECT("$T run copy m.gif -o m.png -q --interlace --depth 16 && $T run copy m.png -o n-%d.png "
           "-q && ls n-*.png",
           0, "n-1.png\nn-2.png\n", "");
}

int test_written_suite(void)
{
    CU_pSuite suite = CU_add_suite("written", enter, leave);
    return !(suite && CU_add_test(suite, "16 bits to 8", test_depth_8) &&
             CU_add_test(suite, "8 bits to 16", test_depth_16) &&
             CU_add_test(suite, "few colours are kept", test_few_colours) &&
             CU_add_test(suite, "more colours are nearer", test_many_colours) &&
             CU_add_test(suite, "dithering keeps the mean", test_dither_mean) &&
             CU_add_test(suite, "clear and opaque pixels", test_alpha) &&
             CU_add_test(suite, "interlaced PNG", test_interlaced_png) &&
             CU_add_test(suite, "a large interlaced PNG", test_interlaced_large) &&
             CU_add_test(suite, "progressive JPEG", test_progressive_jpeg) &&
             CU_add_test(suite, "options that contradict", test_bad_options) &&
             CU_add_test(suite, "the program", test_program) &&
             CU_add_test(suite, "animations", test_animations));
}
