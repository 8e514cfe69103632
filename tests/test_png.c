/* test_png.c -- PNG files: the conformance set, round trips, limits. */
#include "png_files.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <dirent.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the conformance set against libpng's other interfaces ---- */

struct truth {
    int width, height, planes, bits;
    png_bytep samples; /* interleaved; 16 bits big-endian */
};

/* Removes the chunks for which the simplified reader would change samples. Reports whether there is
 * tRNS. */
static struct bytes without_colour_space(struct bytes file, bool *transparent)
{
    static const char *const dropped[] = {"gAMA", "sRGB", "cHRM", "iCCP"};
    struct bytes kept = {0};

    *transparent = false;
    pictures_add(&kept, file.data, 8);
    for (size_t at = 8; at + 12 <= file.size;) {
        const unsigned char *type = file.data + at + 4;
        size_t size = png_get_uint_32(file.data + at) + 12;
        bool drop = false;
        for (int i = 0; i < 4; i++)
            drop |= memcmp(type, dropped[i], 4) == 0;
        *transparent |= memcmp(type, "tRNS", 4) == 0;
        if (!drop)
            pictures_add(&kept, file.data + at, size);
        at += size;
    }
    return kept;
}

/* 8 bits by the simplified reader, with exactly the channels that the file has. */
static bool truth_8(struct bytes file, int planes, struct truth *truth)
{
    static const png_uint_32 formats[] = {0, PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB,
                                          PNG_FORMAT_RGBA};
    png_image control = {.version = PNG_IMAGE_VERSION};

    if (!png_image_begin_read_from_memory(&control, file.data, file.size))
        return false;
    control.format = formats[planes];
    *truth = (struct truth){(int)control.width, (int)control.height, planes, 8,
                            malloc(PNG_IMAGE_SIZE(control))};
    return truth->samples && png_image_finish_read(&control, NULL, truth->samples, 0, NULL);
}

/* 16 bits by png_read_png: the simplified reader would convert them to linear light. */
static bool truth_16(const char *path, int planes, struct truth *truth)
{
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    FILE *file = fopen(path, "rb");

    if (!file || setjmp(png_jmpbuf(png)))
        return false;
    png_init_io(png, file);
    png_read_png(png, info, PNG_TRANSFORM_EXPAND, NULL);
    png_bytepp rows = png_get_rows(png, info);
    size_t size = png_get_rowbytes(png, info);
    *truth = (struct truth){(int)png_get_image_width(png, info),
                            (int)png_get_image_height(png, info), planes, 16, NULL};
    if (size != (size_t)truth->width * (size_t)planes * 2)
        return false;
    truth->samples = malloc(size * (size_t)truth->height);
    for (int y = 0; y < truth->height; y++)
        memcpy(truth->samples + (size_t)y * size, rows[y], size);
    png_destroy_read_struct(&png, &info, NULL);
    fclose(file);
    return true;
}

static bool equals_truth(const struct tri_image *image, const struct truth *truth)
{
    const struct tri_shape want = {truth->width, truth->height, truth->planes, truth->bits};
    const png_byte *from = truth->samples;
    int wrong = 0;

    if (!tri_shape_equal(&image->shape, &want))
        return false;
    for (int y = 0; y < want.height; y++)
        for (int x = 0; x < want.width; x++)
            for (int plane = 0; plane < want.planes; plane++) {
                const void *row = tri_image_row(image, plane, y);
                if (want.bits == 8)
                    wrong += ((const uint8_t *)row)[x] != *from++;
                else
                    wrong += ((const uint16_t *)row)[x] != (from[0] << 8 | from[1]), from += 2;
            }
    return wrong == 0;
}

static bool check_sound(const char *path)
{
    static const int planes_of[] = {1, 0, 3, 3, 2, 0, 4};
    struct bytes file = pictures_load(path), plain;
    struct tri_image *image;
    struct truth truth = {0};
    struct tri_error error;
    struct tri_read_info info = {.size = sizeof info};
    bool transparent, equal = false;

    if (file.size < 40 || tri_image_read(path, NULL, &image, &info, &error)) {
        printf("%s: %s\n", path, file.size < 40 ? "cannot be loaded" : error.text);
        free(file.data);
        return false;
    }
    plain = without_colour_space(file, &transparent);
    int planes = planes_of[file.data[25]] + transparent;
    if (file.data[24] == 16 ? truth_16(path, planes, &truth) : truth_8(plain, planes, &truth))
        equal = equals_truth(image, &truth) && !info.warning[0];
    tri_metadata_free(info.metadata);
    tri_image_free(image);
    free(truth.samples);
    free(plain.data);
    free(file.data);
    return equal;
}

static void test_conformance(void)
{
    char set[1024], path[2048];
    int sound = 0, corrupt = 0;
    DIR *directory;

    if (!test_data("pngsuite", set) || !(directory = opendir(set))) {
        test_skip("no PNG conformance set");
        return;
    }
    for (const struct dirent *entry; (entry = readdir(directory));) {
        const char *end = strrchr(entry->d_name, '.');
        if (!end || strcmp(end, ".png") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", set, entry->d_name);
        if (entry->d_name[0] == 'x') {
            pictures_expect_error(path, "cannot read ");
            corrupt++;
        } else {
            bool equal = check_sound(path);
            if (!equal)
                printf("%s differs\n", path);
            CU_ASSERT_TRUE(equal);
            sound++;
        }
    }
    closedir(directory);
    CU_ASSERT_TRUE(sound > 150);
    CU_ASSERT_EQUAL(corrupt, 14);
}

/* ---- round trips ---- */

static void test_round_trips(void)
{
    static const int sides[][2] = {{1, 1}, {7, 1}, {1, 9}, {63, 64}, {65, 5}, {301, 47}};

    for (int planes = 1; planes <= 4; planes++)
        for (int bits = 8; bits <= 16; bits += 8)
            for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
                const char *path = pictures_path("round.png");
                struct tri_image *out = pictures_noise(sides[i][0], sides[i][1], planes, bits),
                                 *in = NULL;
                struct tri_read_info info = {.size = sizeof info};
                CU_ASSERT_PTR_NOT_NULL_FATAL(out);
                CU_ASSERT_EQUAL(tri_image_write(path, out, NULL, NULL), TRI_OK);
                CU_ASSERT_EQUAL_FATAL(tri_image_read(path, NULL, &in, &info, NULL), TRI_OK);
                CU_ASSERT_EQUAL(tri_image_compare(out, in).count, 0);
                CU_ASSERT_STRING_EQUAL(info.warning, "");
                CU_ASSERT_TRUE(check_sound(path)); /* as another reader sees it */
                tri_metadata_free(info.metadata);
                tri_image_free(in);
                tri_image_free(out);
                unlink(path);
            }
}

/* ---- files that are not images ---- */

static void test_no_picture(void)
{
    char data[1024];

    pictures_expect_error(pictures_path(""), "Is a directory");
    pictures_expect_error(pictures_path("missing.png"), "No such file or directory");
    pictures_expect_error(pictures_path("missing/x.png"), "No such file or directory");
    const char *path = pictures_path("bad.png");
    pictures_store(path, "", 0);
    pictures_expect_error(path, "the file is empty");
    pictures_store(path, "\211PNG", 4);
    pictures_expect_error(path, "unknown picture format");
    pictures_store(path, "GIF89a, or so it seems", 22);
    pictures_expect_error(path, "unknown picture format");
    memset(data, 0, sizeof data);
    memcpy(data, "\211PNG\r\n\032\n", 8);
    pictures_store(path, data, sizeof data);
    pictures_expect_error(path, "cannot read ");
    unlink(path);
}

static void test_too_large(void)
{
    static const struct {
        uint32_t width, height;
        const char *part;
    } cases[] = {
        {1000000, 1000000, "1000000 x 1000000 pixels exceed the limit of 268435456"},
        {16385, 16384, "--max-pixels"},
        {1000001, 1, "pixels exceed the limit of 1000000 per side"},
        {1, 2147483647, "pixels exceed the limit of 1000000 per side"},
        {2147483647, 2147483647, "pixels exceed the limit of 1000000 per side"},
        {0, 1, "IHDR"},
        {4294967295, 1, "cannot read "},
    };
    const char *path = pictures_path("large.png");

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes file = {0};
        png_add_header(&file, cases[i].width, cases[i].height, 16, PNG_COLOR_TYPE_RGB_ALPHA);
        png_add_pixels(&file, "", 1, 0, false);
        png_add_chunk(&file, "IEND", NULL, 0);
        CU_ASSERT_TRUE(file.size < 100);
        pictures_store(path, file.data, file.size);
        free(file.data);
        pictures_expect_error(path, cases[i].part);
    }
    unlink(path);
}

static void test_limit(void)
{
    const char *path = pictures_path("limit.png");
    struct tri_image *image = pictures_noise(20, 30, 1, 8), *in = NULL;
    struct tri_error error;

    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_read(path, &READ_OPTIONS(.max_pixels = 599), &in, NULL, &error),
                    TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "20 x 30 pixels exceed the limit of 599"));
    CU_ASSERT_EQUAL(tri_image_read(path, &READ_OPTIONS(.max_pixels = 600), &in, NULL, &error),
                    TRI_OK);
    tri_image_free(in);
    tri_image_free(image);
    unlink(path);
}

int test_png_suite(void)
{
    CU_pSuite suite = CU_add_suite("png", pictures_enter, pictures_leave);
    return !(suite && CU_add_test(suite, "conformance set, pixel for pixel", test_conformance) &&
             CU_add_test(suite, "round trips", test_round_trips) &&
             CU_add_test(suite, "files that are no picture", test_no_picture) &&
             CU_add_test(suite, "too large by header", test_too_large) &&
             CU_add_test(suite, "limit of pixels", test_limit));
}
