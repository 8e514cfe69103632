/* avif_metadata.c -- what an AVIF file says beside its pixels. */
#include "avif_codec.h"
#include "exif.h"

#include <stdlib.h>
#include <string.h>

/* As an EXIF orientation: first turned counterclockwise, then mirrored top to bottom (0) or left to
 * right (1). */
static int orientation_of(const avifImage *picture)
{
    static const unsigned char turned[4][3] = {{1, 4, 2}, {8, 5, 7}, {3, 2, 4}, {6, 7, 5}};
    const int angle =
        (picture->transformFlags & AVIF_TRANSFORM_IROT) != 0 ? picture->irot.angle % 4 : 0;
#if AVIF_VERSION >= 1000000
    const int axis = picture->imir.axis;
#else
    const int axis = picture->imir.mode;
#endif
    return turned[angle][(picture->transformFlags & AVIF_TRANSFORM_IMIR) != 0 ? 1 + axis % 2 : 0];
}

/* The orientation of the boxes replaces EXIF's. */
static enum tri_status add_exif(struct tri_source *source, const avifRWData *exif, int orientation)
{
    const size_t skipped = exif->size >= 6 && memcmp(exif->data, "Exif\0\0", 6) == 0 ? 6 : 0;
    const size_t size = exif->size - skipped;
    int told;
    if (size == 0)
        return TRI_OK;
    unsigned char *data = malloc(size);
    if (data == NULL)
        return tri_source_fail(source, "out of memory for %zu bytes of EXIF data", size);
    memcpy(data, exif->data + skipped, size);
    tri_exif_set_orientation(data, size, orientation);
    const enum tri_status status = tri_source_exif(source, data, size, &told);
    free(data);
    return status;
}

/* Colours that are not sRGB's. A profile says it better. */
static bool add_colour(const struct tri_source *source, const avifImage *picture)
{
    const unsigned primaries = picture->colorPrimaries, transfer = picture->transferCharacteristics;
    const unsigned char codes[4] = {(unsigned char)primaries, (unsigned char)transfer, 0, 1};
    const bool known = primaries > 0 && primaries != AVIF_COLOR_PRIMARIES_UNSPECIFIED &&
                       primaries < 256 && transfer > 0 && transfer < 256 &&
                       transfer != AVIF_TRANSFER_CHARACTERISTICS_UNSPECIFIED;
    const bool srgb =
        primaries == AVIF_COLOR_PRIMARIES_BT709 && transfer == AVIF_TRANSFER_CHARACTERISTICS_SRGB;
    return picture->icc.size > 0 || !known || srgb ||
           tri_metadata_add(source->metadata, "cICP", codes, sizeof codes);
}

enum tri_status tri_avif_metadata(struct tri_source *source, const avifImage *picture,
                                  int *orientation)
{
    const avifPixelAspectRatioBox *aspect = &picture->pasp;
    *orientation = orientation_of(picture);
    if ((picture->transformFlags & AVIF_TRANSFORM_PASP) != 0 &&
        aspect->hSpacing != aspect->vSpacing)
        tri_source_warn(source, "pixels of %u:%u are read as square ones", aspect->hSpacing,
                        aspect->vSpacing);
    if (source->metadata == NULL)
        return TRI_OK;
    if ((picture->icc.size > 0 &&
         !tri_metadata_add(source->metadata, "iCCP", picture->icc.data, picture->icc.size)) ||
        (picture->xmp.size > 0 &&
         !tri_metadata_add(source->metadata, "XMP ", picture->xmp.data, picture->xmp.size)) ||
        !add_colour(source, picture))
        return tri_source_fail(source, "out of memory for metadata");
    const enum tri_status status = add_exif(source, &picture->exif, *orientation);
    return status == TRI_OK ? tri_source_upright(source, *orientation) : status;
}
