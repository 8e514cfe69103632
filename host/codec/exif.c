/* exif.c -- finds and changes the orientation in EXIF data. */
#include "exif.h"

#include <stdlib.h>
#include <string.h>

#define HEADER 8 /* byte order, 42, offset of the first directory (TIFF 6.0, section 2) */
#define ENTRY 12 /* tag, type, count, value */
#define ORIENTATION 0x0112
#define TYPE_SHORT 3

static bool is_exif(const unsigned char *data, size_t size)
{
    return size >= HEADER && (memcmp(data, "II*\0", 4) == 0 || memcmp(data, "MM\0*", 4) == 0);
}

static unsigned get_16(const unsigned char *at, bool little)
{
    return little ? at[0] | (unsigned)at[1] << 8 : at[1] | (unsigned)at[0] << 8;
}

static uint32_t get_32(const unsigned char *at, bool little)
{
    return little ? get_16(at, true) | (uint32_t)get_16(at + 2, true) << 16
                  : get_16(at + 2, false) | (uint32_t)get_16(at, false) << 16;
}

/* Where the orientation's 16-bit value is; 0: nowhere. Only the first directory is about the picture
 * itself. */
static size_t find_value(const unsigned char *data, size_t size)
{
    if (!is_exif(data, size))
        return 0;
    const bool little = data[0] == 'I';
    const size_t directory = get_32(data + 4, little);
    if (directory < HEADER || directory > size - 2)
        return 0;
    const size_t told = get_16(data + directory, little), room = (size - 2 - directory) / ENTRY;
    for (size_t i = 0; i < told && i < room; i++) {
        const unsigned char *entry = data + directory + 2 + i * ENTRY;
        if (get_16(entry, little) == ORIENTATION)
            return get_16(entry + 2, little) == TYPE_SHORT && get_32(entry + 4, little) == 1
                       ? (size_t)(entry + 8 - data)
                       : 0;
    }
    return 0;
}

int tri_exif_orientation(const unsigned char *data, size_t size)
{
    const size_t at = find_value(data, size);
    const unsigned value = at > 0 ? get_16(data + at, data[0] == 'I') : 1;
    return value >= 1 && value <= 8 ? (int)value : 1;
}

void tri_exif_set_orientation(unsigned char *data, size_t size, int orientation)
{
    const size_t at = find_value(data, size);
    if (at == 0)
        return;
    const bool little = data[0] == 'I';
    data[at + !little] = (unsigned char)orientation;
    data[at + little] = 0;
}

enum tri_status tri_source_exif(struct tri_source *source, const unsigned char *data, size_t size,
                                int *orientation)
{
    if (size >= 6 && memcmp(data, "Exif\0\0", 6) == 0) {
        data += 6;
        size -= 6;
    }
    *orientation = tri_exif_orientation(data, size);
    if (!is_exif(data, size)) {
        tri_source_warn(source, "the EXIF data is malformed, and left out");
        return TRI_OK;
    }
    if (source->metadata == NULL)
        return TRI_OK;
    unsigned char *upright = malloc(size);
    bool added = false;
    if (upright != NULL) {
        memcpy(upright, data, size);
        tri_exif_set_orientation(upright, size, 1);
        added = tri_metadata_add(source->metadata, "eXIf", upright, size);
    }
    free(upright);
    return added ? TRI_OK : tri_source_fail(source, "no memory for %zu bytes of EXIF data", size);
}

enum tri_status tri_source_orient(const struct tri_source *source, int orientation, struct tri_image **image)
{
    struct tri_error why;
    return tri_image_orient(image, orientation, &why) == TRI_OK ? TRI_OK
                                                                : tri_source_fail(source, "%s", why.text);
}
