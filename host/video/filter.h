/* filter.h -- a pipeline at work on frames, whose chroma planes may be smaller than luma. */
#ifndef TRI_FILTER_H
#define TRI_FILTER_H

#include "video.h"

struct tri_filter;

/* What becomes of chroma under kernels that work on each plane by itself. Usually they run on it, but where results are no
 * colour (`monochrome` of tri_properties) it becomes neutral, and where R, G and B are meant (`needs_rgb`) they get those; black
 * and white are those of the planes. Or it is in any case as the other planes, or stays as it is. */
enum tri_chroma { TRI_CHROMA_USUAL, TRI_CHROMA_RUN, TRI_CHROMA_KEPT };

/* Kernels that work on each plane by itself get the planes as they are, for chroma with lengths scaled to its
 * subsampling. Other pipelines get R, G and B: chroma is resized to the size of
 * luma, converted by the kernel "ycbcr" with the stream's matrix and range, and back. Where `takes` asks for R, G, B or
 * for Y, Cb, Cr, that is what comes out. Backend and pipeline must outlive it. */
enum tri_status tri_filter_new(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                               const struct tri_video *in, enum tri_colour takes, enum tri_chroma chroma,
                               struct tri_filter **filter, struct tri_error *error);
void tri_filter_free(struct tri_filter *filter);
/* Where frames should lie that go through it; as tri_backend_memory. */
struct tri_memory *tri_filter_memory(const struct tri_filter *filter);
const struct tri_video *tri_filter_video(const struct tri_filter *filter); /* of the results */
/* Makes what a frame's picture said true of the result; NULL: it said nothing. */
void tri_filter_follow(const struct tri_filter *filter, struct tri_metadata *metadata);
/* Frames by which results lag behind; as tri_job_delay. */
int tri_filter_delay(const struct tri_filter *filter);
/* Whether frames have to be computed one at a time, in their order: over time, and on OpenCL devices. */
bool tri_filter_in_order(const struct tri_filter *filter);
/* After the last frame, as tri_job_end: the last frame again then drives out what is late. While no frame is computed. */
void tri_filter_end(struct tri_filter *filter);
/* Columns of what a kernel tells of a frame, as tri_job_data_columns; NULL: nothing. After tri_filter_tell the frames of
 * results have it. */
const char *tri_filter_data_columns(const struct tri_filter *filter);
void tri_filter_tell(struct tri_filter *filter);

/* A frame on its way through the filter. Its steps follow each other, and different threads may take those of different
 * frames; but `compute` as tri_filter_in_order says. */
struct tri_filter_slot;
enum tri_status tri_filter_upload(struct tri_filter *filter, const struct tri_frame *in, struct tri_filter_slot **slot,
                                  struct tri_error *error);
/* Into the planes of `out`, which are of use after `download`; `in` is of no more. */
enum tri_status tri_filter_compute(struct tri_filter *filter, struct tri_filter_slot *slot, struct tri_frame *out,
                                   struct tri_error *error);
/* `in` is the frame that `out` is the result of: with a delay, an earlier one than that of `upload`. */
enum tri_status tri_filter_download(struct tri_filter *filter, struct tri_filter_slot *slot, const struct tri_frame *in,
                                    struct tri_error *error);
/* Instead of further steps, after a failure of `compute` too. NULL is fine. */
void tri_filter_drop(struct tri_filter *filter, struct tri_filter_slot *slot);

/* All three. */
enum tri_status tri_filter_run(struct tri_filter *filter, const struct tri_frame *in, struct tri_frame *out,
                               struct tri_error *error);

#endif
