/* libav_colour.c -- samples for files that cannot store everything about them. */
#include "libav_codec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- pixels ---- */

static bool same_chroma(const struct tri_video *a, const struct tri_video *b)
{
    return a->planes == b->planes && a->shift_x == b->shift_x && a->shift_y == b->shift_y &&
           (a->matrix == TRI_RGB) == (b->matrix == TRI_RGB);
}

/* libavutil has separate names for some layouts in full range. */
static bool is_full_range_name(enum AVPixelFormat format)
{
    const char *name = av_get_pix_fmt_name(format);
    return name != NULL && strncmp(name, "yuvj", 4) == 0;
}

/* The planar format with these planes and the fewest sufficient bits; AV_PIX_FMT_NONE if none. Gray
 * with alpha exists only with neutral chroma. */
static enum AVPixelFormat planar_format(const struct tri_video *frames, bool alpha)
{
    enum AVPixelFormat best = AV_PIX_FMT_NONE;
    int bits = 17;
    struct tri_video coloured = *frames;
    coloured.planes = 3;
    coloured.shift_x = coloured.shift_y = 0;
    const struct tri_video *video = alpha && frames->planes == 1 ? &coloured : frames;
    for (const AVPixFmtDescriptor *desc = av_pix_fmt_desc_next(NULL); desc != NULL;
         desc = av_pix_fmt_desc_next(desc)) {
        const enum AVPixelFormat format = av_pix_fmt_desc_get_id(desc);
        struct tri_video own = {0};
        if (tri_libav_has_alpha(format) != alpha || is_full_range_name(format) ||
            !tri_libav_is_planar(desc) || !tri_libav_layout(format, &own) ||
            !same_chroma(&own, video) || own.bits < video->bits || own.bits >= bits)
            continue;
        best = format;
        bits = own.bits;
    }
    return best;
}

/* The same samples in full range. */
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
const void *tri_libav_taken(const AVCodec *codec, enum AVCodecConfig config)
{
    const void *list = NULL;
    return avcodec_get_supported_config(NULL, codec, config, 0, &list, NULL) >= 0 ? list : NULL;
}
#endif

const enum AVPixelFormat *tri_libav_taken_formats(const AVCodec *codec)
{
    return TRI_LIBAV_TAKEN(codec, pix_fmts, AV_CODEC_CONFIG_PIX_FORMAT);
}

const AVRational *tri_libav_taken_rates(const AVCodec *codec)
{
    return TRI_LIBAV_TAKEN(codec, supported_framerates, AV_CODEC_CONFIG_FRAME_RATE);
}

static bool has(const enum AVPixelFormat *list, enum AVPixelFormat format)
{
    while (*list != AV_PIX_FMT_NONE && *list != format)
        list++;
    return *list == format;
}

/* Among formats with alpha; AV_PIX_FMT_NONE if none. */
static enum AVPixelFormat nearest_with_alpha(const AVCodec *codec, enum AVPixelFormat planar)
{
    const enum AVPixelFormat *formats = tri_libav_taken_formats(codec);
    enum AVPixelFormat best = AV_PIX_FMT_NONE;
    if (formats == NULL)
        return planar;
    if (codec->id == AV_CODEC_ID_GIF)
        return AV_PIX_FMT_PAL8;
    /* libavcodec cannot read the 16-bit APNG with alpha that it writes. */
    if (codec->id == AV_CODEC_ID_APNG)
        return AV_PIX_FMT_RGBA;
    for (; *formats != AV_PIX_FMT_NONE; formats++) {
        if (tri_libav_has_alpha(*formats))
            best = best == AV_PIX_FMT_NONE
                       ? *formats
                       : av_find_best_pix_fmt_of_2(best, *formats, planar, 1, NULL);
    }
    return best;
}

static enum AVPixelFormat nearest_format(const AVCodec *codec, enum AVPixelFormat planar,
                                         bool full_range)
{
    const enum AVPixelFormat *formats = tri_libav_taken_formats(codec);
    const enum AVPixelFormat twin = full_range_twin(planar);
    if (formats == NULL)
        return planar;
    if (tri_libav_has_alpha(planar))
        return nearest_with_alpha(codec, planar);
    /* JPEG is always full range. */
    if (has(formats, twin) && (full_range || codec->id == AV_CODEC_ID_MJPEG))
        return twin;
    return avcodec_find_best_pix_fmt_of_list(formats, planar, 0, NULL);
}

static bool takes_palette(const AVCodec *codec)
{
    const enum AVPixelFormat *formats = tri_libav_taken_formats(codec);
    return formats != NULL && has(formats, AV_PIX_FMT_PAL8);
}

/* Chooses the encoder's pixels, and whether planes go into them directly. Drops alpha if the
 * encoder has no format with it. */
static enum tri_status match_pixels(const struct tri_video_writer *writer,
                                    struct tri_libav_output *output,
                                    const struct tri_video_write_options *options,
                                    const AVCodec *codec, struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    AVCodecContext *encoder = output->encoder;
    struct tri_video own = {0};
    const enum AVPixelFormat asked =
        options->pixel_format != NULL ? av_get_pix_fmt(options->pixel_format) : AV_PIX_FMT_NONE;
    output->planar = planar_format(video, output->alpha);
    output->alpha &= nearest_with_alpha(codec, output->planar) != AV_PIX_FMT_NONE;
    output->alpha &=
        options->pixel_format == NULL || tri_libav_has_alpha(asked) || asked == AV_PIX_FMT_PAL8;
    output->planar = planar_format(video, output->alpha);
    if (output->planar == AV_PIX_FMT_NONE)
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: libavutil has no pixel format for %d bits with this "
                        "chroma subsampling",
                        writer->name, video->bits);
    encoder->pix_fmt = options->pictures.colours > 0 && takes_palette(codec)
                           ? AV_PIX_FMT_PAL8
                           : nearest_format(codec, output->planar, video->full_range);
    if (tri_libav_take_pixels(writer, options, codec, output->alpha, &encoder->pix_fmt, error) !=
        TRI_OK)
        return TRI_USAGE;
    const bool known = tri_libav_layout(encoder->pix_fmt, &own);
    const bool narrow = is_full_range_name(encoder->pix_fmt) && !video->full_range;
    if (known && tri_libav_is_planar(av_pix_fmt_desc_get(encoder->pix_fmt)) && !narrow &&
        own.alpha >= output->alpha &&
        (same_chroma(&own, video) || (video->planes == 1 && own.matrix != TRI_RGB)))
        output->planar = encoder->pix_fmt;
    if (is_full_range_name(encoder->pix_fmt))
        encoder->color_range = AVCOL_RANGE_JPEG;
    if (known && own.matrix == TRI_RGB) {
        encoder->colorspace = AVCOL_SPC_RGB;
        encoder->color_range = AVCOL_RANGE_JPEG;
    } else if (video->matrix == TRI_RGB) {
        encoder->colorspace = video->height > 576 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
        encoder->color_range =
            is_full_range_name(encoder->pix_fmt) ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    }
    return TRI_OK;
}

/* ---- range ---- */

/* Maps full range of `bits` bits to limited range of `depth` bits, by H.273: 0 to 1 for luma, -1/2
 * to 1/2 for chroma, to nearest; ties are rounded away from gray. */
static uint16_t *make_table(int bits, int depth, bool chroma)
{
    const int64_t most = ((int64_t)1 << bits) - 1, unit = (int64_t)1 << (depth - 8);
    const int64_t zero = chroma ? (most + 1) / 2 : 0, scale = (chroma ? 224 : 219) * unit,
                  offset = (chroma ? 128 : 16) * unit;
    uint16_t *table = malloc((size_t)(most + 1) * sizeof *table);
    for (int64_t value = 0; table != NULL && value <= most; value++) {
        const int64_t scaled = 2 * (value - zero) * scale, half = scaled < 0 ? -most : most;
        table[value] = (uint16_t)(offset + (scaled + half) / (2 * most));
    }
    return table;
}

/* False: the encoder has only full range for such pixels. */
static bool leave_full_range(struct tri_libav_output *output, const AVCodec *codec)
{
    static const enum AVPixelFormat plain[] = {AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV422P,
                                               AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUV440P};
    const enum AVPixelFormat old = output->encoder->pix_fmt,
                             *formats = tri_libav_taken_formats(codec);
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

static enum tri_status convert_range(const struct tri_video_writer *writer,
                                     struct tri_libav_output *output, struct tri_error *error)
{
    const int bits = writer->video.bits, depth = av_pix_fmt_desc_get(output->planar)->comp[0].depth;
    output->encoder->color_range = AVCOL_RANGE_MPEG;
    for (int chroma = 0; chroma < 2; chroma++) {
        output->narrow[chroma] = make_table(bits, depth, chroma);
        if (output->narrow[chroma] == NULL)
            return tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", writer->name);
    }
    return TRI_OK;
}

/* Whether players assume a different matrix if it is not tagged. */
static bool is_unusual(const struct tri_video *video)
{
    return video->planes == 3 && video->matrix != TRI_RGB &&
           video->matrix != tri_video_usual_matrix(video->height);
}

/* Y'CbCr with other weights shows slightly different colours; anything else shows wrong ones. */
static enum tri_status check_matrix(const struct tri_video_writer *writer,
                                    const struct tri_libav_output *output, const AVCodec *codec,
                                    const struct tri_libav_said *said, struct tri_error *error)
{
    const enum tri_matrix matrix = writer->video.matrix;
    const char *name = tri_video_matrix_name(matrix), *container = output->format->oformat->name;
    const bool to_rgb = output->encoder->colorspace == AVCOL_SPC_RGB,
               other = matrix == TRI_YCGCO || matrix == TRI_OTHER_MATRIX;
    if (!is_unusual(&writer->video) || (said->space == output->encoder->colorspace && !to_rgb))
        return TRI_OK;
    if (other)
        return tri_fail(
            error, TRI_USAGE,
            "cannot write %s: %s in %s cannot store the colour matrix (%s); use ffv1 in mkv",
            writer->name, codec->name, container, name);
    if (!to_rgb)
        tri_video_note(writer,
                       "%s: %s in %s cannot store the colour matrix (%s); players assume %s",
                       writer->name, codec->name, container, name,
                       tri_video_matrix_name(tri_video_usual_matrix(writer->video.height)));
    return TRI_OK;
}

static void check_light(const struct tri_video_writer *writer,
                        const struct tri_libav_output *output, const AVCodec *codec,
                        const struct tri_libav_said *said)
{
    const struct tri_video *video = &writer->video;
    char name[24];
    if (tri_video_light_name(video, name) &&
        (said->video.primaries != video->primaries || said->video.transfer != video->transfer))
        tri_video_note(writer,
                       "%s: %s in %s cannot store the colour description (%s); colours will look "
                       "pale or wrong",
                       writer->name, codec->name, output->format->oformat->name, name);
}

static enum tri_status check_range(const struct tri_video_writer *writer,
                                   struct tri_libav_output *output, const AVCodec *codec,
                                   const struct tri_libav_said *said, struct tri_error *error)
{
    if (said->video.full_range || !leave_full_range(output, codec))
        return TRI_OK;
    tri_video_note(writer,
                   "%s: %s in %s cannot store full range; samples are converted to limited range, "
                   "which has fewer levels",
                   writer->name, codec->name, output->format->oformat->name);
    return convert_range(writer, output, error);
}

/* ---- transparency ---- */

/* An encoder that would keep alpha in such a file, to suggest; NULL if none. */
static const char *find_keeper(const AVOutputFormat *container)
{
    static const char *const names[] = {"prores_ks", "ffv1",
                                        "libvpx-vp9"}; /* only WebM variants hold VP9's alpha */
    const size_t count = strcmp(container->name, "webm") == 0 ? 3 : 2;
    for (size_t i = strcmp(container->name, "mov") == 0 ? 0 : 1; i < count; i++) {
        const AVCodec *codec = avcodec_find_encoder_by_name(names[i]);
        if (codec != NULL && nearest_with_alpha(codec, AV_PIX_FMT_YUVA420P) != AV_PIX_FMT_NONE &&
            avformat_query_codec(container, codec->id, FF_COMPLIANCE_NORMAL) == 1)
            return names[i];
    }
    return NULL;
}

static void leave_alpha(struct tri_video_writer *writer, const struct tri_libav_output *output,
                        const AVCodec *codec)
{
    const char *keeper = find_keeper(output->format->oformat);
    snprintf(writer->opaque, sizeof writer->opaque, "%s in %s has", codec->name,
             output->format->oformat->name);
    snprintf(writer->keeping, sizeof writer->keeping, ", or use %s%s to keep transparency",
             keeper != NULL ? "--video-codec " : "", keeper != NULL ? keeper : "webm");
}

/* ---- other metadata ---- */

static bool is_oblong(const struct tri_video *video)
{
    return video->aspect[0] > 0 && video->aspect[1] > 0 && video->aspect[0] != video->aspect[1];
}

/* GIF stores it in 64ths. */
static bool same_shape(const struct tri_video *a, const struct tri_video *b)
{
    const double one = (double)a->aspect[0] / a->aspect[1],
                 other = b->aspect[1] > 0 ? (double)b->aspect[0] / b->aspect[1] : 0;
    return fabs(one - other) < 0.02 * one;
}

static void check_rest(const struct tri_video_writer *writer, const struct tri_libav_output *output,
                       const struct tri_libav_say *say, const struct tri_libav_said *said)
{
    const struct tri_video *video = &writer->video;
    const char *container = output->format->oformat->name;
    if (said->video.rotation != video->rotation)
        tri_video_note(writer, "%s: %s cannot store the rotation of %d degrees", writer->name,
                       container, video->rotation);
    if (is_oblong(video) && !same_shape(video, &said->video))
        tri_video_note(
            writer, "%s: %s cannot store the pixel aspect %d:%d; players show the picture too %s",
            writer->name, output->in, video->aspect[0], video->aspect[1],
            video->aspect[0] > video->aspect[1] ? "narrow" : "wide");
    if ((video->has_mastering && !said->video.has_mastering) ||
        (video->has_light_level && !said->video.has_light_level))
        tri_video_note(writer, "%s: %s cannot store the mastering display and light level (HDR10)",
                       writer->name, output->in);
    if (say->chapters && !said->chapters)
        tri_video_note(writer, "%s: %s cannot store chapters", writer->name, container);
    if (say->timecode && !said->timecode)
        tri_video_note(writer, "%s: %s cannot store a timecode", writer->name, container);
}

/* Whether there is something to store that not every file can. */
static bool is_special(const struct tri_video *video, const struct tri_libav_output *output,
                       const struct tri_libav_say *say)
{
    char name[24];
    const bool full = video->full_range && video->matrix != TRI_RGB &&
                      output->encoder->colorspace != AVCOL_SPC_RGB;
    return full || is_unusual(video) || tri_video_light_name(video, name) || video->rotation != 0 ||
           output->alpha || is_oblong(video) || video->has_mastering || video->has_light_level ||
           say->chapters || say->timecode;
}

enum tri_status tri_libav_choose_pixels(struct tri_video_writer *writer,
                                        struct tri_libav_output *output,
                                        const struct tri_video_write_options *options,
                                        const AVCodec *codec, struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    const struct tri_libav_input *source = output->source;
    const struct tri_libav_say say = {.video = video,
                                      .chapters = source != NULL && source->format->nb_chapters > 0,
                                      .timecode =
                                          source != NULL && tri_libav_timecode(source) != NULL};
    output->alpha = video->alpha;
    enum tri_status status = match_pixels(writer, output, options, codec, error);
    const bool full = video->full_range && video->matrix != TRI_RGB &&
                      output->encoder->colorspace != AVCOL_SPC_RGB;
    struct tri_libav_said said;
    if (status == TRI_OK && output->alpha && codec->id == AV_CODEC_ID_APNG && video->bits > 8)
        tri_video_note(
            writer,
            "%s: converted to 8 bits per sample, the most that APNG with transparency can store",
            writer->name);
    if (status == TRI_OK && video->alpha && !output->alpha)
        leave_alpha(writer, output, codec);
    if (status != TRI_OK || !is_special(video, output, &say))
        return status;
    tri_libav_find_said(output->format->oformat, output->encoder, codec, &say,
                        &said);               /* empty if it cannot be determined */
    if (output->alpha && !said.video.alpha) { /* the file cannot store it */
        output->alpha = false;
        leave_alpha(writer, output, codec);
        status = match_pixels(writer, output, options, codec, error);
    }
    if (status == TRI_OK)
        status = check_matrix(writer, output, codec, &said, error);
    if (status != TRI_OK)
        return status;
    if (said.timecode) { /* frames' timecodes follow from the first */
        output->asked |= tri_beside_bit("S12M");
        output->kept |= tri_beside_bit("S12M");
    }
    check_light(writer, output, codec, &said);
    check_rest(writer, output, &say, &said);
    return full ? check_range(writer, output, codec, &said, error) : TRI_OK;
}
