/* test_avif_files.c -- AVIF files that libavif writes: depths, ranges, crops, orientation,
 * sequences. */
#include "codec/metadata.h"
#include "pictures.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <avif/avif.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Before version 1 some functions return nothing. */
#if AVIF_VERSION >= 1000000
#define EXPECT_DONE(call) CU_ASSERT_EQUAL_FATAL(call, AVIF_RESULT_OK)
#else
#define EXPECT_DONE(call) call
#endif

static void expect_kept(const struct tri_metadata *metadata, const char *type, const void *data,
                        size_t size)
{
    const struct tri_metadata_item *item = tri_metadata_find(metadata, type);
    CU_ASSERT_TRUE(item != NULL && item->size == size && memcmp(item->data, data, size) == 0);
}

/* ---- files that libavif writes ---- */

static struct bytes encoded(avifImage *picture)
{
    avifEncoder *encoder = avifEncoderCreate();
    avifRWData out = AVIF_DATA_EMPTY;
    struct bytes file = {0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(encoder);
    encoder->speed = 10;
    encoder->minQuantizer = encoder->maxQuantizer = 0;
    encoder->minQuantizerAlpha = encoder->maxQuantizerAlpha = 0;
#if AVIF_VERSION >= 1000000
    encoder->quality = encoder->qualityAlpha = 100;
#endif
    CU_ASSERT_EQUAL_FATAL(avifEncoderWrite(encoder, picture, &out), AVIF_RESULT_OK);
    pictures_add(&file, out.data, out.size);
    avifRWDataFree(&out);
    avifEncoderDestroy(encoder);
    return file;
}

/* All planes hold x + 16 y + 100 p. */
static avifImage *picture_of(int width, int height, int depth, avifPixelFormat format)
{
    avifImage *picture =
        avifImageCreate((uint32_t)width, (uint32_t)height, (uint32_t)depth, format);
    CU_ASSERT_PTR_NOT_NULL_FATAL(picture);
    picture->yuvRange = AVIF_RANGE_FULL;
    picture->matrixCoefficients =
        format == AVIF_PIXEL_FORMAT_YUV444 ? AVIF_MATRIX_COEFFICIENTS_IDENTITY : 6;
    CU_ASSERT_EQUAL_FATAL(avifImageAllocatePlanes(picture, AVIF_PLANES_YUV), AVIF_RESULT_OK);
    for (int p = 0; p < (format == AVIF_PIXEL_FORMAT_YUV400 ? 1 : 3); p++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                uint8_t *row = picture->yuvPlanes[p] + (size_t)y * picture->yuvRowBytes[p];
                const int value = (x + 16 * y + 100 * p) % (1 << depth);
                if (depth > 8)
                    ((uint16_t *)row)[x] = (uint16_t)value;
                else
                    row[x] = (uint8_t)value;
            }
    return picture;
}

/* Planes are G, B, R. Zero stays zero, the maximum becomes 65535. */
static void test_depths(void)
{
    for (int depth = 10; depth <= 12; depth += 2) {
        avifImage *picture = picture_of(16, 256, depth, AVIF_PIXEL_FORMAT_YUV444);
        struct bytes file = encoded(picture);
        struct tri_read_info info = {.size = sizeof info};
        struct tri_image *image = pictures_stored(&file, "avif", &info);
        const double most = (1 << depth) - 1;
        int wrong = 0;
        CU_ASSERT_TRUE_FATAL(image->shape.planes == 3 && image->shape.bits == 16);
        for (int p = 0; p < 3; p++)
            for (int y = 0; y < 256; y++)
                for (int x = 0; x < 16; x++) {
                    const int value = (x + 16 * y + 100 * ((p + 2) % 3)) % (1 << depth);
                    const double ideal = value * 65535 / most;
                    wrong += abs(pictures_sample(image, p, x, y) - (int)(ideal + 0.5)) > 1;
                    wrong += value == (int)most && pictures_sample(image, p, x, y) != 65535;
                }
        CU_ASSERT_EQUAL(wrong, 0);
        tri_metadata_free(info.metadata);
        tri_image_free(image);
        free(file.data);
        avifImageDestroy(picture);
    }
}

/* Gray from 16 to 235. */
static void test_limited(void)
{
    avifImage *picture = picture_of(16, 16, 8, AVIF_PIXEL_FORMAT_YUV400);
    picture->yuvRange = AVIF_RANGE_LIMITED;
    struct bytes file = encoded(picture);
    struct tri_read_info info = {.size = sizeof info};
    struct tri_image *image = pictures_stored(&file, "avif", &info);
    CU_ASSERT_EQUAL_FATAL(image->shape.planes, 1);
    int wrong = 0;
    for (int i = 0; i < 256; i++) {
        const int value = i < 16 ? 0 : i > 235 ? 255 : ((i - 16) * 255 + 109) / 219;
        wrong += pictures_sample(image, 0, i % 16, i / 16) != value;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    tri_metadata_free(info.metadata);
    tri_image_free(image);
    free(file.data);
    avifImageDestroy(picture);
}

static void test_crop(void)
{
    const avifCropRect crop = {4, 2, 10, 8};
    avifImage *picture = picture_of(16, 16, 8, AVIF_PIXEL_FORMAT_YUV444);
    avifDiagnostics why;
    CU_ASSERT_TRUE_FATAL(avifCleanApertureBoxConvertCropRect(&picture->clap, &crop, 16, 16,
                                                             AVIF_PIXEL_FORMAT_YUV444, &why));
    picture->transformFlags |= AVIF_TRANSFORM_CLAP;
    struct bytes file = encoded(picture);
    struct tri_read_info info = {.size = sizeof info};
    struct tri_image *image = pictures_stored(&file, "avif", &info);
    CU_ASSERT_TRUE_FATAL(image->shape.width == 10 && image->shape.height == 8);
    int wrong = 0;
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 10; x++)
            wrong += pictures_sample(image, 1, x, y) != (x + 4 + 16 * (y + 2)) % 256;
    CU_ASSERT_EQUAL(wrong, 0);
    tri_metadata_free(info.metadata);
    tri_image_free(image);
    free(file.data);
    avifImageDestroy(picture);
}

/* Colours that are stored as times alpha. */
static void test_premultiplied(void)
{
    avifImage *picture = picture_of(16, 16, 8, AVIF_PIXEL_FORMAT_YUV444);
    CU_ASSERT_EQUAL_FATAL(avifImageAllocatePlanes(picture, AVIF_PLANES_A), AVIF_RESULT_OK);
    picture->alphaPremultiplied = AVIF_TRUE;
    for (int y = 0; y < 16; y++) {
        memset(picture->alphaPlane + (size_t)y * picture->alphaRowBytes, 128, 16);
        for (int p = 0; p < 3; p++)
            memset(picture->yuvPlanes[p] + (size_t)y * picture->yuvRowBytes[p], 4 * y, 16);
    }
    struct bytes file = encoded(picture);
    struct tri_read_info info = {.size = sizeof info};
    struct tri_image *image = pictures_stored(&file, "avif", &info);
    CU_ASSERT_EQUAL_FATAL(image->shape.planes, 4);
    int wrong = 0;
    for (int y = 0; y < 16; y++)
        wrong += abs(pictures_sample(image, 0, 5, y) - 4 * y * 255 / 128) > 1 ||
                 pictures_sample(image, 3, 5, y) != 128;
    CU_ASSERT_EQUAL(wrong, 0);
    tri_metadata_free(info.metadata);
    tri_image_free(image);
    free(file.data);
    avifImageDestroy(picture);
}

/* The boxes tell; EXIF, which libavif turns into boxes, says the same or is overruled. */
static void test_orientation(void)
{
    for (int orientation = 1; orientation <= 8; orientation++)
        for (int prefixed = 0; prefixed <= 1; prefixed++) {
            struct tri_image *image = pictures_noise(70, 31, 3, 8);
            struct bytes exif = pictures_exif(false, orientation), wanted = pictures_exif(false, 1);
            avifImage *picture = picture_of(70, 31, 8, AVIF_PIXEL_FORMAT_YUV444);
            static const int places[] = {AVIF_CHAN_V, AVIF_CHAN_Y, AVIF_CHAN_U};
            for (int p = 0; p < 3; p++)
                for (int y = 0; y < 31; y++)
                    memcpy(picture->yuvPlanes[places[p]] +
                               (size_t)y * picture->yuvRowBytes[places[p]],
                           tri_image_row(image, p, y), 70);
            struct bytes chunk = {0};
            pictures_add(&chunk, "Exif\0", prefixed * 6U);
            pictures_add(&chunk, exif.data, exif.size);
            EXPECT_DONE(avifImageSetMetadataExif(picture, exif.data, exif.size));
            EXPECT_DONE(avifRWDataSet(&picture->exif, chunk.data, chunk.size));
            struct bytes file = encoded(picture);
            struct tri_read_info info = {.size = sizeof info};
            struct tri_image *turned = pictures_stored(&file, "avif", &info);
            CU_ASSERT_TRUE(pictures_upright(turned, image, orientation, 0));
            expect_kept(info.metadata, "eXIf", wanted.data, wanted.size);
            tri_metadata_free(info.metadata);
            tri_image_free(turned);
            free(file.data);

            picture->transformFlags = AVIF_TRANSFORM_NONE;
            file = encoded(picture);
            turned = pictures_stored(&file, "avif", &info);
            CU_ASSERT_TRUE(pictures_upright(turned, image, 1, 0));
            expect_kept(info.metadata, "eXIf", wanted.data, wanted.size);
            tri_metadata_free(info.metadata);
            tri_image_free(turned);
            tri_image_free(image);
            avifImageDestroy(picture);
            free(file.data);
            free(chunk.data);
            free(exif.data);
            free(wanted.data);
        }
}

/* ---- sequences ---- */

enum { FRAMES = 4 };

/* Frame i has its samples xored with i, and lasts 10 + i hundredths of a second. */
static struct bytes sequence(bool alpha)
{
    avifEncoder *encoder = avifEncoderCreate();
    avifRWData out = AVIF_DATA_EMPTY;
    struct bytes file = {0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(encoder);
    encoder->timescale = 100;
    encoder->speed = 10;
    encoder->minQuantizer = encoder->maxQuantizer = 0;
    encoder->minQuantizerAlpha = encoder->maxQuantizerAlpha = 0;
#if AVIF_VERSION >= 1000000
    encoder->quality = encoder->qualityAlpha = 100;
    encoder->repetitionCount = 4;
#endif
    for (int i = 0; i < FRAMES; i++) {
        avifImage *picture = picture_of(32, 24, 8, AVIF_PIXEL_FORMAT_YUV444);
        if (alpha)
            CU_ASSERT_EQUAL_FATAL(avifImageAllocatePlanes(picture, AVIF_PLANES_A), AVIF_RESULT_OK);
        for (int y = 0; y < 24; y++) {
            for (int p = 0; p < 3; p++)
                for (int x = 0; x < 32; x++)
                    picture->yuvPlanes[p][(size_t)y * picture->yuvRowBytes[p] + (size_t)x] ^=
                        (uint8_t)i;
            if (alpha)
                memset(picture->alphaPlane + (size_t)y * picture->alphaRowBytes, 50 + i, 32);
        }
        CU_ASSERT_EQUAL_FATAL(avifEncoderAddImage(encoder, picture, (uint64_t)(10 + i), 0),
                              AVIF_RESULT_OK);
        avifImageDestroy(picture);
    }
    CU_ASSERT_EQUAL_FATAL(avifEncoderFinish(encoder, &out), AVIF_RESULT_OK);
    pictures_add(&file, out.data, out.size);
    avifRWDataFree(&out);
    avifEncoderDestroy(encoder);
    return file;
}

static int wrong_samples(const struct tri_image *frame, int number)
{
    int wrong = 0;
    for (int p = 0; p < frame->shape.planes; p++)
        for (int y = 0; y < 24; y++)
            for (int x = 0; x < 32; x++)
                wrong += pictures_sample(frame, p, x, y) !=
                         (p == 3 ? 50 + number : (x + 16 * y + 100 * ((p + 2) % 3)) % 256 ^ number);
    return wrong;
}

static void test_sequence(void)
{
    const char *path = pictures_path("sequence.avif");
    for (int alpha = 0; alpha <= 1; alpha++) {
        struct bytes file = sequence(alpha == 1);
        struct tri_read_info info = {.size = sizeof info};
        struct tri_pictures *pictures;
        struct tri_error error;
        struct tri_image *frame = pictures_stored(&file, "avif", &info);
        CU_ASSERT_STRING_EQUAL(info.warning, "only the first of 4 frames is read");
        CU_ASSERT_TRUE(info.animated && info.pictures == FRAMES);
        CU_ASSERT_EQUAL(wrong_samples(frame, 0), 0);
        tri_metadata_free(info.metadata);
        tri_image_free(frame);
        pictures_store(path, file.data, file.size);
        CU_ASSERT_EQUAL_FATAL(tri_pictures_open(path, NULL, &pictures, &error), TRI_OK);
        CU_ASSERT_EQUAL(tri_pictures_info(pictures)->count, FRAMES);
        CU_ASSERT_EQUAL(tri_pictures_info(pictures)->loops, AVIF_VERSION >= 1000000 ? 5 : 0);
        for (int i = 0; i < FRAMES; i++) {
            info = (struct tri_read_info){.size = sizeof info};
            CU_ASSERT_EQUAL_FATAL(tri_pictures_next(pictures, &frame, &info, &error), TRI_OK);
            CU_ASSERT_EQUAL(frame->shape.planes, 3 + alpha);
            CU_ASSERT_TRUE(info.duration.count == 10 + i && info.duration.per == 100);
            CU_ASSERT_EQUAL(wrong_samples(frame, i), 0);
            tri_metadata_free(info.metadata);
            tri_image_free(frame);
        }
        CU_ASSERT_EQUAL(tri_pictures_next(pictures, &frame, NULL, &error), TRI_OK);
        CU_ASSERT_PTR_NULL(frame);
        tri_pictures_close(pictures);
        free(file.data);
        unlink(path);
    }
}

/* Into an APNG, which FFmpeg reads, and into one AVIF, which gets the first. */
static void test_sequence_program(void)
{
    struct bytes file = sequence(false);
    pictures_store(shell_path("a.avif"), file.data, file.size);
    free(file.data);
    EXPECT(
        "$T run copy a.avif -o a.png && $T run copy a.png -o p-%d.ppm -q && $T run copy a.avif -o "
        "q-%d.ppm -q && for i in 1 2 3 4; do cmp p-$i.ppm q-$i.ppm; done; ls q-*",
        0, "q-1.ppm\nq-2.ppm\nq-3.ppm\nq-4.ppm\n", "");
    EXPECT("$T run copy a.avif -o b.avif --lossless && $T run copy b.avif -o b.ppm && cmp b.ppm "
           "q-1.ppm",
           0, "", "triptych: note: *only the first of 4 frames*\n");
    EXPECT("$T run copy a.avif -o c.ppm --frame 3 && cmp c.ppm q-3.ppm; rm *", 0, "", "");
}

static int enter(void)
{
    return pictures_enter() == 0 && shell_begin() == 0 ? 0 : -1;
}

static int leave(void)
{
    return pictures_leave() == 0 && shell_end() == 0 ? 0 : -1;
}

int test_avif_files_suite(void)
{
    CU_pSuite suite = CU_add_suite("avif files", enter, leave);
    return !(suite && CU_add_test(suite, "10 and 12 bits", test_depths) &&
             CU_add_test(suite, "limited range", test_limited) &&
             CU_add_test(suite, "a crop box", test_crop) &&
             CU_add_test(suite, "premultiplied alpha", test_premultiplied) &&
             CU_add_test(suite, "orientation", test_orientation) &&
             CU_add_test(suite, "sequences", test_sequence) &&
             CU_add_test(suite, "sequences into files", test_sequence_program));
}
