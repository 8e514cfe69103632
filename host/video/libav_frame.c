/* libav_frame.c -- frames between libav's layouts and planes. Called by several threads at once. */
#include "libav_codec.h"

#include "../codec/big_endian.h"
#include "../codec/metadata.h"

#include <libswscale/swscale.h>
#include <stdlib.h>
#include <string.h>

bool tri_libav_is_planar(const AVPixFmtDescriptor *desc)
{
    const uint16_t probe = 1;
    const bool big = *(const unsigned char *)&probe == 0;
    if (desc->flags & (AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_HWACCEL |
                       AV_PIX_FMT_FLAG_FLOAT))
        return false;
    for (int c = 0; c < desc->nb_components; c++) {
        const AVComponentDescriptor *comp = &desc->comp[c];
        if (comp->depth < 8 || comp->depth != desc->comp[0].depth || comp->shift != 0 ||
            comp->offset != 0 || comp->step != (comp->depth > 8 ? 2 : 1))
            return false;
        for (int other = 0; other < c; other++) {
            if (desc->comp[other].plane == comp->plane)
                return false;
        }
    }
    return desc->comp[0].depth == 8 || big == ((desc->flags & AV_PIX_FMT_FLAG_BE) != 0);
}

/* ---- reading ---- */

static void copy_plane(const AVFrame *raw, int plane, struct tri_image *image, int to)
{
    const size_t bytes = (size_t)image->shape.width * tri_sample_bytes(&image->shape);
    for (int y = 0; y < image->shape.height; y++)
        memcpy(tri_image_row(image, to, y), raw->data[plane] + (ptrdiff_t)y * raw->linesize[plane],
               bytes);
}

/* Scales samples of fewer than `bits` bits to the same range; palette indices become the entry's
 * colour, or its alpha if `c` is 3. */
static void finish_row(uint16_t *row, int width, const AVFrame *raw, const AVPixFmtDescriptor *desc,
                       int c, int bits)
{
    const uint32_t most = (UINT32_C(1) << bits) - 1;
    const int depth = desc->flags & AV_PIX_FMT_FLAG_PAL ? 8 : desc->comp[c].depth;
    const uint32_t own = (UINT32_C(1) << depth) - 1;
    for (int x = 0; x < width; x++) {
        uint32_t value = row[x];
        if (desc->flags & AV_PIX_FMT_FLAG_PAL) {
            memcpy(&value, raw->data[1] + 4 * (size_t)(value & 255), 4);
            value = value >> (c < 3 ? 16 - 8 * c : 24) & 255;
        } else if (raw->format == AV_PIX_FMT_MONOWHITE) {
            value ^= 1;
        }
        row[x] = (uint16_t)(own == most ? value : (value * most + own / 2) / own);
    }
}

/* Any other layout, sample by sample: packed, palette, other byte order. Slow, but lossless. */
static bool unpack_plane(const AVFrame *raw, const AVPixFmtDescriptor *desc, int c, int bits,
                         struct tri_image *image, int plane)
{
    const int width = image->shape.width;
    const bool palette = desc->flags & AV_PIX_FMT_FLAG_PAL;
    uint16_t *row = malloc((size_t)width * sizeof *row);
    if (row == NULL)
        return false;
    for (int y = 0; y < image->shape.height; y++) {
        av_read_image_line2(row, (const uint8_t **)raw->data, raw->linesize, desc, 0, y,
                            palette ? 0 : c, width, 0, sizeof *row);
        finish_row(row, width, raw, desc, c, bits);
        if (bits > 8) {
            memcpy(tri_image_row(image, plane, y), row, (size_t)width * sizeof *row);
            continue;
        }
        uint8_t *to = tri_image_row(image, plane, y);
        for (int x = 0; x < width; x++)
            to[x] = (uint8_t)row[x];
    }
    free(row);
    return true;
}

static void fill_alpha(struct tri_image *image, int bits)
{
    for (int y = 0; y < image->shape.height; y++) {
        void *row = tri_image_row(image, 1, y);
        for (int x = 0; x < image->shape.width; x++) {
            if (bits > 8)
                ((uint16_t *)row)[x] = (uint16_t)((UINT32_C(1) << bits) - 1);
            else
                ((uint8_t *)row)[x] = 255;
        }
    }
}

/* Metadata for pictures made from a frame, in PNG's terms: light that looks wrong if not declared,
 * and non-square pixels, as FFmpeg writes them. False: no memory. */
static bool describe(const struct tri_video *video, struct tri_frame *frame)
{
    const unsigned char codes[4] = {(unsigned char)video->primaries, (unsigned char)video->transfer,
                                    0, 1};
    const bool oblong =
        video->aspect[0] > 0 && video->aspect[1] > 0 && video->aspect[0] != video->aspect[1];
    unsigned char density[9] = {0};
    char name[24];
    const bool light = tri_video_light_name(video, name);
    tri_metadata_free(frame->metadata); /* of the frame held before */
    frame->metadata = NULL;
    if (!light && !oblong && !video->has_mastering && !video->has_light_level)
        return true;
    tri_put_be32(density, (uint32_t)video->aspect[0]);
    tri_put_be32(density + 4, (uint32_t)video->aspect[1]);
    frame->metadata = tri_metadata_new();
    return frame->metadata != NULL &&
           (!light || tri_metadata_add(frame->metadata, "cICP", codes, sizeof codes)) &&
           (!oblong || tri_metadata_add(frame->metadata, "pHYs", density, sizeof density)) &&
           (!video->has_mastering ||
            tri_metadata_add(frame->metadata, "mDCV", video->mastering, sizeof video->mastering)) &&
           (!video->has_light_level || tri_metadata_add(frame->metadata, "cLLI", video->light_level,
                                                        sizeof video->light_level));
}

enum tri_status tri_libav_decode(struct tri_video_reader *reader, struct tri_frame *frame,
                                 struct tri_error *error)
{
    const struct tri_video *video = &reader->video;
    const AVFrame *raw = frame->raw;
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(raw->format);
    const bool planar = tri_libav_is_planar(desc);
    bool done = describe(video, frame) && tri_libav_take_beside(raw, frame);
    for (int p = 0; p < video->planes + video->alpha && done; p++) {
        const bool alpha = p == video->planes;
        struct tri_image *image = frame->planes[alpha ? 0 : p];
        const bool palette = desc->flags & AV_PIX_FMT_FLAG_PAL;
        const int c = !alpha ? p : palette ? 3 : desc->nb_components - 1;
        if (alpha && !palette && !tri_libav_has_alpha(raw->format))
            fill_alpha(image, video->bits);
        else if (planar)
            copy_plane(raw, desc->comp[c].plane, image, alpha);
        else
            done = unpack_plane(raw, desc, c, video->bits, image, alpha);
        image->padded = false;
    }
    tri_libav_discard(frame);
    if (!done)
        return tri_fail(error, TRI_FAILED, "cannot read %s: out of memory", reader->name);
    if (video->bits > 8)
        tri_frame_expand_depth(frame, video->bits);
    return TRI_OK;
}

void tri_libav_discard(struct tri_frame *frame)
{
    AVFrame *raw = frame->raw;
    av_frame_free(&raw);
    frame->raw = NULL;
}

/* ---- writing ---- */

/* From `bits` to `depth` bits: full range by the ratio of the maxima, limited range by a power of
 * two, as the standards require. */
static uint32_t change_depth(uint32_t value, int bits, int depth, bool full)
{
    const uint32_t from = (UINT32_C(1) << bits) - 1, to = (UINT32_C(1) << depth) - 1;
    if (full)
        return (uint32_t)(((uint64_t)value * to + from / 2) / from);
    if (depth >= bits)
        return value << (depth - bits);
    value = (value + (UINT32_C(1) << (bits - depth - 1))) >> (bits - depth);
    return value < to ? value : to;
}

static void convert_row(const void *from, int bits, void *to, int depth, int width, bool full)
{
    for (int x = 0; x < width; x++) {
        const uint32_t value = bits > 8 ? ((const uint16_t *)from)[x] : ((const uint8_t *)from)[x];
        const uint32_t changed = change_depth(value, bits, depth, full);
        if (depth > 8)
            ((uint16_t *)to)[x] = (uint16_t)changed;
        else
            ((uint8_t *)to)[x] = (uint8_t)changed;
    }
}

static void narrow_row(const void *from, int bits, void *to, int depth, int width,
                       const uint16_t *narrow)
{
    for (int x = 0; x < width; x++) {
        const uint16_t value =
            narrow[bits > 8 ? ((const uint16_t *)from)[x] : ((const uint8_t *)from)[x]];
        if (depth > 8)
            ((uint16_t *)to)[x] = value;
        else
            ((uint8_t *)to)[x] = (uint8_t)value;
    }
}

static void fill_plane(AVFrame *raw, int plane, int width, int height, int depth, unsigned value)
{
    for (int y = 0; y < height; y++) {
        uint8_t *row = raw->data[plane] + (ptrdiff_t)y * raw->linesize[plane];
        for (int x = 0; x < width; x++) {
            if (depth > 8)
                ((uint16_t *)(void *)row)[x] = (uint16_t)value;
            else
                row[x] = (uint8_t)value;
        }
    }
}

/* Neutral chroma for a gray picture. */
static void fill_chroma(AVFrame *raw, int plane, int depth, const AVPixFmtDescriptor *desc)
{
    fill_plane(raw, plane, AV_CEIL_RSHIFT(raw->width, desc->log2_chroma_w),
               AV_CEIL_RSHIFT(raw->height, desc->log2_chroma_h), depth, 1U << (depth - 1));
}

/* From the second plane of `image`; NULL: opaque. Always full range. */
static void put_alpha(AVFrame *raw, const AVPixFmtDescriptor *desc, const struct tri_image *image,
                      int bits)
{
    const AVComponentDescriptor *comp = &desc->comp[desc->nb_components - 1];
    if (image == NULL)
        fill_plane(raw, comp->plane, raw->width, raw->height, comp->depth, (1U << comp->depth) - 1);
    for (int y = 0; image != NULL && y < raw->height; y++)
        convert_row(tri_image_row(image, 1, y), bits,
                    raw->data[comp->plane] + (ptrdiff_t)y * raw->linesize[comp->plane], comp->depth,
                    raw->width, true);
}

/* Copies planes, of video->bits bits by now, into a frame of a planar layout with the same chroma,
 * or gray into any. */
static void fill(AVFrame *raw, const struct tri_frame *frame, const struct tri_video *video,
                 const struct tri_libav_output *output)
{
    uint16_t *const *narrow = output->narrow;
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(raw->format);
    const int depth = desc->comp[0].depth;
    const bool full = video->full_range || video->matrix == TRI_RGB;
    if (tri_libav_has_alpha(raw->format))
        put_alpha(raw, desc, output->alpha ? frame->planes[0] : NULL, video->bits);
    for (int p = 0; p < (desc->nb_components < 3 ? 1 : 3); p++) {
        const int plane = desc->comp[p].plane;
        const struct tri_image *image = p < video->planes ? frame->planes[p] : NULL;
        if (image == NULL) {
            fill_chroma(raw, plane, depth, desc);
            continue;
        }
        const size_t bytes = (size_t)image->shape.width * tri_sample_bytes(&image->shape);
        for (int y = 0; y < image->shape.height; y++) {
            uint8_t *to = raw->data[plane] + (ptrdiff_t)y * raw->linesize[plane];
            if (narrow[0] != NULL)
                narrow_row(tri_image_row(image, 0, y), video->bits, to, depth, image->shape.width,
                           narrow[p > 0]);
            else if (depth == video->bits)
                memcpy(to, tri_image_row(image, 0, y), bytes);
            else
                convert_row(tri_image_row(image, 0, y), video->bits, to, depth, image->shape.width,
                            full);
        }
    }
}

static AVFrame *new_frame(const struct tri_video *video, enum AVPixelFormat format)
{
    AVFrame *raw = av_frame_alloc();
    if (raw == NULL)
        return NULL;
    raw->format = format;
    raw->width = video->width;
    raw->height = video->height;
    if (av_frame_get_buffer(raw, 0) < 0)
        av_frame_free(&raw);
    return raw;
}

/* ---- conversion for encoders that need other pixels ---- */

static int coefficients_of(enum tri_matrix matrix)
{
    return matrix == TRI_BT709    ? SWS_CS_ITU709
           : matrix == TRI_BT2020 ? SWS_CS_BT2020
                                  : SWS_CS_ITU601;
}

/* For palettes, the format before mapping to the palette. */
static enum AVPixelFormat scaled_format(const struct tri_libav_output *output)
{
    return output->encoder->pix_fmt != AV_PIX_FMT_PAL8 ? output->encoder->pix_fmt
           : output->colours.most > 0                  ? AV_PIX_FMT_RGB24
                                                       : AV_PIX_FMT_RGB8;
}

static struct SwsContext *new_scaler(const struct tri_video *video,
                                     const struct tri_libav_output *output)
{
    const AVCodecContext *encoder = output->encoder;
    const bool to_rgb = encoder->colorspace == AVCOL_SPC_RGB, rgb = video->matrix == TRI_RGB;
    const int flags =
        SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT;
    struct SwsContext *scaler =
        sws_getContext(video->width, video->height, output->planar, video->width, video->height,
                       scaled_format(output), flags, NULL, NULL, NULL);
    const int to_matrix = to_rgb                                        ? SWS_CS_ITU601
                          : encoder->colorspace == AVCOL_SPC_BT709      ? SWS_CS_ITU709
                          : encoder->colorspace == AVCOL_SPC_BT2020_NCL ? SWS_CS_BT2020
                                                                        : SWS_CS_ITU601;
    /* Fails if there is nothing to set. */
    if (scaler != NULL)
        sws_setColorspaceDetails(
            scaler, sws_getCoefficients(rgb ? to_matrix : coefficients_of(video->matrix)),
            (video->full_range && output->narrow[0] == NULL) || rgb, sws_getCoefficients(to_matrix),
            encoder->color_range == AVCOL_RANGE_JPEG, 0, 1 << 16, 1 << 16);
    return scaler;
}

/* A scaler serves one thread at a time; idle ones are kept. */
static struct SwsContext *take_scaler(const struct tri_video *video,
                                      struct tri_libav_output *output)
{
    struct SwsContext *scaler = NULL;
    pthread_mutex_lock(&output->lock);
    if (output->scaler_count > 0)
        scaler = output->scalers[--output->scaler_count];
    pthread_mutex_unlock(&output->lock);
    return scaler != NULL ? scaler : new_scaler(video, output);
}

static void put_scaler(struct tri_libav_output *output, struct SwsContext *scaler)
{
    pthread_mutex_lock(&output->lock);
    if (output->scaler_count < TRI_LIBAV_SCALERS) {
        output->scalers[output->scaler_count++] = scaler;
        scaler = NULL;
    }
    pthread_mutex_unlock(&output->lock);
    sws_freeContext(scaler);
}

void tri_libav_free_scalers(struct tri_libav_output *output)
{
    while (output->scaler_count > 0)
        sws_freeContext(output->scalers[--output->scaler_count]);
}

static bool scale(const struct tri_video *video, struct tri_libav_output *output,
                  const AVFrame *from, AVFrame *to)
{
    struct SwsContext *scaler = to != NULL ? take_scaler(video, output) : NULL;
    if (scaler == NULL)
        return false;
    const int rows = sws_scale(scaler, (const uint8_t *const *)from->data, from->linesize, 0,
                               video->height, to->data, to->linesize);
    put_scaler(output, scaler);
    return rows == video->height;
}

static AVFrame *convert(AVFrame *from, const struct tri_video *video,
                        struct tri_libav_output *output)
{
    AVFrame *to = new_frame(video, scaled_format(output));
    if (!scale(video, output, from, to))
        av_frame_free(&to);
    av_frame_free(&from);
    return to;
}

/* Only the first frame is reported. */
static AVFrame *make_palette(AVFrame *from, const struct tri_video_writer *writer,
                             const struct tri_image *alpha)
{
    struct tri_libav_output *output = writer->state;
    const int bits = writer->video.bits;
    AVFrame *to = from != NULL ? new_frame(&writer->video, AV_PIX_FMT_PAL8) : NULL;
    bool between = false;
    if (to != NULL && output->colours.most == 0)
        between = tri_libav_put_palette(from, alpha, bits, to);
    else if (to != NULL &&
             !tri_libav_choose_palette(from, alpha, bits, &output->colours, to, &between))
        av_frame_free(&to);
    av_frame_free(&from);
    pthread_mutex_lock(&output->lock);
    const bool first = between && !output->whole_told;
    output->whole_told |= between;
    pthread_mutex_unlock(&output->lock);
    if (first)
        tri_video_note(writer,
                       "%s: a palette cannot store partial transparency; such pixels become opaque "
                       "or fully transparent",
                       writer->name);
    return to;
}

enum tri_status tri_libav_encode(struct tri_video_writer *writer, struct tri_frame *frame,
                                 struct tri_error *error)
{
    struct tri_libav_output *output = writer->state;
    const struct tri_video *video = &writer->video;
    AVFrame *raw = new_frame(video, output->planar);
    if (video->bits > 8)
        tri_frame_reduce_depth(frame, video->bits);
    if (raw != NULL) {
        fill(raw, frame, video, output);
        if (output->planar != output->encoder->pix_fmt)
            raw = convert(raw, video, output);
        if (output->encoder->pix_fmt == AV_PIX_FMT_PAL8)
            raw = make_palette(raw, writer, output->alpha ? frame->planes[0] : NULL);
    }
    if (raw != NULL && !tri_libav_put_beside(writer, frame, raw))
        av_frame_free(&raw);
    if (raw == NULL)
        return tri_fail(error, TRI_FAILED, "cannot write %s: out of memory for a frame",
                        writer->name);
    tri_libav_tag_frame(raw, output->encoder);
    frame->raw = raw;
    return TRI_OK;
}
