/* ifd.h -- the structure of TIFF files and of EXIF: directories of tags (TIFF 6.0, section 2). */
#ifndef TRI_IFD_H
#define TRI_IFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRI_IFD_HEADER 8 /* byte order, 42, offset of the first directory */
#define TRI_IFD_ENTRY 12 /* tag, type, count, value or its offset */

enum {
    TRI_TAG_WIDTH = 0x0100,
    TRI_TAG_HEIGHT = 0x0101,
    TRI_TAG_DOCUMENT_NAME = 0x010d,
    TRI_TAG_DESCRIPTION = 0x010e,
    TRI_TAG_ORIENTATION = 0x0112,
    TRI_TAG_X_RESOLUTION = 0x011a,
    TRI_TAG_Y_RESOLUTION = 0x011b,
    TRI_TAG_RESOLUTION_UNIT = 0x0128,
    TRI_TAG_SOFTWARE = 0x0131,
    TRI_TAG_ARTIST = 0x013b,
    TRI_TAG_THUMBNAIL = 0x0201,
    TRI_TAG_THUMBNAIL_SIZE = 0x0202,
    TRI_TAG_COPYRIGHT = 0x8298,
    TRI_TAG_EXIF = 0x8769,
    TRI_TAG_GPS = 0x8825,
    TRI_TAG_INTEROP = 0xa005,
    TRI_TAG_IMAGEJ_SIZES = 50838,
    TRI_TAG_IMAGEJ = 50839
};

enum { TRI_TYPE_ASCII = 2, TRI_TYPE_SHORT = 3, TRI_TYPE_LONG = 4, TRI_TYPE_RATIONAL = 5 };

/* Data that start with the header; malloc'ed if they are to grow. */
struct tri_ifd {
    unsigned char *data;
    size_t size;
    bool little;
    size_t copied; /* bytes, by tri_ifd_copy */
};

/* False if there is no header of the classic format. Only functions documented to change the data
 * write to it. */
bool tri_ifd_open(struct tri_ifd *ifd, const unsigned char *data, size_t size);

unsigned tri_ifd_get_16(const struct tri_ifd *ifd, const unsigned char *at);
uint32_t tri_ifd_get_32(const struct tri_ifd *ifd, const unsigned char *at);
void tri_ifd_put_16(const struct tri_ifd *ifd, unsigned char *at, unsigned value);
void tri_ifd_put_32(const struct tri_ifd *ifd, unsigned char *at, uint32_t value);

/* The offset of the first directory, or of the one that an entry refers to; 0 if not within the
 * data. */
size_t tri_ifd_first(const struct tri_ifd *ifd);
size_t tri_ifd_sub(const struct tri_ifd *ifd, size_t directory, unsigned tag);
/* The number of entries of a directory that are within the data. */
size_t tri_ifd_count(const struct tri_ifd *ifd, size_t directory);
unsigned char *tri_ifd_entry(const struct tri_ifd *ifd, size_t directory, size_t index);
/* NULL if absent. */
unsigned char *tri_ifd_find(const struct tri_ifd *ifd, size_t directory, unsigned tag);
/* The offset of the next directory; 0 if there is none. */
size_t tri_ifd_next(const struct tri_ifd *ifd, size_t directory);
/* Changes the data. */
void tri_ifd_set_next(const struct tri_ifd *ifd, size_t directory, uint32_t next);
/* An entry's value and its size in bytes; NULL if it is not all within the data, or of unknown
 * type. */
unsigned char *tri_ifd_value(const struct tri_ifd *ifd, unsigned char *entry, size_t *size);
/* A SHORT or LONG value; 0 if it is of another type, or not a single one. */
uint32_t tri_ifd_number(const struct tri_ifd *ifd, unsigned char *entry);
/* Changes the data. */
void tri_ifd_set_number(const struct tri_ifd *ifd, unsigned char *entry, uint32_t value);
/* Removes an entry, and its value if stored elsewhere. Changes the data. */
void tri_ifd_remove(const struct tri_ifd *ifd, size_t directory, unsigned tag);

/* ---- growing data; false or 0 if out of memory ---- */

/* Creates a header and an empty directory. */
bool tri_ifd_new(struct tri_ifd *ifd, bool little);
/* Appends a copy of the bytes; returns its offset, which is even. */
size_t tri_ifd_append(struct tri_ifd *ifd, const void *data, size_t size);

/* Entries for the first directory; they replace its entries with the same tags. */
struct tri_ifd_entries {
    int count;
    unsigned char list[128][TRI_IFD_ENTRY]; /* more are dropped */
};
bool tri_ifd_make(struct tri_ifd *ifd, struct tri_ifd_entries *entries, unsigned tag, unsigned type,
                  uint32_t count, const void *value, size_t size);
/* Copies an entry and its value from other data in the same byte order; for EXIF, GPS and
 * interoperability, with the directory it refers to. Malformed entries are dropped, and those
 * beyond 16 MB in total. */
bool tri_ifd_copy(struct tri_ifd *to, struct tri_ifd_entries *entries, const struct tri_ifd *from,
                  unsigned char *entry);
/* Rewrites the first directory, with the entries, at the end of the data. */
bool tri_ifd_merge(struct tri_ifd *ifd, const struct tri_ifd_entries *entries);
/* Likewise for the directory whose offset is at `link`; for the first one that is TRI_IFD_FIRST. */
#define TRI_IFD_FIRST 4
bool tri_ifd_merge_at(struct tri_ifd *ifd, size_t link, const struct tri_ifd_entries *entries);
/* The position of the offset of the directory after that one; 0 if not within the data. */
size_t tri_ifd_next_link(const struct tri_ifd *ifd, size_t link);

#endif
