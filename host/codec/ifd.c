/* ifd.c -- reads and changes TIFF directories. */
#include "ifd.h"

#include <stdlib.h>
#include <string.h>

#define COPIED_MOST ((size_t)16 << 20)
#define DEPTH 3 /* picture, EXIF, interoperability */

bool tri_ifd_open(struct tri_ifd *ifd, const unsigned char *data, size_t size)
{
    if (size < TRI_IFD_HEADER || (memcmp(data, "II*\0", 4) != 0 && memcmp(data, "MM\0*", 4) != 0))
        return false;
    *ifd = (struct tri_ifd){(unsigned char *)data, size, data[0] == 'I', 0};
    return true;
}

unsigned tri_ifd_get_16(const struct tri_ifd *ifd, const unsigned char *at)
{
    return ifd->little ? at[0] | (unsigned)at[1] << 8 : at[1] | (unsigned)at[0] << 8;
}

uint32_t tri_ifd_get_32(const struct tri_ifd *ifd, const unsigned char *at)
{
    const uint32_t first = tri_ifd_get_16(ifd, at), second = tri_ifd_get_16(ifd, at + 2);
    return ifd->little ? first | second << 16 : second | first << 16;
}

void tri_ifd_put_16(const struct tri_ifd *ifd, unsigned char *at, unsigned value)
{
    at[!ifd->little] = (unsigned char)value;
    at[ifd->little] = (unsigned char)(value >> 8);
}

void tri_ifd_put_32(const struct tri_ifd *ifd, unsigned char *at, uint32_t value)
{
    tri_ifd_put_16(ifd, at + 2 * !ifd->little, value & 0xffff);
    tri_ifd_put_16(ifd, at + 2 * ifd->little, value >> 16);
}

/* ---- directories ---- */

static size_t checked(const struct tri_ifd *ifd, size_t directory)
{
    return directory >= TRI_IFD_HEADER && directory <= ifd->size - 2 ? directory : 0;
}

size_t tri_ifd_first(const struct tri_ifd *ifd)
{
    return checked(ifd, tri_ifd_get_32(ifd, ifd->data + 4));
}

size_t tri_ifd_count(const struct tri_ifd *ifd, size_t directory)
{
    if (directory == 0)
        return 0;
    const size_t told = tri_ifd_get_16(ifd, ifd->data + directory),
                 room = (ifd->size - 2 - directory) / TRI_IFD_ENTRY;
    return told < room ? told : room;
}

unsigned char *tri_ifd_entry(const struct tri_ifd *ifd, size_t directory, size_t index)
{
    return ifd->data + directory + 2 + index * TRI_IFD_ENTRY;
}

unsigned char *tri_ifd_find(const struct tri_ifd *ifd, size_t directory, unsigned tag)
{
    for (size_t i = 0; i < tri_ifd_count(ifd, directory); i++) {
        unsigned char *entry = tri_ifd_entry(ifd, directory, i);
        if (tri_ifd_get_16(ifd, entry) == tag)
            return entry;
    }
    return NULL;
}

/* The position of the next directory's offset; 0 if none. */
static size_t next_at(const struct tri_ifd *ifd, size_t directory)
{
    const size_t at = directory + 2 + tri_ifd_count(ifd, directory) * TRI_IFD_ENTRY;
    const bool whole = directory > 0 &&
                       tri_ifd_count(ifd, directory) == tri_ifd_get_16(ifd, ifd->data + directory);
    return whole && ifd->size - at >= 4 ? at : 0;
}

size_t tri_ifd_next(const struct tri_ifd *ifd, size_t directory)
{
    const size_t at = next_at(ifd, directory);
    return at > 0 ? checked(ifd, tri_ifd_get_32(ifd, ifd->data + at)) : 0;
}

void tri_ifd_set_next(const struct tri_ifd *ifd, size_t directory, uint32_t next)
{
    const size_t at = next_at(ifd, directory);
    if (at > 0)
        tri_ifd_put_32(ifd, ifd->data + at, next);
}

size_t tri_ifd_sub(const struct tri_ifd *ifd, size_t directory, unsigned tag)
{
    unsigned char *entry = tri_ifd_find(ifd, directory, tag);
    return entry != NULL ? checked(ifd, tri_ifd_number(ifd, entry)) : 0;
}

/* ---- values ---- */

static size_t size_of(unsigned type)
{
    static const unsigned char sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
    return type < sizeof sizes ? sizes[type] : 0;
}

unsigned char *tri_ifd_value(const struct tri_ifd *ifd, unsigned char *entry, size_t *size)
{
    *size = size_of(tri_ifd_get_16(ifd, entry + 2)) * (size_t)tri_ifd_get_32(ifd, entry + 4);
    if (*size == 0 || *size > ifd->size)
        return NULL;
    if (*size <= 4)
        return entry + 8;
    const size_t at = tri_ifd_get_32(ifd, entry + 8);
    return at >= TRI_IFD_HEADER && at <= ifd->size - *size ? ifd->data + at : NULL;
}

uint32_t tri_ifd_number(const struct tri_ifd *ifd, unsigned char *entry)
{
    const unsigned type = tri_ifd_get_16(ifd, entry + 2);
    if (tri_ifd_get_32(ifd, entry + 4) != 1)
        return 0;
    if (type == TRI_TYPE_SHORT)
        return tri_ifd_get_16(ifd, entry + 8);
    return type == TRI_TYPE_LONG || type == 13 /* IFD */ ? tri_ifd_get_32(ifd, entry + 8) : 0;
}

void tri_ifd_set_number(const struct tri_ifd *ifd, unsigned char *entry, uint32_t value)
{
    const bool is_long = value > 0xffff || tri_ifd_get_16(ifd, entry + 2) != TRI_TYPE_SHORT;
    tri_ifd_put_16(ifd, entry + 2, is_long ? TRI_TYPE_LONG : TRI_TYPE_SHORT);
    tri_ifd_put_32(ifd, entry + 4, 1);
    memset(entry + 8, 0, 4);
    if (is_long)
        tri_ifd_put_32(ifd, entry + 8, value);
    else
        tri_ifd_put_16(ifd, entry + 8, value);
}

void tri_ifd_remove(const struct tri_ifd *ifd, size_t directory, unsigned tag)
{
    size_t size;
    unsigned char *entry = tri_ifd_find(ifd, directory, tag);
    const size_t next = next_at(ifd, directory);
    if (entry == NULL || next == 0)
        return;
    unsigned char *value = tri_ifd_value(ifd, entry, &size);
    if (value != NULL && size > 4)
        memset(value, 0, size);
    unsigned char *const end = ifd->data + next + 4;
    memmove(entry, entry + TRI_IFD_ENTRY, (size_t)(end - entry) - TRI_IFD_ENTRY);
    memset(end - TRI_IFD_ENTRY, 0, TRI_IFD_ENTRY);
    tri_ifd_put_16(ifd, ifd->data + directory, tri_ifd_get_16(ifd, ifd->data + directory) - 1);
}

/* ---- growing data ---- */

bool tri_ifd_new(struct tri_ifd *ifd, bool little)
{
    *ifd = (struct tri_ifd){calloc(1, TRI_IFD_HEADER + 6), TRI_IFD_HEADER + 6, little, 0};
    if (ifd->data == NULL)
        return false;
    memcpy(ifd->data, little ? "II" : "MM", 2);
    tri_ifd_put_16(ifd, ifd->data + 2, 42);
    tri_ifd_put_32(ifd, ifd->data + 4, TRI_IFD_HEADER);
    return true;
}

size_t tri_ifd_append(struct tri_ifd *ifd, const void *data, size_t size)
{
    const size_t at = ifd->size + (ifd->size & 1);
    unsigned char *grown = at + size <= UINT32_MAX ? realloc(ifd->data, at + size) : NULL;
    if (grown == NULL)
        return 0;
    ifd->data = grown;
    ifd->data[at - 1] = at > ifd->size ? 0 : ifd->data[at - 1];
    if (size > 0)
        memcpy(ifd->data + at, data, size);
    ifd->size = at + size;
    return at;
}

bool tri_ifd_make(struct tri_ifd *ifd, struct tri_ifd_entries *entries, unsigned tag, unsigned type,
                  uint32_t count, const void *value, size_t size)
{
    if (entries->count == (int)(sizeof entries->list / sizeof entries->list[0]))
        return true;
    unsigned char *entry = entries->list[entries->count];
    memset(entry, 0, TRI_IFD_ENTRY);
    tri_ifd_put_16(ifd, entry, tag);
    tri_ifd_put_16(ifd, entry + 2, type);
    tri_ifd_put_32(ifd, entry + 4, count);
    if (size <= 4) {
        memcpy(entry + 8, value, size);
    } else {
        const size_t at = tri_ifd_append(ifd, value, size);
        if (at == 0)
            return false;
        tri_ifd_put_32(ifd, entry + 8, (uint32_t)at);
    }
    entries->count++;
    return true;
}

static int by_tag(const void *a, const void *b, bool little)
{
    const struct tri_ifd order = {.little = little};
    return (int)tri_ifd_get_16(&order, a) - (int)tri_ifd_get_16(&order, b);
}

/* Appends a directory of the entries, sorted by tag; returns its offset. */
static size_t append_directory(struct tri_ifd *ifd, const struct tri_ifd_entries *entries,
                               uint32_t next)
{
    unsigned char(*sorted)[TRI_IFD_ENTRY] = malloc(sizeof entries->list);
    unsigned char number[4];
    if (sorted == NULL)
        return 0;
    for (int i = 0; i < entries->count; i++) {
        int to = i;
        for (; to > 0 && by_tag(sorted[to - 1], entries->list[i], ifd->little) > 0; to--)
            memcpy(sorted[to], sorted[to - 1], TRI_IFD_ENTRY);
        memcpy(sorted[to], entries->list[i], TRI_IFD_ENTRY);
    }
    tri_ifd_put_16(ifd, number, (unsigned)entries->count);
    const size_t at = tri_ifd_append(ifd, number, 2),
                 bytes = (size_t)entries->count * TRI_IFD_ENTRY;
    const bool whole = at > 0 && tri_ifd_append(ifd, sorted, bytes) > 0;
    free(sorted);
    tri_ifd_put_32(ifd, number, next);
    return whole && tri_ifd_append(ifd, number, 4) > 0 ? at : 0;
}

static bool copy_entry(struct tri_ifd *to, struct tri_ifd_entries *entries,
                       const struct tri_ifd *from, unsigned char *entry, int depth);

/* 0 if out of memory. */
static size_t copy_directory(struct tri_ifd *to, const struct tri_ifd *from, size_t directory,
                             int depth)
{
    struct tri_ifd_entries *entries = calloc(1, sizeof *entries);
    bool sound = entries != NULL;
    for (size_t i = 0; i < tri_ifd_count(from, directory) && sound; i++)
        sound = copy_entry(to, entries, from, tri_ifd_entry(from, directory, i), depth);
    const size_t at = sound ? append_directory(to, entries, 0) : 0;
    free(entries);
    return at;
}

static bool copy_entry(struct tri_ifd *to, struct tri_ifd_entries *entries,
                       const struct tri_ifd *from, unsigned char *entry, int depth)
{
    const unsigned tag = tri_ifd_get_16(from, entry), type = tri_ifd_get_16(from, entry + 2);
    if (tag == TRI_TAG_EXIF || tag == TRI_TAG_GPS || tag == TRI_TAG_INTEROP) {
        unsigned char offset[4];
        const size_t sub = checked(from, tri_ifd_number(from, entry));
        if (sub == 0 || depth == DEPTH || to->copied > COPIED_MOST)
            return true;
        const size_t at = copy_directory(to, from, sub, depth + 1);
        tri_ifd_put_32(to, offset, (uint32_t)at);
        return at > 0 && tri_ifd_make(to, entries, tag, TRI_TYPE_LONG, 1, offset, 4);
    }
    size_t size;
    const unsigned char *value = tri_ifd_value(from, entry, &size);
    /* entries may all refer to the same large part */
    to->copied += value != NULL ? size + TRI_IFD_ENTRY : 0;
    if (to->copied > COPIED_MOST)
        return true;
    return value == NULL ||
           tri_ifd_make(to, entries, tag, type, tri_ifd_get_32(from, entry + 4), value, size);
}

bool tri_ifd_copy(struct tri_ifd *to, struct tri_ifd_entries *entries, const struct tri_ifd *from,
                  unsigned char *entry)
{
    return copy_entry(to, entries, from, entry, 1);
}

static bool has_tag(const struct tri_ifd *ifd, const struct tri_ifd_entries *entries,
                    const unsigned char *entry)
{
    for (int i = 0; i < entries->count; i++) {
        if (tri_ifd_get_16(ifd, entries->list[i]) == tri_ifd_get_16(ifd, entry))
            return true;
    }
    return false;
}

size_t tri_ifd_next_link(const struct tri_ifd *ifd, size_t link)
{
    return next_at(ifd, checked(ifd, tri_ifd_get_32(ifd, ifd->data + link)));
}

bool tri_ifd_merge(struct tri_ifd *ifd, const struct tri_ifd_entries *entries)
{
    return tri_ifd_merge_at(ifd, TRI_IFD_FIRST, entries);
}

bool tri_ifd_merge_at(struct tri_ifd *ifd, size_t link, const struct tri_ifd_entries *entries)
{
    const size_t old = checked(ifd, tri_ifd_get_32(ifd, ifd->data + link)),
                 count = tri_ifd_count(ifd, old);
    const int most = (int)(sizeof entries->list / sizeof entries->list[0]);
    if (entries->count == 0)
        return true;
    struct tri_ifd_entries *all = malloc(sizeof *all);
    if (all == NULL)
        return false;
    *all = *entries;
    for (size_t i = 0; i < count && all->count < most; i++) {
        const unsigned char *entry = tri_ifd_entry(ifd, old, i);
        if (!has_tag(ifd, entries, entry))
            memcpy(all->list[all->count++], entry, TRI_IFD_ENTRY);
    }
    const size_t at = append_directory(ifd, all, (uint32_t)tri_ifd_next(ifd, old));
    free(all);
    if (at > 0)
        tri_ifd_put_32(ifd, ifd->data + link, (uint32_t)at);
    return at > 0;
}
