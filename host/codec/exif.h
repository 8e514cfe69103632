/* exif.h -- EXIF data: a TIFF structure that says, among other things, which side of a picture is up. */
#ifndef TRI_EXIF_H
#define TRI_EXIF_H

#include "codec.h"

/* The orientation, 1 to 8; 1 (upright) where there is none, or the data is malformed. */
int tri_exif_orientation(const unsigned char *data, size_t size);
/* Changes it in place, where there is one. */
void tri_exif_set_orientation(unsigned char *data, size_t size, int orientation);

/* For readers: adds EXIF data to the source's metadata, as of a picture that is upright, and returns how it
 * is stored. "Exif\0\0" before the data is left out. What is no EXIF gets a warning instead. */
enum tri_status tri_source_exif(struct tri_source *source, const unsigned char *data, size_t size,
                                int *orientation);
/* tri_image_orient, with the source's errors. */
enum tri_status tri_source_orient(const struct tri_source *source, int orientation, struct tri_image **image);

#endif
