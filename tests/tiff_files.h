/* tiff_files.h -- TIFF files of many kinds, written by libtiff. */
#ifndef TIFF_FILES_H
#define TIFF_FILES_H

#include "pictures.h"

#include <tiffio.h>

struct tiff_recipe {
    const char *mode; /* "w", "wb" (big-endian), "w8" (BigTIFF), ... */
    int photometric, bits, compression;
    int extra;  /* kind of the last sample; -1: a colour, -2: unspecified */
    int tile;   /* side length; 0: strips of 5 rows */
    bool apart; /* separate planes */
    int orientation;
};

extern const struct tiff_recipe tiff_usual; /* 8-bit RGB in strips, uncompressed */

void tiff_set_up(TIFF *tiff, const struct tiff_recipe *recipe, const struct tri_shape *shape);
/* A row or tile in the file's layout; of all planes, or of one if they are separate. Samples of
 * fewer than 8 bits are the image's low bits. */
void tiff_pack(unsigned char *to, const struct tiff_recipe *recipe, const struct tri_image *image,
               int left, int top, int width, int height, int plane);
void tiff_write_page(TIFF *tiff, const struct tiff_recipe *recipe, const struct tri_image *image);
/* Writes a file of the recipe in the folder of pictures.h; returns its path. */
const char *tiff_make(const struct tiff_recipe *recipe, const struct tri_image *image);

#endif
