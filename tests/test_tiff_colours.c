/* test_tiff_colours.c -- TIFF files, made by libtiff, with other colours than R, G and B, or with
 * odd depths. */
#include "codec/metadata.h"
#include "tests.h"
#include "tiff_files.h"

#include <CUnit/Basic.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct tri_image *read_back(const char *path)
{
    struct tri_image *image = pictures_read(path, NULL);
    unlink(path);
    return image;
}

/* ---- CMYK ---- */

static void test_cmyk(void)
{
    for (int i = 0; i < 2 * 2 * 2; i++) {
        struct tiff_recipe recipe = tiff_usual;
        recipe.photometric = PHOTOMETRIC_SEPARATED;
        recipe.bits = i % 2 == 0 ? 8 : 16;
        recipe.apart = i / 2 % 2 == 1;
        recipe.tile = i / 4 * 16;
        struct tri_image *image = pictures_noise(50, 33, 4, recipe.bits);
        struct tri_image *back = read_back(tiff_make(&recipe, image));
        const double most = recipe.bits == 8 ? 255 : 65535;
        int wrong = 0;
        CU_ASSERT_EQUAL_FATAL(back->shape.planes, 3);
        CU_ASSERT_EQUAL_FATAL(back->shape.bits, recipe.bits);
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < 33; y++)
                for (int x = 0; x < 50; x++) {
                    const double light = (most - pictures_sample(image, c, x, y)) *
                                         (most - pictures_sample(image, 3, x, y)) / most;
                    wrong += pictures_sample(back, c, x, y) != (int)floor(light + 0.5);
                }
        CU_ASSERT_EQUAL(wrong, 0);
        tri_image_free(image);
        tri_image_free(back);
    }
}

/* A file from another program. */
static void test_case(void)
{
    char name[1024];
    const char *path = test_data("cases/cmyk-planes-apart.tif", name);
    if (path == NULL) {
        test_skip("no data");
        return;
    }
    struct tri_image *image = pictures_read(path, NULL);
    CU_ASSERT_EQUAL(image->shape.planes, 3);
    tri_image_free(image);
}

static void test_cmyk_profile(void)
{
    struct tiff_recipe recipe = tiff_usual;
    struct tri_image *image = pictures_noise(5, 4, 4, 8);
    struct bytes profile = pictures_profile("CMYK", 300);
    struct tri_read_info info = {.size = sizeof info};
    const char *path = pictures_path("made.tif");
    recipe.photometric = PHOTOMETRIC_SEPARATED;
    TIFF *tiff = TIFFOpen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
    tiff_set_up(tiff, &recipe, &image->shape);
    TIFFSetField(tiff, TIFFTAG_ICCPROFILE, 300, profile.data);
    tiff_write_page(tiff, &recipe, image);
    TIFFClose(tiff);
    tri_image_free(pictures_read(path, &info));
    CU_ASSERT_STRING_EQUAL(info.warning,
                           "CMYK colour profile dropped; colours are converted without it");
    CU_ASSERT_PTR_NULL(tri_metadata_find(info.metadata, "iCCP"));
    tri_metadata_free(info.metadata);
    tri_image_free(image);
    free(profile.data);
    unlink(path);
}

/* ---- CIELab ---- */

/* One pixel of L*, a*, b* under D50; `icc`: offset as in profiles. */
static struct tri_image *read_lab(const double lab[3], int bits, bool icc)
{
    struct tiff_recipe recipe = tiff_usual;
    const struct tri_shape shape = {1, 1, 3, bits};
    struct tri_image *image;
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape, &image, NULL), TRI_OK);
    recipe.photometric = icc ? PHOTOMETRIC_ICCLAB : PHOTOMETRIC_CIELAB;
    recipe.bits = bits;
    for (int p = 0; p < 3; p++) {
        const double shifted = p == 0 ? lab[0] *
                                            (bits == 8 ? 255
                                             : icc     ? 65280
                                                       : 65535) /
                                            100
                                      : (lab[p] + 128 * icc) * (bits == 8 ? 1 : 256);
        void *sample = tri_image_row(image, p, 0);
        if (bits == 8)
            *(uint8_t *)sample = (uint8_t)lround(shifted);
        else
            *(uint16_t *)sample = (uint16_t)lround(shifted);
    }
    struct tri_image *back = read_back(tiff_make(&recipe, image));
    tri_image_free(image);
    return back;
}

/* sRGB's corners in Lab under D50, as in its usual profile. */
static void test_lab(void)
{
    static const struct {
        double lab[3];
        int rgb[3]; /* in percent */
    } known[] = {
        {{100, 0, 0}, {100, 100, 100}},         {{0, 0, 0}, {0, 0, 0}},
        {{54.29, 80.80, 69.89}, {100, 0, 0}},   {{87.82, -79.27, 80.99}, {0, 100, 0}},
        {{29.57, 68.30, -112.03}, {0, 0, 100}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        for (int kind = 0; kind < 4; kind++) {
            const int bits = kind % 2 == 0 ? 8 : 16, most = bits == 8 ? 255 : 65535;
            struct tri_image *back = read_lab(known[i].lab, bits, kind / 2 == 1);
            CU_ASSERT_EQUAL_FATAL(back->shape.planes, 3);
            CU_ASSERT_EQUAL(back->shape.bits, bits);
            for (int c = 0; c < 3;
                 c++) /* a step of a* or b* is up to 4 of 255 in dark colours; grays are exact */
                CU_ASSERT_TRUE(fabs(pictures_sample(back, c, 0, 0) -
                                    known[i].rgb[c] / 100.0 * most) <= (i < 2       ? 0.0005
                                                                        : bits == 8 ? 0.07
                                                                                    : 0.03) *
                                                                           most);
            tri_image_free(back);
        }
}

/* ---- depths ---- */

static void test_depths(void)
{
    static const int depths[] = {1, 2, 3, 4, 5, 7, 9, 10, 12, 14, 15};
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++)
        for (int planes = 1; planes <= 3; planes += 2) {
            /* Rows of the file, by hand: the samples' bits, packed. */
            const int bits = depths[i], width = 37, height = 4, out = bits > 8 ? 16 : 8,
                      most = (1 << bits) - 1, full = (1 << out) - 1;
            struct tiff_recipe recipe = tiff_usual;
            const struct tri_shape shape = {width, height, planes, 8};
            recipe.bits = bits;
            recipe.photometric = planes == 1 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB;
            const char *path = pictures_path("made.tif");
            TIFF *tiff = TIFFOpen(path, "w");
            CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
            tiff_set_up(tiff, &recipe, &shape);
            TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 1);
            for (int y = 0; y < height; y++) {
                unsigned char row[400] = {0};
                for (int s = 0; s < width * planes; s++) {
                    const int sample = (s * 2654435 + y * 77) & most;
                    for (int b = 0; b < bits; b++)
                        row[(s * bits + b) / 8] |= (unsigned char)((sample >> (bits - 1 - b) & 1)
                                                                   << (7 - (s * bits + b) % 8));
                }
                CU_ASSERT_TRUE(
                    TIFFWriteRawStrip(tiff, (uint32_t)y, row, (width * planes * bits + 7) / 8) > 0);
            }
            TIFFClose(tiff);
            struct tri_image *back = read_back(path);
            CU_ASSERT_EQUAL_FATAL(back->shape.bits, out);
            CU_ASSERT_EQUAL_FATAL(back->shape.planes, planes);
            int wrong = 0;
            for (int y = 0; y < height; y++)
                for (int s = 0; s < width * planes; s++) {
                    const double sample = (s * 2654435 + y * 77) & most;
                    wrong += pictures_sample(back, s % planes, s / planes, y) !=
                             (int)floor(sample * full / most + 0.5);
                }
            CU_ASSERT_EQUAL(wrong, 0);
            tri_image_free(back);
        }
}

static void test_palette_16(void)
{
    struct tiff_recipe recipe = tiff_usual;
    struct tri_image *image = pictures_noise(31, 17, 1, 16);
    uint16_t *map = malloc(3 * 65536 * sizeof *map);
    const char *path = pictures_path("made.tif");
    CU_ASSERT_PTR_NOT_NULL_FATAL(map);
    for (int i = 0; i < 3 * 65536; i++)
        map[i] = (uint16_t)(i * 40503 + i / 65536);
    recipe.photometric = PHOTOMETRIC_PALETTE;
    recipe.bits = 16;
    TIFF *tiff = TIFFOpen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
    tiff_set_up(tiff, &recipe, &image->shape);
    TIFFSetField(tiff, TIFFTAG_COLORMAP, map, map + 65536, map + 2 * 65536);
    tiff_write_page(tiff, &recipe, image);
    TIFFClose(tiff);
    struct tri_image *back = read_back(path);
    CU_ASSERT_EQUAL_FATAL(back->shape.planes, 3);
    int wrong = back->shape.bits != 16;
    for (int i = 0; i < 31 * 17 && wrong == 0; i++)
        for (int c = 0; c < 3; c++)
            wrong += pictures_sample(back, c, i % 31, i / 31) !=
                     map[c * 65536 + pictures_sample(image, 0, i % 31, i / 31)];
    CU_ASSERT_EQUAL(wrong, 0);
    tri_image_free(image);
    tri_image_free(back);
    free(map);
}

/* ---- tags about light ---- */

/* The warning of a file with tags that `add` sets. */
static void expect_light(int photometric, int compression, void (*add)(TIFF *tiff),
                         const char *warning)
{
    struct tiff_recipe recipe = tiff_usual;
    const int planes = photometric == PHOTOMETRIC_MINISBLACK  ? 1
                       : photometric == PHOTOMETRIC_SEPARATED ? 4
                                                              : 3;
    struct tri_image *image = pictures_noise(16, 16, planes, 8);
    struct tri_read_info info = {.size = sizeof info};
    const char *path = pictures_path("light.tif");
    recipe.photometric = photometric;
    recipe.compression = compression;
    TIFF *tiff = TIFFOpen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
    tiff_set_up(tiff, &recipe, &image->shape);
    if (photometric == PHOTOMETRIC_YCBCR) {
        TIFFSetField(tiff, TIFFTAG_YCBCRSUBSAMPLING, 1, 1);
        if (compression == COMPRESSION_JPEG)
            TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    }
    add(tiff);
    tiff_write_page(tiff, &recipe, image);
    TIFFClose(tiff);
    tri_image_free(pictures_read(path, &info));
    CU_ASSERT_STRING_EQUAL(info.warning, warning);
    unlink(path);
    tri_metadata_free(info.metadata);
    tri_image_free(image);
}

static void add_usual(TIFF *tiff)
{
    float reference[6] = {0, 255, 0, 255, 0, 255}, white[2] = {0.3127F, 0.329F},
          primaries[6] = {0.64F, 0.33F, 0.3F, 0.6F, 0.15F, 0.06F};
    TIFFSetField(tiff, TIFFTAG_REFERENCEBLACKWHITE, reference);
    TIFFSetField(tiff, TIFFTAG_WHITEPOINT, white);
    TIFFSetField(tiff, TIFFTAG_PRIMARYCHROMATICITIES, primaries);
}

static void add_others(TIFF *tiff)
{
    float reference[6] = {16, 235, 16, 235, 16, 235}, white[2] = {0.3457F, 0.3585F},
          primaries[6] = {0.7347F, 0.2653F, 0.1596F, 0.8404F, 0.0366F, 0.0001F};
    uint16_t curve[256];
    for (int i = 0; i < 256; i++)
        curve[i] = (uint16_t)(i * i);
    TIFFSetField(tiff, TIFFTAG_REFERENCEBLACKWHITE, reference);
    TIFFSetField(tiff, TIFFTAG_TRANSFERFUNCTION, curve, curve, curve);
    TIFFSetField(tiff, TIFFTAG_WHITEPOINT, white);
    TIFFSetField(tiff, TIFFTAG_PRIMARYCHROMATICITIES, primaries);
}

/* A profile says all of it; the range is another matter. */
static void add_profile_too(TIFF *tiff)
{
    struct bytes profile = pictures_profile("RGB ", 300);
    add_others(tiff);
    TIFFSetField(tiff, TIFFTAG_ICCPROFILE, 300, profile.data);
    free(profile.data);
}

static void add_studio_range(TIFF *tiff)
{
    float reference[6] = {16, 235, 128, 240, 128, 240};
    TIFFSetField(tiff, TIFFTAG_REFERENCEBLACKWHITE, reference);
}

static void add_chroma_range(TIFF *tiff)
{
    float reference[6] = {0, 255, 128, 255, 128, 255};
    TIFFSetField(tiff, TIFFTAG_REFERENCEBLACKWHITE, reference);
}

static void add_dots(TIFF *tiff)
{
    TIFFSetField(tiff, TIFFTAG_DOTRANGE, 10, 240);
}

static void test_light(void)
{
    expect_light(PHOTOMETRIC_RGB, COMPRESSION_NONE, add_usual, "");
    expect_light(PHOTOMETRIC_RGB, COMPRESSION_NONE, add_others,
                 "samples are taken as they are, without ReferenceBlackWhite, TransferFunction, "
                 "WhitePoint, PrimaryChromaticities");
    expect_light(PHOTOMETRIC_RGB, COMPRESSION_NONE, add_profile_too,
                 "samples are taken as they are, without ReferenceBlackWhite");
    expect_light(PHOTOMETRIC_YCBCR, COMPRESSION_JPEG, add_chroma_range, "");
    expect_light(PHOTOMETRIC_YCBCR, COMPRESSION_JPEG, add_studio_range,
                 "samples are taken as they are, without ReferenceBlackWhite");
    expect_light(PHOTOMETRIC_YCBCR, COMPRESSION_NONE, add_studio_range, "");
    expect_light(PHOTOMETRIC_SEPARATED, COMPRESSION_NONE, add_dots,
                 "samples are taken as they are, without DotRange");
}

/* Written byte by byte, since libtiff cannot. */
static void test_gray_response(void)
{
    static const unsigned entries[][4] = {{256, 3, 1, 2}, {257, 3, 1, 1}, {258, 3, 1, 8},
                                          {259, 3, 1, 1}, {262, 3, 1, 1}, {273, 4, 1, 8},
                                          {279, 4, 1, 2}, {290, 3, 1, 3}, {291, 3, 2, 0x00010002}};
    struct bytes file = {0};
    struct tri_read_info info = {.size = sizeof info};
    const char *path = pictures_path("gray.tif");
    pictures_add(&file, "II*\0\12\0\0\0\1\2\11\0", 12);
    for (int i = 0; i < 9; i++)
        for (int k = 0; k < 4; k++)
            for (int b = 0; b < (k < 2 ? 2 : 4); b++)
                pictures_add(&file, &(char){(char)(entries[i][k] >> 8 * b)}, 1);
    pictures_add(&file, "\0\0\0\0", 4);
    pictures_store(path, file.data, file.size);
    tri_image_free(pictures_read(path, &info));
    CU_ASSERT_STRING_EQUAL(info.warning,
                           "samples are taken as they are, without GrayResponseCurve");
    unlink(path);
    tri_metadata_free(info.metadata);
    free(file.data);
}

int test_tiff_colours_suite(void)
{
    CU_pSuite suite = CU_add_suite("tiff colours", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "CMYK", test_cmyk) &&
             CU_add_test(suite, "CMYK with planes apart, of others", test_case) &&
             CU_add_test(suite, "CMYK with a profile", test_cmyk_profile) &&
             CU_add_test(suite, "CIELab", test_lab) &&
             CU_add_test(suite, "every depth", test_depths) &&
             CU_add_test(suite, "palettes of 16 bits", test_palette_16) &&
             CU_add_test(suite, "tags about light", test_light) &&
             CU_add_test(suite, "a response curve of gray", test_gray_response));
}
