/* sparse_memory.h -- memory of which only what is written takes room: whole planes of a picture
 * that is computed part by part. */
#ifndef TRI_SPARSE_MEMORY_H
#define TRI_SPARSE_MEMORY_H

#include "image.h"

/* Zeroed, and at a page's boundary; NULL: no room for it in the address space. */
void *tri_sparse_new(size_t size);
/* Gives back what was written: it is zero again. */
void tri_sparse_drop(void *memory, size_t size);
void tri_sparse_free(void *memory, size_t size);
/* For images in such memory; `memory` must outlive them. */
struct tri_sparse_memory {
    struct tri_memory memory;
    size_t size; /* of the last image */
};
void tri_sparse_memory_begin(struct tri_sparse_memory *memory);

#endif
