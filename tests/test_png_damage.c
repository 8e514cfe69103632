/* test_png_damage.c -- PNG files with damage of every kind. */
#include "png_files.h"
#include "tests.h"

#include "codec/png_codec.h"
#include "parallel/cpu.h"

#include <CUnit/Basic.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static bool reads_fast(const struct bytes *file)
{
    const struct tri_source source = {
        .name = "file", .data = file->data, .size = file->size, .max_pixels = TRI_PIXEL_LIMIT};
    struct tri_image *image = NULL;
    const bool read = tri_png_read_fast(&source, &image);
    tri_image_free(image);
    return read;
}

/* The rows of a PNG file, with filter 0; returns their size. */
static size_t rows_of(const struct tri_image *image, unsigned char *rows)
{
    const struct tri_shape *shape = &image->shape;
    size_t at = 0;
    for (int y = 0; y < shape->height; y++) {
        rows[at++] = 0;
        for (int x = 0; x < shape->width; x++) {
            for (int plane = 0; plane < shape->planes; plane++) {
                const void *row = tri_image_row(image, plane, y);
                const unsigned sample =
                    shape->bits == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
                if (shape->bits == 16)
                    rows[at++] = (unsigned char)(sample >> 8);
                rows[at++] = (unsigned char)sample;
            }
        }
    }
    return at;
}

static struct bytes deflated(const unsigned char *rows, size_t size)
{
    uLongf room = compressBound(size);
    struct bytes stream = {.data = malloc(room), .room = room};
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream.data);
    CU_ASSERT_EQUAL(compress(stream.data, &room, rows, size), Z_OK);
    stream.size = room;
    return stream;
}

static void add_pieces(struct bytes *file, struct bytes stream, size_t most)
{
    for (size_t at = 0; at < stream.size; at += most)
        png_add_chunk(file, "IDAT", stream.data + at,
                      stream.size - at < most ? stream.size - at : most);
}

/* ---- all over the file ---- */

/* All of these bytes count, so any cut or change must be noticed. */
static void expect_whole_only(const char *path, struct bytes *file, const struct tri_image *image)
{
    struct tri_image *in;

    for (size_t size = 0; size < file->size; size++) {
        pictures_store(path, file->data, size);
        pictures_expect_error(path, size == 0  ? "empty"
                                    : size < 8 ? "unknown picture format"
                                               : "the file is truncated");
    }
    for (size_t bit = 0; bit < file->size * 8; bit++) {
        file->data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        pictures_store(path, file->data, file->size);
        CU_ASSERT_EQUAL(tri_image_read(path, NULL, &in, NULL, NULL), TRI_FAILED);
        CU_ASSERT_PTR_NULL(in);
        file->data[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    pictures_add(file, "trailing", 8); /* data after the end is ignored */
    pictures_store(path, file->data, file->size);
    CU_ASSERT_EQUAL_FATAL(tri_image_read(path, NULL, &in, NULL, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_compare(image, in).count, 0);
    tri_image_free(in);
    CU_ASSERT_TRUE(reads_fast(file));
    unlink(path);
}

static void test_damage_everywhere(void)
{
    const char *path = pictures_path("damaged.png");
    struct tri_image *image = pictures_noise(9, 7, 3, 8), *deep = pictures_noise(5, 3, 4, 16);
    struct bytes file, several = {0};
    unsigned char rows[300];

    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    file = pictures_load(path);
    expect_whole_only(path, &file, image);
    free(file.data);

    CU_ASSERT_PTR_NOT_NULL_FATAL(deep);
    struct bytes stream = deflated(rows, rows_of(deep, rows));
    png_add_header(&several, 5, 3, 16, PNG_COLOR_TYPE_RGB_ALPHA);
    add_pieces(&several, stream, 30);
    png_add_chunk(&several, "IEND", NULL, 0);
    expect_whole_only(path, &several, deep);
    free(several.data);
    free(stream.data);
    tri_image_free(deep);
    tri_image_free(image);
}

/* A flipped bit in data that the pixels do not depend on changes no pixel. */
static void test_damage_beside_pixels(void)
{
    const char *path = pictures_path("beside.png");
    struct tri_image *image = pictures_noise(5, 3, 4, 16), *in;
    struct bytes file = {0};
    unsigned char rows[300];
    long read = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    struct bytes stream = deflated(rows, rows_of(image, rows));
    png_add_header(&file, 5, 3, 16, PNG_COLOR_TYPE_RGB_ALPHA);
    png_add_chunk(&file, "gAMA", "\0\0\261\217", 4);
    png_add_chunk(&file, "tEXt", "Title\0five by three", 19);
    add_pieces(&file, stream, 50);
    png_add_chunk(&file, "tEXt", "Comment\0after", 13);
    png_add_chunk(&file, "IEND", NULL, 0);
    CU_ASSERT_TRUE(reads_fast(&file));
    for (size_t bit = 0; bit < file.size * 8; bit++) {
        file.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        pictures_store(path, file.data, file.size);
        CU_ASSERT_FALSE(reads_fast(&file));
        if (tri_image_read(path, NULL, &in, NULL, NULL) == TRI_OK) {
            CU_ASSERT_EQUAL(tri_image_compare(image, in).count, 0);
            tri_image_free(in);
            read++;
        }
        file.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    CU_ASSERT_TRUE(read > 200);
    tri_image_free(image);
    free(stream.data);
    free(file.data);
    unlink(path);
}

/* Cut and changed copies of real files, including interlaced and palette ones: nothing may crash,
 * and no cut file may be accepted as complete. */
static void test_damage_of_kinds(void)
{
    static const char *const names[] = {"basi6a16", "basi3p02", "tbbn3p08", "tbrn2c08", "s03i3p01"};
    const char *path = pictures_path("damaged.png");
    char name[64], original[1024];

    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        struct tri_image *in;
        snprintf(name, sizeof name, "pngsuite/%s.png", names[k]);
        if (!test_data(name, original)) {
            test_skip("no PNG conformance set");
            break;
        }
        struct bytes file = pictures_load(original);
        CU_ASSERT_PTR_NOT_NULL_FATAL(file.data);
        for (size_t size = 0; size < file.size; size += 1 + file.size / 200) {
            pictures_store(path, file.data, size);
            CU_ASSERT_EQUAL(tri_image_read(path, NULL, &in, NULL, NULL), TRI_FAILED);
        }
        for (size_t i = 0; i < file.size; i += 1 + file.size / 200) {
            file.data[i] ^= 0xff;
            pictures_store(path, file.data, file.size);
            if (tri_image_read(path, NULL, &in, NULL, NULL) == TRI_OK)
                tri_image_free(in);
            file.data[i] ^= 0xff;
        }
        free(file.data);
    }
    unlink(path);
}

/* An image of 2 x 2 grays with one flaw. */
static void expect_flaw(const char *flaw, enum tri_status status, const char *part)
{
    const char *path = pictures_path("flaw.png");
    struct bytes file = {0};
    struct tri_image *image;
    struct tri_error error = {0};
    struct tri_read_info info = {.size = sizeof info};

    png_add_header(&file, 2, 2, 8, PNG_COLOR_TYPE_GRAY);
    png_add_chunk(&file, "tEXt", "Comment\0hello", 13);
    if (strcmp(flaw, "text") == 0)
        file.data[file.size - 1] ^= 1;
    if (strcmp(flaw, "critical") == 0)
        png_add_chunk(&file, "CgBI", "what", 4);
    png_add_pixels(&file, "\0\1\2\0\3\4", strcmp(flaw, "missing") == 0 ? 3 : 6,
                   strncmp(flaw, "adler", 5) == 0, strstr(flaw, "apart") != NULL);
    if (strcmp(flaw, "end") == 0)
        png_add_chunk(&file, "tEXt", "Comment\0bye", 11);
    else
        png_add_chunk(&file, "IEND", NULL, 0);
    pictures_store(path, file.data, file.size);
    free(file.data);

    CU_ASSERT_EQUAL(tri_image_read(path, NULL, &image, &info, &error), status);
    if (!strstr(status ? error.text : info.warning, part)) {
        printf("%s: \"%s\"\n", flaw, status ? error.text : info.warning);
        CU_FAIL("another text");
    }
    if (!part[0])
        CU_ASSERT_STRING_EQUAL(info.warning, "");
    if (!status)
        CU_ASSERT_EQUAL(((uint8_t *)tri_image_row(image, 0, 1))[1], 4);
    tri_metadata_free(info.metadata);
    tri_image_free(image);
    unlink(path);
}

static void test_flaws(void)
{
    expect_flaw("none", TRI_OK, "");
    expect_flaw("text", TRI_OK, "CRC");
    expect_flaw("critical", TRI_FAILED, "CgBI");
    expect_flaw("missing", TRI_FAILED, "flaw.png");
    expect_flaw("adler", TRI_FAILED, "incorrect data check");
    expect_flaw("apart", TRI_OK, "");
    expect_flaw("adler apart", TRI_FAILED, "incorrect data check");
    expect_flaw("end", TRI_FAILED, "the file is truncated");
}

/* Whether a chunk of unknown type with a lower-case third letter is an error depends on libpng. */
static void test_unknown_chunks(void)
{
    static const char *const types[] = {"prIv", "priv"};
    for (int i = 0; i < 2; i++) {
        struct bytes file = {0};
        png_add_header(&file, 2, 2, 8, PNG_COLOR_TYPE_GRAY);
        png_add_chunk(&file, types[i], "what", 4);
        png_add_pixels(&file, "\0\1\2\0\3\4", 6, 0, false);
        png_add_chunk(&file, "IEND", NULL, 0);
        CU_ASSERT_EQUAL(reads_fast(&file), i == 0);
        free(file.data);
    }
}

/* ---- the stream of pixels ---- */

/* An image of 20 x 10 grays; cases change its rows and stream before it is assembled. */
struct parts {
    struct tri_image *image;
    unsigned char rows[300];
    size_t rows_size;
    const char *flaw;
};

static void add_stream(struct bytes *file, const struct parts *parts)
{
    struct bytes stream = deflated(parts->rows, parts->rows_size);
    const size_t start = file->size;

    if (strcmp(parts->flaw, "extra bytes") == 0)
        pictures_add(&stream, "\0\0\0", 3);
    if (strcmp(parts->flaw, "two bytes") == 0)
        stream.size = 2;
    if (strcmp(parts->flaw, "without sum") == 0)
        stream.size -= 4;
    if (strcmp(parts->flaw, "empty among") == 0) {
        const struct bytes first = {.data = stream.data, .size = 50},
                           second = {.data = stream.data + 50, .size = stream.size - 50};
        png_add_chunk(file, "IDAT", NULL, 0);
        add_pieces(file, first, 7);
        png_add_chunk(file, "IDAT", NULL, 0);
        add_pieces(file, second, 1000);
        png_add_chunk(file, "IDAT", NULL, 0);
    } else if (strcmp(parts->flaw, "all empty") == 0) {
        for (int i = 0; i < 3; i++)
            png_add_chunk(file, "IDAT", NULL, 0);
    } else if (strcmp(parts->flaw, "between") == 0) {
        png_add_chunk(file, "IDAT", stream.data, 50);
        png_add_chunk(file, "tEXt", "A\0b", 3);
        png_add_chunk(file, "IDAT", stream.data + 50, stream.size - 50);
    } else if (strcmp(parts->flaw, "none") != 0) {
        add_pieces(file, stream, 1000);
    }
    if (strcmp(parts->flaw, "sum of IDAT") == 0)
        file->data[file->size - 1] ^= 1;
    if (strcmp(parts->flaw, "type") == 0)
        file->data[start + 7] = 't';
    free(stream.data);
}

static void expect_stream(const char *flaw, int rows_more, enum tri_status status, bool fast)
{
    const char *path = pictures_path("stream.png");
    struct parts parts = {.image = pictures_noise(20, 10, 1, 8), .flaw = flaw};
    struct bytes file = {0};
    struct tri_image *in = NULL;
    struct tri_error error = {0};
    const bool huge = strcmp(flaw, "huge") == 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(parts.image);
    parts.rows_size = (size_t)((int)rows_of(parts.image, parts.rows) + rows_more);
    if (strcmp(flaw, "filter 5") == 0)
        parts.rows[21 * 9] = 5;
    png_add_header(&file, huge ? 16384 : 20, huge ? 16384 : 10, 8, PNG_COLOR_TYPE_GRAY);
    add_stream(&file, &parts);
    png_add_chunk(&file, "IEND", NULL, 0);
    pictures_store(path, file.data, file.size);

    const bool is_fast = reads_fast(&file);
    const enum tri_status is = tri_image_read(path, NULL, &in, NULL, &error);
    if (is != status || is_fast != fast)
        printf("\"%s\", %d bytes more: status %d, fast %d\n", flaw, rows_more, is, is_fast);
    CU_ASSERT_EQUAL(is, status);
    CU_ASSERT_EQUAL(is_fast, fast);
    CU_ASSERT_EQUAL(in != NULL, status == TRI_OK);
    if (in != NULL)
        CU_ASSERT_EQUAL(tri_image_compare(parts.image, in).count, 0);
    if (status != TRI_OK)
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
    tri_image_free(in);
    tri_image_free(parts.image);
    free(file.data);
    unlink(path);
}

static void test_streams(void)
{
    expect_stream("", 0, TRI_OK, true);
    expect_stream("empty among", 0, TRI_OK, true);
    expect_stream("all empty", 0, TRI_FAILED, false);
    expect_stream("none", 0, TRI_FAILED, false);
    expect_stream("", 1, TRI_OK, false); /* libpng warns of excess data */
    expect_stream("", 21, TRI_OK, false);
    expect_stream("", -1, TRI_FAILED, false);
    expect_stream("", -21, TRI_FAILED, false);
    expect_stream("", -210, TRI_FAILED, false);
    expect_stream("two bytes", 0, TRI_FAILED, false);
    expect_stream("without sum", 0, TRI_FAILED, false);
    expect_stream("extra bytes", 0, TRI_OK, false);
    expect_stream("between", 0, TRI_FAILED, false);
    expect_stream("sum of IDAT", 0, TRI_FAILED, false);
    expect_stream("type", 0, TRI_FAILED, false);
    expect_stream("filter 5", 0, TRI_FAILED, false);
    expect_stream("huge", 0, TRI_FAILED, false);
}

/* Time must grow linearly with the number of chunks, not quadratically. */
static void test_tiny_chunks(void)
{
    enum { SIDE = 316 }; /* 100172 incompressible bytes, each in a chunk of its own */
    struct tri_image *image = pictures_noise(SIDE, SIDE, 1, 8), *in = NULL;
    unsigned char *rows = malloc((SIDE + 1) * SIDE);
    const char *path = pictures_path("tiny.png");
    struct bytes file = {0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rows);
    struct bytes stream = deflated(rows, rows_of(image, rows));
    CU_ASSERT_TRUE(stream.size > 100000);
    png_add_header(&file, SIDE, SIDE, 8, PNG_COLOR_TYPE_GRAY);
    add_pieces(&file, stream, 1);
    png_add_chunk(&file, "IEND", NULL, 0);
    pictures_store(path, file.data, file.size);
    const int64_t start = tri_now_ns();
    CU_ASSERT_TRUE(reads_fast(&file));
    CU_ASSERT_TRUE(tri_now_ns() - start < INT64_C(2000000000));
    CU_ASSERT_EQUAL_FATAL(tri_image_read(path, NULL, &in, NULL, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_compare(image, in).count, 0);
    tri_image_free(in);
    tri_image_free(image);
    free(rows);
    free(stream.data);
    free(file.data);
    unlink(path);
}

int test_png_damage_suite(void)
{
    CU_pSuite suite = CU_add_suite("png_damage", pictures_enter, pictures_leave);
    return !(
        suite && CU_add_test(suite, "every byte cut, every bit changed", test_damage_everywhere) &&
        CU_add_test(suite, "every bit changed, beside the pixels too", test_damage_beside_pixels) &&
        CU_add_test(suite, "damage of every kind of file", test_damage_of_kinds) &&
        CU_add_test(suite, "single flaws", test_flaws) &&
        CU_add_test(suite, "unknown chunks", test_unknown_chunks) &&
        CU_add_test(suite, "streams of pixels", test_streams) &&
        CU_add_test(suite, "100,000 chunks", test_tiny_chunks));
}
