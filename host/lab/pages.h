/* pages.h -- memory whose pages have not been touched yet, and how near it lies to the cores. */
#ifndef TRIPTYCH_LAB_PAGES_H
#define TRIPTYCH_LAB_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory, in pages of the usual size, of which the kernel finds each when it is first
 * touched. NULL: no memory. */
unsigned char *tri_lab_pages_new(size_t bytes);
void tri_lab_pages_free(unsigned char *pages, size_t bytes); /* NULL: nothing */
/* Page faults of this process that needed no disk, so far; negative: unknown. */
long tri_lab_pages_faults(void);
/* The number of NUMA nodes that the cores of this process belong to; at least 1. */
int tri_lab_pages_nodes(void);

#endif
