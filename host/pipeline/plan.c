/* plan.c -- cuts a graph into stages and gives every channel its memory.
 *
 * A node joins the stage of its sources unless it needs a whole source (gathers, the previous
 * frame) or counts that are complete only when that stage ends, or has a longer delay. Channels
 * that cross stages are kept as planes in the arena, all others as rings of rows in the workers'
 * scratch memory.
 *
 * Kernels that look ahead see the last frame again at the end. From a kernel before them that is
 * its last result, not what it would make from its own last frame again: it would see no motion. So
 * after the last frame stages end one after another, those with less delay first, and each leaves
 * its last result to those that go on. */
#include "plan_internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int producer_stage(const struct planner *p, int channel)
{
    const int producer = p->graph.channels[channel].producer;
    return producer >= 0 ? p->stage[producer] : -1;
}

/* ---- stages ---- */

/* The farthest that the nodes of a stage with tiles reach together: the work repeated at edges, and
 * local memory, grow with it. */
#define FAR_X 32
#define FAR_Y 16
/* Where gathers read parts: the most samples of the stage's input in one direction for a tile
 * of 16. Nor may they skip more than half of the samples, which tiles would load for nothing. */
#define FAR_PART 128

static bool has_window(const struct tri_node_spec *spec)
{
    return spec->low != 0 || spec->high != 0 || spec->sparse != 0;
}

/* Rows at the edges of strips are made twice for windows. Two workers must not write the same row
 * of a plane, even with the same values. */
static bool made_once(const struct planner *p, int i)
{
    if (p->kind != TRI_PLAN_WALK)
        return false;
    const struct tri_node *node = &p->graph.nodes[i];
    bool once = false;
    for (int o = 0; o < node->spec.outputs; o++)
        once |= p->kept[node->first_output + o];
    for (int k = 0; k < node->inputs; k++) {
        const int producer = p->graph.channels[node->spec.in[k]].producer;
        once |= producer >= 0 && p->stage[producer] == p->stage[i] && p->once[producer];
    }
    return once;
}

static bool reads(const struct tri_node *node, int channel)
{
    for (int k = 0; k < node->inputs; k++) {
        if (node->spec.in[k] == channel)
            return true;
    }
    return false;
}

/* Whether a channel, and all in its stage that it is made from, has one reader: then tiles may hold
 * the part of it that this one needs. */
static bool serves_one(const struct planner *p, int channel)
{
    const int producer = p->graph.channels[channel].producer;
    int readers = 0;
    if (producer < 0)
        return true;
    const struct tri_node *node = &p->graph.nodes[producer];
    for (int i = 0; i < p->graph.node_count; i++)
        readers += reads(&p->graph.nodes[i], channel);
    bool one =
        readers == 1 && !p->kept[channel] && !p->is_out[channel] && node->pass->kind != PASS_SCAN;
    for (int k = 0; k < node->inputs && one; k++)
        one = producer_stage(p, node->spec.in[k]) < p->stage[producer] ||
              serves_one(p, node->spec.in[k]);
    return one;
}

/* Tiles do not hand on rows, so a gather needs planes, unless it reads a known part of what only it
 * reads. */
static bool sees_planes(const struct planner *p, const struct tri_node *node)
{
    if (node->spec.whole || p->kind == TRI_PLAN_WALK || node->pass->kind != PASS_GATHER)
        return node->spec.whole;
    bool part = p->kind == TRI_PLAN_TILES && tri_node_reads_part(node);
    for (int k = 0; k < node->inputs && part; k++)
        part = serves_one(p, node->spec.in[k]);
    return !part;
}

static int largest(int a, int b)
{
    return a > b ? a : b;
}

/* Running sums have the reach of their readers. */
static int reach_of(const struct planner *p, const struct tri_node *node)
{
    int reach = node->pass->kind == PASS_SCAN ? 0 : node->spec.reach;
    for (int j = 0; node->pass->kind == PASS_SCAN && j < p->graph.node_count; j++) {
        const struct tri_node *reader = &p->graph.nodes[j];
        for (int k = 0; k < reader->inputs; k++)
            reach = reader->spec.in[k] == node->first_output ? largest(reader->spec.reach, reach)
                                                             : reach;
    }
    return reach;
}

static int height_of(const struct tri_node_spec *spec)
{
    int height = largest(-spec->low, spec->high);
    for (int i = 0; i < spec->sparse; i++)
        height = largest(height, spec->rows[i] < 0 ? -spec->rows[i] : spec->rows[i]);
    return height;
}

/* Returns the stage of the running sums that the node reads, or -1. Sums restart in each tile, so
 * they cannot be kept. */
static int sums_stage(const struct planner *p, const struct tri_node *node)
{
    for (int k = 0; k < node->inputs; k++) {
        const int producer = p->graph.channels[node->spec.in[k]].producer;
        if (producer >= 0 && p->graph.nodes[producer].pass->kind == PASS_SCAN)
            return p->stage[producer];
    }
    return -1;
}

static struct far farther(struct far a, struct far b)
{
    return (struct far){largest(a.windows, b.windows), a.step > b.step ? a.step : b.step,
                        a.count > b.count ? a.count : b.count, a.parts || b.parts};
}

/* How far a node reaches that reads `part` of what reaches `before`, or else a window. */
static struct far far_with(struct far before, const struct tri_reads *part, int window)
{
    if (part != NULL)
        return (struct far){0, before.step * part->step,
                            before.count + (part->count - 1) * before.step, before.parts};
    return (struct far){before.windows + window, before.step,
                        before.count + 2 * window * before.step, before.parts};
}

static bool too_far(struct far far, int most)
{
    return far.windows > most ||
           (far.parts && (15 * far.step + far.count > FAR_PART || far.step > 2 * far.count));
}

/* With tiles: returns `stage`, or the next one if the nodes of `stage` would reach too far
 * together. */
static int tiled_stage(const struct planner *p, int i, int stage)
{
    const struct tri_node *node = &p->graph.nodes[i];
    const int sums = sums_stage(p, node), reach = sums >= 0 ? 0 : reach_of(p, node),
              height = height_of(&node->spec);
    const bool part = tri_node_reads_part(node);
    const struct tri_reads *across = part ? &node->spec.across : NULL,
                           *down = part ? &node->spec.down : NULL;
    const struct far own = {.step = 1, .count = 1};
    struct far x = own, y = own;
    bool joins = false;
    for (int k = 0; k < node->inputs && !sees_planes(p, node); k++) {
        const int producer = p->graph.channels[node->spec.in[k]].producer;
        if (producer < 0 || p->stage[producer] != stage)
            continue;
        joins = true;
        x = farther(p->far_x[producer], x);
        y = farther(p->far_y[producer], y);
    }
    x = far_with(x, across, reach);
    y = far_with(y, down, height);
    x.parts |= joins && node->pass->kind == PASS_GATHER;
    y.parts = x.parts;
    if (sums >= stage ||
        (joins && p->kind != TRI_PLAN_ALONE && !too_far(x, FAR_X) && !too_far(y, FAR_Y))) {
        p->far_x[i] = x;
        p->far_y[i] = y;
        return sums > stage ? sums : stage;
    }
    p->far_x[i] = far_with(own, across, reach);
    p->far_y[i] = far_with(own, down, height);
    return joins ? stage + 1 : stage;
}

static bool updates(const struct tri_node *node, int channel)
{
    return node->spec.into == channel ||
           (node->pass->kind == PASS_UPDATE && node->spec.in[0] == channel);
}

/* Returns the first stage after those of earlier nodes that update a channel, and if node `i`
 * updates it, that read it. */
static int after_updates(const struct planner *p, int i, int channel)
{
    const bool own = updates(&p->graph.nodes[i], channel);
    int stage = 0;
    for (int j = 0; j < i; j++) {
        const struct tri_node *before = &p->graph.nodes[j];
        if (updates(before, channel) || (own && reads(before, channel)))
            stage = largest(stage, p->stage[j] + 1);
    }
    return stage;
}

/* Returns the first stage after those of earlier nodes that node `i` may not share one with: those
 * that make what it replaces, and those that are not repeated with it. */
static int after_others(const struct planner *p, int i)
{
    const struct tri_node *node = &p->graph.nodes[i];
    const int into = node->spec.into;
    int stage = into != 0 ? largest(producer_stage(p, into) + 1, after_updates(p, i, into)) : 0;
    for (int j = 0; j < i; j++) {
        if (p->graph.nodes[j].repeat != node->repeat)
            stage = largest(stage, p->stage[j] + 1);
    }
    return stage;
}

static int node_stage(const struct planner *p, int i)
{
    const struct tri_node *node = &p->graph.nodes[i];
    const bool histogram = tri_pass_counts(node->pass);
    int stage = after_others(p, i);
    for (int k = 0; k < node->inputs; k++) {
        const int channel = node->spec.in[k];
        const struct tri_channel *c = &p->graph.channels[channel];
        int earliest = producer_stage(p, channel);
        if (c->producer ==
            FROM_PREVIOUS) /* in the first frame it is the current frame's; a state never is */
            earliest = c->state ? -1 : producer_stage(p, c->of) + 1;
        else if (c->producer >= 0 &&
                 (sees_planes(p, node) ||
                  (p->kind == TRI_PLAN_WALK && p->kept[channel] && !histogram) ||
                  (has_window(&node->spec) && p->once[c->producer])))
            earliest++;
        stage = largest(stage, largest(earliest, after_updates(p, i, channel)));
    }
    for (int j = 0; j < i && node->histogram != 0 && !histogram; j++) {
        const struct tri_node *source = &p->graph.nodes[j];
        if (tri_pass_counts(source->pass) && source->histogram == node->histogram &&
            p->stage[j] + 1 > stage)
            stage = p->stage[j] + 1;
    }
    for (int j = 0; j < i && node->delay > 0; j++) { /* stages end as a whole, and in order */
        if (p->graph.nodes[j].delay < node->delay && p->stage[j] + 1 > stage)
            stage = p->stage[j] + 1;
    }
    if (p->kind == TRI_PLAN_ALONE && stage < i && sums_stage(p, node) < 0)
        stage = i;
    return p->kind == TRI_PLAN_WALK ? stage : tiled_stage(p, i, stage);
}

static int made_as(const struct planner *p, int channel)
{
    return p->graph.channels[channel].producer == FROM_PREVIOUS ? p->graph.channels[channel].of
                                                                : channel;
}

/* Data that is reported besides the picture stays to the end of the run. */
static void keep_told(struct planner *p)
{
    const int channel = p->graph.told.channel;
    if (channel == 0)
        return;
    p->kept[made_as(p, channel)] = true;
    p->last_stage[channel] = INT_MAX;
}

/* Returns the last stage in which node `i` reads a channel. A channel that is still read when its
 * own stage has ended stays to the end: nothing overwrites it, because earlier stages have ended
 * too. */
static int last_read(const struct planner *p, int channel, int i)
{
    const int producer = p->graph.channels[channel].producer;
    return producer >= 0 && p->graph.nodes[producer].delay < p->graph.nodes[i].delay ? INT_MAX
                                                                                     : p->stage[i];
}

/* A channel is kept as a plane if a later stage reads it. That may move readers in the same stage
 * to a later one, so this repeats until nothing changes. */
static void assign_stages(struct planner *p)
{
    struct tri_graph *g = &p->graph;
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < g->node_count; i++) {
            const int stage = node_stage(p, i);
            changed |= stage != p->stage[i];
            p->stage[i] = stage;
            p->once[i] = made_once(p, i);
        }
        for (int i = 0; i < g->node_count; i++) {
            const int into = g->nodes[i].spec.into;
            if (into != 0) {
                changed |= !p->kept[into];
                p->kept[into] = true;
                p->last_stage[into] = largest(p->last_stage[into], p->stage[i]);
            }
            for (int k = 0; k < g->nodes[i].inputs; k++) {
                const int channel = g->nodes[i].spec.in[k], kept = made_as(p, channel);
                if (!p->kept[kept] &&
                    (kept != channel || producer_stage(p, channel) < p->stage[i])) {
                    p->kept[kept] = true;
                    changed = true;
                }
                const int last = last_read(p, channel, i);
                p->last_stage[channel] =
                    last > p->last_stage[channel] ? last : p->last_stage[channel];
            }
        }
    }
    for (int i = 0; i < g->node_count; i++)
        p->plan->stage_count =
            p->stage[i] >= p->plan->stage_count ? p->stage[i] + 1 : p->plan->stage_count;
}

/* ---- memory ---- */

/* Gets the stages in which a plane is live. What lives in one of several that are repeated lives in
 * all of them. */
static void find_life(const struct planner *p, int channel, int *from, int *to)
{
    int first, last;
    tri_repeat_stages(p, producer_stage(p, channel), from, &last);
    tri_repeat_stages(p, p->last_stage[channel], &first, to);
}

/* First fit among the planes that are live in the same stages. */
static long arena_place(struct planner *p, int channel, long size, const long *sizes,
                        const long *places)
{
    int from, to;
    long place = 0;
    find_life(p, channel, &from, &to);
    for (bool moved = true; moved;) {
        moved = false;
        for (int c = 1; c < channel; c++) {
            int begin, end;
            find_life(p, c, &begin, &end);
            if (sizes[c] == 0 || begin > to || end < from)
                continue;
            if (place < places[c] + sizes[c] && places[c] < place + size) {
                place = places[c] + sizes[c];
                moved = true;
            }
        }
    }
    return place;
}

static void add_history(struct planner *p, int channel, long size)
{
    struct tri_plan *plan = p->plan;
    const int number = plan->history_count++;
    int slots = 2, first = 0;
    for (int c = 1; c < p->graph.channel_count; c++) {
        const struct tri_channel *previous = &p->graph.channels[c];
        if (previous->producer != FROM_PREVIOUS || previous->of != channel)
            continue;
        plan->previous[plan->previous_count++] =
            (struct tri_previous){c, number, previous->ago, previous->state};
        slots = previous->ago + 1 > slots ? previous->ago + 1 : slots;
        first = previous->first;
    }
    const int delay = p->graph.nodes[p->graph.channels[channel].producer].delay;
    plan->histories[number] =
        (struct tri_history){channel, slots, first, delay, plan->arena_size, size};
    plan->arena_size += slots * size;
}

static bool has_previous(const struct tri_graph *graph, int channel)
{
    for (int c = 1; c < graph->channel_count; c++) {
        if (graph->channels[c].producer == FROM_PREVIOUS && graph->channels[c].of == channel)
            return true;
    }
    return false;
}

/* Returns whether a kept plane is packed: it is narrow, one node makes it, and none reads its
 * padding. */
static bool packed_plane(const struct planner *p, int channel)
{
    const struct walk_channel *c = &p->plan->channels[channel];
    const struct tri_shape shape = {c->width, c->height, 1, 8 * c->size};
    if (p->kind != TRI_PLAN_WALK || c->size > 2 || c->halo > 0 || !tri_shape_packed(&shape))
        return false;
    for (int i = 0; i < p->graph.node_count; i++) {
        const struct tri_node *node = &p->graph.nodes[i];
        if (node->spec.into == channel || (reads(node, channel) && tri_node_needs_padding(node)))
            return false;
    }
    return true;
}

/* Whether rows of an output go past the caches once they are made. Passes that make several rows at
 * a time need them in place. */
static bool streams(const struct planner *p, int channel)
{
    bool streams = p->streams && p->plan->channels[channel].halo == 0;
    for (int i = 0; i < p->graph.node_count && streams; i++) {
        const struct tri_node *node = &p->graph.nodes[i];
        const int output = channel - node->first_output;
        const bool makes = output >= 0 && output < node->spec.outputs;
        streams = !reads(node, channel) && node->spec.into != channel &&
                  !(makes && (node->spec.block > 1 || node->spec.transposed));
    }
    return streams;
}

static void place_channels(struct planner *p, long *sizes, long *places)
{
    struct tri_plan *plan = p->plan;
    for (int i = 1; i < plan->channel_count; i++) {
        struct walk_channel *c = &plan->channels[i];
        const struct tri_channel *from = &p->graph.channels[i];
        c->stride = (int)row_stride(c);
        c->offset = row_start(c);
        if (p->is_out[i]) {
            c->base = BASE_OUT;
            c->aside = p->kind == TRI_PLAN_WALK && (tri_shape_packed(&plan->out) || streams(p, i))
                           ? ASIDE_WANTED
                           : 0;
        } else if (from->producer == FROM_INPUT) {
            c->base = BASE_IN;
        } else if (from->producer == FROM_PREVIOUS || (from->producer == FROM_WITH && p->kept[i])) {
            c->base = BASE_ARENA; /* or as tri_lent_place says */
        } else if (p->kept[i] && !has_previous(&p->graph, i)) {
            c->base = BASE_ARENA;
            if (packed_plane(p, i)) {
                c->aside = ASIDE_WANTED;
                c->stride = c->width * c->size;
            }
            sizes[i] = plane_size(c);
            places[i] = arena_place(p, i, sizes[i], sizes, places);
            c->offset += places[i];
            if (places[i] + sizes[i] > plan->arena_size)
                plan->arena_size = places[i] + sizes[i];
        }
    }
    for (int i = 1; i < plan->channel_count; i++) {
        struct walk_channel *c = &plan->channels[i];
        if (c->base != BASE_IN && p->kept[i] && has_previous(&p->graph, i)) {
            c->base = BASE_ARENA;
            add_history(p, i, plane_size(c));
        } else if (p->kept[i] && p->graph.channels[i].producer == FROM_WITH) {
            plan->withs[plan->with_count++] = (struct tri_with){i, p->graph.channels[i]};
            c->offset += plan->arena_size;
            plan->arena_size += plane_size(c);
        }
    }
}

/* ---- the whole ---- */

/* Returns the stage after which the counts are complete. */
static int counted_stage(const struct planner *p, int histogram)
{
    int stage = 0;
    for (int i = 0; i < p->graph.node_count; i++) {
        const struct tri_node *node = &p->graph.nodes[i];
        if (tri_pass_counts(node->pass) && node->histogram == histogram && p->stage[i] > stage)
            stage = p->stage[i];
    }
    return stage;
}

/* Large tables of planes that are treated alike are there once. */
#define SHARED_CONSTANTS 65536

/* Whether the node's constants are those of an earlier one, whose place becomes its own. */
static bool shares_constants(const struct planner *p, int node, long *constants)
{
    const struct tri_node *of = &p->graph.nodes[node];
    const size_t size = of->spec.constants_size;
    for (int i = 0; i < node && size >= SHARED_CONSTANTS && of->constants != NULL; i++) {
        const struct tri_node *other = &p->graph.nodes[i];
        if (other->spec.constants_size != size || other->constants == NULL ||
            of->spec.finish != NULL || of->spec.frame != NULL || other->spec.finish != NULL ||
            other->spec.frame != NULL || memcmp(of->constants, other->constants, size) != 0)
            continue;
        constants[node] = constants[i];
        return true;
    }
    return false;
}

static bool gather_constants(struct planner *p, long *constants)
{
    struct tri_plan *plan = p->plan;
    for (int i = 0; i < p->graph.node_count; i++) {
        if (shares_constants(p, i, constants))
            continue;
        constants[i] = plan->constants_size;
        plan->constants_size += round_up((long)p->graph.nodes[i].spec.constants_size, 64);
    }
    plan->constants_size += 64;
    plan->constants = calloc(1, (size_t)plan->constants_size);
    plan->finishes = calloc((size_t)p->graph.node_count + 1, sizeof plan->finishes[0]);
    plan->frames = calloc((size_t)p->graph.node_count + 1, sizeof plan->frames[0]);
    plan->told = p->graph.told;
    plan->told_constants =
        plan->told.channel != 0
            ? constants[p->graph.channels[made_as(p, plan->told.channel)].producer]
            : 0;
    if (plan->constants == NULL || plan->finishes == NULL || plan->frames == NULL)
        return false;
    for (int i = 0; i < p->graph.node_count; i++) {
        const struct tri_node *node = &p->graph.nodes[i];
        if (node->constants != NULL)
            memcpy(plan->constants + constants[i], node->constants, node->spec.constants_size);
        if (node->spec.finish != NULL)
            plan->finishes[plan->finish_count++] =
                (struct tri_finish){.stage = counted_stage(p, node->histogram),
                                    .histogram = node->histogram,
                                    .constants = constants[i],
                                    .finish = node->spec.finish,
                                    .operation = node->operation};
        if (node->spec.frame != NULL)
            plan->frames[plan->frame_count++] = (struct tri_finish){.first = node->first,
                                                                    .delay = node->delay,
                                                                    .constants = constants[i],
                                                                    .frame = node->spec.frame,
                                                                    .operation = node->operation};
    }
    return true;
}

static bool make_channels(struct planner *p)
{
    struct tri_plan *plan = p->plan;
    const size_t room = (size_t)p->graph.channel_count + (size_t)p->graph.node_count;
    int *halo = calloc(room, sizeof *halo);
    long *sizes = calloc(room, sizeof *sizes), *places = calloc(room, sizeof *places);
    plan->channels = calloc(room, sizeof plan->channels[0]);
    plan->histories = calloc(room, sizeof plan->histories[0]);
    plan->previous = calloc(room, sizeof plan->previous[0]);
    plan->withs = calloc(room, sizeof plan->withs[0]);
    const bool done = halo != NULL && sizes != NULL && places != NULL && plan->channels != NULL &&
                      plan->histories != NULL && plan->previous != NULL && plan->withs != NULL;
    if (done) {
        tri_graph_halos(&p->graph, halo);
        plan->channel_count = p->graph.channel_count;
        for (int c = 1; c < plan->channel_count; c++) {
            const struct tri_channel *from = &p->graph.channels[c];
            if (from->producer == FROM_PREVIOUS && halo[c] > halo[from->of])
                halo[from->of] = halo[c];
            plan->channels[c] = (struct walk_channel){.base = BASE_SCRATCH,
                                                      .size = from->size,
                                                      .halo = halo[c],
                                                      .width = from->width,
                                                      .height = from->height};
        }
        for (int c = 1; c < plan->channel_count; c++) {
            if (p->graph.channels[c].producer == FROM_PREVIOUS)
                plan->channels[c].halo = plan->channels[p->graph.channels[c].of].halo =
                    halo[p->graph.channels[c].of];
        }
        place_channels(p, sizes, places);
    }
    free(halo);
    free(sizes);
    free(places);
    return done;
}

static bool take_memory(struct planner *p)
{
    const size_t channels = (size_t)p->graph.channel_count, nodes = (size_t)p->graph.node_count;
    p->stage = calloc(nodes, sizeof *p->stage);
    p->last_stage = calloc(channels, sizeof *p->last_stage);
    p->kept = calloc(channels, sizeof *p->kept);
    p->once = calloc(nodes, sizeof *p->once);
    p->far_x = calloc(nodes, sizeof *p->far_x);
    p->far_y = calloc(nodes, sizeof *p->far_y);
    p->is_out = calloc(channels, sizeof *p->is_out);
    return p->stage != NULL && p->last_stage != NULL && p->kept != NULL && p->once != NULL &&
           p->far_x != NULL && p->far_y != NULL && p->is_out != NULL;
}

static void give_memory(struct planner *p)
{
    free(p->stage);
    free(p->last_stage);
    free(p->kept);
    free(p->once);
    free(p->far_x);
    free(p->far_y);
    free(p->is_out);
}

/* Earlier inputs were padded in their own runs. */
static bool reads_padding(const struct tri_graph *graph)
{
    for (int i = 0; i < graph->node_count; i++) {
        const struct tri_node *node = &graph->nodes[i];
        for (int k = 0; k < node->inputs && tri_node_needs_padding(node); k++) {
            const int channel = node->spec.in[k];
            if (graph->channels[channel].producer == FROM_INPUT ||
                tri_graph_past_input(graph, channel))
                return true;
        }
    }
    return false;
}

/* Whether the walk announces all rows of the input whose padding is read. */
static bool pads_rows(const struct tri_graph *graph)
{
    for (int i = 0; i < graph->node_count; i++) {
        const struct tri_node *node = &graph->nodes[i];
        const enum tri_pass_kind kind = node->pass->kind;
        const bool announced = !node->spec.whole && kind != PASS_SLIDE && kind != PASS_UPDATE;
        for (int k = 0; k < node->inputs && tri_node_needs_padding(node); k++) {
            const int channel = node->spec.in[k];
            if (tri_graph_past_input(graph, channel) ||
                (!announced && graph->channels[channel].producer == FROM_INPUT))
                return false;
        }
    }
    return true;
}

static bool make_plan(struct planner *p)
{
    struct tri_plan *plan = p->plan;
    long *constants = calloc((size_t)p->graph.node_count, sizeof *constants);
    bool done = take_memory(p) && constants != NULL;
    if (done) {
        for (int i = 0; i < p->out.planes; i++)
            p->is_out[plan->out_channel[i] = p->out.channel[i]] = true;
        keep_told(p);
        assign_stages(p);
        plan->histogram_count = p->graph.histogram_count;
        plan->delay = p->graph.delay;
        plan->fields = p->graph.fields;
        plan->transposed = p->graph.transposed;
        plan->reads_padding = reads_padding(&p->graph);
        plan->pads_rows = plan->reads_padding && pads_rows(&p->graph);
        plan->stages = calloc((size_t)plan->stage_count, sizeof plan->stages[0]);
        plan->times = calloc((size_t)plan->delay + 1, sizeof plan->times[0]);
        done = plan->stages != NULL && plan->times != NULL && gather_constants(p, constants) &&
               tri_counts_place(p) && tri_repeat_place(p) && make_channels(p) && tri_lent_place(p);
    }
    for (int s = 0; done && s < plan->stage_count; s++)
        done = tri_stage_make(p, s, constants);
    free(constants);
    give_memory(p);
    return done;
}

static enum tri_status make(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                            enum tri_plan_kind kind, const struct tri_walk_options *options,
                            bool lent, struct tri_plan **result, struct tri_error *error)
{
    struct planner p = {.kind = kind};
    *result = NULL;
    enum tri_status status = tri_shape_check(in, error);
    if (status != TRI_OK)
        return status;
    p.plan = calloc(1, sizeof *p.plan);
    if (p.plan == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a plan");
    p.plan->kind = kind;
    p.plan->in = *in;
    status = tri_graph_build(pipeline, in, &p.graph, &p.out, &p.plan->out, error);
    if (status == TRI_OK) {
        const bool packed = kind == TRI_PLAN_WALK && tri_shape_packed(in);
        if (kind == TRI_PLAN_WALK && !packed)
            tri_graph_fuse(&p.graph, &p.out, options != NULL ? options->fused : 0);
        p.graph.lent = lent;
        p.streams = kind == TRI_PLAN_WALK && options != NULL && options->streamed > 0 &&
                    tri_image_size(&p.plan->out) >= options->streamed;
        tri_graph_fit(&p.graph, &p.out, packed);
        status = p.graph.error.status;
        if (status != TRI_OK || !make_plan(&p))
            status = tri_fail(error, TRI_FAILED, "out of memory for a plan");
    }
    tri_graph_free(&p.graph);
    if (status == TRI_OK)
        *result = p.plan;
    else
        tri_plan_free(p.plan);
    return status;
}

enum tri_status tri_plan_make(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                              enum tri_plan_kind kind, const struct tri_walk_options *options,
                              struct tri_plan **plan, struct tri_error *error)
{
    return make(pipeline, in, kind, options, false, plan, error);
}

enum tri_status tri_plan_make_lent(const struct tri_pipeline *pipeline, const struct tri_shape *in,
                                   const struct tri_walk_options *options, struct tri_plan **plan,
                                   struct tri_error *error)
{
    return make(pipeline, in, TRI_PLAN_WALK, options, true, plan, error);
}

void tri_plan_free(struct tri_plan *plan)
{
    if (plan == NULL)
        return;
    for (int i = 0; plan->stages != NULL && i < plan->stage_count; i++) {
        free(plan->stages[i].nodes);
        free(plan->stages[i].facts);
        free(plan->stages[i].passes);
        free(plan->stages[i].histograms);
    }
    free(plan->stages);
    free(plan->channels);
    free(plan->histories);
    free(plan->previous);
    free(plan->lent.images);
    free(plan->lent.pasts);
    free(plan->withs);
    free(plan->frames);
    free(plan->times);
    free(plan->constants);
    free(plan->finishes);
    free(plan->counted);
    free(plan->counts);
    free(plan->counts_before);
    free(plan->repeats);
    free(plan);
}

/* Frames before a channel's own first one are the delay of earlier kernels, not a past. */
static long own_frame(long frame, int first)
{
    return frame < first ? 0 : frame - first;
}

/* Returns the last frame of the job, up to this one, in which nodes with that delay run. */
static long last_run(const struct tri_plan *plan, long frame, int delay)
{
    return plan->over > delay ? frame - (plan->over - delay) : frame;
}

bool tri_plan_holds(const struct tri_plan *plan, int stage)
{
    return plan->over > plan->stages[stage].delay;
}

static long slot_of(const struct tri_history *history, long frame)
{
    return history->offset + frame % history->slots * history->size;
}

/* Returns the offset of a past. Before the first frame it is the first one, or for a state a zeroed
 * slot; after the last frame it is the last one. */
static long previous_slot(const struct tri_history *history, const struct tri_previous *previous,
                          long frame, long last)
{
    const long then = frame - previous->ago;
    if (then < 0)
        return slot_of(history, previous->state ? history->slots - 1 : 0);
    return slot_of(history, then < last ? then : last);
}

static void place_images(struct tri_plan *plan, const struct tri_image *in,
                         const struct tri_image *out)
{
    int in_plane = 0;
    plan->inputs[0] = in->memory;
    for (int c = 1; c < plan->channel_count; c++) {
        struct walk_channel *channel = &plan->channels[c];
        if (channel->base == BASE_IN) {
            channel->stride = (int)in->stride;
            channel->plane = in_plane++;
            channel->offset =
                (in->data - (unsigned char *)in->memory) + channel->plane * in->plane_stride;
        }
    }
    for (int p = 0; p < plan->out.planes; p++) {
        struct walk_channel *channel = &plan->channels[plan->out_channel[p]];
        channel->stride = (int)out->stride;
        channel->offset = (out->data - (unsigned char *)out->memory) + p * out->plane_stride;
    }
}

/* Channels that are kept, and those of frames before. */
static void place_histories(struct tri_plan *plan, long frame)
{
    for (int h = 0; h < plan->history_count; h++) {
        const struct tri_history *history = &plan->histories[h];
        struct walk_channel *now = &plan->channels[history->channel];
        now->offset =
            slot_of(history, own_frame(last_run(plan, frame, history->delay), history->first)) +
            row_start(now);
    }
    for (int i = 0; i < plan->previous_count; i++) {
        const struct tri_previous *previous = &plan->previous[i];
        const struct tri_history *history = &plan->histories[previous->history];
        const struct walk_channel *now = &plan->channels[history->channel];
        struct walk_channel *before = &plan->channels[previous->channel];
        const long last = own_frame(last_run(plan, frame, history->delay), history->first);
        before->stride = now->stride;
        before->offset = row_start(now) +
                         previous_slot(history, previous, own_frame(frame, history->first), last);
    }
}

static struct tri_frame_time *time_of(const struct tri_plan *plan, long frame)
{
    return &plan->times[frame % (plan->delay + 1)];
}

void tri_plan_time(struct tri_plan *plan, long frame, long frames, bool timed, double seconds)
{
    if (frames > 0 && frame >= frames) /* the last frame again */
        return;
    *time_of(plan, frame) = (struct tri_frame_time){timed, seconds};
}

void tri_plan_frame(struct tri_plan *plan, long frame, long frames, const struct tri_image *in,
                    const struct tri_image *out)
{
    plan->over = frames > 0 && frame >= frames ? frame - frames + 1 : 0;
    memset(plan->counts, 0, plan->counts_size * sizeof plan->counts[0]);
    tri_repeat_reset(plan);
    place_images(plan, plan->lent.room > 0 ? tri_lent_frame(plan, frame, in) : in, out);
    place_histories(plan, frame);
    for (int i = 0; i < plan->frame_count; i++) {
        const struct tri_finish *at = &plan->frames[i];
        const long number = own_frame(last_run(plan, frame, at->delay), at->first);
        struct tri_operation operation = at->operation;
        operation.timed = time_of(plan, number)->timed;
        operation.seconds = time_of(plan, number)->seconds;
        at->frame(number, &operation, plan->constants + at->constants);
    }
}

bool tri_plan_zeroed(const struct tri_plan *plan, int i, long *offset, long *size)
{
    const struct tri_history *history = &plan->histories[plan->previous[i].history];
    *offset = slot_of(history, history->slots - 1);
    *size = history->size;
    return plan->previous[i].state;
}
