/* jpeg.c -- the JPEG codec. */
#include "jpeg_codec.h"

#include <jpeglib.h>
#include <string.h>

static bool probe(const unsigned char *data, size_t size)
{
    return size >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0;
}

#define TEXT_OF(value) #value
#define TEXT(macro) TEXT_OF(macro)

static void version(char text[80])
{
#ifdef LIBJPEG_TURBO_VERSION
    snprintf(text, 80, "libjpeg-turbo %s", TEXT(LIBJPEG_TURBO_VERSION));
#else
    snprintf(text, 80, "libjpeg %d", JPEG_LIB_VERSION);
#endif
}

static const char *opaque(const char *name)
{
    (void)name;
    return "jpeg";
}

const struct tri_codec tri_codec_jpeg = {
    .format = {.name = "jpeg", .extensions = "jpg|jpeg|jpe|jfif"},
    .version = version,
    .opaque = opaque,
    .keeps = TRI_KEEPS_PROFILE | TRI_KEEPS_EXIF | TRI_KEEPS_XMP | TRI_KEEPS_IPTC |
             TRI_KEEPS_DENSITY | TRI_KEEPS_COMMENT | TRI_WRITES_LOSSY | TRI_WRITES_8_BITS |
             TRI_WRITES_INTERLACED,
    .probe = probe,
    .read = tri_jpeg_read,
    .write = tri_jpeg_write,
    .moves = &tri_jpeg_moves,
};
