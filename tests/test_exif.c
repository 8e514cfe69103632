/* test_exif.c -- image orientation, rotation, and reduction to 8 bits. */
#include "codec/exif.h"
#include "codec/reduce_depth.h"
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

/* Uses a copy that ends where its memory does, so the sanitizer catches reads beyond. */
static int orientation_of(const void *data, size_t size)
{
    unsigned char *copy = malloc(size > 0 ? size : 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, data, size);
    const int orientation = tri_exif_orientation(copy, size);
    tri_exif_set_orientation(copy, size, 1);
    CU_ASSERT_EQUAL(tri_exif_orientation(copy, size), 1);
    free(copy);
    return orientation;
}

static void test_values(void)
{
    for (int little = 0; little <= 1; little++) {
        for (int value = 0; value <= 255; value++) {
            struct bytes exif = pictures_exif(little, value);
            CU_ASSERT_EQUAL(orientation_of(exif.data, exif.size),
                            value >= 1 && value <= 8 ? value : 1);
            free(exif.data);
        }
    }
}

/* Only the two bytes of the value change. */
static void test_change(void)
{
    for (int little = 0; little <= 1; little++) {
        struct bytes exif = pictures_exif(little, 6), wanted = pictures_exif(little, 3);
        tri_exif_set_orientation(exif.data, exif.size, 3);
        CU_ASSERT_EQUAL(memcmp(exif.data, wanted.data, exif.size), 0);
        free(exif.data);
        free(wanted.data);
    }
}

static void test_cut(void)
{
    for (int little = 0; little <= 1; little++) {
        struct bytes exif = pictures_exif(little, 6);
        for (size_t size = 0; size <= exif.size; size++)
            CU_ASSERT_EQUAL(orientation_of(exif.data, size), size < 34 ? 1 : 6);
        free(exif.data);
    }
}

static void test_every_byte(void)
{
    for (int little = 0; little <= 1; little++) {
        struct bytes exif = pictures_exif(little, 6);
        for (size_t i = 0; i < exif.size; i++) {
            const unsigned char kept = exif.data[i];
            for (int value = 0; value <= 255; value++) {
                exif.data[i] = (unsigned char)value;
                const int orientation = orientation_of(exif.data, exif.size);
                CU_ASSERT_TRUE(orientation >= 1 && orientation <= 8);
            }
            exif.data[i] = kept;
        }
        free(exif.data);
    }
}

static void test_malformed(void)
{
    static const struct {
        const char *text;
        size_t size;
    } cases[] = {
        {"", 0},
        {"II*\0\377\377\377\377", 8},
        {"MM\0*\377\377\377\376\0\1", 10},
        {"II*\0\0\0\0\0\1\0", 10},                           /* a directory inside the header */
        {"II*\0\10\0\0\0\377\377", 10},                      /* missing entries */
        {"II*\0\10\0\0\0\1\0\22\1\4\0\1\0\0\0\6\0\0\0", 22}, /* 32 bits */
        {"II*\0\10\0\0\0\1\0\22\1\3\0\2\0\0\0\6\0\0\0", 22}, /* two of them */
        {"II+\0\10\0\0\0\1\0\22\1\3\0\1\0\0\0\6\0\0\0", 22}, /* not TIFF */
        {"MM*\0\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\6\0\0", 22},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CU_ASSERT_EQUAL(orientation_of(cases[i].text, cases[i].size), 1);
    CU_ASSERT_EQUAL(orientation_of("II*\0\10\0\0\0\1\0\22\1\3\0\1\0\0\0\6\0\0\0", 22), 6);
}

/* ---- turning ---- */

static void test_turns(void)
{
    static const int sides[][2] = {{1, 1},    {1, 9},    {7, 1},  {64, 64},
                                   {65, 130}, {191, 63}, {300, 2}};
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++)
        for (int planes = 1; planes <= 4; planes++)
            for (int bits = 8; bits <= 16; bits += 8)
                for (int orientation = 1; orientation <= 8; orientation++) {
                    struct tri_image *stored =
                        pictures_noise(sides[i][0], sides[i][1], planes, bits);
                    struct tri_image *image =
                        pictures_noise(sides[i][0], sides[i][1], planes, bits);
                    tri_image_pad(image);
                    CU_ASSERT_EQUAL(tri_image_orient(&image, orientation, NULL), TRI_OK);
                    CU_ASSERT_TRUE(pictures_upright(image, stored, orientation, 0));
                    CU_ASSERT_TRUE(orientation == 1 || !image->padded);
                    tri_image_free(image);
                    tri_image_free(stored);
                }
}

static void test_no_turn(void)
{
    static const int wrong[] = {-1, 0, 9, 1000};
    struct tri_image *image = pictures_noise(5, 4, 3, 8), *same = image;
    struct tri_error error;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_EQUAL(tri_image_orient(&image, wrong[i], &error), TRI_USAGE);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "orientation"));
    }
    CU_ASSERT_EQUAL(tri_image_orient(&image, 1, NULL), TRI_OK);
    CU_ASSERT_PTR_EQUAL(image, same);
    tri_image_free(image);
}

/* ---- fewer bits, no alpha ---- */

static void test_reduction(void)
{
    const struct tri_shape shape = {65536, 1, 2, 16};
    struct tri_image *image, *reduced;
    int wrong = 0;
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape, &image, NULL), TRI_OK);
    for (int x = 0; x < 65536; x++) {
        ((uint16_t *)tri_image_row(image, 0, 0))[x] = (uint16_t)x;
        ((uint16_t *)tri_image_row(image, 1, 0))[x] = (uint16_t)(65535 - x);
    }
    CU_ASSERT_EQUAL_FATAL(tri_image_reduce(image, &reduced, NULL), TRI_OK);
    CU_ASSERT_EQUAL(reduced->shape.bits, 8);
    for (int x = 0; x < 65536; x++) { /* 257 is odd: no ties */
        wrong += pictures_sample(reduced, 0, x, 0) != (x + 128) / 257;
        wrong += pictures_sample(reduced, 1, x, 0) != (65535 - x + 128) / 257;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    tri_image_free(reduced);
    tri_image_free(image);
    image = pictures_noise(3, 3, 1, 8);
    CU_ASSERT_EQUAL(tri_image_reduce(image, &reduced, NULL), TRI_OK);
    CU_ASSERT_PTR_NULL(reduced);
    tri_image_free(image);
}

static void test_opaque(void)
{
    for (int planes = 1; planes <= 4; planes++)
        for (int bits = 8; bits <= 16; bits += 8) {
            struct tri_image *image = pictures_scene(70, 5, planes, bits);
            CU_ASSERT_TRUE(tri_image_opaque(image));
            unsigned char *last = tri_image_row(image, planes - 1, 4);
            last[69 * (bits / 8)] = 0xfe; /* the lower or the upper byte of 16 bits */
            CU_ASSERT_EQUAL(tri_image_opaque(image), planes % 2 == 1);
            tri_image_free(image);
        }
}

int test_exif_suite(void)
{
    CU_pSuite suite = CU_add_suite("exif", NULL, NULL);
    return !(suite && CU_add_test(suite, "orientation: every value", test_values) &&
             CU_add_test(suite, "orientation: changed in place", test_change) &&
             CU_add_test(suite, "orientation: data cut everywhere", test_cut) &&
             CU_add_test(suite, "orientation: every byte changed", test_every_byte) &&
             CU_add_test(suite, "orientation: malformed", test_malformed) &&
             CU_add_test(suite, "pictures turned", test_turns) &&
             CU_add_test(suite, "pictures not turned", test_no_turn) &&
             CU_add_test(suite, "16 bits to 8: every value", test_reduction) &&
             CU_add_test(suite, "alpha that is full", test_opaque));
}
