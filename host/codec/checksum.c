/* checksum.c -- CRC-32 and Adler-32. */
#include "checksum.h"

#include <zlib.h>

#ifdef TRI_ISAL
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

uint32_t tri_crc32(uint32_t crc, const void *data, size_t size)
{
    return crc32_gzip_refl(crc, data, size);
}

/* ISA-L does not reduce its two sums modulo 65521; zlib does. */
uint32_t tri_adler32(uint32_t adler, const void *data, size_t size)
{
    const uint32_t sum = isal_adler32(adler, data, size);
    return (sum >> 16) % 65521 << 16 | (sum & 0xffff) % 65521;
}
#else
uint32_t tri_crc32(uint32_t crc, const void *data, size_t size)
{
    return (uint32_t)crc32_z(crc, data, size);
}

uint32_t tri_adler32(uint32_t adler, const void *data, size_t size)
{
    return (uint32_t)adler32_z(adler, data, size);
}
#endif

uint32_t tri_adler32_combine(uint32_t first, uint32_t second, size_t second_size)
{
    return (uint32_t)adler32_combine(first, second, (z_off_t)second_size);
}
