/* xmp.h -- XMP packets (XML text): what in them depends on how the picture lies. */
#ifndef TRI_XMP_H
#define TRI_XMP_H

#include <stdbool.h>
#include <stddef.h>

/* A copy of the packet, to be freed, true of an upright picture of the size: without thumbnails, and without a word of
 * further packets. NULL: no memory, or it is no packet in UTF-8, or one with more than a thousand of
 * such properties (`sound` is false then). */
char *tri_xmp_fit(const void *data, size_t size, int width, int height, size_t *fitted, bool *sound);
/* The same of a picture that kernels, or its orientation, have turned: rows have become columns (`turned`), or all lies
 * elsewhere. */
char *tri_xmp_move(const void *data, size_t size, bool turned, size_t *moved);

#endif
