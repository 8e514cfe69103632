/* pace.h -- frames that come at any times, as frames of a constant rate: some are shown more than once, others left out. */
#ifndef TRI_PACE_H
#define TRI_PACE_H

#include "video.h"

struct tri_pace {
    int rate[2], time_base[2];
    int64_t first;       /* time of the first frame */
    int64_t place, next; /* of the newest frame among those of the constant rate, and of what comes behind it */
    bool begun;
    long repeated, left_out; /* what it took so far */
    long jumps;              /* of time, which are none of the picture's */
};

/* Frames per second; where one of them is unknown nothing is repeated, nor left out. */
void tri_pace_begin(struct tri_pace *pace, const int rate[2], const int time_base[2]);
/* A frame comes: how often the one before it is shown; 0: it is left out, or there was none. */
long tri_pace_next(struct tri_pace *pace, int64_t time, int64_t duration);
/* None comes any more: how often the last one is shown. */
long tri_pace_end(struct tri_pace *pace);
/* The writer's note of what became of the frames, if anything did. */
void tri_pace_note(const struct tri_pace *pace, const struct tri_video_writer *writer);
/* That frames which are written one after another were not of one length. `pace` has seen them. */
void tri_pace_note_uneven(const struct tri_pace *pace, const struct tri_video_writer *writer);

#endif
