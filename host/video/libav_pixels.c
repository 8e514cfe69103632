/* libav_pixels.c -- the pixel format that is requested or that players need, and sizes it does not
 * fit. */
#include "libav_codec.h"

#include <string.h>

#define LIST_BYTES 300

bool tri_libav_has_alpha(enum AVPixelFormat format)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
    return desc != NULL && (desc->flags & AV_PIX_FMT_FLAG_ALPHA) &&
           !(desc->flags & AV_PIX_FMT_FLAG_PAL);
}

static bool is_subsampled(const AVPixFmtDescriptor *desc)
{
    return desc->nb_components >= 3 && (desc->log2_chroma_w > 0 || desc->log2_chroma_h > 0);
}

static const char *name_of_shifts(int x, int y)
{
    static const char *const names[3][3] = {{"4:4:4", "4:4:0", "subsampled chroma"},
                                            {"4:2:2", "4:2:0", "subsampled chroma"},
                                            {"4:1:1", "subsampled chroma", "4:1:0"}};
    return x < 3 && y < 3 ? names[x][y] : "subsampled chroma";
}

static const char *chroma_name(const AVPixFmtDescriptor *desc)
{
    return desc->nb_components < 3 ? "gray"
                                   : name_of_shifts(desc->log2_chroma_w, desc->log2_chroma_h);
}

/* Formats a user can name: planes or pixels in memory. */
static bool is_software(enum AVPixelFormat format)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
    return desc != NULL && !(desc->flags & AV_PIX_FMT_FLAG_HWACCEL);
}

/* The first with full-size chroma, to suggest; NULL if none. */
static const char *full_chroma(const enum AVPixelFormat *formats, bool alpha)
{
    for (; formats != NULL && *formats != AV_PIX_FMT_NONE; formats++) {
        const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(*formats);
        if (is_software(*formats) && desc->nb_components == 3 + alpha && !is_subsampled(desc) &&
            !(desc->flags & AV_PIX_FMT_FLAG_PAL) && strncmp(desc->name, "yuvj", 4) != 0)
            return desc->name;
    }
    return NULL;
}

/* ---- requested ---- */

static enum tri_status take_named(const struct tri_video_writer *writer, const char *name,
                                  const AVCodec *codec, const enum AVPixelFormat *formats,
                                  enum AVPixelFormat *format, struct tri_error *error)
{
    char list[LIST_BYTES] = "";
    *format = av_get_pix_fmt(name);
    if (*format == AV_PIX_FMT_NONE || !is_software(*format))
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: unknown pixel format '%s'; expected a name such as "
                        "yuv420p or yuv444p",
                        writer->name, name);
    for (const enum AVPixelFormat *one = formats; one != NULL && *one != AV_PIX_FMT_NONE; one++) {
        const size_t used = strlen(list);
        if (*one == *format)
            return TRI_OK;
        if (is_software(*one))
            snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                     av_get_pix_fmt_name(*one));
    }
    return formats == NULL
               ? TRI_OK
               : tri_fail(error, TRI_USAGE,
                          "cannot write %s: %s does not support the pixel format %s; supported: %s",
                          writer->name, codec->name, name, list);
}

/* ---- for players ---- */

/* Players decode 4:2:0 of these everywhere, and at most 8 bits of H.264; of anything else they show
 * nothing, or green. */
static bool is_for_players(enum AVCodecID codec)
{
    return codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC || codec == AV_CODEC_ID_VP9 ||
           codec == AV_CODEC_ID_AV1;
}

/* Planar 4:2:0 with the fewest sufficient bits, else the most; AV_PIX_FMT_NONE if none. */
static enum AVPixelFormat find_420(const enum AVPixelFormat *formats, int bits, bool alpha)
{
    enum AVPixelFormat best = AV_PIX_FMT_NONE;
    int depth = 0;
    for (; formats != NULL && *formats != AV_PIX_FMT_NONE; formats++) {
        const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(*formats);
        if (desc == NULL || desc->nb_components != 3 + alpha || desc->log2_chroma_w != 1 ||
            desc->log2_chroma_h != 1 || !tri_libav_is_planar(desc) ||
            strncmp(desc->name, "yuvj", 4) == 0)
            continue;
        const int own = desc->comp[0].depth;
        if (depth == 0 || (depth < bits ? own > depth : own >= bits && own < depth)) {
            best = *formats;
            depth = own;
        }
    }
    return best;
}

static void note_chroma(const struct tri_video_writer *writer, const AVCodec *codec,
                        const enum AVPixelFormat *formats, enum AVPixelFormat format)
{
    const char *full = full_chroma(formats, tri_libav_has_alpha(format));
    tri_video_note(writer, "%s: RGB is converted to %s with %d bits (%s)%s%s%s%s", writer->name,
                   chroma_name(av_pix_fmt_desc_get(format)),
                   av_pix_fmt_desc_get(format)->comp[0].depth, av_get_pix_fmt_name(format),
                   is_for_players(codec->id) ? ", which players need" : "",
                   full != NULL ? "; use --pixel-format " : "", full != NULL ? full : "",
                   full != NULL ? " to keep full chroma" : "");
}

/* Of luma and chroma: what the nearest format of the codec has fewer samples or bits of. */
static void note_less(const struct tri_video_writer *writer, const AVCodec *codec,
                      enum AVPixelFormat format)
{
    const struct tri_video *video = &writer->video;
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);

    if (desc == NULL || (desc->flags & (AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_RGB)) != 0)
        return;
    const int depth = desc->comp[0].depth;
    const bool chroma =
        video->planes == 3 && (desc->nb_components < 3 || desc->log2_chroma_w > video->shift_x ||
                               desc->log2_chroma_h > video->shift_y);
    if (chroma || depth < video->bits)
        tri_video_note(writer,
                       "%s: %s with %d bits is converted to %s with %d bits (%s), the nearest that "
                       "%s supports",
                       writer->name,
                       video->planes == 3 ? name_of_shifts(video->shift_x, video->shift_y) : "gray",
                       video->bits, chroma_name(desc), depth, desc->name, codec->name);
}

enum tri_status tri_libav_take_pixels(const struct tri_video_writer *writer,
                                      const struct tri_video_write_options *options,
                                      const AVCodec *codec, bool alpha, enum AVPixelFormat *format,
                                      struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    const enum AVPixelFormat *formats = tri_libav_taken_formats(codec);
    if (options->pixel_format != NULL)
        return take_named(writer, options->pixel_format, codec, formats, format, error);
    if (video->planes != 3 || video->matrix != TRI_RGB) {
        note_less(writer, codec, *format);
        return TRI_OK;
    }
    const enum AVPixelFormat usual =
        is_for_players(codec->id)
            ? find_420(formats, codec->id == AV_CODEC_ID_H264 ? 8 : video->bits, alpha)
            : AV_PIX_FMT_NONE;
    *format = usual != AV_PIX_FMT_NONE ? usual : *format;
    if (is_subsampled(av_pix_fmt_desc_get(*format)))
        note_chroma(writer, codec, formats, *format);
    return TRI_OK;
}

/* ---- sizes ---- */

/* "the width 281 is odd", "the height 6 is no multiple of 4"; nothing if it fits. */
static void tell_side(char *text, size_t size, const char *name, int side, int shift)
{
    const size_t used = strlen(text);
    if (side % (1 << shift) == 0)
        return;
    snprintf(text + used, size - used,
             shift == 1 ? "%sthe %s %d is odd" : "%sthe %s %d is not a multiple of %d",
             used > 0 ? " and " : "", name, side, 1 << shift);
}

static int rounded_down(int side, int shift)
{
    const int least = 1 << shift, down = side / least * least;
    return down > 0 ? down : least;
}

enum tri_status tri_libav_refuse_size(const struct tri_video_writer *writer, const AVCodec *codec,
                                      enum AVPixelFormat format, int code, struct tri_error *error)
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
    const char *full = full_chroma(tri_libav_taken_formats(codec), tri_libav_has_alpha(format));
    const int width = writer->video.width, height = writer->video.height;
    char sides[100] = "", text[TRI_LIBAV_TEXT];
    if (is_subsampled(desc)) {
        tell_side(sides, sizeof sides, "width", width, desc->log2_chroma_w);
        tell_side(sides, sizeof sides, "height", height, desc->log2_chroma_h);
    }
    if (sides[0] == '\0')
        return tri_fail(
            error, TRI_FAILED, "cannot write %s: %s does not support %d x %d pixels of %s: %s",
            writer->name, codec->name, width, height, desc->name, tri_libav_reason(code, text));
    return tri_fail(error, TRI_USAGE,
                    "cannot write %s: %s; %s with %s needs even sizes; add "
                    "resize:width=%d:height=%d to the pipeline%s%s",
                    writer->name, sides, codec->name, chroma_name(desc),
                    rounded_down(width, desc->log2_chroma_w),
                    rounded_down(height, desc->log2_chroma_h),
                    full != NULL ? ", or --pixel-format " : "", full != NULL ? full : "");
}
