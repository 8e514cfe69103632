/* test_avif.c -- AVIF files: round trips, depths, metadata, orientation, sequences, limits, damage.
 * libavif itself, and FFmpeg if it knows AVIF, write and read the files too. */
#include "codec/metadata.h"
#include "pictures.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <avif/avif.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct tri_write_options lossless = {.size = sizeof lossless, .lossless = true};

/* ---- round trips ---- */

/* Of the 16-bit samples those that files of so many bits have. */
static void reduce_to(struct tri_image *image, int bits)
{
    for (int plane = 0; plane < image->shape.planes; plane++)
        for (int y = 0; y < image->shape.height; y++) {
            uint16_t *row = tri_image_row(image, plane, y);
            for (int x = 0; x < image->shape.width; x++) {
                const unsigned value = row[x] >> (16 - bits);
                row[x] = (uint16_t)(value << (16 - bits) | value >> (2 * bits - 16));
            }
        }
}

static void test_lossless(void)
{
    static const int sides[][2] = {{1, 1}, {7, 1}, {1, 9}, {63, 64}, {65, 5}, {301, 47}};
    for (int planes = 1; planes <= 4; planes++)
        for (int bits = 8; bits <= 12; bits += 2)
            for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
                struct tri_image *image =
                    pictures_noise(sides[i][0], sides[i][1], planes, bits > 8 ? 16 : 8);
                if (bits > 8)
                    reduce_to(image, bits);
                if (planes % 2 == 0) /* at least one transparent pixel */
                    memset(tri_image_row(image, planes - 1, 0), 0, bits > 8 ? 2 : 1);
                struct tri_image *back = pictures_round_trip(image, &lossless, "avif");
                CU_ASSERT_TRUE(tri_shape_equal(&image->shape, &back->shape));
                CU_ASSERT_EQUAL(tri_image_compare(image, back).count, 0);
                tri_image_free(back);
                tri_image_free(image);
            }
}

/* libavif leaves opaque alpha out. */
static void test_full_alpha(void)
{
    struct tri_image *image = pictures_scene(50, 40, 4, 8), *wanted = pictures_scene(50, 40, 3, 8);
    struct tri_image *back = pictures_round_trip(image, &lossless, "avif");
    CU_ASSERT_EQUAL(tri_image_compare(wanted, back).count, 0);
    tri_image_free(back);
    tri_image_free(wanted);
    tri_image_free(image);
}

static void test_lossy(void)
{
    static const struct {
        int quality;
        double psnr;
    } cases[] = {{100, 45}, {0, 40}, {90, 40}, {50, 35}, {5, 25}};
    for (int planes = 1; planes <= 3; planes += 2)
        for (int bits = 8; bits <= 16; bits += 8) {
            struct tri_image *image = pictures_scene(320, 200, planes, bits);
            for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct tri_image *back =
                    pictures_round_trip(image, &WRITE_OPTIONS(.quality = cases[i].quality), "avif");
                const double psnr = pictures_psnr(image, back);
                if (psnr < cases[i].psnr)
                    printf("%d planes, %d bits, quality %d: %.1f dB\n", planes, bits,
                           cases[i].quality, psnr);
                CU_ASSERT_TRUE(psnr > cases[i].psnr);
                tri_image_free(back);
            }
            tri_image_free(image);
        }
}

/* Lower qualities and less chroma make smaller files; FFmpeg and libavif see the subsampling. */
static void test_options(void)
{
    static const avifPixelFormat formats[] = {AVIF_PIXEL_FORMAT_YUV420, AVIF_PIXEL_FORMAT_YUV422,
                                              AVIF_PIXEL_FORMAT_YUV444};
    struct tri_image *image = pictures_noise(90, 70, 3, 8);
    size_t before = 0;
    for (int i = 0; i < 3; i++) {
        struct bytes file =
            pictures_written(image, &WRITE_OPTIONS(.subsampling = (enum tri_subsampling)i), "avif");
        struct bytes worse = pictures_written(
            image, &WRITE_OPTIONS(.subsampling = (enum tri_subsampling)i, .quality = 30), "avif");
        avifDecoder *decoder = avifDecoderCreate();
        CU_ASSERT_TRUE(file.size > before && worse.size < file.size);
        CU_ASSERT_EQUAL_FATAL(avifDecoderSetIOMemory(decoder, file.data, file.size),
                              AVIF_RESULT_OK);
        CU_ASSERT_EQUAL_FATAL(avifDecoderParse(decoder), AVIF_RESULT_OK);
        CU_ASSERT_EQUAL(decoder->image->yuvFormat, formats[i]);
        CU_ASSERT_EQUAL(decoder->image->depth, 8);
        avifDecoderDestroy(decoder);
        before = file.size;
        free(file.data);
        free(worse.data);
    }
    tri_image_free(image);
}

static void test_lossy_alpha(void)
{
    for (int planes = 2; planes <= 4; planes += 2) {
        struct tri_image *image = pictures_noise(80, 60, planes, 8),
                         *back = pictures_round_trip(image, &WRITE_OPTIONS(.quality = 20), "avif");
        CU_ASSERT_EQUAL_FATAL(back->shape.planes, planes);
        int wrong = 0;
        for (int y = 0; y < 60; y++) /* alpha is exact */
            wrong += memcmp(tri_image_row(image, planes - 1, y), tri_image_row(back, planes - 1, y),
                            80) != 0;
        CU_ASSERT_EQUAL(wrong, 0);
        tri_image_free(back);
        tri_image_free(image);
    }
}

static void test_threads(void)
{
    struct tri_pool *pool;
    CU_ASSERT_EQUAL_FATAL(tri_pool_new(3, &pool, NULL), TRI_OK);
    for (int planes = 1; planes <= 4; planes++)
        for (int i = 0; i <= 1; i++) {
            struct tri_image *image = pictures_noise(700, 300, planes, 8);
            const struct tri_write_options alone = {.size = sizeof alone, .lossless = i == 1};
            const struct tri_write_options helped = {
                .size = sizeof helped, .lossless = i == 1, .pool = pool};
            pictures_expect_same_file("a.avif", image, &alone, image, &helped);
            tri_image_free(image);
        }
    tri_pool_free(pool);
}

/* Decoded by FFmpeg, which takes another decoder of AV1. */
static void test_ffmpeg(void)
{
    if (shell_run("$T run copy $ROOT/images/street.png -o a.avif --lossless && ffmpeg -v error -i "
                  "a.avif -f null -")
            ->code != 0) {
        test_skip("no ffmpeg that reads AVIF");
        shell_run("rm -f *");
        return;
    }
    EXPECT("ffmpeg -v error -i a.avif -pix_fmt rgb24 -f rawvideo a.raw && ffmpeg -v error -i "
           "$ROOT/images/street.png -pix_fmt rgb24 -f rawvideo b.raw && cmp a.raw b.raw && rm *",
           0, "", "");
}

/* ---- metadata ---- */

static void expect_kept(const struct tri_metadata *metadata, const char *type, const void *data,
                        size_t size)
{
    const struct tri_metadata_item *item = tri_metadata_find(metadata, type);
    CU_ASSERT_TRUE(item != NULL && item->size == size && memcmp(item->data, data, size) == 0);
}

static void test_metadata(void)
{
    static const char xmp[] = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF/></x:xmpmeta>";
    struct bytes profile = pictures_profile("RGB ", 3001), exif = pictures_exif(true, 1),
                 gray = pictures_profile("GRAY", 200);
    for (int planes = 1; planes <= 4; planes++) {
        const struct bytes *fitting = planes < 3 ? &gray : &profile;
        struct tri_metadata *metadata = tri_metadata_new();
        char note[TRI_NOTE_MAX] = "";
        CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
        CU_ASSERT_TRUE(tri_metadata_add(metadata, "iCCP", fitting->data, fitting->size));
        CU_ASSERT_TRUE(tri_metadata_add(metadata, "eXIf", exif.data, exif.size));
        CU_ASSERT_TRUE(tri_metadata_add(metadata, "XMP ", xmp, sizeof xmp - 1));
        CU_ASSERT_TRUE(tri_metadata_add(metadata, "tEXt", "Disclaimer\0one", 14));
        CU_ASSERT_TRUE(tri_metadata_add(metadata, "cLLI", "01234567", 8));
        struct tri_image *image = pictures_noise(20, 10, planes, 8);
        struct bytes file =
            pictures_written(image,
                             &WRITE_OPTIONS(.lossless = true, .metadata = metadata,
                                            .tell = pictures_keep_note, .listener = note),
                             "avif");
        struct tri_read_info info = {.size = sizeof info};
        struct tri_image *back = pictures_stored(&file, "avif", &info);
        CU_ASSERT_STRING_EQUAL(note, "AVIF cannot store light level (cLLI), text 'Disclaimer'");
        CU_ASSERT_EQUAL(tri_metadata_count(info.metadata), 3);
        expect_kept(info.metadata, "iCCP", fitting->data, fitting->size);
        expect_kept(info.metadata, "eXIf", exif.data, exif.size);
        expect_kept(info.metadata, "XMP ", xmp, sizeof xmp - 1);
        CU_ASSERT_EQUAL(tri_image_compare(image, back).count, 0);
        tri_metadata_free(info.metadata);
        tri_metadata_free(metadata);
        tri_image_free(back);
        tri_image_free(image);
        free(file.data);
    }
    free(profile.data);
    free(exif.data);
    free(gray.data);
}

/* BT.2020 and PQ: also what the matrix is, unless there is none. */
static void test_cicp(void)
{
    for (int i = 0; i < 2; i++) {
        struct tri_metadata *metadata = tri_metadata_new();
        struct tri_image *image = pictures_scene(20, 10, 3, 16);
        struct tri_read_info info = {.size = sizeof info};
        CU_ASSERT_TRUE_FATAL(metadata != NULL &&
                             tri_metadata_add(metadata, "cICP", "\11\20\0\1", 4));
        reduce_to(image, 10);
        struct bytes file = pictures_written(
            image, &WRITE_OPTIONS(.lossless = i == 1, .metadata = metadata), "avif");
        struct tri_image *back = pictures_stored(&file, "avif", &info);
        avifDecoder *decoder = avifDecoderCreate();
        CU_ASSERT_EQUAL_FATAL(avifDecoderSetIOMemory(decoder, file.data, file.size),
                              AVIF_RESULT_OK);
        CU_ASSERT_EQUAL_FATAL(avifDecoderParse(decoder), AVIF_RESULT_OK);
        CU_ASSERT_TRUE(
            decoder->image->colorPrimaries == 9 && decoder->image->transferCharacteristics == 16 &&
            decoder->image->matrixCoefficients == (i == 1 ? 0 : 9) && decoder->image->depth == 10);
        avifDecoderDestroy(decoder);
        CU_ASSERT_EQUAL(tri_metadata_count(info.metadata), 1);
        expect_kept(info.metadata, "cICP", "\11\20\0\1", 4);
        CU_ASSERT_TRUE(pictures_psnr(image, back) > 38);
        tri_metadata_free(info.metadata);
        tri_metadata_free(metadata);
        tri_image_free(back);
        tri_image_free(image);
        free(file.data);
    }
}

/* ---- limits and damage ---- */

static void test_limits(void)
{
    const char *path = pictures_path("limit.avif");
    struct tri_image *in, *image = pictures_scene(60, 50, 3, 8);
    struct tri_error error;
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_read(path, &READ_OPTIONS(.max_pixels = 2999), &in, NULL, &error),
                    TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "60 x 50 pixels exceed the limit of 2999"));
    CU_ASSERT_EQUAL(tri_image_read(path, &READ_OPTIONS(.max_pixels = 3000), &in, NULL, &error),
                    TRI_OK);
    tri_image_free(in);
    tri_image_free(image);
    unlink(path);
}

static void test_refusals(void)
{
    const char *path = pictures_path("refused.avif");
    struct tri_image *wide = pictures_scene(65537, 1, 1, 8), *deep = pictures_noise(9, 9, 3, 16);
    struct tri_error error = {0};
    pictures_expect_refusal(path, wide, TRI_USAGE,
                            "65537 x 1 pixels exceed AVIF's limit of 65536 per side");
    CU_ASSERT_EQUAL(tri_image_write(path, deep, &lossless, &error), TRI_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "AVIF has at most 12 bits per sample"));
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    tri_image_free(wide);
    tri_image_free(deep);
}

static void test_disk_full(void)
{
    pictures_expect_disk_full("avif");
}

static void test_damage(void)
{
    struct bytes profile = pictures_profile("RGB ", 140), exif = pictures_exif(true, 6);
    struct tri_metadata *metadata = tri_metadata_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "iCCP", profile.data, profile.size));
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "eXIf", exif.data, exif.size));
    for (int kind = 0; kind < 3; kind++) {
        struct tri_image *image = pictures_noise(8, 6, kind == 1 ? 4 : 3, 8);
        const struct tri_write_options options = {
            .size = sizeof options, .quality = 40, .metadata = kind == 2 ? metadata : NULL};
        struct bytes file = pictures_written(image, &options, "avif");
        pictures_expect_cuts(pictures_path("cut.avif"), &file);
        CU_ASSERT_TRUE(pictures_change_bytes(pictures_path("changed.avif"), &file, 0x01) > 10);
        CU_ASSERT_TRUE(pictures_change_bytes(pictures_path("changed.avif"), &file, 0xff) > 10);
        tri_image_free(image);
        free(file.data);
    }
    tri_metadata_free(metadata);
    free(profile.data);
    free(exif.data);
}

static int enter(void)
{
    return pictures_enter() == 0 && shell_begin() == 0 ? 0 : -1;
}

static int leave(void)
{
    return pictures_leave() == 0 && shell_end() == 0 ? 0 : -1;
}

int test_avif_suite(void)
{
    CU_pSuite suite = CU_add_suite("avif", enter, leave);
    return !(suite && CU_add_test(suite, "lossless round trips", test_lossless) &&
             CU_add_test(suite, "alpha that is full", test_full_alpha) &&
             CU_add_test(suite, "lossy round trips", test_lossy) &&
             CU_add_test(suite, "quality and subsampling", test_options) &&
             CU_add_test(suite, "alpha in lossy files", test_lossy_alpha) &&
             CU_add_test(suite, "the same file with threads", test_threads) &&
             CU_add_test(suite, "read by FFmpeg", test_ffmpeg) &&
             CU_add_test(suite, "metadata", test_metadata) &&
             CU_add_test(suite, "colours", test_cicp) &&
             CU_add_test(suite, "limits", test_limits) &&
             CU_add_test(suite, "pictures that AVIF cannot hold", test_refusals) &&
             CU_add_test(suite, "a disk that is full", test_disk_full) &&
             CU_add_test(suite, "every byte cut or changed", test_damage));
}
