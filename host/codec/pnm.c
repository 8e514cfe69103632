/* pnm.c -- the codec of the Netpbm formats, and their writer. */
#include "pnm_codec.h"
#include "reduce_depth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* written at a time: more than stdio's buffer, less than the cache */
#define BLOCK_BYTES (1 << 18)

bool tri_pnm_probe(const unsigned char *data, size_t size)
{
    if (size < 3 || data[0] != 'P' || data[1] < '1' || data[1] > '7' || data[2] == '\0')
        return false;
    return strchr(data[1] == '7' ? "\r\n" : " \t\n\v\f\r#", data[2]) != NULL;
}

/* Four at a time: compilers do not vectorize the plain loop at -O2. */
void tri_pnm_swap(void *to, const void *from, size_t samples)
{
    const uint64_t low = UINT64_C(0x00ff00ff00ff00ff);
    const uint16_t one = 1;
    size_t i = 0;
    if (*(const uint8_t *)&one == 0) { /* native is big-endian */
        memmove(to, from, samples * 2);
        return;
    }
    for (; i + 4 <= samples; i += 4) {
        uint64_t four;
        memcpy(&four, (const char *)from + i * 2, sizeof four);
        four = (four & low) << 8 | (four >> 8 & low);
        memcpy((char *)to + i * 2, &four, sizeof four);
    }
    for (; i < samples; i++) {
        uint16_t sample;
        memcpy(&sample, (const char *)from + i * 2, sizeof sample);
        sample = (uint16_t)(sample << 8 | sample >> 8);
        memcpy((char *)to + i * 2, &sample, sizeof sample);
    }
}

/* ---- writing ---- */

static bool ends_with(const char *name, const char *extension)
{
    const size_t length = strlen(name), size = strlen(extension);
    return length > size && strcasecmp(name + length - size, extension) == 0;
}

static enum tri_status refuse(const struct tri_sink *sink, const char *why)
{
    return tri_fail(sink->error, TRI_USAGE, "cannot write %s: %s", sink->name, why);
}

static const char *opaque(const char *name)
{
    return ends_with(name, ".pgm") ? "PGM" : ends_with(name, ".ppm") ? "PPM" : NULL;
}

/* Gray goes into .ppm as PGM, which every PPM reader accepts. */
static enum tri_status check_flavour(const struct tri_sink *sink, const struct tri_image *image)
{
    const bool pgm = ends_with(sink->name, ".pgm");
    const char *flavour = opaque(sink->name);
    if (ends_with(sink->name, ".pbm"))
        return refuse(sink, "PBM can store only black and white; use threshold and .pgm");
    if (pgm && image->shape.planes >= 3)
        return refuse(sink, "PGM can store only gray; use .ppm");
    if (flavour != NULL && !tri_image_opaque(image))
        return tri_fail(sink->error, TRI_USAGE,
                        "cannot write %s: %s cannot store alpha; use .pam, or --background white",
                        sink->name, flavour);
    return TRI_OK;
}

int tri_pnm_make_head(char head[TRI_PNM_HEAD_MAX], const char *name, const struct tri_shape *shape)
{
    static const char *const types[1 + TRI_PLANES_MAX] = {"", "GRAYSCALE", "GRAYSCALE_ALPHA", "RGB",
                                                          "RGB_ALPHA"};
    const int maxval = shape->bits == 16 ? 65535 : 255;
    if (shape->planes % 2 == 0 || ends_with(name, ".pam"))
        return snprintf(head, TRI_PNM_HEAD_MAX,
                        "P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nTUPLTYPE %s\nENDHDR\n",
                        shape->width, shape->height, shape->planes, maxval, types[shape->planes]);
    return snprintf(head, TRI_PNM_HEAD_MAX, "P%d\n%d %d\n%d\n", shape->planes == 3 ? 6 : 5,
                    shape->width, shape->height, maxval);
}

static enum tri_status write_header(const struct tri_sink *sink, const struct tri_shape *shape)
{
    char text[TRI_PNM_HEAD_MAX];
    return tri_sink_write(sink, text, (size_t)tri_pnm_make_head(text, sink->name, shape));
}

/* Opaque images go into PPM and PGM without their alpha. */
static enum tri_status write_pnm(const struct tri_sink *sink, const struct tri_image *whole)
{
    struct tri_image view = *whole;
    const struct tri_image *image = &view;
    const struct tri_shape *shape = &view.shape;
    if (opaque(sink->name) != NULL && shape->planes % 2 == 0)
        view.shape.planes--;
    const size_t samples = (size_t)shape->width * (size_t)shape->planes,
                 bytes = samples * tri_sample_bytes(shape);
    const int step = bytes < BLOCK_BYTES ? (int)(BLOCK_BYTES / bytes) : 1;
    enum tri_status status = check_flavour(sink, whole);
    if (status != TRI_OK)
        return status;
    char *block = malloc((size_t)step * bytes);
    if (block == NULL)
        return tri_sink_fail(sink, "out of memory for rows");
    status = write_header(sink, shape);
    for (int top = 0; top < shape->height && status == TRI_OK; top += step) {
        const int rows = shape->height - top < step ? shape->height - top : step;
        for (int y = 0; y < rows; y++)
            tri_row_join(image, top + y, block + (size_t)y * bytes);
        if (shape->bits == 16)
            tri_pnm_swap(block, block, (size_t)rows * samples);
        status = tri_sink_write(sink, block, (size_t)rows * bytes);
    }
    free(block);
    return status;
}

static const struct tri_codec_several several = {.extent = tri_pnm_extent};

const struct tri_codec tri_codec_pnm = {
    .format = {.name = "pnm", .extensions = "pnm|ppm|pgm|pbm|pam", .library = ""},
    .opaque = opaque,
    .probe = tri_pnm_probe,
    .read = tri_pnm_read,
    .write = write_pnm,
    .several = &several,
};
