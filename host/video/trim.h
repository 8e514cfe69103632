/* trim.h -- a part of a video: the frames whose times are within it. Its first frame has the time 0
 * and the number 0. */
#ifndef TRI_TRIM_H
#define TRI_TRIM_H

#include <stdbool.h>
#include <stdint.h>
#include "../triptych.h"

struct tri_error;
struct tri_frame;
struct tri_video_reader;

#define TRI_TRIM_SLACK 1e-6 /* seconds: a time that was printed and parsed is not after itself */

/* One end of the part. */
struct tri_mark {
    bool given;
    long frame; /* from 0; -1: `seconds` */
    double seconds;
};

/* Frames at `from` or later, and before `to`. */
struct tri_trim {
    struct tri_mark from, to;
    bool length; /* `to` counts from the part's first frame */
};

/* How far a reader is. */
struct tri_trimmed {
    bool begun;    /* the first frame has been found */
    bool relative; /* the codec counts frames and times from it */
    bool ended;    /* frames after the part were left out; the first of them has the time `end` */
    long frames;   /* returned */
    long skipped;  /* before the first */
    int64_t shown; /* until when the last one returned is, from the first */
    int64_t start, end; /* time of the first in the file; `end` counts from it */
};

/* Whether frames may be left out. */
bool tri_trim_is_part(const struct tri_trim *trim);
/* Whether a frame with that time, in seconds, and that number in the file belongs after `from`. */
bool tri_trim_reaches(const struct tri_mark *from, double seconds, long number);
/* After the codec has opened the file: lets it seek, and estimates the number of frames. */
enum tri_status tri_trim_begin(struct tri_video_reader *reader, struct tri_error *error);
/* As tri_video_next. TRI_USAGE: the file has no such frames. */
enum tri_status tri_trim_next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                              struct tri_error *error);
/* Fails because all frames are before the part; the last one ends at `end`, in seconds. */
enum tri_status tri_trim_no_frames(const struct tri_video_reader *reader, double end,
                                   struct tri_error *error);

#endif
