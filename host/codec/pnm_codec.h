/* pnm_codec.h -- the parts of the PNM codec. */
#ifndef TRI_PNM_CODEC_H
#define TRI_PNM_CODEC_H

#include "codec.h"

bool tri_pnm_probe(const unsigned char *data, size_t size);
/* 16-bit samples from or to big-endian; to and from may be the same. */
void tri_pnm_swap(void *to, const void *from, size_t samples);
enum tri_status tri_pnm_read(struct tri_source *source, struct tri_image **image);

#endif
