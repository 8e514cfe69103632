/* test_jpeg_metadata.c -- metadata in JPEG files, and orientation. */
#include "codec/metadata.h"
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool absent(void)
{
    if (tri_format_find("jpeg") == NULL)
        test_skip("JPEG is not built in");
    return tri_format_find("jpeg") == NULL;
}

static char note[TRI_NOTE_MAX]; /* of the last file written */

static struct bytes written(const struct tri_image *image, const struct tri_metadata *metadata)
{
    const struct tri_write_options options = {.size = sizeof options,
                                              .metadata = metadata,
                                              .quality = 100,
                                              .subsampling = TRI_444,
                                              .tell = pictures_keep_note,
                                              .listener = note};
    const char *path = pictures_path("written.jpg");
    note[0] = '\0';
    CU_ASSERT_EQUAL_FATAL(tri_image_write(path, image, &options, NULL), TRI_OK);
    struct bytes file = pictures_load(path);
    unlink(path);
    return file;
}

static struct tri_image *stored(const struct bytes *file, struct tri_read_info *info)
{
    const char *path = pictures_path("stored.jpg");
    pictures_store(path, file->data, file->size);
    struct tri_image *image = pictures_read(path, info);
    unlink(path);
    return image;
}

/* Writes an image with the metadata, which it frees, and returns the metadata that is read back. */
static struct tri_metadata *carried(const struct tri_image *image, struct tri_metadata *metadata)
{
    struct tri_read_info info = {.size = sizeof info};
    struct bytes file = written(image, metadata);
    tri_image_free(stored(&file, &info));
    CU_ASSERT_STRING_EQUAL(info.warning, "");
    free(file.data);
    tri_metadata_free(metadata);
    return info.metadata;
}

static struct tri_metadata *with(struct tri_metadata *metadata, const char *type, const void *data,
                                 size_t size)
{
    if (metadata == NULL)
        metadata = tri_metadata_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    CU_ASSERT_TRUE(tri_metadata_add(metadata, type, data, size));
    return metadata;
}

static bool has(const struct tri_metadata *metadata, int index, const char *type, const void *data,
                size_t size)
{
    if (index >= tri_metadata_count(metadata))
        return false;
    const struct tri_metadata_item *item = tri_metadata_at(metadata, index);
    return strcmp(item->type, type) == 0 && item->size == size &&
           memcmp(item->data, data, size) == 0;
}

/* Two round trips through a file lose and change nothing. */
static void test_everything_survives(void)
{
    static const size_t sizes[] = {132, 65519, 65520,
                                   300000}; /* a marker holds 65519 bytes of a profile */
    if (absent())
        return;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct tri_image *image = pictures_scene(20, 10, 3, 8);
        struct bytes profile = pictures_profile("RGB ", sizes[i]),
                     exif = pictures_exif(i % 2 == 0, 1);
        struct tri_metadata *metadata = with(NULL, "eXIf", exif.data, exif.size);
        with(metadata, "iCCP", profile.data, profile.size);
        with(metadata, "pHYs", "\0\0\x2e\x23\0\0\x2e\x23\1", 9); /* 11811 per metre: 300 dpi */
        with(metadata, "tEXt", "Comment\0one", 11);
        with(metadata, "tEXt", "Comment\0", 8);
        metadata = carried(image, carried(image, metadata));
        CU_ASSERT_EQUAL(tri_metadata_count(metadata), 5);
        CU_ASSERT_TRUE(has(metadata, 0, "eXIf", exif.data, exif.size));
        CU_ASSERT_TRUE(has(metadata, 1, "iCCP", profile.data, profile.size));
        CU_ASSERT_TRUE(has(metadata, 2, "pHYs", "\0\0\x2e\x23\0\0\x2e\x23\1", 9));
        CU_ASSERT_TRUE(has(metadata, 3, "tEXt", "Comment\0one", 11));
        CU_ASSERT_TRUE(has(metadata, 4, "tEXt", "Comment\0", 8));
        tri_metadata_free(metadata);
        tri_image_free(image);
        free(profile.data);
        free(exif.data);
    }
}

/* Profiles of other colour spaces, other text, chunks unknown to JPEG, and items that are too long.
 */
static void test_what_does_not_fit(void)
{
    if (absent())
        return;
    struct tri_image *gray = pictures_scene(20, 10, 1, 8), *colour = pictures_scene(20, 10, 3, 8);
    struct bytes rgb = pictures_profile("RGB ", 200), for_gray = pictures_profile("GRAY", 200);
    struct bytes large = pictures_profile("RGB ", 17000000);
    struct tri_metadata *metadata = carried(gray, NULL);
    CU_ASSERT_EQUAL(tri_metadata_count(metadata), 0);
    tri_metadata_free(metadata);
    metadata = carried(gray, with(NULL, "iCCP", rgb.data, rgb.size));
    CU_ASSERT_EQUAL(tri_metadata_count(metadata), 0);
    CU_ASSERT_STRING_EQUAL(note,
                           "colour profile dropped: it does not match the picture's colour space");
    tri_metadata_free(metadata);
    metadata = carried(gray, with(NULL, "iCCP", for_gray.data, for_gray.size));
    CU_ASSERT_TRUE(has(metadata, 0, "iCCP", for_gray.data, for_gray.size));
    tri_metadata_free(metadata);
    metadata = with(NULL, "iCCP", large.data, large.size);
    with(metadata, "tEXt", "Disclaimer\0three", 16);
    with(metadata, "tEXt", "Comment", 7);
    with(metadata, "sRGB", "", 1);
    with(metadata, "pHYs", "short", 5);
    metadata = carried(colour, metadata);
    CU_ASSERT_EQUAL(tri_metadata_count(metadata), 0);
    CU_ASSERT_STRING_EQUAL(note, "JPEG cannot store text 'Disclaimer'; colour profile dropped: "
                                 "17000000 bytes exceed JPEG's limit of 16707345");
    tri_metadata_free(metadata);
    metadata = with(NULL, "eXIf", large.data, 65528);
    memset(large.data, 'x', 65534 + 8);
    with(metadata, "tEXt", memcpy(large.data, "Comment", 8), 65534 + 8);
    metadata = carried(colour, metadata);
    CU_ASSERT_EQUAL(tri_metadata_count(metadata), 0);
    CU_ASSERT_STRING_EQUAL(note, "EXIF dropped: 65528 bytes exceed JPEG's limit of 65527; comment "
                                 "dropped: 65534 bytes exceed JPEG's limit of 65533");
    tri_metadata_free(metadata);
    free(rgb.data);
    free(for_gray.data);
    free(large.data);
    tri_image_free(gray);
    tri_image_free(colour);
}

/* JFIF's own values: the unit in byte 13 of the file, then two values of 16 bits. */
static void test_density(void)
{
    static const struct {
        unsigned char phys[9], jfif[5];
        bool back;
    } cases[] = {
        {{0, 0, 0x0b, 0x13, 0, 0, 0x0b, 0x13, 1}, {1, 0, 72, 0, 72}, true}, /* 2835: 72 dpi */
        {{0, 0, 0x0b, 0x13, 0, 0, 0x2e, 0x23, 1}, {1, 0, 72, 1, 44}, true}, /* 72 and 300 dpi */
        {{0, 0, 0x2e, 0x18, 0, 0, 0x2e, 0x18, 1},
         {2, 0, 118, 0, 118},
         true}, /* 11800: 118 per cm */
        {{0, 0x27, 0x5e, 0x96, 0, 0, 0, 39, 1},
         {1, 0xff, 0xff, 0, 1},
         true},                                                /* the largest and the smallest */
        {{0, 0, 0, 3, 0, 0, 0, 2, 0}, {0, 0, 3, 0, 2}, true},  /* non-square pixels */
        {{0, 0, 0, 1, 0, 0, 0, 1, 0}, {0, 0, 1, 0, 1}, false}, /* square: no information */
        {{0, 0, 0, 3, 0, 1, 0, 0, 0}, {0, 0, 1, 0, 1}, false}, /* too large for JFIF */
        {{0, 0, 0, 0, 0, 0, 0, 0, 1}, {0, 0, 1, 0, 1}, false},
        {{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9, 1}, {0, 0, 1, 0, 1}, false},
    };
    if (absent())
        return;
    struct tri_image *image = pictures_scene(9, 9, 1, 8);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tri_metadata *metadata = with(NULL, "pHYs", cases[i].phys, 9);
        struct bytes file = written(image, metadata);
        CU_ASSERT_EQUAL(memcmp(file.data + 6, "JFIF", 4), 0);
        CU_ASSERT_EQUAL(memcmp(file.data + 13, cases[i].jfif, 5), 0);
        free(file.data);
        metadata = carried(image, metadata);
        CU_ASSERT_EQUAL(has(metadata, 0, "pHYs", cases[i].phys, 9), cases[i].back);
        tri_metadata_free(metadata);
    }
    tri_image_free(image);
}

/* Every density that a file can have survives a round trip. */
static void test_every_density(void)
{
    if (absent())
        return;
    struct tri_image *image = pictures_scene(1, 1, 1, 8);
    struct bytes file = written(image, NULL);
    int wrong = 0;
    for (int unit = 1; unit <= 2; unit++)
        for (unsigned value = 1; value < 65536; value += 1 + value / 50) {
            struct tri_read_info info = {.size = sizeof info}, again = info;
            const unsigned char jfif[5] = {(unsigned char)unit, (unsigned char)(value >> 8),
                                           (unsigned char)value, 0, 9};
            memcpy(file.data + 13, jfif, 5);
            tri_image_free(stored(&file, &info));
            struct bytes second = written(image, info.metadata);
            tri_image_free(stored(&second, &again));
            const struct tri_metadata_item *item = tri_metadata_at(info.metadata, 0);
            wrong += !has(again.metadata, 0, "pHYs", item->data, 9);
            tri_metadata_free(info.metadata);
            tri_metadata_free(again.metadata);
            free(second.data);
        }
    CU_ASSERT_EQUAL(wrong, 0);
    free(file.data);
    tri_image_free(image);
}

static void test_orientation(void)
{
    if (absent())
        return;
    for (int planes = 1; planes <= 3; planes += 2)
        for (int orientation = 1; orientation <= 8; orientation++)
            for (int little = 0; little <= 1; little++) {
                struct tri_image *image = pictures_scene(90, 37, planes, 8);
                struct bytes exif = pictures_exif(little, orientation),
                             upright = pictures_exif(little, 1);
                struct tri_metadata *metadata = with(NULL, "eXIf", exif.data, exif.size);
                with(metadata, "pHYs", "\0\0\x0b\x13\0\0\x2e\x23\1", 9);
                struct bytes file = written(image, metadata);
                struct tri_read_info info = {.size = sizeof info};
                struct tri_image *turned = stored(&file, &info), *again = stored(&file, NULL);
                CU_ASSERT_TRUE(pictures_upright(turned, image, orientation, 6));
                CU_ASSERT_EQUAL(tri_image_compare(turned, again).count, 0);
                CU_ASSERT_TRUE(has(info.metadata, 0, "eXIf", upright.data, upright.size));
                CU_ASSERT_TRUE(has(info.metadata, 1, "pHYs",
                                   orientation < 5 ? "\0\0\x0b\x13\0\0\x2e\x23\1"
                                                   : "\0\0\x2e\x23\0\0\x0b\x13\1",
                                   9));
                tri_metadata_free(info.metadata);
                tri_metadata_free(metadata);
                tri_image_free(turned);
                tri_image_free(again);
                tri_image_free(image);
                free(file.data);
                free(exif.data);
                free(upright.data);
            }
}

/* `before` behind the file's start, `after` behind its end. */
static void expect_note(const struct bytes *file, const char *before, size_t size,
                        const char *after, size_t rest, const char *expected)
{
    struct tri_read_info info = {.size = sizeof info};
    const size_t total = file->size + size + rest;
    struct bytes whole = {malloc(total), total, total};
    memcpy(whole.data, file->data, 2);
    memcpy(whole.data + 2, before, size);
    memcpy(whole.data + 2 + size, file->data + 2, file->size - 2);
    memcpy(whole.data + size + file->size, after, rest);
    tri_image_free(stored(&whole, &info));
    CU_ASSERT_STRING_EQUAL(info.warning, expected);
    tri_metadata_free(info.metadata);
    free(whole.data);
}

/* Of cameras and phones. */
static void test_what_is_left_out(void)
{
#define PART(text) text, sizeof text - 1
    struct tri_image *image = pictures_scene(40, 30, 3, 8);
    struct bytes file = written(image, NULL);
    expect_note(&file, PART("\xff\xeb\0\x0cJP\0\1\0\0\0\1jb"), PART(""),
                "content credentials (JUMBF) dropped");
    expect_note(&file,
                PART("\xff\xe1\0\x0a"
                     "FLIR\0\1\0\0\xff\xe2\0\x08"
                     "FPXR\0\0"),
                PART(""),
                "application data dropped: APP1 FLIR; application data dropped: APP2 FPXR");
    expect_note(&file, PART("\xff\xe5\0\4\1\2"), PART(""), "application data dropped: APP5 ");
    expect_note(&file,
                PART("\xff\xec\0\x08"
                     "Ducky\0\xff\xee\0\x0e"
                     "Adobe\0d\0\0\0\0\1"),
                PART("\0\0\xff\0"), "");
    expect_note(&file, PART(""),
                PART("\0\0\0\x18"
                     "ftypmp42\0\0\0\0"),
                "video behind the picture (motion photo) dropped");
    expect_note(&file, PART(""), (const char *)file.data, file.size,
                "only the first picture is read; others behind it are ignored");
    expect_note(&file, PART(""), PART("SEFT"), "4 bytes behind the picture dropped");
    free(file.data);
    tri_image_free(image);
#undef PART
}

static void test_malformed_exif(void)
{
    if (absent())
        return;
    struct tri_image *image = pictures_scene(20, 10, 3, 8);
    struct tri_metadata *metadata = with(NULL, "eXIf", "no TIFF at all", 14);
    struct bytes file = written(image, metadata);
    struct tri_read_info info = {.size = sizeof info};
    struct tri_image *back = stored(&file, &info);
    CU_ASSERT_STRING_EQUAL(info.warning, "EXIF dropped: it is malformed");
    CU_ASSERT_EQUAL(tri_metadata_count(info.metadata), 0);
    CU_ASSERT_TRUE(pictures_psnr(image, back) > 45);
    tri_metadata_free(info.metadata);
    tri_metadata_free(metadata);
    tri_image_free(back);
    tri_image_free(image);
    free(file.data);
}

static void test_damage(void)
{
    if (absent())
        return;
    struct tri_image *image = pictures_scene(8, 8, 3, 8);
    struct bytes profile = pictures_profile("RGB ", 140), exif = pictures_exif(true, 6);
    struct tri_metadata *metadata = with(NULL, "eXIf", exif.data, exif.size);
    with(metadata, "iCCP", profile.data, profile.size);
    with(metadata, "tEXt", "Comment\0one", 11);
    struct bytes file = written(image, metadata);
    pictures_expect_cuts(pictures_path("cut.jpg"), &file);
    CU_ASSERT_TRUE(pictures_change_bytes(pictures_path("changed.jpg"), &file, 0x01) > 10);
    CU_ASSERT_TRUE(pictures_change_bytes(pictures_path("changed.jpg"), &file, 0xff) > 10);
    tri_metadata_free(metadata);
    tri_image_free(image);
    free(file.data);
    free(profile.data);
    free(exif.data);
}

int test_jpeg_metadata_suite(void)
{
    CU_pSuite suite = CU_add_suite("jpeg metadata", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "everything survives", test_everything_survives) &&
             CU_add_test(suite, "what does not fit", test_what_does_not_fit) &&
             CU_add_test(suite, "density", test_density) &&
             CU_add_test(suite, "every density", test_every_density) &&
             CU_add_test(suite, "orientation", test_orientation) &&
             CU_add_test(suite, "what is left out", test_what_is_left_out) &&
             CU_add_test(suite, "malformed EXIF", test_malformed_exif) &&
             CU_add_test(suite, "every byte cut or changed", test_damage));
}
