/* avif.c -- the AVIF codec; the rest of it is a module. */
#include "codec.h"

#include <string.h>

/* The brands of stills and of sequences. Files that have them among the compatible ones only, as
 * some cameras write them, begin with "mif1" or "miaf". */
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
    .keeps = TRI_KEEPS_PROFILE | TRI_KEEPS_EXIF | TRI_KEEPS_XMP | TRI_KEEPS_CICP | TRI_WRITES_LOSSY,
    .probe = probe,
};
