/* pnm_codec.h -- the functions of the PNM codec. */
#ifndef TRI_PNM_CODEC_H
#define TRI_PNM_CODEC_H

#include "codec.h"

bool tri_pnm_probe(const unsigned char *data, size_t size);
/* Converts 16-bit samples from or to big-endian; `to` and `from` may be the same. */
void tri_pnm_swap(void *to, const void *from, size_t samples);
/* As in struct tri_codec_several. */
size_t tri_pnm_extent(const unsigned char *data, size_t size, bool whole, size_t *wanted);
enum tri_status tri_pnm_read(struct tri_source *source, struct tri_image **image);

#endif
