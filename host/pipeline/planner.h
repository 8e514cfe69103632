/* planner.h -- what plan.c and stage.c share while a plan is made. */
#ifndef TRI_PLANNER_H
#define TRI_PLANNER_H

#include "plan.h"

#include "../image/image.h"

struct planner {
    struct tri_graph graph;
    struct tri_value out;
    struct tri_plan *plan;
    enum tri_plan_kind kind;
    int *far_x, *far_y; /* of each node: how far it and those before it in its stage reach */
    int *stage;      /* of each node */
    int *last_stage; /* of each channel: in which it is read last */
    bool *kept;      /* of each channel: a plane, not a ring */
    bool *once;      /* of each node: no row may be made twice, for it or what it feeds writes a plane */
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

/* Fills in the stage of that number: its nodes, how they are timed, their rings. `constants` are the offsets of each
 * node's. False: no memory. */
bool tri_stage_make(struct planner *planner, int number, const long *constants);

#endif
