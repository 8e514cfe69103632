/* tiff_codec.h -- the functions of the TIFF codec. */
#ifndef TRI_TIFF_CODEC_H
#define TRI_TIFF_CODEC_H

#include "codec.h"

#include <tiffio.h>

/* A file in memory that libtiff reads or writes, and libtiff's messages. */
struct tri_tiff {
    TIFF *handle;
    unsigned char *data; /* grows when writing; the caller's when reading */
    size_t size, room, at;
    char error[500], warning[200]; /* the first of each; empty if none */
};

/* Mode "r", "w", "wb" (big-endian) or "w8" (BigTIFF). False on failure, perhaps with the error. */
bool tri_tiff_open(struct tri_tiff *tiff, const char *name, const char *mode,
                   uint64_t largest_memory);
/* Keeps the data. */
void tri_tiff_close(struct tri_tiff *tiff);

/* ---- tiff_pages.c ---- */
/* Returns the offsets of the page directories, starting with the current one; malloc'ed. Smaller
 * copies and masks of pages are not pages; `others` counts them. NULL if out of memory.
 * Changes the handle's current directory. */
#define TRI_TIFF_OTHERS "smaller copies or masks of pages dropped: %ld"
uint64_t *tri_tiff_find_pages(struct tri_tiff *tiff, long *count, long *others);
/* Appends to a note if ImageJ's description of the current page lists more pictures. */
void tri_tiff_note_stack(TIFF *handle, long pages, char note[TRI_NOTE_MAX]);
/* Warns of what the current page has besides its image: directories of its own, and slices of a
 * volume. libtiff's messages about them are discarded. */
void tri_tiff_note_inside(struct tri_source *source, struct tri_tiff *tiff);
/* Bytes that libtiff may allocate at once: decoders need at most a strip or tile at a time. */
uint64_t tri_tiff_memory(const struct tri_source *source);
enum tri_status tri_tiff_open_pages(struct tri_source *source, struct tri_series *series);
enum tri_status tri_tiff_begin(const struct tri_sink *sink, const struct tri_pictures_info *info,
                               void **state);
enum tri_status tri_tiff_add(const struct tri_sink *sink, void *state, const struct tri_part *part);
enum tri_status tri_tiff_finish(const struct tri_sink *sink, void *state);
void tri_tiff_drop(void *state);

enum tri_status tri_tiff_read(struct tri_source *source, struct tri_image **image);
enum tri_status tri_tiff_write(const struct tri_sink *sink, const struct tri_image *image);

/* ---- tiff_write.c ---- */
/* Opens a file for writing, classic or BigTIFF, in the byte order of the metadata's EXIF. */
enum tri_status tri_tiff_create(struct tri_tiff *tiff, const struct tri_sink *sink, bool big);
/* Writes the picture's tags and pixels to the current directory; `encoded`: a file with the pixels
 * already encoded, or NULL. */
enum tri_status tri_tiff_write_page(struct tri_tiff *tiff, const struct tri_sink *sink,
                                    const struct tri_image *image, struct tri_tiff *encoded);
/* bytes of pixels: the rest of 4 GiB is for everything else */
#define TRI_TIFF_CLASSIC UINT64_C(3900000000)

#endif
