/* flatten.c -- puts images with transparency on a background, for formats without. */
#include "reduce_depth.h"
#include "../image/colour.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- colours ---- */

/* Those that completion offers. */
static const char *const names[] = {"white", "black",  "gray", "red",    "green",
                                    "blue",  "yellow", "cyan", "magenta"};
enum { NAMES = sizeof names / sizeof names[0] };

const char *tri_background_name(int index)
{
    return index < NAMES ? names[index] : NULL;
}

enum tri_status tri_background_parse(const char *text, struct tri_background *background,
                                     struct tri_error *error)
{
    struct tri_rgba colour;
    *background = (struct tri_background){.use = TRI_BACKGROUND};
    if (strcasecmp(text, "none") == 0) {
        background->use = TRI_NO_BACKGROUND;
        return TRI_OK;
    }
    if (!tri_colour_parse(text, &colour) || colour.alpha != 255)
        return tri_fail(error, TRI_USAGE,
                        "invalid colour '%s'; expected none, #rgb, #rrggbb or a name of CSS such "
                        "as white",
                        text);
    background->colour[0] = colour.red;
    background->colour[1] = colour.green;
    background->colour[2] = colour.blue;
    return TRI_OK;
}

void tri_background_tell(const struct tri_background *background, const char *name,
                         const char *what, void (*tell)(void *listener, const char *text),
                         void *listener)
{
    char text[600];
    if (tell == NULL || background->use != TRI_BACKGROUND_TOLD)
        return;
    snprintf(text, sizeof text,
             "%s: flattened onto #%02x%02x%02x, as %s no transparency; choose another colour with "
             "--background",
             name, background->colour[0], background->colour[1], background->colour[2], what);
    tell(listener, text);
}

bool tri_background_gray(const struct tri_background *background)
{
    return background->colour[0] == background->colour[1] &&
           background->colour[1] == background->colour[2];
}

/* ---- pixels ---- */

/* (colour * alpha + behind * (most - alpha)) / most, rounded to nearest; `most` is odd, so there
 * are no ties. */
static void flatten_8(uint8_t *to, const uint8_t *from, const uint8_t *alpha, uint32_t behind,
                      int width)
{
    for (int x = 0; x < width; x++)
        to[x] = (uint8_t)((from[x] * (uint32_t)alpha[x] + behind * (255U - alpha[x]) + 127) / 255);
}

/* The sum is at most 65535 * 65535 + 32767, which fits 32 bits. */
static void flatten_16(uint16_t *to, const uint16_t *from, const uint16_t *alpha, uint32_t behind,
                       int width)
{
    for (int x = 0; x < width; x++)
        to[x] = (uint16_t)((from[x] * (uint32_t)alpha[x] + behind * (65535U - alpha[x]) + 32767) /
                           65535);
}

static void flatten_row(const struct tri_image *image, const struct tri_image *flat, int plane,
                        int y, uint8_t colour)
{
    const int width = image->shape.width;
    const void *from = tri_image_row(image, image->shape.planes == 4 ? plane : 0, y);
    const void *alpha = tri_image_row(image, image->shape.planes - 1, y);
    if (image->shape.bits == 8)
        flatten_8(tri_image_row(flat, plane, y), from, alpha, colour, width);
    else
        flatten_16(tri_image_row(flat, plane, y), from, alpha, colour * 257U, width);
}

enum tri_status tri_image_flatten(const struct tri_image *image,
                                  const struct tri_background *background, struct tri_image **flat,
                                  struct tri_error *error)
{
    struct tri_shape shape = image->shape;
    shape.planes = shape.planes == 4 || !tri_background_gray(background) ? 3 : 1;
    const enum tri_status status = tri_image_new(&shape, flat, error);
    if (status != TRI_OK)
        return status;
    for (int plane = 0; plane < shape.planes; plane++) {
        for (int y = 0; y < shape.height; y++)
            flatten_row(image, *flat, plane, y, background->colour[plane]);
    }
    return TRI_OK;
}
