/* libav_colour.c -- samples for files that have no place for all that is to be said of them. */
#include "libav_codec.h"

#include <stdlib.h>
#include <string.h>

/* ---- pixels ---- */

static bool same_chroma(const struct tri_video *a, const struct tri_video *b)
{
    return a->planes == b->planes && a->shift_x == b->shift_x && a->shift_y == b->shift_y &&
           (a->matrix == TRI_RGB) == (b->matrix == TRI_RGB);
}

/* libavutil has names of their own for some layouts where they are of full range. */
static bool is_full_range_name(enum AVPixelFormat format)
{
    const char *name = av_get_pix_fmt_name(format);
    return name != NULL && strncmp(name, "yuvj", 4) == 0;
}

/* The planar format with these planes and the fewest bits that suffice; AV_PIX_FMT_NONE: there is none. */
static enum AVPixelFormat planar_format(const struct tri_video *video)
{
    enum AVPixelFormat best = AV_PIX_FMT_NONE;
    int bits = 17;
    for (const AVPixFmtDescriptor *desc = av_pix_fmt_desc_next(NULL); desc != NULL;
         desc = av_pix_fmt_desc_next(desc)) {
        const enum AVPixelFormat format = av_pix_fmt_desc_get_id(desc);
        struct tri_video own = {0};
        if ((desc->flags & AV_PIX_FMT_FLAG_ALPHA) || is_full_range_name(format) ||
            !tri_libav_is_planar(desc) || !tri_libav_layout(format, &own) || !same_chroma(&own, video) ||
            own.bits < video->bits || own.bits >= bits)
            continue;
        best = format;
        bits = own.bits;
    }
    return best;
}

/* Of the same samples, of full range. */
static enum AVPixelFormat full_range_twin(enum AVPixelFormat format)
{
    switch (format) {
    case AV_PIX_FMT_YUV420P:
        return AV_PIX_FMT_YUVJ420P;
    case AV_PIX_FMT_YUV422P:
        return AV_PIX_FMT_YUVJ422P;
    case AV_PIX_FMT_YUV444P:
        return AV_PIX_FMT_YUVJ444P;
    case AV_PIX_FMT_YUV440P:
        return AV_PIX_FMT_YUVJ440P;
    default:
        return format;
    }
}

#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
static const void *taken(const AVCodec *codec, enum AVCodecConfig config)
{
    const void *list = NULL;
    return avcodec_get_supported_config(NULL, codec, config, 0, &list, NULL) >= 0 ? list : NULL;
}
#define TAKEN(codec, field, config) taken(codec, config)
#else
#define TAKEN(codec, field, config) ((codec)->field)
#endif

const enum AVPixelFormat *tri_libav_taken_formats(const AVCodec *codec)
{
    return TAKEN(codec, pix_fmts, AV_CODEC_CONFIG_PIX_FORMAT);
}

const AVRational *tri_libav_taken_rates(const AVCodec *codec)
{
    return TAKEN(codec, supported_framerates, AV_CODEC_CONFIG_FRAME_RATE);
}

static bool has(const enum AVPixelFormat *list, enum AVPixelFormat format)
{
    while (*list != AV_PIX_FMT_NONE && *list != format)
        list++;
    return *list == format;
}

static enum AVPixelFormat nearest_format(const AVCodec *codec, enum AVPixelFormat planar, bool full_range)
{
    const enum AVPixelFormat *formats = tri_libav_taken_formats(codec);
    const enum AVPixelFormat twin = full_range_twin(planar);
    if (formats == NULL)
        return planar;
    /* JPEG knows nothing but the full range. */
    if (has(formats, twin) && (full_range || codec->id == AV_CODEC_ID_MJPEG))
        return twin;
    return avcodec_find_best_pix_fmt_of_list(formats, planar, 0, NULL);
}

/* The encoder's pixels, and whether planes go into them directly. */
static enum tri_status match_pixels(const struct tri_video_writer *writer, struct tri_libav_output *output,
                                    const struct tri_video_write_options *options, const AVCodec *codec, struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    AVCodecContext *encoder = output->encoder;
    struct tri_video own = {0};
    output->planar = planar_format(video);
    if (output->planar == AV_PIX_FMT_NONE)
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: libavutil has no pixel format for %d bits and such chroma",
                        writer->name, video->bits);
    encoder->pix_fmt = nearest_format(codec, output->planar, video->full_range);
    if (tri_libav_take_pixels(writer, options, codec, &encoder->pix_fmt, error) != TRI_OK)
        return TRI_USAGE;
    const bool known = tri_libav_layout(encoder->pix_fmt, &own);
    const bool narrow = is_full_range_name(encoder->pix_fmt) && !video->full_range;
    if (known && tri_libav_is_planar(av_pix_fmt_desc_get(encoder->pix_fmt)) && !narrow &&
        (same_chroma(&own, video) || (video->planes == 1 && own.matrix != TRI_RGB)))
        output->planar = encoder->pix_fmt;
    if (is_full_range_name(encoder->pix_fmt))
        encoder->color_range = AVCOL_RANGE_JPEG;
    if (known && own.matrix == TRI_RGB) {
        encoder->colorspace = AVCOL_SPC_RGB;
        encoder->color_range = AVCOL_RANGE_JPEG;
    } else if (video->matrix == TRI_RGB) {
        encoder->colorspace = video->height > 576 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
        encoder->color_range = is_full_range_name(encoder->pix_fmt) ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    }
    return TRI_OK;
}

/* ---- range ---- */

/* Of full range and `bits` bits, by H.273, to limited range and `depth` bits: what is 0 to 1 of luma, and -1/2 to 1/2 of
 * chroma, to the nearest; ties are rounded away from gray. */
static uint16_t *make_table(int bits, int depth, bool chroma)
{
    const int64_t most = ((int64_t)1 << bits) - 1, unit = (int64_t)1 << (depth - 8);
    const int64_t zero = chroma ? (most + 1) / 2 : 0, scale = (chroma ? 224 : 219) * unit, offset = (chroma ? 128 : 16) * unit;
    uint16_t *table = malloc((size_t)(most + 1) * sizeof *table);
    for (int64_t value = 0; table != NULL && value <= most; value++) {
        const int64_t scaled = 2 * (value - zero) * scale, half = scaled < 0 ? -most : most;
        table[value] = (uint16_t)(offset + (scaled + half) / (2 * most));
    }
    return table;
}

/* False: the encoder has full range alone for such pixels. */
static bool leave_full_range(struct tri_libav_output *output, const AVCodec *codec)
{
    static const enum AVPixelFormat plain[] = {AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUV440P};
    const enum AVPixelFormat old = output->encoder->pix_fmt, *formats = tri_libav_taken_formats(codec);
    if (!is_full_range_name(old))
        return true;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (full_range_twin(plain[i]) != old || formats == NULL || !has(formats, plain[i]))
            continue;
        output->encoder->pix_fmt = plain[i];
        output->planar = output->planar == old ? plain[i] : output->planar;
        return true;
    }
    return false;
}

static enum tri_status convert_range(const struct tri_video_writer *writer, struct tri_libav_output *output,
                                     struct tri_error *error)
{
    const int bits = writer->video.bits, depth = av_pix_fmt_desc_get(output->planar)->comp[0].depth;
    output->encoder->color_range = AVCOL_RANGE_MPEG;
    for (int chroma = 0; chroma < 2; chroma++) {
        output->narrow[chroma] = make_table(bits, depth, chroma);
        if (output->narrow[chroma] == NULL)
            return tri_fail(error, TRI_FAILED, "cannot write %s: no memory", writer->name);
    }
    return TRI_OK;
}

/* Whether a player that finds no word of the matrix takes another one. */
static bool is_unusual(const struct tri_video *video)
{
    return video->planes == 3 && video->matrix != TRI_RGB && video->matrix != tri_video_usual_matrix(video->height);
}

/* Y'CbCr of other weights is shown in slightly other colours, anything else in quite wrong ones. */
static enum tri_status check_matrix(const struct tri_video_writer *writer, const struct tri_libav_output *output,
                                    const AVCodec *codec, const struct tri_libav_said *said, struct tri_error *error)
{
    const enum tri_matrix matrix = writer->video.matrix;
    const char *name = tri_video_matrix_name(matrix), *container = output->format->oformat->name;
    const bool to_rgb = output->encoder->colorspace == AVCOL_SPC_RGB, other = matrix == TRI_YCGCO || matrix == TRI_OTHER_MATRIX;
    if (!is_unusual(&writer->video) || (said->space == output->encoder->colorspace && !to_rgb))
        return TRI_OK;
    if (other)
        return tri_fail(error, TRI_USAGE, "cannot write %s: %s in %s cannot say that samples are %s; ffv1 in mkv can", writer->name,
                        codec->name, container, name);
    if (!to_rgb)
        tri_video_note(writer, "%s: %s in %s cannot say that samples are %s; players take them for %s", writer->name, codec->name,
                       container, name, tri_video_matrix_name(tri_video_usual_matrix(writer->video.height)));
    return TRI_OK;
}

static void check_light(const struct tri_video_writer *writer, const struct tri_libav_output *output, const AVCodec *codec,
                        const struct tri_libav_said *said)
{
    const struct tri_video *video = &writer->video;
    char name[24];
    if (tri_video_light_name(video, name) &&
        (said->video.primaries != video->primaries || said->video.transfer != video->transfer))
        tri_video_note(writer, "%s: %s in %s cannot say that its light is %s; it looks pale, or of wrong colours", writer->name,
                       codec->name, output->format->oformat->name, name);
}

static enum tri_status check_range(const struct tri_video_writer *writer, struct tri_libav_output *output,
                                   const AVCodec *codec, const struct tri_libav_said *said, struct tri_error *error)
{
    if (said->video.full_range || !leave_full_range(output, codec))
        return TRI_OK;
    tri_video_note(writer, "%s: %s in %s cannot say that samples are of full range; they are converted to limited range, of fewer levels",
                   writer->name, codec->name, output->format->oformat->name);
    return convert_range(writer, output, error);
}

enum tri_status tri_libav_choose_pixels(struct tri_video_writer *writer, struct tri_libav_output *output,
                                        const struct tri_video_write_options *options, const AVCodec *codec, struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    const AVCodecContext *encoder = output->encoder;
    enum tri_status status = match_pixels(writer, output, options, codec, error);
    const bool full = video->full_range && video->matrix != TRI_RGB && encoder->colorspace != AVCOL_SPC_RGB;
    struct tri_libav_said said;
    char name[24];
    if (status != TRI_OK || (!full && !is_unusual(video) && !tri_video_light_name(video, name) && video->rotation == 0))
        return status;
    tri_libav_find_said(output->format->oformat, encoder, codec, video->rotation, &said); /* nothing, where that is not to be found out */
    status = check_matrix(writer, output, codec, &said, error);
    if (status == TRI_OK)
        check_light(writer, output, codec, &said);
    if (status == TRI_OK && said.video.rotation != video->rotation)
        tri_video_note(writer, "%s: %s cannot say that players are to turn the picture by %d degrees", writer->name,
                       output->format->oformat->name, video->rotation);
    return status == TRI_OK && full ? check_range(writer, output, codec, &said, error) : status;
}
