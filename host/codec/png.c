/* png.c -- the PNG codec. */
#include "png_codec.h"

#include <png.h>
#include <string.h>

static bool probe(const unsigned char *data, size_t size)
{
    return size >= 8 && png_sig_cmp(data, 0, 8) == 0;
}

static void version(char text[80])
{
    snprintf(text, 80, "libpng %s", png_get_libpng_ver(NULL));
}

const struct tri_codec tri_codec_png = {
    .format = {.name = "png", .extensions = "png"},
    .version = version,
    .probe = probe,
    .read = tri_png_read,
    .write = tri_png_write,
};
