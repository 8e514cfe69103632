/* cube.h -- reads colour tables from .cube files, as Adobe's Cube LUT Specification 1.0 and DaVinci
 * Resolve define them. */
#ifndef TRI_CUBE_H
#define TRI_CUBE_H

#include "../triptych.h"

#define TRI_CUBE_1D_MAX 65536
#define TRI_CUBE_3D_MAX 129

/* A table for each channel, a table for all three together, or both: the first comes first. */
struct tri_cube {
    int size_1d, size_3d; /* 0: there is none */
    /* What the first and the last entry stand for, by channel. */
    double low_1d[3], high_1d[3], low_3d[3], high_3d[3];
    /* Rows of red, green and blue: size_1d of them, then size_3d^3, where red changes fastest. */
    double *entries; /* part of the same memory */
};

/* Makes `*cube`, to be freed with free(), of a text that ends with a zero. TRI_FAILED: it is no
 * such file, with the line. */
enum tri_status tri_cube_read(const char *name, const char *text, size_t size,
                              struct tri_cube **cube, struct tri_error *error);

#endif
