/* test_jxl.c -- JPEG XL files: round trips, metadata, colours, animations, limits, damage. libjxl
 * itself, and FFmpeg if it knows JPEG XL, write and read the files too. */
#include "codec/metadata.h"
#include "pictures.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <jxl/decode.h>
#include <jxl/encode.h>
#include <jxl/version.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct tri_write_options lossless = {.size = sizeof lossless, .lossless = true};

/* ---- round trips ---- */

static void test_lossless(void)
{
    static const int sides[][2] = {{1, 1}, {7, 1}, {1, 9}, {63, 64}, {65, 5}, {301, 47}};
    for (int planes = 1; planes <= 4; planes++)
        for (int bits = 8; bits <= 16; bits += 8)
            for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
                struct tri_image *image = pictures_noise(sides[i][0], sides[i][1], planes, bits);
                if (planes % 2 == 0) /* colours under transparent pixels stay, too */
                    memset(tri_image_row(image, planes - 1, 0), 0, (size_t)bits / 8);
                struct tri_image *back = pictures_round_trip(image, &lossless, "jxl");
                CU_ASSERT_TRUE(tri_shape_equal(&image->shape, &back->shape));
                CU_ASSERT_EQUAL(tri_image_compare(image, back).count, 0);
                tri_image_free(back);
                tri_image_free(image);
            }
}

static void test_lossy(void)
{
    static const struct {
        int quality;
        double psnr;
    } cases[] = {{100, 45}, {0, 40}, {90, 40}, {50, 35}, {5, 23}};
    for (int planes = 1; planes <= 4; planes++)
        for (int bits = 8; bits <= 16; bits += 8) {
            struct tri_image *image = pictures_scene(320, 200, planes, bits);
            for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct tri_image *back =
                    pictures_round_trip(image, &WRITE_OPTIONS(.quality = cases[i].quality), "jxl");
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

static void test_lossy_alpha(void)
{
    for (int planes = 2; planes <= 4; planes += 2) {
        struct tri_image *image = pictures_noise(80, 60, planes, 8),
                         *back = pictures_round_trip(image, NULL, "jxl");
        CU_ASSERT_EQUAL_FATAL(back->shape.planes, planes);
        int most = 0;
        for (int y = 0; y < 60; y++)
            for (int x = 0; x < 80; x++) {
                const int off = abs(pictures_sample(image, planes - 1, x, y) -
                                    pictures_sample(back, planes - 1, x, y));
                most = off > most ? off : most;
            }
        /* exact from libjxl 0.8 on */
        CU_ASSERT_TRUE(most <= (JPEGXL_MAJOR_VERSION > 0 || JPEGXL_MINOR_VERSION >= 8 ? 0 : 16));
        tri_image_free(back);
        tri_image_free(image);
    }
}

/* More than one group, so that there is work for all. */
static void test_threads(void)
{
    struct tri_pool *pool;
    CU_ASSERT_EQUAL_FATAL(tri_pool_new(3, &pool, NULL), TRI_OK);
    for (int planes = 1; planes <= 4; planes++)
        for (int i = 0; i <= 1; i++) {
            struct tri_image *image = pictures_noise(700, 300, planes, 8);
            const char *path = pictures_path("threads.jxl");
            const struct tri_write_options alone = {.size = sizeof alone, .lossless = i == 1};
            const struct tri_write_options helped = {
                .size = sizeof helped, .lossless = i == 1, .pool = pool};
            pictures_expect_same_file("a.jxl", image, &alone, image, &helped);
            CU_ASSERT_EQUAL(tri_image_write(path, image, &alone, NULL), TRI_OK);
            struct tri_image *one = pictures_read(path, NULL), *other;
            CU_ASSERT_EQUAL_FATAL(
                tri_image_read(path, &READ_OPTIONS(.pool = pool), &other, NULL, NULL), TRI_OK);
            CU_ASSERT_EQUAL(tri_image_compare(one, other).count, 0);
            tri_image_free(one);
            tri_image_free(other);
            tri_image_free(image);
            unlink(path);
        }
    tri_pool_free(pool);
}

static void test_ffmpeg(void)
{
    if (shell_run("$T run copy $ROOT/images/street.png -o a.jxl --lossless && ffmpeg -v error -i "
                  "a.jxl -f null -")
            ->code != 0) {
        test_skip("no ffmpeg that reads JPEG XL");
        shell_run("rm -f *");
        return;
    }
    EXPECT("ffmpeg -v error -i a.jxl -pix_fmt rgb24 -f rawvideo a.raw && ffmpeg -v error -i "
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
    struct bytes exif = pictures_exif(true, 1), long_exif = pictures_exif(false, 1);
    while (long_exif.size < 20000)
        pictures_add(&long_exif, "some more of it", 15);
    for (int planes = 1; planes <= 4; planes++) {
        const struct bytes *used = planes == 2 ? &long_exif : &exif;
        struct tri_metadata *metadata = tri_metadata_new();
        char note[TRI_NOTE_MAX] = "";
        CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
        CU_ASSERT_TRUE(tri_metadata_add(metadata, "eXIf", used->data, used->size));
        CU_ASSERT_TRUE(tri_metadata_add(metadata, "XMP ", xmp, sizeof xmp - 1));
        CU_ASSERT_TRUE(tri_metadata_add(metadata, "tEXt", "Disclaimer\0one", 14));
        struct tri_image *image = pictures_noise(20, 10, planes, 8);
        struct bytes file =
            pictures_written(image,
                             &WRITE_OPTIONS(.lossless = true, .metadata = metadata,
                                            .tell = pictures_keep_note, .listener = note),
                             "jxl");
        struct tri_read_info info = {.size = sizeof info};
        struct tri_image *back = pictures_stored(&file, "jxl", &info);
        CU_ASSERT_STRING_EQUAL(note, "JXL cannot store text 'Disclaimer'");
        CU_ASSERT_EQUAL(tri_metadata_count(info.metadata), 2);
        expect_kept(info.metadata, "eXIf", used->data, used->size);
        expect_kept(info.metadata, "XMP ", xmp, sizeof xmp - 1);
        CU_ASSERT_EQUAL(tri_image_compare(image, back).count, 0);
        tri_metadata_free(info.metadata);
        tri_metadata_free(metadata);
        tri_image_free(back);
        tri_image_free(image);
        free(file.data);
    }
    free(exif.data);
    free(long_exif.data);
}

/* Lossless files give it back. Lossy ones store other colours, which become sRGB. */
static void test_profile(void)
{
    struct bytes profile = pictures_real_profile();
    struct tri_metadata *metadata = tri_metadata_new();
    CU_ASSERT_TRUE_FATAL(metadata != NULL &&
                         tri_metadata_add(metadata, "iCCP", profile.data, profile.size));
    for (int i = 0; i < 2; i++) {
        struct tri_image *image = pictures_scene(64, 50, 3, 8);
        struct tri_read_info info = {.size = sizeof info};
        struct bytes file = pictures_written(
            image, &WRITE_OPTIONS(.lossless = i == 1, .metadata = metadata), "jxl");
        struct tri_image *back = pictures_stored(&file, "jxl", &info);
        CU_ASSERT_EQUAL(tri_metadata_count(info.metadata), i);
        CU_ASSERT_STRING_EQUAL(
            info.warning,
            i == 1 ? "" : "colours are converted from the profile in the file to sRGB");
        if (i == 1) {
            expect_kept(info.metadata, "iCCP", profile.data, profile.size);
            CU_ASSERT_EQUAL(tri_image_compare(image, back).count, 0);
        } else { /* a gamma of 1.8 is lighter in the middle than sRGB's */
            CU_ASSERT_TRUE(pictures_psnr(image, back) > 15 && pictures_psnr(image, back) < 35);
        }
        tri_metadata_free(info.metadata);
        tri_image_free(back);
        tri_image_free(image);
        free(file.data);
    }
    tri_metadata_free(metadata);
    free(profile.data);
}

/* What libjxl cannot use is left out, with a note. */
static void test_bad_profile(void)
{
    struct bytes profile = pictures_profile("RGB ", 300);
    struct tri_metadata *metadata = tri_metadata_new();
    struct tri_image *image = pictures_noise(20, 10, 3, 8);
    struct tri_read_info info = {.size = sizeof info};
    char note[TRI_NOTE_MAX] = "";
    CU_ASSERT_TRUE_FATAL(metadata != NULL &&
                         tri_metadata_add(metadata, "iCCP", profile.data, profile.size));
    struct bytes file =
        pictures_written(image,
                         &WRITE_OPTIONS(.lossless = true, .metadata = metadata,
                                        .tell = pictures_keep_note, .listener = note),
                         "jxl");
    struct tri_image *back = pictures_stored(&file, "jxl", &info);
    CU_ASSERT_STRING_EQUAL(note, "colour profile dropped: libjxl does not accept it");
    CU_ASSERT_EQUAL(tri_metadata_count(info.metadata), 0);
    CU_ASSERT_EQUAL(tri_image_compare(image, back).count, 0);
    tri_metadata_free(info.metadata);
    tri_metadata_free(metadata);
    tri_image_free(back);
    tri_image_free(image);
    free(file.data);
    free(profile.data);
}

/* The first bytes of a file as libjxl sees them. */
static void look(const struct bytes *file, JxlBasicInfo *info, JxlColorEncoding *colour)
{
    JxlDecoder *decoder = JxlDecoderCreate(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decoder);
    JxlDecoderSubscribeEvents(decoder, JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING);
    JxlDecoderSetInput(decoder, file->data, file->size);
    CU_ASSERT_EQUAL(JxlDecoderProcessInput(decoder), JXL_DEC_BASIC_INFO);
    CU_ASSERT_EQUAL(JxlDecoderGetBasicInfo(decoder, info), JXL_DEC_SUCCESS);
    CU_ASSERT_EQUAL(JxlDecoderProcessInput(decoder), JXL_DEC_COLOR_ENCODING);
#if JPEGXL_MAJOR_VERSION > 0 || JPEGXL_MINOR_VERSION >= 9
    CU_ASSERT_EQUAL(
        JxlDecoderGetColorAsEncodedProfile(decoder, JXL_COLOR_PROFILE_TARGET_ORIGINAL, colour),
        JXL_DEC_SUCCESS);
#else
    CU_ASSERT_EQUAL(JxlDecoderGetColorAsEncodedProfile(decoder, NULL,
                                                       JXL_COLOR_PROFILE_TARGET_ORIGINAL, colour),
                    JXL_DEC_SUCCESS);
#endif
    JxlDecoderDestroy(decoder);
}

static void test_cicp(void)
{
    static const struct {
        unsigned char codes[4];
        JxlPrimaries primaries;
        JxlTransferFunction transfer;
    } cases[] = {{{9, 16, 0, 1}, JXL_PRIMARIES_2100, JXL_TRANSFER_FUNCTION_PQ},
                 {{9, 18, 0, 1}, JXL_PRIMARIES_2100, JXL_TRANSFER_FUNCTION_HLG},
                 {{12, 13, 0, 1}, JXL_PRIMARIES_P3, JXL_TRANSFER_FUNCTION_SRGB},
                 {{1, 8, 0, 1}, JXL_PRIMARIES_SRGB, JXL_TRANSFER_FUNCTION_LINEAR}};
    for (size_t i = 0; i < 8; i++) {
        struct tri_metadata *metadata = tri_metadata_new();
        struct tri_image *image = pictures_scene(20, 10, 3, 16);
        struct tri_read_info read = {.size = sizeof read};
        JxlBasicInfo info;
        JxlColorEncoding colour;
        CU_ASSERT_TRUE_FATAL(metadata != NULL &&
                             tri_metadata_add(metadata, "cICP", cases[i / 2].codes, 4));
        struct bytes file = pictures_written(
            image, &WRITE_OPTIONS(.lossless = i % 2 == 1, .metadata = metadata), "jxl");
        look(&file, &info, &colour);
        CU_ASSERT_TRUE(colour.primaries == cases[i / 2].primaries &&
                       colour.white_point == JXL_WHITE_POINT_D65 &&
                       colour.transfer_function == cases[i / 2].transfer);
        CU_ASSERT_TRUE(info.bits_per_sample == 16 && info.num_extra_channels == 0 &&
                       info.uses_original_profile == (i % 2 == 1));
        struct tri_image *back = pictures_stored(&file, "jxl", &read);
        expect_kept(read.metadata, "cICP", cases[i / 2].codes, 4);
        CU_ASSERT_TRUE(pictures_psnr(image, back) > 30);
        tri_metadata_free(read.metadata);
        tri_metadata_free(metadata);
        tri_image_free(back);
        tri_image_free(image);
        free(file.data);
    }
}

/* ---- limits and damage ---- */

static void test_limits(void)
{
    const char *path = pictures_path("limit.jxl");
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

static void test_disk_full(void)
{
    pictures_expect_disk_full("jxl");
}

static void test_damage(void)
{
    struct bytes exif = pictures_exif(true, 6);
    struct tri_metadata *metadata = tri_metadata_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "eXIf", exif.data, exif.size));
    for (int kind = 0; kind < 4; kind++) {
        struct tri_image *image = pictures_noise(8, 6, kind == 1 ? 4 : 3, 8);
        const struct tri_write_options options = {.size = sizeof options,
                                                  .lossless = kind % 2 == 0,
                                                  .metadata = kind == 2 ? metadata : NULL};
        struct bytes file = pictures_written(image, &options, "jxl");
        pictures_expect_cuts(pictures_path("cut.jxl"), &file);
        CU_ASSERT_TRUE(pictures_change_bytes(pictures_path("changed.jxl"), &file, 0x01) > 3);
        CU_ASSERT_TRUE(pictures_change_bytes(pictures_path("changed.jxl"), &file, 0xff) > 3);
        tri_image_free(image);
        free(file.data);
    }
    tri_metadata_free(metadata);
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

int test_jxl_suite(void)
{
    CU_pSuite suite = CU_add_suite("jxl", enter, leave);
    return !(suite && CU_add_test(suite, "lossless round trips", test_lossless) &&
             CU_add_test(suite, "lossy round trips", test_lossy) &&
             CU_add_test(suite, "alpha in lossy files", test_lossy_alpha) &&
             CU_add_test(suite, "the same file with threads", test_threads) &&
             CU_add_test(suite, "read by FFmpeg", test_ffmpeg) &&
             CU_add_test(suite, "metadata", test_metadata) &&
             CU_add_test(suite, "colour profile", test_profile) &&
             CU_add_test(suite, "colour profile that is none", test_bad_profile) &&
             CU_add_test(suite, "colours", test_cicp) &&
             CU_add_test(suite, "limits", test_limits) &&
             CU_add_test(suite, "a disk that is full", test_disk_full) &&
             CU_add_test(suite, "every byte cut or changed", test_damage));
}
