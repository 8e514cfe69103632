/* pnm_codec.h -- the functions of the PNM codec. */
#ifndef TRI_PNM_CODEC_H
#define TRI_PNM_CODEC_H

#include "codec.h"

bool tri_pnm_probe(const unsigned char *data, size_t size);
/* Converts 16-bit samples from or to big-endian; `to` and `from` may be the same. */
void tri_pnm_swap(void *to, const void *from, size_t samples);
/* As in struct tri_codec_several. */
size_t tri_pnm_extent(const unsigned char *data, size_t size, bool whole, size_t *wanted);
/* The header of a file of binary samples, P5 to P7. */
struct tri_pnm_head {
    uint32_t width, height, planes, maxval;
    size_t size; /* bytes before the samples */
};
/* `data` are the file's first bytes. False: they are no such header. */
bool tri_pnm_read_head(const unsigned char *data, size_t size, struct tri_pnm_head *head);
/* The header of a picture in a file of that name; returns its length. */
enum { TRI_PNM_HEAD_MAX = 160 };
int tri_pnm_make_head(char head[TRI_PNM_HEAD_MAX], const char *name, const struct tri_shape *shape);
enum tri_status tri_pnm_read(struct tri_source *source, struct tri_image **image);

#endif
