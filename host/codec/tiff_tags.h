/* tiff_tags.h -- what TIFF files say beside pixels in tags that they share with EXIF, or have for themselves. */
#ifndef TRI_TIFF_TAGS_H
#define TRI_TIFF_TAGS_H

#include "tiff_codec.h"

/* Adds the tags of the first page to source->metadata, as of an upright picture: "iCCP", "pHYs", "eXIf" (text, EXIF's and
 * GPS' directories), "TIFF" (density, ImageJ, GeoTIFF), "XMP ", "IPTC". */
enum tri_status tri_tiff_read_tags(struct tri_source *source, struct tri_tiff *tiff, int orientation);

/* Writes those tags into a file that libtiff has completed. */
enum tri_status tri_tiff_write_tags(const struct tri_sink *sink, struct tri_tiff *tiff);

#endif
