/* thumbnail.c -- averages a picture down and writes it as JPEG to memory. */
#include "thumbnail.h"

#include <stdlib.h>
#include <string.h>

#define QUALITY 80

static int place(int at, int from, int to)
{
    return (int)((int64_t)at * from / to);
}

/* Compilers make vectors of loops of a fixed length. */
#define LANES 32

static void add_8(uint32_t *restrict sums, const uint8_t *restrict row, int width)
{
    int x = 0;
    for (; x + LANES <= width; x += LANES)
        for (int i = 0; i < LANES; i++)
            sums[x + i] += row[x + i];
    for (; x < width; x++)
        sums[x] += row[x];
}

static void add_16(uint32_t *restrict sums, const uint16_t *restrict row, int width)
{
    int x = 0;
    for (; x + LANES <= width; x += LANES)
        for (int i = 0; i < LANES; i++)
            sums[x + i] += row[x + i];
    for (; x < width; x++)
        sums[x] += row[x];
}

/* Adds a row to the sums of its columns. They hold at most TRI_SIDE_MAX / TRI_THUMBNAIL_MOST + 1
 * rows, whose sum fits. */
static void add_row(uint32_t *sums, const struct tri_image *image, int plane, int y)
{
    if (image->shape.bits == 8)
        add_8(sums, tri_image_row(image, plane, y), image->shape.width);
    else
        add_16(sums, tri_image_row(image, plane, y), image->shape.width);
}

/* The average of columns `from` to `to` - 1 as 8 bits. */
static uint8_t average(const uint32_t *sums, int from, int to, int rows, int bits)
{
    const uint64_t count = (uint64_t)(to - from) * (uint64_t)rows;
    uint64_t sum = 0;
    for (int x = from; x < to; x++)
        sum += sums[x];
    return (uint8_t)((sum * (bits == 8 ? 257 : 1) / count + 128) / 257);
}

/* Whole samples only: each sample of the picture counts in just one of the thumbnail. */
static void reduce_plane(const struct tri_image *image, const struct tri_image *small, int plane,
                         uint32_t *sums)
{
    const struct tri_shape *from = &image->shape, *to = &small->shape;
    for (int y = 0; y < to->height; y++) {
        uint8_t *row = tri_image_row(small, plane, y);
        const int first = place(y, from->height, to->height),
                  end = place(y + 1, from->height, to->height);
        memset(sums, 0, (size_t)from->width * sizeof *sums);
        for (int i = first; i < end; i++)
            add_row(sums, image, plane, i);
        for (int x = 0; x < to->width; x++)
            row[x] = average(sums, place(x, from->width, to->width),
                             place(x + 1, from->width, to->width), end - first, from->bits);
    }
}

static struct tri_image *reduce(const struct tri_image *image)
{
    const struct tri_shape *from = &image->shape;
    const int longer = from->width > from->height ? from->width : from->height;
    const int most = longer < TRI_THUMBNAIL_MOST ? longer : TRI_THUMBNAIL_MOST;
    struct tri_shape shape = {place(from->width, most, longer), place(from->height, most, longer),
                              from->planes < 3 ? 1 : 3, 8};
    struct tri_image *small = NULL;
    shape.width += shape.width == 0;
    shape.height += shape.height == 0;
    uint32_t *sums = malloc((size_t)from->width * sizeof *sums);
    if (sums != NULL && tri_image_new(&shape, &small, NULL) == TRI_OK)
        for (int plane = 0; plane < shape.planes; plane++)
            reduce_plane(image, small, plane, sums);
    free(sums);
    return small;
}

unsigned char *tri_thumbnail(const struct tri_codec *jpeg, const struct tri_image *image,
                             size_t *size)
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
