/* png_form.c -- the form of the pixels of a written PNG file: samples, or numbers of a palette's
 * colours; from the top down, or interlaced. */
#include "png_chunk.h"
#include "png_codec.h"

#include <stdlib.h>

/* ---- palettes ---- */

static void number_row(const struct tri_palette *palette, const uint32_t *colours, int width,
                       uint8_t *to)
{
    for (int x = 0; x < width; x++)
        to[x] = x > 0 && colours[x] == colours[x - 1]
                    ? to[x - 1]
                    : (uint8_t)tri_palette_find(palette, colours[x]);
}

static enum tri_status number(const struct tri_image *image, const struct tri_palette *palette,
                              struct tri_image **numbers, struct tri_error *error)
{
    const struct tri_shape shape = {image->shape.width, image->shape.height, 1, 8};
    uint32_t *colours = malloc((size_t)shape.width * sizeof *colours);
    const enum tri_status status = colours != NULL
                                       ? tri_image_new(&shape, numbers, error)
                                       : tri_fail(error, TRI_FAILED, "out of memory for a palette");
    for (int y = 0; status == TRI_OK && y < shape.height; y++) {
        tri_palette_take_row(image, y, colours);
        number_row(palette, colours, shape.width, tri_image_row(*numbers, 0, y));
    }
    free(colours);
    return status;
}

enum tri_status tri_png_write_palette(const struct tri_sink *sink,
                                      const struct tri_palette *palette)
{
    unsigned char colours[3 * TRI_PALETTE_MOST] = {0}, alpha[TRI_PALETTE_MOST] = {0};
    size_t clear = 0; /* those that are not opaque come first */
    for (int i = 0; i < palette->count; i++) {
        const uint32_t colour = palette->colours[i];
        for (int c = 0; c < 3; c++)
            colours[3 * i + c] = (unsigned char)(colour >> (8 * (2 - c)));
        alpha[i] = (unsigned char)(colour >> 24);
        clear += alpha[i] < 255;
    }
    const enum tri_status status =
        tri_png_write_chunk(sink, "PLTE", colours, 3 * (size_t)palette->count);
    return status == TRI_OK && clear > 0 ? tri_png_write_chunk(sink, "tRNS", alpha, clear) : status;
}

/* ---- the file ---- */

static enum tri_status write_pixels(const struct tri_sink *sink, const struct tri_image *image,
                                    const struct tri_palette *palette)
{
    return sink->options->interlace == TRI_INTERLACED
               ? tri_png_write_interlaced(sink, image, palette)
               : tri_png_write_strips(sink, image, palette);
}

/* The image has few enough colours: see tri_form_convert. */
static enum tri_status write_numbers(const struct tri_sink *sink, const struct tri_image *image)
{
    struct tri_palette palette;
    struct tri_image *numbers = NULL;
    struct tri_error why;
    enum tri_status status = tri_palette_of(image, sink->options->colours, &palette, &why);
    if (status == TRI_OK)
        status = number(image, &palette, &numbers, &why);
    status = status == TRI_OK ? write_pixels(sink, numbers, &palette)
                              : tri_sink_fail(sink, "%s", why.text);
    tri_image_free(numbers);
    return status;
}

enum tri_status tri_png_write(const struct tri_sink *sink, const struct tri_image *image)
{
    return sink->options->colours > 0 ? write_numbers(sink, image)
                                      : write_pixels(sink, image, NULL);
}
