/* iptc.h -- IPTC's records (IIM), which mostly come within resources of Photoshop. */
#ifndef TRI_IPTC_H
#define TRI_IPTC_H

#include "codec.h"

/* Adds the records, as they are or from among resources ("8BIM..."). Paths for cutting out, which are Photoshop's own, get a
 * warning. False: no memory. */
bool tri_iptc_add(struct tri_source *source, const unsigned char *data, size_t size);
/* Records as the one resource, in memory that ends with free(). NULL: no memory. */
unsigned char *tri_iptc_wrap(const struct tri_metadata_item *item, size_t *size);

#endif
