/* libav_beside.c -- metadata of frames and streams, between libav's form and ours. */
#include "libav_codec.h"

#include "../codec/big_endian.h"
#include "../codec/metadata.h"

#include <libavutil/mastering_display_metadata.h>
#include <math.h>
#include <string.h>

static const struct {
    enum AVFrameSideDataType of_frame;
    char type[5];
} kinds[] = {{AV_FRAME_DATA_A53_CC, "A53 "},
             {AV_FRAME_DATA_AFD, "AFD "},
             {AV_FRAME_DATA_S12M_TIMECODE, "S12M"},
             {AV_FRAME_DATA_DYNAMIC_HDR_PLUS, "HDR+"},
             {AV_FRAME_DATA_ICC_PROFILE, "iCCP"}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- frames ---- */

bool tri_libav_take_beside(const AVFrame *raw, struct tri_frame *frame)
{
    for (int i = 0; i < KINDS; i++) {
        const AVFrameSideData *data = av_frame_get_side_data(raw, kinds[i].of_frame);
        if (data == NULL || data->size == 0)
            continue;
        if (frame->metadata == NULL)
            frame->metadata = tri_metadata_new();
        if (frame->metadata == NULL ||
            !tri_metadata_add(frame->metadata, kinds[i].type, data->data, data->size))
            return false;
    }
    return true;
}

bool tri_libav_say_beside(const struct tri_metadata *metadata, AVFrame *raw)
{
    for (int i = 0; i < KINDS; i++) {
        const struct tri_metadata_item *item = tri_metadata_find(metadata, kinds[i].type);
        AVFrameSideData *data =
            item != NULL ? av_frame_new_side_data(raw, kinds[i].of_frame, item->size) : NULL;
        if (item != NULL && data == NULL)
            return false;
        if (data != NULL)
            memcpy(data->data, item->data, item->size);
    }
    return true;
}

unsigned tri_libav_beside_kinds(const AVFrame *raw)
{
    unsigned bits = 0;
    for (int i = 0; i < KINDS; i++)
        bits |= av_frame_get_side_data(raw, kinds[i].of_frame) != NULL
                    ? tri_beside_bit(kinds[i].type)
                    : 0;
    return bits;
}

/* Whether the file keeps a kind is tested once per kind. */
bool tri_libav_put_beside(struct tri_video_writer *writer, const struct tri_frame *frame,
                          AVFrame *raw)
{
    struct tri_libav_output *output = writer->state;
    const unsigned bits = tri_beside_kinds(frame->metadata, &writer->video);
    if (bits == 0)
        return true;
    pthread_mutex_lock(&output->lock);
    if (bits & ~output->asked) {
        struct tri_libav_said said;
        const struct tri_libav_say say = {.video = &writer->video, .beside = frame->metadata};
        tri_libav_find_said(output->format->oformat, output->encoder, output->encoder->codec, &say,
                            &said);
        output->kept |= said.kinds & bits;
        output->asked |= bits;
    }
    const unsigned kept = output->kept;
    pthread_mutex_unlock(&output->lock);
    tri_video_leave(writer, output->in, bits & ~kept);
    return tri_libav_say_beside(frame->metadata, raw);
}

/* ---- the light that pictures were made for ---- */

static uint32_t scaled(AVRational value, double scale)
{
    const double result = value.den != 0 ? round(av_q2d(value) * scale) : 0;
    return result > 0 && result <= UINT32_MAX ? (uint32_t)result : 0;
}

static void put_be16(unsigned char *to, uint32_t value)
{
    to[0] = (unsigned char)(value >> 8);
    to[1] = (unsigned char)value;
}

/* PNG's order: red, green, blue, white, each x and y in 1/50000; then maximum and minimum luminance
 * in 1/10000 cd/m2. */
static void take_mastering(const AVMasteringDisplayMetadata *display, struct tri_video *video)
{
    unsigned char *to = video->mastering;
    if (!display->has_primaries || !display->has_luminance)
        return;
    for (int i = 0; i < 8; i++)
        put_be16(to + 2 * i, scaled(i < 6 ? display->display_primaries[i / 2][i % 2]
                                          : display->white_point[i % 2],
                                    50000));
    tri_put_be32(to + 16, scaled(display->max_luminance, 10000));
    tri_put_be32(to + 20, scaled(display->min_luminance, 10000));
    video->has_mastering = true;
}

static void take_level(const AVContentLightMetadata *level, struct tri_video *video)
{
    if (level->MaxCLL == 0 && level->MaxFALL == 0)
        return;
    tri_put_be32(video->light_level, level->MaxCLL * 10000);
    tri_put_be32(video->light_level + 4, level->MaxFALL * 10000);
    video->has_light_level = true;
}

void tri_libav_take_light(const AVStream *stream, const AVFrame *frame, struct tri_video *video)
{
    const AVFrameSideData *display = av_frame_get_side_data(
                              frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA),
                          *level = av_frame_get_side_data(frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL);
    const void *of_stream = tri_libav_side_data(stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA,
                                                sizeof(AVMasteringDisplayMetadata));
    const void *level_of_stream = tri_libav_side_data(stream, AV_PKT_DATA_CONTENT_LIGHT_LEVEL,
                                                      sizeof(AVContentLightMetadata));
    if (display != NULL || of_stream != NULL)
        take_mastering(display != NULL ? (const void *)display->data : of_stream, video);
    if (level != NULL || level_of_stream != NULL)
        take_level(level != NULL ? (const void *)level->data : level_of_stream, video);
}

static AVMasteringDisplayMetadata *new_mastering(const struct tri_video *video)
{
    const unsigned char *from = video->mastering;
    AVMasteringDisplayMetadata *display = av_mastering_display_metadata_alloc();
    for (int i = 0; display != NULL && i < 8; i++) {
        const AVRational value = {from[2 * i] << 8 | from[2 * i + 1], 50000};
        if (i < 6)
            display->display_primaries[i / 2][i % 2] = value;
        else
            display->white_point[i % 2] = value;
    }
    if (display != NULL) {
        display->max_luminance = (AVRational){(int)tri_get_be32(from + 16), 10000};
        display->min_luminance = (AVRational){(int)tri_get_be32(from + 20), 10000};
        display->has_primaries = display->has_luminance = 1;
    }
    return display;
}

bool tri_libav_say_light(const struct tri_video *video, AVStream *stream)
{
    bool done = true;
    if (video->has_mastering) {
        AVMasteringDisplayMetadata *display = new_mastering(video);
        done = display != NULL &&
               tri_libav_add_side_data(stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, display,
                                       sizeof *display);
        av_free(display);
    }
    if (done && video->has_light_level) {
        const AVContentLightMetadata level = {tri_get_be32(video->light_level) / 10000,
                                              tri_get_be32(video->light_level + 4) / 10000};
        done =
            tri_libav_add_side_data(stream, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, &level, sizeof level);
    }
    return done;
}

/* The light metadata for libx265's stream, in its syntax: ":master-display=...:max-cll=...". */
void tri_libav_x265_light(const struct tri_video *video, char text[TRI_X265_LIGHT])
{
    const unsigned char *m = video->mastering;
    unsigned xy[8];
    text[0] = '\0';
    for (int i = 0; i < 8; i++)
        xy[i] = (unsigned)(m[2 * i] << 8 | m[2 * i + 1]);
    if (video->has_mastering)
        snprintf(text, TRI_X265_LIGHT, ":master-display=G(%u,%u)B(%u,%u)R(%u,%u)WP(%u,%u)L(%u,%u)",
                 xy[2], xy[3], xy[4], xy[5], xy[0], xy[1], xy[6], xy[7],
                 (unsigned)tri_get_be32(m + 16), (unsigned)tri_get_be32(m + 20));
    const size_t used = strlen(text);
    if (video->has_light_level)
        snprintf(text + used, TRI_X265_LIGHT - used, ":max-cll=%u,%u",
                 (unsigned)tri_get_be32(video->light_level) / 10000,
                 (unsigned)tri_get_be32(video->light_level + 4) / 10000);
}
