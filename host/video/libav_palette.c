/* libav_palette.c -- palette pixels. For GIF: three bits of red, three of green, two of blue, and
 * one entry for transparent pixels. libswscale dithers them, but does not support palettes. */
#include "libav_codec.h"

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
