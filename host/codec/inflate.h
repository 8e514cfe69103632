/* inflate.h -- DEFLATE data (RFC 1951) become bytes, piece by piece.
 *
 * Exactly as strict as zlib: ISA-L, of the same speed, takes codes that leave bit patterns unused, which zlib
 * refuses. So a file must not be read that libpng would not read. */
#ifndef TRI_INFLATE_H
#define TRI_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRI_INFLATE_HISTORY 32768
#define TRI_INFLATE_MARGIN 1024 /* more input is asked for when less than this is left of it */
#define TRI_INFLATE_BEYOND_IN 64
#define TRI_INFLATE_BEYOND_OUT 320

enum tri_inflate_result {
    TRI_INFLATE_FULL, /* the output is as long as was wanted */
    TRI_INFLATE_MORE, /* more input is needed: move what is left, from `in`, and append to it */
    TRI_INFLATE_DONE, /* the data have ended; `in` is at the byte after them */
    TRI_INFLATE_BAD,
};

enum tri_inflate_stage { TRI_INFLATE_HEADER, TRI_INFLATE_STORED, TRI_INFLATE_CODES, TRI_INFLATE_ENDED };

/* Begins as zeros, but for the input. */
struct tri_inflate {
    const unsigned char *in, *end; /* TRI_INFLATE_BEYOND_IN bytes after `end` can be read */
    bool last;                     /* no input follows `end` */

    enum tri_inflate_stage stage;
    bool last_block, fixed; /* the tables are those of fixed codes */
    unsigned stored;        /* bytes that the stored block still has */
    uint64_t bits;
    unsigned count; /* of bits; what is above them agrees with the input at `in` */
    uint32_t literals[2400], distances[512];
};

/* Writes from `*out` on, and moves it. Stops between symbols, so that up to TRI_INFLATE_BEYOND_OUT bytes
 * after `wanted` are written; the output may go on anywhere else, if `*out` is moved there and the
 * TRI_INFLATE_HISTORY bytes before it are copied along. `history` is the first byte that still counts. */
enum tri_inflate_result tri_inflate_run(struct tri_inflate *inflate, unsigned char **out,
                                        const unsigned char *wanted, const unsigned char *history);

#endif
