/* moves.h -- pipelines that only move samples, and which sample each of the result is. */
#ifndef TRI_MOVES_H
#define TRI_MOVES_H

#include "../image/image.h"

/* The samples of a stored picture that are shown, and how they are turned. */
struct tri_moves {
    int x, y, width, height; /* in the stored picture */
    struct tri_turn turn;
};

/* The whole of a picture of that shape, turned upright. */
struct tri_moves tri_moves_upright(const struct tri_shape *stored, int orientation);
/* The shape in which they are shown. */
struct tri_shape tri_moves_shape(const struct tri_moves *moves, const struct tri_shape *stored);
/* TRI_USAGE, with the kernel, if the pipeline does more than move samples. */
enum tri_status tri_moves_only(const struct tri_pipeline *pipeline, struct tri_error *error);
/* Adds what the pipeline does to the picture that `moves` shows, of that shape. */
enum tri_status tri_moves_add(struct tri_moves *moves, const struct tri_pipeline *pipeline,
                              const struct tri_shape *shape, struct tri_error *error);

#endif
