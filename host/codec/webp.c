/* webp.c -- the WebP codec; the rest of it is a module. */
#include "codec.h"

#include <string.h>

static bool probe(const unsigned char *data, size_t size)
{
    return size >= 12 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0;
}

const struct tri_codec tri_codec_webp = {
    .format = {.name = "webp", .extensions = "webp", .library = "libwebp " TRI_VERSION_webp},
    .module = "webp",
    .keeps = TRI_KEEPS_PROFILE | TRI_KEEPS_EXIF | TRI_KEEPS_XMP | TRI_WRITES_RGB |
             TRI_WRITES_LOSSY | TRI_WRITES_8_BITS,
    .probe = probe,
    .holds = TRI_HOLDS_FRAMES,
};
