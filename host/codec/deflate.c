/* deflate.c -- pieces of a raw deflate stream, by ISA-L or zlib. */
#include "deflate.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#ifdef TRI_ISAL
#include <isa-l/igzip_lib.h>
#endif

#define STORED_MOST 65535 /* bytes in a stored block */
#define WINDOW 32768

#define TRIAL_LEVEL 5
static const int zlib_levels[] = {
    [TRI_DEFLATE_FAST] = 1, [TRI_DEFLATE_DEFAULT] = 2, [TRI_DEFLATE_BEST] = 9};

struct tri_deflate {
    enum tri_deflate_effort effort;
    z_stream zlib;
#ifdef TRI_ISAL
    struct isal_zstream isal;
    uint8_t tables[ISAL_DEF_LVL2_DEFAULT];
#endif
};

/* ---- stored blocks: for incompressible data, to bound the size ---- */

size_t tri_deflate_bound(size_t size)
{
    return size + 5 * (size / STORED_MOST + 1);
}

static size_t store(const struct tri_deflate_input *input, uint8_t *out)
{
    size_t left = input->size;
    uint8_t *to = out;
    do {
        const size_t part = left < STORED_MOST ? left : STORED_MOST;
        to[0] = input->last && part == left;
        to[1] = (uint8_t)part;
        to[2] = (uint8_t)(part >> 8);
        to[3] = (uint8_t)~to[1];
        to[4] = (uint8_t)~to[2];
        memcpy(to + 5, input->data + (input->size - left), part);
        to += 5 + part;
        left -= part;
    } while (left > 0);
    return (size_t)(to - out);
}

/* ---- zlib; 0 if the result does not fit ---- */

static bool zlib_open(struct tri_deflate *deflater)
{
    deflater->zlib = (z_stream){0};
    return deflateInit2(&deflater->zlib, zlib_levels[deflater->effort], Z_DEFLATED, -15, 9,
                        Z_DEFAULT_STRATEGY) == Z_OK;
}

static size_t zlib_piece(struct tri_deflate *deflater, const struct tri_deflate_input *input,
                         uint8_t *out, size_t room)
{
    z_stream *zlib = &deflater->zlib;
    const size_t before = input->before < WINDOW ? input->before : WINDOW;
    if (deflateReset(zlib) != Z_OK ||
        deflateParams(zlib, input->trial ? TRIAL_LEVEL : zlib_levels[deflater->effort],
                      input->noisy ? Z_FILTERED : Z_DEFAULT_STRATEGY) != Z_OK ||
        (before > 0 && deflateSetDictionary(zlib, input->data - before, (uInt)before) != Z_OK))
        return 0;
    zlib->next_in = (Bytef *)input->data;
    zlib->avail_in = (uInt)input->size;
    zlib->next_out = out;
    zlib->avail_out = (uInt)room;
    const int result = deflate(zlib, input->last ? Z_FINISH : Z_SYNC_FLUSH);
    return result == (input->last ? Z_STREAM_END : Z_OK) && zlib->avail_out > 0
               ? room - zlib->avail_out
               : 0;
}

/* ---- ISA-L; likewise ---- */

static bool uses_isal(const struct tri_deflate *deflater)
{
#ifdef TRI_ISAL
    return deflater->effort <= TRI_DEFLATE_DEFAULT;
#else
    (void)deflater;
    return false;
#endif
}

#ifdef TRI_ISAL
/* Levels 1 and 2 of ISA-L 2.30 (x86 code) start a stream by hashing part of the state's address
 * instead of the bytes after the first, so at some addresses flat graphics compress to different
 * bytes. A stream that continues another does not start this way: store the first bytes, and give
 * them to ISA-L as history. */
#define STORED_FIRST ((size_t)8)
#define PROBE ((size_t)16384)

/* False if there is no room. */
static bool store_first(struct isal_zstream *isal)
{
    const struct tri_deflate_input first = {.data = isal->next_in, .size = STORED_FIRST};
    if (isal->avail_out <= tri_deflate_bound(STORED_FIRST) ||
        isal_deflate_set_dict(isal, isal->next_in, STORED_FIRST) != COMP_OK)
        return false;
    const size_t made = store(&first, isal->next_out);
    isal->next_in += STORED_FIRST;
    isal->avail_in -= (uint32_t)STORED_FIRST;
    isal->next_out += made;
    isal->avail_out -= (uint32_t)made;
    return true;
}

static size_t isal_run(struct tri_deflate *deflater, const struct tri_deflate_input *input,
                       uint32_t level, uint8_t *out, size_t room)
{
    struct isal_zstream *isal = &deflater->isal;
    isal_deflate_init(isal);
    isal->level = level;
    isal->level_buf = deflater->tables;
    isal->level_buf_size = sizeof deflater->tables;
    isal->gzip_flag = IGZIP_DEFLATE;
    isal->flush = input->last ? NO_FLUSH : FULL_FLUSH;
    isal->end_of_stream = input->last;
    isal->next_in = (uint8_t *)input->data;
    isal->avail_in = (uint32_t)input->size;
    isal->next_out = out;
    isal->avail_out = (uint32_t)room;
    if (level > 0 && input->size > STORED_FIRST && !store_first(isal))
        return 0;
    return isal_deflate(isal) == COMP_OK && isal->avail_in == 0 && isal->avail_out > 0
               ? room - isal->avail_out
               : 0;
}

/* Level 0 is fastest, and good enough for flat graphics, which the middle of the piece reveals. */
static uint32_t fast_level(struct tri_deflate *deflater, const struct tri_deflate_input *input,
                           uint8_t *out, size_t room)
{
    const size_t size = input->size < PROBE ? input->size : PROBE;
    const struct tri_deflate_input probe = {
        .data = input->data + (input->size - size) / 2, .size = size, .last = true};
    const size_t made = isal_run(deflater, &probe, 0, out, room);
    return made > 0 && made < size / 4 ? 0 : 1;
}

static size_t isal_piece(struct tri_deflate *deflater, const struct tri_deflate_input *input,
                         uint8_t *out, size_t room)
{
    const uint32_t level =
        deflater->effort == TRI_DEFLATE_FAST ? fast_level(deflater, input, out, room) : 2;
    return isal_run(deflater, input, level, out, room);
}
#else
#define isal_piece zlib_piece
#endif

/* ---- common ---- */

struct tri_deflate *tri_deflate_new(enum tri_deflate_effort effort)
{
    struct tri_deflate *deflater = malloc(sizeof *deflater);
    if (deflater == NULL)
        return NULL;
    deflater->effort = effort;
    if (!uses_isal(deflater) && !zlib_open(deflater)) {
        free(deflater);
        return NULL;
    }
    return deflater;
}

void tri_deflate_free(struct tri_deflate *deflater)
{
    if (deflater != NULL && !uses_isal(deflater))
        deflateEnd(&deflater->zlib);
    free(deflater);
}

size_t tri_deflate_piece(struct tri_deflate *deflater, const struct tri_deflate_input *input,
                         uint8_t *out)
{
    const size_t room = tri_deflate_bound(input->size);
    const size_t made = uses_isal(deflater) ? isal_piece(deflater, input, out, room)
                                            : zlib_piece(deflater, input, out, room);
    return made > 0 ? made : store(input, out);
}
