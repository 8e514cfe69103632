/* png_metadata.c -- what a PNG file says about its picture: colour, EXIF, resolution, text. */
#include "png_codec.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define PROFILE_MAX ((size_t)16 << 20)
#define KEYWORD_MAX 79

/* Of these the first that is sound counts; text may be there any number of times. */
enum { ICCP, SRGB, GAMA, CHRM, PHYS, EXIF, SINGLES, TEXT = SINGLES, NOTHING };

static int kind_of(const struct tri_png_chunk *chunk)
{
    static const char types[][5] = {"iCCP", "sRGB", "gAMA", "cHRM", "pHYs", "eXIf", "tEXt", "zTXt", "iTXt"};
    if ((chunk->type[0] & 32) == 0) /* critical, as all of IDAT */
        return NOTHING;
    for (int i = 0; i < (int)(sizeof types / sizeof types[0]); i++) {
        if (tri_png_chunk_is(chunk, types[i]))
            return i < TEXT ? i : TEXT;
    }
    return NOTHING;
}

/* The bytes of the keyword or name that a chunk begins with, 0: there is none that ends. */
static size_t keyword_size(const struct tri_png_chunk *chunk)
{
    const size_t most = chunk->size < KEYWORD_MAX + 1 ? chunk->size : KEYWORD_MAX + 1;
    const unsigned char *end = most > 0 ? memchr(chunk->data, 0, most) : NULL;
    return end != NULL ? (size_t)(end - chunk->data) : 0;
}

static bool is_sound(int kind, const struct tri_png_chunk *chunk)
{
    static const size_t sizes[SINGLES] = {[SRGB] = 1, [GAMA] = 4, [CHRM] = 32, [PHYS] = 9};
    switch (kind) {
    case TEXT:
        return keyword_size(chunk) > 0;
    case ICCP:
        return keyword_size(chunk) > 0 && chunk->size > keyword_size(chunk) + 2;
    case EXIF:
        return chunk->size >= 4 &&
               (memcmp(chunk->data, "II*\0", 4) == 0 || memcmp(chunk->data, "MM\0*", 4) == 0);
    default:
        return chunk->size == sizes[kind];
    }
}

/* Inflates into memory that grows from a size that most profiles keep within. NULL: no whole zlib stream,
 * more than PROFILE_MAX bytes, or no memory (`lacking`). */
static unsigned char *inflate_profile(const unsigned char *data, size_t size, size_t *profile_size,
                                      bool *lacking)
{
    z_stream stream = {.next_in = (unsigned char *)data, .avail_in = (uInt)size};
    unsigned char *profile = NULL;
    int result = inflateInit(&stream);

    *lacking = result != Z_OK;
    for (size_t room = 1 << 14; result == Z_OK && room <= PROFILE_MAX; room *= 4) {
        unsigned char *grown = realloc(profile, room);
        if (grown == NULL) {
            *lacking = true;
            break;
        }
        profile = grown;
        stream.next_out = profile + stream.total_out;
        stream.avail_out = (uInt)(room - stream.total_out);
        result = inflate(&stream, Z_SYNC_FLUSH);
    }
    *profile_size = stream.total_out;
    inflateEnd(&stream);
    if (result == Z_STREAM_END && *profile_size > 0)
        return profile;
    *lacking |= result == Z_MEM_ERROR;
    free(profile);
    return NULL;
}

/* The bare profile, of a name, its NUL and the method of compression, of which only 0 is known. */
static bool add_profile(struct tri_metadata *metadata, const struct tri_png_chunk *chunk, bool *added)
{
    const size_t start = keyword_size(chunk) + 2;
    size_t size = 0;
    bool lacking = false;

    *added = false;
    if (chunk->data[start - 1] != 0)
        return true;
    unsigned char *profile = inflate_profile(chunk->data + start, chunk->size - start, &size, &lacking);
    if (profile != NULL) {
        *added = tri_metadata_add(metadata, "iCCP", profile, size);
        lacking = !*added;
    }
    free(profile);
    return !lacking;
}

static bool add(struct tri_metadata *metadata, int kind, const struct tri_png_chunk *chunk, bool *added)
{
    char type[5] = "";
    if (kind == ICCP)
        return add_profile(metadata, chunk, added);
    memcpy(type, chunk->type, 4);
    *added = tri_metadata_add(metadata, type, chunk->data, chunk->size);
    return *added;
}

enum tri_status tri_png_read_metadata(const struct tri_source *source)
{
    struct tri_png_chunk chunk;
    bool seen[NOTHING] = {false}, added;

    if (source->metadata == NULL)
        return TRI_OK;
    for (size_t at = TRI_PNG_SIGNATURE; tri_png_chunk_next(source, &at, &chunk);) {
        if (tri_png_chunk_is(&chunk, "IEND"))
            break;
        const int kind = kind_of(&chunk);
        if (kind == NOTHING || (kind < SINGLES && seen[kind]) || !is_sound(kind, &chunk) ||
            !tri_png_chunk_intact(&chunk))
            continue;
        if (!add(source->metadata, kind, &chunk, &added))
            return tri_source_fail(source, "no memory for what the file says about the picture");
        seen[kind] |= added;
    }
    return TRI_OK;
}
