/* libav_files.h -- a file as a player sees it, by FFmpeg's libraries alone. */
#ifndef LIBAV_FILES_H
#define LIBAV_FILES_H

#include "video/video.h"

#define SHOWN_MOST 1000

/* Times of frames and sound, in seconds. */
struct shown {
    int frames;
    double times[SHOWN_MOST];
    int levels[SHOWN_MOST]; /* average luma, 0 to 255, as stored */
    int heard;              /* packets of sound */
    double sound;           /* start of the first of them */
};
struct shown libav_shown(const char *path);
/* The index of the first frame whose level is nearest to `level`. */
int libav_shown_at(const struct shown *shown, int level);

/* Copies with clips_copy; a failure fails the test. Returns the notes, one per line; valid until
 * the next call. */
const char *libav_copy_notes(const char *from, const char *to,
                             const struct tri_video_write_options *like);

#endif
