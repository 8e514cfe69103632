/* stage.c -- one stage of a plan: when each node makes its rows, and the rings that keep them for the others. */
#include "planner.h"

#include <stdlib.h>
#include <string.h>

static int pass_number(struct tri_stage *stage, const struct tri_pass *pass)
{
    for (int i = 0; i < stage->pass_count; i++) {
        if (stage->passes[i] == pass)
            return i;
    }
    stage->passes[stage->pass_count] = pass;
    return stage->pass_count++;
}

static void lowest_highest(const struct walk_node *node, int *low, int *high)
{
    *low = node->low;
    *high = node->high;
    for (int i = 0; i < node->sparse; i++) {
        *low = i == 0 || node->rows[i] < *low ? node->rows[i] : *low;
        *high = i == 0 || node->rows[i] > *high ? node->rows[i] : *high;
    }
    if (node->whole)
        *low = *high = 0;
}

static bool reads(const struct walk_node *node, int channel)
{
    for (int k = 0; k < node->inputs; k++) {
        if (node->in[k] == channel)
            return true;
    }
    return false;
}

/* How far ahead of the last pass of the stage, and from how far back, each node runs; and how many
 * rows the rings need for that. From the last node to the first. */
static void time_nodes(const struct planner *p, struct tri_stage *stage)
{
    for (int i = stage->node_count - 1; i >= 0; i--) {
        struct walk_node *node = &stage->nodes[i];
        bool is_read_here = false;
        for (int pass = 0; pass < 2; pass++) {
            for (int o = 0; o < node->outputs; o++) {
                struct walk_channel *c = &p->plan->channels[node->out[o]];
                int oldest = node->lag;
                for (int j = i + 1; j < stage->node_count; j++) {
                    const struct walk_node *reader = &stage->nodes[j];
                    int low, high;
                    if (!reads(reader, node->out[o]))
                        continue;
                    lowest_highest(reader, &low, &high);
                    const int lag = reader->lag + high, back = reader->back - low;
                    oldest = reader->lag + low < oldest ? reader->lag + low : oldest;
                    if (pass == 0) {
                        node->lag = !is_read_here || lag > node->lag ? lag : node->lag;
                        node->back = !is_read_here || back > node->back ? back : node->back;
                        is_read_here = true;
                    }
                }
                if (pass == 1 && c->base == BASE_SCRATCH)
                    c->rows = node->lag - oldest + 1;
            }
        }
        stage->lead = node->back + node->lag > stage->lead ? node->back + node->lag : stage->lead;
    }
}

static void place_rings(const struct planner *p, struct tri_stage *stage)
{
    long at = 0;
    for (int i = 0; i < stage->node_count; i++) {
        const struct walk_node *node = &stage->nodes[i];
        if (node->kind == PASS_SLIDE) {
            const struct walk_channel *c = &p->plan->channels[node->out[0]];
            at = at > (c->width + 4 * 64) * 8L ? at : round_up((c->width + 4 * 64) * 8L, 64);
        }
    }
    for (int i = 0; i < stage->tally_count; i++) {
        stage->tallies[i].offset = at;
        at += (long)stage->tallies[i].bins * TALLY_COPIES(p->graph.bits) * (long)sizeof(uint32_t);
    }
    stage->zeroed = at;
    for (int i = 0; i < stage->node_count; i++) {
        const struct walk_node *node = &stage->nodes[i];
        for (int o = 0; o < node->outputs; o++) {
            struct walk_channel *c = &p->plan->channels[node->out[o]];
            if (node->kind == PASS_TALLY || c->base != BASE_SCRATCH)
                continue;
            c->offset = at + row_start(c);
            at += (long)c->rows * c->stride;
        }
    }
    stage->scratch_size = round_up(at + 64, 4096);
}

/* A tally's tables are a channel of one row, behind those of the graph. */
static int tally_channel(struct tri_plan *plan)
{
    plan->channels[plan->channel_count] = (struct walk_channel){.base = BASE_SCRATCH, .rows = 1, .size = 4};
    return plan->channel_count++;
}

static void add_node(struct planner *p, struct tri_stage *stage, const struct tri_node *node, long constants)
{
    struct tri_plan *plan = p->plan;
    struct walk_node *to = &stage->nodes[stage->node_count++];
    const struct tri_channel *in = &p->graph.channels[node->spec.in[0]];
    *to = (struct walk_node){.constants = constants, .pass = pass_number(stage, node->pass), .kind = (int)node->pass->kind,
                             .inputs = node->inputs, .outputs = node->spec.outputs, .whole = node->spec.whole,
                             .sparse = node->spec.sparse, .low = node->spec.low, .high = node->spec.high,
                             .height = node->spec.height};
    stage->facts[stage->node_count - 1] = (struct tri_node_facts){
        .width = node->spec.width, .reach = node->spec.reach, .dynamic = node->spec.dynamic,
        .specialize = node->spec.specialize, .transposed = node->spec.transposed,
        .fixed = node->spec.finish == NULL && node->spec.frame == NULL, .constants_size = (long)node->spec.constants_size};
    memcpy(to->in, node->spec.in, sizeof to->in);
    memcpy(to->rows, node->spec.rows, sizeof to->rows);
    for (int o = 0; o < to->outputs; o++)
        to->out[o] = node->first_output + o;
    if (node->pass->kind == PASS_TALLY) {
        to->height = in->height;
        to->outputs = 1;
        to->out[0] = tally_channel(plan);
        stage->tallies[stage->tally_count++] = (struct tri_tally){0, node->tally, 1 << p->graph.bits};
    }
    const int window = node->inputs * (to->sparse != 0 ? to->sparse : to->high - to->low + 1);
    stage->window = window > stage->window ? window : stage->window;
    stage->height = to->height > stage->height ? to->height : stage->height;
    stage->samples += (int64_t)node->spec.width * to->height;
    stage->delay = node->delay;
}

/* Tally tables get their places after the rings are known. */
static void place_tallies(struct planner *p, struct tri_stage *stage)
{
    int tally = 0;
    for (int i = 0; i < stage->node_count; i++) {
        if (stage->nodes[i].kind == PASS_TALLY)
            p->plan->channels[stage->nodes[i].out[0]].offset = stage->tallies[tally++].offset;
    }
}

bool tri_stage_make(struct planner *p, int number, const long *constants)
{
    struct tri_stage *stage = &p->plan->stages[number];
    const size_t count = (size_t)p->graph.node_count;
    stage->nodes = calloc(count, sizeof stage->nodes[0]);
    stage->facts = calloc(count, sizeof stage->facts[0]);
    stage->passes = calloc(count, sizeof stage->passes[0]);
    stage->tallies = calloc(count, sizeof stage->tallies[0]);
    if (stage->nodes == NULL || stage->facts == NULL || stage->passes == NULL || stage->tallies == NULL)
        return false;
    for (int i = 0; i < p->graph.node_count; i++) {
        if (p->stage[i] == number)
            add_node(p, stage, &p->graph.nodes[i], constants[i]);
    }
    time_nodes(p, stage);
    place_rings(p, stage);
    place_tallies(p, stage);
    return true;
}
