/* reduce.h -- for formats that hold less than an image can. */
#ifndef TRI_REDUCE_H
#define TRI_REDUCE_H

#include "../image/image.h"

/* Of 16 bits per sample an image of 8, to be freed: each sample the nearest to v / 257. Of 8 bits NULL. */
enum tri_status tri_image_reduce(const struct tri_image *image, struct tri_image **reduced,
                                 struct tri_error *error);
/* True where the image has no alpha, or none that lets anything shine through. */
bool tri_image_opaque(const struct tri_image *image);
/* Of an image with alpha one without, to be freed, on the background: samples (v * a + b * (m - a)) / m to the nearest, m being
 * 255 or 65535 and b the background's, times 257 at 16 bits. Of gray on a colour three planes. */
enum tri_status tri_image_flatten(const struct tri_image *image, const struct tri_background *background,
                                  struct tri_image **flat, struct tri_error *error);
/* Tells that picture `name` was put on it, for `what` ("frames have", "jpeg has") no transparency, where that is to be told. */
void tri_background_tell(const struct tri_background *background, const char *name, const char *what,
                         void (*tell)(void *listener, const char *text), void *listener);
bool tri_background_gray(const struct tri_background *background);

#endif
