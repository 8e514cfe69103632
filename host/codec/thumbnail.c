/* thumbnail.c -- averages a picture down, and writes it as JPEG into memory. */
#include "thumbnail.h"

#include <stdlib.h>

#define QUALITY 80

/* Whole samples only: each sample of the picture counts in one of the thumbnail. */
static uint8_t average(const struct tri_image *image, int plane, const int x[2], const int y[2])
{
    uint64_t sum = 0;
    for (int row = y[0]; row < y[1]; row++) {
        const void *samples = tri_image_row(image, plane, row);
        for (int column = x[0]; column < x[1]; column++)
            sum += image->shape.bits == 8 ? ((const uint8_t *)samples)[column] * UINT64_C(257)
                                             : ((const uint16_t *)samples)[column];
    }
    const uint64_t count = (uint64_t)(x[1] - x[0]) * (uint64_t)(y[1] - y[0]);
    return (uint8_t)((sum / count + 128) / 257);
}

static int place(int at, int from, int to)
{
    return (int)((int64_t)at * from / to);
}

static struct tri_image *reduce(const struct tri_image *image)
{
    const struct tri_shape *from = &image->shape;
    const int longer = from->width > from->height ? from->width : from->height;
    const int most = longer < TRI_THUMBNAIL_MOST ? longer : TRI_THUMBNAIL_MOST;
    struct tri_shape shape = {place(from->width, most, longer), place(from->height, most, longer), from->planes < 3 ? 1 : 3, 8};
    struct tri_image *small;
    shape.width += shape.width == 0;
    shape.height += shape.height == 0;
    if (tri_image_new(&shape, &small, NULL) != TRI_OK)
        return NULL;
    for (int plane = 0; plane < shape.planes; plane++) {
        for (int y = 0; y < shape.height; y++) {
            uint8_t *row = tri_image_row(small, plane, y);
            const int rows[2] = {place(y, from->height, shape.height), place(y + 1, from->height, shape.height)};
            for (int x = 0; x < shape.width; x++) {
                const int columns[2] = {place(x, from->width, shape.width), place(x + 1, from->width, shape.width)};
                row[x] = average(image, plane, columns, rows);
            }
        }
    }
    return small;
}

unsigned char *tri_thumbnail(const struct tri_codec *jpeg, const struct tri_image *image, size_t *size)
{
    static const struct tri_write_options options = {.quality = QUALITY};
    char *data = NULL;
    struct tri_image *small = reduce(image);
    FILE *file = small != NULL ? open_memstream(&data, size) : NULL;
    const struct tri_sink sink = {.name = "a thumbnail", .file = file, .options = &options};
    bool written = file != NULL && jpeg->write(&sink, small) == TRI_OK;
    written = file != NULL && fclose(file) == 0 && written;
    tri_image_free(small);
    if (written)
        return (unsigned char *)data;
    free(data);
    return NULL;
}
