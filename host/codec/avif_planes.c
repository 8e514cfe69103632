/* avif_planes.c -- samples between the planes of an image and those of libavif's pictures. Gray and
 * R, G, B are copied; libavif converts Y'CbCr. */
#include "avif_codec.h"

#include "../parallel/pool.h"

#include <stdlib.h>
#include <string.h>

/* The samples of a plane: every `step`-th of a row. */
struct samples {
    uint8_t *first;
    size_t stride; /* bytes */
    int step;
    bool limited; /* 16 to 235 of 255, and alike */
};

/* ---- reading ---- */

static uint16_t widen(unsigned value, int bits)
{
    return (uint16_t)(value << (16 - bits) | value >> (2 * bits - 16));
}

static unsigned full(const struct samples *samples, int bits, unsigned value)
{
    return samples->limited ? (unsigned)avifLimitedToFullY(bits, (int)value) : value;
}

static void read_row(const struct samples *samples, const avifCropRect *area, int y, int bits,
                     void *to)
{
    const uint8_t *from = samples->first + (area->y + (size_t)y) * samples->stride;
    const size_t step = (size_t)samples->step;
    for (size_t x = 0; x < area->width && bits == 8; x++)
        ((uint8_t *)to)[x] = (uint8_t)full(samples, 8, from[(area->x + x) * step]);
    for (size_t x = 0; x < area->width && bits > 8; x++)
        ((uint16_t *)to)[x] =
            widen(full(samples, bits, ((const uint16_t *)from)[(area->x + x) * step]), bits);
}

static bool is_identity(const avifImage *picture)
{
    return picture->yuvFormat == AVIF_PIXEL_FORMAT_YUV444 &&
           picture->matrixCoefficients == AVIF_MATRIX_COEFFICIENTS_IDENTITY &&
           picture->yuvRange == AVIF_RANGE_FULL;
}

/* By the exact formulas: those of libyuv are faster, but off by up to two. */
static void describe_rgb(const avifImage *picture, bool alpha, avifRGBImage *rgb)
{
    avifRGBImageSetDefaults(rgb, picture);
    rgb->format = alpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
    rgb->ignoreAlpha = !alpha;
    rgb->avoidLibYUV = AVIF_TRUE;
    rgb->rowBytes = picture->width * avifRGBImagePixelSize(rgb);
}

static enum tri_status convert(const struct tri_source *source, const avifImage *picture,
                               avifRGBImage *rgb)
{
    describe_rgb(picture, picture->alphaPlane != NULL, rgb);
#if AVIF_VERSION >= 1000000
    rgb->maxThreads = tri_pool_workers(source->pool);
#endif
    rgb->pixels = malloc((size_t)rgb->rowBytes * rgb->height);
    if (rgb->pixels == NULL)
        return tri_source_fail(source, "out of memory for %u x %u pixels", picture->width,
                               picture->height);
    const avifResult result = avifImageYUVToRGB(picture, rgb);
    return result == AVIF_RESULT_OK
               ? TRI_OK
               : tri_source_fail(source, "libavif cannot convert the colours: %s",
                                 avifResultToString(result));
}

/* Where the samples of each of the image's planes are. */
static enum tri_status find_samples(const struct tri_source *source, const avifImage *picture,
                                    avifRGBImage *rgb, struct samples samples[4])
{
    const bool gray = picture->yuvFormat == AVIF_PIXEL_FORMAT_YUV400;
    static const int places[] = {AVIF_CHAN_V, AVIF_CHAN_Y, AVIF_CHAN_U}; /* of R, G, B */
    const int colours = gray ? 1 : 3;
    const bool copy = (gray || is_identity(picture)) && !picture->alphaPremultiplied;
    if (!copy && convert(source, picture, rgb) != TRI_OK)
        return TRI_FAILED;
    const int channels = rgb->format == AVIF_RGB_FORMAT_RGBA ? 4 : 3;
    for (int p = 0; p < colours; p++) {
        const int place = gray ? AVIF_CHAN_Y : places[p];
        samples[p] = copy ? (struct samples){picture->yuvPlanes[place], picture->yuvRowBytes[place],
                                             1, picture->yuvRange == AVIF_RANGE_LIMITED}
                          : (struct samples){rgb->pixels + (size_t)p * (rgb->depth > 8 ? 2 : 1),
                                             rgb->rowBytes, channels, false};
    }
    samples[colours] = (struct samples){picture->alphaPlane, picture->alphaRowBytes, 1, false};
    return TRI_OK;
}

/* The whole picture if there is no crop box. */
static enum tri_status find_area(const struct tri_source *source, const avifImage *picture,
                                 avifCropRect *area)
{
    avifDiagnostics why = {""};
    *area = (avifCropRect){0, 0, picture->width, picture->height};
    if ((picture->transformFlags & AVIF_TRANSFORM_CLAP) == 0 ||
        avifCropRectConvertCleanApertureBox(area, &picture->clap, picture->width, picture->height,
                                            picture->yuvFormat, &why))
        return TRI_OK;
    return tri_source_fail(source, "its crop box is not valid: %s", why.error);
}

enum tri_status tri_avif_image(const struct tri_source *source, const avifImage *picture,
                               struct tri_image **image)
{
    const int bits = (int)picture->depth;
    const int colours = picture->yuvFormat == AVIF_PIXEL_FORMAT_YUV400 ? 1 : 3;
    const int planes = colours + (picture->alphaPlane != NULL);
    struct samples samples[4];
    avifRGBImage rgb = {0};
    avifCropRect area;
    if (picture->yuvPlanes[0] == NULL || (bits != 8 && bits != 10 && bits != 12))
        return tri_source_fail(source, "samples of %d bits are not supported", bits);
    enum tri_status status = find_area(source, picture, &area);
    if (status == TRI_OK)
        status =
            tri_source_image(source, area.width, area.height, planes, bits > 8 ? 16 : 8, image);
    if (status == TRI_OK)
        status = find_samples(source, picture, &rgb, samples);
    for (int p = 0; p < planes && status == TRI_OK; p++)
        for (int y = 0; y < (int)area.height; y++)
            read_row(&samples[p], &area, y, bits, tri_image_row(*image, p, y));
    free(rgb.pixels);
    return status;
}

/* ---- writing ---- */

static unsigned narrow(unsigned value, int bits)
{
    return (value * ((1U << bits) - 1) + 32767) / 65535;
}

bool tri_avif_fits(const struct tri_image *image, int bits)
{
    for (int p = 0; p < image->shape.planes; p++)
        for (int y = 0; y < image->shape.height; y++) {
            const uint16_t *row = tri_image_row(image, p, y);
            for (int x = 0; x < image->shape.width; x++) {
                if (widen(narrow(row[x], bits), bits) != row[x])
                    return false;
            }
        }
    return true;
}

static void write_row(const struct tri_image *image, int plane, int y, int bits,
                      const struct samples *to)
{
    uint8_t *row = to->first + (size_t)y * to->stride;
    const void *from = tri_image_row(image, plane, y);
    for (int x = 0; x < image->shape.width && bits == 8; x++)
        row[x * to->step] = ((const uint8_t *)from)[x];
    for (int x = 0; x < image->shape.width && bits > 8; x++)
        ((uint16_t *)row)[x * to->step] = (uint16_t)narrow(((const uint16_t *)from)[x], bits);
}

static void write_plane(const struct tri_image *image, int plane, int bits, struct samples to)
{
    for (int y = 0; y < image->shape.height; y++)
        write_row(image, plane, y, bits, &to);
}

static enum tri_status fill_ycbcr(const struct tri_sink *sink, const struct tri_image *image,
                                  avifImage *picture)
{
    const int bits = (int)picture->depth;
    avifRGBImage rgb;
    describe_rgb(picture, false, &rgb);
    rgb.pixels = malloc((size_t)rgb.rowBytes * rgb.height);
    if (rgb.pixels == NULL)
        return tri_sink_fail(sink, "out of memory for %u x %u pixels", rgb.width, rgb.height);
    for (int p = 0; p < 3; p++)
        write_plane(
            image, p, bits,
            (struct samples){rgb.pixels + (size_t)p * (bits > 8 ? 2 : 1), rgb.rowBytes, 3, false});
    const avifResult result = avifImageRGBToYUV(picture, &rgb);
    free(rgb.pixels);
    return result == AVIF_RESULT_OK ? TRI_OK
                                    : tri_sink_fail(sink, "libavif cannot convert the colours: %s",
                                                    avifResultToString(result));
}

static enum tri_status fill_colours(const struct tri_sink *sink, const struct tri_image *image,
                                    avifImage *picture)
{
    static const int places[] = {AVIF_CHAN_V, AVIF_CHAN_Y, AVIF_CHAN_U}; /* of R, G, B */
    const bool gray = image->shape.planes < 3;
    if (!gray && !is_identity(picture))
        return fill_ycbcr(sink, image, picture);
    for (int p = 0; p < (gray ? 1 : 3); p++) {
        const int place = gray ? AVIF_CHAN_Y : places[p];
        write_plane(
            image, p, (int)picture->depth,
            (struct samples){picture->yuvPlanes[place], picture->yuvRowBytes[place], 1, false});
    }
    return TRI_OK;
}

enum tri_status tri_avif_fill(const struct tri_sink *sink, const struct tri_image *image,
                              avifImage *picture)
{
    const int planes = image->shape.planes;
    const bool alpha = planes % 2 == 0;
    if (!AVIF_DONE(avifImageAllocatePlanes(picture, alpha ? AVIF_PLANES_ALL : AVIF_PLANES_YUV)))
        return tri_sink_fail(sink, "out of memory for %u x %u pixels", picture->width,
                             picture->height);
    const enum tri_status status = fill_colours(sink, image, picture);
    if (alpha && status == TRI_OK) /* last, for libavif makes it opaque with the colours */
        write_plane(image, planes - 1, (int)picture->depth,
                    (struct samples){picture->alphaPlane, picture->alphaRowBytes, 1, false});
    return status;
}
