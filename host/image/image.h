/* image.h -- image functions beyond triptych.h: limits of the layout, rows, output files. */
#ifndef TRIPTYCH_IMAGE_H
#define TRIPTYCH_IMAGE_H

#include "../trace/trace.h"

#include <sys/types.h>

/* Layout of images: a row starts TRI_PAD samples into its stride. The width, rounded up to TRI_PAD,
 * is followed by at least 2 * TRI_PAD samples that may be read; the first TRI_PAD samples after the
 * width replicate the edge. The rounded width may be written. All of this memory is initialised.
 *
 * If that padding would take more memory than the samples, and a lot of it, an image is packed: a
 * row begins where the one above ends. 2 * TRI_PAD samples from the start of any row may be read,
 * but only the width may be written. */
#define TRI_PAD 64

/* What planes have beyond whole pages: a bit more than a quarter of a page, so that rows y of all
 * planes differ modulo 4096. It is also room to read beyond the last row of a packed plane. */
#define TRI_PLANES_APART (17 * 64)
_Static_assert(TRI_PLANES_APART > 4096 / 4 && TRI_PLANES_APART % 64 == 0,
               "a bit more than a quarter, in cache lines");

/* Return whether images of a valid shape are packed, and whether this image is. */
bool tri_shape_packed(const struct tri_shape *shape);
static inline bool tri_image_packed(const struct tri_image *image)
{
    return image->stride == (ptrdiff_t)image->shape.width * (image->shape.bits / 8);
}
/* Like tri_image_new_in, but never packed. */
enum tri_status tri_image_new_padded(struct tri_memory *memory, const struct tri_shape *shape,
                                     struct tri_image **image, struct tri_error *error);

static inline size_t tri_sample_bytes(const struct tri_shape *shape)
{
    return shape->bits == 16 ? 2 : 1;
}

/* Returns zeroed memory at a 4096-byte boundary, in huge pages if large, or NULL. Free it with
 * tri_memory_free and the same size. */
void *tri_memory_new(size_t size);
void tri_memory_free(void *memory, size_t size);
/* Keeps memory that a device may still use until the process ends, reachable for leak checkers.
 * Thread-safe. */
void tri_memory_abandon(void *memory);

/* The sample at (x, y) of a picture that is turned so is stored at (x, y), or at (y, x) if
 * `transposed`, counted from the far side if mirrored. */
struct tri_turn {
    bool transposed, mirrored_x, mirrored_y;
};
/* How a picture of that EXIF orientation becomes upright; 1 to 8, others count as 1. */
struct tri_turn tri_orientation_turn(int orientation);

/* An allocator for images in other than the host's ordinary memory. */
struct tri_memory {
    /* Returns initialised memory at a 4096-byte boundary; NULL: none, and ordinary memory is used.
     */
    void *(*take)(struct tri_memory *memory, size_t size);
    void (*give)(struct tri_memory *memory, void *at);
};

/* tri_image_pad for one row, of an image that is not packed. */
void tri_image_pad_row(const struct tri_image *image, int plane, int y);

/* tri_image_pad for rows `from` to `to - 1`; several threads may pad different rows. */
void tri_image_pad_rows(const struct tri_image *image, int from, int to);

/* Copies a plane of an image to a plane of another, of the same size and depth. */
void tri_image_copy_plane(const struct tri_image *from, int from_plane, struct tri_image *to,
                          int to_plane);

/* Returns TRI_USAGE, with the reason in `error`, unless an image can have this shape. */
enum tri_status tri_shape_check(const struct tri_shape *shape, struct tri_error *error);

/* Returns the bytes of memory of an image of a valid shape. */
size_t tri_image_size(const struct tri_shape *shape);

/* Convert row y of all planes from or to interleaved samples (as in a PNG or PPM file). */
void tri_row_split(const struct tri_image *image, int y, const void *interleaved);
void tri_row_join(const struct tri_image *image, int y, void *interleaved);

/* Replaces a picture stored in an EXIF orientation, 1 to 8, by the upright one; 1 is upright
 * already. After a failure the image is unchanged. */
enum tri_status tri_image_orient(struct tri_image **image, int orientation,
                                 struct tri_error *error);

/* A file being written: `file` is a new one next to `path`, which it replaces when closed with
 * success.
 * "-" is standard output; anything but a regular file is written in place. */
struct tri_output {
    FILE *file;
    const char *name; /* for messages */
    char *target;     /* what `temporary` is renamed to: `path`, or what it links to */
    char *temporary;  /* NULL: written in place */
    /* The old file's, which the new file takes over when it is closed. */
    struct tri_output_owner {
        bool there;
        uid_t user;
        gid_t group;
        mode_t mode;
    } old;
    /* Called with what could not be taken over. Set it between open and close; NULL if not wanted.
     */
    void (*tell)(void *listener, const char *text);
    void *listener;
};
enum tri_status tri_output_open(const char *path, struct tri_output *output,
                                struct tri_error *error);
/* Ends the output: flushes and renames the new file if `so_far` is TRI_OK, otherwise discards it.
 * Returns `so_far` or the first failure. */
enum tri_status tri_output_close(struct tri_output *output, enum tri_status so_far,
                                 struct tri_error *error);
/* Returns the format with these first bytes of a file, at most 16; NULL if it is not a readable
 * picture. */
const struct tri_format *tri_format_of_head(const unsigned char *head, size_t size);
/* Calls options->tell, if set, with what the file does not keep: "PATH: NOTE". An empty note is
 * ignored. */
void tri_write_tell(const struct tri_write_options *options, const char *path, const char *note);
/* Like tri_image_write, but after TRI_OK the output is still open, and metadata that the file does
 * not keep is not reported but added to `note`, a text of TRI_NOTE_MAX bytes; NULL if not wanted.
 */
enum tri_status tri_image_write_beside(const char *path, const struct tri_image *image,
                                       const struct tri_write_options *options,
                                       struct tri_output *output, char *note,
                                       struct tri_error *error);

#endif
