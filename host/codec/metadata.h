/* metadata.h -- what files say about pictures, carried from a reader to a writer. */
#ifndef TRI_METADATA_H
#define TRI_METADATA_H

#include "../triptych.h"

struct tri_metadata *tri_metadata_new(void); /* NULL: no memory */
/* Copies the data. False: no memory. */
bool tri_metadata_add(struct tri_metadata *metadata, const char type[5], const void *data, size_t size);
/* The first item of the type; NULL: there is none. `metadata` may be NULL. */
const struct tri_metadata_item *tri_metadata_find(const struct tri_metadata *metadata, const char *type);
/* The ICC profile, where it fits pictures of so many planes: one for RGB says nothing about gray samples. */
const struct tri_metadata_item *tri_metadata_profile(const struct tri_metadata *metadata, int planes);

#endif
