/* test_png_fast.c -- the fast PNG reader: the files that it accepts, agreement with libpng, and its
 * parts. */
#include "png_files.h"
#include "tests.h"

#include "codec/png_codec.h"
#include "codec/png_unfilter.h"

#include <CUnit/Basic.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- against libpng ---- */

static void on_write(png_structp png, png_bytep data, size_t size)
{
    pictures_add(png_get_io_ptr(png), data, size);
}

static void on_flush(png_structp png)
{
    (void)png;
}

/* Smooth and noisy parts, written by libpng with a filter chosen per row, or with a single one. */
static struct bytes make_file(int width, int height, int type, int bits, int filters, size_t piece)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    struct bytes file = {0};
    uint32_t state = 1;

    if (setjmp(png_jmpbuf(png)))
        CU_FAIL_FATAL("libpng cannot write");
    png_set_write_fn(png, &file, on_write, on_flush);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, bits, type, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_filter(png, 0, filters);
    png_set_compression_level(png, 3);
    png_set_compression_buffer_size(png, piece);
    png_write_info(png, info);
    const size_t size = png_get_rowbytes(png, info);
    unsigned char *row = calloc(1, size);
    for (int y = 0; y < height; y++) {
        for (size_t i = 0; i < size; i++) {
            state = state * 1664525 + 1013904223;
            row[i] = (unsigned char)(y % 20 < 15 ? i / 3 + (size_t)y + (state >> 30) : state >> 24);
        }
        png_write_row(png, row);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    free(row);
    return file;
}

static struct tri_source source_of(const struct bytes *file, struct tri_pool *pool,
                                   struct tri_error *error)
{
    return (struct tri_source){.name = "file",
                               .data = file->data,
                               .size = file->size,
                               .max_pixels = TRI_PIXEL_LIMIT,
                               .pool = pool,
                               .error = error};
}

static void expect_equal(const struct bytes *file, struct tri_pool *pool)
{
    struct tri_error error = {0};
    struct tri_source source = source_of(file, pool, &error);
    struct tri_image *fast = NULL, *slow = NULL;

    CU_ASSERT_TRUE_FATAL(tri_png_read_fast(&source, &fast));
    CU_ASSERT_EQUAL_FATAL(tri_png_read(&source, &slow), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_compare(slow, fast).count, 0);
    tri_image_free(fast);
    tri_image_free(slow);
}

static const int types[4] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_GRAY_ALPHA,
                             PNG_COLOR_TYPE_RGB_ALPHA};

static void test_kinds(void)
{
    static const int sides[][2] = {{1, 1}, {1, 7}, {2, 3}, {5, 1}, {33, 4}, {320, 241}, {70000, 5}};
    static const int filters[] = {PNG_ALL_FILTERS, PNG_FILTER_NONE, PNG_FILTER_SUB,
                                  PNG_FILTER_UP,   PNG_FILTER_AVG,  PNG_FILTER_PAETH};
    struct tri_pool *pools[3] = {NULL};

    for (int i = 1; i < 3; i++)
        CU_ASSERT_EQUAL_FATAL(tri_pool_new(i * 2, &pools[i], NULL), TRI_OK);
    for (int kind = 0; kind < 8; kind++)
        for (size_t side = 0; side < sizeof sides / sizeof sides[0]; side++)
            for (size_t filter = 0; filter < (side < 5 ? 6 : 1); filter++) {
                struct bytes file =
                    make_file(sides[side][0], sides[side][1], types[kind / 2], 8 + kind % 2 * 8,
                              filters[filter], side % 2 ? 8192 : 100);
                for (int i = 0; i < 3; i++)
                    expect_equal(&file, pools[i]);
                free(file.data);
            }
    for (int i = 1; i < 3; i++)
        tri_pool_free(pools[i]);
}

/* Many strips, repeatedly: whichever workers join, and whenever. */
static void test_workers(void)
{
    struct bytes file = make_file(1000, 700, PNG_COLOR_TYPE_RGB, 8, PNG_ALL_FILTERS, 8192);
    struct tri_error error;
    struct tri_source source = source_of(&file, NULL, &error);
    struct tri_image *slow = NULL, *fast = NULL;

    CU_ASSERT_EQUAL_FATAL(tri_pool_new(3, &source.pool, &error), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(tri_png_read(&source, &slow), TRI_OK);
    for (int i = 0; i < 100; i++) {
        CU_ASSERT_TRUE_FATAL(tri_png_read_fast(&source, &fast));
        CU_ASSERT_EQUAL(tri_image_compare(slow, fast).count, 0);
        tri_image_free(fast);
    }
    file.data[file.size / 2] ^= 1; /* and a file that ends early */
    for (int i = 0; i < 20; i++)
        CU_ASSERT_FALSE(tri_png_read_fast(&source, &fast));
    tri_image_free(slow);
    tri_pool_free(source.pool);
    free(file.data);
}

static bool accepts(const char *path, int max_pixels)
{
    struct bytes file = pictures_load(path);
    struct tri_error error;
    struct tri_source source = source_of(&file, NULL, &error);
    struct tri_image *image = NULL;

    if (max_pixels > 0)
        source.max_pixels = (uint64_t)max_pixels;
    const bool accepted = tri_png_read_fast(&source, &image);
    CU_ASSERT_EQUAL(accepted, image != NULL);
    tri_image_free(image);
    free(file.data);
    return accepted;
}

static void test_declined(void)
{
    static const struct {
        const char *name;
        bool accepted;
    } cases[] = {
        {"basn0g08", true},  {"basn0g16", true},  {"basn2c08", true},  {"basn2c16", true},
        {"basn4a08", true},  {"basn4a16", true},  {"basn6a08", true},  {"basn6a16", true},
        {"f04n2c08", true},  {"z09n2c08", true},  {"oi9n2c16", true},  {"ct1n0g04", false},
        {"basn0g01", false}, {"basn3p08", false}, {"basi2c08", false}, {"tbrn2c08", false},
        {"xcsn0g01", false}, {"xd9n2c08", false}, {"ps1n2c16", true},
    };
    char name[64], path[1024];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(name, sizeof name, "pngsuite/%s.png", cases[i].name);
        if (!test_data(name, path)) {
            test_skip("no PNG conformance set");
            return;
        }
        const bool accepted = accepts(path, 0);
        if (accepted != cases[i].accepted)
            printf("%s\n", cases[i].name);
        CU_ASSERT_EQUAL(accepted, cases[i].accepted);
        CU_ASSERT_FALSE(accepts(path, 32 * 32 - 1));
    }
}

/* ---- filters, against their definition ---- */

static int predict(int filter, int left, int above, int corner)
{
    const int guess = left + above - corner, a = abs(guess - left), b = abs(guess - above),
              c = abs(guess - corner);
    switch (filter) {
    case 0:
        return 0;
    case 1:
        return left;
    case 2:
        return above;
    case 3:
        return (left + above) / 2;
    default:
        return a <= b && a <= c ? left : b <= c ? above : corner;
    }
}

static void unfilter_row(int filter, int pixel, unsigned char *row, const unsigned char *filtered,
                         const unsigned char *above, int size)
{
    for (int i = 0; i < size; i++) {
        const int left = i < pixel ? 0 : row[i - pixel], corner = i < pixel ? 0 : above[i - pixel];
        row[i] = (unsigned char)(filtered[i] + predict(filter, left, above[i], corner));
    }
}

#define TABLE(level, argument) &tri_png_unfilter_##level,
static const struct tri_png_unfilter *const unfilters[] = {TRI_LEVELS(TABLE, 0)};

static void check_rows(int filter, int second, int pixel, int width, uint64_t *state)
{
    enum { ROOM = 8 * 200 + TRI_PNG_BEYOND_ROW };
    unsigned char above[ROOM], filtered[2][ROOM], expected[2][ROOM], rows[2][ROOM];
    unsigned char *const to[2] = {rows[0], rows[1]};
    const unsigned char *const from[2] = {filtered[0], filtered[1]};
    const int size = pixel * width, filters[2] = {filter, second};

    for (int i = 0; i < ROOM; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        above[i] = (unsigned char)(*state >> 33);
        filtered[0][i] = (unsigned char)(*state >> 41);
        filtered[1][i] = (unsigned char)(*state >> 49);
    }
    unfilter_row(filter, pixel, expected[0], filtered[0], above, size);
    unfilter_row(second, pixel, expected[1], filtered[1], expected[0], size);
    for (int isa = 0; isa < tri_isa_count(); isa++) {
        const struct tri_png_unfilter *unfilter = unfilters[tri_isa_level(isa)];
        unfilter->row(filter, pixel, rows[0], filtered[0], above, (size_t)size);
        CU_ASSERT_EQUAL(memcmp(rows[0], expected[0], (size_t)size), 0);
        memset(rows, 0, sizeof rows);
        unfilter->two_rows(filters, pixel, to, from, above, (size_t)size);
        CU_ASSERT_EQUAL(memcmp(rows[0], expected[0], (size_t)size), 0);
        CU_ASSERT_EQUAL(memcmp(rows[1], expected[1], (size_t)size), 0);
    }
}

static void test_filters(void)
{
    static const int pixels[] = {1, 2, 3, 4, 6, 8}, widths[] = {1, 2, 3, 7, 16, 65, 200};
    uint64_t state = test_seed();

    for (int filter = 0; filter < 5; filter++)
        for (int second = 0; second < 5; second++)
            for (size_t pixel = 0; pixel < sizeof pixels / sizeof pixels[0]; pixel++)
                for (size_t width = 0; width < sizeof widths / sizeof widths[0]; width++)
                    check_rows(filter, second, pixels[pixel], widths[width], &state);
}

/* All inputs of Paeth's predictor: the lanes compute it in another form than the standard. */
static void test_paeth(void)
{
    unsigned char above[8 + TRI_PNG_BEYOND_ROW] = {0}, filtered[8 + TRI_PNG_BEYOND_ROW] = {0},
                            row[8 + TRI_PNG_BEYOND_ROW];
    long wrong = 0;

    for (int left = 0; left < 256; left++)
        for (int over = 0; over < 256; over++)
            for (int corner = 0; corner < 256; corner++) {
                above[0] = (unsigned char)corner;
                filtered[0] =
                    (unsigned char)(left -
                                    corner); /* for the first pixel, the one above is nearest */
                above[4] = (unsigned char)over;
                unfilters[tri_isa_best()]->row(4, 4, row, filtered, above, 8);
                wrong += row[4] != predict(4, left, over, corner);
                above[1] = (unsigned char)over; /* one-byte pixels use another loop */
                unfilters[tri_isa_best()]->row(4, 1, row, filtered, above, 2);
                wrong += row[1] != predict(4, left, over, corner);
                above[1] = 0;
            }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_native(void)
{
    unsigned char bytes[2 * 77];
    uint16_t samples[77];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7);
    for (int isa = 0; isa < tri_isa_count(); isa++) {
        memset(samples, 0, sizeof samples);
        unfilters[tri_isa_level(isa)]->to_native(samples, bytes, 77);
        for (int i = 0; i < 77; i++)
            CU_ASSERT_EQUAL(samples[i], bytes[2 * i] << 8 | bytes[2 * i + 1]);
    }
}

int test_png_fast_suite(void)
{
    CU_pSuite suite = CU_add_suite("png_fast", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "every kind, size and filter, as by libpng", test_kinds) &&
             CU_add_test(suite, "workers", test_workers) &&
             CU_add_test(suite, "what is accepted", test_declined) &&
             CU_add_test(suite, "filters, every ISA level", test_filters) &&
             CU_add_test(suite, "Paeth's predictor, all of it", test_paeth) &&
             CU_add_test(suite, "byte order", test_native));
}
