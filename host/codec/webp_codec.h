/* webp_codec.h -- the parts of the WebP codec. */
#ifndef TRI_WEBP_CODEC_H
#define TRI_WEBP_CODEC_H

#include "codec.h"

enum tri_status tri_webp_read(struct tri_source *source, struct tri_image **image);
enum tri_status tri_webp_write(const struct tri_sink *sink, const struct tri_image *image);

#endif
