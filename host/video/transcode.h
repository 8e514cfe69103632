/* transcode.h -- a stream of frames through a pipeline: reading, decoding, uploading, computing,
 * downloading, encoding and writing overlap, with a bounded number of frames in flight. */
#ifndef TRI_TRANSCODE_H
#define TRI_TRANSCODE_H

#include "filter.h"
#include "second.h"
#include "../image/data_table.h"

enum tri_video_stage {
    TRI_READ,
    TRI_DECODE_FRAME,
    TRI_UPLOAD_FRAME,
    TRI_COMPUTE,
    TRI_DOWNLOAD_FRAME,
    TRI_ENCODE_FRAME,
    TRI_WRITE,
    TRI_VIDEO_STAGES
};
extern const char *const tri_video_stage_names[TRI_VIDEO_STAGES];

struct tri_transcode {
    struct tri_filter *filter;
    struct tri_pool *pool; /* NULL: run sequentially */
    int jobs;              /* frames in flight, which bounds the memory */
    struct tri_video_reader *reader;
    /* A second input, or NULL: the pipeline sees each of its frames just before the reader's. If it
     * is shorter, its last frame stays. */
    struct tri_video_reader *with;
    struct tri_second *second; /* a video whose frames are the second pictures; NULL: none */
    struct tri_video_writer *writer;
    /* Receives the data kernels report for frames; the caller ends it. NULL if not wanted. */
    struct tri_data_table *data;
    bool strip; /* do not report lost metadata */
    /* Called before each frame; true: end here, keeping what is done. May be NULL. */
    bool (*stop)(void);
    /* Called after each written frame. May be NULL. */
    void (*through)(void *listener, long frames);
    void *listener;
    /* Filled in: */
    long frames;
    /* Frames were written whole and without a gap: nothing failed, or only an input did. */
    bool intact;
    int64_t wall_ns, busy_ns[TRI_VIDEO_STAGES]; /* summed over workers */
    bool in_order[TRI_VIDEO_STAGES];            /* one frame at a time */
};

/* Reads to the end or to the first failure; then all frames before it are written and none after
 * it, however many are in flight. The caller ends the writer. */
enum tri_status tri_transcode_run(struct tri_transcode *transcode, struct tri_error *error);

#endif
