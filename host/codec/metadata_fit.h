/* metadata_fit.h -- selects a file's metadata: the part its format can hold, updated to match the
 * picture, and a note of the rest. */
#ifndef TRI_METADATA_FIT_H
#define TRI_METADATA_FIT_H

#include "codec.h"

struct tri_carry {
    const struct tri_codec *codec; /* the file's */
    const struct tri_codec *jpeg;  /* for thumbnails; NULL if not built in */
    const struct tri_image *image;
    char *note; /* TRI_NOTE_MAX bytes, appended to; NULL if not wanted */
};

/* Free `to` with tri_metadata_free. False if out of memory. */
bool tri_carry(const struct tri_carry *carry, const struct tri_metadata *from,
               struct tri_metadata **to);

/* Puts text and density into EXIF, for formats with no other place for them: JPEG, WebP, TIFF. Text
 * without an EXIF tag is reported in `left`. False if out of memory. */
bool tri_carry_into_exif(const struct tri_carry *carry, const struct tri_metadata *from,
                         struct tri_metadata *to, char *left, size_t left_size);

#endif
