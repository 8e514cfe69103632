/* palette_map.c -- gives each pixel of a picture a colour of a palette. */
#include "palette.h"
#include "reduce_depth.h"

#include <stdlib.h>
#include <string.h>

enum { CACHE_BITS = 14, CACHE = 1 << CACHE_BITS, COLOURS = 3 };

struct map {
    const struct tri_palette *palette;
    /* the last colours asked for, by a hash of them, and what is nearest; 0 is in its place */
    uint32_t asked[CACHE], found[CACHE];
    bool dither;
    int width;
    uint32_t *row; /* of the image */
    /* what a pixel gets from the errors before it, in 16ths: of this row and the next, with a place
     * before the first pixel and one behind the last */
    int (*errors[2])[COLOURS];
};

/* ---- the nearest colour ---- */

static int sample(uint32_t colour, int channel)
{
    return (int)tri_palette_sample(colour, channel);
}

/* Colours count as far as the pixel is opaque. */
static int distance(uint32_t a, uint32_t b)
{
    const int alpha = sample(a, 3), apart = alpha - sample(b, 3);
    int sum = 0;
    for (int c = 0; c < COLOURS; c++)
        sum += (sample(a, c) - sample(b, c)) * (sample(a, c) - sample(b, c));
    return COLOURS * 255 * apart * apart + alpha * sum;
}

static uint32_t search(const struct tri_palette *palette, uint32_t colour)
{
    const enum tri_palette_kind kind = tri_palette_kind(tri_palette_sample(colour, 3));
    uint32_t nearest = 0;
    int least = INT32_MAX;
    if (tri_palette_find(palette, colour) >= 0)
        return colour;
    for (int i = 0; i < palette->count; i++) {
        const int apart = distance(colour, palette->colours[i]);
        if (apart < least && kind == tri_palette_kind(tri_palette_sample(palette->colours[i], 3))) {
            least = apart;
            nearest = palette->colours[i];
        }
    }
    return nearest;
}

static uint32_t nearest_of(struct map *map, uint32_t colour)
{
    const unsigned slot = tri_palette_hash(colour, CACHE_BITS);
    if (colour == 0)
        return 0;
    if (map->asked[slot] != colour) {
        map->asked[slot] = colour;
        map->found[slot] = search(map->palette, colour);
    }
    return map->found[slot];
}

/* ---- errors ---- */

/* A sample with the errors of the pixels before it, in 16ths. */
static int wanted(const struct map *map, uint32_t colour, int channel, int x)
{
    const int value = 16 * sample(colour, channel) + map->errors[0][x + 1][channel];
    return value < 0 ? 0 : value > 16 * 255 ? 16 * 255 : value;
}

static uint32_t corrected(const struct map *map, uint32_t colour, int x)
{
    uint32_t result = colour & 0xff000000;
    for (int c = 0; c < COLOURS; c++)
        result |= (uint32_t)((wanted(map, colour, c, x) + 8) / 16) << (8 * c);
    return result;
}

/* 7, 3, 5 and 1 16ths of the error go ahead, below behind, below, and below ahead; what rounding
 * leaves goes with the last, so that none is lost. */
static void spread(struct map *map, int x, int ahead, uint32_t colour, uint32_t got)
{
    const int at = x + 1;
    for (int c = 0; c < COLOURS; c++) {
        const int error = wanted(map, colour, c, x) - 16 * sample(got, c);
        const int next = error * 7 / 16, behind = error * 3 / 16, below = error * 5 / 16;
        map->errors[0][at + ahead][c] += next;
        map->errors[1][at - ahead][c] += behind;
        map->errors[1][at][c] += below;
        map->errors[1][at + ahead][c] += error - next - behind - below;
    }
}

/* Rows go in turns to the right and to the left, so that errors do not drift. Clear pixels have no
 * colour, and pass no error on. */
static void dither_row(struct map *map, int y)
{
    const int ahead = y % 2 == 0 ? 1 : -1;
    for (int i = 0; i < map->width; i++) {
        const int x = ahead > 0 ? i : map->width - 1 - i;
        if (map->row[x] == 0)
            continue;
        const uint32_t colour = map->row[x];
        map->row[x] = nearest_of(map, corrected(map, colour, x));
        spread(map, x, ahead, colour, map->row[x]);
    }
    int(*done)[COLOURS] = map->errors[0];
    map->errors[0] = map->errors[1];
    map->errors[1] = done;
    memset(done, 0, ((size_t)map->width + 2) * sizeof *done);
}

/* ---- pictures ---- */

static void put_row(const struct map *map, const struct tri_image *to, int y)
{
    const int planes = to->shape.planes, colours = planes > 2 ? 3 : 1;
    for (int p = 0; p < planes; p++) {
        uint8_t *row = tri_image_row(to, p, y);
        const int channel = p == colours ? 3 : colours == 3 ? 2 - p : 0;
        for (int x = 0; x < map->width; x++)
            row[x] = (uint8_t)sample(map->row[x], channel);
    }
}

static void map_rows(struct map *map, const struct tri_image *image, const struct tri_image *to)
{
    for (int y = 0; y < image->shape.height; y++) {
        tri_palette_take_row(image, y, map->row);
        if (map->dither)
            dither_row(map, y);
        else
            for (int x = 0; x < map->width; x++)
                map->row[x] = nearest_of(map, map->row[x]);
        put_row(map, to, y);
    }
}

static enum tri_status map_image(const struct tri_image *image, const struct tri_palette *palette,
                                 bool dither, const struct tri_image *to, struct tri_error *error)
{
    const size_t width = (size_t)image->shape.width;
    struct map *map = calloc(1, sizeof *map);
    int(*errors)[COLOURS] = calloc(2 * (width + 2), sizeof *errors);
    uint32_t *row = malloc(width * sizeof *row);
    enum tri_status status = TRI_FAILED;
    if (map != NULL && errors != NULL && row != NULL) {
        map->palette = palette;
        map->dither = dither;
        map->width = image->shape.width;
        map->row = row;
        map->errors[0] = errors;
        map->errors[1] = errors + width + 2;
        map_rows(map, image, to);
        status = TRI_OK;
    }
    free(row);
    free(errors);
    free(map);
    return status == TRI_OK ? TRI_OK : tri_fail(error, status, "out of memory for a palette");
}

/* Clear and opaque pixels alone, for palettes that have no colour for others. */
static void harden(const struct tri_image *image)
{
    const int alpha = image->shape.planes - 1;
    for (int y = 0; y < image->shape.height; y++) {
        uint8_t *row = tri_image_row(image, alpha, y);
        for (int x = 0; x < image->shape.width; x++)
            row[x] = row[x] < 128 ? 0 : 255;
    }
}

/* Of an image of its own, of 8 bits. */
static enum tri_status quantize(struct tri_image *image, int most, bool dither,
                                struct tri_error *error)
{
    struct tri_palette palette;
    if (image->shape.planes % 2 == 0 && most < 3)
        harden(image);
    enum tri_status status = tri_palette_of(image, most, &palette, error);
    if (status != TRI_OK || palette.count > 0)
        return status;
    status = tri_palette_choose(image, most, &palette, error);
    return status == TRI_OK ? map_image(image, &palette, dither, image, error) : status;
}

static enum tri_status copy(const struct tri_image *image, struct tri_image **result,
                            struct tri_error *error)
{
    const enum tri_status status = tri_image_reduce(image, result, error);
    if (status != TRI_OK || *result != NULL)
        return status;
    if (tri_image_new(&image->shape, result, error) != TRI_OK)
        return TRI_FAILED;
    for (int p = 0; p < image->shape.planes; p++)
        tri_image_copy_plane(image, p, *result, p);
    return TRI_OK;
}

enum tri_status tri_image_quantize(const struct tri_image *image, int most, bool dither,
                                   struct tri_image **result, struct tri_error *error)
{
    *result = NULL;
    enum tri_status status = copy(image, result, error);
    if (status == TRI_OK)
        status = quantize(*result, most, dither, error);
    if (status != TRI_OK) {
        tri_image_free(*result);
        *result = NULL;
    }
    return status;
}
