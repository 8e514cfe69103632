/* avif_codec.h -- the functions of the AVIF codec.
 *
 * AV1 has 8, 10 or 12 bits per sample. 8 bits are an image's 8; 10 and 12 become its 16, as in
 * videos: the highest bits are repeated below the lowest, so that 0 stays 0 and the maximum becomes
 * 65535. Back it is round(v * (2^bits - 1) / 65535), which gives the same 10 or 12 bits again. */
#ifndef TRI_AVIF_CODEC_H
#define TRI_AVIF_CODEC_H

#include "codec.h"

#include <avif/avif.h>

/* From version 1 on, functions that can fail for lack of memory say so; before, they abort. */
#if AVIF_VERSION >= 1000000
#define AVIF_DONE(call) ((call) == AVIF_RESULT_OK)
#else
#define AVIF_DONE(call) ((call), true)
#endif

enum tri_status tri_avif_read(struct tri_source *source, struct tri_image **image);
enum tri_status tri_avif_open(struct tri_source *source, struct tri_series *series);
enum tri_status tri_avif_next(struct tri_source *source, struct tri_series *series,
                              struct tri_image **image);
void tri_avif_close(struct tri_series *series);
enum tri_status tri_avif_write(const struct tri_sink *sink, const struct tri_image *image);

/* Adds the picture's metadata to the source's, and outputs the orientation: that of the file's
 * boxes, for readers have to ignore EXIF's. */
enum tri_status tri_avif_metadata(struct tri_source *source, const avifImage *picture,
                                  int *orientation);

/* Makes an image of a decoded picture, or of the part of it that its crop box leaves. */
enum tri_status tri_avif_image(const struct tri_source *source, const avifImage *picture,
                               struct tri_image **image);
/* Fills a picture, whose members say how, with the image's samples. */
enum tri_status tri_avif_fill(const struct tri_sink *sink, const struct tri_image *image,
                              avifImage *picture);
/* Whether all samples of a 16-bit image are ones of that many bits. */
bool tri_avif_fits(const struct tri_image *image, int bits);

#endif
