/* tiff_files.c -- TIFF files of many kinds, made by libtiff. */
#include "tiff_files.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

const struct tiff_recipe tiff_usual = {"w", PHOTOMETRIC_RGB, 8, COMPRESSION_NONE, -1, 0, false, 1};

void tiff_set_up(TIFF *tiff, const struct tiff_recipe *recipe, const struct tri_shape *shape)
{
    const uint16_t extra = (uint16_t)recipe->extra;
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, shape->width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, shape->height);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, shape->planes);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, recipe->bits);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, recipe->photometric);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, recipe->compression);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG,
                 recipe->apart ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, recipe->orientation);
    if (recipe->extra >= 0)
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &extra);
    if (recipe->tile > 0) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, recipe->tile);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, recipe->tile);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, recipe->compression == COMPRESSION_JPEG ? 16 : 5);
    }
    if (recipe->compression == COMPRESSION_JPEG)
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
}

static void put(unsigned char *row, size_t i, int bits, int sample)
{
    if (bits == 16)
        ((uint16_t *)(void *)row)[i] = (uint16_t)sample;
    else
        row[i * (size_t)bits / 8] |=
            (unsigned char)(sample << (8 - bits - (int)(i * (size_t)bits % 8)));
}

void tiff_pack(unsigned char *to, const struct tiff_recipe *recipe, const struct tri_image *image,
               int left, int top, int width, int height, int plane)
{
    const int first = recipe->apart ? plane : 0,
              last = recipe->apart ? plane : image->shape.planes - 1;
    const size_t row_bytes =
        ((size_t)width * (size_t)(last - first + 1) * (size_t)recipe->bits + 7) / 8;
    memset(to, 0, row_bytes * (size_t)height);
    for (int y = 0; y < height && top + y < image->shape.height; y++)
        for (int x = 0; x < width && left + x < image->shape.width; x++)
            for (int p = first; p <= last; p++)
                put(to + (size_t)y * row_bytes, (size_t)(x * (last - first + 1) + p - first),
                    recipe->bits,
                    pictures_sample(image, p, left + x, top + y) & ((1 << recipe->bits) - 1));
}

void tiff_write_page(TIFF *tiff, const struct tiff_recipe *recipe, const struct tri_image *image)
{
    static _Alignas(8) unsigned char buffer[1 << 16];
    const struct tri_shape *shape = &image->shape;
    const int width = recipe->tile > 0 ? recipe->tile : shape->width,
              height = recipe->tile > 0 ? recipe->tile : 1;
    for (int plane = 0; plane < (recipe->apart ? shape->planes : 1); plane++)
        for (int y = 0; y < shape->height; y += height)
            for (int x = 0; x < shape->width; x += width) {
                tiff_pack(buffer, recipe, image, x, y, width, height, plane);
                const bool written =
                    recipe->tile > 0
                        ? TIFFWriteTile(tiff, buffer, (uint32_t)x, (uint32_t)y, 0,
                                        (uint16_t)plane) > 0
                        : TIFFWriteScanline(tiff, buffer, (uint32_t)y, (uint16_t)plane) == 1;
                CU_ASSERT_TRUE(written);
            }
}

const char *tiff_make(const struct tiff_recipe *recipe, const struct tri_image *image)
{
    const char *path = pictures_path("made.tif");
    TIFF *tiff = TIFFOpen(path, recipe->mode);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tiff);
    tiff_set_up(tiff, recipe, &image->shape);
    tiff_write_page(tiff, recipe, image);
    TIFFClose(tiff);
    return path;
}
