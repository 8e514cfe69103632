/* exif.h -- EXIF data: a TIFF structure that says, among other things, which side of a picture is up. */
#ifndef TRI_EXIF_H
#define TRI_EXIF_H

#include "codec.h"

/* The orientation, 1 to 8; 1 (upright) where there is none, or the data is malformed. */
int tri_exif_orientation(const unsigned char *data, size_t size);
/* Changes it in place, where there is one. */
void tri_exif_set_orientation(unsigned char *data, size_t size, int orientation);
/* In place: for a picture whose rows have become columns, widths and heights change places, of pixels too (densities).
 * Also for TIFF's other tags. */
void tri_exif_turn(unsigned char *data, size_t size);
/* In place: what names places within the picture goes. */
void tri_exif_forget_places(unsigned char *data, size_t size);
/* In place: a picture that ImageJ has measured has so many times more columns and rows; others keep their density. */
void tri_exif_scale(unsigned char *data, size_t size, double columns, double rows);
/* PNG's pHYs: pixels per metre, or their proportion. False: the data says nothing of it. */
bool tri_exif_density(const unsigned char *data, size_t size, unsigned char phys[9]);

/* The picture that EXIF goes with, in a file that is written. */
struct tri_exif_picture {
    const struct tri_image *image;
    const struct tri_codec *jpeg; /* for a thumbnail; NULL: there can be none */
};
bool tri_exif_has_thumbnail(const unsigned char *data, size_t size);
/* A copy that is true of the picture: sizes are its own, a thumbnail is made anew (none of a picture that is no larger than
 * one), previews in notes of the camera's maker are blanked, and `blanked` is set. It ends with free(). NULL: no memory. */
unsigned char *tri_exif_fit(const unsigned char *data, size_t size, const struct tri_exif_picture *picture, size_t *fitted,
                            bool *blanked);

/* For readers: adds EXIF data to the source's metadata, as of a picture that is upright, and returns how it
 * is stored. "Exif\0\0" before the data is left out. What is no EXIF gets a warning instead. */
enum tri_status tri_source_exif(struct tri_source *source, const unsigned char *data, size_t size,
                                int *orientation);
/* tri_image_orient, with the source's errors. */
enum tri_status tri_source_orient(const struct tri_source *source, int orientation, struct tri_image **image);
/* Makes all that has been added as it is stored, but for EXIF, as of a picture that is turned upright; and adds pHYs as EXIF
 * says it, where nothing else has. */
enum tri_status tri_source_upright(struct tri_source *source, int orientation);

#endif
