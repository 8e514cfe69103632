/* plan.h -- how a graph runs: stages in sequence, each with passes that hand rows to each other.
 * Backends execute plans; a plan does not depend on the backend. */
#ifndef TRI_PLAN_H
#define TRI_PLAN_H

#include "graph.h"
#include "../../kernels/dialect/walk.h"

struct tri_histogram {
    long offset; /* of `tables` tables of `bins` 32-bit counts, in scratch memory */
    int number;  /* histograms with the same number are counted together */
    int bins, tables;
};

/* What all histograms of a number count together: `bins` of a plan's counts, from `first` on. */
struct tri_counted {
    size_t first;
    int bins;
    bool extremes; /* counts are joined by taking the larger one, not by adding them */
};

/* Facts about a node, for devices with local memory. */
struct tri_node_facts {
    int width; /* of the output */
    int reach;
    bool dynamic, specialize, transposed;
    bool fixed; /* its constants are not set later */
    long constants_size;
    double operations;             /* for a sample of each output */
    bool part;                     /* it sees planes, but reads only a part of them for a tile: */
    struct tri_reads across, down; /* as in a node's specification */
};

struct tri_stage {
    struct walk_node *nodes;
    int node_count;
    struct tri_node_facts *facts; /* of each node */
    const struct tri_pass *
        *passes; /* the nodes' passes, each once; a node's `pass` is an index here */
    int pass_count;
    int height, lead;
    int delay;         /* of all its nodes */
    int window;        /* row pointers needed by the widest node */
    long scratch_size; /* bytes per worker */
    long zeroed;       /* bytes at its start that are zero at the start of each run */
    struct tri_histogram *histograms;
    int histogram_count;
    int64_t samples; /* made by all nodes */
    double work;     /* of all nodes: operations, where loads and stores count as some */
    /* "gaussian_x+gaussian_y", for recordings; NULL: not asked for so far */
    const char *traced_name;
};
/* A stage's name for recordings: its passes. One thread at a time. */
const char *tri_stage_traced_name(struct tri_stage *stage);

/* Constants that are completed from a histogram, or set for each frame. */
struct tri_finish {
    int stage; /* which has the last of its histograms; it runs after this stage */
    int histogram;
    int first; /* for `frame`: the frame of the job that is its frame 0 */
    int delay; /* for `frame`: its node's delay */
    long constants;
    void (*finish)(const struct tri_counts *counts, const struct tri_operation *operation,
                   void *constants);
    void (*frame)(long number, const struct tri_operation *operation,
                  void *constants); /* or for each frame */
    struct tri_operation operation;
};

/* Which passes share a stage: those that hand rows to each other; those whose tiles fit in local
 * memory together; the same, where gathers see planes; or none except running sums and their
 * readers. */
enum tri_plan_kind { TRI_PLAN_WALK, TRI_PLAN_TILES, TRI_PLAN_PLANES, TRI_PLAN_ALONE };

struct tri_plan {
    enum tri_plan_kind kind;
    struct tri_shape in, out;
    int out_channel[TRI_PLANES_MAX];
    struct tri_stage *stages;
    int stage_count;
    struct walk_channel *channels;
    int channel_count;
    unsigned char *constants;
    long constants_size;
    long arena_size; /* bytes of planes between stages */
    struct tri_finish *finishes;
    int finish_count;
    uint64_t *counts; /* of the run so far, or of the round: counts.c */
    size_t counts_size;
    struct tri_counted *counted; /* [histogram - 1] */
    int histogram_count;
    /* Stages that run in rounds. */
    struct tri_repeat {
        int first, last;
        uint64_t most, rounds; /* rounds: that have begun in this run */
    } * repeats;
    int repeat_count;
    uint64_t *counts_before; /* of the round before */
    /* Channels kept for later frames, in a ring of slots in the arena. */
    struct tri_history {
        int channel, slots,
            first;         /* first: the frame of the job that is the channel's own frame 0 */
        int delay;         /* of the node that makes it */
        long offset, size; /* of slot 0; of each slot */
    } * histories;
    int history_count;
    /* Channels that hold what a kept one was `ago` frames before. */
    struct tri_previous {
        int channel, history, ago;
        bool state; /* zero in the first frame */
    } * previous;
    int previous_count;
    /* Inputs of earlier runs that are read where they are, because the caller lends them. */
    struct tri_lent {
        struct tri_image *images; /* of run n at n % room, by value: `in` may be a view */
        int room;                 /* 0: nothing is lent */
        struct tri_past {
            int channel, plane, ago;
        } * pasts;
        int past_count;
    } lent;
    void *inputs[BASE_COUNT - BASE_IN]; /* memory of what BASE_IN and those after it mean now */
    /* Channels in the arena that hold the second picture all the time. */
    struct tri_with {
        int channel;
        struct tri_channel plane;
    } * withs;
    int with_count;
    struct tri_finish *frames; /* constants that depend on the number of the frame */
    int frame_count;
    int delay; /* frames by which the output lags behind the input */
    enum tri_fields fields;
    bool transposed;
    bool reads_padding; /* of the input image */
    bool pads_rows;     /* may be filled row by row, as the walk announces them */
    struct tri_frame_time {
        bool timed;
        double seconds;
    } * times;            /* of the last `delay` + 1 frames: that of frame n is n modulo as many */
    long over;            /* runs since the last frame's */
    struct tri_told told; /* its channel is a plane in the arena at the end of a run */
    long told_constants;
};

/* How rows are walked. */
struct tri_walk_options {
    int fused; /* two passes become one if no more channels than that are between them; 0: never */
    size_t streamed; /* outputs of at least so many bytes go past the caches; 0: none */
};

/* `options` matter to TRI_PLAN_WALK; NULL: all are 0. The pipeline must outlive the plan. */
enum tri_status tri_plan_make(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                              enum tri_plan_kind kind, const struct tri_walk_options *options,
                              struct tri_plan **plan, struct tri_error *error);
/* The same with TRI_PLAN_WALK, for inputs that stay as they are until `lent.room` - 1 later runs
 * are done: they are not copied. */
enum tri_status tri_plan_make_lent(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                                   const struct tri_walk_options *options, struct tri_plan **plan,
                                   struct tri_error *error);
void tri_plan_free(struct tri_plan *plan);
/* Notes when a frame is shown, before tri_plan_frame. */
void tri_plan_time(struct tri_plan *plan, long frame, long frames, bool timed, double seconds);
/* Prepares a run: resets counts, sets the constants for this frame (0, 1, ...), and points channels
 * at their slots and at the images' rows. `frames` is the total, 0 if not known yet; runs after the
 * last frame flush delayed results. */
void tri_plan_frame(struct tri_plan *plan, long frame, long frames, const struct tri_image *in,
                    const struct tri_image *out);
/* Joins an entry of a table with the same entry of another. */
static inline void tri_count_join(uint64_t *count, uint64_t other, bool extremes)
{
    if (!extremes)
        *count += other;
    else if (other > *count)
        *count = other;
}
/* Joins what one part of a picture has counted with what others have. */
void tri_counts_join(const struct tri_plan *plan, uint64_t *counts, const uint64_t *others);
/* Returns whether a stage has made its last frame, which it keeps for later stages: it no longer
 * runs. */
bool tri_plan_holds(const struct tri_plan *plan, int stage);
/* Returns the stage to run after `stage`, whose counts are complete: the next one, or the first one
 * of a further round. */
int tri_plan_next(struct tri_plan *plan, int stage);
/* Gets the part of the arena that must be zero before frame 0, for previous[i]; returns false if
 * there is none. */
bool tri_plan_zeroed(const struct tri_plan *plan, int i, long *offset, long *size);

#endif
