/* rows.c -- rows of images for system calls that read or write several at a time. */
#include "rows.h"

int tri_rows_gather(const struct tri_image *image, int planes, int from, struct iovec rows[],
                    int most)
{
    const int height = image->shape.height, all = planes * height;
    const size_t bytes = (size_t)image->shape.width * tri_sample_bytes(&image->shape);
    int count = 0;
    for (int row = from; row < all && count < most; row++, count++)
        rows[count] = (struct iovec){tri_image_row(image, row / height, row % height), bytes};
    return count;
}

int tri_rows_advance(struct iovec **rows, int count, size_t done)
{
    while (count > 0 && done >= (*rows)->iov_len) {
        done -= (*rows)->iov_len;
        (*rows)++;
        count--;
    }
    if (count > 0) {
        (*rows)->iov_base = (char *)(*rows)->iov_base + done;
        (*rows)->iov_len -= done;
    }
    return count;
}
