/* stream.h -- items that pass through stages, several of them at the same time: a pipeline in the
 * parallel programmer's sense. A bounded number of items is under way ("tokens"); a worker carries
 * one from stage to stage and takes another where it would have to wait (as in "parallel_pipeline"
 * of Intel TBB; Reinders, "Intel Threading Building Blocks", 2007). */
#ifndef TRI_STREAM_H
#define TRI_STREAM_H

#include "pool.h"

#define TRI_STAGES_MAX 8

struct tri_stream_stage {
    const char *name;
    bool in_order; /* one item at a time, in the order in which they began; of stage 0 always so */
    /* False of stage 0: there is no further item. False of another: the item ends here. */
    bool (*run)(void *context, void *item);
};

struct tri_stream {
    const struct tri_stream_stage *stages;
    int stage_count;
    void *context;
    size_t item_size; /* bytes of an item; they are zero at its first stage */
    int items_most;   /* under way at the same time */
    /* Filled in: */
    int64_t busy_ns[TRI_STAGES_MAX]; /* time in each stage, summed over workers */
    int64_t wall_ns;
    long items;
};

/* Runs until stage 0 has no more, and all items are through. The caller takes part; with pool NULL, or
 * with items_most 1, one thing is done after another. TRI_FAILED: no memory. */
enum tri_status tri_stream_run(struct tri_pool *pool, struct tri_stream *stream, struct tri_error *error);

#endif
