/* webp_frames.c -- reads the frames of an animated WebP as shown: libwebpdemux draws them onto the
 * canvas. */
#include "exif.h"
#include "webp_codec.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct animation {
    const struct tri_source *source;
    WebPDemuxer *demuxer; /* for metadata */
    /* NULL if the canvas is larger than the limit, which opening reports */
    WebPAnimDecoder *decoder;
    WebPAnimInfo info;
    bool alpha;
};

/* Whether a pixel may show what is behind the picture: then all frames, being of one kind, have
 * alpha. Drawing over something opaque leaves it opaque; before the first frame, and after one that
 * is cleared, there is nothing. */
static bool has_alpha(const WebPDemuxer *demuxer)
{
    const int width = (int)WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH),
              height = (int)WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT);
    WebPIterator frame;
    bool alpha = false, cleared = true;
    for (int more = WebPDemuxGetFrame(demuxer, 1, &frame); more && !alpha;
         more = WebPDemuxNextFrame(&frame)) {
        const bool covers = frame.width == width && frame.height == height;
        alpha = (frame.has_alpha && (cleared || frame.blend_method == WEBP_MUX_NO_BLEND)) ||
                (cleared && !covers);
        cleared = frame.dispose_method == WEBP_MUX_DISPOSE_BACKGROUND;
    }
    WebPDemuxReleaseIterator(&frame);
    return alpha;
}

static bool find_durations(const WebPDemuxer *demuxer, struct tri_series *series)
{
    WebPIterator frame;
    series->durations = calloc((size_t)series->info.count, sizeof series->durations[0]);
    if (series->durations == NULL)
        return false;
    for (int more = WebPDemuxGetFrame(demuxer, 1, &frame); more; more = WebPDemuxNextFrame(&frame))
        series->durations[frame.frame_num - 1] = (struct tri_duration){frame.duration, 1000};
    WebPDemuxReleaseIterator(&frame);
    return true;
}

/* libwebpdemux allocates two canvases on creation, so check the size first. */
static enum tri_status open_decoder(struct animation *animation, const struct tri_source *source)
{
    const WebPData data = {source->data, source->size};
    WebPAnimDecoderOptions options;
    const enum tri_status status =
        tri_source_check_size(source, WebPDemuxGetI(animation->demuxer, WEBP_FF_CANVAS_WIDTH),
                              WebPDemuxGetI(animation->demuxer, WEBP_FF_CANVAS_HEIGHT));
    if (status != TRI_OK)
        return status;
    if (!WebPAnimDecoderOptionsInit(&options))
        return tri_source_fail(source,
                               "incompatible libwebp; rebuild triptych with the installed version");
    options.color_mode = MODE_RGBA;
    options.use_threads = source->pool != NULL;
    animation->decoder = WebPAnimDecoderNew(&data, &options);
    return animation->decoder != NULL &&
                   WebPAnimDecoderGetInfo(animation->decoder, &animation->info)
               ? TRI_OK
               : tri_source_fail(source, "out of memory for libwebp");
}

/* By the header, which a lack of memory does not change. */
static bool says_animated(const struct tri_source *source)
{
    const unsigned char *head = source->data;
    return source->size > 20 && memcmp(head + 12, "VP8X", 4) == 0 && (head[20] & 2);
}

/* Leaves still pictures to the other reader. */
enum tri_status tri_webp_open(struct tri_source *source, struct tri_series *series)
{
    const WebPData data = {source->data, source->size};
    WebPDemuxState state;
    WebPDemuxer *demuxer = WebPDemuxPartial(&data, &state);
    const uint32_t count = demuxer != NULL ? WebPDemuxGetI(demuxer, WEBP_FF_FRAME_COUNT) : 0,
                   loops = demuxer != NULL ? WebPDemuxGetI(demuxer, WEBP_FF_LOOP_COUNT) : 0;
    if (demuxer == NULL && says_animated(source))
        return tri_source_fail(source, "%s",
                               state == WEBP_DEMUX_PARSE_ERROR
                                   ? "the data is damaged, or there is no memory"
                                   : "the file is cut short");
    struct animation *animation = count > 1 ? calloc(1, sizeof *animation) : NULL;
    if (animation == NULL) {
        WebPDemuxDelete(demuxer);
        return count > 1 ? tri_source_fail(source, "out of memory") : TRI_OK;
    }
    animation->demuxer = demuxer;
    series->state = animation;
    series->info =
        (struct tri_pictures_info){series->info.format, "frame", count, true, (int)loops};
    if (!find_durations(demuxer, series))
        return tri_source_fail(source, "out of memory");
    if (state != WEBP_DEMUX_DONE)
        return tri_source_fail(source, "the file is truncated");
    animation->alpha = has_alpha(demuxer);
    return open_decoder(animation, source);
}

enum tri_status tri_webp_next(struct tri_source *source, struct tri_series *series,
                              struct tri_image **image)
{
    struct animation *animation = series->state;
    const size_t width = animation->info.canvas_width, height = animation->info.canvas_height;
    uint8_t *pixels;
    int time, orientation;
    *image = NULL;
    if (!WebPAnimDecoderGetNext(animation->decoder, &pixels, &time))
        return tri_source_fail(source, "the data is damaged");
    enum tri_status status =
        tri_source_image(source, width, height, animation->alpha ? 4 : 3, 8, image);
    uint8_t *row = status == TRI_OK && !animation->alpha ? malloc(width * 3) : NULL;
    if (status == TRI_OK && !animation->alpha && row == NULL)
        status = tri_source_fail(source, "out of memory for a row");
    for (size_t y = 0; y < height && status == TRI_OK; y++) {
        const uint8_t *from = pixels + y * width * 4;
        for (size_t x = 0; x < width && row != NULL; x++)
            memcpy(row + x * 3, from + x * 4, 3);
        tri_row_split(*image, (int)y, row != NULL ? row : from);
    }
    free(row);
    if (status == TRI_OK)
        status = tri_webp_read_chunks(source, animation->demuxer, &orientation);
    return status == TRI_OK ? tri_source_orient(source, orientation, image) : status;
}

void tri_webp_close(struct tri_series *series)
{
    struct animation *animation = series->state;
    WebPAnimDecoderDelete(animation->decoder);
    WebPDemuxDelete(animation->demuxer);
    free(animation);
    series->state = NULL;
}
