/* png_chunk_write.c -- writes the chunks of a PNG file other than pixels. */
#include "png_chunk.h"
#include "checksum.h"
#include "png_private.h"
#include "png_text.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define CHUNK_MOST INT32_MAX /* bytes, per the specification */

enum tri_status tri_png_write_chunk(const struct tri_sink *sink, const char *type, const void *data,
                                    size_t size)
{
    unsigned char head[8], sum[4];
    uint32_t crc = tri_crc32(0, type, 4);
    /* given NULL, zlib starts a new sum */
    if (size > 0)
        crc = tri_crc32(crc, data, size);
    tri_put_be32(head, (uint32_t)size);
    memcpy(head + 4, type, 4);
    tri_put_be32(sum, crc);
    enum tri_status status = tri_sink_write(sink, head, sizeof head);
    if (status == TRI_OK)
        status = tri_sink_write(sink, data, size);
    return status == TRI_OK ? tri_sink_write(sink, sum, sizeof sum) : status;
}

#define PALETTE 3 /* colour type */

static enum tri_status write_header(const struct tri_sink *sink, const struct tri_shape *shape,
                                    bool palette)
{
    static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const unsigned char colour_types[1 + TRI_PLANES_MAX] = {0, 0, 4, 2, 6};
    unsigned char header[13] = {0};
    tri_put_be32(header, (uint32_t)shape->width);
    tri_put_be32(header + 4, (uint32_t)shape->height);
    header[8] = (unsigned char)shape->bits;
    header[9] = palette ? PALETTE : colour_types[shape->planes];
    header[12] = sink->options->interlace == TRI_INTERLACED;
    const enum tri_status status = tri_sink_write(sink, signature, sizeof signature);
    return status == TRI_OK ? tri_png_write_chunk(sink, "IHDR", header, sizeof header) : status;
}

/* ---- metadata ---- */

static enum tri_status write_profile(const struct tri_sink *sink,
                                     const struct tri_metadata_item *profile)
{
    static const char head[5] = "icc\0"; /* name, and compression method 0 */
    uLongf size = compressBound(profile->size);
    unsigned char *data = malloc(sizeof head + size);
    if (data == NULL)
        return tri_sink_fail(sink, "out of memory for %zu bytes of colour profile", (size_t)size);
    memcpy(data, head, sizeof head);
    enum tri_status status;
    if (compress(data + sizeof head, &size, profile->data, profile->size) != Z_OK)
        status = tri_sink_fail(sink, "out of memory while compressing the colour profile");
    else
        status = tri_png_write_chunk(sink, "iCCP", data, sizeof head + size);
    free(data);
    return status;
}

static bool is_sound(const struct tri_metadata_item *item)
{
    static const struct {
        char type[5];
        size_t size;
    } sizes[] = {{"sRGB", 1}, {"gAMA", 4},  {"cHRM", 32}, {"pHYs", 9},
                 {"cICP", 4}, {"mDCV", 24}, {"cLLI", 8}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (strcmp(item->type, sizes[i].type) == 0)
            return item->size == sizes[i].size;
    }
    return item->size > 0 && item->size <= CHUNK_MOST;
}

/* Writes the first item of its type: a file may have only one. */
static enum tri_status write_first(const struct tri_sink *sink, const char *type)
{
    const struct tri_metadata_item *item = tri_metadata_find(sink->options->metadata, type);
    return item != NULL && is_sound(item) ? tri_png_write_chunk(sink, type, item->data, item->size)
                                          : TRI_OK;
}

/* A palette has red, green and blue, each of 8 bits. */
static bool suits_palette(const char *type)
{
    return strcmp(type, "sBIT") != 0;
}

static enum tri_status write_metadata(const struct tri_sink *sink, int planes, bool palette)
{
    static const char *const singles[] = {"cICP", "mDCV", "cLLI", "gAMA",
                                          "cHRM", "sBIT", "pHYs", "eXIf"};
    const struct tri_metadata *metadata = sink->options->metadata;
    const struct tri_metadata_item *profile = tri_metadata_profile(metadata, palette ? 3 : planes);
    if (palette && tri_metadata_profile(metadata, 1) != NULL)
        tri_sink_note(sink, "colour profile dropped: it is for gray, and a palette has colours");
    /* A file must not have both. */
    enum tri_status status =
        profile != NULL ? write_profile(sink, profile) : write_first(sink, "sRGB");
    for (size_t i = 0; i < sizeof singles / sizeof singles[0] && status == TRI_OK; i++)
        if (!palette || suits_palette(singles[i]))
            status = write_first(sink, singles[i]);
    if (status == TRI_OK)
        status = tri_png_write_texts(sink);
    return status == TRI_OK ? tri_png_private_write(sink, false) : status;
}

enum tri_status tri_png_write_head(const struct tri_sink *sink, const struct tri_shape *shape,
                                   const struct tri_palette *palette)
{
    enum tri_status status = write_header(sink, shape, palette != NULL);
    if (status == TRI_OK)
        status = write_metadata(sink, shape->planes, palette != NULL);
    return status == TRI_OK && palette != NULL ? tri_png_write_palette(sink, palette) : status;
}

enum tri_status tri_png_write_tail(const struct tri_sink *sink)
{
    const enum tri_status status = tri_png_private_write(sink, true);
    return status == TRI_OK ? tri_png_write_chunk(sink, "IEND", NULL, 0) : status;
}
