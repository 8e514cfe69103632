/* interleave.c -- converts rows of planes from and to rows of pixels; compiled for each ISA level.
 */
#include "interleave.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Compilers make shuffles from a fixed number of planes. */
#define SPLIT(type, planes) \
    static void split_##type##_##planes(void *const *rows, const type *restrict pixels, int width) \
    { \
        for (int plane = 0; plane < planes; plane++) { \
            type *restrict row = rows[plane]; \
            for (int x = 0; x < width; x++) \
                row[x] = pixels[(ptrdiff_t)x * planes + plane]; \
        } \
    }

SPLIT(uint8_t, 2)
SPLIT(uint8_t, 3)
SPLIT(uint8_t, 4)
SPLIT(uint16_t, 2)
SPLIT(uint16_t, 3)
SPLIT(uint16_t, 4)

/* Compilers make shuffles from a loop over pixels with a fixed number of planes. */
#define JOIN(type) \
    static void join_##type##_2(type *restrict pixels, const type *restrict a, \
                                const type *restrict b, int width) \
    { \
        for (ptrdiff_t x = 0; x < width; x++) { \
            pixels[2 * x] = a[x]; \
            pixels[2 * x + 1] = b[x]; \
        } \
    } \
    static void join_##type##_3(type *restrict pixels, const type *restrict a, \
                                const type *restrict b, const type *restrict c, int width) \
    { \
        for (ptrdiff_t x = 0; x < width; x++) { \
            pixels[3 * x] = a[x]; \
            pixels[3 * x + 1] = b[x]; \
            pixels[3 * x + 2] = c[x]; \
        } \
    } \
    static void join_##type##_4(type *restrict pixels, const type *restrict a, \
                                const type *restrict b, const type *restrict c, \
                                const type *restrict d, int width) \
    { \
        for (ptrdiff_t x = 0; x < width; x++) { \
            pixels[4 * x] = a[x]; \
            pixels[4 * x + 1] = b[x]; \
            pixels[4 * x + 2] = c[x]; \
            pixels[4 * x + 3] = d[x]; \
        } \
    }

JOIN(uint8_t)
JOIN(uint16_t)

static void split(void *const *rows, const void *pixels, int planes, int bits, int width)
{
    switch (planes + bits) {
    case 2 + 8:
        split_uint8_t_2(rows, pixels, width);
        break;
    case 3 + 8:
        split_uint8_t_3(rows, pixels, width);
        break;
    case 4 + 8:
        split_uint8_t_4(rows, pixels, width);
        break;
    case 2 + 16:
        split_uint16_t_2(rows, pixels, width);
        break;
    case 3 + 16:
        split_uint16_t_3(rows, pixels, width);
        break;
    case 4 + 16:
        split_uint16_t_4(rows, pixels, width);
        break;
    default:
        memcpy(rows[0], pixels, (size_t)width * (size_t)bits / 8);
    }
}

static void join(void *pixels, const void *const *rows, int planes, int bits, int width)
{
    switch (planes + bits) {
    case 2 + 8:
        join_uint8_t_2(pixels, rows[0], rows[1], width);
        break;
    case 3 + 8:
        join_uint8_t_3(pixels, rows[0], rows[1], rows[2], width);
        break;
    case 4 + 8:
        join_uint8_t_4(pixels, rows[0], rows[1], rows[2], rows[3], width);
        break;
    case 2 + 16:
        join_uint16_t_2(pixels, rows[0], rows[1], width);
        break;
    case 3 + 16:
        join_uint16_t_3(pixels, rows[0], rows[1], rows[2], width);
        break;
    case 4 + 16:
        join_uint16_t_4(pixels, rows[0], rows[1], rows[2], rows[3], width);
        break;
    default:
        memcpy(pixels, rows[0], (size_t)width * (size_t)bits / 8);
    }
}

#define PASTE(a, b) a##b
#define TABLE(level) PASTE(tri_interleave_, level)
const struct tri_interleave TABLE(LEVEL) = {split, join};
