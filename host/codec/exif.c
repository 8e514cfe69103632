/* exif.c -- finds and changes EXIF data that depend on a picture's orientation. */
#include "big_endian.h"
#include "exif.h"
#include "ifd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIXEL_X = 0xa002,
    PIXEL_Y,
    FOCAL_X = 0xa20e,
    FOCAL_Y,
    SUBJECT_AREA = 0x9214,
    SUBJECT_LOCATION = 0xa214
};

/* The orientation's entry. Only the first directory is about the picture itself. */
static unsigned char *find_orientation(const struct tri_ifd *exif)
{
    unsigned char *entry = tri_ifd_find(exif, tri_ifd_first(exif), TRI_TAG_ORIENTATION);
    const bool sound = entry != NULL && tri_ifd_get_16(exif, entry + 2) == TRI_TYPE_SHORT &&
                       tri_ifd_get_32(exif, entry + 4) == 1;
    return sound ? entry : NULL;
}

int tri_exif_orientation(const unsigned char *data, size_t size)
{
    struct tri_ifd exif;
    unsigned char *entry = tri_ifd_open(&exif, data, size) ? find_orientation(&exif) : NULL;
    const unsigned value = entry != NULL ? tri_ifd_get_16(&exif, entry + 8) : 1;
    return value >= 1 && value <= 8 ? (int)value : 1;
}

void tri_exif_set_orientation(unsigned char *data, size_t size, int orientation)
{
    struct tri_ifd exif;
    unsigned char *entry = tri_ifd_open(&exif, data, size) ? find_orientation(&exif) : NULL;
    if (entry != NULL)
        tri_ifd_put_16(&exif, entry + 8, (unsigned)orientation);
}

/* Swaps type, count and value of two tags; values stored elsewhere stay there. */
static void exchange(const struct tri_ifd *exif, size_t directory, unsigned a, unsigned b)
{
    unsigned char *one = tri_ifd_find(exif, directory, a),
                  *other = tri_ifd_find(exif, directory, b);
    unsigned char kept[TRI_IFD_ENTRY - 2];
    if (one == NULL || other == NULL)
        return;
    memcpy(kept, one + 2, sizeof kept);
    memcpy(one + 2, other + 2, sizeof kept);
    memcpy(other + 2, kept, sizeof kept);
}

void tri_exif_turn(unsigned char *data, size_t size)
{
    struct tri_ifd exif;
    if (!tri_ifd_open(&exif, data, size))
        return;
    const size_t first = tri_ifd_first(&exif), sub = tri_ifd_sub(&exif, first, TRI_TAG_EXIF);
    exchange(&exif, first, TRI_TAG_X_RESOLUTION, TRI_TAG_Y_RESOLUTION);
    exchange(&exif, first, TRI_TAG_WIDTH, TRI_TAG_HEIGHT);
    exchange(&exif, sub, PIXEL_X, PIXEL_Y);
    exchange(&exif, sub, FOCAL_X, FOCAL_Y);
}

void tri_exif_forget_places(unsigned char *data, size_t size)
{
    struct tri_ifd exif;
    if (!tri_ifd_open(&exif, data, size))
        return;
    const size_t sub = tri_ifd_sub(&exif, tri_ifd_first(&exif), TRI_TAG_EXIF);
    tri_ifd_remove(&exif, sub, SUBJECT_AREA);
    tri_ifd_remove(&exif, sub, SUBJECT_LOCATION);
}

static bool is_measured(const struct tri_ifd *exif)
{
    size_t size;
    unsigned char *unit = tri_ifd_find(exif, tri_ifd_first(exif), TRI_TAG_RESOLUTION_UNIT);
    unsigned char *entry = tri_ifd_find(exif, tri_ifd_first(exif), TRI_TAG_DESCRIPTION);
    const unsigned char *text = entry != NULL ? tri_ifd_value(exif, entry, &size) : NULL;
    return unit != NULL && tri_ifd_number(exif, unit) == 1 && text != NULL && size > 7 &&
           memcmp(text, "ImageJ=", 7) == 0;
}

void tri_exif_scale(unsigned char *data, size_t size, double columns, double rows)
{
    struct tri_ifd exif;
    if (!tri_ifd_open(&exif, data, size) || !is_measured(&exif))
        return;
    for (int i = 0; i < 2; i++) {
        size_t bytes;
        unsigned char *entry = tri_ifd_find(&exif, tri_ifd_first(&exif),
                                            i == 0 ? TRI_TAG_X_RESOLUTION : TRI_TAG_Y_RESOLUTION);
        unsigned char *value = entry != NULL ? tri_ifd_value(&exif, entry, &bytes) : NULL;
        if (value == NULL || bytes != 8 || tri_ifd_get_32(&exif, value + 4) == 0)
            continue;
        const double scaled = (double)tri_ifd_get_32(&exif, value) /
                              tri_ifd_get_32(&exif, value + 4) * (i == 0 ? columns : rows);
        const double unit = scaled < 4000 ? 1e6 : 1;
        tri_ifd_put_32(&exif, value,
                       (uint32_t)(scaled * unit < UINT32_MAX ? scaled * unit + 0.5 : UINT32_MAX));
        tri_ifd_put_32(&exif, value + 4, (uint32_t)unit);
    }
}

static double rational(const struct tri_ifd *exif, unsigned tag)
{
    size_t size;
    unsigned char *entry = tri_ifd_find(exif, tri_ifd_first(exif), tag);
    const unsigned char *value = entry != NULL ? tri_ifd_value(exif, entry, &size) : NULL;
    if (value == NULL || size != 8 || tri_ifd_get_32(exif, value + 4) == 0)
        return 0;
    return (double)tri_ifd_get_32(exif, value) / tri_ifd_get_32(exif, value + 4);
}

bool tri_exif_density(const unsigned char *data, size_t size, unsigned char phys[9])
{
    struct tri_ifd exif;
    if (!tri_ifd_open(&exif, data, size))
        return false;
    unsigned char *entry = tri_ifd_find(&exif, tri_ifd_first(&exif), TRI_TAG_RESOLUTION_UNIT);
    const uint32_t unit = entry != NULL ? tri_ifd_number(&exif, entry) : 2;
    const double scale = unit == 2 ? 1 / 0.0254 : unit == 3 ? 100 : 1;
    for (int i = 0; i < 2; i++) {
        const double value =
            round(rational(&exif, i == 0 ? TRI_TAG_X_RESOLUTION : TRI_TAG_Y_RESOLUTION) * scale);
        if (!(value >= 1 && value <= INT32_MAX))
            return false;
        tri_put_be32(phys + 4 * i, (uint32_t)value);
    }
    phys[8] = unit == 2 || unit == 3;
    return true;
}

/* ---- for readers ---- */

/* Adapts the data to a picture turned upright. */
static void make_upright(unsigned char *data, size_t size, int orientation)
{
    if (orientation == 1)
        return;
    tri_exif_forget_places(data, size);
    tri_exif_set_orientation(data, size, 1);
    if (orientation >= 5)
        tri_exif_turn(data, size);
}

enum tri_status tri_source_exif(struct tri_source *source, const unsigned char *data, size_t size,
                                int *orientation)
{
    struct tri_ifd exif;
    if (size >= 6 && memcmp(data, "Exif\0\0", 6) == 0) {
        data += 6;
        size -= 6;
    }
    *orientation = tri_exif_orientation(data, size);
    if (!tri_ifd_open(&exif, data, size)) {
        tri_source_warn(source, "EXIF dropped: it is malformed");
        return TRI_OK;
    }
    if (source->metadata == NULL)
        return TRI_OK;
    unsigned char *upright = malloc(size);
    bool added = false;
    if (upright != NULL) {
        memcpy(upright, data, size);
        make_upright(upright, size, *orientation);
        added = tri_metadata_add(source->metadata, "eXIf", upright, size);
    }
    free(upright);
    return added ? TRI_OK
                 : tri_source_fail(source, "out of memory for %zu bytes of EXIF data", size);
}

enum tri_status tri_source_orient(const struct tri_source *source, int orientation,
                                  struct tri_image **image)
{
    struct tri_error why;
    return tri_image_orient(image, orientation, &why) == TRI_OK
               ? TRI_OK
               : tri_source_fail(source, "%s", why.text);
}

static enum tri_status add_density(const struct tri_source *source)
{
    const struct tri_metadata_item *exif = tri_metadata_find(source->metadata, "eXIf");
    unsigned char phys[9];
    if (exif == NULL || tri_metadata_find(source->metadata, "pHYs") != NULL ||
        !tri_exif_density(exif->data, exif->size, phys))
        return TRI_OK;
    return tri_metadata_add(source->metadata, "pHYs", phys, sizeof phys)
               ? TRI_OK
               : tri_source_fail(source, "out of memory for the density");
}

enum tri_status tri_source_upright(struct tri_source *source, int orientation)
{
    if (source->metadata == NULL)
        return TRI_OK;
    if (orientation >= 5)
        tri_metadata_turn_density(source->metadata);
    if (orientation > 1 && !tri_metadata_move_xmp(source->metadata, orientation >= 5))
        tri_source_warn(source, "XMP dropped: it cannot be adapted to the rotated picture");
    return add_density(source);
}
