/* reduce_depth.c -- reduces 16 bits to 8, and checks whether alpha can be dropped. */
#include "reduce_depth.h"

/* v / 257, rounded, for all v; 257 is 65535 / 255. */
static void reduce_row(uint8_t *restrict to, const uint16_t *restrict from, int width)
{
    for (int x = 0; x < width; x++)
        to[x] = (uint8_t)((from[x] * 255U + 32895) >> 16);
}

enum tri_status tri_image_reduce(const struct tri_image *image, struct tri_image **reduced,
                                 struct tri_error *error)
{
    struct tri_shape shape = image->shape;
    *reduced = NULL;
    if (shape.bits == 8)
        return TRI_OK;
    shape.bits = 8;
    const enum tri_status status = tri_image_new(&shape, reduced, error);
    if (status != TRI_OK)
        return status;
    for (int plane = 0; plane < shape.planes; plane++) {
        for (int y = 0; y < shape.height; y++)
            reduce_row(tri_image_row(*reduced, plane, y), tri_image_row(image, plane, y),
                       shape.width);
    }
    return TRI_OK;
}

static bool is_full(const struct tri_image *image, const void *row)
{
    const uint8_t *row_8 = row;
    const uint16_t *row_16 = row;
    unsigned all = 0xffff;
    if (image->shape.bits == 8) {
        for (int x = 0; x < image->shape.width; x++)
            all &= row_8[x] * 257U;
    } else {
        for (int x = 0; x < image->shape.width; x++)
            all &= row_16[x];
    }
    return all == 0xffff;
}

bool tri_image_opaque(const struct tri_image *image)
{
    if (image->shape.planes % 2 != 0)
        return true;
    for (int y = 0; y < image->shape.height; y++) {
        if (!is_full(image, tri_image_row(image, image->shape.planes - 1, y)))
            return false;
    }
    return true;
}
