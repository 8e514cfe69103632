/* place_map.h -- reads maps of coordinates from gray PGM and PFM files. */
#ifndef TRI_PLACE_MAP_H
#define TRI_PLACE_MAP_H

#include "../triptych.h"

/* One number for each sample, from the top left one on, row by row. */
struct tri_place_map {
    int width, height;
    bool whole; /* none has a fraction, */
    long step;  /* and all are multiples of this; 0: all are 0 */
    float numbers[];
};

#define TRI_PLACE_MOST 4194304 /* larger numbers become this one, smaller ones its negative */

/* Makes `*map`, to be freed with free(), of bytes that end with a zero: of PGM (P2, P5) the samples
 * as they are, up to 65535; of PFM (Pf) floats. TRI_FAILED: it is no such file, with the reason. */
enum tri_status tri_place_map_read(const char *name, const char *bytes, size_t size,
                                   struct tri_place_map **map, struct tri_error *error);

#endif
