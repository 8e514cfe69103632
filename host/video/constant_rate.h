/* constant_rate.h -- converts frames with arbitrary times to a constant rate: some are repeated,
 * others dropped. */
#ifndef TRI_CONSTANT_RATE_H
#define TRI_CONSTANT_RATE_H

#include "video.h"

struct tri_pace {
    int rate[2], time_base[2];
    int64_t first; /* time of the first frame */
    /* Slots of the newest frame and of its successor at the constant rate. */
    int64_t place, next;
    bool begun;
    bool
        asked; /* set by the writer: the rate was asked for, so the last frame may be dropped too */
    bool lasts; /* the newest frame's duration is known; some files state one tick for the last */
    long repeated, left_out; /* so far */
    long jumps;              /* of the clock, which are not part of the pictures */
};

/* Rates are in frames per second; if the rate or time base is unknown, nothing is repeated or
 * dropped. */
void tri_pace_begin(struct tri_pace *pace, const int rate[2], const int time_base[2]);
/* Accepts a frame; returns how often the previous one is shown. 0: it is dropped, or there was
 * none. */
long tri_pace_next(struct tri_pace *pace, int64_t time, int64_t duration);
/* After the last frame; returns how often it is shown. */
long tri_pace_end(struct tri_pace *pace);
/* Notes repeated and dropped frames for the writer, if any. */
void tri_pace_note(const struct tri_pace *pace, const struct tri_video_writer *writer);
/* Notes that frames written one after another had different durations; `pace` has seen them. */
void tri_pace_note_uneven(const struct tri_pace *pace, const struct tri_video_writer *writer);

#endif
