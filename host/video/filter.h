/* filter.h -- runs a pipeline on frames, whose chroma planes may be smaller than luma. */
#ifndef TRI_FILTER_H
#define TRI_FILTER_H

#include "video.h"

struct tri_filter;

/* What happens to chroma with kernels that work on each plane separately. USUAL: they run on it;
 * but if results have no colour (`monochrome` of tri_properties) it becomes neutral, and if kernels
 * need R, G and B (`needs_rgb`) they get those; black and white are those of the planes. RUN:
 * always treated like the other planes. KEPT: unchanged. */
enum tri_chroma { TRI_CHROMA_USUAL, TRI_CHROMA_RUN, TRI_CHROMA_KEPT };

/* Kernels that work on each plane separately get the planes as they are; for chroma, lengths are
 * scaled to its subsampling. Other pipelines get R, G and B: chroma is resized to luma's size,
 * converted by the kernel "ycbcr" with the stream's matrix and range, and back. If `takes` requires
 * R, G, B or Y, Cb, Cr, the output has those. Backend and pipeline must outlive the filter. */
enum tri_status tri_filter_new(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                               const struct tri_video *in, enum tri_colour takes,
                               enum tri_chroma chroma, struct tri_filter **filter,
                               struct tri_error *error);
void tri_filter_free(struct tri_filter *filter);
/* Memory for frames that pass through the filter; as tri_backend_memory. */
struct tri_memory *tri_filter_memory(const struct tri_filter *filter);
const struct tri_video *tri_filter_video(const struct tri_filter *filter); /* of the results */
/* Updates a frame's metadata to match the result; `metadata` may be NULL. Adds to a note what is
 * dropped. */
void tri_filter_follow(const struct tri_filter *filter, struct tri_metadata *metadata,
                       char note[TRI_NOTE_MAX]);
/* Frames by which results are delayed; as tri_job_delay. */
int tri_filter_delay(const struct tri_filter *filter);
/* Whether frames must be computed one at a time, in order: over time, and on OpenCL devices. */
bool tri_filter_in_order(const struct tri_filter *filter);
/* As tri_job_lend: the caller keeps the planes of each frame as they are until *runs later frames
 * are computed. Before the first frame. */
enum tri_status tri_filter_lend(struct tri_filter *filter, int *runs, struct tri_error *error);
/* After the last frame, as tri_job_end: running the last frame again then flushes delayed results.
 * Not while a frame is being computed. */
void tri_filter_end(struct tri_filter *filter);
/* Columns of the data a kernel reports for a frame, as tri_job_data_columns; NULL if none. After
 * tri_filter_tell the result frames carry the data. */
const char *tri_filter_data_columns(const struct tri_filter *filter);
void tri_filter_tell(struct tri_filter *filter);

/* A frame on its way through the filter. Its steps run in sequence; different threads may run steps
 * of different frames, but `compute` only as tri_filter_in_order allows. */
struct tri_filter_slot;
enum tri_status tri_filter_upload(struct tri_filter *filter, const struct tri_frame *in,
                                  struct tri_filter_slot **slot, struct tri_error *error);
/* The second picture for `compute`, instead of the pipeline's, of the same shape. */
void tri_filter_with(struct tri_filter_slot *slot, const struct tri_image *image);
/* Into the planes of `out`, which are of use after `download`; `in` must stay until then. */
enum tri_status tri_filter_compute(struct tri_filter *filter, struct tri_filter_slot *slot,
                                   struct tri_frame *out, struct tri_error *error);
/* `in` is the frame that `out` results from: with a delay, an earlier one than that of `upload`. */
enum tri_status tri_filter_download(struct tri_filter *filter, struct tri_filter_slot *slot,
                                    const struct tri_frame *in, struct tri_error *error);
/* Replaces the remaining steps, also after a failure of `compute`. NULL is allowed. */
void tri_filter_drop(struct tri_filter *filter, struct tri_filter_slot *slot);

/* Upload, compute and download. */
enum tri_status tri_filter_run(struct tri_filter *filter, const struct tri_frame *in,
                               struct tri_frame *out, struct tri_error *error);

#endif
