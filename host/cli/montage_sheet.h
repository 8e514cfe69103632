/* montage_sheet.h -- puts pictures on one sheet, in rows and columns. */
#ifndef TRIPTYCH_CLI_MONTAGE_SHEET_H
#define TRIPTYCH_CLI_MONTAGE_SHEET_H

#include "triptych.h"

struct cli_sheet {
    struct tri_image *const *pictures;
    int count;
    int columns;                 /* rows are as many as it takes */
    int cell_width, cell_height; /* 0: as wide as a column's widest, as high as a row's highest */
    int gap, border;             /* pixels between cells, and around all of them */
    int gravity; /* 0 to 8: of pictures in larger cells, row by row from northwest */
    bool clear;  /* behind the pictures is nothing, else this colour */
    uint8_t colour[3];
};

/* Makes the sheet: in colour if a picture or the colour behind is, with alpha if a picture has
 * some or nothing is behind, and with the most bits of any. TRI_USAGE: it would be too large. */
enum tri_status cli_sheet_make(const struct cli_sheet *sheet, uint64_t max_pixels,
                               struct tri_image **image, struct tri_error *error);

#endif
