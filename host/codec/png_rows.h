/* png_rows.h -- rows of an image as a PNG file has them: pixels, big-endian, filtered. */
#ifndef TRI_PNG_ROWS_H
#define TRI_PNG_ROWS_H

#include "../image/image.h"
#include "png_filter.h"

/* Sets of filters: of several, each row gets the one that seems to compress best. */
#define TRI_PNG_SET(type) (1u << (type))

/* A worker's view of an image. */
struct tri_png_rows {
    const struct tri_image *image;
    const struct tri_png_filter *filter;
    int pixel;   /* bytes of a pixel */
    size_t size; /* bytes of a row, without the filter's type before it */
    int held[2]; /* which rows are in `rows` */
    uint8_t *rows[2];
    uint8_t *nothing; /* the row above the first */
    uint8_t *other;   /* a filtered row that may be better than the one in place */
    uint8_t *memory;
};

bool tri_png_rows_open(struct tri_png_rows *rows, const struct tri_image *image); /* false: no memory */
void tri_png_rows_close(struct tri_png_rows *rows);

/* Writes the type of a filter of the set, and row y filtered by it. */
void tri_png_rows_filter(struct tri_png_rows *rows, int y, unsigned set, uint8_t *out);

#endif
