/* png_unfilter.c -- undoes PNG's row filters; compiled for each ISA level. */
#include "png_unfilter.h"

#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* PNG (third edition), 9.2; all sums are modulo 256. */
enum { NONE, SUB, UP, AVERAGE, PAETH };

static void up(unsigned char *restrict row, const unsigned char *restrict filtered,
               const unsigned char *restrict above, size_t size)
{
    for (size_t i = 0; i < size; i++)
        row[i] = (unsigned char)(filtered[i] + above[i]);
}

#ifndef SINGLE

/* Whole pixels in 16-bit lanes: sums of bytes fit, and stores truncate to bytes. */
typedef int16_t lanes __attribute__((vector_size(16)));
typedef uint8_t bytes __attribute__((vector_size(8)));

INLINE lanes load(const unsigned char *from, int pixel)
{
    bytes value = {0};
    memcpy(&value, from, pixel <= 4 ? 4 : 8);
    return __builtin_convertvector(value, lanes);
}

INLINE void store(unsigned char *to, lanes value, int pixel)
{
    const bytes narrow = __builtin_convertvector(value, bytes);
    memcpy(to, &narrow, pixel <= 4 ? 4 : 8);
}

/* All lanes of `mask` are 0 or -1. */
INLINE lanes choose(lanes mask, lanes yes, lanes no)
{
    return (yes & mask) | (no & ~mask);
}

/* With t = 3c - (a + b), t <= min(a, b) means that the larger of a and b is nearest to a + b - c,
 * and t >= max(a, b) that the smaller is; otherwise c is. That is three steps once `a` is known;
 * distances would take six. */
INLINE lanes paeth(lanes left, lanes above, lanes corner)
{
    const lanes t = (corner + corner + corner - above) - left;
    const lanes lower = choose(left < above, left, above),
                upper = choose(left < above, above, left);
    return choose(t <= lower, upper, choose(t >= upper, lower, corner));
}

INLINE lanes step(int filter, lanes left, lanes above, lanes corner, lanes value)
{
    const lanes byte = {255, 255, 255, 255, 255, 255, 255, 255};
    if (filter == SUB)
        return (left + value) & byte;
    if (filter == AVERAGE)
        return (((left + above) >> 1) + value) & byte;
    return (paeth(left, above, corner) + value) & byte;
}

INLINE void pixels(int filter, int pixel, unsigned char *row, const unsigned char *filtered,
                   const unsigned char *above, size_t size)
{
    lanes left = {0}, corner = {0};
    for (size_t i = 0; i < size; i += (size_t)pixel) {
        const lanes over = filter == SUB ? corner : load(above + i, pixel);
        left = step(filter, left, over, corner, load(filtered + i, pixel));
        corner = over;
        store(row + i, left, pixel);
    }
}

/* Each pixel depends on the one before it. In two rows, the second a pixel behind the first, two of
 * these chains overlap. */
INLINE void two_paeth(int pixel, unsigned char *const rows[2],
                      const unsigned char *const filtered[2], const unsigned char *above,
                      size_t size)
{
    const size_t step_size = (size_t)pixel;
    unsigned char *const first = rows[0], *const second = rows[1];
    const unsigned char *const filtered_first = filtered[0], *const filtered_second = filtered[1];
    lanes zero = {0}, over = load(above, pixel),
          left = step(PAETH, zero, over, zero, load(filtered_first, pixel));
    lanes corner = over, left_below = zero, corner_below = zero;

    store(first, left, pixel);
    for (size_t i = step_size; i < size; i += step_size) {
        const lanes over_below = left;
        over = load(above + i, pixel);
        left = step(PAETH, left, over, corner, load(filtered_first + i, pixel));
        left_below = step(PAETH, left_below, over_below, corner_below,
                          load(filtered_second + i - step_size, pixel));
        corner = over;
        corner_below = over_below;
        store(first + i, left, pixel);
        store(second + i - step_size, left_below, pixel);
    }
    left_below = step(PAETH, left_below, left, corner_below,
                      load(filtered_second + size - step_size, pixel));
    store(second + size - step_size, left_below, pixel);
}

#endif

/* One byte at a time, for 1- and 2-byte pixels and for the scalar level. */
INLINE int paeth_of_bytes(int left, int above, int corner)
{
    const int t = 3 * corner - left - above, lower = left < above ? left : above,
              upper = left < above ? above : left;
    const int inner = t >= upper ? lower : corner;
    return t <= lower ? upper : inner;
}

INLINE void single_bytes(int filter, int pixel, unsigned char *restrict row,
                         const unsigned char *restrict filtered,
                         const unsigned char *restrict above, size_t size)
{
    int left[8] = {0}, corner[8] = {0};
    for (size_t i = 0; i < size; i += (size_t)pixel) {
        for (int k = 0; k < pixel; k++) {
            const int over = above[i + (size_t)k];
            const int guess = filter == SUB       ? left[k]
                              : filter == AVERAGE ? (left[k] + over) >> 1
                                                  : paeth_of_bytes(left[k], over, corner[k]);
            left[k] = (guess + filtered[i + (size_t)k]) & 255;
            corner[k] = over;
            row[i + (size_t)k] = (unsigned char)left[k];
        }
    }
}

#ifdef SINGLE
#define PIXELS single_bytes
#else
#define PIXELS pixels
#endif

#define FILTERS(name, work, pixel) \
    static void name(int filter, unsigned char *row, const unsigned char *filtered, \
                     const unsigned char *above, size_t size) \
    { \
        if (filter == SUB) \
            work(SUB, pixel, row, filtered, above, size); \
        else if (filter == AVERAGE) \
            work(AVERAGE, pixel, row, filtered, above, size); \
        else \
            work(PAETH, pixel, row, filtered, above, size); \
    }
FILTERS(filters_1, single_bytes, 1)
FILTERS(filters_2, single_bytes, 2)
FILTERS(filters_3, PIXELS, 3)
FILTERS(filters_4, PIXELS, 4)
FILTERS(filters_6, PIXELS, 6)
FILTERS(filters_8, PIXELS, 8)

static void row_of(int filter, int pixel, unsigned char *row, const unsigned char *filtered,
                   const unsigned char *above, size_t size)
{
    if (filter == NONE) {
        memcpy(row, filtered, size);
        return;
    }
    if (filter == UP) {
        up(row, filtered, above, size);
        return;
    }
    switch (pixel) {
    case 1:
        filters_1(filter, row, filtered, above, size);
        break;
    case 2:
        filters_2(filter, row, filtered, above, size);
        break;
    case 3:
        filters_3(filter, row, filtered, above, size);
        break;
    case 4:
        filters_4(filter, row, filtered, above, size);
        break;
    case 6:
        filters_6(filter, row, filtered, above, size);
        break;
    default:
        filters_8(filter, row, filtered, above, size);
    }
}

static void two_rows(const int filters[2], int pixel, unsigned char *const rows[2],
                     const unsigned char *const filtered[2], const unsigned char *above,
                     size_t size)
{
#ifndef SINGLE
    if (filters[0] == PAETH && filters[1] == PAETH && pixel >= 3) {
        switch (pixel) {
        case 3:
            two_paeth(3, rows, filtered, above, size);
            break;
        case 4:
            two_paeth(4, rows, filtered, above, size);
            break;
        case 6:
            two_paeth(6, rows, filtered, above, size);
            break;
        default:
            two_paeth(8, rows, filtered, above, size);
        }
        return;
    }
#endif
    row_of(filters[0], pixel, rows[0], filtered[0], above, size);
    row_of(filters[1], pixel, rows[1], filtered[1], rows[0], size);
}

static void to_native(void *samples, const void *big_endian, size_t count)
{
    uint16_t *restrict to = samples;
    const uint16_t *restrict from = big_endian;
    for (size_t i = 0; i < count; i++) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        to[i] = from[i];
#else
        to[i] = __builtin_bswap16(from[i]);
#endif
    }
}

#define PASTE(a, b) a##b
#define TABLE(level) PASTE(tri_png_unfilter_, level)
const struct tri_png_unfilter TABLE(LEVEL) = {row_of, two_rows, to_native};
