/* jxl_module.c -- what this module provides to codec.c. */
#include "jxl_codec.h"

#include <string.h>

static const struct tri_codec_several several = {
    .open = tri_jxl_open, .next = tri_jxl_next, .close = tri_jxl_close};
static const struct tri_codec codec = {
    .read = tri_jxl_read, .write = tri_jxl_write, .several = &several};
TRI_MODULE_BEGIN(codec)
