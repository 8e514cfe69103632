/* png_unfilter.h -- undoes PNG's row filters. png_unfilter.c is compiled for each ISA level. */
#ifndef TRI_PNG_UNFILTER_H
#define TRI_PNG_UNFILTER_H

#include "../parallel/cpu.h"

#include <stddef.h>

/* This many bytes after a row must be readable, and those after `row` are overwritten. */
#define TRI_PNG_BEYOND_ROW 64

struct tri_png_unfilter {
    /* Unfilters `size` bytes of pixels with `pixel` bytes (1, 2, 3, 4, 6 or 8) each; filter is 0 to
     * 4. `above` is the previous row, zeros for the first. */
    void (*row)(int filter, int pixel, unsigned char *row, const unsigned char *filtered,
                const unsigned char *above, size_t size);
    /* Likewise for two rows, the second below the first. */
    void (*two_rows)(const int filters[2], int pixel, unsigned char *const rows[2],
                     const unsigned char *const filtered[2], const unsigned char *above,
                     size_t size);
    /* Converts 16-bit samples from big-endian to native. */
    void (*to_native)(void *samples, const void *big_endian, size_t count);
};

#define TRI_DECLARE_UNFILTER(level, argument) \
    extern const struct tri_png_unfilter tri_png_unfilter_##level;
TRI_LEVELS(TRI_DECLARE_UNFILTER, 0)

#endif
