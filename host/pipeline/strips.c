/* strips.c -- finds the rows that a plan needs, from the output back to the input. */
#include "strips.h"

#include "plan_internal.h"

#include <stdlib.h>

/* Rows `begin` to `end` - 1; empty at first. */
struct span {
    int begin, end;
};

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

static void widen(struct span *span, struct span by)
{
    if (by.begin >= by.end)
        return;
    if (span->begin >= span->end)
        *span = by;
    span->begin = by.begin < span->begin ? by.begin : span->begin;
    span->end = by.end > span->end ? by.end : span->end;
}

/* Returns the rows of a plane that a node reads to make `rows`; rows beyond the edges are clamped.
 */
static struct span read_by(const struct walk_node *node, struct span rows, int height)
{
    int low = node->low, high = node->high;
    for (int i = 0; i < node->sparse; i++) {
        low = i == 0 || node->rows[i] < low ? node->rows[i] : low;
        high = i == 0 || node->rows[i] > high ? node->rows[i] : high;
    }
    return (struct span){clamp(rows.begin + low, 0, height - 1),
                         clamp(rows.end - 1 + high, 0, height - 1) + 1};
}

/* In strips, planes that share memory at different times of a run would be live at the same time.
 */
static bool planes_apart(const struct tri_plan *plan)
{
    for (int a = 1; a < plan->channel_count; a++) {
        const struct walk_channel *one = &plan->channels[a];
        const long begin = one->offset - row_start(one), end = begin + plane_size(one);
        for (int b = a + 1; one->base == BASE_ARENA && b < plan->channel_count; b++) {
            const struct walk_channel *other = &plan->channels[b];
            const long from = other->offset - row_start(other);
            if (other->base == BASE_ARENA && from < end && begin < from + plane_size(other))
                return false;
        }
    }
    return true;
}

bool tri_plan_in_strips(const struct tri_plan *plan)
{
    if (plan->history_count > 0 || plan->previous_count > 0 || plan->told.channel != 0 ||
        plan->delay > 0 || plan->repeat_count > 0)
        return false;
    for (int s = 0; s < plan->stage_count; s++) {
        const struct tri_stage *stage = &plan->stages[s];
        if (stage->histogram_count > 0)
            return false;
        for (int i = 0; i < stage->node_count; i++) {
            if (stage->nodes[i].whole)
                return false;
        }
    }
    return planes_apart(plan);
}

static struct span in_units(struct span rows, int unit, int height)
{
    rows.begin = rows.begin / unit * unit;
    rows.end = (rows.end + unit - 1) / unit * unit;
    rows.end = rows.end > height ? height : rows.end;
    return rows;
}

/* Returns the rows that a stage has to make, and adds to `needed` the rows that it reads for them.
 */
static struct span stage_rows(const struct tri_plan *plan, int number, int unit,
                              struct span *needed)
{
    const struct tri_stage *stage = &plan->stages[number];
    struct span rows = {0, 0};
    for (int i = 0; i < stage->node_count; i++) {
        const struct walk_node *node = &stage->nodes[i];
        for (int o = 0; o < node->outputs; o++)
            widen(&rows, needed[node->out[o]]);
    }
    if (rows.begin >= rows.end)
        return rows;
    rows = in_units(rows, unit, stage->height);
    for (int i = 0; i < stage->node_count; i++) {
        const struct walk_node *node = &stage->nodes[i];
        const struct span made = {clamp(rows.begin - node->back, 0, node->height),
                                  clamp(rows.end + node->ahead, 0, node->height)};
        for (int k = 0; k < node->inputs && made.begin < made.end; k++) {
            const struct walk_channel *c = &plan->channels[node->in[k]];
            if (c->base != BASE_SCRATCH)
                widen(&needed[node->in[k]], read_by(node, made, c->height));
        }
    }
    return rows;
}

bool tri_plan_rows(const struct tri_plan *plan, struct tri_span out, const int *units,
                   struct tri_span *stages, struct tri_span *in)
{
    struct span *needed =
        tri_plan_in_strips(plan) ? calloc((size_t)plan->channel_count, sizeof *needed) : NULL;
    struct span input = {0, 0};
    if (needed == NULL)
        return false;
    for (int p = 0; p < plan->out.planes; p++)
        needed[plan->out_channel[p]] = (struct span){out.first, out.first + out.count};
    for (int s = plan->stage_count - 1; s >= 0; s--) {
        const struct span rows = stage_rows(plan, s, units != NULL ? units[s] : 1, needed);
        stages[s] = (struct tri_span){rows.begin, rows.end - rows.begin};
    }
    for (int c = 1; c < plan->channel_count; c++) {
        if (plan->channels[c].base == BASE_IN)
            widen(&input, needed[c]);
    }
    *in = (struct tri_span){input.begin, input.end - input.begin};
    free(needed);
    return true;
}
