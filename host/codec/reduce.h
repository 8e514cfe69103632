/* reduce.h -- for formats that hold less than an image can. */
#ifndef TRI_REDUCE_H
#define TRI_REDUCE_H

#include "../image/image.h"

/* Of 16 bits per sample an image of 8, to be freed: each sample the nearest to v / 257. Of 8 bits NULL. */
enum tri_status tri_image_reduce(const struct tri_image *image, struct tri_image **reduced,
                                 struct tri_error *error);
/* True where the image has no alpha, or none that lets anything shine through. */
bool tri_image_opaque(const struct tri_image *image);

#endif
