/* test_png_write.c -- writing PNG files: the same bytes with any number of workers, sizes,
 * metadata. */
#include "codec/deflate.h"
#include "tests.h"
#include "codec/metadata.h"
#include "image/image.h"

#include <CUnit/Basic.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/triptych-test-XXXXXX";
static char path[64], other[64];

static int enter(void)
{
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/written.png", folder);
    snprintf(other, sizeof other, "%s/other.png", folder);
    return 0;
}

static int leave(void)
{
    unlink(path);
    unlink(other);
    return rmdir(folder);
}

struct bytes {
    unsigned char *data;
    size_t size;
};

static struct bytes load(const char *name)
{
    struct bytes bytes = {0};
    FILE *file = fopen(name, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fseek(file, 0, SEEK_END);
    bytes.size = (size_t)ftell(file);
    rewind(file);
    bytes.data = malloc(bytes.size + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes.data);
    CU_ASSERT_EQUAL(fread(bytes.data, 1, bytes.size, file), bytes.size);
    fclose(file);
    return bytes;
}

enum content { NOISE, SMOOTH, FLAT, CONTENTS };

static struct tri_image *picture(int width, int height, int planes, int bits, enum content content)
{
    const struct tri_shape shape = {width, height, planes, bits};
    struct tri_image *image;
    uint32_t state = (uint32_t)(width * 31 + planes);
    CU_ASSERT_EQUAL_FATAL(tri_image_new(&shape, &image, NULL), TRI_OK);
    for (int plane = 0; plane < planes; plane++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                state = state * 1664525 + 1013904223;
                uint32_t value = state >> 16;
                if (content == SMOOTH)
                    value = (uint32_t)(x * 37 + y * 91 + plane * 999) + (value & 255);
                else if (content == FLAT)
                    value = (uint32_t)((x / 40 + y / 60 + plane) % 3 * 20000);
                if (bits == 8)
                    ((uint8_t *)tri_image_row(image, plane, y))[x] = (uint8_t)(value >> 8);
                else
                    ((uint16_t *)tri_image_row(image, plane, y))[x] = (uint16_t)value;
            }
    return image;
}

static size_t write_image(const struct tri_image *image, enum tri_png_level level,
                          struct tri_pool *pool)
{
    const struct tri_write_options options = {
        .size = sizeof options, .png_level = level, .pool = pool};
    struct tri_error error = {0};
    CU_ASSERT_EQUAL(tri_image_write(path, image, &options, &error), TRI_OK);
    struct bytes file = load(path);
    free(file.data);
    return file.size;
}

/* As libpng reads it: a chain of chunks and CRCs without a warning. */
static bool equals_libpng(const struct tri_image *image)
{
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    FILE *file = fopen(path, "rb");
    const size_t size =
        (size_t)image->shape.width * (size_t)image->shape.planes * tri_sample_bytes(&image->shape);
    unsigned char *row = malloc(size);
    const uint16_t probe = 1;
    bool equal = true;
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    if (setjmp(png_jmpbuf(png)))
        CU_FAIL_FATAL("libpng cannot read it");
    png_init_io(png, file);
    png_set_benign_errors(png, 0);
    png_read_png(png, info, *(const uint8_t *)&probe == 1 ? PNG_TRANSFORM_SWAP_ENDIAN : 0, NULL);
    equal = png_get_rowbytes(png, info) == size &&
            png_get_image_height(png, info) == (png_uint_32)image->shape.height;
    for (int y = 0; equal && y < image->shape.height; y++) {
        tri_row_join(image, y, row);
        equal = memcmp(row, png_get_rows(png, info)[y], size) == 0;
    }
    png_destroy_read_struct(&png, &info, NULL);
    fclose(file);
    free(row);
    return equal;
}

static void expect_round_trip(const struct tri_image *image, enum tri_png_level level)
{
    struct tri_image *back = NULL;
    struct tri_read_info info = {.size = sizeof info};
    write_image(image, level, NULL);
    CU_ASSERT_TRUE(equals_libpng(image));
    CU_ASSERT_EQUAL_FATAL(tri_image_read(path, NULL, &back, &info, NULL), TRI_OK);
    CU_ASSERT_STRING_EQUAL(info.warning, "");
    CU_ASSERT_EQUAL(tri_image_compare(image, back).count, 0);
    tri_metadata_free(info.metadata);
    tri_image_free(back);
}

static void test_round_trips(void)
{
    static const int sides[][2] = {{1, 1}, {1, 9}, {63, 3}, {64, 2}, {65, 5}, {300, 1}, {129, 70}};
    for (int planes = 1; planes <= 4; planes++)
        for (int bits = 8; bits <= 16; bits += 8)
            for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++)
                for (int level = TRI_PNG_DEFAULT; level <= TRI_PNG_SMALL; level++)
                    for (int content = 0; content < CONTENTS; content++) {
                        struct tri_image *image =
                            picture(sides[i][0], sides[i][1], planes, bits, (enum content)content);
                        expect_round_trip(image, (enum tri_png_level)level);
                        tri_image_free(image);
                    }
}

/* Several strips: of many rows, of very many, and of one row that is longer than a strip. */
static void test_strips(void)
{
    static const int sides[][2] = {{700, 1801}, {3, 400000}, {1000000, 2}};
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++)
        for (int level = TRI_PNG_DEFAULT; level <= TRI_PNG_SMALL; level++)
            for (int content = 0; content < CONTENTS; content++) {
                if (level == TRI_PNG_SMALL && content != NOISE) /* to save time */
                    continue;
                struct tri_image *image =
                    picture(sides[i][0], sides[i][1], 2, 8, (enum content)content);
                expect_round_trip(image, (enum tri_png_level)level);
                tri_image_free(image);
            }
}

static void test_workers(void)
{
    static const int workers[] = {1, 2, 3, 8};
    for (int level = TRI_PNG_DEFAULT; level <= TRI_PNG_SMALL; level++)
        for (int content = 0; content < CONTENTS; content++) {
            if (level == TRI_PNG_SMALL && content != SMOOTH) /* to save time */
                continue;
            struct tri_image *image =
                picture(1100, 1001, level == TRI_PNG_SMALL ? 1 : 3, 16, (enum content)content);
            write_image(image, (enum tri_png_level)level, NULL);
            struct bytes alone = load(path);
            for (size_t i = 0; i < sizeof workers / sizeof workers[0]; i++) {
                struct tri_pool *pool = NULL;
                CU_ASSERT_EQUAL_FATAL(tri_pool_new(workers[i], &pool, NULL), TRI_OK);
                write_image(image, (enum tri_png_level)level, pool);
                struct bytes file = load(path);
                CU_ASSERT_EQUAL(file.size, alone.size);
                CU_ASSERT_TRUE(file.size == alone.size &&
                               memcmp(file.data, alone.data, file.size) == 0);
                free(file.data);
                tri_pool_free(pool);
            }
            free(alone.data);
            tri_image_free(image);
        }
}

/* ---- sizes ---- */

static size_t libpng_size(const struct tri_image *image, int level)
{
    static const int colours[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                  PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    const struct tri_shape *shape = &image->shape;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    unsigned char *row = malloc((size_t)shape->width * 8);
    FILE *file = fopen(other, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)shape->width, (png_uint_32)shape->height, shape->bits,
                 colours[shape->planes], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, level);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_ALL_FILTERS);
    png_write_info(png, info);
    png_set_swap(png);
    for (int y = 0; y < shape->height; y++) {
        tri_row_join(image, y, row);
        png_write_row(png, row);
    }
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(file);
    free(row);
    struct bytes written = load(other);
    free(written.data);
    return written.size;
}

static void expect_sizes(const char *name, struct tri_pool *pool, bool small)
{
    struct tri_image *image = NULL;
    CU_ASSERT_EQUAL_FATAL(tri_image_read(name, NULL, &image, NULL, NULL), TRI_OK);
    const size_t usual = write_image(image, TRI_PNG_DEFAULT, pool),
                 fast = write_image(image, TRI_PNG_FAST, pool);
    const size_t least = small ? write_image(image, TRI_PNG_SMALL, pool) : 0;
    const size_t reference = libpng_size(image, 6);
    if (usual > reference * 115 / 100 || fast > usual * 130 / 100) {
        printf("%s: default %zu, fast %zu, libpng's level 6 %zu bytes\n", name, usual, fast,
               reference);
        CU_FAIL("larger than it should be");
    }
    if (small) {
        const size_t most = libpng_size(image, 9);
        if (least > most)
            printf("%s: small %zu, libpng's level 9 %zu bytes\n", name, least, most);
        CU_ASSERT_TRUE(least <= most);
    }
    tri_image_free(image);
}

static void test_sizes(void)
{
    char photo[1024];
    const char *mode = getenv("TRIPTYCH_TESTS");
    const bool quick = mode != NULL && strcmp(mode, "quick") == 0;
    struct tri_pool *pool = NULL;
    CU_ASSERT_EQUAL_FATAL(tri_pool_new(2, &pool, NULL), TRI_OK);
    expect_sizes("images/street.png", pool, true);
    if (test_data("photos/storm-1280.png", photo) == NULL) {
        tri_pool_free(pool);
        test_skip("no photographs");
        return;
    }
    expect_sizes(photo, pool, !quick);
    if (!quick && test_data("photos/elephants-3840x2160.png", photo) != NULL)
        expect_sizes(photo, pool, true);
    tri_pool_free(pool);
}

/* ---- metadata ---- */

/* The types of the chunks in the file, in order, each once. */
static void list_chunks(char list[400])
{
    struct bytes file = load(path);
    list[0] = '\0';
    for (size_t at = 8; at + 12 <= file.size; at += 12 + png_get_uint_32(file.data + at)) {
        char type[6] = "";
        memcpy(type, file.data + at + 4, 4);
        if (strlen(list) < 390 &&
            (strlen(list) < 5 || strncmp(list + strlen(list) - 5, type, 4) != 0))
            strcat(strcat(list, type), " ");
    }
    free(file.data);
}

static void add(struct tri_metadata *metadata, const char type[5], const void *data, size_t size)
{
    CU_ASSERT_TRUE(tri_metadata_add(metadata, type, data, size));
}

static void write_with(const struct tri_metadata *metadata, int planes, char list[400])
{
    struct tri_image *image = picture(5, 4, planes, 8, NOISE), *back = NULL;
    const struct tri_write_options options = {.size = sizeof options, .metadata = metadata};
    struct tri_read_info info = {.size = sizeof info};
    CU_ASSERT_EQUAL(tri_image_write(path, image, &options, NULL), TRI_OK);
    CU_ASSERT_TRUE(equals_libpng(image));
    CU_ASSERT_EQUAL(tri_image_read(path, NULL, &back, &info, NULL), TRI_OK);
    CU_ASSERT_STRING_EQUAL(info.warning, "");
    CU_ASSERT_EQUAL(tri_image_compare(image, back).count, 0);
    tri_metadata_free(info.metadata);
    tri_image_free(back);
    tri_image_free(image);
    list_chunks(list);
}

static void make_profile(unsigned char profile[200])
{
    uint32_t state = 1;
    memset(profile, 0, 132);
    for (int i = 132; i < 200; i++) /* libpng rejects profiles that compress too well */
        profile[i] = (unsigned char)((state = state * 1664525 + 1013904223) >> 24);
    png_save_uint_32(profile, 200);
    profile[8] = 2;
    memcpy(profile + 12, "mntrRGB XYZ ", 12);
    memcpy(profile + 36, "acsp", 4);
    memcpy(profile + 68, "\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d",
           12); /* D50, the only permitted illuminant */
}

/* Expects this content of a chunk type. */
static void expect_chunk(const char *type, const void *data, size_t size)
{
    struct bytes file = load(path);
    bool found = false;
    for (size_t at = 8; at + 12 <= file.size; at += 12 + png_get_uint_32(file.data + at))
        found |= memcmp(file.data + at + 4, type, 4) == 0 &&
                 png_get_uint_32(file.data + at) == size &&
                 memcmp(file.data + at + 8, data, size) == 0;
    free(file.data);
    CU_ASSERT_TRUE(found);
}

static void test_metadata(void)
{
    static const unsigned char gamma[4] = {0, 0, 0xb1, 0x8f},
                               unit[9] = {0, 0, 0x0b, 0x13, 0, 0, 0x0b, 0x13, 1};
    static const unsigned char white[32] = {0, 0, 0x7a, 0x26, 0, 0, 0x80, 0x84, 0, 0, 0xfa, 0,
                                            0, 0, 0x80, 0xe8, 0, 0, 0x75, 0x30, 0, 0, 0xea, 0x60,
                                            0, 0, 0x3a, 0x98, 0, 0, 0x17, 0x70};
    unsigned char profile[200];
    char list[400];
    struct tri_metadata *metadata = tri_metadata_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    make_profile(profile);
    add(metadata, "tEXt", "Title\0a title", 13);
    add(metadata, "sRGB", "\1", 1);
    add(metadata, "gAMA", gamma, 4);
    add(metadata, "cHRM", white, 32);
    add(metadata, "pHYs", unit, 9);
    add(metadata, "eXIf", "MM\0\52\0\0\0\10\0\0\0\0\0\0", 14);
    add(metadata, "iTXt", "Author\0\0\0\0\0somebody", 19);
    add(metadata, "what", "ever", 4);
    write_with(metadata, 3, list);
    CU_ASSERT_STRING_EQUAL(list, "IHDR sRGB gAMA cHRM pHYs eXIf tEXt iTXt IDAT IEND ");
    expect_chunk("tEXt", "Title\0a title", 13);
    expect_chunk("gAMA", gamma, 4);
    expect_chunk("pHYs", unit, 9);
    add(metadata, "iCCP", profile, sizeof profile);
    write_with(metadata, 4, list);
    CU_ASSERT_STRING_EQUAL(list, "IHDR iCCP gAMA cHRM pHYs eXIf tEXt iTXt IDAT IEND ");
    write_with(metadata, 1, list); /* gray: the profile does not fit */
    CU_ASSERT_STRING_EQUAL(list, "IHDR sRGB gAMA cHRM pHYs eXIf tEXt iTXt IDAT IEND ");
    tri_metadata_free(metadata);
}

static void test_broken_metadata(void)
{
    char list[400], long_word[100];
    struct tri_metadata *metadata = tri_metadata_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    memset(long_word, 'x', sizeof long_word);
    long_word[80] = '\0';
    add(metadata, "sRGB", "", 0);
    add(metadata, "gAMA", "123", 3);
    add(metadata, "cHRM", "1234", 4);
    add(metadata, "pHYs", "12345678", 8);
    add(metadata, "eXIf", "", 0);
    add(metadata, "tEXt", "\0no keyword", 11);
    add(metadata, "tEXt", "no end", 6);
    add(metadata, "zTXt", "", 0);
    add(metadata, "iTXt", long_word, sizeof long_word);
    add(metadata, "iCCP", "no profile", 10);
    write_with(metadata, 3, list);
    CU_ASSERT_STRING_EQUAL(list, "IHDR IDAT IEND ");
    tri_metadata_free(metadata);
}

static void test_profile(void)
{
    unsigned char profile[200];
    struct tri_metadata *metadata = tri_metadata_new();
    struct tri_image *image = picture(5, 4, 3, 8, NOISE);
    const struct tri_write_options options = {.size = sizeof options, .metadata = metadata};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_charp name = NULL;
    png_bytep found = NULL;
    png_uint_32 size = 0;
    int method;
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    make_profile(profile);
    add(metadata, "iCCP", profile, sizeof profile);
    CU_ASSERT_EQUAL(tri_image_write(path, image, &options, NULL), TRI_OK);
    FILE *file = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    if (setjmp(png_jmpbuf(png)))
        CU_FAIL_FATAL("libpng cannot read it");
    png_init_io(png, file);
    png_read_info(png, info);
    CU_ASSERT_EQUAL(png_get_iCCP(png, info, &name, &method, &found, &size), PNG_INFO_iCCP);
    CU_ASSERT_TRUE(size == sizeof profile && memcmp(found, profile, size) == 0);
    png_destroy_read_struct(&png, &info, NULL);
    fclose(file);
    tri_metadata_free(metadata);
    tri_image_free(image);
}

/* Flat graphics with deflaters at various addresses: their output must not depend on these. */
static void test_places(void)
{
    enum { PLACES = 500, SIZE = 60000 };
    static struct tri_deflate *deflaters[PLACES];
    static uint8_t data[SIZE];
    const struct tri_deflate_input input = {.data = data, .size = SIZE, .last = true};
    uint8_t *first = malloc(tri_deflate_bound(SIZE)), *again = malloc(tri_deflate_bound(SIZE));
    CU_ASSERT_TRUE_FATAL(first != NULL && again != NULL);
    for (int i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(i % 1021 == 0  ? 1
                            : i % 1021 < 4 ? i / 1021 * 3 + i % 1021 * 50 - 50
                                           : 2);
    for (int effort = TRI_DEFLATE_FAST; effort <= TRI_DEFLATE_DEFAULT; effort++) {
        size_t size = 0;
        int different = 0;
        for (int i = 0; i < PLACES; i++) {
            deflaters[i] = tri_deflate_new((enum tri_deflate_effort)effort);
            CU_ASSERT_PTR_NOT_NULL_FATAL(deflaters[i]);
            const size_t made = tri_deflate_piece(deflaters[i], &input, i == 0 ? first : again);
            size = i == 0 ? made : size;
            different += made != size || (i > 0 && memcmp(first, again, size) != 0);
        }
        for (int i = 0; i < PLACES; i++)
            tri_deflate_free(deflaters[i]);
        CU_ASSERT_EQUAL(different, 0);
    }
    free(first);
    free(again);
}

int test_png_write_suite(void)
{
    CU_pSuite suite = CU_add_suite("png_write", enter, leave);
    return !(suite && CU_add_test(suite, "round trips", test_round_trips) &&
             CU_add_test(suite, "several strips", test_strips) &&
             CU_add_test(suite, "the same bytes by any number of workers", test_workers) &&
             CU_add_test(suite, "the same bytes wherever in memory", test_places) &&
             CU_add_test(suite, "sizes", test_sizes) &&
             CU_add_test(suite, "metadata", test_metadata) &&
             CU_add_test(suite, "metadata that is broken", test_broken_metadata) &&
             CU_add_test(suite, "colour profile", test_profile));
}
