/* clip_stream.h -- frames in memory streamed through a device, several in flight. */
#ifndef TRIPTYCH_CLIP_STREAM_H
#define TRIPTYCH_CLIP_STREAM_H

#include "video/filter.h"

struct tri_clip_stream;
/* `frames` must outlive it. */
enum tri_status tri_clip_stream_new(const struct tri_frame *frames, int count,
                                    struct tri_clip_stream **stream, struct tri_error *error);
void tri_clip_stream_free(struct tri_clip_stream *stream);
/* Runs all frames once. samples gets the nanoseconds of each from start to end; digests, unless
 * NULL, those of the results. */
enum tri_status tri_clip_stream_run(struct tri_clip_stream *stream, struct tri_filter *filter,
                                    int64_t *samples, uint64_t *digests, struct tri_error *error);

uint64_t tri_clip_digest(const struct tri_frame *frame); /* clip.c */

#endif
