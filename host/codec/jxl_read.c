/* jxl_read.c -- reads a JPEG XL file, or the frames of an animation, by libjxl. */
#include "jxl_codec.h"

#include <stdlib.h>
#include <string.h>

/* What comes before the pixels of a frame, and the pixels. */
#define EVENTS (JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE)

struct reader {
    JxlDecoder *decoder;
    struct tri_jxl_survey survey;
};

static enum tri_status begin(struct tri_source *source, struct reader *reader)
{
    const enum tri_status status = tri_jxl_survey(source, &reader->survey);
    if (status != TRI_OK)
        return status;
    reader->decoder = tri_jxl_decoder(source, EVENTS);
    return reader->decoder != NULL ? TRI_OK : tri_source_fail(source, "out of memory for libjxl");
}

static void end(struct reader *reader)
{
    if (reader->decoder != NULL)
        JxlDecoderDestroy(reader->decoder);
    tri_jxl_survey_free(&reader->survey);
}

/* Black would have to be mixed into the colours; others are not part of the picture. */
static enum tri_status check_channels(struct tri_source *source, const struct reader *reader)
{
    const JxlBasicInfo *info = &reader->survey.info;
    for (uint32_t i = 0; i < info->num_extra_channels; i++) {
        JxlExtraChannelInfo channel;
        if (JxlDecoderGetExtraChannelInfo(reader->decoder, i, &channel) == JXL_DEC_SUCCESS &&
            channel.type == JXL_CHANNEL_BLACK)
            return tri_source_fail(source, "CMYK is not supported in JPEG XL");
    }
    const uint32_t others = info->num_extra_channels - (info->alpha_bits > 0);
    if (others > 0)
        tri_source_warn(source, "%u channels besides colours and alpha dropped", others);
    if (info->exponent_bits_per_sample > 0)
        tri_source_warn(source, "samples in floating point are read as 16 bits");
    else if (info->bits_per_sample > 16)
        tri_source_warn(source, "samples of %u bits are read as 16 bits", info->bits_per_sample);
    return TRI_OK;
}

static JxlPixelFormat format_of(const JxlBasicInfo *info)
{
    const bool deep = info->bits_per_sample > 8 || info->alpha_bits > 8;
    return (JxlPixelFormat){info->num_color_channels + (info->alpha_bits > 0),
                            deep ? JXL_TYPE_UINT16 : JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0};
}

static enum tri_status set_buffer(const struct tri_source *source, const struct reader *reader,
                                  unsigned char **pixels)
{
    const JxlPixelFormat format = format_of(&reader->survey.info);
    size_t size;
    if (*pixels == NULL &&
        JxlDecoderImageOutBufferSize(reader->decoder, &format, &size) == JXL_DEC_SUCCESS) {
        *pixels = malloc(size);
        if (*pixels != NULL &&
            JxlDecoderSetImageOutBuffer(reader->decoder, &format, *pixels, size) == JXL_DEC_SUCCESS)
            return TRI_OK;
    }
    return tri_source_fail(source, "out of memory for the pixels");
}

/* Goes on to the end of the next frame. Colours are told before the first, once. */
static enum tri_status decode_frame(struct tri_source *source, struct reader *reader,
                                    unsigned char **pixels)
{
    for (;;) {
        enum tri_status status = TRI_OK;
        const JxlDecoderStatus event = JxlDecoderProcessInput(reader->decoder);
        if (event == JXL_DEC_FULL_IMAGE)
            return TRI_OK;
        if (event == JXL_DEC_BASIC_INFO)
            status = check_channels(source, reader);
        else if (event == JXL_DEC_NEED_IMAGE_OUT_BUFFER)
            status = set_buffer(source, reader, pixels);
        else if (event == JXL_DEC_COLOR_ENCODING)
            tri_jxl_choose_colour(source, &reader->survey.info, reader->decoder);
        else
            status = tri_jxl_ended(source, event);
        if (status != TRI_OK)
            return status;
    }
}

/* libjxl turns the picture upright. */
static enum tri_status make_image(const struct tri_source *source, const JxlBasicInfo *info,
                                  const unsigned char *pixels, struct tri_image **image)
{
    const JxlPixelFormat format = format_of(info);
    const bool turned = info->orientation >= JXL_ORIENT_TRANSPOSE;
    const uint64_t width = turned ? info->ysize : info->xsize;
    const uint64_t height = turned ? info->xsize : info->ysize;
    const size_t bytes = format.data_type == JXL_TYPE_UINT16 ? 2 : 1;
    const enum tri_status status =
        tri_source_image(source, width, height, (int)format.num_channels, 8 * (int)bytes, image);
    for (size_t y = 0; y < height && status == TRI_OK; y++)
        tri_row_split(*image, (int)y, pixels + y * width * format.num_channels * bytes);
    return status;
}

static enum tri_status decode(struct tri_source *source, struct reader *reader,
                              struct tri_image **image)
{
    unsigned char *pixels = NULL;
    enum tri_status status = decode_frame(source, reader, &pixels);
    if (status == TRI_OK)
        status = make_image(source, &reader->survey.info, pixels, image);
    if (status == TRI_OK)
        status = tri_jxl_read_colour(source, reader->decoder);
    if (status == TRI_OK)
        status = tri_jxl_metadata(source, &reader->survey);
    free(pixels);
    return status;
}

enum tri_status tri_jxl_read(struct tri_source *source, struct tri_image **image)
{
    struct reader reader = {0};
    enum tri_status status = begin(source, &reader);
    if (status == TRI_OK && reader.survey.frames > 1) {
        source->pictures = reader.survey.frames;
        source->animated = true;
        tri_source_warn(source, "only the first of %ld frames is read", reader.survey.frames);
    }
    if (status == TRI_OK)
        status = decode(source, &reader, image);
    end(&reader);
    return status;
}

/* ---- animations ---- */

enum tri_status tri_jxl_open(struct tri_source *source, struct tri_series *series)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return tri_source_fail(source, "out of memory");
    const enum tri_status status = begin(source, reader);
    if (status != TRI_OK || reader->survey.frames < 2) {
        end(reader);
        free(reader);
        return status;
    }
    series->state = reader;
    series->info = (struct tri_pictures_info){series->info.format, "frame", reader->survey.frames,
                                              true, (int)reader->survey.info.animation.num_loops};
    series->durations = reader->survey.durations;
    reader->survey.durations = NULL;
    return TRI_OK;
}

enum tri_status tri_jxl_next(struct tri_source *source, struct tri_series *series,
                             struct tri_image **image)
{
    *image = NULL;
    return decode(source, series->state, image);
}

void tri_jxl_close(struct tri_series *series)
{
    if (series->state != NULL)
        end(series->state);
    free(series->state);
    series->state = NULL;
}
