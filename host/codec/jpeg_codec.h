/* jpeg_codec.h -- the functions of the JPEG codec. */
#ifndef TRI_JPEG_CODEC_H
#define TRI_JPEG_CODEC_H

#include "codec.h"

enum tri_status tri_jpeg_read(struct tri_source *source, struct tri_image **image);
enum tri_status tri_jpeg_write(const struct tri_sink *sink, const struct tri_image *image);
extern const struct tri_codec_moves tri_jpeg_moves;

#endif
