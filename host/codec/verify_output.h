/* verify_output.h -- whether a file that has been written holds the picture. */
#ifndef TRI_VERIFY_OUTPUT_H
#define TRI_VERIFY_OUTPUT_H

#include "codec.h"

/* Writes by the codec into memory, reads that again and compares it with the image, and then writes it into the sink's file:
 * of formats and options without loss each sample, of others the picture's parts in the mean. */
enum tri_status tri_write_verified(const struct tri_codec *codec, const struct tri_sink *sink, const struct tri_image *image,
                                   bool lossless);

#endif
