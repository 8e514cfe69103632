/* ifd.h -- the structure of TIFF files, in which EXIF comes too: directories of tags (TIFF 6.0, section 2). */
#ifndef TRI_IFD_H
#define TRI_IFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRI_IFD_HEADER 8 /* byte order, 42, offset of the first directory */
#define TRI_IFD_ENTRY 12 /* tag, type, count, value or its offset */

/* Tags. */
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

/* Data that begin with the header. Where they are to grow, they are malloc's. */
struct tri_ifd {
    unsigned char *data;
    size_t size;
    bool little;
    size_t copied; /* bytes, by tri_ifd_copy */
};

/* False: there is no header of the classic format. `data` is written to only by functions that say so. */
bool tri_ifd_open(struct tri_ifd *ifd, const unsigned char *data, size_t size);

unsigned tri_ifd_get_16(const struct tri_ifd *ifd, const unsigned char *at);
uint32_t tri_ifd_get_32(const struct tri_ifd *ifd, const unsigned char *at);
void tri_ifd_put_16(const struct tri_ifd *ifd, unsigned char *at, unsigned value);
void tri_ifd_put_32(const struct tri_ifd *ifd, unsigned char *at, uint32_t value);

/* The offset of the first directory; of the one that an entry of another names; 0: it is not within the data. */
size_t tri_ifd_first(const struct tri_ifd *ifd);
size_t tri_ifd_sub(const struct tri_ifd *ifd, size_t directory, unsigned tag);
/* Entries of a directory, as far as they are within the data. */
size_t tri_ifd_count(const struct tri_ifd *ifd, size_t directory);
unsigned char *tri_ifd_entry(const struct tri_ifd *ifd, size_t directory, size_t index);
unsigned char *tri_ifd_find(const struct tri_ifd *ifd, size_t directory, unsigned tag); /* NULL: it is not there */
/* The offset of the next directory; 0: there is none. */
size_t tri_ifd_next(const struct tri_ifd *ifd, size_t directory);
void tri_ifd_set_next(const struct tri_ifd *ifd, size_t directory, uint32_t next); /* changes the data */
/* An entry's value and its bytes; NULL: it is not all within the data, or of an unknown type. */
unsigned char *tri_ifd_value(const struct tri_ifd *ifd, unsigned char *entry, size_t *size);
/* A value of SHORT or LONG; 0: it is neither, or not one. */
uint32_t tri_ifd_number(const struct tri_ifd *ifd, unsigned char *entry);
void tri_ifd_set_number(const struct tri_ifd *ifd, unsigned char *entry, uint32_t value); /* changes the data */
/* Takes an entry out, and the value where it lies outside. Changes the data. */
void tri_ifd_remove(const struct tri_ifd *ifd, size_t directory, unsigned tag);

/* ---- data that grow; false or 0: no memory ---- */

/* A header and an empty directory. */
bool tri_ifd_new(struct tri_ifd *ifd, bool little);
/* The offset, which is even, of a copy of the bytes at the end. */
size_t tri_ifd_append(struct tri_ifd *ifd, const void *data, size_t size);

/* Entries for the first directory, those of a tag that it has already in place of its own. */
struct tri_ifd_entries {
    int count;
    unsigned char list[128][TRI_IFD_ENTRY]; /* more are left out */
};
bool tri_ifd_make(struct tri_ifd *ifd, struct tri_ifd_entries *entries, unsigned tag, unsigned type, uint32_t count,
                  const void *value, size_t size);
/* An entry of other data in the same byte order, with its value; of EXIF, GPS and interoperability with the directory that
 * it names. What is malformed is left out, and what is more than 16 MB in all. */
bool tri_ifd_copy(struct tri_ifd *to, struct tri_ifd_entries *entries, const struct tri_ifd *from, unsigned char *entry);
/* Writes the first directory anew, with the entries, at the end. */
bool tri_ifd_merge(struct tri_ifd *ifd, const struct tri_ifd_entries *entries);

#endif
