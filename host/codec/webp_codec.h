/* webp_codec.h -- the functions of the WebP codec. */
#ifndef TRI_WEBP_CODEC_H
#define TRI_WEBP_CODEC_H

#include "codec.h"

#include <webp/demux.h>
#include <webp/encode.h>

enum tri_status tri_webp_read(struct tri_source *source, struct tri_image **image);
enum tri_status tri_webp_write(const struct tri_sink *sink, const struct tri_image *image);

/* Reads the file's metadata and orientation. */
enum tri_status tri_webp_read_chunks(struct tri_source *source, const WebPDemuxer *demuxer,
                                     int *orientation);
/* Sets libwebp's configuration from the options. False if libwebp's version differs. */
bool tri_webp_configure(const struct tri_write_options *options, WebPConfig *config);
/* Makes a libwebp picture, to be freed, from an 8-bit image. False, with the reason in
 * `error_code`, on failure. */
bool tri_webp_picture(const struct tri_image *image, WebPPicture *picture);
enum tri_status tri_webp_cannot_encode(const struct tri_sink *sink, WebPEncodingError code);
/* TRI_USAGE if WebP does not allow this size. */
enum tri_status tri_webp_check_size(const struct tri_sink *sink, const struct tri_shape *shape);
/* Writes the bitstream, or a whole file, with the metadata. */
enum tri_status tri_webp_write_file(const struct tri_sink *sink, const WebPData *stream);

/* Animation frames: webp_frames.c, webp_animate.c. */
enum tri_status tri_webp_open(struct tri_source *source, struct tri_series *series);
enum tri_status tri_webp_next(struct tri_source *source, struct tri_series *series,
                              struct tri_image **image);
void tri_webp_close(struct tri_series *series);
enum tri_status tri_webp_begin(const struct tri_sink *sink, const struct tri_pictures_info *info,
                               void **state);
enum tri_status tri_webp_add(const struct tri_sink *sink, void *state, const struct tri_part *part);
enum tri_status tri_webp_finish(const struct tri_sink *sink, void *state);
void tri_webp_drop(void *state);

#endif
