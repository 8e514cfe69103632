/* reduce_depth.h -- conversions for formats that hold less than an image can. */
#ifndef TRI_REDUCE_DEPTH_H
#define TRI_REDUCE_DEPTH_H

#include "../image/image.h"

/* Makes an 8-bit image of a 16-bit one, to be freed by the caller: each sample is v / 257, rounded
 * to nearest. NULL if the image already has 8 bits. */
enum tri_status tri_image_reduce(const struct tri_image *image, struct tri_image **reduced,
                                 struct tri_error *error);
/* True if the image has no alpha, or all of it is opaque. */
bool tri_image_opaque(const struct tri_image *image);
/* Makes an image without alpha, to be freed by the caller, of one with alpha on the background:
 * samples are (v * a + b * (m - a)) / m, rounded to nearest; m is 255 or 65535, and b the
 * background's, times 257 at 16 bits. Gray on a colour gives three planes. */
enum tri_status tri_image_flatten(const struct tri_image *image,
                                  const struct tri_background *background, struct tri_image **flat,
                                  struct tri_error *error);
/* Reports, if requested, that picture `name` was put on the background because `what` ("frames
 * have", "jpeg has") no transparency. */
void tri_background_tell(const struct tri_background *background, const char *name,
                         const char *what, void (*tell)(void *listener, const char *text),
                         void *listener);
/* Some names tri_background_parse accepts, for lists of them; NULL after the last. */
const char *tri_background_name(int index);
bool tri_background_gray(const struct tri_background *background);

#endif
