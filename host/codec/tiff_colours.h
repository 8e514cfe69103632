/* tiff_colours.h -- TIFF colours other than RGB, of any depth, and what tags say of them. */
#ifndef TRI_TIFF_COLOURS_H
#define TRI_TIFF_COLOURS_H

#include "tiff_codec.h"

/* Expands packed samples of 1 to 16 bits to 8 bits, or to 16 if they have more than 8, scaled to
 * the full range. */
void tri_tiff_unpack(const uint8_t *packed, void *samples, size_t count, unsigned bits);

/* Each replaces the image by one with three planes of the same depth. TRI_FAILED if out of memory;
 * the image is unchanged. */

/* From four planes; 0 is no ink. By the usual formula, without a profile. */
enum tri_status tri_tiff_from_cmyk(const struct tri_source *source, struct tri_image **image);
/* From planes of L*, a*, b* under D50, which becomes sRGB's white. `icc`: as in ICC profiles, else
 * as in TIFF 6.0. */
enum tri_status tri_tiff_from_lab(const struct tri_source *source, struct tri_image **image,
                                  bool icc);
/* From one 16-bit plane of indices into the three maps. */
enum tri_status tri_tiff_from_palette(const struct tri_source *source, struct tri_image **image,
                                      uint16_t *const maps[3]);

/* Warns of tags on what light the samples mean, unless they say the usual, or a profile says more.
 */
void tri_tiff_note_light(struct tri_source *source, TIFF *tiff);

#endif
