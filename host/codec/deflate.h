/* deflate.h -- pieces of a raw deflate stream (RFC 1951), compressed independently. */
#ifndef TRI_DEFLATE_H
#define TRI_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* FAST and DEFAULT use ISA-L if present at build time, else zlib; BEST always uses zlib. */
enum tri_deflate_effort { TRI_DEFLATE_FAST, TRI_DEFLATE_DEFAULT, TRI_DEFLATE_BEST };

/* State of one worker, reused for each piece. */
struct tri_deflate;
struct tri_deflate *tri_deflate_new(enum tri_deflate_effort effort); /* NULL if out of memory */
void tri_deflate_free(struct tri_deflate *deflater);

struct tri_deflate_input {
    const uint8_t *data;
    size_t size;
    bool last;
    /* For BEST only: */
    /* bytes in front of `data`, the end of the previous piece, for matches; 0: none */
    size_t before;
    bool noisy; /* short matches are worth less than literals */
    bool trial; /* less effort, to estimate the size */
};

size_t tri_deflate_bound(size_t size); /* upper bound, in bytes, for a piece of `size` */

/* Compresses a piece, ending at a byte boundary, to `out`, which has room for the bound. Returns
 * its size. The bytes depend only on the input. */
size_t tri_deflate_piece(struct tri_deflate *deflater, const struct tri_deflate_input *input,
                         uint8_t *out);

#endif
