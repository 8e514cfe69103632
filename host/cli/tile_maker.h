/* tile_maker.h -- makes frames of a video small pictures: upright, with square pixels. */
#ifndef TRIPTYCH_CLI_TILE_MAKER_H
#define TRIPTYCH_CLI_TILE_MAKER_H

#include "video/filter.h"

struct cli_tile_maker {
    struct tri_pipeline *pipeline;
    struct tri_filter *filter;
    struct tri_frame tile;
};

/* Tiles have that width, or if it is 0, 320 or the video's if that is less. With `label`, the time
 * of each is drawn into it. To be closed after failures too. */
enum tri_status cli_tile_maker_open(struct cli_tile_maker *maker, struct tri_backend *backend,
                                    const struct tri_video *video, int width, bool label,
                                    struct tri_error *error);
void cli_tile_maker_close(struct cli_tile_maker *maker);
/* Of a decoded frame. */
enum tri_status cli_tile_make(struct cli_tile_maker *maker, const struct tri_frame *frame,
                              struct tri_image **image, struct tri_error *error);

#endif
