/* png_interlace.c -- writes the pixels of a PNG file in seven passes (Adam7), each a picture of its
 * own that has some of the pixels. One thread does it: such files are small, being for slow
 * connections. */
#include "png_codec.h"
#include "deflate.h"
#include "checksum.h"
#include "png_chunk.h"
#include "png_effort.h"
#include "png_rows.h"

#include <stdlib.h>
#include <string.h>

enum { PASSES = 7, PIECE = 1 << 19, ZLIB_HEAD = 2, ZLIB_SUM = 4 };

/* The first pixel of each pass, and how far apart its pixels are. */
static const struct pass {
    int x, y, right, down;
} passes[PASSES] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                    {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};

/* ---- filtered rows ---- */

static int steps(int side, int first, int step)
{
    return side > first ? (side - first + step - 1) / step : 0;
}

static struct tri_shape shape_of(const struct tri_image *image, const struct pass *pass)
{
    struct tri_shape shape = image->shape;
    shape.width = steps(image->shape.width, pass->x, pass->right);
    shape.height = steps(image->shape.height, pass->y, pass->down);
    return shape;
}

static void pick_row(const struct tri_image *image, const struct pass *pass, int plane, int y,
                     const struct tri_image *to)
{
    const void *from = tri_image_row(image, plane, pass->y + y * pass->down);
    void *row = tri_image_row(to, plane, y);
    for (int x = 0, at = pass->x; x < to->shape.width; x++, at += pass->right) {
        if (image->shape.bits == 8)
            ((uint8_t *)row)[x] = ((const uint8_t *)from)[at];
        else
            ((uint16_t *)row)[x] = ((const uint16_t *)from)[at];
    }
}

static size_t row_bytes(const struct tri_shape *shape)
{
    return 1 + (size_t)shape->width * (size_t)shape->planes * tri_sample_bytes(shape);
}

/* Numbers of colours are no samples: neighbours tell nothing of them. None is chosen beforehand. */
static unsigned filters_of(const struct tri_png_effort *effort, bool numbers)
{
    return numbers                ? TRI_PNG_SET(TRI_PNG_NONE)
           : effort->filters != 0 ? effort->filters
                                  : TRI_PNG_ADAPTIVE;
}

static bool filter(const struct tri_image *image, unsigned set, uint8_t *to)
{
    struct tri_png_rows rows;
    if (!tri_png_rows_open(&rows, image))
        return false;
    for (int y = 0; y < image->shape.height; y++, to += row_bytes(&image->shape))
        tri_png_rows_filter(&rows, y, set, to);
    tri_png_rows_close(&rows);
    return true;
}

static bool filter_pass(const struct tri_image *image, const struct pass *pass, unsigned set,
                        uint8_t *to)
{
    const struct tri_shape shape = shape_of(image, pass);
    struct tri_image *part;
    if (tri_image_new(&shape, &part, NULL) != TRI_OK)
        return false;
    for (int plane = 0; plane < shape.planes; plane++)
        for (int y = 0; y < shape.height; y++)
            pick_row(image, pass, plane, y, part);
    const bool done = filter(part, set, to);
    tri_image_free(part);
    return done;
}

static size_t pass_bytes(const struct tri_image *image, const struct pass *pass)
{
    const struct tri_shape shape = shape_of(image, pass);
    return shape.width > 0 && shape.height > 0 ? row_bytes(&shape) * (size_t)shape.height : 0;
}

/* All passes, one after another, malloc'ed; NULL: out of memory. */
static uint8_t *filter_all(const struct tri_image *image, unsigned set, size_t *size)
{
    *size = 0;
    for (int i = 0; i < PASSES; i++)
        *size += pass_bytes(image, &passes[i]);
    uint8_t *all = malloc(*size), *to = all;
    for (int i = 0; i < PASSES && all != NULL; i++) {
        const size_t bytes = pass_bytes(image, &passes[i]);
        if (bytes > 0 && !filter_pass(image, &passes[i], set, to)) {
            free(all);
            return NULL;
        }
        to += bytes;
    }
    return all;
}

/* ---- chunks ---- */

/* Makes the data of a chunk of a piece; the first has the head of the stream, the last its sum. */
static size_t deflate_piece(struct tri_deflate *deflate, unsigned char flags, const uint8_t *all,
                            size_t size, size_t at, unsigned char *chunk)
{
    const unsigned char head[ZLIB_HEAD] = {0x78, flags};
    const size_t left = size - at;
    const struct tri_deflate_input input = {.data = all + at,
                                            .size = left < PIECE ? left : PIECE,
                                            .before = at < 32768 ? at : 32768,
                                            .last = left <= PIECE};
    size_t used = 0;
    if (at == 0) {
        memcpy(chunk, head, ZLIB_HEAD);
        used = ZLIB_HEAD;
    }
    used += tri_deflate_piece(deflate, &input, chunk + used);
    if (input.last) {
        tri_put_be32(chunk + used, tri_adler32(1, all, size));
        used += ZLIB_SUM;
    }
    return used;
}

static enum tri_status write_pieces(const struct tri_sink *sink, const uint8_t *all, size_t size)
{
    const struct tri_png_effort *effort = &tri_png_efforts[sink->options->png_level];
    struct tri_deflate *deflate = tri_deflate_new(effort->effort);
    unsigned char *chunk = malloc(tri_deflate_bound(PIECE) + ZLIB_HEAD + ZLIB_SUM);
    enum tri_status status = deflate != NULL && chunk != NULL
                                 ? TRI_OK
                                 : tri_sink_fail(sink, "out of memory for interlaced pixels");
    for (size_t at = 0; at < size && status == TRI_OK; at += PIECE)
        status = tri_png_write_chunk(sink, "IDAT", chunk,
                                     deflate_piece(deflate, effort->flags, all, size, at, chunk));
    free(chunk);
    tri_deflate_free(deflate);
    return status;
}

enum tri_status tri_png_write_interlaced(const struct tri_sink *sink, const struct tri_image *image,
                                         const struct tri_palette *palette)
{
    size_t size;
    const struct tri_png_effort *effort = &tri_png_efforts[sink->options->png_level];
    uint8_t *all = filter_all(image, filters_of(effort, palette != NULL), &size);
    if (all == NULL)
        return tri_sink_fail(sink, "out of memory for interlaced pixels");
    enum tri_status status = tri_png_write_head(sink, &image->shape, palette);
    if (status == TRI_OK)
        status = write_pieces(sink, all, size);
    free(all);
    return status == TRI_OK ? tri_png_write_tail(sink) : status;
}
