/* png_chunk_read.c -- reads the chunks of a PNG file in memory. */
#include "big_endian.h"
#include "checksum.h"
#include "png_codec.h"

#include <string.h>

bool tri_png_chunk_next(const struct tri_source *source, size_t *at, struct tri_png_chunk *chunk)
{
    if (*at > source->size || source->size - *at < 12)
        return false;
    const unsigned char *start = source->data + *at;
    *chunk = (struct tri_png_chunk){start + 4, start + 8, tri_get_be32(start)};
    if (chunk->size > source->size - *at - 12)
        return false;
    *at += chunk->size + 12;
    return true;
}

size_t tri_png_extent(const unsigned char *data, size_t size, bool whole, size_t *wanted)
{
    const struct tri_source source = {.data = data, .size = size};
    struct tri_png_chunk chunk;
    size_t at = TRI_PNG_SIGNATURE;
    (void)whole;
    while (tri_png_chunk_next(&source, &at, &chunk)) {
        if (tri_png_chunk_is(&chunk, "IEND"))
            return at;
    }
    *wanted = at + 12 + (at <= size && size - at >= 4 ? tri_get_be32(data + at) : 0);
    return 0;
}

bool tri_png_chunk_is(const struct tri_png_chunk *chunk, const char *type)
{
    return memcmp(chunk->type, type, 4) == 0;
}

bool tri_png_chunk_intact(const struct tri_png_chunk *chunk)
{
    return tri_crc32(0, chunk->type, chunk->size + 4) == tri_get_be32(chunk->data + chunk->size);
}
