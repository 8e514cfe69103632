/* plan_internal.h -- shared by plan.c and stage.c while a plan is made. */
#ifndef TRI_PLAN_INTERNAL_H
#define TRI_PLAN_INTERNAL_H

#include "plan.h"

#include "../image/image.h"

/* How far a node and those before it in its stage reach together, in one direction. */
struct far {
    int windows;  /* to one side, in the node's samples, by windows alone */
    double step;  /* samples of the stage's input for one of the node's, */
    double count; /* and those that this one needs */
    bool parts;   /* a gather among them reads a part of what is made in the stage */
};

struct planner {
    struct tri_graph graph;
    struct tri_value out;
    struct tri_plan *plan;
    enum tri_plan_kind kind;
    bool streams;
    struct far *far_x, *far_y; /* per node */
    int *stage;                /* per node */
    int *last_stage;           /* per channel: the last stage that reads it */
    bool *kept;                /* per channel: a plane, not a ring */
    bool *once; /* per node: no row may be made twice, because it or a node that feeds it writes a
                   plane */
    bool *is_out;
};

static inline long round_up(long n, long to)
{
    return (n + to - 1) / to * to;
}

static inline long row_start(const struct walk_channel *c)
{
    return (round_up(c->halo, 64) + TRI_PAD) * c->size;
}

/* Bytes per row of a channel: room for the halo, for lanes beyond the width, and for a gather's
 * last weights; an odd number of 64-byte lines, so that rows do not share cache sets. */
static inline long row_stride(const struct walk_channel *c)
{
    const long lines =
        ((2 * round_up(c->halo, 64) + round_up(c->width, 64) + 4 * TRI_PAD) * c->size + 63) / 64;
    return (lines | 1) * 64;
}

/* Bytes of a plane, starting row_start before its first sample; includes room to read beyond the
 * end, as packed planes need. */
static inline long plane_size(const struct walk_channel *c)
{
    const long rows = (long)c->stride * c->height;
    return round_up(c->aside == 0 ? rows : row_start(c) + rows + 2 * TRI_PAD * c->size, 4096) +
           TRI_PLANES_APART;
}

/* counts.c: places what histograms count. Returns false if there is no memory. */
bool tri_counts_place(struct planner *p);

/* lent.c: gives the inputs of earlier runs bases of their own, if they are lent. Returns false if
 * out of memory. */
bool tri_lent_place(struct planner *planner);
/* Before a run: points those channels at the right images. Returns the image to read as the input:
 * `in`, or after the last frame that one. */
const struct tri_image *tri_lent_frame(struct tri_plan *plan, long frame,
                                       const struct tri_image *in);

/* repeat.c: finds the stages that run in rounds. Returns false if out of memory. */
bool tri_repeat_place(struct planner *planner);
/* Gets the stages that run in the same rounds as `stage`. */
void tri_repeat_stages(const struct planner *planner, int stage, int *first, int *last);
/* Before a run. */
void tri_repeat_reset(struct tri_plan *plan);

#define ASIDE_WANTED (-1) /* the stage has not placed it yet */

/* Fills in stage `number`: its nodes, their timing and their rings. `constants` has the offset of
 * each node's constants. Returns false if out of memory. */
bool tri_stage_make(struct planner *planner, int number, const long *constants);

#endif
