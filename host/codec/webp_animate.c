/* webp_animate.c -- writes frames to an animated WebP, by libwebpmux, which stores the differences
 * from the previous frame. */
#include "reduce_depth.h"
#include "webp_codec.h"

#include <stdlib.h>
#include <string.h>
#include <webp/mux.h>

#define LOOPS_MOST 65535

struct animation {
    WebPAnimEncoder *encoder; /* NULL until the first frame gives the size */
    WebPAnimEncoderOptions options;
    WebPConfig config;
    struct tri_metadata *metadata; /* the first frame's */
    int width, height, loops;
    long frames;
    double time; /* when the next frame begins, in ms */
};

enum tri_status tri_webp_begin(const struct tri_sink *sink, const struct tri_pictures_info *info,
                               void **state)
{
    struct animation *animation = calloc(1, sizeof *animation);
    *state = animation;
    if (animation == NULL)
        return tri_sink_fail(sink, "out of memory");
    if (!WebPAnimEncoderOptionsInit(&animation->options) ||
        !tri_webp_configure(sink->options, &animation->config))
        return tri_sink_fail(sink,
                             "incompatible libwebp; rebuild triptych with the installed version");
    animation->loops = info->loops;
    animation->options.anim_params.loop_count = info->loops < LOOPS_MOST ? info->loops : LOOPS_MOST;
    return TRI_OK;
}

/* False if out of memory. */
static bool keep_metadata(struct animation *animation, const struct tri_metadata *metadata)
{
    static const char *const types[] = {"eXIf", "iCCP", "XMP "};
    animation->metadata = tri_metadata_new();
    bool sound = animation->metadata != NULL;
    for (int i = 0; i < 3 && sound; i++) {
        const struct tri_metadata_item *item = tri_metadata_find(metadata, types[i]);
        sound = item == NULL ||
                tri_metadata_add(animation->metadata, item->type, item->data, item->size);
    }
    return sound;
}

static enum tri_status begin_file(const struct tri_sink *sink, struct animation *animation,
                                  const struct tri_shape *shape)
{
    if (animation->frames > 0)
        return shape->width == animation->width && shape->height == animation->height
                   ? TRI_OK
                   : tri_fail(
                         sink->error, TRI_USAGE,
                         "cannot write %s: the size of frame %ld differs from the frames before it",
                         sink->name, animation->frames + 1);
    if (tri_webp_check_size(sink, shape) != TRI_OK)
        return TRI_USAGE;
    animation->width = shape->width;
    animation->height = shape->height;
    animation->encoder = WebPAnimEncoderNew(shape->width, shape->height, &animation->options);
    return animation->encoder != NULL && keep_metadata(animation, sink->options->metadata)
               ? TRI_OK
               : tri_sink_fail(sink, "out of memory");
}

static enum tri_status cannot_add(const struct tri_sink *sink, struct animation *animation)
{
    const char *text =
        animation->encoder != NULL ? WebPAnimEncoderGetError(animation->encoder) : "";
    return tri_sink_fail(sink, "libwebp: %s",
                         text != NULL && text[0] != '\0' ? text : "out of memory");
}

enum tri_status tri_webp_add(const struct tri_sink *sink, void *state, const struct tri_part *part)
{
    struct animation *animation = state;
    const struct tri_image *image = part->image;
    const struct tri_duration duration = part->duration;
    struct tri_image *reduced;
    struct tri_error why;
    WebPPicture picture;
    enum tri_status status = begin_file(sink, animation, &image->shape);
    if (status != TRI_OK)
        return status;
    if (tri_image_reduce(image, &reduced, &why) != TRI_OK)
        return tri_sink_fail(sink, "%s", why.text);
    if (!WebPPictureInit(&picture) ||
        !tri_webp_picture(reduced != NULL ? reduced : image, &picture))
        status = tri_webp_cannot_encode(sink, picture.error_code);
    else if (!WebPAnimEncoderAdd(animation->encoder, &picture, (int)(animation->time + 0.5),
                                 &animation->config))
        status = cannot_add(sink, animation);
    WebPPictureFree(&picture);
    tri_image_free(reduced);
    /* unspecified: as for numbered pictures */
    animation->time += duration.per > 0 ? 1000.0 * duration.count / duration.per : 40;
    animation->frames++;
    return status;
}

/* libwebpmux merges successive equal frames, and those shown for no time. */
static void note_frames(const struct tri_sink *sink, const struct animation *animation,
                        const WebPData *data)
{
    WebPDemuxer *demuxer = WebPDemux(data);
    const long frames =
        demuxer != NULL ? (long)WebPDemuxGetI(demuxer, WEBP_FF_FRAME_COUNT) : animation->frames;
    WebPDemuxDelete(demuxer);
    if (frames < animation->frames && sink->options->tell != NULL) {
        char text[TRI_NOTE_MAX];
        snprintf(text, sizeof text,
                 "%.200s: %ld of %ld frames equal the frame before and extend its duration instead",
                 sink->name, animation->frames - frames, animation->frames);
        sink->options->tell(sink->options->listener, text);
    }
}

enum tri_status tri_webp_finish(const struct tri_sink *sink, void *state)
{
    struct animation *animation = state;
    struct tri_write_options options = *sink->options;
    struct tri_sink own = *sink;
    WebPData data;
    WebPDataInit(&data);
    options.metadata = animation->metadata;
    own.options = &options;
    if (!WebPAnimEncoderAdd(animation->encoder, NULL, (int)(animation->time + 0.5), NULL) ||
        !WebPAnimEncoderAssemble(animation->encoder, &data)) {
        WebPDataClear(&data);
        return cannot_add(sink, animation);
    }
    note_frames(sink, animation, &data);
    const enum tri_status status = tri_webp_write_file(&own, &data);
    WebPDataClear(&data);
    return status;
}

void tri_webp_drop(void *state)
{
    struct animation *animation = state;
    if (animation == NULL)
        return;
    WebPAnimEncoderDelete(animation->encoder);
    tri_metadata_free(animation->metadata);
    free(animation);
}
