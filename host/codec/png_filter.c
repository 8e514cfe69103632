/* png_filter.c -- PNG's row filters; compiled for each ISA level. */
#include "png_filter.h"

/* This many distances, each at most 128, sum to 16 bits: narrow sums give more lanes. */
#define BLOCK 256

static inline uint8_t sub(uint8_t left, uint8_t up, uint8_t corner)
{
    (void)up;
    (void)corner;
    return left;
}

static inline uint8_t up(uint8_t left, uint8_t above, uint8_t corner)
{
    (void)left;
    (void)corner;
    return above;
}

static inline uint8_t none(uint8_t left, uint8_t above, uint8_t corner)
{
    (void)left;
    (void)above;
    (void)corner;
    return 0;
}

/* Halves the sum without needing a ninth bit. */
static inline uint8_t average(uint8_t left, uint8_t above, uint8_t corner)
{
    (void)corner;
    return (uint8_t)((left & above) + ((left ^ above) >> 1));
}

static inline uint8_t distance(uint8_t a, uint8_t b)
{
    return (uint8_t)(a > b ? a - b : b - a);
}

/* Whichever of the three is nearest to left + above - corner. The corner's distance from it is the
 * sum of the other two distances, and so not the smallest, unless the corner lies between the
 * others; then it is their difference. All in bytes, for the most lanes. */
static inline uint8_t paeth(uint8_t left, uint8_t above, uint8_t corner)
{
    const uint8_t to_left = distance(above, corner), to_above = distance(left, corner);
    const uint8_t between = (uint8_t) - ((left > corner) != (above > corner));
    const uint8_t to_corner = (uint8_t)(distance(to_left, to_above) | (uint8_t)~between);
    const uint8_t nearer = to_left <= to_above ? left : above;
    const uint8_t least = to_left <= to_above ? to_left : to_above;
    return least <= to_corner ? nearer : corner;
}

static inline uint8_t magnitude(uint8_t value)
{
    const uint8_t negative = (uint8_t)-value;
    return value < negative ? value : negative;
}

/* Full blocks have a constant count, so they become vectors without a remainder loop. */
#define FILTER(predict) \
    static inline uint16_t predict##_block(uint8_t *restrict out, const uint8_t *restrict row, \
                                           const uint8_t *restrict above, ptrdiff_t pixel, \
                                           ptrdiff_t size) \
    { \
        uint16_t sum = 0; \
        for (ptrdiff_t i = 0; i < size; i++) { \
            const uint8_t value = \
                (uint8_t)(row[i] - predict(row[i - pixel], above[i], above[i - pixel])); \
            out[i] = value; \
            sum = (uint16_t)(sum + magnitude(value)); \
        } \
        return sum; \
    } \
    static uint64_t filter_##predict(uint8_t *out, const uint8_t *row, const uint8_t *above, \
                                     int pixel, size_t size) \
    { \
        uint64_t sum = 0; \
        size_t at = 0; \
        for (; at + BLOCK <= size; at += BLOCK) \
            sum += predict##_block(out + at, row + at, above + at, pixel, BLOCK); \
        return sum + \
               predict##_block(out + at, row + at, above + at, pixel, (ptrdiff_t)(size - at)); \
    }

FILTER(none)
FILTER(sub)
FILTER(up)
FILTER(average)
FILTER(paeth)

static void swap(uint16_t *samples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        samples[i] = (uint16_t)(samples[i] << 8 | samples[i] >> 8);
}

#define PASTE(a, b) a##b
#define TABLE(level) PASTE(tri_png_filter_, level)
const struct tri_png_filter TABLE(LEVEL) = {
    {filter_none, filter_sub, filter_up, filter_average, filter_paeth}, swap};
