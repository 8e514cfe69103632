/* png_files.c -- what the tests of PNG files share: files, pictures, and PNG put together by hand. */
#include "png_files.h"

#include <CUnit/Basic.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- files ---- */

char png_folder[] = "/tmp/triptych-test-XXXXXX";

int png_enter(void)
{
    memcpy(png_folder + strlen(png_folder) - 6, "XXXXXX", 6);
    return mkdtemp(png_folder) ? 0 : -1;
}

int png_leave(void)
{
    return rmdir(png_folder); /* fails where a test has left a file */
}

const char *png_scratch(const char *name)
{
    static char paths[2][512];
    static int turn;
    turn = !turn;
    snprintf(paths[turn], sizeof paths[turn], "%s/%s", png_folder, name);
    return paths[turn];
}

struct bytes png_load(const char *path)
{
    struct bytes bytes = {0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return bytes;
    bytes.room = 1 << 24;
    bytes.data = malloc(bytes.room);
    if (bytes.data)
        bytes.size = fread(bytes.data, 1, bytes.room, file);
    fclose(file);
    return bytes;
}

void png_store(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(data, 1, size, file), size);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

struct tri_image *png_noise(int width, int height, int planes, int bits)
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

void png_expect_error(const char *path, const char *part)
{
    struct tri_image *image = (struct tri_image *)png_folder; /* must be overwritten */
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

void png_add(struct bytes *to, const void *data, size_t size)
{
    if (to->size + size > to->room) {
        to->room = 2 * (to->size + size);
        to->data = realloc(to->data, to->room);
        CU_ASSERT_PTR_NOT_NULL_FATAL(to->data);
    }
    memcpy(to->data + to->size, data, size);
    to->size += size;
}

void png_add_chunk(struct bytes *to, const char *type, const void *data, size_t size)
{
    unsigned char length[4], sum[4];
    png_save_uint_32(length, (png_uint_32)size);
    png_add(to, length, 4);
    size_t start = to->size;
    png_add(to, type, 4);
    if (size)
        png_add(to, data, size);
    png_save_uint_32(sum, crc_32(to->data + start, size + 4));
    png_add(to, sum, 4);
}

void png_add_header(struct bytes *to, uint32_t width, uint32_t height, int bits, int colour_type)
{
    unsigned char header[13] = {0};
    png_save_uint_32(header, width);
    png_save_uint_32(header + 4, height);
    header[8] = (unsigned char)bits;
    header[9] = (unsigned char)colour_type;
    png_add(to, "\211PNG\r\n\032\n", 8);
    png_add_chunk(to, "IHDR", header, sizeof header);
}

void png_add_pixels(struct bytes *to, const void *rows, size_t size, unsigned off, bool apart)
{
    unsigned char data[300] = {0x78, 0x01, 0x01, (unsigned char)size, 0, (unsigned char)~size, 0xff};
    unsigned a = 1, b = 0;

    memcpy(data + 7, rows, size);
    for (size_t i = 0; i < size; i++) {
        a += data[7 + i]; /* too little for a modulo */
        b += a;
    }
    png_save_uint_32(data + 7 + size, b << 16 | (a + off));
    png_add_chunk(to, "IDAT", data, size + (apart ? 7 : 11));
    if (apart)
        png_add_chunk(to, "IDAT", data + 7 + size, 4);
}
