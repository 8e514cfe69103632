/* palette.c -- the colours of a picture, and their numbers. */
#include "palette.h"

#include <stdlib.h>
#include <string.h>

enum { SLOT_BITS = 10, SLOTS = 1 << SLOT_BITS };
_Static_assert(SLOTS == 4 * TRI_PALETTE_MOST, "as many slots as a palette has");

void tri_palette_take_row(const struct tri_image *image, int y, uint32_t *colours)
{
    const int planes = image->shape.planes, width = image->shape.width;
    const uint8_t *red = tri_image_row(image, 0, y);
    const uint8_t *green = planes > 2 ? tri_image_row(image, 1, y) : red;
    const uint8_t *blue = planes > 2 ? tri_image_row(image, 2, y) : red;
    const uint8_t *alpha = planes % 2 == 0 ? tri_image_row(image, planes - 1, y) : NULL;
    for (int x = 0; x < width; x++) {
        const uint32_t opacity = alpha != NULL ? alpha[x] : 255;
        colours[x] = opacity == 0 ? 0
                                  : opacity << 24 | (uint32_t)red[x] << 16 |
                                        (uint32_t)green[x] << 8 | blue[x];
    }
}

/* The slot of the colour, or the empty one where it belongs. */
static unsigned find_slot(const struct tri_palette *palette, uint32_t colour)
{
    unsigned slot = tri_palette_hash(colour, SLOT_BITS);
    while (palette->slots[slot] != 0 && palette->colours[palette->slots[slot] - 1] != colour)
        slot = (slot + 1) % SLOTS;
    return slot;
}

int tri_palette_find(const struct tri_palette *palette, uint32_t colour)
{
    return palette->slots[find_slot(palette, colour)] - 1;
}

bool tri_palette_add(struct tri_palette *palette, uint32_t colour, int most)
{
    const unsigned slot = find_slot(palette, colour);
    if (palette->slots[slot] != 0)
        return true;
    if (palette->count == most)
        return false;
    palette->colours[palette->count++] = colour;
    palette->slots[slot] = (uint16_t)palette->count;
    return true;
}

/* Alpha is in the highest bits, so what is not opaque comes first. */
static int compare(const void *a, const void *b)
{
    const uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    return (first > second) - (first < second);
}

static void sort(struct tri_palette *palette)
{
    struct tri_palette sorted = {0};
    qsort(palette->colours, (size_t)palette->count, sizeof palette->colours[0], compare);
    for (int i = 0; i < palette->count; i++)
        tri_palette_add(&sorted, palette->colours[i], TRI_PALETTE_MOST);
    *palette = sorted;
}

static bool add_row(struct tri_palette *palette, const uint32_t *row, int width, int most)
{
    bool room = true;
    for (int x = 0; x < width && room; x++)
        room = (x > 0 && row[x] == row[x - 1]) || tri_palette_add(palette, row[x], most);
    return room;
}

enum tri_status tri_palette_of(const struct tri_image *image, int most, struct tri_palette *palette,
                               struct tri_error *error)
{
    uint32_t *row = malloc((size_t)image->shape.width * sizeof *row);
    bool room = true;
    *palette = (struct tri_palette){0};
    if (row == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a palette");
    for (int y = 0; y < image->shape.height && room; y++) {
        tri_palette_take_row(image, y, row);
        room = add_row(palette, row, image->shape.width, most);
    }
    free(row);
    if (room)
        sort(palette);
    else
        *palette = (struct tri_palette){0};
    return TRI_OK;
}
