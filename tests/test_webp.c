/* test_webp.c -- WebP files: round trips, animations, metadata, limits, damage. */
#include "codec/metadata.h"
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct tri_write_options lossless = {.size = sizeof lossless, .lossless = true};

static bool absent(void)
{
    if (tri_format_find("webp") == NULL)
        test_skip("WebP is not built in");
    return tri_format_find("webp") == NULL;
}

/* ---- round trips ---- */

/* Counts wrong samples after a lossless round trip; noise in alpha hides many colours. */
static int differences(const struct tri_image *image, const struct tri_image *back)
{
    const int planes = image->shape.planes, half = image->shape.bits == 16 ? 128 : 0;
    int wrong = 0;
    if (back->shape.planes != (planes % 2 == 0 ? 4 : 3) || back->shape.bits != 8 ||
        back->shape.width != image->shape.width || back->shape.height != image->shape.height)
        return -1;
    for (int plane = 0; plane < back->shape.planes; plane++) {
        const int from = plane == 3 ? planes - 1 : planes >= 3 ? plane : 0;
        for (int y = 0; y < back->shape.height; y++)
            for (int x = 0; x < back->shape.width; x++) {
                const int value = pictures_sample(image, from, x, y);
                wrong +=
                    pictures_sample(back, plane, x, y) != (half > 0 ? (value + half) / 257 : value);
            }
    }
    return wrong;
}

static void test_lossless(void)
{
    static const int sides[][2] = {{1, 1}, {7, 1}, {1, 9}, {63, 64}, {65, 5}, {301, 47}};
    if (absent())
        return;
    for (int planes = 1; planes <= 4; planes++)
        for (int bits = 8; bits <= 16; bits += 8)
            for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
                struct tri_image *image = pictures_noise(sides[i][0], sides[i][1], planes, bits);
                if (planes % 2 == 0) /* at least one transparent pixel */
                    memset(tri_image_row(image, planes - 1, 0), 0, (size_t)bits / 8);
                struct tri_image *back = pictures_round_trip(image, &lossless, "webp");
                CU_ASSERT_EQUAL(differences(image, back), 0);
                tri_image_free(back);
                tri_image_free(image);
            }
}

/* Opaque alpha is dropped. */
static void test_full_alpha(void)
{
    if (absent())
        return;
    struct tri_image *image = pictures_scene(50, 40, 4, 8), *wanted = pictures_scene(50, 40, 3, 8);
    struct tri_image *back = pictures_round_trip(image, &lossless, "webp");
    CU_ASSERT_EQUAL(tri_image_compare(wanted, back).count, 0);
    tri_image_free(back);
    tri_image_free(wanted);
    tri_image_free(image);
}

/* Lossy WebP always halves the chroma resolution, so 45 dB is not reachable. */
static void test_lossy(void)
{
    static const struct {
        int quality;
        double psnr;
    } cases[] = {{100, 43}, {0, 40}, {90, 40}, {50, 35}, {5, 28}};
    if (absent())
        return;
    for (int planes = 1; planes <= 4; planes++) {
        struct tri_image *image = pictures_scene(320, 200, planes, 8),
                         *wanted = pictures_scene(320, 200, 3, 8);
        for (int plane = 0; planes < 3 && plane < 3; plane++)
            for (int y = 0; y < 200; y++)
                memcpy(tri_image_row(wanted, plane, y), tri_image_row(image, 0, y), 320);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            struct tri_image *back =
                pictures_round_trip(image, &WRITE_OPTIONS(.quality = cases[i].quality), "webp");
            const double psnr = pictures_psnr(wanted, back);
            if (psnr < cases[i].psnr)
                printf("%d planes, quality %d: %.1f dB\n", planes, cases[i].quality, psnr);
            CU_ASSERT_TRUE(psnr > cases[i].psnr);
            tri_image_free(back);
        }
        tri_image_free(wanted);
        tri_image_free(image);
    }
}

static void test_lossy_alpha(void)
{
    if (absent())
        return;
    struct tri_image *image = pictures_noise(80, 60, 4, 8),
                     *back = pictures_round_trip(image, NULL, "webp");
    CU_ASSERT_EQUAL_FATAL(back->shape.planes, 4);
    int wrong = 0;
    for (int y = 0; y < 60; y++) /* alpha is exact */
        wrong += memcmp(tri_image_row(image, 3, y), tri_image_row(back, 3, y), 80) != 0;
    CU_ASSERT_EQUAL(wrong, 0);
    tri_image_free(back);
    tri_image_free(image);
}

static void test_threads(void)
{
    struct tri_pool *pool;
    if (absent())
        return;
    CU_ASSERT_EQUAL_FATAL(tri_pool_new(3, &pool, NULL), TRI_OK);
    for (int planes = 3; planes <= 4; planes++)
        for (int i = 0; i <= 1; i++) {
            struct tri_image *image = pictures_noise(700, 300, planes, 8);
            const struct tri_write_options alone = {.size = sizeof alone, .lossless = i == 1};
            const struct tri_write_options helped = {
                .size = sizeof helped, .lossless = i == 1, .pool = pool};
            pictures_expect_same_file("a.webp", image, &alone, image, &helped);
            tri_image_free(image);
        }
    tri_pool_free(pool);
}

/* ---- metadata ---- */

static void test_metadata(void)
{
    if (absent())
        return;
    struct bytes profile = pictures_profile("RGB ", 3001),
                 exif = pictures_exif(true, 1); /* odd size: padded in the file */
    struct tri_metadata *metadata = tri_metadata_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "iCCP", profile.data, profile.size));
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "eXIf", exif.data, exif.size));
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "tEXt", "Disclaimer\0one", 14));
    for (int planes = 1; planes <= 4; planes++) {
        char note[TRI_NOTE_MAX] = "";
        struct tri_image *image = pictures_noise(20, 10, planes, 8);
        struct bytes file =
            pictures_written(image,
                             &WRITE_OPTIONS(.lossless = true, .metadata = metadata,
                                            .tell = pictures_keep_note, .listener = note),
                             "webp");
        struct tri_read_info info = {.size = sizeof info};
        struct tri_image *back = pictures_stored(&file, "webp", &info);
        CU_ASSERT_STRING_EQUAL(note, "WebP cannot store text 'Disclaimer'");
        const struct tri_metadata_item *kept_profile = tri_metadata_find(info.metadata, "iCCP");
        const struct tri_metadata_item *kept_exif = tri_metadata_find(info.metadata, "eXIf");
        CU_ASSERT_EQUAL(tri_metadata_count(info.metadata), 2);
        CU_ASSERT_TRUE(kept_profile != NULL && kept_profile->size == profile.size &&
                       memcmp(kept_profile->data, profile.data, profile.size) == 0);
        CU_ASSERT_TRUE(kept_exif != NULL && kept_exif->size == exif.size &&
                       memcmp(kept_exif->data, exif.data, exif.size) == 0);
        CU_ASSERT_EQUAL(differences(image, back), 0);
        tri_metadata_free(info.metadata);
        tri_image_free(back);
        tri_image_free(image);
        free(file.data);
    }
    tri_metadata_free(metadata);
    free(profile.data);
    free(exif.data);
}

/* Adds a chunk at the end of a file; `text` has an even size. */
static void append_chunk(struct bytes *file, const char *name, const char *text)
{
    unsigned char head[8] = {0};
    memcpy(head, name, 4);
    head[4] = (unsigned char)strlen(text);
    pictures_add(file, head, 8);
    pictures_add(file, text, strlen(text));
    for (int i = 0; i < 4; i++)
        file->data[4 + i] = (unsigned char)((file->size - 8) >> 8 * i);
}

static void test_unknown_chunks(void)
{
    if (absent())
        return;
    struct tri_image *image = pictures_scene(30, 20, 4, 8);
    *(unsigned char *)tri_image_row(image, 3, 0) = 0; /* an extended file */
    struct tri_read_info info = {.size = sizeof info};
    struct bytes file = pictures_written(image, NULL, "webp");
    append_chunk(&file, "C2PA", "signed");
    append_chunk(&file, "my\1x", "mine");
    append_chunk(&file, "C2PA", "more");
    pictures_add(&file, "JUNK\2\0\0\0\0\0", 10); /* not part of the file */
    tri_image_free(pictures_stored(&file, "webp", &info));
    CU_ASSERT_STRING_EQUAL(info.warning, "chunks of unknown meaning dropped: C2PA, my?x");
    tri_metadata_free(info.metadata);
    free(file.data);
    tri_image_free(image);
}

/* With and without "Exif\0\0" before it, as some programs write it. */
static void test_orientation(void)
{
    if (absent())
        return;
    for (int orientation = 1; orientation <= 8; orientation++)
        for (int prefixed = 0; prefixed <= 1; prefixed++) {
            struct tri_image *image = pictures_noise(70, 31, 3, 8);
            struct bytes exif = pictures_exif(false, orientation), chunk = {0};
            struct tri_metadata *metadata = tri_metadata_new();
            CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
            pictures_add(&chunk, "Exif\0", prefixed * 6U);
            pictures_add(&chunk, exif.data, exif.size);
            CU_ASSERT_TRUE(tri_metadata_add(metadata, "eXIf", chunk.data, chunk.size));
            struct bytes file = pictures_written(
                image, &WRITE_OPTIONS(.lossless = true, .metadata = metadata), "webp");
            struct tri_read_info info = {.size = sizeof info};
            struct tri_image *turned = pictures_stored(&file, "webp", &info);
            CU_ASSERT_TRUE(pictures_upright(turned, image, orientation, 0));
            exif.data[31] = 1;
            const struct tri_metadata_item *kept = tri_metadata_find(info.metadata, "eXIf");
            CU_ASSERT_TRUE(kept != NULL && kept->size == exif.size &&
                           memcmp(kept->data, exif.data, exif.size) == 0);
            tri_metadata_free(info.metadata);
            tri_metadata_free(metadata);
            tri_image_free(turned);
            tri_image_free(image);
            free(file.data);
            free(chunk.data);
            free(exif.data);
        }
}

/* ---- animations, assembled by hand ---- */

static void put_little(unsigned char *at, int bytes, unsigned value)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

static void add_chunk(struct bytes *to, const char *type, const void *head, size_t head_size,
                      const void *data, size_t size)
{
    unsigned char length[4];
    put_little(length, 4, (unsigned)(head_size + size));
    pictures_add(to, type, 4);
    pictures_add(to, length, 4);
    pictures_add(to, head, head_size);
    pictures_add(to, data, size);
    if ((head_size + size) % 2 != 0)
        pictures_add(to, "", 1);
    put_little(to->data + 4, 4, (unsigned)(to->size - 8));
}

/* A canvas of 60 x 50 with frames that show the image at (x, y), which must be even. */
static struct bytes animation(const struct tri_image *image, int x, int y, int frames)
{
    unsigned char canvas[10] = {0x12, 0, 0, 0, 59, 0, 0, 49}, frame[16] = {0}; /* alpha, animated */
    struct bytes still = pictures_written(image, &lossless, "webp"), file = {0};
    pictures_add(&file, "RIFF\0\0\0\0WEBP", 12);
    add_chunk(&file, "VP8X", canvas, 10, "", 0);
    add_chunk(&file, "ANIM", "\0\0\0\0\0\0", 6, "", 0);
    put_little(frame, 3, (unsigned)x / 2);
    put_little(frame + 3, 3, (unsigned)y / 2);
    put_little(frame + 6, 3, (unsigned)image->shape.width - 1);
    put_little(frame + 9, 3, (unsigned)image->shape.height - 1);
    put_little(frame + 12, 3, 100);
    for (int i = 0; i < frames; i++)
        add_chunk(&file, "ANMF", frame, 16, still.data + 12, still.size - 12);
    free(still.data);
    return file;
}

static void test_animation(void)
{
    struct tri_read_info info = {.size = sizeof info};
    if (absent())
        return;
    struct tri_image *image = pictures_scene(60, 50, 3, 8), *part = pictures_scene(31, 21, 3, 8);
    struct bytes file = animation(image, 0, 0, 3);
    struct tri_image *first = pictures_stored(&file, "webp", &info);
    CU_ASSERT_STRING_EQUAL(info.warning, "only the first of 3 frames is read");
    CU_ASSERT_EQUAL(tri_image_compare(image, first).count, 0);
    tri_metadata_free(info.metadata);
    tri_image_free(first);
    free(file.data);

    file = animation(part, 14, 8, 1);
    first = pictures_stored(&file, "webp", &info);
    CU_ASSERT_STRING_EQUAL(info.warning, "");
    CU_ASSERT_EQUAL_FATAL(first->shape.planes, 4);
    int wrong = 0;
    for (int plane = 0; plane < 4; plane++)
        for (int y = 0; y < 50; y++)
            for (int x = 0; x < 60; x++) {
                const bool inside = x >= 14 && x < 14 + 31 && y >= 8 && y < 8 + 21;
                const int seen =
                    !inside || plane == 3 ? 255 : pictures_sample(part, plane, x - 14, y - 8);
                wrong += pictures_sample(first, plane, x, y) != (inside ? seen : 0);
            }
    CU_ASSERT_EQUAL(wrong, 0);
    tri_metadata_free(info.metadata);
    tri_image_free(first);
    tri_image_free(image);
    tri_image_free(part);
    free(file.data);
}

/* ---- limits and damage ---- */

static void test_limits(void)
{
    const char *path = pictures_path("limit.webp");
    struct tri_image *in;
    struct tri_error error;
    if (absent())
        return;
    struct tri_image *image = pictures_scene(60, 50, 3, 8);
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_read(path, &READ_OPTIONS(.max_pixels = 2999), &in, NULL, &error),
                    TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "60 x 50 pixels exceed the limit of 2999"));
    CU_ASSERT_EQUAL(tri_image_read(path, &READ_OPTIONS(.max_pixels = 3000), &in, NULL, &error),
                    TRI_OK);
    tri_image_free(in);

    struct bytes file =
        animation(image, 0, 0, 1); /* the canvas may be larger than any still image */
    put_little(file.data + 24, 3, 39999);
    put_little(file.data + 27, 3, 39999);
    pictures_store(path, file.data, file.size);
    pictures_expect_error(path, "40000 x 40000 pixels exceed the limit of 268435456");
    put_little(file.data + 24, 3, 1000000);
    put_little(file.data + 27, 3, 1999);
    pictures_store(path, file.data, file.size);
    pictures_expect_error(path, "1000001 x 2000 pixels exceed the limit of 1000000 per side");
    free(file.data);
    tri_image_free(image);
    unlink(path);
}

static void test_refusals(void)
{
    const char *path = pictures_path("refused.webp");
    if (absent())
        return;
    struct tri_image *wide = pictures_scene(16384, 1, 1, 8), *high = pictures_scene(1, 16384, 4, 8);
    pictures_expect_refusal(path, wide, TRI_USAGE,
                            "16384 x 1 pixels exceed WebP's limit of 16383 per side");
    pictures_expect_refusal(path, high, TRI_USAGE, "1 x 16384 pixels");
    tri_image_free(wide);
    tri_image_free(high);
}

static void test_disk_full(void)
{
    if (!absent())
        pictures_expect_disk_full("webp");
}

static void test_damage(void)
{
    if (absent())
        return;
    struct bytes profile = pictures_profile("RGB ", 140), exif = pictures_exif(true, 6);
    struct tri_metadata *metadata = tri_metadata_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "iCCP", profile.data, profile.size));
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "eXIf", exif.data, exif.size));
    for (int kind = 0; kind < 6; kind++) {
        struct tri_image *image = pictures_noise(12, 10, kind % 2 == 0 ? 3 : 4, 8);
        const struct tri_write_options options = {
            .size = sizeof options, .lossless = kind < 2, .metadata = kind == 4 ? metadata : NULL};
        struct bytes file =
            kind == 5 ? animation(image, 2, 2, 2) : pictures_written(image, &options, "webp");
        pictures_expect_cuts(pictures_path("cut.webp"), &file);
        CU_ASSERT_TRUE(pictures_change_bytes(pictures_path("changed.webp"), &file, 0x01) > 10);
        CU_ASSERT_TRUE(pictures_change_bytes(pictures_path("changed.webp"), &file, 0xff) > 10);
        tri_image_free(image);
        free(file.data);
    }
    tri_metadata_free(metadata);
    free(profile.data);
    free(exif.data);
}

int test_webp_suite(void)
{
    CU_pSuite suite = CU_add_suite("webp", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "lossless round trips", test_lossless) &&
             CU_add_test(suite, "alpha that is full", test_full_alpha) &&
             CU_add_test(suite, "lossy round trips", test_lossy) &&
             CU_add_test(suite, "alpha in lossy files", test_lossy_alpha) &&
             CU_add_test(suite, "the same file with threads", test_threads) &&
             CU_add_test(suite, "metadata", test_metadata) &&
             CU_add_test(suite, "chunks of unknown meaning", test_unknown_chunks) &&
             CU_add_test(suite, "orientation", test_orientation) &&
             CU_add_test(suite, "animations", test_animation) &&
             CU_add_test(suite, "limits", test_limits) &&
             CU_add_test(suite, "pictures that WebP cannot hold", test_refusals) &&
             CU_add_test(suite, "a disk that is full", test_disk_full) &&
             CU_add_test(suite, "every byte cut or changed", test_damage));
}
