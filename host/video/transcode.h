/* transcode.h -- a stream of frames through a pipeline: reading, decoding, uploading, computing, downloading,
 * encoding and writing overlap, with a bounded number of frames under way. */
#ifndef TRI_TRANSCODE_H
#define TRI_TRANSCODE_H

#include "filter.h"

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
    struct tri_pool *pool;   /* NULL: one thing after another */
    int jobs;                /* frames under way at the same time, which bounds the memory */
    struct tri_video_reader *reader;
    /* A second input, or NULL: the pipeline sees each of its frames as the frame before the reader's. Its last frame
     * stays where it is shorter. */
    struct tri_video_reader *with;
    struct tri_video_writer *writer;
    FILE *data; /* what a kernel tells of the frames goes here as CSV; the caller closes it. NULL: nowhere */
    const char *data_name; /* for messages */
    bool (*stop)(void);      /* asked before each frame; true: end here, with what there is. May be NULL */
    void (*through)(void *listener, long frames); /* told after each frame that is written. May be NULL */
    void *listener;
    /* Filled in: */
    long frames;
    bool sound; /* frames were written without a gap, and whole: nothing failed, or only an input did */
    int64_t wall_ns, busy_ns[TRI_VIDEO_STAGES]; /* summed over workers */
    bool in_order[TRI_VIDEO_STAGES];            /* of one frame at a time */
};

/* Reads to the end, or to the first failure: then the frames before it are through, and none behind it, however many
 * are under way. The caller ends the writer. */
enum tri_status tri_transcode_run(struct tri_transcode *transcode, struct tri_error *error);

#endif
