/* webp_module.c -- what codec.c gets of this module. */
#include "webp_codec.h"

extern const struct tri_codec tri_module;
const struct tri_codec tri_module = {.read = tri_webp_read, .write = tri_webp_write};
