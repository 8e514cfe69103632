/* tiff_colours.h -- colours of TIFF files that are not R, G and B, of any depth. */
#ifndef TRI_TIFF_COLOURS_H
#define TRI_TIFF_COLOURS_H

#include "tiff_codec.h"

/* Samples of 1 to 16 bits, packed without gaps, become 8 bits, or 16 where they have more than 8; all use the whole range. */
void tri_tiff_unpack(const uint8_t *packed, void *samples, size_t count, unsigned bits);

/* Each replaces the image by one of three planes, of the same depth. TRI_FAILED: no memory; it is what it was. */

/* Of four planes, 0 is no ink. By the usual formula, without a profile. */
enum tri_status tri_tiff_from_cmyk(const struct tri_source *source, struct tri_image **image);
/* Of three planes of L*, a*, b* under D50, which becomes sRGB's white. `icc`: as in ICC profiles, else as TIFF 6.0 has them. */
enum tri_status tri_tiff_from_lab(const struct tri_source *source, struct tri_image **image, bool icc);
/* Of one plane of 16 bits, numbers of entries in the three maps. */
enum tri_status tri_tiff_from_palette(const struct tri_source *source, struct tri_image **image, uint16_t *const maps[3]);

#endif
