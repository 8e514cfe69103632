/* exif.h -- EXIF data: a TIFF structure that holds, among other things, a picture's orientation. */
#ifndef TRI_EXIF_H
#define TRI_EXIF_H

#include "codec.h"

/* The orientation, 1 to 8; 1 (upright) if there is none or the data is malformed. */
int tri_exif_orientation(const unsigned char *data, size_t size);
/* Changes it in place, if present. */
void tri_exif_set_orientation(unsigned char *data, size_t size, int orientation);
/* In place: swaps widths and heights, and horizontal and vertical densities, for a picture whose
 * rows have become columns. Also for TIFF's other tags. */
void tri_exif_turn(unsigned char *data, size_t size);
/* In place: removes tags that refer to places in the picture. */
void tri_exif_forget_places(unsigned char *data, size_t size);
/* In place: adapts the density of a picture measured by ImageJ that now has `columns` and `rows`
 * times as many; others keep theirs. */
void tri_exif_scale(unsigned char *data, size_t size, double columns, double rows);
/* PNG's pHYs: pixels per metre, or their ratio. False if the data has no density. */
bool tri_exif_density(const unsigned char *data, size_t size, unsigned char phys[9]);

/* The picture EXIF goes with in a file being written. */
struct tri_exif_picture {
    const struct tri_image *image;
    const struct tri_codec *jpeg; /* for a thumbnail; NULL: none can be made */
};
bool tri_exif_has_thumbnail(const unsigned char *data, size_t size);
/* Returns a copy that matches the picture: sizes are its own, and a thumbnail is made anew (dropped
 * if the picture is no larger than one). Previews in maker notes are blanked, and `blanked` is set.
 * Free with free(). NULL if out of memory. */
unsigned char *tri_exif_fit(const unsigned char *data, size_t size,
                            const struct tri_exif_picture *picture, size_t *fitted, bool *blanked);

/* For readers: adds EXIF data, adapted to an upright picture, to the source's metadata, and outputs
 * the stored orientation. Skips a leading "Exif\0\0". Other data gets a warning instead. */
enum tri_status tri_source_exif(struct tri_source *source, const unsigned char *data, size_t size,
                                int *orientation);
/* tri_image_orient, with the source's errors. */
enum tri_status tri_source_orient(const struct tri_source *source, int orientation,
                                  struct tri_image **image);
/* Adapts the metadata added as stored, all but EXIF, to a picture turned upright, and adds pHYs
 * from EXIF if nothing else did. */
enum tri_status tri_source_upright(struct tri_source *source, int orientation);

#endif
