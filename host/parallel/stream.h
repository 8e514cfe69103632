/* stream.h -- items that pass through stages, several at a time: a pipeline in the parallel
 * programmer's sense. A bounded number of items is in flight ("tokens"); a worker carries an item
 * from stage to stage and takes another where it would have to wait (as in "parallel_pipeline" of
 * Intel TBB; Reinders, "Intel Threading Building Blocks", 2007). */
#ifndef TRI_STREAM_H
#define TRI_STREAM_H

#include "pool.h"

#define TRI_STAGES_MAX 8

struct tri_stream_stage {
    const char *name;
    /* one item at a time, in the order in which they began; always set for stage 0 */
    bool in_order;
    /* Stage 0 returns false if there are no more items; other stages if the item ends here. */
    bool (*run)(void *context, void *item);
};

struct tri_stream {
    const struct tri_stream_stage *stages;
    int stage_count;
    void *context;
    size_t item_size; /* bytes of an item, zeroed before its first stage */
    int items_most;   /* in flight at a time */
    /* Results: */
    int64_t busy_ns[TRI_STAGES_MAX]; /* time in each stage, summed over workers */
    int64_t wall_ns;
    long items;
};

/* Runs until stage 0 has no more items and all are through. The caller is a worker; with pool NULL
 * or items_most 1, everything runs in sequence. Returns TRI_FAILED if out of memory. */
enum tri_status tri_stream_run(struct tri_pool *pool, struct tri_stream *stream,
                               struct tri_error *error);

#endif
