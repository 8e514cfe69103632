/* png_files.c -- PNG files assembled by hand. */
#include "png_files.h"

#include <CUnit/Basic.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

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

void png_add_chunk(struct bytes *to, const char *type, const void *data, size_t size)
{
    unsigned char length[4], sum[4];
    png_save_uint_32(length, (png_uint_32)size);
    pictures_add(to, length, 4);
    size_t start = to->size;
    pictures_add(to, type, 4);
    if (size)
        pictures_add(to, data, size);
    png_save_uint_32(sum, crc_32(to->data + start, size + 4));
    pictures_add(to, sum, 4);
}

void png_add_header(struct bytes *to, uint32_t width, uint32_t height, int bits, int colour_type)
{
    unsigned char header[13] = {0};
    png_save_uint_32(header, width);
    png_save_uint_32(header + 4, height);
    header[8] = (unsigned char)bits;
    header[9] = (unsigned char)colour_type;
    pictures_add(to, "\211PNG\r\n\032\n", 8);
    png_add_chunk(to, "IHDR", header, sizeof header);
}

void png_add_pixels(struct bytes *to, const void *rows, size_t size, unsigned off, bool apart)
{
    unsigned char data[300] = {0x78, 0x01, 0x01, (unsigned char)size, 0, (unsigned char)~size,
                               0xff};
    unsigned a = 1, b = 0;

    memcpy(data + 7, rows, size);
    for (size_t i = 0; i < size; i++) {
        a = (a + data[7 + i]) % 65521;
        b = (b + a) % 65521;
    }
    png_save_uint_32(data + 7 + size, b << 16 | (a + off));
    png_add_chunk(to, "IDAT", data, size + (apart ? 7 : 11));
    if (apart)
        png_add_chunk(to, "IDAT", data + 7 + size, 4);
}
