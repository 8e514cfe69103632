/* move_file.h -- a pipeline that only moves samples, on a file whose format can do so without
 * decoding it: from file to file, and nothing is lost. */
#ifndef TRI_MOVE_FILE_H
#define TRI_MOVE_FILE_H

#include "codec.h"

struct tri_file_move {
    const char *from, *to;
    const struct tri_pipeline *pipeline;
    const struct tri_read_options *read;
    /* metadata comes from the file, unless `strip` */
    const struct tri_write_options *write;
    bool strip;
    void (*writing)(void), (*written)(void); /* called around the write; may be NULL */
    /* Filled in: */
    struct tri_shape in, out;
    char warning[TRI_NOTE_MAX];
};

/* TRI_USAGE, with the reason and what would be possible, if it cannot be done without loss. Nothing
 * is written then. */
enum tri_status tri_file_move(struct tri_file_move *move, struct tri_error *error);

#endif
