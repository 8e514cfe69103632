/* libav_describe.c -- stream parameters, from libav's terms to ours and back. */
#include "libav_codec.h"

#include <libavutil/avstring.h>
#include <libavutil/display.h>
#include <math.h>
#include <string.h>

#define STEADY_MOST 240 /* frames per second, at most, if some are repeated */

/* ---- pixels ---- */

bool tri_libav_layout(enum AVPixelFormat format, struct tri_video *video)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
    const uint64_t strange =
        AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER | AV_PIX_FMT_FLAG_FLOAT;
    int bits = 8;
    video->planes = 0;
    /* Of the last two, one has other primaries, the other samples that no description can place. */
    if (desc == NULL || (desc->flags & strange) || strncmp(desc->name, "xyz", 3) == 0 ||
        format == AV_PIX_FMT_UYYVYY411)
        return false;
    for (int c = 0; c < desc->nb_components; c++)
        bits = desc->comp[c].depth > bits ? desc->comp[c].depth : bits;
    if (bits > 16)
        return false;
    const bool rgb =
        (desc->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) && desc->nb_components != 2;
    video->planes = desc->nb_components >= 3 || (desc->flags & AV_PIX_FMT_FLAG_PAL) ? 3 : 1;
    video->shift_x = video->planes == 3 ? desc->log2_chroma_w : 0;
    video->shift_y = video->planes == 3 ? desc->log2_chroma_h : 0;
    video->alpha = (desc->flags & AV_PIX_FMT_FLAG_ALPHA) &&
                   !(desc->flags & AV_PIX_FMT_FLAG_PAL); /* tri_libav_palette_alpha finds it */
    video->bits = bits;
    video->matrix = rgb && video->planes == 3 ? TRI_RGB : TRI_BT601;
    return true;
}

/* ---- colour ---- */

static enum tri_matrix matrix_of(const AVFrame *frame)
{
    switch (frame->colorspace) {
    case AVCOL_SPC_BT709:
    case AVCOL_SPC_SMPTE240M:
        return TRI_BT709;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
    case AVCOL_SPC_FCC:
        return TRI_BT601;
    case AVCOL_SPC_BT2020_NCL:
        return TRI_BT2020;
    case AVCOL_SPC_YCGCO:
        return TRI_YCGCO;
    case AVCOL_SPC_CHROMA_DERIVED_NCL:
        return frame->color_primaries == AVCOL_PRI_BT709    ? TRI_BT709
               : frame->color_primaries == AVCOL_PRI_BT2020 ? TRI_BT2020
                                                            : TRI_OTHER_MATRIX;
    case AVCOL_SPC_BT2020_CL:
    case AVCOL_SPC_CHROMA_DERIVED_CL:
    case AVCOL_SPC_SMPTE2085:
    case AVCOL_SPC_ICTCP:
        return TRI_OTHER_MATRIX;
    default:
        return tri_video_usual_matrix(frame->height);
    }
}

static enum AVColorSpace space_of(const struct tri_video *video)
{
    switch (video->matrix) {
    case TRI_BT709:
        return AVCOL_SPC_BT709;
    case TRI_BT2020:
        return AVCOL_SPC_BT2020_NCL;
    case TRI_YCGCO:
        return AVCOL_SPC_YCGCO;
    case TRI_OTHER_MATRIX:
        return AVCOL_SPC_UNSPECIFIED;
    case TRI_RGB:
        return AVCOL_SPC_RGB;
    default:
        return AVCOL_SPC_SMPTE170M;
    }
}

static const struct {
    enum AVChromaLocation location;
    const char *siting;
} sitings[] = {
    {AVCHROMA_LOC_LEFT, "mpeg2"}, {AVCHROMA_LOC_CENTER, "jpeg"}, {AVCHROMA_LOC_TOPLEFT, "paldv"}};
enum { SITINGS = sizeof sitings / sizeof sitings[0] };

static void describe_colour(const AVFrame *frame, struct tri_video *video)
{
    const char *name = av_get_pix_fmt_name(frame->format);
    if (video->matrix != TRI_RGB)
        video->matrix = matrix_of(frame);
    video->primaries = frame->color_primaries;
    video->transfer = frame->color_trc;
    video->full_range = frame->color_range == AVCOL_RANGE_JPEG || strncmp(name, "yuvj", 4) == 0 ||
                        video->matrix == TRI_RGB ||
                        (video->planes == 1 && frame->color_range != AVCOL_RANGE_MPEG);
    for (int i = 0; i < SITINGS && video->planes == 3 && video->shift_x + video->shift_y > 0; i++) {
        if (frame->chroma_location == sitings[i].location)
            snprintf(video->siting, sizeof video->siting, "%s", sitings[i].siting);
    }
}

/* ---- fields and rotation ---- */

static char interlace_of(enum AVFieldOrder order)
{
    switch (order) {
    case AV_FIELD_PROGRESSIVE:
        return 'p';
    case AV_FIELD_TT:
    case AV_FIELD_TB:
        return 't';
    case AV_FIELD_BB:
    case AV_FIELD_BT:
        return 'b';
    default:
        return '?';
    }
}

static char frame_interlace(const AVFrame *frame)
{
#ifdef AV_FRAME_FLAG_INTERLACED
    const bool interlaced = frame->flags & AV_FRAME_FLAG_INTERLACED,
               top = frame->flags & AV_FRAME_FLAG_TOP_FIELD_FIRST;
#else
    const bool interlaced = frame->interlaced_frame, top = frame->top_field_first;
#endif
    return !interlaced ? '?' : top ? 't' : 'b';
}

const void *tri_libav_side_data(const AVStream *stream, enum AVPacketSideDataType type,
                                size_t least)
{
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    const AVPacketSideData *side = av_packet_side_data_get(
        stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, type);
    const void *data = side != NULL ? side->data : NULL;
    const size_t size = side != NULL ? side->size : 0;
#else
    size_t size = 0;
    const void *data = av_stream_get_side_data(stream, type, &size);
#endif
    return size >= least ? data : NULL;
}

static const int32_t *display_matrix(const AVStream *stream)
{
    return tri_libav_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(int32_t));
}

bool tri_libav_add_side_data(AVStream *stream, enum AVPacketSideDataType type, const void *data,
                             size_t size)
{
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    AVPacketSideData *side = av_packet_side_data_new(
        &stream->codecpar->coded_side_data, &stream->codecpar->nb_coded_side_data, type, size, 0);
    uint8_t *to = side != NULL ? side->data : NULL;
#else
    uint8_t *to = av_stream_new_side_data(stream, type, size);
#endif
    if (to != NULL)
        memcpy(to, data, size);
    return to != NULL;
}

/* How pictures map to a display: stored in the stream or in frames. */
bool tri_libav_copy_side_data(const struct tri_libav_input *input, AVStream *to)
{
    static const struct {
        enum AVFrameSideDataType of_frame;
        enum AVPacketSideDataType of_stream;
    } kinds[] = {{AV_FRAME_DATA_SPHERICAL, AV_PKT_DATA_SPHERICAL},
                 {AV_FRAME_DATA_STEREO3D, AV_PKT_DATA_STEREO3D}};
    bool done = true;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && done; i++) {
        const AVFrameSideData *data =
            input->first != NULL ? av_frame_get_side_data(input->first, kinds[i].of_frame) : NULL;
        if (data != NULL)
            done = tri_libav_add_side_data(to, kinds[i].of_stream, data->data, data->size);
    }
    const int32_t *matrix = display_matrix(input->stream); /* may also mirror */
    return done && (matrix == NULL || tri_libav_add_side_data(to, AV_PKT_DATA_DISPLAYMATRIX, matrix,
                                                              9 * sizeof *matrix));
}

int tri_libav_rotation(const AVStream *stream)
{
    const int32_t *matrix = display_matrix(stream);
    const double turn = matrix != NULL ? av_display_rotation_get(matrix) : 0;
    return isnan(turn) ? 0 : (int)((720 - lround(turn)) % 360);
}

bool tri_libav_rotate(AVStream *stream, int rotation)
{
    int32_t matrix[9];
    av_display_rotation_set(matrix, rotation);
    return tri_libav_add_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, matrix, sizeof matrix);
}

/* ---- streams ---- */

static void set_fraction(int fraction[2], AVRational value)
{
    const bool known = value.num > 0 && value.den > 0;
    fraction[0] = known ? value.num : 0;
    fraction[1] = known ? value.den : 0;
}

/* If the file does not state it, an estimate from its duration. */
static int64_t frames_of(const AVFormatContext *format, const AVStream *stream, AVRational rate)
{
    if (stream->nb_frames > 0 || rate.num < 1 || rate.den < 1 || format->duration == AV_NOPTS_VALUE)
        return stream->nb_frames > 0 ? stream->nb_frames : 0;
    const int64_t frames = av_rescale_q(format->duration, AV_TIME_BASE_Q, av_inv_q(rate));
    return frames > 0 ? frames : 0;
}

/* For frames at irregular times, the rate of the steps between them. Steps so fine that they are
 * the clock's, and not the picture's, are ignored. */
static AVRational steady_rate(const struct tri_libav_input *input, AVRational mean)
{
    AVRational rate = av_guess_frame_rate(input->format, input->stream, NULL);
    if (rate.num < 1 || rate.den < 1 || av_cmp_q(rate, mean) < 0)
        return mean;
    if (av_q2d(rate) > STEADY_MOST && mean.num > 0 && av_q2d(rate) > 1.05 * av_q2d(mean))
        return av_q2d(mean) < 60 ? (AVRational){60, 1} : mean;
    return rate;
}

void tri_libav_describe_colour(const AVFrame *frame, struct tri_video *video)
{
    if (tri_libav_layout(frame->format, video))
        describe_colour(frame, video);
}

void tri_libav_describe(const struct tri_libav_input *input, const AVFrame *frame,
                        struct tri_video *video)
{
    AVStream *stream = input->stream;
    const AVRational rate =
        stream->avg_frame_rate.num > 0 ? stream->avg_frame_rate : stream->r_frame_rate;
    *video = (struct tri_video){.width = frame->width, .height = frame->height};
    if (!tri_libav_layout(frame->format, video))
        return;
    set_fraction(video->rate, rate);
    set_fraction(video->steady_rate, steady_rate(input, rate));
    set_fraction(video->aspect,
                 av_guess_sample_aspect_ratio(input->format, stream, (AVFrame *)frame));
    set_fraction(video->time_base, stream->time_base);
    describe_colour(frame, video);
    video->interlace = frame_interlace(frame); /* header parsers do not always know it */
    if (video->interlace == '?')
        video->interlace = interlace_of(stream->codecpar->field_order);
    video->alpha |= input->alpha_beside /* frames without alpha are opaque */ ||
                    tri_libav_palette_alpha(frame, stream->codecpar->codec_id);
    video->frames = frames_of(input->format, stream, rate);
    video->rotation = tri_libav_rotation(stream);
    video->plays = input->plays;
    video->animation = av_match_name(input->format->iformat->name, "gif,apng") > 0;
    tri_libav_take_light(stream, frame, video);
}

/* ---- writing ---- */

/* What the source leaves unspecified stays so, unless a different size would make players guess
 * differently. */
static void tag_colour(AVCodecContext *encoder, const struct tri_video *video,
                       const struct tri_video_reader *like)
{
    const bool full = video->full_range || video->matrix == TRI_RGB;
    encoder->colorspace = space_of(video);
    encoder->color_range = full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    encoder->color_primaries =
        video->primaries > 0 ? (enum AVColorPrimaries)video->primaries : AVCOL_PRI_UNSPECIFIED;
    encoder->color_trc = video->transfer > 0 ? (enum AVColorTransferCharacteristic)video->transfer
                                             : AVCOL_TRC_UNSPECIFIED;
    if (like != NULL && like->video.matrix == video->matrix) {
        const struct tri_libav_input *input = like->state;
        if (input->decoder->colorspace != AVCOL_SPC_UNSPECIFIED ||
            like->video.height == video->height)
            encoder->colorspace = input->decoder->colorspace;
        /* But untagged gray would be taken as full range. */
        if (input->decoder->color_range == AVCOL_RANGE_UNSPECIFIED && !full && video->planes > 1)
            encoder->color_range = AVCOL_RANGE_UNSPECIFIED;
    }
    for (int i = 0; i < SITINGS; i++) {
        if (strcmp(video->siting, sitings[i].siting) == 0)
            encoder->chroma_sample_location = sitings[i].location;
    }
}

void tri_libav_tag(AVCodecContext *encoder, const struct tri_video *video,
                   const struct tri_video_reader *like)
{
    tag_colour(encoder, video, like);
    encoder->sample_aspect_ratio = tri_libav_fraction(video->aspect, (AVRational){0, 1});
    if (video->interlace == 't' || video->interlace == 'b') {
        encoder->field_order = video->interlace == 't' ? AV_FIELD_TT : AV_FIELD_BB;
        /* Otherwise fields have no whole rows of chroma, which x264 refuses. */
        if (video->height % 4 == 0)
            encoder->flags |= AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME;
    } else if (video->interlace == 'p') {
        encoder->field_order = AV_FIELD_PROGRESSIVE;
    }
}

void tri_libav_tag_frame(AVFrame *frame, const AVCodecContext *encoder)
{
    const bool top = encoder->field_order == AV_FIELD_TT,
               bottom = encoder->field_order == AV_FIELD_BB;
    frame->colorspace = encoder->colorspace;
    frame->color_primaries = encoder->color_primaries;
    frame->color_trc = encoder->color_trc;
    frame->color_range = encoder->color_range;
    frame->chroma_location = encoder->chroma_sample_location;
    frame->sample_aspect_ratio = encoder->sample_aspect_ratio;
#ifdef AV_FRAME_FLAG_INTERLACED
    frame->flags |=
        (top || bottom ? AV_FRAME_FLAG_INTERLACED : 0) | (top ? AV_FRAME_FLAG_TOP_FIELD_FIRST : 0);
#else
    frame->interlaced_frame = top || bottom;
    frame->top_field_first = top;
#endif
}
