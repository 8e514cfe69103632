/* webp_module.c -- what this module provides to codec.c. */
#include "webp_codec.h"

#include <string.h>

static const struct tri_codec_several several = {
    .open = tri_webp_open,
    .next = tri_webp_next,
    .close = tri_webp_close,
    .begin = tri_webp_begin,
    .add = tri_webp_add,
    .finish = tri_webp_finish,
    .drop = tri_webp_drop,
};
static const struct tri_codec codec = {
    .read = tri_webp_read, .write = tri_webp_write, .several = &several};
TRI_MODULE_BEGIN(codec)
