/* palette.h -- pictures of few colours: choosing the colours, and numbers in place of them. */
#ifndef TRI_PALETTE_H
#define TRI_PALETTE_H

#include "../image/image.h"

#define TRI_PALETTE_MOST 256

/* Colours are 0xAARRGGBB; gray has three equal samples. All clear pixels are colour 0. */
struct tri_palette {
    int count;
    uint32_t colours[TRI_PALETTE_MOST];
    /* an open hash table of them: the number of a colour plus 1, or 0 */
    uint16_t slots[4 * TRI_PALETTE_MOST];
};

/* Samples: blue, green, red, alpha. */
static inline unsigned tri_palette_sample(uint32_t colour, int channel)
{
    return colour >> (8 * channel) & 255;
}

/* Edges of what is clear or opaque stay as they are: colours of a kind stand for it alone. */
enum tri_palette_kind {
    TRI_PALETTE_CLEAR,
    TRI_PALETTE_BETWEEN,
    TRI_PALETTE_OPAQUE,
    TRI_PALETTE_KINDS
};
static inline enum tri_palette_kind tri_palette_kind(unsigned alpha)
{
    return alpha == 0 ? TRI_PALETTE_CLEAR : alpha == 255 ? TRI_PALETTE_OPAQUE : TRI_PALETTE_BETWEEN;
}

/* Of so many bits. */
static inline unsigned tri_palette_hash(uint32_t colour, int bits)
{
    return (colour * UINT32_C(2654435761)) >> (32 - bits);
}

/* Gets pixels of a row of an image of 8 bits. */
void tri_palette_take_row(const struct tri_image *image, int y, uint32_t *colours);
/* Returns a colour's number; -1 if it is not in the palette. */
int tri_palette_find(const struct tri_palette *palette, uint32_t colour);
/* Appends a colour unless it is there; false if there are `most` already. */
bool tri_palette_add(struct tri_palette *palette, uint32_t colour, int most);
/* Gets the colours of an image of 8 bits, those that are not opaque first, then in ascending order.
 * `*palette` has none if there are more than `most`. TRI_FAILED: out of memory. */
enum tri_status tri_palette_of(const struct tri_image *image, int most, struct tri_palette *palette,
                               struct tri_error *error);

/* Chooses at most `most` (2 to 256) colours for the image, by splitting the box of colours with the
 * largest squared error until there are enough, and moving each colour to the mean of those that
 * are nearest to it. */
enum tri_status tri_palette_choose(const struct tri_image *image, int most,
                                   struct tri_palette *palette, struct tri_error *error);

/* Makes an image of 8 bits of at most `most` colours of one of 8 or 16 bits, to be freed by the
 * caller. One that has no more is only converted to 8 bits. `dither`: the error of each pixel goes
 * to its neighbours (Floyd and Steinberg). All arithmetic is in integers but for the choice of the
 * boxes, and one thread does it: the bytes are the same everywhere. */
enum tri_status tri_image_quantize(const struct tri_image *image, int most, bool dither,
                                   struct tri_image **result, struct tri_error *error);

#endif
