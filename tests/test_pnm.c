/* test_pnm.c -- PBM, PGM, PPM and PAM: round trips, files written by hand, limits, damage. */
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- files written by hand ---- */

static void store_text(const char *path, const char *text)
{
    pictures_store(path, text, strlen(text));
}

static void expect_samples(const struct tri_image *image, const struct tri_shape *shape,
                           const int *samples)
{
    CU_ASSERT_TRUE_FATAL(tri_shape_equal(&image->shape, shape));
    for (int y = 0; y < shape->height; y++)
        for (int x = 0; x < shape->width; x++)
            for (int plane = 0; plane < shape->planes; plane++)
                CU_ASSERT_EQUAL(pictures_sample(image, plane, x, y), *samples++);
}

#define BYTES(literal) literal, sizeof literal - 1

struct by_hand {
    const char *file;
    size_t size;
    struct tri_shape shape;
    int samples[12]; /* interleaved */
};

static void expect_by_hand(const struct by_hand *wanted)
{
    const char *path = pictures_path("by hand");
    struct tri_read_info info = {.size = sizeof info};
    pictures_store(path, wanted->file, wanted->size);
    struct tri_image *image = pictures_read(path, &info);
    CU_ASSERT_STRING_EQUAL(info.warning, "");
    CU_ASSERT_STRING_EQUAL(info.format->name, "pnm");
    expect_samples(image, &wanted->shape, wanted->samples);
    tri_image_free(image);
    tri_metadata_free(info.metadata);
    unlink(path);
}

static void test_plain(void)
{
    static const struct by_hand files[] = {
        {BYTES("P1 3 2 0 1 0 1 1 0"), {3, 2, 1, 8}, {255, 0, 255, 0, 0, 255}},
        {BYTES("P1\n3 2\n010110\n"), {3, 2, 1, 8}, {255, 0, 255, 0, 0, 255}},
        {BYTES("P1#a#b\n#c\n3#d\n2\n0 1#e\n0\n\t1 1\r\n0"), {3, 2, 1, 8}, {255, 0, 255, 0, 0, 255}},
        {BYTES("P2 2 2 255 0 1 254 255"), {2, 2, 1, 8}, {0, 1, 254, 255}},
        {BYTES("P2\n# a comment\n2 # another\n2\n255 # 7\n0 1\n# 9 9\n254 255#\n"),
         {2, 2, 1, 8},
         {0, 1, 254, 255}},
        {BYTES("P2\v4\f1\r1\t0 1 1 0"), {4, 1, 1, 8}, {0, 255, 255, 0}},
        {BYTES("P2 4 1 7 0 1 00003 7"), {4, 1, 1, 8}, {0, 36, 109, 255}},  /* 36.4, 109.3 */
        {BYTES("P2 3 1 256 0 128 256"), {3, 1, 1, 16}, {0, 32768, 65535}}, /* 32767.5 */
        {BYTES("P2 3 1 65535 0 12345 65535"), {3, 1, 1, 16}, {0, 12345, 65535}},
        {BYTES("P3 1 2 255\n1 2 3\n4 5 6\n"), {1, 2, 3, 8}, {1, 2, 3, 4, 5, 6}},
        {BYTES("P3 1 1 1000\n1 500 999"),
         {1, 1, 3, 16},
         {66, 32768, 65469}}, /* 65.5, 32767.5, 65469.5, and slightly less */
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        expect_by_hand(&files[i]);
}

static void test_raw(void)
{
    static const struct by_hand files[] = {
        {BYTES("P4 3 2 \x40\xa0"), {3, 2, 1, 8}, {255, 0, 255, 0, 255, 0}},
        {BYTES("P4\n#\n9 1\n\x00\x80"), {9, 1, 1, 8}, {255, 255, 255, 255, 255, 255, 255, 255, 0}},
        {BYTES("P5 2 1 255\n\x00\xff"), {2, 1, 1, 8}, {0, 255}},
        {BYTES("P5 2 1 255\n##"), {2, 1, 1, 8}, {35, 35}}, /* not a comment: pixels */
        {BYTES("P5 2 1 255#x\n\n#"), {2, 1, 1, 8}, {10, 35}},
        {BYTES("P5 3 1 7 \x00\x03\x07"), {3, 1, 1, 8}, {0, 109, 255}},
        {BYTES("P5 2 1 256 \x01\x00\x00\x01"), {2, 1, 1, 16}, {65535, 256}}, /* 255.99 */
        {BYTES("P6 1 1 255 abc"), {1, 1, 3, 8}, {97, 98, 99}},
        {BYTES("P6 1 1 65535 \x01\x02\xff\xfe\x00\xff"), {1, 1, 3, 16}, {258, 65534, 255}},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        expect_by_hand(&files[i]);
}

static void test_pam(void)
{
    static const struct by_hand files[] = {
        {BYTES("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n\0\1"),
         {2, 1, 1, 8},
         {0, 255}},
        {BYTES("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 1\nTUPLTYPE "
               "BLACKANDWHITE_ALPHA\nENDHDR\n\1\0"),
         {1, 1, 2, 8},
         {255, 0}},
        {BYTES("P7\nTUPLTYPE GRAYSCALE\nHEIGHT 1\nWIDTH 2\nDEPTH 1\nMAXVAL 255\nENDHDR\nab"),
         {2, 1, 1, 8},
         {97, 98}},
        {BYTES("P7\nTUPLTYPE GRAYSCALE_ALPHA\nHEIGHT 1\nWIDTH 1\nDEPTH 2\nMAXVAL 255\nENDHDR\nab"),
         {1, 1, 2, 8},
         {97, 98}},
        {BYTES("P7\r\n# note\n\n  WIDTH\t1  \nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE "
               "RGB\nENDHDR\nabc"),
         {1, 1, 3, 8},
         {97, 98, 99}},
        {BYTES(
             "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 65535\nTUPLTYPE RGB_ALPHA\nENDHDR\nabcdefgh"),
         {1, 1, 4, 16},
         {0x6162, 0x6364, 0x6566, 0x6768}},
        {BYTES("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\nab"), {2, 1, 1, 8}, {97, 98}},
        {BYTES("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 255\nENDHDR\nab"), {1, 1, 2, 8}, {97, 98}},
        {BYTES("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nENDHDR\nabc"),
         {1, 1, 3, 8},
         {97, 98, 99}},
        {BYTES("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nENDHDR\nabcd"),
         {1, 1, 4, 8},
         {97, 98, 99, 100}},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        expect_by_hand(&files[i]);
}

/* Every value of every maxval, as text and as bytes, against floating-point arithmetic. */
static void test_maxvals(void)
{
    static const int maxvals[] = {1, 2, 3, 7, 100, 254, 255, 256, 1000, 4095, 65534, 65535};
    for (size_t i = 0; i < sizeof maxvals / sizeof maxvals[0]; i++)
        for (int plain = 0; plain < 2; plain++) {
            const int maxval = maxvals[i], full = maxval > 255 ? 65535 : 255;
            const char *path = pictures_path("maxval.pgm");
            struct bytes file = {0};
            struct tri_read_info info = {.size = sizeof info};
            char text[64];
            pictures_add(&file, text,
                         (size_t)sprintf(text, "P%d %d 1 %d\n", plain ? 2 : 5, maxval + 1, maxval));
            for (int value = 0; value <= maxval; value++) {
                const unsigned char bytes[2] = {(unsigned char)(value >> 8), (unsigned char)value};
                if (plain)
                    pictures_add(&file, text, (size_t)sprintf(text, "%d\n", value));
                else
                    pictures_add(&file, full > 255 ? bytes : bytes + 1, full > 255 ? 2 : 1);
            }
            pictures_store(path, file.data, file.size);
            struct tri_image *image = pictures_read(path, &info);
            int wrong = image->shape.width != maxval + 1;
            for (int value = 0; value <= maxval && wrong == 0; value++)
                wrong +=
                    pictures_sample(image, 0, value, 0) != lround((double)value * full / maxval);
            CU_ASSERT_EQUAL(wrong, 0);
            tri_image_free(image);
            tri_metadata_free(info.metadata);
            free(file.data);
            unlink(path);
        }
}

static void test_several_pictures(void)
{
    static const struct {
        const char *file, *warning;
    } files[] = {
        {"P5 1 1 255 aP5 1 1 255 b", "only the first of 2 pictures is read"},
        {"P2 1 1 255 97 \n P2 1 1 255 98", "only the first of 2 pictures is read"},
        {"P5 1 1 255 a\n", ""},
        {"P5 1 1 255 aPS", ""},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const char *path = pictures_path("several.pgm");
        struct tri_read_info info = {.size = sizeof info};
        store_text(path, files[i].file);
        struct tri_image *image = pictures_read(path, &info);
        CU_ASSERT_STRING_EQUAL(info.warning, files[i].warning);
        CU_ASSERT_EQUAL(pictures_sample(image, 0, 0, 0), 'a');
        tri_image_free(image);
        tri_metadata_free(info.metadata);
        unlink(path);
    }
}

/* ---- flaws ---- */

static void test_flaws(void)
{
    static const struct {
        const char *file, *part;
    } files[] = {
        {"P6 ", "the file is truncated in the header, before the width"},
        {"P6 3 ", "the file is truncated in the header, before the height"},
        {"P6 3 2 ", "the file is truncated in the header, before the maxval"},
        {"P6 3 2 # 255", "the file is truncated in the header, before the maxval"},
        {"P6 x 2 255 ", "the width is not a number"},
        {"P6 3 -2 255 ", "the height is not a number"},
        {"P6 3 2 255x", "the maxval is not a number"},
        {"P6 0 2 255 ", "a picture of 0 x 2 pixels is empty"},
        {"P6 2 0 255 ", "a picture of 2 x 0 pixels is empty"},
        {"P6 4294967296 2 255 ", "the width is too large"},
        {"P6 99999999999999999999999 2 255 ", "the width is too large"},
        {"P6 1000000 1000000 255 ", "1000000 x 1000000 pixels exceed the limit"},
        {"P6 4294967295 4294967295 255 ", "pixels exceed the limit of 1000000 per side"},
        {"P6 2 1 0 abcdef", "invalid maxval 0; expected 1 to 65535"},
        {"P6 2 1 65536 abcdefabcdef", "invalid maxval 65536; expected 1 to 65535"},
        {"P6 2 1 255 abcde", "the file is truncated: it has 5 of 6 bytes of pixels"},
        {"P6 16000 16000 255 abcde",
         "the file is truncated: it has 5 of 768000000 bytes of pixels"},
        {"P4 9 3 abcde", "the file is truncated: it has 5 of 6 bytes of pixels"},
        {"P1 3 1 01", "the file is truncated: it has 2 of at least 3 bytes of pixels"},
        {"P1 3 1 0 1", "the file is truncated: it has 2 of 3 samples"},
        {"P1 3 1 012", "row 0 has a sample that is not a number"},
        {"P2 2 1 9 1", "the file is truncated: it has 1 of at least 3 bytes of pixels"},
        {"P2 2 2 99 10 11 12 ", "the file is truncated: it has 3 of 4 samples"},
        {"P2 1 2 9 1 x", "row 1 has a sample that is not a number"},
        {"P2 1 2 9 1 -2", "row 1 has a sample that is not a number"},
        {"P2 1 2 9 1 2.", "row 1 has a sample that is not a number"},
        {"P2 1 2 9 1 10", "row 1 has a sample above the maxval of 9"},
        {"P2 1 2 9 1 4294967296", "row 1 has a sample above the maxval of 9"},
        {"P5 1 2 97 ab", "row 1 has a sample above the maxval of 97"},
        {"P5 1 2 24930 abac", "row 1 has a sample above the maxval of 24930"}, /* "ab" in ASCII */
        {"P7\nWIDTH 1\n", "the file is truncated in the header, before ENDHDR"},
        {"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR",
         "the file is truncated in the header, before ENDHDR"},
        {"P7\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\na", "a picture of 0 x 1 pixels is empty"},
        {"P7\nWIDTH 1\nHEIGHT 1\nMAXVAL 255\nENDHDR\na", "invalid DEPTH 0; expected 1 to 4"},
        {"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\nabcde",
         "invalid DEPTH 5; expected 1 to 4"},
        {"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nENDHDR\na", "invalid maxval 0; expected 1 to 65535"},
        {"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabc",
         "DEPTH is 3, but TUPLTYPE requires 4"},
        {"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\nENDHDR\nabcd",
         "invalid TUPLTYPE; expected"},
        {"P7\nWIDTH \nENDHDR\n", "the WIDTH is not a number"},
        {"P7\nWIDTH 1x\nENDHDR\n", "the WIDTH is not a number"},
        {"P7\nWIDTH 4294967296\nENDHDR\n", "the WIDTH is not a number"},
        {"P7\nSIZE 1\nENDHDR\n", "unknown line in the header"},
        {"P6", "unknown picture format"},
        {"P61 1 255 abc", "unknown picture format"},
        {"P8 1 1 255 abc", "unknown picture format"},
        {"P7 332\n", "unknown picture format"},
    };
    const char *path = pictures_path("flaw.ppm");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        store_text(path, files[i].file);
        pictures_expect_error(path, files[i].part);
    }
    unlink(path);
}

static void test_damage(void)
{
    static const struct {
        const char *file;
        size_t size;
    } files[] = {
        {BYTES("P1 #x\n3 2 0 1 0 11\n0")},
        {BYTES("P2 2 2 99 10 1 12 3")},
        {BYTES("P3 1 2 9\n1 2 3\n4 5 6")},
        {BYTES("P4 9 2\n\x00\x80\xff\x00")},
        {BYTES("P5 2 2 200 \1\2\3\4")},
        {BYTES("P6 1 1 500 \1\1\1\1\1\1")},
        {BYTES("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\nab")},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const char *path = pictures_path("damaged.pnm");
        struct bytes file = {0};
        pictures_add(&file, files[i].file, files[i].size);
        pictures_expect_cuts(path, &file);
        for (int bit = 0; bit < 8; bit++)
            CU_ASSERT_TRUE(pictures_change_bytes(path, &file, (unsigned char)(1 << bit)) >= 2);
        pictures_store(path, file.data, file.size); /* the file itself is valid */
        struct tri_read_info info = {.size = sizeof info};
        tri_image_free(pictures_read(path, &info));
        tri_metadata_free(info.metadata);
        unlink(path);
        free(file.data);
    }
}

static void test_limit(void)
{
    const char *path = pictures_path("limit.pgm");
    struct tri_image *image = pictures_noise(20, 30, 1, 8), *in = NULL;
    struct tri_error error;
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_read(path, &READ_OPTIONS(.max_pixels = 599), &in, NULL, &error),
                    TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "20 x 30 pixels exceed the limit of 599"));
    CU_ASSERT_EQUAL(tri_image_read(path, &READ_OPTIONS(.max_pixels = 600), &in, NULL, &error),
                    TRI_OK);
    tri_image_free(in);
    tri_image_free(image);
    unlink(path);
}

/* ---- writing ---- */

/* Writes and reads a file of this name, which must begin as given. */
static void expect_round_trip(const char *name, const struct tri_image *image, const char *start)
{
    const char *path = pictures_path(name);
    struct tri_read_info info = {.size = sizeof info};
    CU_ASSERT_EQUAL_FATAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    struct bytes file = pictures_load(path);
    CU_ASSERT_TRUE(file.size > strlen(start) && memcmp(file.data, start, strlen(start)) == 0);
    struct tri_image *back = pictures_read(path, &info);
    CU_ASSERT_TRUE(tri_shape_equal(&back->shape, &image->shape));
    CU_ASSERT_EQUAL(tri_image_compare(image, back).count, 0);
    CU_ASSERT_STRING_EQUAL(info.warning, "");
    tri_image_free(back);
    tri_metadata_free(info.metadata);
    free(file.data);
    unlink(path);
}

static void test_round_trips(void)
{
    /* The last two need several blocks. */
    static const int sides[][2] = {{1, 1},  {7, 1},    {1, 9},     {63, 64},
                                   {65, 5}, {301, 47}, {700, 801}, {80001, 9}};
    static const char *const starts[] = {"", "P5", "P7", "P6", "P7"};
    for (int planes = 1; planes <= 4; planes++)
        for (int bits = 8; bits <= 16; bits += 8)
            for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
                struct tri_image *image = pictures_noise(sides[i][0], sides[i][1], planes, bits);
                expect_round_trip("round.pnm", image, starts[planes]);
                expect_round_trip("round.pam", image, "P7");
                tri_image_free(image);
            }
}

static void test_flavours(void)
{
    struct tri_image *images[5] = {NULL};
    for (int planes = 1; planes <= 4; planes++)
        images[planes] = pictures_noise(3, 2, planes, 8);
    expect_round_trip("x.pgm", images[1], "P5\n3 2\n255\n");
    expect_round_trip("x.PGM", images[1], "P5\n3 2\n255\n");
    expect_round_trip("x.ppm", images[1], "P5\n3 2\n255\n");
    expect_round_trip("x.ppm", images[3], "P6\n3 2\n255\n");
    expect_round_trip("x.pnm", images[4],
                      "P7\nWIDTH 3\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n");
    expect_round_trip("x.pam", images[1],
                      "P7\nWIDTH 3\nHEIGHT 2\nDEPTH 1\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\n");
    pictures_expect_refusal(pictures_path("x.pgm"), images[3], TRI_USAGE,
                            "PGM can store only gray; use .ppm");
    pictures_expect_refusal(pictures_path("x.pgm"), images[2], TRI_USAGE,
                            "PGM cannot store alpha; use .pam, or --background white");
    pictures_expect_refusal(pictures_path("x.pgm"), images[4], TRI_USAGE,
                            "PGM can store only gray; use .ppm");
    pictures_expect_refusal(pictures_path("x.ppm"), images[2], TRI_USAGE,
                            "PPM cannot store alpha; use .pam, or --background white");
    pictures_expect_refusal(pictures_path("x.ppm"), images[4], TRI_USAGE,
                            "PPM cannot store alpha; use .pam, or --background white");
    for (int planes = 1; planes <= 4; planes++) {
        pictures_expect_refusal(pictures_path("x.pbm"), images[planes], TRI_USAGE,
                                "use threshold and .pgm");
        tri_image_free(images[planes]);
    }
}

/* 16-bit samples are big-endian in the file, on every machine. */
static void test_bytes(void)
{
    const char *path = pictures_path("bytes.pgm");
    const struct tri_shape shape = {5, 1, 1, 16};
    struct tri_image *image;
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape, &image, NULL), TRI_OK);
    for (int x = 0; x < 5; x++)
        ((uint16_t *)tri_image_row(image, 0, 0))[x] = (uint16_t)(0x0102 + 0x1010 * x);
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    struct bytes file = pictures_load(path);
    CU_ASSERT_EQUAL_FATAL(file.size, 23);
    CU_ASSERT_EQUAL(
        memcmp(file.data, "P5\n5 1\n65535\n\x01\x02\x11\x12\x21\x22\x31\x32\x41\x42", 23), 0);
    tri_image_free(image);
    free(file.data);
    unlink(path);
}

static void test_disk_full(void)
{
    pictures_expect_disk_full("pnm");
}

int test_pnm_suite(void)
{
    CU_pSuite suite = CU_add_suite("pnm", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "plain files by hand", test_plain) &&
             CU_add_test(suite, "raw files by hand", test_raw) &&
             CU_add_test(suite, "PAM by hand", test_pam) &&
             CU_add_test(suite, "every value of a maxval", test_maxvals) &&
             CU_add_test(suite, "several pictures", test_several_pictures) &&
             CU_add_test(suite, "single flaws", test_flaws) &&
             CU_add_test(suite, "every byte cut or changed", test_damage) &&
             CU_add_test(suite, "limit of pixels", test_limit) &&
             CU_add_test(suite, "round trips", test_round_trips) &&
             CU_add_test(suite, "flavours by extension", test_flavours) &&
             CU_add_test(suite, "big-endian samples", test_bytes) &&
             CU_add_test(suite, "disk full", test_disk_full));
}
