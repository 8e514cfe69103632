/* jpeg_metadata.c -- what a JPEG file says about its picture: EXIF, XMP, IPTC, colour profile, density, comments. */
#include "jpeg_metadata.h"

#include "big_endian.h"
#include "exif.h"
#include "iptc.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static bool begins_with(jpeg_saved_marker_ptr marker, int number, const char *name, size_t size)
{
    return marker->marker == JPEG_APP0 + number && marker->data_length > size && memcmp(marker->data, name, size) == 0;
}

/* EXIF's own; the sixth byte is padding, and not 0 in every file. */
static enum tri_status take_exif(struct tri_source *source, const struct jpeg_decompress_struct *jpeg, int *orientation)
{
    for (jpeg_saved_marker_ptr marker = jpeg->marker_list; marker != NULL; marker = marker->next) {
        if (begins_with(marker, 1, "Exif\0", 5) && marker->data_length >= 6)
            return tri_source_exif(source, marker->data + 6, marker->data_length - 6, orientation);
    }
    return TRI_OK;
}

static bool take_profile(struct tri_source *source, struct jpeg_decompress_struct *jpeg)
{
    JOCTET *profile;
    unsigned size;
    if (!jpeg_read_icc_profile(jpeg, &profile, &size))
        return true;
    bool added = true;
    if (jpeg->out_color_space == JCS_CMYK)
        tri_source_warn(source, "its colour profile, of CMYK, is left out; colours are converted without it");
    else
        added = tri_metadata_add(source->metadata, "iCCP", profile, size);
    free(profile);
    return added;
}

/* JFIF has dots per inch or cm, PNG has them per metre; in both, unit 0 is a mere aspect ratio. */
static uint32_t density(unsigned value, int unit)
{
    return unit == 1 ? (uint32_t)(value / 0.0254 + 0.5) : unit == 2 ? value * 100U : value;
}

static bool take_density(struct tri_source *source, const struct jpeg_decompress_struct *jpeg)
{
    const unsigned x = jpeg->X_density, y = jpeg->Y_density;
    unsigned char data[9];
    if (!jpeg->saw_JFIF_marker || x == 0 || y == 0 || jpeg->density_unit > 2 ||
        (jpeg->density_unit == 0 && x == y))
        return true;
    tri_put_be32(data, density(x, jpeg->density_unit));
    tri_put_be32(data + 4, density(y, jpeg->density_unit));
    data[8] = jpeg->density_unit != 0;
    return tri_metadata_add(source->metadata, "pHYs", data, sizeof data);
}

static bool take_comment(struct tri_source *source, jpeg_saved_marker_ptr marker)
{
    const char *text = (const char *)marker->data;
    return tri_text_add(source->metadata, "Comment", text, strnlen(text, marker->data_length));
}

/* A packet, and what lies outside of it. */
static bool take_xmp(struct tri_source *source, jpeg_saved_marker_ptr marker)
{
    static const char packet[] = "http://ns.adobe.com/xap/1.0/", extension[] = "http://ns.adobe.com/xmp/extension/";
    if (begins_with(marker, 1, extension, sizeof extension))
        tri_source_warn(source, "the extension of its XMP is left out");
    if (!begins_with(marker, 1, packet, sizeof packet) || tri_metadata_find(source->metadata, "XMP ") != NULL)
        return true;
    return tri_metadata_add(source->metadata, "XMP ", marker->data + sizeof packet, marker->data_length - sizeof packet);
}

static bool take_marker(struct tri_source *source, jpeg_saved_marker_ptr marker)
{
    static const char photoshop[] = "Photoshop 3.0";
    if (marker->marker == JPEG_COM)
        return take_comment(source, marker);
    if (begins_with(marker, 2, "MPF", 4))
        tri_source_warn(source, "further pictures in it (MPF) are left out");
    if (begins_with(marker, 13, photoshop, sizeof photoshop))
        return tri_iptc_add(source, marker->data + sizeof photoshop, marker->data_length - sizeof photoshop);
    return take_xmp(source, marker);
}

enum tri_status tri_jpeg_read_metadata(struct tri_source *source, struct jpeg_decompress_struct *jpeg, int *orientation)
{
    *orientation = 1;
    if (take_exif(source, jpeg, orientation) != TRI_OK)
        return TRI_FAILED;
    if (source->metadata == NULL)
        return TRI_OK;
    bool sound = take_profile(source, jpeg) && take_density(source, jpeg);
    for (jpeg_saved_marker_ptr marker = jpeg->marker_list; marker != NULL && sound; marker = marker->next)
        sound = take_marker(source, marker);
    return sound ? tri_source_upright(source, *orientation)
                 : tri_source_fail(source, "no memory for what the file says about the picture");
}
