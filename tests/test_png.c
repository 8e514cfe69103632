/* test_png.c -- PNG files: the conformance set, round trips, damage of every kind. */
#include "tests.h"
#include "image/image.h"

#include <CUnit/Basic.h>
#include <dirent.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- files ---- */

static char folder[] = "/tmp/triptych-test-XXXXXX";

static int enter(void)
{
    return mkdtemp(folder) ? 0 : -1;
}

static int leave(void)
{
    return rmdir(folder); /* fails where a test has left a file */
}

/* A path in the suite's own folder; of two at a time. */
static const char *scratch(const char *name)
{
    static char paths[2][512];
    static int turn;
    turn = !turn;
    snprintf(paths[turn], sizeof paths[turn], "%s/%s", folder, name);
    return paths[turn];
}

struct bytes {
    unsigned char *data;
    size_t size;
};

static struct bytes load(const char *path)
{
    struct bytes bytes = {NULL, 0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return bytes;
    bytes.data = malloc(1 << 24);
    if (bytes.data)
        bytes.size = fread(bytes.data, 1, 1 << 24, file);
    fclose(file);
    return bytes;
}

static void store(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(data, 1, size, file), size);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

static struct tri_image *noise(int width, int height, int planes, int bits)
{
    const struct tri_shape shape = {width, height, planes, bits};
    struct tri_image *image;
    uint32_t state = (uint32_t)(width * 31 + planes);

    if (tri_image_new(&shape, &image, NULL))
        return NULL;
    for (int plane = 0; plane < planes; plane++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                state = state * 1664525 + 1013904223;
                if (bits == 8)
                    ((uint8_t *)tri_image_row(image, plane, y))[x] = (uint8_t)(state >> 24);
                else
                    ((uint16_t *)tri_image_row(image, plane, y))[x] = (uint16_t)(state >> 16);
            }
    return image;
}

/* Expects one line that names the path and holds `part`. */
static void expect_error(const char *path, const char *part)
{
    struct tri_image *image = (struct tri_image *)folder; /* must be overwritten */
    struct tri_error error = {0};
    struct tri_read_info info;

    CU_ASSERT_EQUAL(tri_image_read(path, NULL, &image, &info, &error), TRI_FAILED);
    CU_ASSERT_EQUAL(error.status, TRI_FAILED);
    CU_ASSERT_PTR_NULL(image);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
    CU_ASSERT_PTR_NULL(strchr(error.text, '\n'));
    CU_ASSERT_STRING_EQUAL(info.warning, "");
    if (!strstr(error.text, part)) {
        printf("expected \"%s\" in \"%s\"\n", part, error.text);
        CU_FAIL("another error text");
    }
}

/* ---- PNG by hand, chunk by chunk ---- */

static uint32_t crc_32(const unsigned char *data, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
    }
    return ~crc;
}

static void add(struct bytes *to, const void *data, size_t size)
{
    to->data = realloc(to->data, to->size + size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(to->data);
    memcpy(to->data + to->size, data, size);
    to->size += size;
}

static void add_chunk(struct bytes *to, const char *type, const void *data, size_t size)
{
    unsigned char length[4], sum[4];
    png_save_uint_32(length, (png_uint_32)size);
    add(to, length, 4);
    size_t start = to->size;
    add(to, type, 4);
    if (size)
        add(to, data, size);
    png_save_uint_32(sum, crc_32(to->data + start, size + 4));
    add(to, sum, 4);
}

static void add_header(struct bytes *to, uint32_t width, uint32_t height, int bits, int colour_type)
{
    unsigned char header[13] = {0};
    png_save_uint_32(header, width);
    png_save_uint_32(header + 4, height);
    header[8] = (unsigned char)bits;
    header[9] = (unsigned char)colour_type;
    add(to, "\211PNG\r\n\032\n", 8);
    add_chunk(to, "IHDR", header, sizeof header);
}

/* Fewer than 256 bytes of rows as one stored block; the Adler-32 is off by `off`, and may have a chunk
 * of its own. */
static void add_pixels(struct bytes *to, const void *rows, size_t size, unsigned off, bool apart)
{
    unsigned char data[300] = {0x78, 0x01, 0x01, (unsigned char)size, 0, (unsigned char)~size, 0xff};
    unsigned a = 1, b = 0;

    memcpy(data + 7, rows, size);
    for (size_t i = 0; i < size; i++) {
        a += data[7 + i]; /* too little for a modulo */
        b += a;
    }
    png_save_uint_32(data + 7 + size, b << 16 | (a + off));
    add_chunk(to, "IDAT", data, size + (apart ? 7 : 11));
    if (apart)
        add_chunk(to, "IDAT", data + 7 + size, 4);
}

/* ---- the conformance set against libpng's other interfaces ---- */

struct truth {
    int width, height, planes, bits;
    png_bytep samples; /* interleaved; 16 bits big-endian */
};

/* Without the chunks that would have the simplified reader change samples. Says if there is tRNS. */
static struct bytes without_colour_space(struct bytes file, bool *transparent)
{
    static const char *const dropped[] = {"gAMA", "sRGB", "cHRM", "iCCP"};
    struct bytes kept = {NULL, 0};

    *transparent = false;
    add(&kept, file.data, 8);
    for (size_t at = 8; at + 12 <= file.size;) {
        const unsigned char *type = file.data + at + 4;
        size_t size = png_get_uint_32(file.data + at) + 12;
        bool drop = false;
        for (int i = 0; i < 4; i++)
            drop |= memcmp(type, dropped[i], 4) == 0;
        *transparent |= memcmp(type, "tRNS", 4) == 0;
        if (!drop)
            add(&kept, file.data + at, size);
        at += size;
    }
    return kept;
}

/* 8 bits by the simplified reader, asked for just the channels that the file has. */
static bool truth_8(struct bytes file, int planes, struct truth *truth)
{
    static const png_uint_32 formats[] = {0, PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB, PNG_FORMAT_RGBA};
    png_image control = {.version = PNG_IMAGE_VERSION};

    if (!png_image_begin_read_from_memory(&control, file.data, file.size))
        return false;
    control.format = formats[planes];
    *truth =
        (struct truth){(int)control.width, (int)control.height, planes, 8, malloc(PNG_IMAGE_SIZE(control))};
    return truth->samples && png_image_finish_read(&control, NULL, truth->samples, 0, NULL);
}

/* 16 bits by png_read_png: the simplified reader would make linear light of them. */
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
    *truth = (struct truth){(int)png_get_image_width(png, info), (int)png_get_image_height(png, info), planes,
                            16, NULL};
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
    struct bytes file = load(path), plain;
    struct tri_image *image;
    struct truth truth = {0};
    struct tri_error error;
    struct tri_read_info info;
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
            expect_error(path, "cannot read ");
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
                const char *path = scratch("round.png");
                struct tri_image *out = noise(sides[i][0], sides[i][1], planes, bits), *in = NULL;
                struct tri_read_info info;
                CU_ASSERT_PTR_NOT_NULL_FATAL(out);
                CU_ASSERT_EQUAL(tri_image_write(path, out, NULL, NULL), TRI_OK);
                CU_ASSERT_EQUAL_FATAL(tri_image_read(path, NULL, &in, &info, NULL), TRI_OK);
                CU_ASSERT_EQUAL(tri_image_compare(out, in).count, 0);
                CU_ASSERT_STRING_EQUAL(info.warning, "");
                CU_ASSERT_TRUE(check_sound(path)); /* as another reader sees it */
                tri_image_free(in);
                tri_image_free(out);
                unlink(path);
            }
}

/* ---- files that are no picture ---- */

static void test_no_picture(void)
{
    char data[1024];

    expect_error(folder, "Is a directory");
    expect_error(scratch("missing.png"), "No such file or directory");
    expect_error(scratch("missing/x.png"), "No such file or directory");
    const char *path = scratch("bad.png");
    store(path, "", 0);
    expect_error(path, "the file is empty");
    store(path, "\211PNG", 4);
    expect_error(path, "no picture of a known format");
    store(path, "GIF89a, or so it seems", 22);
    expect_error(path, "no picture of a known format");
    memset(data, 0, sizeof data);
    memcpy(data, "\211PNG\r\n\032\n", 8);
    store(path, data, sizeof data);
    expect_error(path, "cannot read ");
    unlink(path);
}

static void test_too_large(void)
{
    static const struct {
        uint32_t width, height;
        const char *part;
    } cases[] = {
        {1000000, 1000000, "1000000 x 1000000 pixels are more than the limit of 268435456"},
        {16385, 16384, "--max-pixels"},
        {1000001, 1, "a side may have at most 1000000"},
        {1, 2147483647, "a side may have at most 1000000"},
        {2147483647, 2147483647, "a side may have at most 1000000"},
        {0, 1, "IHDR"},
        {4294967295, 1, "cannot read "},
    };
    const char *path = scratch("large.png");

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes file = {NULL, 0};
        add_header(&file, cases[i].width, cases[i].height, 16, PNG_COLOR_TYPE_RGB_ALPHA);
        add_pixels(&file, "", 1, 0, false);
        add_chunk(&file, "IEND", NULL, 0);
        CU_ASSERT_TRUE(file.size < 100);
        store(path, file.data, file.size);
        free(file.data);
        expect_error(path, cases[i].part);
    }
    unlink(path);
}

static void test_limit(void)
{
    const char *path = scratch("limit.png");
    struct tri_image *image = noise(20, 30, 1, 8), *in = NULL;
    struct tri_error error;

    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_read(path, &(struct tri_read_options){.max_pixels = 599}, &in, NULL, &error), TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "20 x 30 pixels are more than the limit of 599"));
    CU_ASSERT_EQUAL(tri_image_read(path, &(struct tri_read_options){.max_pixels = 600}, &in, NULL, &error), TRI_OK);
    tri_image_free(in);
    tri_image_free(image);
    unlink(path);
}

/* ---- damage ---- */

/* All of these bytes count, so whatever is cut off or changed must be noticed. */
static void test_damage_everywhere(void)
{
    const char *path = scratch("damaged.png");
    struct tri_image *image = noise(9, 7, 3, 8), *in;
    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    CU_ASSERT_EQUAL(tri_image_write(path, image, NULL, NULL), TRI_OK);
    struct bytes file = load(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file.data);

    for (size_t size = 0; size < file.size; size++) {
        store(path, file.data, size);
        expect_error(path, size == 0 ? "empty" : size < 8 ? "no picture of a known format" : "the file is cut short");
    }
    for (size_t i = 0; i < file.size; i++) {
        file.data[i] ^= 0x10;
        store(path, file.data, file.size);
        CU_ASSERT_EQUAL(tri_image_read(path, NULL, &in, NULL, NULL), TRI_FAILED);
        file.data[i] ^= 0x10;
    }
    add(&file, "trailing", 8); /* what follows the end is not looked at */
    store(path, file.data, file.size);
    CU_ASSERT_EQUAL(tri_image_read(path, NULL, &in, NULL, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_compare(image, in).count, 0);
    tri_image_free(in);
    tri_image_free(image);
    free(file.data);
    unlink(path);
}

/* Cut and changed copies of real files, interlaced and palette ones too: nothing may crash, and no cut
 * file may be taken for a whole one. */
static void test_damage_of_kinds(void)
{
    static const char *const names[] = {"basi6a16", "basi3p02", "tbbn3p08", "tbrn2c08", "s03i3p01"};
    const char *path = scratch("damaged.png");
    char name[64], original[1024];

    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        struct tri_image *in;
        snprintf(name, sizeof name, "pngsuite/%s.png", names[k]);
        if (!test_data(name, original)) {
            test_skip("no PNG conformance set");
            break;
        }
        struct bytes file = load(original);
        CU_ASSERT_PTR_NOT_NULL_FATAL(file.data);
        for (size_t size = 0; size < file.size; size += 1 + file.size / 200) {
            store(path, file.data, size);
            CU_ASSERT_EQUAL(tri_image_read(path, NULL, &in, NULL, NULL), TRI_FAILED);
        }
        for (size_t i = 0; i < file.size; i += 1 + file.size / 200) {
            file.data[i] ^= 0xff;
            store(path, file.data, file.size);
            if (tri_image_read(path, NULL, &in, NULL, NULL) == TRI_OK)
                tri_image_free(in);
            file.data[i] ^= 0xff;
        }
        free(file.data);
    }
    unlink(path);
}

/* A picture of 2 x 2 grays with one flaw. */
static void expect_flaw(const char *flaw, enum tri_status status, const char *part)
{
    const char *path = scratch("flaw.png");
    struct bytes file = {NULL, 0};
    struct tri_image *image;
    struct tri_error error = {0};
    struct tri_read_info info;

    add_header(&file, 2, 2, 8, PNG_COLOR_TYPE_GRAY);
    add_chunk(&file, "tEXt", "Comment\0hello", 13);
    if (strcmp(flaw, "text") == 0)
        file.data[file.size - 1] ^= 1;
    if (strcmp(flaw, "critical") == 0)
        add_chunk(&file, "CgBI", "what", 4);
    add_pixels(&file, "\0\1\2\0\3\4", strcmp(flaw, "missing") == 0 ? 3 : 6, strncmp(flaw, "adler", 5) == 0,
               strstr(flaw, "apart") != NULL);
    if (strcmp(flaw, "end") == 0)
        add_chunk(&file, "tEXt", "Comment\0bye", 11);
    else
        add_chunk(&file, "IEND", NULL, 0);
    store(path, file.data, file.size);
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
    expect_flaw("end", TRI_FAILED, "the file is cut short");
}

int test_png_suite(void)
{
    CU_pSuite suite = CU_add_suite("png", enter, leave);
    return !(suite && CU_add_test(suite, "conformance set, pixel for pixel", test_conformance) &&
             CU_add_test(suite, "round trips", test_round_trips) &&
             CU_add_test(suite, "files that are no picture", test_no_picture) &&
             CU_add_test(suite, "too large by header", test_too_large) &&
             CU_add_test(suite, "limit of pixels", test_limit) &&
             CU_add_test(suite, "every byte cut or changed", test_damage_everywhere) &&
             CU_add_test(suite, "damage of every kind of file", test_damage_of_kinds) &&
             CU_add_test(suite, "single flaws", test_flaws));
}
