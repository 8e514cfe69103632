/* webp_module.c -- what codec.c gets of this module. */
#include "webp_codec.h"

#include <string.h>

static const struct tri_codec codec = {.read = tri_webp_read, .write = tri_webp_write};
TRI_MODULE_BEGIN(codec)
