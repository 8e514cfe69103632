/* png_text.h -- text in PNG files, and metadata that programs hide in it. */
#ifndef TRI_PNG_TEXT_H
#define TRI_PNG_TEXT_H

#include "png_codec.h"

/* Inflates a complete zlib stream; free the result with free(). NULL if it is malformed or over 16
 * MB, or, with `lacking` set, if out of memory. */
unsigned char *tri_png_inflate(const unsigned char *data, size_t size, size_t *inflated,
                               bool *lacking);

/* Metadata found in text chunks; used only if no dedicated chunk provides them. */
struct tri_png_hidden {
    unsigned char *exif, *profile;
    size_t exif_size, profile_size;
};

/* Adds a text chunk as "tEXt" or "iTXt", uncompressed, or the XMP or IPTC it holds. A damaged one
 * gets a warning. False if out of memory. */
bool tri_png_add_text(struct tri_source *source, const struct tri_png_chunk *chunk,
                      struct tri_png_hidden *hidden);

/* Writes XMP and IPTC as text; other text is compressed if long. */
enum tri_status tri_png_write_texts(const struct tri_sink *sink);

#endif
