/* inflate.h -- decompresses DEFLATE data (RFC 1951), piece by piece.
 *
 * Exactly as strict as zlib, so that no file is read that libpng rejects. ISA-L is as fast, but
 * accepts incomplete codes, which zlib refuses. */
#ifndef TRI_INFLATE_H
#define TRI_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRI_INFLATE_HISTORY 32768
#define TRI_INFLATE_MARGIN 1024 /* ask for more input when less than this is left */
#define TRI_INFLATE_BEYOND_IN 64
#define TRI_INFLATE_BEYOND_OUT 320

enum tri_inflate_result {
    TRI_INFLATE_FULL, /* the output is as long as wanted */
    TRI_INFLATE_MORE, /* more input is needed: move the rest, from `in`, and append to it */
    TRI_INFLATE_DONE, /* the data have ended; `in` is at the byte after them */
    TRI_INFLATE_BAD,
};

enum tri_inflate_stage {
    TRI_INFLATE_HEADER,
    TRI_INFLATE_STORED,
    TRI_INFLATE_CODES,
    TRI_INFLATE_ENDED
};

/* Starts as zeros, except for the input. */
struct tri_inflate {
    const unsigned char *in, *end; /* TRI_INFLATE_BEYOND_IN bytes after `end` are readable */
    bool last;                     /* no input follows `end` */

    enum tri_inflate_stage stage;
    bool last_block, fixed; /* `fixed`: the tables are those of the fixed codes */
    unsigned stored;        /* bytes left in the stored block */
    uint64_t bits;
    /* the number of valid bits; higher bits agree with the input at `in` */
    unsigned count;
    uint32_t literals[2400], distances[512];
};

/* Writes from `*out` on and advances it. Stops between symbols, so up to TRI_INFLATE_BEYOND_OUT
 * bytes after `wanted` are written. The output may continue elsewhere if `*out` is moved there and
 * the TRI_INFLATE_HISTORY bytes before it are copied along. `history` is the first byte matches may
 * refer to. */
enum tri_inflate_result tri_inflate_run(struct tri_inflate *inflate, unsigned char **out,
                                        const unsigned char *wanted, const unsigned char *history);

#endif
