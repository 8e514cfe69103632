/* rows.h -- rows of images for system calls that read or write several at a time. */
#ifndef TRI_ROWS_H
#define TRI_ROWS_H

#include "../image/image.h"

#include <sys/uio.h>

/* Gets the rows of the first `planes` planes, one after another, from number `from` on, `most` at
 * most. Returns how many. */
int tri_rows_gather(const struct tri_image *image, int planes, int from, struct iovec rows[],
                    int most);
/* Advances `rows` by the bytes a call has transferred; returns how many are left. */
int tri_rows_advance(struct iovec **rows, int count, size_t done);

#endif
