/* png_private.h -- chunks of PNG files whose meaning is unknown here: private ones, and extensions.
 */
#ifndef TRI_PNG_PRIVATE_H
#define TRI_PNG_PRIVATE_H

#include "png_codec.h"

/* Adds the chunk if its type permits programs that do not know it to copy it. Otherwise, its name
 * goes into the list of chunks dropped. False if out of memory. */
bool tri_png_private_add(struct tri_source *source, const struct tri_png_chunk *chunk, bool behind,
                         char dropped[TRI_CHUNK_LIST_MAX]);
/* The chunks before the pixels, or behind them. */
enum tri_status tri_png_private_write(const struct tri_sink *sink, bool behind);

#endif
