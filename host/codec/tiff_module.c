/* tiff_module.c -- what codec.c gets of this module. */
#include "tiff_codec.h"

#include <string.h>

static const struct tri_codec codec = {.read = tri_tiff_read, .write = tri_tiff_write};
TRI_MODULE_BEGIN(codec)
