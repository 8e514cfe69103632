/* avif_module.c -- what this module provides to codec.c. */
#include "avif_codec.h"

#include <string.h>

static const struct tri_codec_several several = {
    .open = tri_avif_open, .next = tri_avif_next, .close = tri_avif_close};
static const struct tri_codec codec = {
    .read = tri_avif_read, .write = tri_avif_write, .several = &several};
TRI_MODULE_BEGIN(codec)
