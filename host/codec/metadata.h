/* metadata.h -- what files say about pictures, carried from a reader to a writer. */
#ifndef TRI_METADATA_H
#define TRI_METADATA_H

#include "../triptych.h"

#include <math.h>

/* Items have the types of PNG's chunks. These are none:
 * "XMP "  a packet,
 * "IPTC"  records of the IIM standard,
 * "TIFF"  tags that only TIFF has, as a TIFF structure: density as it was, places on maps (GeoTIFF), ImageJ's. */
struct tri_metadata *tri_metadata_new(void); /* NULL: no memory */
/* Copies the data. False: no memory. */
bool tri_metadata_add(struct tri_metadata *metadata, const char type[5], const void *data, size_t size);
/* Of the first item of the type, if there is one, other data: these, of malloc, which are taken over. */
void tri_metadata_replace(struct tri_metadata *metadata, const char *type, void *data, size_t size);
void tri_metadata_remove(struct tri_metadata *metadata, const char *type); /* all of the type */
/* The first item of the type; NULL: there is none. `metadata` may be NULL. */
const struct tri_metadata_item *tri_metadata_find(const struct tri_metadata *metadata, const char *type);
/* The ICC profile, where it fits pictures of so many planes: one for RGB says nothing about gray samples. */
const struct tri_metadata_item *tri_metadata_profile(const struct tri_metadata *metadata, int planes);

/* Whether pixels per metre were a whole number per inch. */
static inline bool tri_whole_per_inch(double per_metre)
{
    return round(round(per_metre * 0.0254) / 0.0254) == per_metre;
}

/* The sides of pixels change places. */
void tri_metadata_turn_density(struct tri_metadata *metadata); /* pHYs alone */
/* What XMP says of places in the picture goes; of sides it is `turned`. False: no memory; then XMP has gone. */
bool tri_metadata_move_xmp(struct tri_metadata *metadata, bool turned);

/* Adds to a note, behind "; "; `note` may be NULL. */
void tri_note(char note[TRI_NOTE_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
