/* several_rig.h -- what the tests of several backends share. */
#ifndef SEVERAL_RIG_H
#define SEVERAL_RIG_H

#include "rig.h"

enum { SEVERAL_FRAMES = 3, SEVERAL_PICTURES = 40 };

/* What was told since the last backend was opened. */
extern struct several_notes {
    char text[4000];
    int count;
} several_notes;

/* With bands of so many rows by turns; 0: by speed. NULL: it cannot be opened, and that is told. */
struct tri_backend *several_open(const char *on, int rows);
/* Frames one after the other, and those that drive out what is late, must have the bytes of sequential scalar. */
void several_check(const char *text, const struct place *place, struct tri_image *const *frames, int count);
void several_make_frames(const struct tri_shape *shape, struct tri_image *frames[SEVERAL_FRAMES]);
void several_free_frames(struct tri_image *frames[SEVERAL_FRAMES]);
/* SEVERAL_PICTURES by threads that have one each; the pipeline keeps shapes. */
void several_crowd(struct tri_backend *backend, const char *text);
/* That were computed by parts that are lost or not; -1: by all. */
double several_pictures(const struct tri_backend *backend, int lost);

#endif
