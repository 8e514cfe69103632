/* tiff_module.c -- what codec.c gets of this module. */
#include "tiff_codec.h"

extern const struct tri_codec tri_module;
const struct tri_codec tri_module = {.read = tri_tiff_read, .write = tri_tiff_write};
