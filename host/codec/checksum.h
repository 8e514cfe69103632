/* checksum.h -- the checksums of PNG and zlib files, by ISA-L if present at build time, else by
 * zlib. */
#ifndef TRI_CHECKSUM_H
#define TRI_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Both continue from the checksum of the preceding data; start with 0 and 1. */
uint32_t tri_crc32(uint32_t crc, const void *data, size_t size);
uint32_t tri_adler32(uint32_t adler, const void *data, size_t size);

/* The Adler-32 of two blocks in sequence, from both sums and the size of the second. */
uint32_t tri_adler32_combine(uint32_t first, uint32_t second, size_t second_size);

#endif
