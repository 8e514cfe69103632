/* montage_sheet.h -- puts pictures on one sheet, in rows and columns. */
#ifndef TRIPTYCH_CLI_MONTAGE_SHEET_H
#define TRIPTYCH_CLI_MONTAGE_SHEET_H

#include "triptych.h"

struct cli_sheet {
    const char *command, *smaller; /* for messages: what asks, and its option for less pixels */
    struct tri_image *const *pictures;
    int count;
    int columns;                 /* rows are as many as it takes */
    int cell_width, cell_height; /* 0: as wide as a column's widest, as high as a row's highest */
    int gap, border;             /* pixels between cells, and around all of them */
    int gravity; /* 0 to 8: of pictures in larger cells, row by row from northwest */
    bool clear;  /* behind the pictures is nothing, else this colour */
    uint8_t colour[3];
};

struct cli_sheet_file {
    const char *path;
    const struct tri_format *format; /* NULL: that of the extension */
    int quality;
    uint64_t max_pixels; /* 0: TRI_PIXEL_LIMIT */
};

/* The columns of a grid that is about as wide as high. */
int cli_sheet_columns(int count);
/* Makes the sheet: in colour if a picture or the colour behind is, with alpha if a picture has
 * some or nothing is behind, and with the most bits of any. TRI_USAGE: it would be too large. */
enum tri_status cli_sheet_make(const struct cli_sheet *sheet, uint64_t max_pixels,
                               struct tri_image **image, struct tri_error *error);
/* Makes the sheet and writes it. */
enum tri_status cli_sheet_write(const struct cli_sheet *sheet, const struct cli_sheet_file *file,
                                struct tri_error *error);

#endif
