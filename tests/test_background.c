/* test_background.c -- transparent images on a background, for formats without transparency. */
#include "codec/reduce_depth.h"
#include "pictures.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

static void test_colours(void)
{
    static const struct {
        const char *text;
        int red, green, blue;
    } good[] = {{"white", 255, 255, 255},
                {"BLACK", 0, 0, 0},
                {"gray", 128, 128, 128},
                {"grey", 128, 128, 128},
                {"red", 255, 0, 0},
                {"green", 0, 128, 0},
                {"blue", 0, 0, 255},
                {"cyan", 0, 255, 255},
                {"magenta", 255, 0, 255},
                {"yellow", 255, 255, 0},
                {"#fa1", 255, 170, 17},
                {"#FA1", 255, 170, 17},
                {"#0080fF", 0, 128, 255},
                {"RebeccaPurple", 102, 51, 153},
                {"lightgoldenrodyellow", 250, 250, 210},
                {"#0080ffFF", 0, 128, 255}};
    static const char *const bad[] = {"",         "#",     "#12",         "#1234",    "#12345",
                                      "#1234567", "#12g",  "123",         "whit",     "rgb(1,2,3)",
                                      "#-12",     "none ", "transparent", "#ff000080"};
    struct tri_background background;
    struct tri_error error;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CU_ASSERT_EQUAL(tri_background_parse(good[i].text, &background, &error), TRI_OK);
        CU_ASSERT_EQUAL(background.use, TRI_BACKGROUND);
        CU_ASSERT_EQUAL(background.colour[0], good[i].red);
        CU_ASSERT_EQUAL(background.colour[1], good[i].green);
        CU_ASSERT_EQUAL(background.colour[2], good[i].blue);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_EQUAL(tri_background_parse(bad[i], &background, &error), TRI_USAGE);
    CU_ASSERT_EQUAL(tri_background_parse("none", &background, &error), TRI_OK);
    CU_ASSERT_EQUAL(background.use, TRI_NO_BACKGROUND);
}

static int64_t at(const struct tri_image *image, int plane, int x, int y)
{
    return pictures_sample(image, plane, x, y);
}

/* No other integer is as near to the exact result. */
static void expect_nearest(const struct tri_image *image, const struct tri_image *flat,
                           const struct tri_background *background)
{
    const int alpha = image->shape.planes - 1, most = image->shape.bits == 8 ? 255 : 65535;
    long wrong = 0;

    for (int p = 0; p < flat->shape.planes; p++) {
        for (int y = 0; y < image->shape.height; y++) {
            for (int x = 0; x < image->shape.width; x++) {
                const int64_t a = at(image, alpha, x, y),
                              behind = (int64_t)background->colour[p] * (most / 255);
                const int64_t sum = at(image, alpha == 3 ? p : 0, x, y) * a + behind * (most - a);
                wrong += 2 * llabs(at(flat, p, x, y) * most - sum) >= most;
            }
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* At 8 bits every value with every alpha; at 16 bits random ones, and the ends of both. */
static struct tri_image *make_image(int planes, int bits)
{
    struct tri_image *image = pictures_noise(256, 256, planes, bits);
    const int alpha = planes - 1;

    for (int y = 0; y < 256; y++) {
        for (int x = 0; x < 256; x++) {
            if (bits == 8) {
                for (int p = 0; p < alpha; p++)
                    ((uint8_t *)tri_image_row(image, p, y))[x] = (uint8_t)(p == 1 ? 255 - x : x);
                ((uint8_t *)tri_image_row(image, alpha, y))[x] = (uint8_t)y;
            } else if (x < 2 || y < 2) {
                ((uint16_t *)tri_image_row(image, 0, y))[x] = x % 2 ? 65535 : 0;
                ((uint16_t *)tri_image_row(image, alpha, y))[x] = y % 2 ? 65535 : 0;
            }
        }
    }
    return image;
}

static void test_rounding(void)
{
    static const uint8_t colours[][3] = {
        {255, 255, 255}, {0, 0, 0}, {128, 128, 128}, {255, 0, 1}, {7, 100, 254}};

    for (int planes = 2; planes <= 4; planes += 2) {
        for (int bits = 8; bits <= 16; bits += 8) {
            struct tri_image *image = make_image(planes, bits), *flat;
            for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++) {
                struct tri_background background = {.use = TRI_BACKGROUND};
                memcpy(background.colour, colours[i], 3);
                CU_ASSERT_EQUAL_FATAL(tri_image_flatten(image, &background, &flat, NULL), TRI_OK);
                CU_ASSERT_EQUAL(flat->shape.planes,
                                planes == 4 || i > 2 ? 3 : 1); /* gray on gray stays gray */
                CU_ASSERT_EQUAL(flat->shape.bits, bits);
                expect_nearest(image, flat, &background);
                tri_image_free(flat);
            }
            tri_image_free(image);
        }
    }
}

/* The program writes the same JPEG file as for an opaque image with these samples. */
static void store(const char *name, const struct tri_image *image)
{
    CU_ASSERT_EQUAL(tri_image_write(shell_path(name), image, NULL, NULL), TRI_OK);
}

static void test_jpeg(void)
{
    struct tri_image *image = make_image(4, 8), *flat, *sixteen = make_image(4, 16);
    struct tri_background background;

    store("a.png", image);
    store("s.png", sixteen);
    CU_ASSERT_EQUAL(tri_background_parse("#ffffff", &background, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_flatten(image, &background, &flat, NULL), TRI_OK);
    store("white.jpg", flat);
    tri_image_free(flat);
    CU_ASSERT_EQUAL(tri_background_parse("#a0f", &background, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_flatten(image, &background, &flat, NULL), TRI_OK);
    store("violet.jpg", flat);
    tri_image_free(flat);
    CU_ASSERT_EQUAL(tri_image_flatten(sixteen, &background, &flat, NULL), TRI_OK);
    store("sixteen.jpg", flat);
    tri_image_free(flat);
    EXPECT("$T run copy a.png -o o.jpg; cmp o.jpg white.jpg", 0, "",
           "triptych: note: o.jpg: flattened onto #ffffff, as jpeg has no transparency; choose "
           "another colour with --background\n");
    EXPECT("$T run copy a.png -o o.jpg -q; cmp o.jpg white.jpg", 0, "", "");
    EXPECT("$T run copy a.png -o o.jpg --background white; cmp o.jpg white.jpg", 0, "", "");
    EXPECT("$T run copy a.png -o o.jpg --background '#A0f'; cmp o.jpg violet.jpg", 0, "", "");
    EXPECT("$T run copy s.png -o o.jpg --background '#A0f'; cmp o.jpg sixteen.jpg", 0, "", "");
    EXPECT(
        "rm o.jpg; $T run copy a.png -o o.jpg --background none; test ! -e o.jpg || exit 9; exit 5",
        5, "",
        "triptych: cannot write o.jpg: JPEG has no transparency; use --format png or webp, or "
        "--background white\n");
    EXPECT("$T run copy a.png -o o.png --background red && cmp o.png a.png", 0, "",
           ""); /* PNG keeps transparency */
    EXPECT("$T run copy white.jpg -o o.jpg", 0, "", "");
    EXPECT("$T run copy a.png -o o.jpg --background pinkish", 2, "",
           "triptych: run: --background: invalid colour 'pinkish'; expected none, #rgb, "
           "#rrggbb or a name of CSS such as white (see 'triptych run --help')\n");
    EXPECT(
        "mkdir in; cp a.png in/1.png; cp white.jpg in/2.jpg; cp a.png in/3.png; $T run copy in "
        "-o out/ --format jpeg -j 1; cmp out/3.jpg "
        "white.jpg; rm -r in out",
        0, "",
        "triptych: note: out/1.jpg: flattened onto*\ntriptych: note: out/3.jpg: flattened onto*\n");
    tri_image_free(image);
    tri_image_free(sixteen);
}

static void expect_flat(const struct tri_image *image, const char *colour, const char *name)
{
    struct tri_background background;
    struct tri_image *flat, *read = pictures_read(shell_path(name), NULL);
    CU_ASSERT_EQUAL(tri_background_parse(colour, &background, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_flatten(image, &background, &flat, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_compare(flat, read).count, 0);
    tri_image_free(flat);
    tri_image_free(read);
}

/* .ppm and .pgm as .jpg; .pam and .pnm have alpha. */
static void test_pnm(void)
{
    struct tri_image *image = make_image(4, 16), *gray = make_image(2, 8), *opaque;
    store("a.png", image);
    store("g.png", gray);
    EXPECT("$T run copy a.png -o o.ppm --verify-output", 0, "",
           "triptych: note: o.ppm: flattened onto #ffffff, as PPM has no transparency; choose "
           "another colour with --background\n");
    expect_flat(image, "white", "o.ppm");
    EXPECT("$T run copy g.png -o o.PGM", 0, "",
           "triptych: note: o.PGM: flattened onto #ffffff, as PGM has no transparency; choose "
           "another colour with --background\n");
    expect_flat(gray, "white", "o.PGM");
    EXPECT("$T run copy a.png g.png -o o-%d.ppm --background '#12345f'", 0, "", "");
    expect_flat(image, "#12345f", "o-1.ppm");
    expect_flat(gray, "#12345f", "o-2.ppm");
    EXPECT("$T run copy a.png -o o.pam && $T run copy a.png -o o.pnm && cmp o.pam o.pnm && $T run "
           "copy o.pam -o o.png && cmp o.png a.png",
           0, "", "");
    EXPECT("rm o*; $T run copy a.png -o o.ppm --background none; echo $?; ls o* 2> /dev/null", 2,
           "2\n",
           "triptych: cannot write o.ppm: PPM cannot store alpha; use .pam, or --background "
           "white\n");
    EXPECT("$T run copy g.png -o o.pgm --background red; echo $?; ls o* 2> /dev/null", 2, "2\n",
           "*PGM can store only gray; use .ppm\n");
    for (int y = 0; y < image->shape.height; y++)
        memset(tri_image_row(image, 3, y), 255, 2 * (size_t)image->shape.width);
    store("a.png", image);
    EXPECT("$T run copy a.png -o o.ppm --background none --verify-output", 0, "", "");
    opaque = pictures_read(shell_path("o.ppm"), NULL);
    CU_ASSERT_EQUAL(opaque->shape.planes, 3);
    tri_image_free(opaque);
    expect_flat(image, "white", "o.ppm");
    EXPECT("rm *", 0, "", "");
    tri_image_free(image);
    tri_image_free(gray);
}

/* FFmpeg's result differs at most by its own rounding. */
static void test_peer(void)
{
    int most = 0;

    if (shell_run("command -v ffmpeg")->code != 0) {
        test_skip("no ffmpeg");
        return;
    }
    EXPECT("cp a.png p-1.png; $T run copy p-%d.png -o o-%d.ppm --background '#3070c0' && ffmpeg "
           "-loglevel error -f lavfi -i "
           "color=0x3070c0:s=256x256,format=gbrp -i a.png -filter_complex "
           "'[1]format=gbrap[a];[0][a]overlay=format=gbrp' -frames:v 1 "
           "-pix_fmt rgb24 peer.png",
           0, "", "");
    struct tri_image *own = pictures_read(shell_path("o-1.ppm"), NULL),
                     *peer = pictures_read(shell_path("peer.png"), NULL);
    for (int i = 0; i < 3 * 256 * 256; i++) {
        const int p = i % 3, x = i / 3 % 256, y = i / 768,
                  apart = abs(pictures_sample(own, p, x, y) - pictures_sample(peer, p, x, y));
        most = apart > most ? apart : most;
    }
    CU_ASSERT_TRUE(most <= 1);
    tri_image_free(own);
    tri_image_free(peer);
    shell_run("rm p-1.png o-1.ppm peer.png");
}

static void test_sequence(void)
{
    struct tri_image *image = make_image(4, 8), *gray = make_image(2, 8), *flat, *read;
    struct tri_background background;

    for (int i = 1; i <= 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "f-%d.png", i);
        store(name, image);
        snprintf(name, sizeof name, "g-%d.png", i);
        store(name, gray);
    }
    EXPECT("$T run copy f-%d.png -o o-%d.png --background red; cmp o-1.png f-1.png && cmp o-3.png "
           "f-3.png; rm o-?.png",
           0, "", "");
    EXPECT("$T run copy f-%d.png -o o-%d.ppm", 0, "",
           "triptych: note: o-%d.ppm: flattened onto #ffffff, as PPM has no transparency; choose "
           "another colour with --background\n");
    EXPECT("$T run copy f-%d.png -o o-%d.ppm --background '#12345f'; cmp o-1.ppm o-3.ppm", 0, "",
           "");
    CU_ASSERT_EQUAL(tri_background_parse("#12345f", &background, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_flatten(image, &background, &flat, NULL), TRI_OK);
    read = pictures_read(shell_path("o-3.ppm"), NULL);
    CU_ASSERT_EQUAL(tri_image_compare(flat, read).count, 0);
    tri_image_free(flat);
    tri_image_free(read);
    EXPECT("$T run copy f-%d.png -o o-%d.jpg", 0, "",
           "triptych: note: o-*.jpg: flattened onto #ffffff, as jpeg has no transparency; choose "
           "another colour with --background\n");
    EXPECT("$T run copy g-%d.png -o o-%d.ppm --background '#12345f'", 0, "", "");
    CU_ASSERT_EQUAL(tri_image_flatten(gray, &background, &flat, NULL), TRI_OK);
    read = pictures_read(shell_path("o-2.ppm"), NULL);
    CU_ASSERT_EQUAL(tri_image_compare(flat, read).count, 0);
    tri_image_free(flat);
    tri_image_free(read);
    EXPECT("rm o-*; $T run copy f-%d.png -o o-%d.ppm --background none -j 1; echo $?; ls o-* 2> "
           "/dev/null",
           2, "2\n",
           "triptych: cannot write o-%d.ppm: frame 1 has transparent parts, but PPM has no "
           "transparency; use --background white\n");
    EXPECT("cp a.png m-2.png; $T run copy f-1.png -o m-1.png -q --background white --format jpeg "
           "&& $T run copy m-1.png -o m-1.png --format png; "
           "$T run copy m-%d.png -o o-%d.png",
           0, "",
           "triptych: note: m-2.png: flattened onto #ffffff, as the first picture has no "
           "transparency; choose another colour with --background\n");
    tri_image_free(image);
    tri_image_free(gray);
}

int test_background_suite(void)
{
    CU_pSuite suite = CU_add_suite("background", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "colours", test_colours) &&
             CU_add_test(suite, "rounding", test_rounding) &&
             CU_add_test(suite, "JPEG", test_jpeg) &&
             CU_add_test(suite, "as FFmpeg does it", test_peer) &&
             CU_add_test(suite, "sequences of pictures", test_sequence) &&
             CU_add_test(suite, "PPM and PGM", test_pnm));
}
