/* strips.c -- finds the rows that a plan needs, from the output back to the input. */
#include "strips.h"

#include "plan_internal.h"

#include <stdio.h>
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

/* Returns the rows that a stage has to make, `rows` and what is needed of it, and adds to `needed`
 * the rows that it reads for them. */
static struct span stage_rows(const struct tri_plan *plan, int number, int unit, struct span rows,
                              struct span *needed)
{
    const struct tri_stage *stage = &plan->stages[number];
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

/* The rows of the input that `needed` has. */
static struct tri_span input_rows(const struct tri_plan *plan, const struct span *needed)
{
    struct span input = {0, 0};
    for (int c = 1; c < plan->channel_count; c++) {
        if (plan->channels[c].base == BASE_IN)
            widen(&input, needed[c]);
    }
    return (struct tri_span){input.begin, input.end - input.begin};
}

bool tri_plan_rows(const struct tri_plan *plan, struct tri_span out, const int *units,
                   struct tri_span *stages, struct tri_span *in)
{
    struct span *needed =
        tri_plan_in_strips(plan) ? calloc((size_t)plan->channel_count, sizeof *needed) : NULL;
    if (needed == NULL)
        return false;
    for (int p = 0; p < plan->out.planes; p++)
        needed[plan->out_channel[p]] = (struct span){out.first, out.first + out.count};
    for (int s = plan->stage_count - 1; s >= 0; s--) {
        const struct span rows =
            stage_rows(plan, s, units != NULL ? units[s] : 1, (struct span){0, 0}, needed);
        stages[s] = (struct tri_span){rows.begin, rows.end - rows.begin};
    }
    *in = input_rows(plan, needed);
    free(needed);
    return true;
}

/* ---- parts ---- */

/* Returns whether a kind makes a row, or counts it, from rows of a window. */
static bool by_rows(int kind)
{
    return kind == PASS_LANES || kind == PASS_CHOOSE || kind == PASS_GATHER || kind == PASS_MAP ||
           kind == PASS_SLIDE || kind == PASS_SCAN || kind == PASS_HISTOGRAM;
}

static bool refuse(char why[200], const char *format, const char *kernel)
{
    snprintf(why, 200, format, kernel);
    return false;
}

static bool stage_in_parts(const struct tri_plan *plan, const struct tri_stage *stage,
                           char why[200])
{
    for (int i = 0; i < stage->node_count; i++) {
        const struct walk_node *node = &stage->nodes[i];
        const char *name = stage->passes[node->pass]->file;
        if (node->whole || !by_rows(node->kind))
            return refuse(why, "%s reads the whole picture for each row", name);
        for (int o = 0; o < node->outputs && node->kind != PASS_HISTOGRAM; o++) {
            if (plan->channels[node->out[o]].height != plan->in.height)
                return refuse(why, "%s changes the height of the picture", name);
        }
    }
    return stage->node_count == 0 || stage->height == plan->in.height ||
           refuse(why, "%s", "a kernel changes the height of the picture");
}

bool tri_plan_in_parts(const struct tri_plan *plan, char why[200])
{
    if (plan->with_count > 0)
        return refuse(why, "%s", "a kernel combines it with a second picture");
    if (plan->history_count > 0 || plan->previous_count > 0 || plan->delay > 0)
        return refuse(why, "%s", "a kernel looks at several frames");
    if (plan->repeat_count > 0)
        return refuse(why, "%s", "a kernel goes over the whole picture again and again");
    if (plan->told.channel != 0)
        return refuse(why, "%s", "a kernel reports data about the whole picture");
    for (int s = 0; s < plan->stage_count; s++) {
        if (!stage_in_parts(plan, &plan->stages[s], why))
            return false;
    }
    return plan->out.height == plan->in.height ||
           refuse(why, "%s", "a kernel changes the height of the picture");
}

bool tri_plan_part(const struct tri_plan *plan, struct tri_span out, int last,
                   struct tri_span *stages, struct tri_span *in)
{
    struct span *needed = calloc((size_t)plan->channel_count, sizeof *needed);
    const struct span asked = {out.first, out.first + out.count}, none = {0, 0};
    if (needed == NULL)
        return false;
    for (int p = 0; p < plan->out.planes && last < 0; p++)
        needed[plan->out_channel[p]] = asked;
    for (int s = plan->stage_count - 1; s >= 0; s--) {
        const struct span rows =
            last >= 0 && s > last ? none : stage_rows(plan, s, 1, s == last ? asked : none, needed);
        stages[s] = (struct tri_span){rows.begin, rows.end - rows.begin};
    }
    *in = input_rows(plan, needed);
    free(needed);
    return true;
}
