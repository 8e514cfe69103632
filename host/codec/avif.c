/* avif.c -- the AVIF codec; the rest of it is a module. */
#include "codec.h"

#include <string.h>

/* The brands of stills and of sequences. They have to be the file's own: which others it is
 * compatible with comes behind the bytes that are known here. */
static bool is_avif(const unsigned char *brand)
{
    return memcmp(brand, "avif", 4) == 0 || memcmp(brand, "avis", 4) == 0;
}

static bool probe(const unsigned char *data, size_t size)
{
    return size >= 12 && memcmp(data + 4, "ftyp", 4) == 0 && is_avif(data + 8);
}

const struct tri_codec tri_codec_avif = {
    .format = {.name = "avif", .extensions = "avif|avifs", .library = "libavif " TRI_VERSION_avif},
    .module = "avif",
    .keeps = TRI_KEEPS_PROFILE | TRI_KEEPS_EXIF | TRI_KEEPS_XMP | TRI_KEEPS_CICP |
             TRI_WRITES_LOSSY | TRI_WRITES_8_BITS,
    .probe = probe,
};
