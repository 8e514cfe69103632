/* jxl_write.c -- writes an image to a JPEG XL file, by libjxl. */
#include "jxl_codec.h"

#include <stdlib.h>
#include <string.h>

#define QUALITY 90
/* Of 1 to 9. From 5 on, lossless files take many times as long and are little smaller. */
#define EFFORT_LOSSY 7
#define EFFORT_LOSSLESS 4
#define OUTPUT_BYTES (1 << 16)

/* As cjxl does: 1 is a loss that cannot be seen. */
static float distance_of(int quality)
{
    const float q = (float)quality;
    return quality >= 30 ? 0.1F + (100 - q) * 0.09F : 53 / 3000.0F * q * q - 23 / 20.0F * q + 25;
}

static enum tri_status failed(const struct tri_sink *sink, JxlEncoder *encoder)
{
    const JxlEncoderError error = JxlEncoderGetError(encoder);
    return error == JXL_ENC_ERR_OOM || error == JXL_ENC_ERR_OK
               ? tri_sink_fail(sink, "out of memory for libjxl")
               : tri_sink_fail(sink, "libjxl error %d", (int)error);
}

static bool set_info(const struct tri_write_options *options, const struct tri_shape *shape,
                     JxlEncoder *encoder)
{
    const bool alpha = shape->planes % 2 == 0;
    JxlBasicInfo info;
    JxlEncoderInitBasicInfo(&info);
    info.xsize = (uint32_t)shape->width;
    info.ysize = (uint32_t)shape->height;
    info.bits_per_sample = (uint32_t)shape->bits;
    info.num_color_channels = shape->planes < 3 ? 1 : 3;
    info.num_extra_channels = alpha;
    info.alpha_bits = alpha ? (uint32_t)shape->bits : 0;
    info.uses_original_profile = options->lossless;
    return JxlEncoderSetBasicInfo(encoder, &info) == JXL_ENC_SUCCESS;
}

/* The container's Exif begins with the place of the data. */
static bool add_exif(const struct tri_metadata_item *exif, JxlEncoder *encoder)
{
    unsigned char *box = malloc(4 + exif->size);
    if (box == NULL)
        return false;
    memset(box, 0, 4);
    memcpy(box + 4, exif->data, exif->size);
    const bool added =
        JxlEncoderAddBox(encoder, "Exif", box, 4 + exif->size, JXL_FALSE) == JXL_ENC_SUCCESS;
    free(box);
    return added;
}

static bool add_boxes(const struct tri_metadata *metadata, JxlEncoder *encoder)
{
    const struct tri_metadata_item *exif = tri_metadata_find(metadata, "eXIf");
    const struct tri_metadata_item *xmp = tri_metadata_find(metadata, "XMP ");
    if (exif == NULL && xmp == NULL)
        return true;
    const bool added = JxlEncoderUseBoxes(encoder) == JXL_ENC_SUCCESS &&
                       (exif == NULL || add_exif(exif, encoder)) &&
                       (xmp == NULL || JxlEncoderAddBox(encoder, "xml ", xmp->data, xmp->size,
                                                        JXL_FALSE) == JXL_ENC_SUCCESS);
    JxlEncoderCloseBoxes(encoder);
    return added;
}

/* libjxl 0.7 stores it with the colours' loss. */
static bool keep_alpha(JxlEncoderFrameSettings *settings, bool alpha)
{
#if TRI_JXL_VERSION >= 8
    return !alpha || JxlEncoderSetExtraChannelDistance(settings, 0, 0) == JXL_ENC_SUCCESS;
#else
    (void)settings;
    (void)alpha;
    return true;
#endif
}

static JxlEncoderFrameSettings *frame_settings(const struct tri_write_options *options, bool alpha,
                                               JxlEncoder *encoder)
{
    JxlEncoderFrameSettings *settings = JxlEncoderFrameSettingsCreate(encoder, NULL);
    const int effort = options->lossless ? EFFORT_LOSSLESS : EFFORT_LOSSY;
    const int quality = options->quality > 0 ? options->quality : QUALITY;
    if (settings == NULL || JxlEncoderFrameSettingsSetOption(settings, JXL_ENC_FRAME_SETTING_EFFORT,
                                                             effort) != JXL_ENC_SUCCESS)
        return NULL;
    const JxlEncoderStatus status =
        options->lossless ? JxlEncoderSetFrameLossless(settings, JXL_TRUE)
                          : JxlEncoderSetFrameDistance(settings, distance_of(quality));
    return status == JXL_ENC_SUCCESS && keep_alpha(settings, alpha) ? settings : NULL;
}

static enum tri_status add_pixels(const struct tri_sink *sink, const struct tri_image *image,
                                  JxlEncoder *encoder)
{
    const struct tri_shape *shape = &image->shape;
    const JxlPixelFormat format = {(uint32_t)shape->planes,
                                   shape->bits == 16 ? JXL_TYPE_UINT16 : JXL_TYPE_UINT8,
                                   JXL_NATIVE_ENDIAN, 0};
    const size_t stride = (size_t)shape->width * (size_t)shape->planes * tri_sample_bytes(shape);
    const JxlEncoderFrameSettings *settings =
        frame_settings(sink->options, shape->planes % 2 == 0, encoder);
    unsigned char *pixels = malloc(stride * (size_t)shape->height);
    if (settings == NULL || pixels == NULL) {
        free(pixels);
        return tri_sink_fail(sink, "out of memory for %d x %d pixels", shape->width, shape->height);
    }
    for (int y = 0; y < shape->height; y++)
        tri_row_join(image, y, pixels + (size_t)y * stride);
    const JxlEncoderStatus status =
        JxlEncoderAddImageFrame(settings, &format, pixels, stride * (size_t)shape->height);
    free(pixels);
    return status == JXL_ENC_SUCCESS ? TRI_OK : failed(sink, encoder);
}

static enum tri_status put_out(const struct tri_sink *sink, JxlEncoder *encoder)
{
    unsigned char *part = malloc(OUTPUT_BYTES);
    enum tri_status status =
        part != NULL ? TRI_OK : tri_sink_fail(sink, "out of memory for the file");
    JxlEncoderStatus left = JXL_ENC_NEED_MORE_OUTPUT;
    while (status == TRI_OK && left == JXL_ENC_NEED_MORE_OUTPUT) {
        unsigned char *next = part;
        size_t room = OUTPUT_BYTES;
        left = JxlEncoderProcessOutput(encoder, &next, &room);
        status = left == JXL_ENC_ERROR ? failed(sink, encoder)
                                       : tri_sink_write(sink, part, OUTPUT_BYTES - room);
    }
    free(part);
    return status;
}

/* Level 10, for pictures that decoders of few resources need not read, has to be asked for. */
static bool set_level(JxlEncoder *encoder)
{
    return JxlEncoderGetRequiredCodestreamLevel(encoder) != 10 ||
           JxlEncoderSetCodestreamLevel(encoder, 10) == JXL_ENC_SUCCESS;
}

enum tri_status tri_jxl_write(const struct tri_sink *sink, const struct tri_image *image)
{
    const struct tri_write_options *options = sink->options;
    JxlEncoder *encoder = JxlEncoderCreate(NULL);
    if (encoder == NULL)
        return tri_sink_fail(sink, "out of memory for libjxl");
    enum tri_status status = TRI_OK;
    if (JxlEncoderSetParallelRunner(encoder, tri_jxl_run, options->pool) != JXL_ENC_SUCCESS ||
        !set_info(options, &image->shape, encoder) || !set_level(encoder) ||
        !add_boxes(options->metadata, encoder))
        status = failed(sink, encoder);
    if (status == TRI_OK)
        status = tri_jxl_write_colour(sink, image->shape.planes, encoder);
    if (status == TRI_OK)
        status = add_pixels(sink, image, encoder);
    JxlEncoderCloseInput(encoder);
    if (status == TRI_OK)
        status = put_out(sink, encoder);
    JxlEncoderDestroy(encoder);
    return status;
}
