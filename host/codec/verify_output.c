/* verify_output.c -- reads back a written file before it is output. */
#include "verify_output.h"

#include "reduce_depth.h"

#include <stdlib.h>
#include <string.h>

/* Lossy formats at their lowest quality keep the mean of a part within 44 of 255 levels (JPEG's
 * step for the mean in each component is 255/8); damage gives a different picture. */
#define PART 64
#define MEAN_MOST 64

static int alpha_of(const struct tri_shape *shape)
{
    return shape->planes % 2 == 0 ? shape->planes - 1 : -1;
}

/* Red, green, blue, alpha, from 0 to 65535: gray serves as all three colours; without alpha, pixels
 * are opaque. */
static void take_row(const struct tri_image *image, int channel, int y, uint16_t *to)
{
    const struct tri_shape *shape = &image->shape;
    const int plane = channel == 3 ? alpha_of(shape) : shape->planes >= 3 ? channel : 0;
    const void *row = plane >= 0 ? tri_image_row(image, plane, y) : NULL;
    for (int x = 0; x < shape->width; x++)
        to[x] = row == NULL        ? 65535
                : shape->bits == 8 ? (uint16_t)(((const uint8_t *)row)[x] * 257)
                                   : ((const uint16_t *)row)[x];
}

/* Rows of both images, and sums over the parts they cross. */
struct comparison {
    const struct tri_image *images[2];
    uint16_t *rows[2], *alpha;
    int64_t *sums; /* of differences */
    int64_t *counts;
    int parts;
};

static bool row_is_equal(struct comparison *comparison, int channel, int y)
{
    for (int i = 0; i < 2; i++)
        take_row(comparison->images[i], channel, y, comparison->rows[i]);
    return memcmp(comparison->rows[0], comparison->rows[1],
                  (size_t)comparison->images[0]->shape.width * sizeof(uint16_t)) == 0;
}

/* Colours under full transparency are not part of the picture. */
static void add_row(struct comparison *comparison, int y)
{
    const int width = comparison->images[0]->shape.width;
    take_row(comparison->images[0], 3, y, comparison->alpha);
    for (int x = 0; x < width; x++) {
        if (comparison->alpha[x] == 0)
            continue;
        comparison->sums[x / PART] += comparison->rows[0][x] - comparison->rows[1][x];
        comparison->counts[x / PART]++;
    }
}

static bool parts_are_near(struct comparison *comparison)
{
    bool near = true;
    for (int i = 0; i < comparison->parts; i++) {
        const int64_t count = comparison->counts[i] > 0 ? comparison->counts[i] : 1,
                      mean = comparison->sums[i] / count;
        near &= mean <= MEAN_MOST * 257 && mean >= -MEAN_MOST * 257;
    }
    memset(comparison->sums, 0, (size_t)comparison->parts * sizeof comparison->sums[0]);
    memset(comparison->counts, 0, (size_t)comparison->parts * sizeof comparison->counts[0]);
    return near;
}

static bool channels_agree(struct comparison *comparison, bool lossless)
{
    const int height = comparison->images[0]->shape.height;
    for (int channel = 0; channel < 4; channel++) {
        for (int y = 0; y < height; y++) {
            const bool equal = row_is_equal(comparison, channel, y);
            if (lossless && !equal)
                return false;
            add_row(comparison, y);
            if ((y % PART == PART - 1 || y == height - 1) && !lossless &&
                !parts_are_near(comparison))
                return false;
        }
    }
    return true;
}

/* False if they differ or, with `lacking` set, if out of memory. */
static bool agree(const struct tri_image *image, const struct tri_image *back, bool lossless,
                  bool *lacking)
{
    const struct tri_shape *a = &image->shape, *b = &back->shape;
    *lacking = false;
    if (a->width != b->width || a->height != b->height)
        return false;
    const size_t width = (size_t)a->width, parts = (width + PART - 1) / PART;
    struct comparison comparison = {.images = {image, back}, .parts = (int)parts};
    uint16_t *rows = calloc(3 * width, sizeof *rows);
    int64_t *sums = calloc(2 * parts, sizeof *sums);
    *lacking = rows == NULL || sums == NULL;
    comparison.rows[0] = rows;
    comparison.rows[1] = rows + (rows != NULL ? width : 0);
    comparison.alpha = rows + (rows != NULL ? 2 * width : 0);
    comparison.sums = sums;
    comparison.counts = sums + (sums != NULL ? parts : 0);
    const bool same = !*lacking && channels_agree(&comparison, lossless);
    free(rows);
    free(sums);
    return same;
}

static enum tri_status verify(const struct tri_codec *codec, const struct tri_sink *sink,
                              const struct tri_image *image, bool lossless, const void *data,
                              size_t size)
{
    struct tri_error why = {0};
    struct tri_source source = {.name = sink->name,
                                .data = data,
                                .size = size,
                                .max_pixels = UINT64_MAX,
                                .pool = sink->options->pool,
                                .error = &why};
    struct tri_image *back = NULL, *reduced = NULL;
    bool lacking = false;
    enum tri_status status = codec->read(&source, &back);
    if (status == TRI_OK && back->shape.bits < image->shape.bits)
        status = tri_image_reduce(image, &reduced, &why);
    const bool same =
        status == TRI_OK && agree(reduced != NULL ? reduced : image, back, lossless, &lacking);
    tri_image_free(back);
    tri_image_free(reduced);
    if (status != TRI_OK)
        return tri_sink_fail(sink, "the written data cannot be read back: %s", why.text);
    if (lacking)
        return tri_sink_fail(sink,
                             "out of memory while comparing the written data with the picture");
    return same ? TRI_OK
                : tri_sink_fail(
                      sink,
                      "the picture differs when read back; memory may have run out or be faulty");
}

enum tri_status tri_write_verified(const struct tri_codec *codec, const struct tri_sink *sink,
                                   const struct tri_image *image, bool lossless)
{
    struct tri_memory_sink memory;
    if (tri_memory_sink_begin(&memory, sink) != TRI_OK)
        return TRI_FAILED;
    enum tri_status status = tri_memory_sink_end(&memory, codec->write(&memory.sink, image));
    if (status == TRI_OK)
        status = verify(codec, sink, image, lossless, memory.data, memory.size);
    if (status == TRI_OK)
        status = tri_sink_write(sink, memory.data, memory.size);
    free(memory.data);
    return status;
}
