/* verify_output.h -- checks that a written file holds the picture. */
#ifndef TRI_VERIFY_OUTPUT_H
#define TRI_VERIFY_OUTPUT_H

#include "codec.h"

/* Writes to memory by the codec, reads that back, compares it with the image, and then writes it to
 * the sink's file. Lossless formats and options are compared by sample, others by the mean of the
 * picture's parts. */
enum tri_status tri_write_verified(const struct tri_codec *codec, const struct tri_sink *sink,
                                   const struct tri_image *image, bool lossless);

#endif
