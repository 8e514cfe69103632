/* jxl.c -- the JPEG XL codec; the rest of it is a module. */
#include "codec.h"

#include <string.h>

/* A codestream alone, or in boxes. */
static bool probe(const unsigned char *data, size_t size)
{
    return (size >= 2 && memcmp(data, "\xff\x0a", 2) == 0) ||
           (size >= 12 && memcmp(data, "\0\0\0\x0cJXL \r\n\x87\n", 12) == 0);
}

const struct tri_codec tri_codec_jxl = {
    .format = {.name = "jxl", .extensions = "jxl", .library = "libjxl " TRI_VERSION_jxl},
    .module = "jxl",
    .keeps = TRI_KEEPS_PROFILE | TRI_KEEPS_EXIF | TRI_KEEPS_XMP | TRI_KEEPS_CICP | TRI_WRITES_LOSSY,
    .probe = probe,
};
