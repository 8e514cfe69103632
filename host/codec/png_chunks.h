/* png_chunks.h -- chunks of a PNG file being written, those beside the pixels. */
#ifndef TRI_PNG_CHUNKS_H
#define TRI_PNG_CHUNKS_H

#include "big_endian.h"
#include "codec.h"

enum tri_status tri_png_write_chunk(const struct tri_sink *sink, const char *type, const void *data,
                                    size_t size);
/* The signature, IHDR, and those items of the metadata that fit. */
enum tri_status tri_png_write_head(const struct tri_sink *sink, const struct tri_shape *shape);

#endif
