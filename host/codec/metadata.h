/* metadata.h -- metadata of pictures, carried from a reader to a writer. */
#ifndef TRI_METADATA_H
#define TRI_METADATA_H

#include "../triptych.h"

#include <math.h>

/* Item types are those of PNG chunks, and these:
 * "XMP "  a packet,
 * "IPTC"  records of the IIM standard,
 * "PNG "  a chunk of unknown meaning: 1 if it comes after the pixels, else 0; its type; its data,
 * "A53 ", "AFD ", "S12M", "HDR+"  of frames (video/video.h),
 * "TIFF"  tags only TIFF has, as a TIFF structure: unconverted density, GeoTIFF, ImageJ's. */
struct tri_metadata *tri_metadata_new(void); /* NULL if out of memory */
/* Copies the data. False if out of memory. */
bool tri_metadata_add(struct tri_metadata *metadata, const char type[5], const void *data,
                      size_t size);
/* Replaces the data of the first item of the type, if any; takes ownership of the new data, which
 * must be malloc'ed. */
void tri_metadata_replace(struct tri_metadata *metadata, const char *type, void *data, size_t size);
/* all items of the type */
void tri_metadata_remove(struct tri_metadata *metadata, const char *type);
/* The first item of the type; NULL if there is none. `metadata` may be NULL. */
const struct tri_metadata_item *tri_metadata_find(const struct tri_metadata *metadata,
                                                  const char *type);
/* The ICC profile, if it fits pictures of that many planes: one for RGB does not apply to gray. */
const struct tri_metadata_item *tri_metadata_profile(const struct tri_metadata *metadata,
                                                     int planes);

/* Whether gAMA or cHRM are those of sRGB. */
bool tri_metadata_is_srgb(const struct tri_metadata_item *item);

/* Whether pixels per metre were converted from a whole number per inch. */
static inline bool tri_whole_per_inch(double per_metre)
{
    return round(round(per_metre * 0.0254) / 0.0254) == per_metre;
}

/* Swaps horizontal and vertical density in pHYs. */
void tri_metadata_turn_density(struct tri_metadata *metadata);
/* Removes places in the picture from XMP, and swaps its resolutions if `transposed`. False if out
 * of memory; then XMP is removed. */
bool tri_metadata_move_xmp(struct tri_metadata *metadata, bool transposed);

enum { TRI_CHUNK_HEAD = 5 };   /* bytes before the data of a "PNG " */
#define TRI_CHUNK_LIST_MAX 200 /* bytes of a list of chunks */
/* Removes all "PNG ", and adds their types to the list. `metadata` may be NULL. */
void tri_metadata_forget_chunks(struct tri_metadata *metadata, char list[TRI_CHUNK_LIST_MAX]);

/* Appends to a note, after "; "; `note` may be NULL. */
void tri_note(char note[TRI_NOTE_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
