/* thumbnail.h -- the job that all patterns do: of each picture file, a file with the edges of a
 * small copy. Its six steps are here; a pattern only decides who takes which step, and when. */
#ifndef TRIPTYCH_LAB_THUMBNAIL_H
#define TRIPTYCH_LAB_THUMBNAIL_H

#include "triptych.h"

#include <stdatomic.h>

#define TRI_THUMBNAIL_WIDTH 320
/* What the steps do, for the engine. */
#define TRI_THUMBNAIL_SHRINK "resize:width=320"
#define TRI_THUMBNAIL_FILTER "sobel"

/* What all pictures of a run share; many threads may use it at once. */
struct tri_thumbnail_tools {
    struct tri_backend *backend;
    struct tri_pipeline *shrink, *filter;
    const struct tri_format *format; /* of the files written */
    struct tri_pool *pool;           /* also decodes and encodes; NULL: the caller works alone */
    unsigned stream;                 /* in recordings */
};
/* With a pool, each step of a picture is divided among its threads; NULL: none is. */
enum tri_status tri_thumbnail_tools_open(struct tri_pool *pool, struct tri_thumbnail_tools *tools,
                                         struct tri_error *error);
void tri_thumbnail_tools_close(struct tri_thumbnail_tools *tools);

/* A picture on its way. One thread at a time may use it; each step frees what the former one made.
 */
struct tri_thumbnail {
    const char *from, *to;
    struct tri_thumbnail_tools *tools;
    _Atomic int64_t *first; /* all pictures': when the first file was written; 0: none so far */
    int number;
    unsigned char *data; /* the file's bytes: read, or to be written */
    size_t size;
    struct tri_image *image; /* decoded, shrunk or filtered */
    bool done;               /* the file was written */
    struct tri_error error;  /* the first; it names the file */
};

/* The steps, in this order. A step returns whether the picture is well: after a failure, whose text
 * is in `error`, all further steps do nothing, and nothing is left of the picture. */
bool tri_thumbnail_read(struct tri_thumbnail *picture);
bool tri_thumbnail_decode(struct tri_thumbnail *picture);
bool tri_thumbnail_shrink(struct tri_thumbnail *picture);
bool tri_thumbnail_filter(struct tri_thumbnail *picture);
bool tri_thumbnail_encode(struct tri_thumbnail *picture);
/* The file appears as a whole, or not at all. */
bool tri_thumbnail_write(struct tri_thumbnail *picture);

/* The four in the middle, which compute; and all six. */
bool tri_thumbnail_compute(struct tri_thumbnail *picture);
bool tri_thumbnail_make(struct tri_thumbnail *picture);

/* For patterns that take a step themselves. */
bool tri_thumbnail_fail(struct tri_thumbnail *picture, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* frees what is held; returns false */
void tri_thumbnail_written(struct tri_thumbnail *picture);
void tri_thumbnail_drop(struct tri_thumbnail *picture); /* frees what is held */

/* Counts of samples by the upper 8 bits of their value. */
struct tri_edge_counts {
    uint64_t of[256];
};
void tri_thumbnail_count(const struct tri_thumbnail *picture, struct tri_edge_counts *counts);

#endif
