/* png_text.h -- text of PNG files, and what programs hide in it. */
#ifndef TRI_PNG_TEXT_H
#define TRI_PNG_TEXT_H

#include "png_codec.h"

/* Inflates a whole zlib stream into memory that ends with free(). NULL: it is none, more than 16 MB, or there is no memory
 * (`lacking`). */
unsigned char *tri_png_inflate(const unsigned char *data, size_t size, size_t *inflated, bool *lacking);

/* What text chunks have been found to hold that counts only where no chunk of its own says it. */
struct tri_png_hidden {
    unsigned char *exif, *profile;
    size_t exif_size, profile_size;
};

/* Adds a chunk of text as "tEXt" or "iTXt", without compression, or as what it holds: XMP, IPTC. A damaged one gets a warning.
 * False: no memory. */
bool tri_png_add_text(struct tri_source *source, const struct tri_png_chunk *chunk, struct tri_png_hidden *hidden);

/* XMP and IPTC as text; other text, compressed where it is long. */
enum tri_status tri_png_write_texts(const struct tri_sink *sink);

#endif
