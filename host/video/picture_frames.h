/* picture_frames.h -- pictures as frames of a video: from numbered files (sequence.c) and from one
 * file (pictures.c). */
#ifndef TRI_PICTURE_FRAMES_H
#define TRI_PICTURE_FRAMES_H

#include "video.h"

#include <pthread.h>

#define TRI_PICTURE_RATE 25 /* frames per second, if pictures state none */

/* What is reported once for many pictures. */
struct tri_picture_notes {
    bool told;            /* the background */
    pthread_mutex_t lock; /* for `told` */
};

/* Describes a video of pictures like this one. `metadata`: the picture's; NULL if none. */
void tri_picture_describe(const struct tri_image *image, const struct tri_metadata *metadata,
                          const struct tri_background *background, struct tri_video *video);
/* Puts a transparent picture on the reader's background, and its planes into the frame. It must be
 * like the first one; a gray picture among coloured ones was packed more tightly by its writer.
 * `name` is for messages. */
enum tri_status tri_picture_to_frame(const struct tri_video_reader *reader,
                                     struct tri_picture_notes *notes, const char *name,
                                     struct tri_image **image, struct tri_frame *frame,
                                     struct tri_error *error);

#endif
