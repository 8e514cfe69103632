/* tiff_module.c -- what this module provides to codec.c. */
#include "tiff_codec.h"

#include <string.h>

static const struct tri_codec_several several = {
    .open = tri_tiff_open_pages,
    .parts = true,
    .begin = tri_tiff_begin,
    .add = tri_tiff_add,
    .finish = tri_tiff_finish,
    .drop = tri_tiff_drop,
};
static const struct tri_codec codec = {
    .read = tri_tiff_read, .write = tri_tiff_write, .several = &several};
TRI_MODULE_BEGIN(codec)
