/* clips.h -- helpers for tests of videos: distinguishable frames, written and read. */
#ifndef CLIPS_H
#define CLIPS_H

#include "video/video.h"

/* 25 frames per second and square pixels; three planes, or only luma if `planes` is 1. */
struct tri_video clips_video(int width, int height, int planes, int shift_x, int shift_y, int bits);
/* Samples over the full range, with another picture for each number. */
void clips_fill(const struct tri_video *video, long number, struct tri_frame *frame);
/* Counts samples that differ from clips_fill by more than `slack`, of 65535 or 255. */
long clips_wrong(const struct tri_video *video, long number, const struct tri_frame *frame,
                 int slack);

/* Writes `count` frames; `times` is NULL for consecutive ones. Always closes the file. */
enum tri_status clips_write(const char *path, const struct tri_video *video,
                            const struct tri_video_write_options *options, long count,
                            const int64_t *times, struct tri_error *error);
void clips_must_write(const char *path, const struct tri_video *video,
                      const struct tri_video_write_options *options, long count,
                      const int64_t *times);

/* Opens a video; a failure fails the test. */
struct tri_video_reader *clips_open(const char *path);
/* The frames of a reader up to its end. */
struct clip {
    enum tri_status status; /* of the first failure */
    struct tri_error error;
    long frames, wrong; /* wrong: frames that differ from clips_fill */
    int64_t times[200], durations[200];
    char warning[200];
};
struct clip clips_read(struct tri_video_reader *reader, int slack);
/* Opens, reads, closes; a failure to open counts as a failure to read. */
struct clip clips_read_file(const char *path, int slack);
/* Expects `count` frames as made by clips_fill. */
void clips_must_read(const char *path, long count);

/* Copies unchanged frames with everything that accompanies them: `most` of them, -1: all. */
enum tri_status clips_copy(const char *from, const char *to,
                           const struct tri_video_write_options *like, long most,
                           struct tri_error *error);

/* True if libavcodec was built without it; the test then counts as skipped. */
bool clips_lack_encoder(const char *name);
/* Runs ffmpeg in the folder of pictures.h. False if it is not installed; the test then counts as
 * skipped. */
bool clips_ffmpeg(const char *arguments);

/* Makes the file standard input. Returns the old one, for clips_restore_input. */
int clips_feed_input(const char *path, size_t skip);
void clips_restore_input(int old);

/* Writes a Y4M stream in shell.h's folder whose samples depend on all arguments; two-byte samples
 * have ten bits. False if it cannot be written. */
bool clips_stream(const char *name, int width, int height, const char *space, int shift_x,
                  int shift_y, int planes, int bytes, int frames);

#endif
