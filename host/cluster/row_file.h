/* row_file.h -- pictures that are read and written some rows at a time. */
#ifndef TRI_ROW_FILE_H
#define TRI_ROW_FILE_H

#include "../triptych.h"

/* A picture file whose rows are read in any order. */
struct tri_row_reader {
    struct tri_shape shape;
    int unit; /* rows that are best read together, as of tiles */
    /* Reads rows `from` to `to` - 1 into those of an image of that shape. */
    enum tri_status (*read)(struct tri_row_reader *reader, int from, int to,
                            struct tri_image *image, struct tri_error *error);
    void (*close)(struct tri_row_reader *reader);
};

/* A picture file that is written some rows at a time. */
struct tri_row_writer {
    bool anywhere; /* by all ranks at once, each at its place; else from the first row to the last,
                      by one rank */
    /* Writes rows `from` to `to` - 1, pixel by pixel as tri_row_join makes them. */
    enum tri_status (*write)(struct tri_row_writer *writer, int from, int to, const void *rows,
                             struct tri_error *error);
    enum tri_status (*end)(struct tri_row_writer *writer, struct tri_error *error);
    void (*close)(struct tri_row_writer *writer); /* also after `end` */
};

/* row_pnm.c: files of binary samples, P5, P6 and P7, of 8 or 16 bits. */
enum tri_status tri_row_pnm_open(const char *path, struct tri_row_reader **reader,
                                 struct tri_error *error);
/* `fresh`: begins the file; else it continues one that was begun. */
enum tri_status tri_row_pnm_create(const char *path, const char *named,
                                   const struct tri_shape *shape, bool fresh,
                                   struct tri_row_writer **writer, struct tri_error *error);
/* Whether PGM, PPM and PAM can store the shape under that name. */
bool tri_row_pnm_suits(const char *named, const struct tri_shape *shape);

#endif
