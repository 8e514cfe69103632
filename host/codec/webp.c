/* webp.c -- the WebP codec. */
#include "webp_codec.h"

#include <string.h>
#include <webp/decode.h>

static bool probe(const unsigned char *data, size_t size)
{
    return size >= 12 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0;
}

static void version(char text[80])
{
    const int number = WebPGetDecoderVersion();
    snprintf(text, 80, "libwebp %d.%d.%d", number >> 16, number >> 8 & 255, number & 255);
}

const struct tri_codec tri_codec_webp = {
    .format = {.name = "webp", .extensions = "webp"},
    .version = version,
    .magic_size = 12,
    .probe = probe,
    .read = tri_webp_read,
    .write = tri_webp_write,
};
