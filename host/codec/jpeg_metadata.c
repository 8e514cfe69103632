/* jpeg_metadata.c -- reads a JPEG file's metadata: EXIF, XMP, IPTC, colour profile, density,
 * comments. */
#include "jpeg_metadata.h"

#include "big_endian.h"
#include "exif.h"
#include "iptc.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static bool begins_with(jpeg_saved_marker_ptr marker, int number, const char *name, size_t size)
{
    return marker->marker == JPEG_APP0 + number && marker->data_length > size &&
           memcmp(marker->data, name, size) == 0;
}

/* The sixth byte of EXIF's identifier is padding, and not 0 in every file. */
static enum tri_status take_exif(struct tri_source *source,
                                 const struct jpeg_decompress_struct *jpeg, int *orientation)
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
        tri_source_warn(source, "CMYK colour profile dropped; colours are converted without it");
    else
        added = tri_metadata_add(source->metadata, "iCCP", profile, size);
    free(profile);
    return added;
}

/* JFIF has dots per inch or cm, PNG per metre; in both, unit 0 is only an aspect ratio. */
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

/* Adds the packet; warns about an extension outside it. False if the marker is neither. */
static bool take_xmp(struct tri_source *source, jpeg_saved_marker_ptr marker, bool *sound)
{
    static const char packet[] = "http://ns.adobe.com/xap/1.0/",
                      extension[] = "http://ns.adobe.com/xmp/extension/";
    if (begins_with(marker, 1, extension, sizeof extension)) {
        tri_source_warn(source, "extended XMP dropped");
        return true;
    }
    if (!begins_with(marker, 1, packet, sizeof packet))
        return false;
    if (tri_metadata_find(source->metadata, "XMP ") == NULL)
        *sound = tri_metadata_add(source->metadata, "XMP ", marker->data + sizeof packet,
                                  marker->data_length - sizeof packet);
    return true;
}

/* ---- what is left out ---- */

/* Settings of programs, and what libjpeg reads itself. */
static bool is_of_no_use(int number, const char *name)
{
    static const struct {
        int number;
        const char *name;
    } known[] = {{0, ""}, {14, ""}, {12, "Ducky"}, {13, "Adobe_CM"}, {2, "ICC_PROFILE"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (number == known[i].number && (known[i].name[0] == '\0' || !strcmp(name, known[i].name)))
            return true;
    }
    return false;
}

/* The identifier that a marker's data begin with, as far as it is text. */
static void identify(jpeg_saved_marker_ptr marker, char name[32])
{
    size_t size = 0;
    while (size < 31 && size < marker->data_length && marker->data[size] > ' ' &&
           marker->data[size] <= '~')
        size++;
    memcpy(name, marker->data, size);
    name[size] = '\0';
}

static void note_other(struct tri_source *source, jpeg_saved_marker_ptr marker)
{
    const int number = marker->marker - JPEG_APP0;
    char name[32];
    identify(marker, name);
    if (is_of_no_use(number, name))
        return;
    if (number == 11 && strcmp(name, "JP") == 0)
        tri_source_warn(source, "content credentials (JUMBF) dropped");
    else
        tri_source_warn(source, "application data dropped: APP%d %s", number, name);
}

static bool contains(const unsigned char *data, size_t size, const char *part, size_t length)
{
    return memmem(data, size, part, length) != NULL;
}

/* Padding is not reported, nor is what MPF lists, again. */
void tri_jpeg_note_rest(struct tri_source *source, const unsigned char *data, size_t size)
{
    while (size > 0 && (*data == 0 || *data == 0xff)) {
        data++;
        size--;
    }
    if (size == 0 || source->metadata == NULL || strstr(source->warning, "(MPF)") != NULL)
        return;
    if (contains(data, size, "ftyp", 4))
        tri_source_warn(source, "video behind the picture (motion photo) dropped");
    else if (size > 2 && (data[0] == 0xd8 || contains(data, size, "\xff\xd8\xff", 3)))
        tri_source_warn(source, "only the first picture is read; others behind it are ignored");
    else
        tri_source_warn(source, "%zu bytes behind the picture dropped", size);
}

/* ---- all markers ---- */

static bool take_marker(struct tri_source *source, jpeg_saved_marker_ptr marker)
{
    static const char photoshop[] = "Photoshop 3.0";
    bool sound = true;
    if (marker->marker == JPEG_COM)
        return take_comment(source, marker);
    if (begins_with(marker, 2, "MPF", 4))
        tri_source_warn(
            source, "only the first picture is read; further ones in the file (MPF) are ignored");
    else if (begins_with(marker, 13, photoshop, sizeof photoshop))
        return tri_iptc_add(source, marker->data + sizeof photoshop,
                            marker->data_length - sizeof photoshop);
    else if (!begins_with(marker, 1, "Exif\0", 5) && !take_xmp(source, marker, &sound))
        note_other(source, marker);
    return sound;
}

enum tri_status tri_jpeg_read_metadata(struct tri_source *source,
                                       struct jpeg_decompress_struct *jpeg, int *orientation)
{
    *orientation = 1;
    if (take_exif(source, jpeg, orientation) != TRI_OK)
        return TRI_FAILED;
    if (source->metadata == NULL)
        return TRI_OK;
    bool sound = take_profile(source, jpeg) && take_density(source, jpeg);
    for (jpeg_saved_marker_ptr marker = jpeg->marker_list; marker != NULL && sound;
         marker = marker->next)
        sound = take_marker(source, marker);
    return sound ? tri_source_upright(source, *orientation)
                 : tri_source_fail(source, "out of memory for metadata");
}
