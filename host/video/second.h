/* second.h -- a video whose frames, one after another, are the second picture of a pipeline. */
#ifndef TRI_SECOND_H
#define TRI_SECOND_H

#include "video.h"

struct tri_second;

/* The reader must outlive it. Frames are converted to R, G, B on the threads of `pool`, or NULL: on
 * one. Free it with tri_second_free. */
enum tri_status tri_second_new(struct tri_video_reader *reader, struct tri_pool *pool,
                               struct tri_second **second, struct tri_error *error);
void tri_second_free(struct tri_second *second);
/* Its present frame; black before the first. */
const struct tri_image *tri_second_image(const struct tri_second *second);
/* Goes on to the next frame; after the last one, that stays. */
enum tri_status tri_second_next(struct tri_second *second, struct tri_error *error);

#endif
