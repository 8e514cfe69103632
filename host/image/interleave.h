/* interleave.h -- converts rows of planes from and to rows of pixels. interleave.c is compiled for
 * each ISA level. */
#ifndef TRI_INTERLEAVE_H
#define TRI_INTERLEAVE_H

#include "../parallel/cpu.h"

struct tri_interleave {
    /* `width` pixels of `planes` samples of `bits` bits; 16-bit samples are in native byte order.
     */
    void (*split)(void *const *rows, const void *pixels, int planes, int bits, int width);
    void (*join)(void *pixels, const void *const *rows, int planes, int bits, int width);
};

#define TRI_DECLARE_INTERLEAVE(level, argument) \
    extern const struct tri_interleave tri_interleave_##level;
TRI_LEVELS(TRI_DECLARE_INTERLEAVE, 0)

#endif
