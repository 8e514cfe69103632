/* clips.h -- what the tests of moving pictures share: frames that can be told apart, written and read. */
#ifndef CLIPS_H
#define CLIPS_H

#include "video/video.h"

/* Of 25 frames per second and square pixels; three planes, with `planes` 1 luma alone. */
struct tri_video clips_video(int width, int height, int planes, int shift_x, int shift_y, int bits);
/* Every sample from the lowest to the highest, another picture for each number. */
void clips_fill(const struct tri_video *video, long number, struct tri_frame *frame);
/* Samples that differ from clips_fill by more than `slack`, of 65535 or 255. */
long clips_wrong(const struct tri_video *video, long number, const struct tri_frame *frame, int slack);

/* Writes so many frames; `times` is NULL for one after another. Ends the file in any case. */
enum tri_status clips_write(const char *path, const struct tri_video *video,
                            const struct tri_video_write_options *options, long count, const int64_t *times,
                            struct tri_error *error);
void clips_must_write(const char *path, const struct tri_video *video,
                      const struct tri_video_write_options *options, long count, const int64_t *times);

/* Opens, and must not fail. */
struct tri_video_reader *clips_open(const char *path);
/* What a reader gives until its end. */
struct clip {
    enum tri_status status; /* of the first failure */
    struct tri_error error;
    long frames, wrong; /* wrong: frames that are not just as clips_fill makes them */
    int64_t times[200], durations[200];
    char warning[200];
};
struct clip clips_read(struct tri_video_reader *reader, int slack);
/* Opens, reads, closes; a failure to open is one of reading. */
struct clip clips_read_file(const char *path, int slack);
/* Must give `count` frames as clips_fill makes them. */
void clips_must_read(const char *path, long count);

/* Frames go over as they are, with everything beside them: `most` of them, -1: all. */
enum tri_status clips_copy(const char *from, const char *to, const struct tri_video_write_options *like,
                           long most, struct tri_error *error);

/* True, and the test counts as skipped: libavcodec was built without it. */
bool clips_lack_encoder(const char *name);
/* Runs ffmpeg in the folder of pictures.h. False, and the test counts as skipped: there is none. */
bool clips_ffmpeg(const char *arguments);

/* The file as standard input. Returns the old one, for clips_restore_input. */
int clips_feed_input(const char *path, size_t skip);
void clips_restore_input(int old);

/* Writes a Y4M stream in shell.h's folder whose samples depend on everything, those of two bytes having ten bits. False: it
 * cannot be written. */
bool clips_stream(const char *name, int width, int height, const char *space, int shift_x, int shift_y, int planes,
                  int bytes, int frames);

#endif
