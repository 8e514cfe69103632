/* thumbnail.h -- makes small versions of pictures for EXIF. */
#ifndef TRI_THUMBNAIL_H
#define TRI_THUMBNAIL_H

#include "codec.h"

/* pixels of the longer side, as in cameras' thumbnails */
#define TRI_THUMBNAIL_MOST 160

/* Returns a picture's colours, without alpha, as a JPEG file that `jpeg` writes to memory; free
 * with free(). NULL if it cannot be made. */
unsigned char *tri_thumbnail(const struct tri_codec *jpeg, const struct tri_image *image,
                             size_t *size);

#endif
