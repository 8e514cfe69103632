/* carry.h -- what a file is to say about its picture: of what is known the part that its format holds, made true of the
 * picture, and a note of the rest. */
#ifndef TRI_CARRY_H
#define TRI_CARRY_H

#include "codec.h"

struct tri_carry {
    const struct tri_codec *codec; /* of the file */
    const struct tri_codec *jpeg;  /* for thumbnails; NULL: it is not built in */
    const struct tri_image *image;
    char *note; /* TRI_NOTE_MAX bytes, added to; NULL: nobody asks */
};

/* `to` ends with tri_metadata_free. False: no memory. */
bool tri_carry(const struct tri_carry *carry, const struct tri_metadata *from, struct tri_metadata **to);

/* Text and density into EXIF, for formats that have no other place for them: JPEG, WebP, TIFF. Text that EXIF has no tag for
 * is told. False: no memory. */
bool tri_carry_into_exif(const struct tri_carry *carry, const struct tri_metadata *from, struct tri_metadata *to, char *left,
                         size_t left_size);

#endif
