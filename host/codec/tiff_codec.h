/* tiff_codec.h -- the parts of the TIFF codec. */
#ifndef TRI_TIFF_CODEC_H
#define TRI_TIFF_CODEC_H

#include "codec.h"

#include <tiffio.h>

/* A file in memory, as libtiff reads or writes it, and what libtiff says about it. */
struct tri_tiff {
    TIFF *handle;
    unsigned char *data; /* grows where written; where read, the caller's */
    size_t size, room, at;
    char error[500], warning[200]; /* the first of each; empty: there was none */
};

/* Mode "r", "w" or "w8" (BigTIFF). False, and perhaps the error, where it fails. */
bool tri_tiff_open(struct tri_tiff *tiff, const char *name, const char *mode, uint64_t largest_memory);
void tri_tiff_close(struct tri_tiff *tiff); /* the data stay */

enum tri_status tri_tiff_read(struct tri_source *source, struct tri_image **image);
enum tri_status tri_tiff_write(const struct tri_sink *sink, const struct tri_image *image);

#endif
