/* clip_stream.h -- frames in memory on their way through a device, several at the same time. */
#ifndef TRIPTYCH_CLIP_STREAM_H
#define TRIPTYCH_CLIP_STREAM_H

#include "video/filter.h"

struct tri_clip_stream;
/* `frames` must outlive it. */
enum tri_status tri_clip_stream_new(const struct tri_frame *frames, int count, struct tri_clip_stream **stream,
                                    struct tri_error *error);
void tri_clip_stream_free(struct tri_clip_stream *stream);
/* All frames, once: nanoseconds of each from its beginning to its end, and, unless NULL, the digest of its result. */
enum tri_status tri_clip_stream_run(struct tri_clip_stream *stream, struct tri_filter *filter, int64_t *samples,
                                    uint64_t *digests, struct tri_error *error);

uint64_t tri_clip_digest(const struct tri_frame *frame); /* clip.c */

#endif
