/* png_effort.h -- how hard a PNG file is compressed: --png-level. */
#ifndef TRI_PNG_EFFORT_H
#define TRI_PNG_EFFORT_H

#include "deflate.h"
#include "png_rows.h"

#define TRI_PNG_ADAPTIVE \
    (TRI_PNG_SET(TRI_PNG_SUB) | TRI_PNG_SET(TRI_PNG_UP) | TRI_PNG_SET(TRI_PNG_AVERAGE))

struct tri_png_effort {
    unsigned filters; /* 0: chosen beforehand */
    unsigned flat;    /* also tried if a strip is flat graphics */
    enum tri_deflate_effort effort;
    unsigned char flags; /* second byte of the zlib header: effort, and a check of the header */
    size_t strip;        /* bytes at most */
};
extern const struct tri_png_effort tri_png_efforts[]; /* by enum tri_png_level */

#endif
