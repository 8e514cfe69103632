/* png_filter.h -- PNG's row filters (PNG specification, 9). png_filter.c is compiled for each ISA
 * level. */
#ifndef TRI_PNG_FILTER_H
#define TRI_PNG_FILTER_H

#include "../parallel/cpu.h"

#include <stddef.h>

enum tri_png_filter_type {
    TRI_PNG_NONE,
    TRI_PNG_SUB,
    TRI_PNG_UP,
    TRI_PNG_AVERAGE,
    TRI_PNG_PAETH,
    TRI_PNG_FILTERS
};

/* Readable zero bytes required before the rows passed to a filter. */
#define TRI_PNG_BEFORE 64

struct tri_png_filter {
    /* Filters `size` bytes of a row with `pixel` bytes per pixel. Returns the sum of the results'
     * absolute values, as signed bytes: smaller sums usually compress better. */
    uint64_t (*filter[TRI_PNG_FILTERS])(uint8_t *out, const uint8_t *row, const uint8_t *above,
                                        int pixel, size_t size);
    void (*swap)(uint16_t *samples, size_t count); /* each sample's bytes */
};

#define TRI_DECLARE_PNG_FILTER(level, argument) \
    extern const struct tri_png_filter tri_png_filter_##level;
TRI_LEVELS(TRI_DECLARE_PNG_FILTER, 0)

#endif
