/* interleave.c -- rows of planes from and to rows of pixels; compiled for each ISA level. */
#include "interleave.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Loops with a fixed number of planes are what compilers make shuffles of. */
#define LOOPS(type, planes)                                                                                  \
    static void split_##type##_##planes(void *const *rows, const type *restrict pixels, int width)           \
    {                                                                                                        \
        for (int plane = 0; plane < planes; plane++) {                                                       \
            type *restrict row = rows[plane];                                                                \
            for (int x = 0; x < width; x++)                                                                  \
                row[x] = pixels[(ptrdiff_t)x * planes + plane];                                              \
        }                                                                                                    \
    }                                                                                                        \
    static void join_##type##_##planes(type *restrict pixels, const void *const *rows, int width)            \
    {                                                                                                        \
        for (int plane = 0; plane < planes; plane++) {                                                       \
            const type *restrict row = rows[plane];                                                          \
            for (int x = 0; x < width; x++)                                                                  \
                pixels[(ptrdiff_t)x * planes + plane] = row[x];                                              \
        }                                                                                                    \
    }

LOOPS(uint8_t, 2)
LOOPS(uint8_t, 3)
LOOPS(uint8_t, 4)
LOOPS(uint16_t, 2)
LOOPS(uint16_t, 3)
LOOPS(uint16_t, 4)

static void split(void *const *rows, const void *pixels, int planes, int bits, int width)
{
    switch (planes + bits) {
    case 2 + 8: split_uint8_t_2(rows, pixels, width); break;
    case 3 + 8: split_uint8_t_3(rows, pixels, width); break;
    case 4 + 8: split_uint8_t_4(rows, pixels, width); break;
    case 2 + 16: split_uint16_t_2(rows, pixels, width); break;
    case 3 + 16: split_uint16_t_3(rows, pixels, width); break;
    case 4 + 16: split_uint16_t_4(rows, pixels, width); break;
    default: memcpy(rows[0], pixels, (size_t)width * (size_t)bits / 8);
    }
}

static void join(void *pixels, const void *const *rows, int planes, int bits, int width)
{
    switch (planes + bits) {
    case 2 + 8: join_uint8_t_2(pixels, rows, width); break;
    case 3 + 8: join_uint8_t_3(pixels, rows, width); break;
    case 4 + 8: join_uint8_t_4(pixels, rows, width); break;
    case 2 + 16: join_uint16_t_2(pixels, rows, width); break;
    case 3 + 16: join_uint16_t_3(pixels, rows, width); break;
    case 4 + 16: join_uint16_t_4(pixels, rows, width); break;
    default: memcpy(pixels, rows[0], (size_t)width * (size_t)bits / 8);
    }
}

#define PASTE(a, b) a##b
#define TABLE(level) PASTE(tri_interleave_, level)
const struct tri_interleave TABLE(LEVEL) = {split, join};
