/* png_unfilter.h -- rows of a PNG file from their filtered form. png_unfilter.c is compiled for each ISA
 * level. */
#ifndef TRI_PNG_UNFILTER_H
#define TRI_PNG_UNFILTER_H

#include "../parallel/cpu.h"

#include <stddef.h>

/* So many bytes after a row can be read, and those after `row` are written. */
#define TRI_PNG_BEYOND_ROW 64

struct tri_png_unfilter {
    /* `size` bytes of pixels that have `pixel` bytes (1, 2, 3, 4, 6 or 8) each; filter is 0 to 4. `above` is
     * the row before, zeros above the first one. */
    void (*row)(int filter, int pixel, unsigned char *row, const unsigned char *filtered,
                const unsigned char *above, size_t size);
    /* The same for two rows, the second below the first. */
    void (*two_rows)(const int filters[2], int pixel, unsigned char *const rows[2],
                     const unsigned char *const filtered[2], const unsigned char *above, size_t size);
    /* Samples of 16 bits, from big-endian to native. */
    void (*to_native)(void *samples, const void *big_endian, size_t count);
};

#define TRI_DECLARE_UNFILTER(level, argument) extern const struct tri_png_unfilter tri_png_unfilter_##level;
TRI_LEVELS(TRI_DECLARE_UNFILTER, 0)

#endif
