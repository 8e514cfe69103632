/* row_padding.c -- rows that strips share are filled by whoever comes first; the others wait. */
#include "row_padding.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

bool tri_row_padding_new(struct tri_row_padding *padding, const struct tri_shape *shape)
{
    padding->count = (size_t)shape->planes * (size_t)shape->height;
    padding->rows = malloc(padding->count * sizeof padding->rows[0]);
    return padding->rows != NULL;
}

void tri_row_padding_free(struct tri_row_padding *padding)
{
    free(padding->rows);
}

void tri_row_padding_begin(struct tri_row_padding *padding, const struct tri_image *image,
                           bool shared)
{
    padding->image = image;
    padding->shared = shared;
    for (size_t i = 0; i < padding->count; i++)
        atomic_init(&padding->rows[i], TRI_ROW_BARE);
}

void tri_row_padding_end(const struct tri_row_padding *padding, struct tri_image *image)
{
    const size_t height = (size_t)image->shape.height;
    for (size_t i = 0; i < padding->count; i++) {
        if (atomic_load_explicit(&padding->rows[i], memory_order_relaxed) != TRI_ROW_PADDED)
            tri_image_pad_row(image, (int)(i / height), (int)(i % height));
    }
    image->padded = true;
}

void tri_row_padding_take(struct tri_row_padding *padding, int plane, int y)
{
    atomic_uchar *row =
        &padding->rows[(size_t)plane * (size_t)padding->image->shape.height + (size_t)y];
    unsigned char bare = TRI_ROW_BARE;
    if (padding->shared &&
        !atomic_compare_exchange_strong_explicit(row, &bare, TRI_ROW_TAKEN, memory_order_acquire,
                                                 memory_order_acquire)) {
        while (atomic_load_explicit(row, memory_order_acquire) != TRI_ROW_PADDED)
            sched_yield();
        return;
    }
    tri_image_pad_row(padding->image, plane, y);
    atomic_store_explicit(row, TRI_ROW_PADDED, memory_order_release);
}
