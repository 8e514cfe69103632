/* plan.h -- how a graph is run: stages one after the other, in each of them passes that hand rows to
 * each other. Backends carry plans out; nothing in a plan depends on which. */
#ifndef TRI_PLAN_H
#define TRI_PLAN_H

#include "graph.h"
#include "../../kernels/dialect/walk.h"

struct tri_tally {
    long offset;  /* of TALLY_COPIES(bits) tables of `bins` 32-bit counts, in the scratch memory */
    int number;   /* tallies of one number are counted together */
    int bins;
};

/* What devices with local memory want to know of a node. */
struct tri_node_facts {
    int width;            /* of the output */
    int reach;
    bool dynamic, specialize, transposed;
    bool fixed;           /* nothing sets its constants later */
    long constants_size;
};

struct tri_stage {
    struct walk_node *nodes;
    int node_count;
    struct tri_node_facts *facts; /* of each node */
    const struct tri_pass **passes; /* those of the nodes, each once; a node's `pass` is a place here */
    int pass_count;
    int height, lead;
    int delay;           /* of all its nodes */
    int window;          /* row pointers that the widest node needs */
    long scratch_size;   /* bytes for one worker */
    long zeroed;         /* so many of them, from the start, are zero at the start of each run */
    struct tri_tally *tallies;
    int tally_count;
    int64_t samples;     /* made by all nodes: how much work it is */
};

/* Constants that a tally completes. */
struct tri_finish {
    int stage;  /* after this one, in which the last of its tallies is */
    int tally;
    int first;  /* of `frame`: the frame of the job that it takes for frame 0 */
    int delay;  /* and its node's */
    long constants;
    void (*finish)(const struct tri_counts *counts, const struct tri_operation *operation, void *constants);
    void (*frame)(long number, const struct tri_operation *operation, void *constants); /* or for each frame */
    struct tri_operation operation;
};

/* Which passes share a stage: those that hand rows to each other; those whose tiles fit local memory together; or none,
 * but for running sums and what reads them. */
enum tri_plan_kind { TRI_PLAN_WALK, TRI_PLAN_TILES, TRI_PLAN_ALONE };

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
    uint64_t *counts; /* [tally - 1][1 << bits], of the run so far */
    int tally_count;
    /* Channels that are kept for later frames, in as many slots of the arena by turns as frames are asked for. */
    struct tri_history {
        int channel, slots, first; /* first: the frame of the job that is the channel's own frame 0 */
        int delay;                 /* of the node that makes it */
        long offset, size; /* of slot 0, of each */
    } *histories;
    int history_count;
    /* Channels that are what a kept one was `ago` frames before. */
    struct tri_past {
        int channel, history, ago;
        bool state; /* zero in the first frame */
    } *pasts;
    int past_count;
    struct tri_finish *frames; /* constants that depend on the number of the frame */
    int frame_count;
    int delay; /* frames by which the output lags behind the input */
    enum tri_fields fields;
    bool turned;
    long over; /* runs since that of the last frame */
    struct tri_told told; /* its channel is a plane of the arena at the end of a run */
    long told_constants;
};

/* The pipeline must outlive the plan. */
enum tri_status tri_plan_make(const struct tri_pipeline *pipeline, const struct tri_shape *in, enum tri_plan_kind kind,
                              struct tri_plan **plan, struct tri_error *error);
void tri_plan_free(struct tri_plan *plan);
/* Gets a run going: forgets counts, sets the constants of this frame (0, 1, ...), points channels at the slots for it
 * and at the images' rows. Of `frames` that there are in all, 0: not known yet, runs after the last drive out what is late. */
void tri_plan_frame(struct tri_plan *plan, long frame, long frames, const struct tri_image *in,
                    const struct tri_image *out);
/* Whether a stage has made its last frame, which stays for those behind it: it is no more run. */
bool tri_plan_holds(const struct tri_plan *plan, int stage);
/* The part of the arena that has to be zero before frame 0, for past `i`; false: none. */
bool tri_plan_zeroed(const struct tri_plan *plan, int i, long *offset, long *size);

#endif
