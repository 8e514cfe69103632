/* png_codec.h -- the functions of the PNG codec. */
#ifndef TRI_PNG_CODEC_H
#define TRI_PNG_CODEC_H

#include "codec.h"
#include "palette.h"

/* Reads any kind of file, by libpng. */
enum tri_status tri_png_read(struct tri_source *source, struct tri_image **image);
/* Reads the usual kinds of file, if nothing at all is wrong with them. False: leave it to
 * tri_png_read; nothing was allocated or reported. */
bool tri_png_read_fast(const struct tri_source *source, struct tri_image **image);
/* Adds the file's metadata to source->metadata, unless NULL, as for an upright picture; outputs the
 * EXIF orientation it is stored in. */
enum tri_status tri_png_read_metadata(struct tri_source *source, int *orientation);

enum tri_status tri_png_write(const struct tri_sink *sink, const struct tri_image *image);
/* Write an image, or where there is a palette an image of its colours' numbers. */
enum tri_status tri_png_write_strips(const struct tri_sink *sink, const struct tri_image *image,
                                     const struct tri_palette *palette);
enum tri_status tri_png_write_interlaced(const struct tri_sink *sink, const struct tri_image *image,
                                         const struct tri_palette *palette);

#define TRI_PNG_SIGNATURE 8 /* bytes before the first chunk */

struct tri_png_chunk {
    const unsigned char *type; /* 4 letters, before the data */
    const unsigned char *data; /* followed by the CRC */
    size_t size;
};

/* Gets the chunk at `*at`, and sets `*at` to the next one. False if there is no complete chunk. */
bool tri_png_chunk_next(const struct tri_source *source, size_t *at, struct tri_png_chunk *chunk);
bool tri_png_chunk_is(const struct tri_png_chunk *chunk, const char *type);
bool tri_png_chunk_intact(const struct tri_png_chunk *chunk); /* whether its CRC is right */

/* As in struct tri_codec_several. */
size_t tri_png_extent(const unsigned char *data, size_t size, bool whole, size_t *wanted);

/* APNG frames: reading (png_frames.c) and writing (png_animate.c). */
enum tri_status tri_png_open(struct tri_source *source, struct tri_series *series);
enum tri_status tri_png_next(struct tri_source *source, struct tri_series *series,
                             struct tri_image **image);
void tri_png_close(struct tri_series *series);
enum tri_status tri_png_begin(const struct tri_sink *sink, const struct tri_pictures_info *info,
                              void **state);
enum tri_status tri_png_add(const struct tri_sink *sink, void *state, const struct tri_part *part);
enum tri_status tri_png_finish(const struct tri_sink *sink, void *state);
void tri_png_drop(void *state);

/* fcTL: a frame's place and duration. Disposal: what becomes of its area before the next frame. */
enum { TRI_APNG_KEEP, TRI_APNG_CLEAR, TRI_APNG_RESTORE };
enum { TRI_APNG_SOURCE, TRI_APNG_OVER }; /* its pixels replace those below, or go over them */
#define TRI_APNG_CONTROL 26              /* bytes */

#endif
