/* load.h -- reads a file, or its first bytes, into memory. */
#ifndef TRI_LOAD_H
#define TRI_LOAD_H

#include "codec.h"

#define TRI_MAGIC_MAX 16 /* bytes from the start that identify a format */

struct tri_load {
    int file;           /* -1: none */
    bool standard;      /* is standard input, which stays open */
    bool ended;         /* nothing is left to read */
    bool (*stop)(void); /* as in the options */
    unsigned char *data;
    size_t size, room;
    /* bytes held at a time: no format needs more for a picture within the limit and its metadata */
    size_t most;
};

/* Opens the file and reads its first bytes. Call tri_load_close even after a failure. */
enum tri_status tri_load_open(struct tri_load *load, const struct tri_source *source,
                              const char *path, const struct tri_read_options *options);
/* Reads until `size` bytes or more are in memory, or the file ends. */
enum tri_status tri_load_fill(struct tri_load *load, const struct tri_source *source, size_t size);
/* Reads to the end. */
enum tri_status tri_load_rest(struct tri_load *load, const struct tri_source *source);
/* Drops the first `bytes` bytes. */
void tri_load_drop(struct tri_load *load, size_t bytes);
void tri_load_close(struct tri_load *load);

#endif
