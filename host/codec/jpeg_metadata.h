/* jpeg_metadata.h -- metadata in the markers of JPEG files. */
#ifndef TRI_JPEG_METADATA_H
#define TRI_JPEG_METADATA_H

#include "jpeg_codec.h"

#include <jpeglib.h>

/* Warns of what follows the image: a phone's video, further images. */
void tri_jpeg_note_rest(struct tri_source *source, const unsigned char *data, size_t size);

/* Reads saved markers. Adds to source->metadata, unless NULL, as for an upright picture, and
 * outputs the EXIF orientation the picture is stored in. */
enum tri_status tri_jpeg_read_metadata(struct tri_source *source,
                                       struct jpeg_decompress_struct *jpeg, int *orientation);

/* Call before jpeg_start_compress (density) and after it (markers). */
void tri_jpeg_set_density(const struct tri_sink *sink, struct jpeg_compress_struct *jpeg);
enum tri_status tri_jpeg_write_metadata(const struct tri_sink *sink,
                                        struct jpeg_compress_struct *jpeg, int planes);

#endif
