/* test_tiff_damage.c -- TIFF files that cannot be read: unsupported kinds, limits, damage. */
#include "tests.h"
#include "tiff_files.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libtiff's global handlers must not be called by the codec. */
static int overheard;

static void overhear(const char *module, const char *format, va_list arguments)
{
    (void)module, (void)format, (void)arguments;
    overheard++;
}

static int enter(void)
{
    TIFFSetErrorHandler(overhear);
    TIFFSetWarningHandler(overhear);
    return pictures_enter();
}

/* ---- flaws ---- */

static void expect_flaw(int tag, int value, int planes, const char *part)
{
    const char *path = pictures_path("flaw.tif");
    struct tiff_recipe recipe = tiff_usual;
    recipe.photometric = planes < 3 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB;
    TIFF *tiff = TIFFOpen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
    tiff_set_up(tiff, &recipe, &(struct tri_shape){4, 3, planes, 8});
    TIFFSetField(tiff, (uint32_t)tag, value);
    if (tag == TIFFTAG_TILEWIDTH)
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, value);
    if (tag == TIFFTAG_TILEWIDTH)
        TIFFWriteRawTile(tiff, 0, (char[]){"abc"}, 3);
    else
        TIFFWriteRawStrip(tiff, 0, (char[]){"abc"}, 3);
    TIFFClose(tiff);
    pictures_expect_error(path, part);
    unlink(path);
}

static void test_flaws(void)
{
    expect_flaw(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP, 3, "floating-point");
    expect_flaw(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_INT, 3, "signed");
    expect_flaw(TIFFTAG_BITSPERSAMPLE, 32, 3,
                "32 bits per sample are not supported; expected at most 16");
    expect_flaw(TIFFTAG_BITSPERSAMPLE, 17, 3,
                "17 bits per sample are not supported; expected at most 16");
    expect_flaw(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_SEPARATED, 3,
                "this set of 3 inks is not supported; expected cyan, magenta, yellow and black");
    expect_flaw(TIFFTAG_SAMPLESPERPIXEL, 5, 3,
                "5 samples per pixel are not supported; expected 1 to 4");
    expect_flaw(TIFFTAG_SAMPLESPERPIXEL, 3, 1,
                "3 samples per pixel, of which 1 are colours, are not supported");
    expect_flaw(TIFFTAG_IMAGEWIDTH, 1000001, 3, "pixels exceed the limit of 1000000 per side");
    expect_flaw(TIFFTAG_IMAGEWIDTH, 100000000, 3, "pixels exceed the limit of 1000000 per side");
    expect_flaw(TIFFTAG_TILEWIDTH, 1 << 16, 3,
                "invalid tile size of 65536 x 65536 pixels for a picture of 4 x 3");
    expect_flaw(TIFFTAG_COMPRESSION, COMPRESSION_JP2000, 3, "not implemented");
    expect_flaw(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MASK, 1, "can not handle image");
    expect_flaw(TIFFTAG_COMPRESSION, COMPRESSION_LZW, 3, "cannot read ");
    const char *path = pictures_path("short.tif");
    pictures_store(path, "II*", 3);
    pictures_expect_error(path, "unknown picture format");
    pictures_store(path, "II*\0\10\0\0\0", 8);
    pictures_expect_error(path, "cannot read ");
    unlink(path);
}

static void test_limit(void)
{
    struct tri_image *image = pictures_noise(20, 30, 1, 8), *in = NULL;
    struct tri_error error;
    const char *path = pictures_path("limit.tif");
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

static void damage(const char *path)
{
    struct bytes file = pictures_load(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file.data);
    pictures_expect_cuts(path, &file);
    for (int change = 1; change <= 255; change = change * 2 + 1)
        CU_ASSERT_TRUE(pictures_change_bytes(path, &file, (unsigned char)change) > 8);
    free(file.data);
    unlink(path);
}

static void test_damage(void)
{
    static const struct tiff_recipe recipes[] = {
        {"w", PHOTOMETRIC_RGB, 8, COMPRESSION_LZW, -1, 0, false, 6},
        {"wb", PHOTOMETRIC_RGB, 16, COMPRESSION_NONE, -1, 16, true, 1},
        {"w8", PHOTOMETRIC_SEPARATED, 8, COMPRESSION_PACKBITS, -1, 0, false, 1},
        {"w", PHOTOMETRIC_YCBCR, 8, COMPRESSION_JPEG, -1, 0, false, 1},
        {"w", PHOTOMETRIC_MINISWHITE, 1, COMPRESSION_CCITTFAX3, -1, 0, false, 1},
    };
    overheard = 0;
    for (size_t i = 0; i < sizeof recipes / sizeof recipes[0]; i++) {
        const int planes = recipes[i].photometric == PHOTOMETRIC_SEPARATED ? 4
                           : recipes[i].bits == 1                          ? 1
                                                                           : 3;
        struct tri_image *image = pictures_noise(16, 11, planes, recipes[i].bits == 16 ? 16 : 8);
        damage(tiff_make(&recipes[i], image));
        tri_image_free(image);
    }
    struct tri_image *image = pictures_noise(9, 7, 4, 8);
    const char *path = pictures_path("damaged.tif");
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    damage(path);
    tri_image_free(image);
    CU_ASSERT_EQUAL(overheard, 0);
}

int test_tiff_damage_suite(void)
{
    CU_pSuite suite = CU_add_suite("tiff damage", enter, pictures_leave);
    return !(suite && CU_add_test(suite, "single flaws", test_flaws) &&
             CU_add_test(suite, "limit of pixels", test_limit) &&
             CU_add_test(suite, "every byte cut or changed", test_damage));
}
