/* colour.h -- colours as text: #rgb, #rgba, #rrggbb, #rrggbbaa and the names of CSS. */
#ifndef TRI_COLOUR_H
#define TRI_COLOUR_H

#include <stdbool.h>
#include <stdint.h>

/* Samples of 8 bits, of sRGB. */
struct tri_rgba {
    uint8_t red, green, blue, alpha;
};

/* Returns false if `text` is no colour. Upper and lower case are the same. */
bool tri_colour_parse(const char *text, struct tri_rgba *colour);

#endif
