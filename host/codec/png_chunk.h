/* png_chunk.h -- writes the chunks of a PNG file other than pixels. */
#ifndef TRI_PNG_CHUNK_H
#define TRI_PNG_CHUNK_H

#include "big_endian.h"
#include "codec.h"
#include "palette.h"

enum tri_status tri_png_write_chunk(const struct tri_sink *sink, const char *type, const void *data,
                                    size_t size);
/* Writes the signature, IHDR, the metadata items that fit, and the palette; NULL: none. */
enum tri_status tri_png_write_head(const struct tri_sink *sink, const struct tri_shape *shape,
                                   const struct tri_palette *palette);
/* Writes PLTE, and tRNS if some colours are not opaque. */
enum tri_status tri_png_write_palette(const struct tri_sink *sink,
                                      const struct tri_palette *palette);
/* Writes the items that belong behind the pixels, and IEND. */
enum tri_status tri_png_write_tail(const struct tri_sink *sink);

#endif
