/* exif_update.c -- adapts EXIF data to the picture it is written with. */
#include "exif.h"
#include "ifd.h"
#include "thumbnail.h"

#include <stdlib.h>
#include <string.h>

enum {
    PIXEL_X = 0xa002,
    PIXEL_Y,
    RELATED_WIDTH = 0x1001,
    RELATED_HEIGHT,
    STRIP_OFFSETS = 0x0111,
    STRIP_BYTES = 0x0117
};

/* ---- sizes ---- */

/* False if the tag had another value. */
static bool set_size(const struct tri_ifd *exif, size_t directory, unsigned tag, int value)
{
    unsigned char *entry = tri_ifd_find(exif, directory, tag);
    if (entry == NULL)
        return true;
    const bool same = tri_ifd_number(exif, entry) == (uint32_t)value;
    if (!same)
        tri_ifd_set_number(exif, entry, (uint32_t)value);
    return same;
}

static void set_sizes(const struct tri_ifd *exif, const struct tri_shape *shape)
{
    const size_t first = tri_ifd_first(exif), sub = tri_ifd_sub(exif, first, TRI_TAG_EXIF);
    const size_t interop = tri_ifd_sub(exif, sub, TRI_TAG_INTEROP);
    set_size(exif, first, TRI_TAG_WIDTH, shape->width);
    set_size(exif, first, TRI_TAG_HEIGHT, shape->height);
    set_size(exif, interop, RELATED_WIDTH, shape->width);
    set_size(exif, interop, RELATED_HEIGHT, shape->height);
    const bool width = set_size(exif, sub, PIXEL_X, shape->width),
               height = set_size(exif, sub, PIXEL_Y, shape->height);
    if (!width || !height)
        tri_exif_forget_places(exif->data, exif->size);
}

/* ---- old thumbnails and previews ---- */

/* Data whose end may be cut off. */
struct cut {
    const struct tri_ifd *exif;
    size_t keep;
};

/* Zeroes a part, and cuts it off if it is at the end of the data. */
static void wipe(struct cut *cut, size_t at, size_t size)
{
    const size_t all = cut->exif->size;
    if (at < TRI_IFD_HEADER || at >= all)
        return;
    const size_t end = size < all - at ? at + size : all;
    memset(cut->exif->data + at, 0, end - at);
    if (at < cut->keep && end + (end & 1) >= cut->keep)
        cut->keep = at;
}

/* Wipes the part given by an offset tag and a size tag. */
static void wipe_part(struct cut *cut, size_t directory, unsigned offset_tag, unsigned size_tag)
{
    unsigned char *offset = tri_ifd_find(cut->exif, directory, offset_tag),
                  *size = tri_ifd_find(cut->exif, directory, size_tag);
    if (offset != NULL && size != NULL)
        wipe(cut, tri_ifd_number(cut->exif, offset), tri_ifd_number(cut->exif, size));
}

/* From the end of the data backwards, which suits the layout of most programs. */
static void wipe_directory(struct cut *cut, size_t directory)
{
    const size_t count = tri_ifd_count(cut->exif, directory);
    wipe_part(cut, directory, TRI_TAG_THUMBNAIL, TRI_TAG_THUMBNAIL_SIZE);
    wipe_part(cut, directory, STRIP_OFFSETS, STRIP_BYTES);
    for (size_t i = count; i-- > 0;) {
        size_t size;
        const unsigned char *value =
            tri_ifd_value(cut->exif, tri_ifd_entry(cut->exif, directory, i), &size);
        if (value != NULL && size > 4)
            wipe(cut, (size_t)(value - cut->exif->data), size);
    }
    wipe(cut, directory, 2 + count * TRI_IFD_ENTRY + 4);
}

/* Drops directory 1 and what it refers to. True if there was one. */
static bool drop_thumbnail(struct tri_ifd *exif)
{
    const size_t first = tri_ifd_first(exif), directory = tri_ifd_next(exif, first);
    struct cut cut = {exif, exif->size};
    if (directory == 0)
        return false;
    tri_ifd_set_next(exif, first, 0);
    if (directory != first)
        wipe_directory(&cut, directory);
    exif->size = cut.keep;
    return true;
}

/* Maker notes hold previews of their own, in many forms; all have JPEG in common. They are blanked
 * in place, as the notes contain undocumented offsets. */
static bool blank_previews(const struct tri_ifd *exif)
{
    bool blanked = false;
    for (size_t i = 0; i + 4 <= exif->size; i++) {
        const unsigned char *at = exif->data + i;
        if (at[0] != 0xff || at[1] != 0xd8 || at[2] != 0xff ||
            (at[3] != 0xdb && at[3] != 0xc4 && (at[3] & 0xf0) != 0xe0))
            continue;
        const unsigned char *end = memmem(at, exif->size - i, "\xff\xd9", 2);
        const size_t size = end != NULL ? (size_t)(end - at) + 2 : exif->size - i;
        memset(exif->data + i, 0, size);
        blanked = true;
    }
    return blanked;
}

/* ---- the new thumbnail ---- */

static bool add_directory(struct tri_ifd *exif, size_t thumbnail, size_t size)
{
    unsigned char directory[2 + 3 * TRI_IFD_ENTRY + 4] = {0}, *entry = directory + 2;
    const uint32_t values[3][2] = {{0x0103, 6},
                                   {TRI_TAG_THUMBNAIL, (uint32_t)thumbnail},
                                   {TRI_TAG_THUMBNAIL_SIZE, (uint32_t)size}};
    tri_ifd_put_16(exif, directory, 3);
    for (int i = 0; i < 3; i++, entry += TRI_IFD_ENTRY) {
        tri_ifd_put_16(exif, entry, values[i][0]);
        tri_ifd_put_16(exif, entry + 2, i == 0 ? TRI_TYPE_SHORT : TRI_TYPE_LONG);
        tri_ifd_set_number(exif, entry, values[i][1]);
    }
    const size_t at = tri_ifd_append(exif, directory, sizeof directory);
    tri_ifd_set_next(exif, tri_ifd_first(exif), (uint32_t)at);
    return at > 0;
}

/* False if out of memory. */
static bool add_thumbnail(struct tri_ifd *exif, const struct tri_exif_picture *picture)
{
    const struct tri_shape *shape = &picture->image->shape;
    size_t size = 0;
    if (shape->width <= TRI_THUMBNAIL_MOST && shape->height <= TRI_THUMBNAIL_MOST)
        return true;
    unsigned char *thumbnail =
        picture->jpeg != NULL ? tri_thumbnail(picture->jpeg, picture->image, &size) : NULL;
    const size_t at = thumbnail != NULL ? tri_ifd_append(exif, thumbnail, size) : 0;
    free(thumbnail);
    return thumbnail == NULL || (at > 0 && add_directory(exif, at, size));
}

bool tri_exif_has_thumbnail(const unsigned char *data, size_t size)
{
    struct tri_ifd exif;
    return tri_ifd_open(&exif, data, size) && tri_ifd_next(&exif, tri_ifd_first(&exif)) != 0;
}

unsigned char *tri_exif_fit(const unsigned char *data, size_t size,
                            const struct tri_exif_picture *picture, size_t *fitted, bool *blanked)
{
    struct tri_ifd exif;
    unsigned char *copy = malloc(size > 0 ? size : 1);
    *fitted = size;
    *blanked = false;
    if (copy == NULL)
        return NULL;
    memcpy(copy, data, size);
    if (!tri_ifd_open(&exif, copy, size))
        return copy;
    set_sizes(&exif, &picture->image->shape);
    const bool had = drop_thumbnail(&exif);
    *blanked = blank_previews(&exif);
    const bool sound = !had || add_thumbnail(&exif, picture);
    *fitted = exif.size;
    if (!sound)
        free(exif.data);
    return sound ? exif.data : NULL;
}
