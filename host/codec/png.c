/* png.c -- the PNG codec. */
#include "exif.h"
#include "png_codec.h"

#include <png.h>
#include <string.h>

static bool probe(const unsigned char *data, size_t size)
{
    return size >= TRI_PNG_SIGNATURE && png_sig_cmp(data, 0, TRI_PNG_SIGNATURE) == 0;
}

static void version(char text[80])
{
#ifdef TRI_ISAL
    static const char deflater[] = ", deflate by ISA-L";
#else
    static const char deflater[] = "";
#endif
    snprintf(text, 80, "libpng %s%s", png_get_libpng_ver(NULL), deflater);
}

static enum tri_status read(struct tri_source *source, struct tri_image **image)
{
    int orientation;
    enum tri_status status = tri_png_read_metadata(source, &orientation);
    if (status == TRI_OK && !tri_png_read_fast(source, image))
        status = tri_png_read(source, image);
    return status == TRI_OK ? tri_source_orient(source, orientation, image) : status;
}

static const struct tri_codec_several several = {
    .extent = tri_png_extent,
    .open = tri_png_open,
    .next = tri_png_next,
    .close = tri_png_close,
    .parts = true,
    .begin = tri_png_begin,
    .add = tri_png_add,
    .finish = tri_png_finish,
    .drop = tri_png_drop,
};

const struct tri_codec tri_codec_png = {
    .format = {.name = "png", .extensions = "png"},
    .version = version,
    .keeps = TRI_KEEPS_PROFILE | TRI_KEEPS_EXIF | TRI_KEEPS_XMP | TRI_KEEPS_IPTC |
             TRI_KEEPS_DENSITY | TRI_KEEPS_TEXT | TRI_KEEPS_COLOUR | TRI_KEEPS_CHUNKS |
             TRI_WRITES_PALETTE | TRI_WRITES_INTERLACED,
    .probe = probe,
    .read = read,
    .write = tri_png_write,
    .several = &several,
    .holds = TRI_HOLDS_FRAMES,
};
