/* row_padding.h -- fills the padding of an image's rows one by one, when they are first needed.
 * Filled by a walk of its own before, it would be fetched from memory twice. */
#ifndef TRI_BACKEND_ROW_PADDING_H
#define TRI_BACKEND_ROW_PADDING_H

#include "../image/image.h"

#include <stdatomic.h>

struct tri_row_padding {
    const struct tri_image *image;
    atomic_uchar *rows; /* of each plane in turn: enum tri_row_state */
    size_t count;
    bool shared; /* by several threads */
};

enum tri_row_state { TRI_ROW_BARE, TRI_ROW_TAKEN, TRI_ROW_PADDED };

/* For images of that shape. Returns false if out of memory. */
bool tri_row_padding_new(struct tri_row_padding *padding, const struct tri_shape *shape);
void tri_row_padding_free(struct tri_row_padding *padding);

/* For an image without padding; `shared`: several threads fill it. */
void tri_row_padding_begin(struct tri_row_padding *padding, const struct tri_image *image,
                           bool shared);
/* Fills what no pass has read: from now on the image is padded, and others may read it, too. */
void tri_row_padding_end(const struct tri_row_padding *padding, struct tri_image *image);

/* As tri_row_padding_fill, for a row that was not padded when last looked at. */
void tri_row_padding_take(struct tri_row_padding *padding, int plane, int y);

/* Fills the padding of a row, unless it is filled. Thread-safe. */
static inline void tri_row_padding_fill(struct tri_row_padding *padding, int plane, int y)
{
    const size_t row = (size_t)plane * (size_t)padding->image->shape.height + (size_t)y;
    if (atomic_load_explicit(&padding->rows[row], memory_order_acquire) != TRI_ROW_PADDED)
        tri_row_padding_take(padding, plane, y);
}

#endif
