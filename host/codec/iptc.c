/* iptc.c -- finds IPTC records among Photoshop's resources, and wraps them in one. */
#include "iptc.h"

#include "big_endian.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS 0x0404
#define PATHS_FIRST 2000
#define PATHS_LAST 2997

static size_t even(size_t size)
{
    return size + (size & 1);
}

/* "8BIM", number, name with its length, size, data; name and data are padded to even sizes. */
bool tri_iptc_add(struct tri_source *source, const unsigned char *data, size_t size)
{
    if (size > 2 && data[0] == 0x1c)
        return tri_metadata_add(source->metadata, "IPTC", data, size);
    for (size_t at = 0; size - at >= 12 && memcmp(data + at, "8BIM", 4) == 0;) {
        const unsigned number = (unsigned)data[at + 4] << 8 | data[at + 5];
        const size_t head = 6 + even(1 + (size_t)data[at + 6]);
        if (size - at < head + 4)
            return true;
        const unsigned char *told = data + at + head;
        const size_t length = tri_get_be32(told);
        if (length > size - at - head - 4)
            return true;
        if (number == RECORDS && length > 0 &&
            tri_metadata_find(source->metadata, "IPTC") == NULL &&
            !tri_metadata_add(source->metadata, "IPTC", told + 4, length))
            return false;
        if (number >= PATHS_FIRST && number <= PATHS_LAST)
            tri_source_warn(source, "clipping paths dropped");
        at += head + 4 + even(length);
        if (at > size)
            return true;
    }
    return true;
}

unsigned char *tri_iptc_wrap(const struct tri_metadata_item *item, size_t *size)
{
    static const unsigned char head[12] = {'8', 'B', 'I', 'M', RECORDS >> 8, RECORDS & 0xff};
    unsigned char *data = calloc(1, sizeof head + even(item->size));
    if (data == NULL)
        return NULL;
    memcpy(data, head, sizeof head);
    tri_put_be32(data + 8, (uint32_t)item->size);
    memcpy(data + sizeof head, item->data, item->size);
    *size = sizeof head + even(item->size);
    return data;
}
