/* xmp.h -- XMP packets (XML text): updates what depends on a picture's size and orientation. */
#ifndef TRI_XMP_H
#define TRI_XMP_H

#include <stdbool.h>
#include <stddef.h>

/* Returns a copy of the packet, to be freed, for an upright picture of this size, without
 * thumbnails and references to further packets. NULL if out of memory, or, with `sound` set to
 * false, if it is not a UTF-8 packet or has more than a thousand such properties. */
char *tri_xmp_fit(const void *data, size_t size, int width, int height, size_t *fitted,
                  bool *sound);
/* Likewise for a picture that kernels or its orientation have changed: rows have become columns
 * (`transposed`), or everything has moved. */
char *tri_xmp_move(const void *data, size_t size, bool transposed, size_t *moved);

#endif
