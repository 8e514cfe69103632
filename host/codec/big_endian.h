/* big_endian.h -- 32-bit big-endian numbers, as in PNG, JPEG and Photoshop's blocks. */
#ifndef TRI_BIG_ENDIAN_H
#define TRI_BIG_ENDIAN_H

#include <stdint.h>

static inline uint32_t tri_get_be32(const unsigned char *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static inline void tri_put_be32(unsigned char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (24 - 8 * i));
}

#endif
