/* tile_maker.c -- makes frames of a video small pictures: upright, with square pixels. */
#include "cli/tile_maker.h"

#include "image/image.h"

#include <math.h>
#include <stdio.h>

#define TILE_WIDTH 320

static void find_size(const struct tri_video *video, int asked, double *width, double *height)
{
    const double pixel = video->aspect[0] > 0 && video->aspect[1] > 0
                             ? (double)video->aspect[0] / video->aspect[1]
                             : 1;
    const bool turned = video->rotation % 180 != 0;
    const double across = turned ? video->height : video->width * pixel;
    const double down = turned ? video->width * pixel : video->height;

    *width = asked > 0 ? asked : fmin(TILE_WIDTH, fmax(1, round(across)));
    *height = fmax(1, round(*width * down / across));
}

static void say_pipeline(const struct tri_video *video, int asked, bool label, char text[300])
{
    const bool turned = video->rotation % 180 != 0;
    double width, height;

    find_size(video, asked, &width, &height);
    int length = snprintf(text, 300, "resize:width=%.0f:height=%.0f", turned ? height : width,
                          turned ? width : height);
    if (video->rotation != 0 && video->rotation % 90 == 0)
        length += snprintf(text + length, 300 - (size_t)length, ",rotate:angle=%d",
                           video->rotation % 360);
    if (label)
        snprintf(text + length, 300 - (size_t)length,
                 ",text:text='%%{time}':size=%.0f:outline=%.0f:gravity=southwest:x=%.0f:y=%.0f",
                 fmax(8, width / 16), fmax(1, width / 160), fmax(1, width / 80),
                 fmax(1, width / 80));
}

enum tri_status cli_tile_maker_open(struct cli_tile_maker *maker, struct tri_backend *backend,
                                    const struct tri_video *video, int width, bool label,
                                    struct tri_error *error)
{
    char text[300];

    say_pipeline(video, width, label, text);
    enum tri_status status = tri_pipeline_parse(text, &maker->pipeline, error);
    if (status == TRI_OK)
        status = tri_filter_new(backend, maker->pipeline, video, TRI_ONLY_RGB, TRI_CHROMA_USUAL,
                                &maker->filter, error);
    return status == TRI_OK ? tri_frame_new(tri_filter_video(maker->filter), &maker->tile, error)
                            : status;
}

void cli_tile_maker_close(struct cli_tile_maker *maker)
{
    tri_frame_free(&maker->tile);
    tri_filter_free(maker->filter);
    tri_pipeline_free(maker->pipeline);
}

enum tri_status cli_tile_make(struct cli_tile_maker *maker, const struct tri_frame *frame,
                              struct tri_image **image, struct tri_error *error)
{
    const struct tri_video *video = tri_filter_video(maker->filter);
    const struct tri_shape shape = {video->width, video->height, video->planes + video->alpha,
                                    video->bits > 8 ? 16 : 8};

    enum tri_status status = tri_filter_run(maker->filter, frame, &maker->tile, error);
    if (status == TRI_OK)
        status = tri_image_new(&shape, image, error);
    if (status != TRI_OK)
        return status;
    for (int p = 0; p < video->planes; p++)
        tri_image_copy_plane(maker->tile.planes[p], 0, *image, p);
    if (video->alpha)
        tri_image_copy_plane(maker->tile.planes[0], 1, *image, video->planes);
    return TRI_OK;
}
