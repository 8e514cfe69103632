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
    if (desc->flags &
        (AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_FLOAT))
        return false;
    for (int c = 0; c < desc->nb_components; c++) {
        const AVComponentDescriptor *comp = &desc->comp[c];
        if (comp->depth < 8 || comp->depth != desc->comp[0].depth || comp->shift != 0 || comp->offset != 0 ||
            comp->step != (comp->depth > 8 ? 2 : 1))
            return false;
        for (int other = 0; other < c; other++) {
            if (desc->comp[other].plane == comp->plane)
                return false;
        }
    }
    return desc->comp[0].depth == 8 || big == ((desc->flags & AV_PIX_FMT_FLAG_BE) != 0);
}

/* ---- reading ---- */

static void copy_plane(const AVFrame *raw, int plane, struct tri_image *image)
{
    const size_t bytes = (size_t)image->shape.width * tri_sample_bytes(&image->shape);
    for (int y = 0; y < image->shape.height; y++)
        memcpy(tri_image_row(image, 0, y), raw->data[plane] + (ptrdiff_t)y * raw->linesize[plane], bytes);
}

/* Samples of fewer bits than `bits` to the same range; of palettes, what a colour's entry says. */
static void finish_row(uint16_t *row, int width, const AVFrame *raw, const AVPixFmtDescriptor *desc, int c,
                       int bits)
{
    const uint32_t most = (UINT32_C(1) << bits) - 1;
    const int depth = desc->flags & AV_PIX_FMT_FLAG_PAL ? 8 : desc->comp[c].depth;
    const uint32_t own = (UINT32_C(1) << depth) - 1;
    for (int x = 0; x < width; x++) {
        uint32_t value = row[x];
        if (desc->flags & AV_PIX_FMT_FLAG_PAL) {
            memcpy(&value, raw->data[1] + 4 * (size_t)(value & 255), 4);
            value = value >> (16 - 8 * c) & 255;
        } else if (raw->format == AV_PIX_FMT_MONOWHITE) {
            value ^= 1;
        }
        row[x] = (uint16_t)(own == most ? value : (value * most + own / 2) / own);
    }
}

/* Any other layout, sample by sample: packed, of palettes, of the other byte order. Slow, but nothing is
 * lost. */
static bool unpack_plane(const AVFrame *raw, const AVPixFmtDescriptor *desc, int c, int bits,
                         struct tri_image *image)
{
    const int width = image->shape.width;
    const bool palette = desc->flags & AV_PIX_FMT_FLAG_PAL;
    uint16_t *row = malloc((size_t)width * sizeof *row);
    if (row == NULL)
        return false;
    for (int y = 0; y < image->shape.height; y++) {
        av_read_image_line2(row, (const uint8_t **)raw->data, raw->linesize, desc, 0, y, palette ? 0 : c,
                            width, 0, sizeof *row);
        finish_row(row, width, raw, desc, c, bits);
        if (bits > 8) {
            memcpy(tri_image_row(image, 0, y), row, (size_t)width * sizeof *row);
            continue;
        }
        uint8_t *to = tri_image_row(image, 0, y);
        for (int x = 0; x < width; x++)
            to[x] = (uint8_t)row[x];
    }
    free(row);
    return true;
}

/* What pictures of it are to say, in PNG's terms: light that looks wrong where nothing is said of it, and pixels that are not
 * square, as FFmpeg writes them. False: no memory. */
static bool describe(const struct tri_video *video, struct tri_frame *frame)
{
    const unsigned char codes[4] = {(unsigned char)video->primaries, (unsigned char)video->transfer, 0, 1};
    const bool oblong = video->aspect[0] > 0 && video->aspect[1] > 0 && video->aspect[0] != video->aspect[1];
    unsigned char density[9] = {0};
    char name[24];
    const bool light = tri_video_light_name(video, name);
    tri_metadata_free(frame->metadata); /* of a frame that it held before */
    frame->metadata = NULL;
    if (!light && !oblong)
        return true;
    tri_put_be32(density, (uint32_t)video->aspect[0]);
    tri_put_be32(density + 4, (uint32_t)video->aspect[1]);
    frame->metadata = tri_metadata_new();
    return frame->metadata != NULL && (!light || tri_metadata_add(frame->metadata, "cICP", codes, sizeof codes)) &&
           (!oblong || tri_metadata_add(frame->metadata, "pHYs", density, sizeof density));
}

enum tri_status tri_libav_decode(struct tri_video_reader *reader, struct tri_frame *frame,
                                 struct tri_error *error)
{
    const struct tri_video *video = &reader->video;
    const AVFrame *raw = frame->raw;
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(raw->format);
    const bool planar = tri_libav_is_planar(desc);
    bool done = describe(video, frame);
    for (int p = 0; p < video->planes && done; p++) {
        if (planar)
            copy_plane(raw, desc->comp[p].plane, frame->planes[p]);
        else
            done = unpack_plane(raw, desc, p, video->bits, frame->planes[p]);
        frame->planes[p]->padded = false;
    }
    tri_libav_discard(frame);
    if (!done)
        return tri_fail(error, TRI_FAILED, "cannot read %s: no memory", reader->name);
    if (video->bits > 8)
        tri_frame_spread(frame, video->bits);
    return TRI_OK;
}

void tri_libav_discard(struct tri_frame *frame)
{
    AVFrame *raw = frame->raw;
    av_frame_free(&raw);
    frame->raw = NULL;
}

/* ---- writing ---- */

/* From `bits` to `depth` bits: of full range by the ratio of the largest values, else, as the standards say,
 * by the ratio of powers of two. */
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

static void narrow_row(const void *from, int bits, void *to, int depth, int width, const uint16_t *narrow)
{
    for (int x = 0; x < width; x++) {
        const uint16_t value = narrow[bits > 8 ? ((const uint16_t *)from)[x] : ((const uint8_t *)from)[x]];
        if (depth > 8)
            ((uint16_t *)to)[x] = value;
        else
            ((uint8_t *)to)[x] = (uint8_t)value;
    }
}

/* Chroma of a gray picture. */
static void fill_plane(AVFrame *raw, int plane, int depth, const AVPixFmtDescriptor *desc)
{
    const int width = AV_CEIL_RSHIFT(raw->width, desc->log2_chroma_w);
    const int height = AV_CEIL_RSHIFT(raw->height, desc->log2_chroma_h);
    for (int y = 0; y < height; y++) {
        uint8_t *row = raw->data[plane] + (ptrdiff_t)y * raw->linesize[plane];
        for (int x = 0; x < width; x++) {
            if (depth > 8)
                ((uint16_t *)(void *)row)[x] = (uint16_t)(1 << (depth - 1));
            else
                row[x] = 128;
        }
    }
}

/* Planes, of video->bits bits by now, into a frame of a planar layout with the same chroma, or of gray into
 * any. */
static void fill(AVFrame *raw, const struct tri_frame *frame, const struct tri_video *video, uint16_t *const narrow[2])
{
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(raw->format);
    const int depth = desc->comp[0].depth;
    const bool full = video->full_range || video->matrix == TRI_RGB;
    for (int p = 0; p < (desc->nb_components < 3 ? 1 : 3); p++) {
        const int plane = desc->comp[p].plane;
        const struct tri_image *image = p < video->planes ? frame->planes[p] : NULL;
        if (image == NULL) {
            fill_plane(raw, plane, depth, desc);
            continue;
        }
        const size_t bytes = (size_t)image->shape.width * tri_sample_bytes(&image->shape);
        for (int y = 0; y < image->shape.height; y++) {
            uint8_t *to = raw->data[plane] + (ptrdiff_t)y * raw->linesize[plane];
            if (narrow[0] != NULL)
                narrow_row(tri_image_row(image, 0, y), video->bits, to, depth, image->shape.width, narrow[p > 0]);
            else if (depth == video->bits)
                memcpy(to, tri_image_row(image, 0, y), bytes);
            else
                convert_row(tri_image_row(image, 0, y), video->bits, to, depth, image->shape.width, full);
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

/* ---- conversion for encoders that want other pixels ---- */

static int coefficients_of(enum tri_matrix matrix)
{
    return matrix == TRI_BT709 ? SWS_CS_ITU709 : matrix == TRI_BT2020 ? SWS_CS_BT2020 : SWS_CS_ITU601;
}

static struct SwsContext *new_scaler(const struct tri_video *video, const struct tri_libav_output *output)
{
    const AVCodecContext *encoder = output->encoder;
    const bool to_rgb = encoder->colorspace == AVCOL_SPC_RGB, rgb = video->matrix == TRI_RGB;
    const int flags = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT;
    struct SwsContext *scaler = sws_getContext(video->width, video->height, output->planar, video->width,
                                               video->height, encoder->pix_fmt, flags, NULL, NULL, NULL);
    const int to_matrix = to_rgb                                        ? SWS_CS_ITU601
                          : encoder->colorspace == AVCOL_SPC_BT709      ? SWS_CS_ITU709
                          : encoder->colorspace == AVCOL_SPC_BT2020_NCL ? SWS_CS_BT2020
                                                                        : SWS_CS_ITU601;
    /* Fails where there is nothing to set. */
    if (scaler != NULL)
        sws_setColorspaceDetails(scaler,
                                 sws_getCoefficients(rgb ? to_matrix : coefficients_of(video->matrix)),
                                 (video->full_range && output->narrow[0] == NULL) || rgb, sws_getCoefficients(to_matrix),
                                 encoder->color_range == AVCOL_RANGE_JPEG, 0, 1 << 16, 1 << 16);
    return scaler;
}

/* One scaler serves one thread at a time; idle ones are kept. */
static struct SwsContext *take_scaler(const struct tri_video *video, struct tri_libav_output *output)
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

static AVFrame *convert(AVFrame *from, const struct tri_video *video, struct tri_libav_output *output)
{
    AVFrame *to = new_frame(video, output->encoder->pix_fmt);
    struct SwsContext *scaler = to != NULL ? take_scaler(video, output) : NULL;
    bool done = false;
    if (scaler != NULL) {
        done = sws_scale(scaler, (const uint8_t *const *)from->data, from->linesize, 0, video->height,
                         to->data, to->linesize) == video->height;
        put_scaler(output, scaler);
    }
    av_frame_free(&from);
    if (!done)
        av_frame_free(&to);
    return to;
}

enum tri_status tri_libav_encode(struct tri_video_writer *writer, struct tri_frame *frame,
                                 struct tri_error *error)
{
    struct tri_libav_output *output = writer->state;
    const struct tri_video *video = &writer->video;
    AVFrame *raw = new_frame(video, output->planar);
    if (video->bits > 8)
        tri_frame_gather(frame, video->bits);
    if (raw != NULL) {
        fill(raw, frame, video, output->narrow);
        if (output->planar != output->encoder->pix_fmt)
            raw = convert(raw, video, output);
    }
    if (raw == NULL)
        return tri_fail(error, TRI_FAILED, "cannot write %s: no memory to convert a frame", writer->name);
    tri_libav_tag_frame(raw, output->encoder);
    frame->raw = raw;
    return TRI_OK;
}
