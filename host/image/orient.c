/* orient.c -- turns pictures upright that are stored rotated or mirrored. */
#include "image.h"

#include <string.h>

/* Columns become rows in squares: the cache lines that a square touches stay in L1. */
#define SQUARE 64

/* The transforms for EXIF orientations (EXIF 2.3, 4.6.4 A). */
static const struct tri_turn turns[9] = {
    [2] = {false, true, false}, [3] = {false, true, true}, [4] = {false, false, true},
    [5] = {true, false, false}, [6] = {true, false, true}, [7] = {true, true, true},
    [8] = {true, true, false},
};

struct tri_turn tri_orientation_turn(int orientation)
{
    return orientation >= 1 && orientation <= 8 ? turns[orientation] : turns[1];
}

#define LOOPS(type) \
    static void reverse_##type(void *to, const void *from, int width) \
    { \
        type *restrict out = to; \
        const type *restrict in = from; \
        for (int x = 0; x < width; x++) \
            out[x] = in[width - 1 - x]; \
    } \
    /* A column from top to bottom, or upwards with a negative stride, becomes a row. */ \
    static void turn_##type(void *to, const unsigned char *from, ptrdiff_t stride, int count) \
    { \
        type *restrict out = to; \
        for (int x = 0; x < count; x++) \
            out[x] = *(const type *)(from + x * stride); \
    }

LOOPS(uint8_t)
LOOPS(uint16_t)

static void flip_plane(const struct tri_image *to, const struct tri_image *from, int plane,
                       struct tri_turn way)
{
    const int width = from->shape.width, height = from->shape.height;
    for (int y = 0; y < height; y++) {
        const void *in = tri_image_row(from, plane, way.mirrored_y ? height - 1 - y : y);
        void *out = tri_image_row(to, plane, y);
        if (!way.mirrored_x)
            memcpy(out, in, (size_t)width * tri_sample_bytes(&from->shape));
        else if (from->shape.bits == 8)
            reverse_uint8_t(out, in, width);
        else
            reverse_uint16_t(out, in, width);
    }
}

/* Turns columns y to y + SQUARE of the stored picture, counted from its far side if mirrored, into
 * rows; of these the samples x to x + SQUARE. */
static void turn_square(const struct tri_image *to, const struct tri_image *from, int plane,
                        struct tri_turn way, int x, int y)
{
    const ptrdiff_t bytes = (ptrdiff_t)tri_sample_bytes(&from->shape);
    const ptrdiff_t stride = way.mirrored_y ? -from->stride : from->stride;
    const int first_row = way.mirrored_y ? from->shape.height - 1 - x : x;
    const int count = to->shape.width - x < SQUARE ? to->shape.width - x : SQUARE;
    const int end = to->shape.height - y < SQUARE ? to->shape.height : y + SQUARE;
    const unsigned char *rows = tri_image_row(from, plane, first_row);
    for (; y < end; y++) {
        const unsigned char *in = rows + (way.mirrored_x ? from->shape.width - 1 - y : y) * bytes;
        unsigned char *out = (unsigned char *)tri_image_row(to, plane, y) + x * bytes;
        if (bytes == 1)
            turn_uint8_t(out, in, stride, count);
        else
            turn_uint16_t(out, in, stride, count);
    }
}

static void turn_plane(const struct tri_image *to, const struct tri_image *from, int plane,
                       struct tri_turn way)
{
    for (int y = 0; y < to->shape.height; y += SQUARE) {
        for (int x = 0; x < to->shape.width; x += SQUARE)
            turn_square(to, from, plane, way, x, y);
    }
}

enum tri_status tri_image_orient(struct tri_image **image, int orientation, struct tri_error *error)
{
    if (orientation < 1 || orientation > 8)
        return tri_fail(error, TRI_USAGE, "invalid orientation %d; expected 1 to 8", orientation);
    if (orientation == 1)
        return TRI_OK;
    const struct tri_turn way = turns[orientation];
    struct tri_image *from = *image, *to;
    struct tri_shape shape = from->shape;
    if (way.transposed) {
        shape.width = from->shape.height;
        shape.height = from->shape.width;
    }
    const enum tri_status status = tri_image_new_in(from->from, &shape, &to, error);
    if (status != TRI_OK)
        return status;
    for (int plane = 0; plane < shape.planes; plane++) {
        if (way.transposed)
            turn_plane(to, from, plane, way);
        else
            flip_plane(to, from, plane, way);
    }
    tri_image_free(from);
    *image = to;
    return TRI_OK;
}
