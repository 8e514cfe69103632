/* libav_files.h -- what a player makes of a file, by FFmpeg's libraries alone. */
#ifndef LIBAV_FILES_H
#define LIBAV_FILES_H

#include "video/video.h"

#define SHOWN_MOST 1000

/* What is shown and heard, in seconds. */
struct shown {
    int frames;
    double times[SHOWN_MOST];
    int levels[SHOWN_MOST]; /* what luma is on average, 0 to 255, as the samples are */
    int heard;              /* packets of sound */
    double sound;           /* when the first of them begins */
};
struct shown libav_shown(const char *path);
/* The first frame whose level is nearest to `level`. */
int libav_shown_at(const struct shown *shown, int level);

/* Copies by clips_copy, and must not fail. What was noted, one line for each note; good until the next call. */
const char *libav_copy_notes(const char *from, const char *to, const struct tri_video_write_options *like);

#endif
