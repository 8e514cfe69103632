/* tiff_files.h -- TIFF files of many kinds, made by libtiff. */
#ifndef TIFF_FILES_H
#define TIFF_FILES_H

#include "pictures.h"

#include <tiffio.h>

struct tiff_recipe {
    const char *mode; /* "w", "wb" (big-endian), "w8" (BigTIFF), ... */
    int photometric, bits, compression;
    int extra;  /* kind of the last sample; -1: it is a colour, -2: it is of no stated kind */
    int tile;   /* its side; 0: strips of 5 rows */
    bool apart; /* each plane by itself */
    int orientation;
};

extern const struct tiff_recipe tiff_usual; /* RGB of 8 bits in strips, not compressed */

void tiff_set_up(TIFF *tiff, const struct tiff_recipe *recipe, const struct tri_shape *shape);
/* A row or tile in the file's layout; of all planes, or of one where they are apart. Samples of fewer
 * than 8 bits are the image's low bits. */
void tiff_pack(unsigned char *to, const struct tiff_recipe *recipe, const struct tri_image *image, int left,
               int top, int width, int height, int plane);
void tiff_write_page(TIFF *tiff, const struct tiff_recipe *recipe, const struct tri_image *image);
/* A file of the recipe in the folder of pictures.h; its path. */
const char *tiff_make(const struct tiff_recipe *recipe, const struct tri_image *image);

#endif
