/* thumbnail.h -- small pictures of large ones, as EXIF holds them. */
#ifndef TRI_THUMBNAIL_H
#define TRI_THUMBNAIL_H

#include "codec.h"

#define TRI_THUMBNAIL_MOST 160 /* pixels of the longer side, as cameras make them */

/* A JPEG file, in memory that ends with free(), of the colours of a picture, without alpha; `jpeg` writes it. NULL: it
 * cannot be made. */
unsigned char *tri_thumbnail(const struct tri_codec *jpeg, const struct tri_image *image, size_t *size);

#endif
