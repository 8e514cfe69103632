/* samples.c -- copies samples between images and memory of the caller. */
#include "image.h"

#include <string.h>

/* Which copies are faster than one sample at a time. */
enum layout { ANY, ROWS, PIXELS };

static enum layout layout_of(const struct tri_shape *shape, const struct tri_samples *samples)
{
    const ptrdiff_t bytes = (ptrdiff_t)tri_sample_bytes(shape);
    if (samples->column == bytes)
        return ROWS;
    return samples->column == bytes * shape->planes && samples->plane == bytes ? PIXELS : ANY;
}

static unsigned char *row_of(const struct tri_samples *samples, int plane, int y)
{
    return (unsigned char *)samples->data + plane * samples->plane + y * samples->row;
}

/* One row of a plane, with any steps. */
static void copy_row(unsigned char *to, ptrdiff_t to_step, const unsigned char *from,
                     ptrdiff_t from_step, const struct tri_shape *shape)
{
    for (ptrdiff_t x = 0; x < shape->width && shape->bits == 8; x++)
        to[x * to_step] = from[x * from_step];
    for (ptrdiff_t x = 0; x < shape->width && shape->bits == 16; x++)
        memcpy(to + x * to_step, from + x * from_step, sizeof(uint16_t));
}

void tri_image_import(struct tri_image *image, const struct tri_samples *from)
{
    const struct tri_shape *shape = &image->shape;
    const enum layout layout = layout_of(shape, from);
    const ptrdiff_t bytes = (ptrdiff_t)tri_sample_bytes(shape);
    for (int y = 0; y < shape->height; y++) {
        if (layout == PIXELS)
            tri_row_split(image, y, row_of(from, 0, y));
        for (int plane = 0; plane < shape->planes && layout != PIXELS; plane++) {
            unsigned char *row = tri_image_row(image, plane, y);
            if (layout == ROWS)
                memcpy(row, row_of(from, plane, y), (size_t)(shape->width * bytes));
            else
                copy_row(row, bytes, row_of(from, plane, y), from->column, shape);
        }
    }
    image->padded = false;
}

void tri_image_export(const struct tri_image *image, const struct tri_samples *to)
{
    const struct tri_shape *shape = &image->shape;
    const enum layout layout = layout_of(shape, to);
    const ptrdiff_t bytes = (ptrdiff_t)tri_sample_bytes(shape);
    for (int y = 0; y < shape->height; y++) {
        if (layout == PIXELS)
            tri_row_join(image, y, row_of(to, 0, y));
        for (int plane = 0; plane < shape->planes && layout != PIXELS; plane++) {
            const unsigned char *row = tri_image_row(image, plane, y);
            if (layout == ROWS)
                memcpy(row_of(to, plane, y), row, (size_t)(shape->width * bytes));
            else
                copy_row(row_of(to, plane, y), to->column, row, bytes, shape);
        }
    }
}
