/* several_rig.h -- helpers for tests of several backends. */
#ifndef SEVERAL_RIG_H
#define SEVERAL_RIG_H

#include "rig.h"

enum { SEVERAL_FRAMES = 3, SEVERAL_PICTURES = 40 };

/* Notes since the last backend was opened. */
extern struct several_notes {
    char text[4000];
    int count;
} several_notes;

/* With strips of `rows` rows, round-robin; 0: by speed. NULL if it cannot be opened, which is
 * reported. */
struct tri_backend *several_open(const char *on, int rows);
/* Frames in sequence, and the flush of delayed output, must have the bytes of sequential scalar. */
void several_check(const char *text, const struct place *place, struct tri_image *const *frames,
                   int count);
void several_make_frames(const struct tri_shape *shape, struct tri_image *frames[SEVERAL_FRAMES]);
void several_free_frames(struct tri_image *frames[SEVERAL_FRAMES]);
/* Runs SEVERAL_PICTURES images by threads with one each; the pipeline must keep shapes. */
void several_crowd(struct tri_backend *backend, const char *text);
/* Images computed by parts that are lost (1) or not (0); -1: by all. */
double several_pictures(const struct tri_backend *backend, int lost);

#endif
