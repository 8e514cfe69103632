/* jxl_colour.c -- colours in JPEG XL: an ICC profile, or an enumeration, which is a subset of what
 * PNG's cICP can say. */
#include "jxl_codec.h"

#include <stdlib.h>
#include <string.h>

/* libjxl 0.9 dropped the pixel format, which was not used. */
#if TRI_JXL_VERSION >= 9
#define FORMAT
#else
#define FORMAT NULL,
#endif

#define DISPLAY_P3 12 /* in cICP, by its white of 6500 K */

static void set_srgb(JxlColorEncoding *colour)
{
    colour->white_point = JXL_WHITE_POINT_D65;
    colour->primaries = JXL_PRIMARIES_SRGB;
    colour->transfer_function = JXL_TRANSFER_FUNCTION_SRGB;
    colour->rendering_intent = JXL_RENDERING_INTENT_RELATIVE;
}

/* ---- reading ---- */

/* 0 if cICP has no number for them. */
static unsigned primaries_of(const JxlColorEncoding *colour)
{
    if (colour->white_point != JXL_WHITE_POINT_D65)
        return colour->white_point == JXL_WHITE_POINT_DCI && colour->primaries == JXL_PRIMARIES_P3
                   ? 11
                   : 0;
    if (colour->color_space == JXL_COLOR_SPACE_GRAY)
        return JXL_PRIMARIES_SRGB;
    return colour->primaries == JXL_PRIMARIES_P3       ? DISPLAY_P3
           : colour->primaries == JXL_PRIMARIES_CUSTOM ? 0
                                                       : (unsigned)colour->primaries;
}

static unsigned transfer_of(const JxlColorEncoding *colour)
{
    return colour->transfer_function == JXL_TRANSFER_FUNCTION_GAMMA ||
                   colour->transfer_function == JXL_TRANSFER_FUNCTION_UNKNOWN
               ? 0
               : (unsigned)colour->transfer_function;
}

static enum tri_status add_profile(const struct tri_source *source, const JxlDecoder *decoder)
{
    const JxlColorProfileTarget target = JXL_COLOR_PROFILE_TARGET_DATA;
    size_t size;
    if (JxlDecoderGetICCProfileSize(decoder, FORMAT target, &size) != JXL_DEC_SUCCESS || size == 0)
        return TRI_OK;
    unsigned char *data = malloc(size);
    const bool added =
        data != NULL &&
        JxlDecoderGetColorAsICCProfile(decoder, FORMAT target, data, size) == JXL_DEC_SUCCESS &&
        tri_metadata_add(source->metadata, "iCCP", data, size);
    free(data);
    return added ? TRI_OK : tri_source_fail(source, "out of memory for a colour profile");
}

enum tri_status tri_jxl_read_colour(const struct tri_source *source, const JxlDecoder *decoder)
{
    JxlColorEncoding colour;
    if (source->metadata == NULL)
        return TRI_OK;
    if (JxlDecoderGetColorAsEncodedProfile(decoder, FORMAT JXL_COLOR_PROFILE_TARGET_DATA,
                                           &colour) != JXL_DEC_SUCCESS)
        return add_profile(source, decoder);
    const unsigned primaries = primaries_of(&colour), transfer = transfer_of(&colour);
    const unsigned char codes[4] = {(unsigned char)primaries, (unsigned char)transfer, 0, 1};
    if (primaries == JXL_PRIMARIES_SRGB && transfer == JXL_TRANSFER_FUNCTION_SRGB)
        return TRI_OK;
    if (primaries == 0 || transfer == 0)
        return add_profile(source, decoder);
    return tri_metadata_add(source->metadata, "cICP", codes, sizeof codes)
               ? add_profile(source, decoder)
               : tri_source_fail(source, "out of memory for metadata");
}

/* Lossy files store colours of their own. libjxl makes those of an enumeration of them, but of a
 * profile it would make linear light, for which 8 bits are too few. */
void tri_jxl_choose_colour(struct tri_source *source, const JxlBasicInfo *info, JxlDecoder *decoder)
{
    JxlColorEncoding colour = {.color_space = info->num_color_channels < 3 ? JXL_COLOR_SPACE_GRAY
                                                                           : JXL_COLOR_SPACE_RGB};
    if (info->uses_original_profile ||
        JxlDecoderGetColorAsEncodedProfile(decoder, FORMAT JXL_COLOR_PROFILE_TARGET_ORIGINAL,
                                           NULL) == JXL_DEC_SUCCESS)
        return;
    set_srgb(&colour);
    if (JxlDecoderSetPreferredColorProfile(decoder, &colour) == JXL_DEC_SUCCESS)
        tri_source_warn(source, "colours are converted from the profile in the file to sRGB");
}

/* ---- writing ---- */

/* False if JPEG XL has no such enumeration. */
static bool find_encoding(const struct tri_metadata_item *codes, JxlColorEncoding *colour)
{
    if (codes == NULL || codes->size != 4)
        return false;
    const unsigned primaries = codes->data[0], transfer = codes->data[1];
    const bool dci = primaries == 11;
    colour->white_point = dci ? JXL_WHITE_POINT_DCI : JXL_WHITE_POINT_D65;
    colour->primaries = dci || primaries == DISPLAY_P3 ? JXL_PRIMARIES_P3 : (JxlPrimaries)primaries;
    colour->transfer_function = (JxlTransferFunction)transfer;
    return (primaries == 1 || primaries == 9 || dci || primaries == DISPLAY_P3) &&
           (transfer == 1 || transfer == 8 || transfer == 13 || (transfer >= 16 && transfer <= 18));
}

enum tri_status tri_jxl_write_colour(const struct tri_sink *sink, int planes, JxlEncoder *encoder)
{
    const struct tri_metadata *metadata = sink->options->metadata;
    const struct tri_metadata_item *codes = tri_metadata_find(metadata, "cICP");
    const struct tri_metadata_item *profile = tri_metadata_profile(metadata, planes);
    JxlColorEncoding colour = {.color_space =
                                   planes < 3 ? JXL_COLOR_SPACE_GRAY : JXL_COLOR_SPACE_RGB,
                               .rendering_intent = JXL_RENDERING_INTENT_RELATIVE};
    const bool known = find_encoding(codes, &colour);
    if (!known && codes != NULL)
        tri_sink_note(sink, "JXL cannot store this colour description (cICP)");
    if (!known && profile != NULL) {
        if (JxlEncoderSetICCProfile(encoder, profile->data, profile->size) == JXL_ENC_SUCCESS)
            return TRI_OK;
        tri_sink_note(sink, "colour profile dropped: libjxl does not accept it");
    }
    if (!known)
        set_srgb(&colour);
    return JxlEncoderSetColorEncoding(encoder, &colour) == JXL_ENC_SUCCESS
               ? TRI_OK
               : tri_sink_fail(sink, "out of memory for libjxl");
}
