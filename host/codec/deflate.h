/* deflate.h -- pieces of a raw deflate stream (RFC 1951), made apart from each other. */
#ifndef TRI_DEFLATE_H
#define TRI_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first two by ISA-L where it was there at build time, else by zlib; the last always by zlib. */
enum tri_deflate_effort { TRI_DEFLATE_FAST, TRI_DEFLATE_DEFAULT, TRI_DEFLATE_BEST };

/* What a worker needs for one piece after another. */
struct tri_deflate;
struct tri_deflate *tri_deflate_new(enum tri_deflate_effort effort); /* NULL: no memory */
void tri_deflate_free(struct tri_deflate *deflater);

struct tri_deflate_input {
    const uint8_t *data;
    size_t size;
    bool last;
    /* For BEST only: */
    size_t before; /* bytes in front of `data`, the end of the piece before, for matches; 0: none */
    bool noisy;    /* short matches are worth less than single bytes */
    bool trial;    /* less effort, to know about how small it would be */
};

size_t tri_deflate_bound(size_t size); /* bytes that a piece of `size` becomes at most */

/* Writes a piece, which ends at a whole byte, to `out`, which has room for the bound. Returns its size. The
 * bytes depend on nothing but the input. */
size_t tri_deflate_piece(struct tri_deflate *deflater, const struct tri_deflate_input *input, uint8_t *out);

#endif
