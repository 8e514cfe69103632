/* image.h -- what the image room offers beyond triptych.h: limits of the layout, rows, output files. */
#ifndef TRIPTYCH_IMAGE_H
#define TRIPTYCH_IMAGE_H

#include "../triptych.h"

#include <sys/types.h>

/* Layout of every image: rows begin TRI_PAD samples after the stride does; after the width, rounded
 * up to TRI_PAD, come at least 2 * TRI_PAD samples that may be read, of which the first TRI_PAD after
 * the width are replicated. The rounded width may be written. All of it is initialised memory. */
#define TRI_PAD 64

static inline size_t tri_sample_bytes(const struct tri_shape *shape)
{
    return shape->bits == 16 ? 2 : 1;
}

/* Zeroed memory at a 4096-byte boundary, in huge pages where it is large; NULL: there is none. Ends
 * with tri_memory_free and the same size. */
void *tri_memory_new(size_t size);
void tri_memory_free(void *memory, size_t size);
/* Keeps memory that a device may use yet until the process ends, in sight of whoever looks for leaks. Thread-safe. */
void tri_memory_abandon(void *memory);

/* Memory for images that is not the host's usual one. */
struct tri_memory {
    /* Initialised, at a 4096-byte boundary; NULL: there is none, and other memory has to do. */
    void *(*take)(struct tri_memory *memory, size_t size);
    void (*give)(struct tri_memory *memory, void *at);
};

/* One plane of an image to one of another, of the same size and depth. */
void tri_image_copy_plane(const struct tri_image *from, int from_plane, struct tri_image *to, int to_plane);

/* TRI_USAGE, and why, unless an image may have this shape. */
enum tri_status tri_shape_check(const struct tri_shape *shape, struct tri_error *error);

/* Bytes of memory that an image of a possible shape takes. */
size_t tri_image_size(const struct tri_shape *shape);

/* Row y of all planes, from or to samples that alternate by plane (as in a PNG or PPM file). */
void tri_row_split(const struct tri_image *image, int y, const void *interleaved);
void tri_row_join(const struct tri_image *image, int y, void *interleaved);

/* Replaces a picture that is stored in one of EXIF's orientations, 1 to 8, by the upright one; 1 is that
 * already. After a failure the image is what it was. */
enum tri_status tri_image_orient(struct tri_image **image, int orientation, struct tri_error *error);

/* A file being written: `file` is a new one beside `path`, which takes its place when closed with
 * success. "-" is standard output; what is no regular file is written in place. */
struct tri_output {
    FILE *file;
    const char *name; /* for messages */
    char *target;     /* what `temporary` is renamed to: `path`, or what it links to */
    char *temporary;  /* NULL: written in place */
    /* Of the old file, which the new one takes over when it is closed. */
    struct tri_output_owner {
        bool there;
        uid_t user;
        gid_t group;
        mode_t mode;
    } old;
    /* Told what of it could not be taken over. Set between open and close; NULL: nobody is told. */
    void (*tell)(void *listener, const char *text);
    void *listener;
};
enum tri_status tri_output_open(const char *path, struct tri_output *output, struct tri_error *error);
/* Ends the output, after TRI_OK so far by flushing and renaming, otherwise by throwing the new file
 * away. Returns `so_far` or the first failure. */
enum tri_status tri_output_close(struct tri_output *output, enum tri_status so_far, struct tri_error *error);
/* By the first bytes of a file, at most 16 of them; NULL: it is no picture that can be read. */
const struct tri_format *tri_format_of_head(const unsigned char *head, size_t size);
/* tri_image_write up to there: after TRI_OK the output is open yet. */
enum tri_status tri_image_write_beside(const char *path, const struct tri_image *image,
                                       const struct tri_write_options *options, struct tri_output *output,
                                       struct tri_error *error);

#endif
