/* test_tiff.c -- TIFF files: round trips, all kinds of files that libtiff writes, metadata, limits,
 * damage. */
#include "codec/metadata.h"
#include "tests.h"
#include "tiff_files.h"

#include <CUnit/Basic.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct tri_image *read_warned(const char *path, const char *warning)
{
    struct tri_read_info info = {.size = sizeof info};
    struct tri_image *image = pictures_read(path, &info);
    CU_ASSERT_NSTRING_EQUAL(info.warning, warning, warning[0] != '\0' ? strlen(warning) : 1);
    CU_ASSERT_STRING_EQUAL(info.format->name, "tiff");
    tri_metadata_free(info.metadata);
    unlink(path);
    return image;
}

static struct tri_image *read_plain(const char *path)
{
    return read_warned(path, "");
}

/* Expects the image's samples to be wanted(sample, alpha); the file may have fewer bits. */
static void expect_read(const struct tiff_recipe *recipe, const struct tri_image *image,
                        int (*wanted)(int, int, int))
{
    const int planes = image->shape.planes, bits = image->shape.bits;
    struct tri_image *back =
        read_warned(tiff_make(recipe, image), recipe->extra == -2 ? "Sum of Photometric" : "");
    int wrong = !tri_shape_equal(&image->shape, &back->shape);
    for (int plane = 0; plane < planes && wrong == 0; plane++)
        for (int y = 0; y < image->shape.height; y++)
            for (int x = 0; x < image->shape.width; x++) {
                const int sample = pictures_sample(image, plane, x, y) & ((1 << recipe->bits) - 1);
                const int alpha = pictures_sample(image, planes - 1, x, y);
                const bool colour = recipe->extra == -1 || plane < planes - 1;
                wrong += pictures_sample(back, plane, x, y) !=
                         (colour ? wanted(sample, alpha, recipe->bits) : sample);
            }
    if (wrong > 0)
        printf("%s, photometric %d, %d bits, %d planes of %d: %d wrong\n", recipe->mode,
               recipe->photometric, recipe->bits, planes, bits, wrong);
    CU_ASSERT_EQUAL(wrong, 0);
    tri_image_free(back);
}

static int as_it_is(int sample, int alpha, int bits)
{
    (void)alpha, (void)bits;
    return sample;
}

static int inverted(int sample, int alpha, int bits)
{
    (void)alpha;
    return ((1 << bits) - 1 - sample) * (bits < 8 ? 255 / ((1 << bits) - 1) : 1);
}

static int spread(int sample, int alpha, int bits)
{
    return inverted((1 << bits) - 1 - sample, alpha, bits);
}

static int divided(int sample, int alpha, int bits)
{
    const double most = (1 << bits) - 1;
    return alpha == 0 ? 0 : (int)fmin(most, floor(sample * most / alpha + 0.5));
}

/* ---- kinds of files ---- */

static void test_layouts(void)
{
    static const char *const modes[] = {"wl", "wb", "w8"};
    static const int compressions[] = {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE,
                                       COMPRESSION_PACKBITS};
    for (int i = 0; i < 3 * 4 * 4 * 2 * 2 * 2; i++) {
        struct tiff_recipe recipe = tiff_usual;
        const int planes = i / 12 % 4 + 1;
        recipe.mode = modes[i % 3];
        recipe.compression = compressions[i / 3 % 4];
        recipe.photometric = planes < 3 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB;
        recipe.extra = planes % 2 == 0 ? EXTRASAMPLE_UNASSALPHA : -1;
        recipe.tile = i / 48 % 2 * 16;
        recipe.apart = i / 96 % 2 == 1;
        recipe.bits = i / 192 % 2 == 1 ? 16 : 8;
        struct tri_image *image = pictures_noise(37, 23, planes, recipe.bits);
        expect_read(&recipe, image, as_it_is);
        tri_image_free(image);
    }
}

static void test_gray_kinds(void)
{
    static const int bits[] = {1, 2, 4, 8, 16};
    for (int i = 0; i < 5 * 2 * 2; i++) {
        struct tiff_recipe recipe = tiff_usual;
        const bool white = i / 5 % 2 == 1;
        recipe.bits = bits[i % 5];
        recipe.photometric = white ? PHOTOMETRIC_MINISWHITE : PHOTOMETRIC_MINISBLACK;
        recipe.tile = i / 10 * 32;
        struct tri_image *image = pictures_noise(67, 35, 1, recipe.bits == 16 ? 16 : 8);
        expect_read(&recipe, image, white ? inverted : recipe.bits < 8 ? spread : as_it_is);
        tri_image_free(image);
    }
    struct tiff_recipe fax = {"w", PHOTOMETRIC_MINISWHITE, 1, COMPRESSION_CCITTFAX4, -1, 0, false,
                              1};
    struct tri_image *image = pictures_noise(67, 35, 1, 8);
    expect_read(&fax, image, inverted);
    tri_image_free(image);
}

static void test_alpha(void)
{
    for (int i = 0; i < 2 * 2 * 2; i++) {
        struct tiff_recipe recipe = tiff_usual;
        const int planes = i % 2 == 0 ? 2 : 4;
        recipe.photometric = planes == 2 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB;
        recipe.apart = i / 2 % 2 == 1;
        recipe.bits = i / 4 == 1 ? 16 : 8;
        struct tri_image *image = pictures_noise(200, 50, planes, recipe.bits);
        recipe.extra = EXTRASAMPLE_ASSOCALPHA;
        expect_read(&recipe, image, divided);
        recipe.extra = EXTRASAMPLE_UNSPECIFIED;
        expect_read(&recipe, image, as_it_is);
        recipe.extra = -2;
        expect_read(&recipe, image, as_it_is);
        tri_image_free(image);
    }
}

static void test_orientations(void)
{
    for (int orientation = 1; orientation <= 8; orientation++)
        for (int kind = 0; kind < 2; kind++) {
            struct tiff_recipe recipe = tiff_usual;
            struct tri_image *image = pictures_noise(19, 11, kind == 0 ? 3 : 4, 8), *back;
            recipe.photometric =
                kind == 0 ? PHOTOMETRIC_RGB : PHOTOMETRIC_SEPARATED; /* libtiff converts these */
            recipe.orientation = 1;
            struct tri_image *stored = read_plain(tiff_make(&recipe, image));
            recipe.orientation = orientation;
            back = read_plain(tiff_make(&recipe, image));
            CU_ASSERT_TRUE(pictures_upright(back, stored, orientation, 0));
            tri_image_free(image);
            tri_image_free(stored);
            tri_image_free(back);
        }
}

static void test_palette(void)
{
    uint16_t map[3][256];
    for (int i = 0; i < 256; i++)
        for (int c = 0; c < 3; c++)
            map[c][i] = (uint16_t)(257 * ((i * (2 * c + 3) + c) & 255));
    for (int tile = 0; tile <= 16; tile += 16) {
        struct tiff_recipe recipe = tiff_usual;
        recipe.photometric = PHOTOMETRIC_PALETTE;
        recipe.tile = tile;
        struct tri_image *image = pictures_noise(31, 17, 1, 8);
        TIFF *tiff = TIFFOpen(pictures_path("palette.tif"), "w");
        CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
        tiff_set_up(tiff, &recipe, &image->shape);
        TIFFSetField(tiff, TIFFTAG_COLORMAP, map[0], map[1], map[2]);
        tiff_write_page(tiff, &recipe, image);
        TIFFClose(tiff);
        struct tri_image *back = read_plain(pictures_path("palette.tif"));
        CU_ASSERT_EQUAL_FATAL(back->shape.planes, 3);
        int wrong = 0;
        for (int i = 0; i < 31 * 17; i++)
            for (int c = 0; c < 3; c++)
                wrong += pictures_sample(back, c, i % 31, i / 31) !=
                         map[c][pictures_sample(image, 0, i % 31, i / 31)] >> 8;
        CU_ASSERT_EQUAL(wrong, 0);
        tri_image_free(image);
        tri_image_free(back);
    }
}

static void test_other_colours(void)
{
    struct tiff_recipe recipe = tiff_usual;
    struct tri_image *image = pictures_scene(64, 48, 3, 8);
    recipe.photometric = PHOTOMETRIC_YCBCR;
    recipe.compression = COMPRESSION_JPEG;
    struct tri_image *back = read_plain(tiff_make(&recipe, image));
    CU_ASSERT_TRUE(pictures_psnr(image, back) > 28);
    tri_image_free(back);
    tri_image_free(image);

    image = pictures_noise(31, 17, 4, 8);
    recipe = tiff_usual;
    recipe.photometric = PHOTOMETRIC_SEPARATED;
    back = read_plain(tiff_make(&recipe, image));
    CU_ASSERT_EQUAL_FATAL(back->shape.planes, 3);
    for (int c = 0; c < 3; c++) {
        const double light = (255 - pictures_sample(image, c, 5, 6)) *
                             (255 - pictures_sample(image, 3, 5, 6)) / 255.0;
        CU_ASSERT_TRUE(fabs(pictures_sample(back, c, 5, 6) - light) <= 1);
    }
    tri_image_free(back);
    tri_image_free(image);
}

static void test_pages(void)
{
    struct tri_image *images[2] = {pictures_noise(9, 8, 3, 8), pictures_noise(5, 4, 1, 8)};
    struct tri_read_info info = {.size = sizeof info};
    TIFF *tiff = TIFFOpen(pictures_path("pages.tif"), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
    for (int page = 0; page < 2; page++) {
        struct tiff_recipe recipe = tiff_usual;
        recipe.photometric = page == 0 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
        tiff_set_up(tiff, &recipe, &images[page]->shape);
        tiff_write_page(tiff, &recipe, images[page]);
        TIFFWriteDirectory(tiff);
    }
    TIFFClose(tiff);
    const char *path = pictures_path("pages.tif");
    struct tri_image *back = pictures_read(path, &info);
    CU_ASSERT_STRING_EQUAL(info.warning, "only the first of 2 pages is read");
    CU_ASSERT_TRUE(tri_shape_equal(&back->shape, &images[0]->shape));
    CU_ASSERT_EQUAL(tri_image_compare(images[0], back).count, 0);
    tri_image_free(back);
    tri_metadata_free(info.metadata);
    unlink(path);
    for (int page = 0; page < 2; page++)
        tri_image_free(images[page]);
}

/* ---- writing ---- */

/* As seen by libtiff's own row interface. */
static void expect_tags(const char *path, const struct tri_image *image)
{
    const struct tri_shape *shape = &image->shape;
    unsigned char row[8 * 1024], wanted[8 * 1024];
    uint16_t photometric = 99, count = 0, *kinds = NULL;
    const struct tiff_recipe recipe = {.bits = shape->bits};
    TIFF *tiff = TIFFOpen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    CU_ASSERT_EQUAL(photometric, shape->planes < 3 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds);
    CU_ASSERT_EQUAL_FATAL(count, shape->planes % 2 == 0);
    CU_ASSERT_TRUE(count == 0 || kinds[0] == EXTRASAMPLE_UNASSALPHA);
    CU_ASSERT_EQUAL_FATAL(TIFFScanlineSize(tiff), shape->width * shape->planes * shape->bits / 8);
    int wrong = 0;
    for (int y = 0; y < shape->height; y++) {
        tiff_pack(wanted, &recipe, image, 0, y, shape->width, 1, 0);
        wrong += TIFFReadScanline(tiff, row, (uint32_t)y, 0) != 1 ||
                 memcmp(row, wanted, (size_t)TIFFScanlineSize(tiff)) != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    TIFFClose(tiff);
}

static void test_round_trips(void)
{
    static const int sides[][2] = {{1, 1},  {7, 1},    {1, 9},    {63, 64},
                                   {65, 5}, {301, 47}, {700, 801}};
    for (int planes = 1; planes <= 4; planes++)
        for (int bits = 8; bits <= 16; bits += 8)
            for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
                struct tri_image *image = pictures_noise(sides[i][0], sides[i][1], planes, bits);
                const char *path = pictures_path("round.tif");
                CU_ASSERT_EQUAL_FATAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
                expect_tags(path, image);
                struct tri_image *back = read_plain(path);
                CU_ASSERT_TRUE(tri_shape_equal(&back->shape, &image->shape));
                CU_ASSERT_EQUAL(tri_image_compare(image, back).count, 0);
                tri_image_free(back);
                tri_image_free(image);
            }
    pictures_expect_disk_full("tiff");
}

/* The density written, in pixels per metre, and the one that libtiff reads. */
static void expect_resolution(uint32_t x, uint32_t y, int metre, int unit, float x_wanted,
                              float y_wanted)
{
    const unsigned char data[9] = {x >> 24,      x >> 16 & 255, x >> 8 & 255,
                                   x & 255,      y >> 24,       y >> 16 & 255,
                                   y >> 8 & 255, y & 255,       (unsigned char)metre};
    struct bytes profile = pictures_profile("RGB ", 500);
    struct tri_metadata *metadata = tri_metadata_new();
    struct tri_image *image = pictures_noise(4, 3, 3, 8);
    const char *path = pictures_path("said.tif");
    struct tri_read_info info = {.size = sizeof info};
    float found[2] = {0, 0};
    uint16_t found_unit = 0;
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "pHYs", data, 9) &&
                   tri_metadata_add(metadata, "iCCP", profile.data, 500));
    CU_ASSERT_EQUAL_FATAL(tri_image_write(path, image, &WRITE_OPTIONS(.metadata = metadata), NULL),
                          TRI_OK);
    TIFF *tiff = TIFFOpen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
    TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &found[0]);
    TIFFGetField(tiff, TIFFTAG_YRESOLUTION, &found[1]);
    TIFFGetField(tiff, TIFFTAG_RESOLUTIONUNIT, &found_unit);
    CU_ASSERT_TRUE(found_unit == unit && found[0] == x_wanted && found[1] == y_wanted);
    TIFFClose(tiff);
    tri_image_free(pictures_read(path, &info));
    const struct tri_metadata_item *item = tri_metadata_find(info.metadata, "pHYs");
    CU_ASSERT_TRUE(item != NULL && item->size == 9 && memcmp(item->data, data, 9) == 0);
    item = tri_metadata_find(info.metadata, "iCCP");
    CU_ASSERT_TRUE(item != NULL && item->size == 500 && memcmp(item->data, profile.data, 500) == 0);
    tri_metadata_free(info.metadata);
    tri_metadata_free(metadata);
    tri_image_free(image);
    free(profile.data);
    unlink(path);
}

static void test_metadata(void)
{
    expect_resolution(11811, 2835, 1, RESUNIT_INCH, 300, 72);
    expect_resolution(3780, 3780, 1, RESUNIT_INCH, 96, 96);
    expect_resolution(1000, 2000, 1, RESUNIT_CENTIMETER, 10, 20);
    expect_resolution(1234, 11811, 1, RESUNIT_CENTIMETER, 12.34F, 118.11F);
    expect_resolution(3, 2, 0, RESUNIT_NONE, 3, 2);
}

int test_tiff_suite(void)
{
    CU_pSuite suite = CU_add_suite("tiff", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "strips, tiles, planes, compressions", test_layouts) &&
             CU_add_test(suite, "kinds of gray", test_gray_kinds) &&
             CU_add_test(suite, "kinds of alpha", test_alpha) &&
             CU_add_test(suite, "orientations", test_orientations) &&
             CU_add_test(suite, "palettes", test_palette) &&
             CU_add_test(suite, "YCbCr and CMYK", test_other_colours) &&
             CU_add_test(suite, "several pages", test_pages) &&
             CU_add_test(suite, "round trips", test_round_trips) &&
             CU_add_test(suite, "profile and resolution", test_metadata));
}
