/* avif_write.c -- writes an image to an AVIF file, by libavif. */
#include "avif_codec.h"

#include "../parallel/pool.h"

#include <string.h>

#define QUALITY 90
#define SPEED 6 /* of 0 to 10, as avifenc does */
#define SIDE_MAX 65536

static enum tri_status check(const struct tri_sink *sink, const struct tri_image *image)
{
    const struct tri_shape *shape = &image->shape;
    if (shape->width > SIDE_MAX || shape->height > SIDE_MAX)
        return tri_fail(sink->error, TRI_USAGE,
                        "cannot write %s: %d x %d pixels exceed AVIF's limit of %d per side",
                        sink->name, shape->width, shape->height, SIDE_MAX);
    if (sink->options->lossless && shape->bits == 16 && !tri_avif_fits(image, 10) &&
        !tri_avif_fits(image, 12))
        return tri_fail(sink->error, TRI_USAGE,
                        "cannot write %s without loss: AVIF has at most 12 bits per sample, and "
                        "this picture uses 16; use --format jxl or png, or leave --lossless out",
                        sink->name);
    return TRI_OK;
}

/* What has 10 bits gets 10 again. */
static uint32_t depth_of(const struct tri_image *image)
{
    return image->shape.bits == 8 ? 8 : tri_avif_fits(image, 10) ? 10 : 12;
}

static avifPixelFormat format_of(const struct tri_write_options *options, int planes)
{
    return planes < 3                                             ? AVIF_PIXEL_FORMAT_YUV400
           : options->lossless || options->subsampling == TRI_444 ? AVIF_PIXEL_FORMAT_YUV444
           : options->subsampling == TRI_422                      ? AVIF_PIXEL_FORMAT_YUV422
                                                                  : AVIF_PIXEL_FORMAT_YUV420;
}

/* sRGB unless cICP or a profile says otherwise. */
static void set_colour(const struct tri_write_options *options, int planes, avifImage *picture)
{
    const struct tri_metadata_item *codes = tri_metadata_find(options->metadata, "cICP");
    const bool told = codes != NULL && codes->size == 4;
    const bool profile = tri_metadata_profile(options->metadata, planes) != NULL;
    picture->colorPrimaries = told      ? codes->data[0]
                              : profile ? AVIF_COLOR_PRIMARIES_UNSPECIFIED
                                        : AVIF_COLOR_PRIMARIES_BT709;
    picture->transferCharacteristics = told      ? codes->data[1]
                                       : profile ? AVIF_TRANSFER_CHARACTERISTICS_UNSPECIFIED
                                                 : AVIF_TRANSFER_CHARACTERISTICS_SRGB;
    picture->matrixCoefficients = options->lossless && planes >= 3
                                      ? AVIF_MATRIX_COEFFICIENTS_IDENTITY
                                  : picture->colorPrimaries == AVIF_COLOR_PRIMARIES_BT2020
                                      ? AVIF_MATRIX_COEFFICIENTS_BT2020_NCL
                                      : AVIF_MATRIX_COEFFICIENTS_BT601;
    picture->yuvRange = AVIF_RANGE_FULL;
}

static enum tri_status set_metadata(const struct tri_sink *sink, int planes, avifImage *picture)
{
    const struct tri_metadata *metadata = sink->options->metadata;
    const struct tri_metadata_item *exif = tri_metadata_find(metadata, "eXIf");
    const struct tri_metadata_item *xmp = tri_metadata_find(metadata, "XMP ");
    const struct tri_metadata_item *profile = tri_metadata_profile(metadata, planes);
    const bool sound =
        (profile == NULL ||
         AVIF_DONE(avifImageSetProfileICC(picture, profile->data, profile->size))) &&
        (exif == NULL || AVIF_DONE(avifImageSetMetadataExif(picture, exif->data, exif->size))) &&
        (xmp == NULL || AVIF_DONE(avifImageSetMetadataXMP(picture, xmp->data, xmp->size)));
    return sound ? TRI_OK : tri_sink_fail(sink, "out of memory for metadata");
}

/* Alpha is always exact. The quantiser is libavif's own of a quality. One thread alone would give
 * another file than several do. */
static void configure(const struct tri_write_options *options, avifEncoder *encoder)
{
    const int quality = options->quality > 0 ? options->quality : QUALITY;
    const int workers = tri_pool_workers(options->pool);
    encoder->maxThreads = workers > 2 ? workers : 2;
    encoder->speed = SPEED;
#if AVIF_VERSION >= 1000000
    encoder->quality = options->lossless ? AVIF_QUALITY_LOSSLESS : quality;
    encoder->qualityAlpha = AVIF_QUALITY_LOSSLESS;
#else
    encoder->minQuantizer = encoder->maxQuantizer =
        options->lossless ? AVIF_QUANTIZER_LOSSLESS : ((100 - quality) * 63 + 50) / 100;
    encoder->minQuantizerAlpha = encoder->maxQuantizerAlpha = AVIF_QUANTIZER_LOSSLESS;
#endif
}

static enum tri_status failed(const struct tri_sink *sink, const avifEncoder *encoder,
                              avifResult result)
{
    if (result == AVIF_RESULT_NO_CODEC_AVAILABLE)
        return tri_sink_fail(sink, "libavif was built without an encoder for AV1");
    if (result == AVIF_RESULT_OUT_OF_MEMORY)
        return tri_sink_fail(sink, "out of memory for libavif");
    const char *detail = encoder->diag.error;
    return tri_sink_fail(sink, "libavif: %s%s%s", avifResultToString(result),
                         detail[0] != '\0' ? ": " : "", detail);
}

static enum tri_status encode(const struct tri_sink *sink, const avifImage *picture)
{
    avifRWData file = AVIF_DATA_EMPTY;
    avifEncoder *encoder = avifEncoderCreate();
    if (encoder == NULL)
        return tri_sink_fail(sink, "out of memory for libavif");
    configure(sink->options, encoder);
    const avifResult result = avifEncoderWrite(encoder, picture, &file);
    const enum tri_status status = result == AVIF_RESULT_OK
                                       ? tri_sink_write(sink, file.data, file.size)
                                       : failed(sink, encoder, result);
    avifRWDataFree(&file);
    avifEncoderDestroy(encoder);
    return status;
}

enum tri_status tri_avif_write(const struct tri_sink *sink, const struct tri_image *image)
{
    const struct tri_shape *shape = &image->shape;
    enum tri_status status = check(sink, image);
    if (status != TRI_OK)
        return status;
    avifImage *picture = avifImageCreate((uint32_t)shape->width, (uint32_t)shape->height,
                                         depth_of(image), format_of(sink->options, shape->planes));
    if (picture == NULL)
        return tri_sink_fail(sink, "out of memory for libavif");
    set_colour(sink->options, shape->planes, picture);
    status = set_metadata(sink, shape->planes, picture);
    if (status == TRI_OK)
        status = tri_avif_fill(sink, image, picture);
    if (status == TRI_OK)
        status = encode(sink, picture);
    avifImageDestroy(picture);
    return status;
}
