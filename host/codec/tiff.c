/* tiff.c -- the TIFF codec; the rest of it is a module. */
#include "codec.h"

#include <string.h>

/* In either byte order, classic or BigTIFF. */
static bool probe(const unsigned char *data, size_t size)
{
    static const char *const magics[] = {"II*\0", "MM\0*", "II+\0", "MM\0+"};
    for (int i = 0; i < 4; i++) {
        if (size >= 4 && memcmp(data, magics[i], 4) == 0)
            return true;
    }
    return false;
}

const struct tri_codec tri_codec_tiff = {
    .format = {.name = "tiff", .extensions = "tif|tiff", .library = "libtiff " TRI_VERSION_tiff},
    .module = "tiff",
    .keeps = TRI_KEEPS_PROFILE | TRI_KEEPS_EXIF | TRI_KEEPS_XMP | TRI_KEEPS_IPTC |
             TRI_KEEPS_DENSITY | TRI_KEEPS_TIFF,
    .probe = probe,
    .holds = TRI_HOLDS_ANY,
};
