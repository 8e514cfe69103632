/* iptc.h -- IPTC records (IIM), usually stored in Photoshop resources. */
#ifndef TRI_IPTC_H
#define TRI_IPTC_H

#include "codec.h"

/* Adds the records, bare or from among resources ("8BIM..."). Photoshop's clipping paths get a
 * warning. False if out of memory. */
bool tri_iptc_add(struct tri_source *source, const unsigned char *data, size_t size);
/* Returns the records as a single resource; free with free(). NULL if out of memory. */
unsigned char *tri_iptc_wrap(const struct tri_metadata_item *item, size_t *size);

#endif
