/* picture_frames.c -- pictures as frames of a video. */
#include "picture_frames.h"

#include "../codec/big_endian.h"
#include "../codec/metadata.h"
#include "../codec/reduce_depth.h"
#include "../image/image.h"

#include <limits.h>
#include <string.h>

/* The pixel aspect ratio, as FFmpeg writes and reads it. */
static void describe_aspect(const struct tri_metadata *metadata, struct tri_video *video)
{
    const struct tri_metadata_item *sides = tri_metadata_find(metadata, "pHYs");
    if (sides == NULL || sides->size != 9 || sides->data[8] != 0)
        return;
    const uint32_t x = tri_get_be32(sides->data), y = tri_get_be32(sides->data + 4);
    if (x > 0 && y > 0 && x != y && x <= INT_MAX && y <= INT_MAX) {
        video->aspect[0] = (int)x;
        video->aspect[1] = (int)y;
    }
}

void tri_picture_describe(const struct tri_image *image, const struct tri_metadata *metadata,
                          const struct tri_background *background, struct tri_video *video)
{
    const bool on_colour = background->use != TRI_NO_BACKGROUND && !tri_background_gray(background);
    const bool coloured = image->shape.planes > 2 || (on_colour && !tri_image_opaque(image));
    *video = (struct tri_video){.width = image->shape.width,
                                .height = image->shape.height,
                                .planes = coloured ? 3 : 1,
                                .alpha = image->shape.planes % 2 == 0,
                                .bits = image->shape.bits,
                                .rate = {TRI_PICTURE_RATE, 1},
                                .interlace = 'p',
                                .matrix = TRI_RGB,
                                .full_range = true,
                                .time_base = {1, TRI_PICTURE_RATE}};
    tri_video_say_light(metadata, video);
    describe_aspect(metadata, video);
}

/* Only the first of many pictures is reported. */
static void note_background(const struct tri_video_reader *reader, struct tri_picture_notes *notes,
                            const char *path)
{
    pthread_mutex_lock(&notes->lock);
    const bool first = !notes->told;
    notes->told = true;
    pthread_mutex_unlock(&notes->lock);
    if (first)
        tri_background_tell(&reader->options.background, path, "the first picture has",
                            reader->options.tell, reader->options.listener);
}

/* If the first picture has no transparency at all, a later transparent picture is put on the
 * background. */
static enum tri_status flatten(const struct tri_video_reader *reader,
                               struct tri_picture_notes *notes, const char *path,
                               struct tri_image **image, struct tri_error *error)
{
    const struct tri_background *background = &reader->options.background;
    struct tri_image *flat;
    if (reader->video.alpha || tri_image_opaque(*image))
        return TRI_OK;
    if (background->use == TRI_NO_BACKGROUND)
        return tri_fail(error, TRI_FAILED,
                        "cannot read %s: it has transparent parts, but the first picture has no "
                        "transparency; use --background white",
                        path);
    const enum tri_status status = tri_image_flatten(*image, background, &flat, error);
    if (status != TRI_OK)
        return status;
    tri_image_free(*image);
    *image = flat;
    note_background(reader, notes, path);
    return TRI_OK;
}

static void take_alpha(const struct tri_image *image, struct tri_image *to)
{
    const size_t bytes = (size_t)to->shape.width * tri_sample_bytes(&to->shape);
    if (image->shape.planes % 2 == 0)
        tri_image_copy_plane(image, image->shape.planes - 1, to, 1);
    for (int y = 0; image->shape.planes % 2 != 0 && y < to->shape.height; y++)
        memset(tri_image_row(to, 1, y), 255, bytes);
}

/* A gray picture among coloured ones was packed more tightly by its writer. */
static enum tri_status take_picture(const struct tri_video_reader *reader,
                                    const struct tri_image *image, const char *path,
                                    struct tri_frame *frame, struct tri_error *error)
{
    const struct tri_video *video = &reader->video;
    const struct tri_shape *shape = &image->shape;
    const int planes = shape->planes > 2 ? 3 : 1;
    const bool pages = reader->codec == &tri_video_codec_pictures; /* differences are no damage */
    const char *several = pages ? "; all frames of a video must match: write numbered pictures (-o "
                                  "NAME-%04d.png) or a TIFF instead"
                                : "";
    if (shape->width != video->width || shape->height != video->height)
        return tri_fail(error, pages ? TRI_USAGE : TRI_FAILED,
                        "cannot read %s: it has %d x %d pixels, but the first picture %d x %d%s",
                        path, shape->width, shape->height, video->width, video->height, several);
    if (shape->bits != video->bits || planes > video->planes)
        return tri_fail(
            error, pages ? TRI_USAGE : TRI_FAILED,
            "cannot read %s: it is %s with %d bits, but the first picture %s with %d bits%s", path,
            planes == 3 ? "colour" : "gray", shape->bits, video->planes == 3 ? "colour" : "gray",
            video->bits, several);
    for (int p = 0; p < video->planes; p++)
        tri_image_copy_plane(image, p < planes ? p : 0, frame->planes[p], 0);
    if (video->alpha)
        take_alpha(image, frame->planes[0]);
    return TRI_OK;
}

enum tri_status tri_picture_to_frame(const struct tri_video_reader *reader,
                                     struct tri_picture_notes *notes, const char *name,
                                     struct tri_image **image, struct tri_frame *frame,
                                     struct tri_error *error)
{
    const enum tri_status status = flatten(reader, notes, name, image, error);
    return status == TRI_OK ? take_picture(reader, *image, name, frame, error) : status;
}
