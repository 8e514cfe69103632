/* png_rows.h -- the rows of an image in PNG form: pixels, big-endian, filtered. */
#ifndef TRI_PNG_ROWS_H
#define TRI_PNG_ROWS_H

#include "../image/image.h"
#include "png_filter.h"

/* Sets of filters: each row gets the one that seems to compress best. */
#define TRI_PNG_SET(type) (1u << (type))

/* A worker's view of an image. */
struct tri_png_rows {
    const struct tri_image *image;
    const struct tri_png_filter *filter;
    int pixel;   /* bytes per pixel */
    size_t size; /* bytes per row, without the filter type before it */
    int held[2]; /* the rows held in `rows` */
    uint8_t *rows[2];
    uint8_t *nothing; /* the row above the first */
    uint8_t *other;   /* a filtered row that may be better than the current one */
    uint8_t *memory;
};

/* False if out of memory. */
bool tri_png_rows_open(struct tri_png_rows *rows, const struct tri_image *image);
void tri_png_rows_close(struct tri_png_rows *rows);

/* Writes the type of a filter from the set, then row y filtered by it. */
void tri_png_rows_filter(struct tri_png_rows *rows, int y, unsigned set, uint8_t *out);

#endif
