/* test_png_metadata.c -- metadata in PNG files. */
#include "png_files.h"
#include "tests.h"

#include "codec/metadata.h"

#include <CUnit/Basic.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

struct item {
    const char *type;
    const void *data;
    size_t size;
};

static void begin(struct bytes *file)
{
    *file = (struct bytes){0};
    png_add_header(file, 2, 2, 8, PNG_COLOR_TYPE_GRAY);
}

static void put_pixels(struct bytes *file)
{
    png_add_pixels(file, "\0\1\2\0\3\4", 6, 0, false);
}

/* Ends the file, and reads it: expects just these items, in this order. */
static void expect_items(struct bytes *file, const struct item *items, int count)
{
    const char *path = pictures_path("items.png");
    struct tri_image *image;
    struct tri_read_info info = {.size = sizeof info};

    png_add_chunk(file, "IEND", NULL, 0);
    png_add_chunk(file, "tEXt", "After\0end", 9);
    pictures_store(path, file->data, file->size);
    CU_ASSERT_EQUAL_FATAL(tri_image_read(path, NULL, &image, &info, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_metadata_count(info.metadata), count);
    for (int i = 0; i < count && i < tri_metadata_count(info.metadata); i++) {
        const struct tri_metadata_item *item = tri_metadata_at(info.metadata, i);
        CU_ASSERT_STRING_EQUAL(item->type, items[i].type);
        CU_ASSERT_EQUAL_FATAL(item->size, items[i].size);
        CU_ASSERT_EQUAL(memcmp(item->data, items[i].data, item->size), 0);
    }
    tri_metadata_free(info.metadata);
    tri_image_free(image);
    free(file->data);
    unlink(path);
}

static void test_every_type(void)
{
    static const struct item items[] = {
        {"gAMA", "\0\0\261\217", 4},
        {"cHRM", "0123456789abcdef0123456789ABCDEF", 32},
        {"sRGB", "\0", 1},
        {"pHYs", "\0\0\13\23\0\0\13\23\1", 9},
        {"eXIf", "II*\0\10\0\0\0", 8},
        {"tEXt", "Title\0a name", 12},
        {"zTXt", "Comment\0\0x\234\3\0\0\0\0\1", 17},
        {"iTXt", "Author\0\0\0\0\0nobody", 17},
        {"tEXt", "Title\0another name", 18},
        {"cICP", "\11\20\0\1", 4},
        {"mDCV", "0123456789abcdef01234567", 24},
        {"cLLI", "01234567", 8},
        {"sBIT", "\5", 1},
    };
    enum { COUNT = sizeof items / sizeof items[0] };
    struct item wanted[COUNT];
    struct bytes file;

    begin(&file);
    for (int i = 0; i < 6; i++)
        png_add_chunk(&file, items[i].type, items[i].data, items[i].size);
    for (int i = 9; i < COUNT; i++)
        png_add_chunk(&file, items[i].type, items[i].data, items[i].size);
    put_pixels(&file);
    for (int i = 6; i < 9; i++) /* text may come after the pixels */
        png_add_chunk(&file, items[i].type, items[i].data, items[i].size);
    memcpy(wanted, items, 6 * sizeof items[0]);
    memcpy(wanted + 6, items + 9, 4 * sizeof items[0]);
    memcpy(wanted + 10, items + 6, 3 * sizeof items[0]);
    wanted[10] = (struct item){"tEXt", "Comment\0", 8}; /* inflated */
    expect_items(&file, wanted, COUNT);
}

static void test_none(void)
{
    struct bytes file;
    begin(&file);
    png_add_chunk(&file, "tIME", "\7\352\13\27\0\0\0", 7);
    png_add_chunk(&file, "bKGD", "\0\0", 2);
    put_pixels(&file);
    expect_items(&file, NULL, 0);
}

/* Each of these is dropped because of its size, keyword or start, and the valid one after it
 * counts. */
static void test_unsound(void)
{
    static const struct item unsound[] = {
        {"gAMA", "\0\0\1", 3},
        {"gAMA", "\0\0\261\217\0", 5},
        {"sRGB", "", 0},
        {"cHRM", "0123", 4},
        {"pHYs", "\0\0\13\23", 4},
        {"eXIf", "Exif\0\0II*\0", 10},
        {"eXIf", "II*", 3},
        {"eXIf", "MM*\0\0\0", 6},
        {"tEXt", "no end", 6},
        {"tEXt", "\0text", 5},
        {"zTXt", "", 0},
        {"iTXt", "\0", 1},
        {"iCCP", "name\0", 5},
        {"iCCP", "name\0\0", 6},
        {"iCCP", "name\0\1x\234\3\0\0\0\0\1", 14},
        {"iCCP", "name\0\0x\234\3\0\0\0\0\1", 14},
        {"iCCP", "name\0\0nothing deflated", 22},
    };
    static const struct item sound[] = {{"gAMA", "\0\0\261\217", 4}, {"eXIf", "MM\0*\0\0\0\10", 8}};
    char keyword[100];
    struct bytes file;

    begin(&file);
    for (size_t i = 0; i < sizeof unsound / sizeof unsound[0]; i++)
        png_add_chunk(&file, unsound[i].type, unsound[i].data, unsound[i].size);
    memset(keyword, 'k', sizeof keyword);
    keyword[80] = '\0';
    png_add_chunk(&file, "tEXt", keyword, 90);
    for (int i = 0; i < 2; i++)
        png_add_chunk(&file, sound[i].type, sound[i].data, sound[i].size);
    png_add_chunk(&file, "gAMA", "\0\0\0\1", 4); /* the first counts */
    put_pixels(&file);
    expect_items(&file, sound, 2);

    begin(&file);
    keyword[79] = '\0'; /* the maximum length */
    png_add_chunk(&file, "tEXt", keyword, 90);
    png_add_chunk(&file, "gAMA", "\0\0\0\1", 4);
    file.data[file.size - 1] ^= 1; /* its CRC */
    put_pixels(&file);
    expect_items(&file, &(struct item){"tEXt", keyword, 90}, 1);
}

/* Adds a chunk with a profile of `size` bytes of a simple pattern. */
static void add_profile(struct bytes *file, size_t size, size_t cut)
{
    unsigned char *profile = malloc(size), *chunk = malloc(compressBound(size) + 6);
    uLongf packed = compressBound(size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(profile);
    CU_ASSERT_PTR_NOT_NULL_FATAL(chunk);
    for (size_t i = 0; i < size; i++)
        profile[i] = (unsigned char)(i * i >> 5);
    memcpy(chunk, "name\0", 6);
    CU_ASSERT_EQUAL(compress(chunk + 6, &packed, profile, size), Z_OK);
    png_add_chunk(file, "iCCP", chunk, packed + 6 - cut);
    free(profile);
    free(chunk);
}

static void test_profiles(void)
{
    static const size_t sizes[] = {1, 600, 16384, 16385, 100000, 5000000, (size_t)16 << 20};
    struct bytes file;

    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        unsigned char *profile = malloc(sizes[k]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(profile);
        for (size_t i = 0; i < sizes[k]; i++)
            profile[i] = (unsigned char)(i * i >> 5);
        begin(&file);
        add_profile(&file, sizes[k] + 5, 3); /* a truncated one is dropped */
        add_profile(&file, sizes[k], 0);
        add_profile(&file, 7, 0); /* one is enough */
        put_pixels(&file);
        expect_items(&file, &(struct item){"iCCP", profile, sizes[k]}, 1);
        free(profile);
    }
    begin(&file);
    add_profile(&file, ((size_t)16 << 20) + 1, 0); /* larger than any profile */
    put_pixels(&file);
    expect_items(&file, NULL, 0);
}

/* ---- chunks of unknown meaning ---- */

/* Those safe to copy stay on their side of the pixels. */
static void test_unknown(void)
{
    static const struct item items[] = {
        {"PNG ", "\0tsTcahead", 10}, {"PNG ", "\0viEw", 5}, {"PNG ", "\1tsTcbehind", 11}};
    struct bytes file;
    begin(&file);
    png_add_chunk(&file, "tsTc", "ahead", 5);
    png_add_chunk(&file, "tsTC", "unsafe", 6);
    png_add_chunk(&file, "viEw", "", 0);
    put_pixels(&file);
    png_add_chunk(&file, "tsTc", "behind", 6);
    expect_items(&file, items, 3);
}

static struct tri_image *read_unknown(struct tri_read_info *info)
{
    const char *path = pictures_path("unknown.png");
    struct bytes file;
    begin(&file);
    png_add_chunk(&file, "tsTc", "ahead", 5);
    png_add_chunk(&file, "tsTC", "unsafe", 6);
    png_add_chunk(&file, "tsXC", "unsafe", 6);
    put_pixels(&file);
    png_add_chunk(&file, "viEw", "behind", 6);
    png_add_chunk(&file, "IEND", NULL, 0);
    pictures_store(path, file.data, file.size);
    struct tri_image *image = pictures_read(path, info);
    unlink(path);
    free(file.data);
    return image;
}

static size_t place_of(const struct bytes *file, const char *text, size_t size)
{
    const unsigned char *at = memmem(file->data, file->size, text, size);
    return at != NULL ? (size_t)(at - file->data) : 0;
}

static void test_unknown_kept(void)
{
    const char *path = pictures_path("kept.png");
    struct tri_read_info info = {.size = sizeof info};
    struct tri_image *image = read_unknown(&info);
    CU_ASSERT_STRING_EQUAL(info.warning, "chunks of unknown meaning dropped: tsTC, tsXC");
    CU_ASSERT_EQUAL(tri_image_write(path, image, &WRITE_OPTIONS(.metadata = info.metadata), NULL),
                    TRI_OK);
    struct bytes written = pictures_load(path);
    const size_t ahead = place_of(&written, "\0\0\0\5tsTcahead", 13),
                 behind = place_of(&written, "\0\0\0\6viEwbehind", 14),
                 pixels = place_of(&written, "IDAT", 4), end = place_of(&written, "IEND", 4);
    CU_ASSERT_TRUE(0 < ahead && ahead < pixels && pixels < behind && behind < end);
    CU_ASSERT_EQUAL(place_of(&written, "unsafe", 6), 0);
    tri_image_free(pictures_read(path, NULL)); /* libpng finds it sound */
    unlink(path);
    free(written.data);
    tri_metadata_free(info.metadata);
    tri_image_free(image);
}

/* They may hold the picture as it was. */
static void test_unknown_of_another_picture(void)
{
    static const struct {
        const char *pipeline, *note;
    } cases[] = {
        {"copy", ""},
        {"gaussian:sigma=1",
         "chunks of unknown meaning dropped: tsTc, viEw: the picture has changed"},
        {"flip", "chunks of unknown meaning dropped: tsTc, viEw: the picture has changed"},
    };
    for (int i = 0; i < 3; i++) {
        struct tri_read_info info = {.size = sizeof info};
        struct tri_image *image = read_unknown(&info);
        struct tri_pipeline *pipeline;
        char note[TRI_NOTE_MAX] = "";
        CU_ASSERT_EQUAL_FATAL(tri_pipeline_parse(cases[i].pipeline, &pipeline, NULL), TRI_OK);
        const struct tri_metadata_change change = {pipeline, image->shape, image->shape, false};
        tri_metadata_follow(info.metadata, &change, note);
        CU_ASSERT_STRING_EQUAL(note, cases[i].note);
        CU_ASSERT_EQUAL(tri_metadata_count(info.metadata), i == 0 ? 2 : 0);
        tri_pipeline_free(pipeline);
        tri_metadata_free(info.metadata);
        tri_image_free(image);
    }
}

int test_png_metadata_suite(void)
{
    CU_pSuite suite = CU_add_suite("png_metadata", pictures_enter, pictures_leave);
    return !(
        suite && CU_add_test(suite, "every type", test_every_type) &&
        CU_add_test(suite, "none", test_none) && CU_add_test(suite, "unsound ones", test_unsound) &&
        CU_add_test(suite, "profiles", test_profiles) &&
        CU_add_test(suite, "unknown ones", test_unknown) &&
        CU_add_test(suite, "unknown ones kept", test_unknown_kept) &&
        CU_add_test(suite, "unknown ones of another picture", test_unknown_of_another_picture));
}
