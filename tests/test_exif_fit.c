/* test_exif_fit.c -- EXIF that is written with an image matches it: sizes, density, thumbnail,
 * previews. */
#include "codec/exif.h"
#include "codec/ifd.h"
#include "codec/metadata.h"
#include "pictures.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* EXIF assembled by hand, in either byte order. */
static bool little;

static void add(struct bytes *to, unsigned value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        const unsigned char byte = (unsigned char)(value >> 8 * (little ? i : bytes - 1 - i));
        pictures_add(to, &byte, 1);
    }
}

static void add_entry(struct bytes *to, unsigned tag, unsigned type, unsigned count, unsigned value)
{
    add(to, tag, 2);
    add(to, type, 2);
    add(to, count, 4);
    if (type == 3 && count == 1) {
        add(to, value, 2);
        add(to, 0, 2);
    } else {
        add(to, value, 4);
    }
}

static void add_rational(struct bytes *to, unsigned value)
{
    add(to, value, 4);
    add(to, 1, 4);
}

enum { DIRECTORY = 8, EXIF = DIRECTORY + 2 + 4 * 12 + 4, VALUES = EXIF + 2 + 4 * 12 + 4 };

/* Orientation, 300 x 150 dpi, 160 x 120 pixels, a subject, a maker's note with a preview, and a
 * thumbnail. */
static struct bytes make_exif(int orientation, const struct bytes *thumbnail,
                              const struct bytes *preview)
{
    struct bytes exif = {0};
    const unsigned note = VALUES + 16 + 8,
                   next = note + (unsigned)preview->size + (preview->size & 1);
    pictures_add(&exif, little ? "II*\0" : "MM\0*", 4);
    add(&exif, DIRECTORY, 4);
    add(&exif, 4, 2);
    add_entry(&exif, 0x0112, 3, 1, (unsigned)orientation);
    add_entry(&exif, 0x011a, 5, 1, VALUES);
    add_entry(&exif, 0x011b, 5, 1, VALUES + 8);
    add_entry(&exif, 0x8769, 4, 1, EXIF);
    add(&exif, next, 4);
    add(&exif, 4, 2);
    add_entry(&exif, 0x9214, 3, 4, VALUES + 16);
    add_entry(&exif, 0x927c, 7, (unsigned)preview->size, note);
    add_entry(&exif, 0xa002, 3, 1, 160);
    add_entry(&exif, 0xa003, 3, 1, 120);
    add(&exif, 0, 4);
    add_rational(&exif, 300);
    add_rational(&exif, 150);
    for (unsigned i = 1; i <= 4; i++)
        add(&exif, i, 2);
    pictures_add(&exif, preview->data, preview->size);
    if (preview->size % 2 == 1)
        pictures_add(&exif, "", 1);
    add(&exif, 2, 2);
    add_entry(&exif, 0x0201, 4, 1, next + 2 + 2 * 12 + 4);
    add_entry(&exif, 0x0202, 4, 1, (unsigned)thumbnail->size);
    add(&exif, 0, 4);
    pictures_add(&exif, thumbnail->data, thumbnail->size);
    return exif;
}

/* A JPEG file of a single shade. */
static struct bytes jpeg_of(int width, int height, int shade)
{
    const struct tri_shape shape = {width, height, 3, 8};
    struct tri_image *image;
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape, &image, NULL), TRI_OK);
    for (int p = 0; p < 3; p++)
        for (int y = 0; y < height; y++)
            memset(tri_image_row(image, p, y), shade, (size_t)width);
    const char *path = pictures_path("shade.jpg");
    CU_ASSERT_EQUAL_FATAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    struct bytes file = pictures_load(path);
    unlink(path);
    tri_image_free(image);
    return file;
}

static bool holds(const struct bytes *file, const struct bytes *part)
{
    return memmem(file->data, file->size, part->data + 20, part->size - 40) != NULL;
}

static uint32_t number(const struct tri_ifd *exif, size_t directory, unsigned tag)
{
    unsigned char *entry = tri_ifd_find(exif, directory, tag);
    return entry != NULL ? tri_ifd_number(exif, entry) : 0;
}

static uint32_t numerator(const struct tri_ifd *exif, unsigned tag)
{
    size_t size;
    unsigned char *entry = tri_ifd_find(exif, tri_ifd_first(exif), tag);
    unsigned char *value = entry != NULL ? tri_ifd_value(exif, entry, &size) : NULL;
    return value != NULL ? tri_ifd_get_32(exif, value) : 0;
}

/* The first sample of the last directory's thumbnail; -1 if there is none. */
static int shade_of_thumbnail(const struct tri_ifd *exif, int *width, int *height)
{
    const size_t directory = tri_ifd_next(exif, tri_ifd_first(exif));
    const uint32_t at = number(exif, directory, 0x0201), size = number(exif, directory, 0x0202);
    if (directory == 0)
        return -1;
    CU_ASSERT_TRUE_FATAL(at + size <= exif->size);
    const char *path = pictures_path("thumbnail.jpg");
    pictures_store(path, exif->data + at, size);
    struct tri_image *image = pictures_read(path, NULL);
    unlink(path);
    const int shade = pictures_sample(image, 0, 0, 0);
    *width = image->shape.width;
    *height = image->shape.height;
    tri_image_free(image);
    return shade;
}

/* Writes an image of shade 250, with EXIF whose thumbnail and preview have shade 10. */
static void expect_fit(const char *format, int orientation, int width, int height, bool thumbnail)
{
    struct bytes old = jpeg_of(64, 48, 10), preview = jpeg_of(80, 60, 10),
                 exif = make_exif(orientation, &old, &preview);
    struct bytes picture = jpeg_of(width, height, 250);
    struct tri_metadata *metadata = tri_metadata_new();
    struct tri_read_info info = {.size = sizeof info};
    char note[TRI_NOTE_MAX] = "";
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    CU_ASSERT_TRUE(tri_metadata_add(metadata, "eXIf", exif.data, exif.size));
    const char *path = pictures_path("shade.jpg");
    pictures_store(path, picture.data, picture.size);
    struct tri_image *image = pictures_read(path, NULL);
    unlink(path);
    char name[40];
    snprintf(name, sizeof name, "fit.%s", format);
    path = pictures_path(name);
    CU_ASSERT_EQUAL_FATAL(
        tri_image_write(
            path, image,
            &WRITE_OPTIONS(.metadata = metadata, .tell = pictures_keep_note, .listener = note),
            NULL),
        TRI_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(note, "preview"));
    struct bytes file = pictures_load(path);
    CU_ASSERT_FALSE(holds(&file, &old));
    CU_ASSERT_FALSE(holds(&file, &preview));
    tri_image_free(image);
    image = pictures_read(path, &info); /* applies the orientation */
    unlink(path);
    const struct tri_metadata_item *item = tri_metadata_find(info.metadata, "eXIf");
    CU_ASSERT_PTR_NOT_NULL_FATAL(item);
    struct tri_ifd fitted;
    CU_ASSERT_TRUE_FATAL(tri_ifd_open(&fitted, item->data, item->size));
    const size_t sub = tri_ifd_sub(&fitted, tri_ifd_first(&fitted), 0x8769);
    CU_ASSERT_EQUAL(number(&fitted, sub, 0xa002), image->shape.width);
    CU_ASSERT_EQUAL(number(&fitted, sub, 0xa003), image->shape.height);
    CU_ASSERT_PTR_NULL(tri_ifd_find(&fitted, sub, 0x9214));
    CU_ASSERT_EQUAL(numerator(&fitted, 0x011a), orientation >= 5 ? 150 : 300);
    CU_ASSERT_EQUAL(numerator(&fitted, 0x011b), orientation >= 5 ? 300 : 150);
    CU_ASSERT_EQUAL(tri_exif_orientation(item->data, item->size), 1);
    const struct tri_metadata_item *density = tri_metadata_find(info.metadata, "pHYs");
    CU_ASSERT_TRUE(density != NULL && memcmp(density->data,
                                             orientation >= 5 ? "\0\0\x17\x12\0\0\x2e\x23\1"
                                                              : "\0\0\x2e\x23\0\0\x17\x12\1",
                                             9) == 0);
    int w = 0, h = 0;
    const int shade = shade_of_thumbnail(&fitted, &w, &h);
    CU_ASSERT_TRUE(thumbnail ? shade >= 247 : shade == -1);
    CU_ASSERT_TRUE(!thumbnail || (w == 160 && h == 160 * height / width) ||
                   (h == 160 && w == 160 * width / height));
    tri_metadata_free(info.metadata);
    tri_metadata_free(metadata);
    tri_image_free(image);
    free(old.data);
    free(preview.data);
    free(exif.data);
    free(picture.data);
    free(file.data);
}

static void test_fit(void)
{
    static const char *const formats[] = {"jpg", "png", "webp"};
    for (int i = 0; i < 3; i++) {
        if (tri_format_find(formats[i]) == NULL || tri_format_find("jpeg") == NULL)
            continue;
        for (int order = 0; order <= 1; order++) {
            little = order;
            expect_fit(formats[i], 1, 400, 300, true);
            expect_fit(formats[i], 3, 300, 400, true);
            expect_fit(formats[i], 1, 160, 100, false); /* no larger than a thumbnail */
            expect_fit(formats[i], 6, 60, 80, false);
        }
    }
}

/* With any byte changed, the result must at worst be something else. */
static void test_any_bytes(void)
{
    if (tri_format_find("jpeg") == NULL) {
        test_skip("JPEG is not built in");
        return;
    }
    struct bytes old = {(unsigned char *)"\xff\xd8\xff\xe0thumb\xff\xd9", 11, 0},
                 exif = make_exif(1, &old, &old);
    struct tri_image *image = pictures_scene(200, 9, 1, 8);
    const struct tri_exif_picture picture = {image, NULL};
    for (size_t i = 0; i < exif.size; i++) {
        for (int change = 1; change < 256; change += 27) {
            size_t size;
            bool blanked;
            exif.data[i] ^= (unsigned char)change;
            unsigned char *fitted = tri_exif_fit(exif.data, exif.size, &picture, &size, &blanked);
            CU_ASSERT_TRUE(fitted != NULL && size <= exif.size);
            tri_exif_turn(fitted, size);
            tri_exif_forget_places(fitted, size);
            free(fitted);
            exif.data[i] ^= (unsigned char)change;
        }
    }
    for (size_t cut = 0; cut < exif.size; cut++) {
        size_t size;
        bool blanked;
        unsigned char *part = malloc(cut + 1), *fitted;
        CU_ASSERT_PTR_NOT_NULL_FATAL(part);
        memcpy(part, exif.data, cut);
        fitted = tri_exif_fit(part, cut, &picture, &size, &blanked);
        CU_ASSERT_TRUE(fitted != NULL && size <= cut);
        free(fitted);
        free(part);
    }
    tri_image_free(image);
    free(exif.data);
}

/* ---- text ---- */

static void expect_text(const struct tri_metadata *metadata, unsigned tag, const char *wanted)
{
    const struct tri_metadata_item *exif = tri_metadata_find(metadata, "eXIf");
    struct tri_ifd ifd;
    size_t size;
    CU_ASSERT_PTR_NOT_NULL_FATAL(exif);
    CU_ASSERT_FATAL(tri_ifd_open(&ifd, exif->data, exif->size));
    unsigned char *entry = tri_ifd_find(&ifd, tri_ifd_first(&ifd), tag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
    CU_ASSERT_STRING_EQUAL((const char *)tri_ifd_value(&ifd, entry, &size), wanted);
}

/* Texts that share a tag are joined, each once. */
static void test_joined_text(void)
{
    static const char *const texts[][2] = {
        {"Comment", "one"},   {"Comment", "two"}, {"Description", "what it shows"},
        {"Comment", "one"},   {"Author", "Ann"},  {"Author", "Bo"},
        {"Comment", "tw"},    {"Author", "Ann"},  {"Title", ""},
        {"Copyright", "mine"}};
    static const char *const formats[] = {"webp", "tiff"};
    for (int f = 0; f < 2; f++) {
        if (tri_format_find(formats[f]) == NULL)
            continue;
        struct tri_metadata *metadata = tri_metadata_new();
        struct tri_read_info info = {.size = sizeof info};
        const char *path = pictures_path(f == 0 ? "text.webp" : "text.tiff");
        char note[TRI_NOTE_MAX] = "";
        struct tri_image *image = pictures_scene(8, 8, 3, 8);
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            char item[80];
            const int size = snprintf(item, sizeof item, "%s%c%s", texts[i][0], 0, texts[i][1]);
            CU_ASSERT_TRUE(tri_metadata_add(metadata, "tEXt", item, (size_t)size));
        }
        CU_ASSERT_EQUAL(
            tri_image_write(
                path, image,
                &WRITE_OPTIONS(.metadata = metadata, .tell = pictures_keep_note, .listener = note),
                NULL),
            TRI_OK);
        CU_ASSERT_STRING_EQUAL(note, "");
        tri_image_free(image);
        tri_image_free(pictures_read(path, &info));
        expect_text(info.metadata, TRI_TAG_DESCRIPTION, "one\ntwo\nwhat it shows\ntw");
        expect_text(info.metadata, TRI_TAG_ARTIST, "Ann; Bo");
        expect_text(info.metadata, TRI_TAG_COPYRIGHT, "mine");
        tri_metadata_free(info.metadata);
        tri_metadata_free(metadata);
        unlink(path);
    }
}

int test_exif_fit_suite(void)
{
    CU_pSuite suite = CU_add_suite("exif fit", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "sizes, density, thumbnail, previews", test_fit) &&
             CU_add_test(suite, "every byte changed or cut", test_any_bytes) &&
             CU_add_test(suite, "text that shares a tag", test_joined_text));
}
