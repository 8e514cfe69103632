/* png_codec.h -- the parts of the PNG codec. */
#ifndef TRI_PNG_CODEC_H
#define TRI_PNG_CODEC_H

#include "codec.h"

/* By libpng: every kind of file. */
enum tri_status tri_png_read(struct tri_source *source, struct tri_image **image);
enum tri_status tri_png_write(const struct tri_sink *sink, const struct tri_image *image);

#endif
