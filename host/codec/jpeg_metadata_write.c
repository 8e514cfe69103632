/* jpeg_metadata_write.c -- writes density and markers of a JPEG file. */
#include "jpeg_metadata.h"

#include "big_endian.h"
#include "iptc.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define MARKER_MAX 65533 /* bytes in a marker */
/* a profile spans up to 255 markers (ICC.1:2022, B.4) */
#define PROFILE_MAX (255 * (MARKER_MAX - 14))

/* ---- density ---- */

static uint32_t per_inch(uint32_t per_metre)
{
    return (uint32_t)(per_metre * 0.0254 + 0.5);
}

/* Dots per inch are usual, but cannot express every value in dots per cm. */
static bool wants_cm(uint32_t per_metre)
{
    const uint32_t dots = per_inch(per_metre);
    return per_metre % 100 == 0 && (dots > 0xffff || (uint32_t)(dots / 0.0254 + 0.5) != per_metre);
}

void tri_jpeg_set_density(const struct tri_sink *sink, struct jpeg_compress_struct *jpeg)
{
    const struct tri_metadata_item *item = tri_metadata_find(sink->options->metadata, "pHYs");
    if (item == NULL || item->size != 9)
        return;
    uint32_t x = tri_get_be32(item->data), y = tri_get_be32(item->data + 4);
    int unit = 0;
    if (item->data[8] == 1) {
        unit = (wants_cm(x) || wants_cm(y)) && x % 100 == 0 && y % 100 == 0 ? 2 : 1;
        x = unit == 2 ? x / 100 : per_inch(x);
        y = unit == 2 ? y / 100 : per_inch(y);
    }
    if (x < 1 || y < 1 || x > 0xffff || y > 0xffff) {
        tri_sink_note(sink, "density dropped: it is outside JPEG's range");
        return;
    }
    jpeg->density_unit = (UINT8)unit;
    jpeg->X_density = (UINT16)x;
    jpeg->Y_density = (UINT16)y;
}

/* ---- markers ---- */

/* `head` precedes the data; data too large for one marker are left out. */
static void write_marker(const struct tri_sink *sink, struct jpeg_compress_struct *jpeg, int number,
                         const void *head, size_t head_size, const void *data, size_t size,
                         const char *name)
{
    const unsigned char *const parts[2] = {head, data};
    const size_t sizes[2] = {head_size, size};
    if (head_size + size > MARKER_MAX) {
        tri_sink_note(sink, "%s dropped: %zu bytes exceed JPEG's limit of %d", name, size,
                      MARKER_MAX - (int)head_size);
        return;
    }
    jpeg_write_m_header(jpeg, number, (unsigned)(head_size + size));
    for (int part = 0; part < 2; part++)
        for (size_t i = 0; i < sizes[part]; i++)
            jpeg_write_m_byte(jpeg, parts[part][i]);
}

static void write_item(const struct tri_sink *sink, struct jpeg_compress_struct *jpeg,
                       const char *type, int number, const void *head, size_t head_size,
                       const char *name)
{
    const struct tri_metadata_item *item = tri_metadata_find(sink->options->metadata, type);
    if (item != NULL)
        write_marker(sink, jpeg, number, head, head_size, item->data, item->size, name);
}

static void write_profile(const struct tri_sink *sink, struct jpeg_compress_struct *jpeg,
                          int planes)
{
    const struct tri_metadata_item *profile = tri_metadata_profile(sink->options->metadata, planes);
    if (profile != NULL && profile->size > PROFILE_MAX)
        tri_sink_note(sink, "colour profile dropped: %zu bytes exceed JPEG's limit of %d",
                      profile->size, PROFILE_MAX);
    else if (profile != NULL)
        jpeg_write_icc_profile(jpeg, profile->data, (unsigned)profile->size);
}

static bool write_iptc(const struct tri_sink *sink, struct jpeg_compress_struct *jpeg)
{
    static const char head[] = "Photoshop 3.0";
    const struct tri_metadata_item *item = tri_metadata_find(sink->options->metadata, "IPTC");
    size_t size;
    if (item == NULL)
        return true;
    unsigned char *resource = tri_iptc_wrap(item, &size);
    if (resource != NULL)
        write_marker(sink, jpeg, JPEG_APP0 + 13, head, sizeof head, resource, size, "IPTC");
    free(resource);
    return resource != NULL;
}

/* The encoding is not specified; programs expect UTF-8. */
static bool write_comments(const struct tri_sink *sink, struct jpeg_compress_struct *jpeg)
{
    const struct tri_metadata *metadata = sink->options->metadata;
    for (int i = 0; i < tri_metadata_count(metadata); i++) {
        struct tri_text text;
        if (!tri_text_get(tri_metadata_at(metadata, i), &text) ||
            strcmp(text.keyword, "Comment") != 0)
            continue;
        char *utf8 = tri_text_utf8(&text);
        if (utf8 == NULL)
            return false;
        write_marker(sink, jpeg, JPEG_COM, NULL, 0, utf8, strlen(utf8), "comment");
        free(utf8);
    }
    return true;
}

enum tri_status tri_jpeg_write_metadata(const struct tri_sink *sink,
                                        struct jpeg_compress_struct *jpeg, int planes)
{
    static const char xmp[] = "http://ns.adobe.com/xap/1.0/";
    write_item(sink, jpeg, "eXIf", JPEG_APP0 + 1, "Exif\0", 6, "EXIF");
    write_item(sink, jpeg, "XMP ", JPEG_APP0 + 1, xmp, sizeof xmp, "XMP");
    write_profile(sink, jpeg, planes);
    return write_iptc(sink, jpeg) && write_comments(sink, jpeg)
               ? TRI_OK
               : tri_sink_fail(sink, "out of memory for metadata");
}
