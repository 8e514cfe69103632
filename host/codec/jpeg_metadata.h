/* jpeg_metadata.h -- what JPEG files say about their pictures, in markers. */
#ifndef TRI_JPEG_METADATA_H
#define TRI_JPEG_METADATA_H

#include "jpeg_codec.h"

#include <jpeglib.h>

/* Of markers that have been saved. Adds to source->metadata, if that is not NULL, as of an upright picture, and tells which of
 * EXIF's orientations it is stored in. */
enum tri_status tri_jpeg_read_metadata(struct tri_source *source, struct jpeg_decompress_struct *jpeg, int *orientation);

/* Before jpeg_start_compress: density; behind it: markers. */
void tri_jpeg_set_density(const struct tri_sink *sink, struct jpeg_compress_struct *jpeg);
enum tri_status tri_jpeg_write_metadata(const struct tri_sink *sink, struct jpeg_compress_struct *jpeg, int planes);

#endif
