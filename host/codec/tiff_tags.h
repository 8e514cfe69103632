/* tiff_tags.h -- metadata in TIFF tags, either shared with EXIF or TIFF's own. */
#ifndef TRI_TIFF_TAGS_H
#define TRI_TIFF_TAGS_H

#include "ifd.h"
#include "tiff_codec.h"

/* Adds the tags of the current page to source->metadata, as for an upright picture: "iCCP", "pHYs",
 * "eXIf" (text, EXIF and GPS directories), "TIFF" (density, ImageJ, GeoTIFF), "XMP ", "IPTC". */
enum tri_status tri_tiff_read_tags(struct tri_source *source, struct tri_tiff *tiff,
                                   int orientation);

/* Writes those tags to a file that libtiff has completed. */
enum tri_status tri_tiff_write_tags(const struct tri_sink *sink, struct tri_tiff *tiff);

/* Writes those of one page of a classic file, whose directory's offset is at `link`. Drops tags
 * whose byte order is not the file's. False if out of memory. */
bool tri_tiff_merge_tags(struct tri_ifd *file, size_t link, const struct tri_metadata *metadata);
/* Reports the tags of a picture that are not written to a BigTIFF. */
void tri_tiff_note_big(const struct tri_sink *sink);

#endif
