/* divisor.h -- the greatest common divisor. */
#ifndef TRIPTYCH_IMAGE_DIVISOR_H
#define TRIPTYCH_IMAGE_DIVISOR_H

#include <stdint.h>

/* Of numbers that are not negative; of 0 and a number, the number. */
static inline int64_t tri_common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

#endif
