/* png_codec.h -- the parts of the PNG codec. */
#ifndef TRI_PNG_CODEC_H
#define TRI_PNG_CODEC_H

#include "codec.h"

/* By libpng: every kind of file. */
enum tri_status tri_png_read(struct tri_source *source, struct tri_image **image);
/* The usual kinds of file, if nothing at all is wrong with them. False: tri_png_read shall decide, and
 * nothing was made or said. */
bool tri_png_read_fast(const struct tri_source *source, struct tri_image **image);
/* Adds what the file says about its picture to source->metadata, if that is not NULL, as of an upright one; tells which of
 * EXIF's orientations it is stored in. */
enum tri_status tri_png_read_metadata(struct tri_source *source, int *orientation);

enum tri_status tri_png_write(const struct tri_sink *sink, const struct tri_image *image);

#define TRI_PNG_SIGNATURE 8 /* bytes before the first chunk */

struct tri_png_chunk {
    const unsigned char *type; /* 4 letters, before the data */
    const unsigned char *data; /* after it the CRC */
    size_t size;
};

/* The chunk at `*at`, which then is the place of the next one. False: there is no whole chunk. */
bool tri_png_chunk_next(const struct tri_source *source, size_t *at, struct tri_png_chunk *chunk);
bool tri_png_chunk_is(const struct tri_png_chunk *chunk, const char *type);
bool tri_png_chunk_intact(const struct tri_png_chunk *chunk); /* its CRC is right */

#endif
