/* libav_palette.c -- palette pixels. For GIF: three bits of red, three of green, two of blue, and
 * one entry for transparent pixels. libswscale dithers them, but does not support palettes. Or, if
 * a number of colours is asked for, those that are chosen for each frame. */
#include "libav_codec.h"

#include "../codec/palette.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* Each PNG has its own palette, so later ones may be transparent. Of other codecs, some leave the
 * alpha of all entries at zero. */
bool tri_libav_palette_alpha(const AVFrame *frame, enum AVCodecID codec)
{
    bool opaque = false, clear = false;
    if (frame->format != AV_PIX_FMT_PAL8)
        return false;
    for (int y = 0; y < frame->height; y++) {
        const uint8_t *row = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
        for (int x = 0; x < frame->width; x++) {
            uint32_t colour;
            memcpy(&colour, frame->data[1] + 4 * (size_t)row[x], 4);
            opaque |= colour >> 24 == 255;
            clear |= colour >> 24 < 255;
        }
    }
    return codec == AV_CODEC_ID_PNG || codec == AV_CODEC_ID_APNG || (opaque && clear);
}

/* ---- writing ---- */

#define CLEAR 0xe3   /* index of transparent pixels, otherwise a magenta */
#define INSTEAD 0xe2 /* shown in its place */

static uint32_t colour_of(unsigned index)
{
    const unsigned red = (index >> 5) * 36, green = (index >> 2 & 7) * 36, blue = (index & 3) * 85;
    return index == CLEAR ? 0 : 0xff000000U | red << 16 | green << 8 | blue;
}

/* Whether a pixel of the row is neither opaque nor clear. */
static bool put_row(const uint8_t *from, uint8_t *to, const struct tri_image *image, int y,
                    int width, int bits)
{
    bool between = false;
    for (int x = 0; x < width; x++) {
        const unsigned most = (1U << bits) - 1;
        const unsigned alpha = image == NULL ? most
                               : bits == 8   ? ((const uint8_t *)tri_image_row(image, 1, y))[x]
                                             : ((const uint16_t *)tri_image_row(image, 1, y))[x];
        between |= alpha > 0 && alpha < most;
        to[x] = alpha <= most / 2 ? CLEAR : from[x] == CLEAR ? INSTEAD : from[x];
    }
    return between;
}

bool tri_libav_put_palette(const AVFrame *packed, const struct tri_image *alpha, int bits,
                           AVFrame *to)
{
    bool between = false;
    for (unsigned i = 0; i < 256; i++)
        ((uint32_t *)(void *)to->data[1])[i] = colour_of(i);
    for (int y = 0; y < to->height; y++)
        between |= put_row(packed->data[0] + (ptrdiff_t)y * packed->linesize[0],
                           to->data[0] + (ptrdiff_t)y * to->linesize[0], alpha, y, to->width, bits);
    return between;
}

/* ---- colours chosen for the frame ---- */

/* Red, green and blue, and opaque or clear where there is alpha. */
static bool take_row(const AVFrame *packed, const struct tri_image *alpha, int bits, int y,
                     const struct tri_image *image)
{
    const uint8_t *from = packed->data[0] + (ptrdiff_t)y * packed->linesize[0];
    uint8_t *opacity = alpha != NULL ? tri_image_row(image, 3, y) : NULL;
    const unsigned most = (1U << bits) - 1;
    bool between = false;
    for (int c = 0; c < 3; c++) {
        uint8_t *row = tri_image_row(image, c, y);
        for (int x = 0; x < image->shape.width; x++)
            row[x] = from[3 * x + c];
    }
    for (int x = 0; alpha != NULL && x < image->shape.width; x++) {
        const unsigned value = bits == 8 ? ((const uint8_t *)tri_image_row(alpha, 1, y))[x]
                                         : ((const uint16_t *)tri_image_row(alpha, 1, y))[x];
        between |= value > 0 && value < most;
        opacity[x] = value <= most / 2 ? 0 : 255;
    }
    return between;
}

static void number_row(const struct tri_palette *palette, const uint32_t *colours, int width,
                       uint8_t *to)
{
    for (int x = 0; x < width; x++)
        to[x] = (uint8_t)tri_palette_find(palette, colours[x]);
}

static bool number(const struct tri_image *image, const struct tri_palette *palette, AVFrame *to)
{
    uint32_t *colours = malloc((size_t)image->shape.width * sizeof *colours);
    for (int y = 0; colours != NULL && y < to->height; y++) {
        tri_palette_take_row(image, y, colours);
        number_row(palette, colours, to->width, to->data[0] + (ptrdiff_t)y * to->linesize[0]);
    }
    for (int i = 0; i < TRI_PALETTE_MOST; i++) /* opaque black where there are fewer */
        ((uint32_t *)(void *)to->data[1])[i] =
            i < palette->count ? palette->colours[i] : 0xff000000U;
    free(colours);
    return colours != NULL;
}

bool tri_libav_choose_palette(const AVFrame *packed, const struct tri_image *alpha, int bits,
                              const struct tri_libav_colours *colours, AVFrame *to, bool *between)
{
    const struct tri_shape shape = {to->width, to->height, alpha != NULL ? 4 : 3, 8};
    struct tri_image *image = NULL, *few = NULL;
    struct tri_palette palette;
    bool made = tri_image_new(&shape, &image, NULL) == TRI_OK;
    *between = false;
    for (int y = 0; made && y < to->height; y++)
        *between |= take_row(packed, alpha, bits, y, image);
    made =
        made && tri_image_quantize(image, colours->most, colours->dither, &few, NULL) == TRI_OK &&
        tri_palette_of(few, colours->most, &palette, NULL) == TRI_OK && number(few, &palette, to);
    tri_image_free(few);
    tri_image_free(image);
    return made;
}
