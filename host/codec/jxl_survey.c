/* jxl_survey.c -- finds size, frames and metadata of a JPEG XL file. */
#include "jxl_codec.h"
#include "exif.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define BOX_FIRST 4096 /* bytes */

JxlDecoder *tri_jxl_decoder(const struct tri_source *source, int events)
{
    JxlDecoder *decoder = JxlDecoderCreate(NULL);
    if (decoder != NULL &&
        (JxlDecoderSetParallelRunner(decoder, tri_jxl_run, source->pool) != JXL_DEC_SUCCESS ||
         JxlDecoderSubscribeEvents(decoder, events) != JXL_DEC_SUCCESS ||
         JxlDecoderSetUnpremultiplyAlpha(decoder, JXL_TRUE) != JXL_DEC_SUCCESS ||
         JxlDecoderSetInput(decoder, source->data, source->size) != JXL_DEC_SUCCESS)) {
        JxlDecoderDestroy(decoder);
        decoder = NULL;
    }
    return decoder;
}

enum tri_status tri_jxl_ended(const struct tri_source *source, JxlDecoderStatus event)
{
    return tri_source_fail(source, "%s",
                           event == JXL_DEC_NEED_MORE_INPUT
                               ? "the file is truncated"
                               : "the data is damaged, or libjxl does not support it");
}

/* ---- boxes ---- */

static bool grow(JxlDecoder *decoder, struct tri_jxl_box *box)
{
    const size_t left = box->room > 0 ? JxlDecoderReleaseBoxBuffer(decoder) : 0;
    const size_t used = box->room - left;
    const size_t room = box->room > 0 ? 2 * box->room : BOX_FIRST;
    unsigned char *data = realloc(box->data, room);
    if (data == NULL)
        return false;
    box->data = data;
    box->room = room;
    return JxlDecoderSetBoxBuffer(decoder, data + used, room - used) == JXL_DEC_SUCCESS;
}

static void close_box(JxlDecoder *decoder, struct tri_jxl_box **open)
{
    if (*open != NULL)
        (*open)->size = (*open)->room - JxlDecoderReleaseBoxBuffer(decoder);
    *open = NULL;
}

/* The first of a kind counts. */
static bool open_box(JxlDecoder *decoder, struct tri_jxl_survey *survey, struct tri_jxl_box **open)
{
    JxlBoxType type;
    close_box(decoder, open);
    if (JxlDecoderGetBoxType(decoder, type, JXL_TRUE) != JXL_DEC_SUCCESS)
        return false;
    if (memcmp(type, "Exif", 4) == 0 && survey->exif.data == NULL)
        *open = &survey->exif;
    else if (memcmp(type, "xml ", 4) == 0 && survey->xmp.data == NULL)
        *open = &survey->xmp;
    return *open == NULL || grow(decoder, *open);
}

/* ---- frames ---- */

/* Ticks last denominator / numerator seconds. */
static struct tri_duration duration_of(const JxlAnimationHeader *header, uint32_t ticks)
{
    uint64_t count = (uint64_t)ticks * header->tps_denominator, per = header->tps_numerator;
    while (count > INT_MAX || per > INT_MAX) {
        count /= 2;
        per /= 2;
    }
    return (struct tri_duration){(int)count, (int)per};
}

static bool add_frame(const JxlDecoder *decoder, struct tri_jxl_survey *survey)
{
    JxlFrameHeader header;
    if (JxlDecoderGetFrameHeader(decoder, &header) != JXL_DEC_SUCCESS)
        return false;
    if (survey->frames == survey->room) {
        survey->room = survey->room > 0 ? 2 * survey->room : 16;
        void *durations =
            realloc(survey->durations, (size_t)survey->room * sizeof survey->durations[0]);
        if (durations == NULL)
            return false;
        survey->durations = durations;
    }
    survey->durations[survey->frames++] =
        survey->info.have_animation ? duration_of(&survey->info.animation, header.duration)
                                    : (struct tri_duration){0, 0};
    return true;
}

/* ---- the file ---- */

static enum tri_status take_info(const struct tri_source *source, const JxlDecoder *decoder,
                                 JxlBasicInfo *info)
{
    if (JxlDecoderGetBasicInfo(decoder, info) != JXL_DEC_SUCCESS)
        return tri_source_fail(source, "out of memory for libjxl");
    return tri_source_check_size(source, info->xsize, info->ysize);
}

static enum tri_status take_event(const struct tri_source *source, JxlDecoder *decoder,
                                  JxlDecoderStatus event, struct tri_jxl_survey *survey,
                                  struct tri_jxl_box **open)
{
    if (event == JXL_DEC_BASIC_INFO)
        return take_info(source, decoder, &survey->info);
    const bool sound = event == JXL_DEC_FRAME                  ? add_frame(decoder, survey)
                       : event == JXL_DEC_BOX                  ? open_box(decoder, survey, open)
                       : event == JXL_DEC_BOX_NEED_MORE_OUTPUT ? grow(decoder, *open)
                                                               : false;
    return sound ? TRI_OK : tri_jxl_ended(source, event);
}

/* The size of a last box may be that of the rest of the file, so the decoder asks for more at its
 * end; a file that is cut short has less than all its frames then. */
static enum tri_status go_through(const struct tri_source *source, JxlDecoder *decoder,
                                  struct tri_jxl_survey *survey)
{
    struct tri_jxl_box *open = NULL;
    enum tri_status status = TRI_OK;
    bool closed = false;
    while (status == TRI_OK) {
        const JxlDecoderStatus event = JxlDecoderProcessInput(decoder);
        if (event == JXL_DEC_SUCCESS)
            break;
        if (event == JXL_DEC_NEED_MORE_INPUT && !closed)
            JxlDecoderCloseInput(decoder);
        else if (event == JXL_DEC_ERROR && closed)
            status = tri_jxl_ended(source, JXL_DEC_NEED_MORE_INPUT);
        else
            status = take_event(source, decoder, event, survey, &open);
        closed |= event == JXL_DEC_NEED_MORE_INPUT;
    }
    close_box(decoder, &open);
    return status == TRI_OK && survey->frames == 0 ? tri_jxl_ended(source, JXL_DEC_NEED_MORE_INPUT)
                                                   : status;
}

enum tri_status tri_jxl_survey(const struct tri_source *source, struct tri_jxl_survey *survey)
{
    *survey = (struct tri_jxl_survey){0};
    JxlDecoder *decoder = tri_jxl_decoder(source, JXL_DEC_BASIC_INFO | JXL_DEC_FRAME | JXL_DEC_BOX);
    if (decoder == NULL || JxlDecoderSetDecompressBoxes(decoder, JXL_TRUE) != JXL_DEC_SUCCESS) {
        if (decoder != NULL)
            JxlDecoderDestroy(decoder);
        return tri_source_fail(source, "out of memory for libjxl");
    }
    const enum tri_status status = go_through(source, decoder, survey);
    JxlDecoderDestroy(decoder);
    return status;
}

void tri_jxl_survey_free(struct tri_jxl_survey *survey)
{
    free(survey->durations);
    free(survey->exif.data);
    free(survey->xmp.data);
    *survey = (struct tri_jxl_survey){0};
}

/* ---- metadata ---- */

/* The box begins with how many bytes to skip. The orientation is that of the codestream: readers
 * have to ignore EXIF's. */
static enum tri_status add_exif(struct tri_source *source, struct tri_jxl_box *box, int orientation)
{
    const unsigned char *at = box->data;
    int told;
    if (box->size < 4)
        return TRI_OK;
    const size_t skipped =
        4 + ((size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3]);
    if (skipped >= box->size)
        return TRI_OK;
    const size_t prefix =
        box->size - skipped >= 6 && memcmp(at + skipped, "Exif\0\0", 6) == 0 ? 6 : 0;
    unsigned char *data = box->data + skipped + prefix;
    const size_t size = box->size - skipped - prefix;
    tri_exif_set_orientation(data, size, orientation);
    return tri_source_exif(source, data, size, &told);
}

enum tri_status tri_jxl_metadata(struct tri_source *source, const struct tri_jxl_survey *survey)
{
    struct tri_jxl_box exif = survey->exif;
    const int orientation = (int)survey->info.orientation;
    if (source->metadata == NULL)
        return TRI_OK;
    if (survey->xmp.size > 0 &&
        !tri_metadata_add(source->metadata, "XMP ", survey->xmp.data, survey->xmp.size))
        return tri_source_fail(source, "out of memory for metadata");
    const enum tri_status status = add_exif(source, &exif, orientation);
    return status == TRI_OK ? tri_source_upright(source, orientation) : status;
}
