/* test_verify_output.c -- images that are read back before they go to their files. */
#include "codec/verify_output.h"
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct tri_codec tri_codec_pnm;

static void test_sound(void)
{
    static const struct {
        const char *format;
        bool lossless;
        int quality, most_planes;
    } cases[] = {{"png", false, 0, 4},  {"pnm", false, 0, 4},  {"tiff", false, 0, 4},
                 {"webp", true, 0, 4},  {"webp", false, 0, 4}, {"webp", false, 1, 4},
                 {"avif", false, 0, 4}, {"avif", false, 1, 4}, {"jxl", true, 0, 4},
                 {"jxl", false, 0, 4},  {"jxl", false, 1, 4},  {"jpeg", false, 0, 3},
                 {"jpeg", false, 1, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct tri_format *format = tri_format_find(cases[i].format);
        for (int planes = 1; planes <= cases[i].most_planes && format != NULL; planes++)
            for (int bits = 8; bits <= 16; bits += 8) {
                struct tri_image *images[2] = {pictures_scene(150, 70, planes, bits),
                                               pictures_noise(150, 70, planes, bits)};
                struct tri_write_options options = {.size = sizeof options,
                                                    .format = format,
                                                    .lossless = cases[i].lossless,
                                                    .quality = cases[i].quality};
                struct tri_write_options verified = options;
                verified.verify = true;
                for (int k = 0; k < 2; k++) {
                    if (planes % 2 == 1 || strcmp(cases[i].format, "jpeg") != 0)
                        pictures_expect_same_file("verified", images[k], &options, images[k],
                                                  &verified);
                    tri_image_free(images[k]);
                }
            }
    }
}

/* ---- a codec that fails silently: writes PNM of another image ---- */

static enum { ONE_SAMPLE, LOWER_HALF, CUT, SMALLER } damage;

static enum tri_status write_damaged(const struct tri_sink *sink, const struct tri_image *image)
{
    struct tri_shape shape = image->shape;
    struct tri_image *other;
    shape.height -= damage == SMALLER;
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape, &other, NULL), TRI_OK);
    for (int p = 0; p < shape.planes; p++)
        for (int y = 0; y < shape.height; y++)
            memcpy(tri_image_row(other, p, y), tri_image_row(image, p, y), (size_t)shape.width);
    if (damage == ONE_SAMPLE)
        ((uint8_t *)tri_image_row(other, 1, 9))[17] ^= 1;
    for (int y = shape.height / 2; damage == LOWER_HALF && y < shape.height; y++)
        memset(tri_image_row(other, 0, y), 255, (size_t)shape.width);
    enum tri_status status = tri_codec_pnm.write(sink, other);
    if (status == TRI_OK && damage == CUT)
        status =
            fflush(sink->file) == 0 && fseek(sink->file, -10, SEEK_CUR) == 0 ? TRI_OK : TRI_FAILED;
    tri_image_free(other);
    return status;
}

static void expect_caught(bool lossless, const char *why)
{
    const struct tri_codec codec = {.read = tri_codec_pnm.read, .write = write_damaged};
    const struct tri_shape shape = {100, 200, 3, 8};
    const struct tri_write_options options = {.size = sizeof options};
    struct tri_error error = {0};
    struct tri_image *image; /* dark */
    char *data = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&data, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape, &image, NULL), TRI_OK);
    const struct tri_sink sink = {
        .name = "it.ppm", .file = file, .options = &options, .error = &error};
    const enum tri_status status = tri_write_verified(&codec, &sink, image, lossless);
    CU_ASSERT_EQUAL(fclose(file), 0);
    if (why == NULL) {
        CU_ASSERT_EQUAL(status, TRI_OK);
        CU_ASSERT_TRUE(size > 60000);
    } else {
        CU_ASSERT_EQUAL(status, TRI_FAILED);
        CU_ASSERT_EQUAL(size, 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, why));
    }
    free(data);
    tri_image_free(image);
}

static void test_damaged(void)
{
    damage = ONE_SAMPLE;
    expect_caught(true, "the picture differs when read back");
    expect_caught(false, NULL); /* as lossy formats do */
    damage = LOWER_HALF;
    expect_caught(true, "the picture differs when read back");
    expect_caught(false, "the picture differs when read back");
    damage = SMALLER;
    expect_caught(false, "the picture differs when read back");
    damage = CUT;
    expect_caught(false, "the written data cannot be read back: ");
}

int test_verify_output_suite(void)
{
    CU_pSuite suite = CU_add_suite("verify output", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "sound files", test_sound) &&
             CU_add_test(suite, "damaged files", test_damaged));
}
