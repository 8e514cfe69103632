/* jpeg_parts.h -- a JPEG file being read or written, by libjpeg. Its errors end in a longjmp to
 * `failed`, which the caller sets; state that must survive is in these, not in locals. */
#ifndef TRI_JPEG_PARTS_H
#define TRI_JPEG_PARTS_H

#include "jpeg_metadata.h"

#include <setjmp.h>

/* Zeroed but for the source. */
struct tri_jpeg_reader {
    struct tri_source *source;
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    int orientation;
    struct tri_image *image;
};

/* Before `failed` is set. Ends with jpeg_destroy_decompress. */
void tri_jpeg_reader_begin(struct tri_jpeg_reader *reader);
/* Reports the source's error. */
_Noreturn void tri_jpeg_give_up(struct tri_jpeg_reader *reader, const char *why);
/* Reads what is before the pixels, checks it, and takes metadata and orientation. */
void tri_jpeg_read_head(struct tri_jpeg_reader *reader);
int tri_jpeg_planes(const struct jpeg_decompress_struct *jpeg);
/* Once all scans are read: whether any are missing. */
void tri_jpeg_check_scans(struct tri_jpeg_reader *reader);

/* Zeroed but for the sink. */
struct tri_jpeg_writer {
    const struct tri_sink *sink;
    struct tri_image image; /* 8 bits, 1 or 3 planes; owns no memory */
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
    jmp_buf failed;
    JOCTET buffer[1 << 16];
};

/* Before `failed` is set. Ends with jpeg_destroy_compress. */
void tri_jpeg_writer_begin(struct tri_jpeg_writer *writer);
/* With `failed` set. */
void tri_jpeg_writer_open(struct tri_jpeg_writer *writer);

#endif
