/* png_files.h -- PNG files assembled by hand, chunk by chunk. */
#ifndef PNG_FILES_H
#define PNG_FILES_H

#include "image/image.h"
#include "pictures.h"

void png_add_chunk(struct bytes *to, const char *type, const void *data, size_t size);
void png_add_header(struct bytes *to, uint32_t width, uint32_t height, int bits,
                    int colour_type); /* including the signature */
/* Fewer than 256 bytes of rows as one stored block; the Adler-32 is wrong by `off`, and may have a
 * chunk of its own. */
void png_add_pixels(struct bytes *to, const void *rows, size_t size, unsigned off, bool apart);

#endif
