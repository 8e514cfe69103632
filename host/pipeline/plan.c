/* plan.c -- cuts a graph into stages and gives every channel its memory.
 *
 * A node joins the stage of its sources, unless it needs a source as a whole (gathers, the frame
 * before), counts that are not complete before that stage ends, or is later than they are. What crosses
 * from stage to stage is kept as planes in the arena, everything else as rings of rows in the workers'
 * scratch memory.
 *
 * Kernels that look ahead see the last frame again at the end. Of a kernel before them that is what it
 * made last, not what it would make of its own last frame again: it would find that nothing moves. So
 * after the last frame stages end one after the other, those with less delay first, and each leaves
 * what it has made last to those that go on. */
#include "planner.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int producer_stage(const struct planner *p, int channel)
{
    const int producer = p->graph.channels[channel].producer;
    return producer >= 0 ? p->stage[producer] : -1;
}

/* ---- stages ---- */

/* Tiles of one stage reach no farther together: what is made twice at their edges, and local memory, grow with it. */
#define FAR_X 32
#define FAR_Y 16

static bool has_window(const struct tri_node_spec *spec)
{
    return spec->low != 0 || spec->high != 0 || spec->sparse != 0;
}

/* Rows at the edges of bands are made twice for windows. Two workers must not write one row of a plane, even if
 * they write the same. */
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

/* Tiles hand no rows on, so a gather needs planes. */
static bool sees_planes(const struct planner *p, const struct tri_node *node)
{
    return node->spec.whole || (p->kind != TRI_PLAN_WALK && node->pass->kind == PASS_GATHER);
}

static int largest(int a, int b)
{
    return a > b ? a : b;
}

/* Of running sums: what their readers ask for. */
static int reach_of(const struct planner *p, const struct tri_node *node)
{
    int reach = node->pass->kind == PASS_SCAN ? 0 : node->spec.reach;
    for (int j = 0; node->pass->kind == PASS_SCAN && j < p->graph.node_count; j++) {
        const struct tri_node *reader = &p->graph.nodes[j];
        for (int k = 0; k < reader->inputs; k++)
            reach = reader->spec.in[k] == node->first_output ? largest(reader->spec.reach, reach) : reach;
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

/* The stage of running sums that the node reads; -1: it reads none. They begin anew in each tile, so they cannot be kept. */
static int sums_stage(const struct planner *p, const struct tri_node *node)
{
    for (int k = 0; k < node->inputs; k++) {
        const int producer = p->graph.channels[node->spec.in[k]].producer;
        if (producer >= 0 && p->graph.nodes[producer].pass->kind == PASS_SCAN)
            return p->stage[producer];
    }
    return -1;
}

/* With tiles: `stage`, or the next one where the nodes of that reach too far together. */
static int tiled_stage(const struct planner *p, int i, int stage)
{
    const struct tri_node *node = &p->graph.nodes[i];
    const int sums = sums_stage(p, node), reach = sums >= 0 ? 0 : reach_of(p, node), height = height_of(&node->spec);
    int x = 0, y = 0;
    bool joins = false;
    for (int k = 0; k < node->inputs && !sees_planes(p, node); k++) {
        const int producer = p->graph.channels[node->spec.in[k]].producer;
        if (producer < 0 || p->stage[producer] != stage)
            continue;
        joins = true;
        x = largest(p->far_x[producer], x);
        y = largest(p->far_y[producer], y);
    }
    if (sums >= stage || (joins && p->kind == TRI_PLAN_TILES && x + reach <= FAR_X && y + height <= FAR_Y)) {
        p->far_x[i] = x + reach;
        p->far_y[i] = y + height;
        return sums > stage ? sums : stage;
    }
    p->far_x[i] = reach;
    p->far_y[i] = height;
    return joins ? stage + 1 : stage;
}

static int node_stage(const struct planner *p, int i)
{
    const struct tri_node *node = &p->graph.nodes[i];
    const bool tally = node->pass->kind == PASS_TALLY;
    int stage = 0;
    for (int k = 0; k < node->inputs; k++) {
        const int channel = node->spec.in[k];
        const struct tri_channel *c = &p->graph.channels[channel];
        int earliest = producer_stage(p, channel);
        if (c->producer == FROM_BEFORE) /* in the first frame it is this one's; a state is always another's */
            earliest = c->state ? -1 : producer_stage(p, c->of) + 1;
        else if (c->producer >= 0 && (sees_planes(p, node) || (p->kind == TRI_PLAN_WALK && p->kept[channel] && !tally) ||
                                      (has_window(&node->spec) && p->once[c->producer])))
            earliest++;
        stage = earliest > stage ? earliest : stage;
    }
    for (int j = 0; j < i && node->tally != 0 && !tally; j++) {
        const struct tri_node *source = &p->graph.nodes[j];
        if (source->pass->kind == PASS_TALLY && source->tally == node->tally && p->stage[j] + 1 > stage)
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
    return p->graph.channels[channel].producer == FROM_BEFORE ? p->graph.channels[channel].of : channel;
}

/* What is told beside the picture stays to the end. */
static void keep_told(struct planner *p)
{
    const int channel = p->graph.told.channel;
    if (channel == 0)
        return;
    p->kept[made_as(p, channel)] = true;
    p->last_stage[channel] = INT_MAX;
}

/* The last stage in which node `i` reads a channel. What it still reads when the channel's own stage has ended stays
 * to the end: nobody writes there then, for stages before have ended too. */
static int last_read(const struct planner *p, int channel, int i)
{
    const int producer = p->graph.channels[channel].producer;
    return producer >= 0 && p->graph.nodes[producer].delay < p->graph.nodes[i].delay ? INT_MAX : p->stage[i];
}

/* A channel is kept as planes when it is read in a later stage. That may move readers of the same
 * stage to a later one, so it is repeated until nothing changes. */
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
            for (int k = 0; k < g->nodes[i].inputs; k++) {
                const int channel = g->nodes[i].spec.in[k], kept = made_as(p, channel);
                if (!p->kept[kept] && (kept != channel || producer_stage(p, channel) < p->stage[i])) {
                    p->kept[kept] = true;
                    changed = true;
                }
                const int last = last_read(p, channel, i);
                p->last_stage[channel] = last > p->last_stage[channel] ? last : p->last_stage[channel];
            }
        }
    }
    for (int i = 0; i < g->node_count; i++)
        p->plan->stage_count = p->stage[i] >= p->plan->stage_count ? p->stage[i] + 1 : p->plan->stage_count;
}

/* ---- memory ---- */

/* Rows of all channels: room for the halo, for lanes that run over the width, and for a gather's
 * last weights; an odd number of 64-byte lines, so that rows do not share cache sets. */
static long row_stride(const struct walk_channel *c)
{
    const long lines = ((2 * round_up(c->halo, 64) + round_up(c->width, 64) + 4 * TRI_PAD) * c->size + 63) / 64;
    return (lines | 1) * 64;
}

/* First fit among the planes that are alive in the same stages. */
static long arena_place(struct planner *p, int channel, long size, const long *sizes, const long *places)
{
    const int from = producer_stage(p, channel), to = p->last_stage[channel];
    long place = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int c = 1; c < channel; c++) {
            if (sizes[c] == 0 || producer_stage(p, c) > to || p->last_stage[c] < from)
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
        const struct tri_channel *past = &p->graph.channels[c];
        if (past->producer != FROM_BEFORE || past->of != channel)
            continue;
        plan->pasts[plan->past_count++] = (struct tri_past){c, number, past->ago, past->state};
        slots = past->ago + 1 > slots ? past->ago + 1 : slots;
        first = past->first;
    }
    const int delay = p->graph.nodes[p->graph.channels[channel].producer].delay;
    plan->histories[number] = (struct tri_history){channel, slots, first, delay, plan->arena_size, size};
    plan->arena_size += slots * size;
}

static bool has_before(const struct tri_graph *graph, int channel)
{
    for (int c = 1; c < graph->channel_count; c++) {
        if (graph->channels[c].producer == FROM_BEFORE && graph->channels[c].of == channel)
            return true;
    }
    return false;
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
        } else if (from->producer == FROM_INPUT) {
            c->base = BASE_IN;
        } else if (from->producer == FROM_BEFORE) {
            c->base = BASE_ARENA;
        } else if (p->kept[i] && !has_before(&p->graph, i)) {
            c->base = BASE_ARENA;
            sizes[i] = round_up((long)c->stride * c->height, 4096) + 17 * 64;
            places[i] = arena_place(p, i, sizes[i], sizes, places);
            c->offset += places[i];
            if (places[i] + sizes[i] > plan->arena_size)
                plan->arena_size = places[i] + sizes[i];
        }
    }
    for (int i = 1; i < plan->channel_count; i++) {
        struct walk_channel *c = &plan->channels[i];
        if (p->kept[i] && has_before(&p->graph, i)) {
            c->base = BASE_ARENA;
            add_history(p, i, round_up((long)c->stride * c->height, 4096) + 17 * 64);
        }
    }
}

/* ---- the whole ---- */

/* The stage after which all is counted. */
static int counted_stage(const struct planner *p, int tally)
{
    int stage = 0;
    for (int i = 0; i < p->graph.node_count; i++) {
        const struct tri_node *node = &p->graph.nodes[i];
        if (node->pass->kind == PASS_TALLY && node->tally == tally && p->stage[i] > stage)
            stage = p->stage[i];
    }
    return stage;
}

static bool gather_constants(struct planner *p, long *constants)
{
    struct tri_plan *plan = p->plan;
    for (int i = 0; i < p->graph.node_count; i++) {
        constants[i] = plan->constants_size;
        plan->constants_size += round_up((long)p->graph.nodes[i].spec.constants_size, 64);
    }
    plan->constants_size += 64;
    plan->constants = calloc(1, (size_t)plan->constants_size);
    plan->finishes = calloc((size_t)p->graph.node_count + 1, sizeof plan->finishes[0]);
    plan->frames = calloc((size_t)p->graph.node_count + 1, sizeof plan->frames[0]);
    plan->counts = calloc(((size_t)plan->tally_count << p->graph.bits) + 1, sizeof plan->counts[0]);
    plan->told = p->graph.told;
    plan->told_constants = plan->told.channel != 0 ? constants[p->graph.channels[made_as(p, plan->told.channel)].producer] : 0;
    if (plan->constants == NULL || plan->finishes == NULL || plan->frames == NULL || plan->counts == NULL)
        return false;
    for (int i = 0; i < p->graph.node_count; i++) {
        const struct tri_node *node = &p->graph.nodes[i];
        if (node->constants != NULL)
            memcpy(plan->constants + constants[i], node->constants, node->spec.constants_size);
        if (node->spec.finish != NULL)
            plan->finishes[plan->finish_count++] =
                (struct tri_finish){.stage = counted_stage(p, node->tally), .tally = node->tally, .constants = constants[i],
                                    .finish = node->spec.finish, .operation = node->operation};
        if (node->spec.frame != NULL)
            plan->frames[plan->frame_count++] =
                (struct tri_finish){.first = node->first, .delay = node->delay, .constants = constants[i],
                                    .frame = node->spec.frame, .operation = node->operation};
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
    plan->pasts = calloc(room, sizeof plan->pasts[0]);
    const bool done = halo != NULL && sizes != NULL && places != NULL && plan->channels != NULL &&
                      plan->histories != NULL && plan->pasts != NULL;
    if (done) {
        tri_graph_halos(&p->graph, halo);
        plan->channel_count = p->graph.channel_count;
        for (int c = 1; c < plan->channel_count; c++) {
            const struct tri_channel *from = &p->graph.channels[c];
            if (from->producer == FROM_BEFORE && halo[c] > halo[from->of])
                halo[from->of] = halo[c];
            plan->channels[c] = (struct walk_channel){
                .base = BASE_SCRATCH, .size = from->size, .halo = halo[c], .width = from->width, .height = from->height};
        }
        for (int c = 1; c < plan->channel_count; c++) {
            if (p->graph.channels[c].producer == FROM_BEFORE)
                plan->channels[c].halo = plan->channels[p->graph.channels[c].of].halo = halo[p->graph.channels[c].of];
        }
        place_channels(p, sizes, places);
    }
    free(halo);
    free(sizes);
    free(places);
    return done;
}

static bool make_plan(struct planner *p)
{
    struct tri_plan *plan = p->plan;
    const size_t channels = (size_t)p->graph.channel_count, nodes = (size_t)p->graph.node_count;
    long *constants = calloc(nodes, sizeof *constants);
    p->stage = calloc(nodes, sizeof *p->stage);
    p->last_stage = calloc(channels, sizeof *p->last_stage);
    p->kept = calloc(channels, sizeof *p->kept);
    p->once = calloc(nodes, sizeof *p->once);
    p->far_x = calloc(nodes, sizeof *p->far_x);
    p->far_y = calloc(nodes, sizeof *p->far_y);
    p->is_out = calloc(channels, sizeof *p->is_out);
    bool done = constants != NULL && p->stage != NULL && p->last_stage != NULL && p->kept != NULL && p->once != NULL && p->far_x != NULL && p->far_y != NULL &&
                p->is_out != NULL;
    if (done) {
        for (int i = 0; i < p->out.planes; i++)
            p->is_out[plan->out_channel[i] = p->out.channel[i]] = true;
        keep_told(p);
        assign_stages(p);
        plan->tally_count = p->graph.tally_count;
        plan->delay = p->graph.delay;
        plan->fields = p->graph.fields;
        plan->turned = p->graph.turned;
        plan->stages = calloc((size_t)plan->stage_count, sizeof plan->stages[0]);
        done = plan->stages != NULL && gather_constants(p, constants) && make_channels(p);
    }
    for (int s = 0; done && s < plan->stage_count; s++)
        done = tri_stage_make(p, s, constants);
    free(constants);
    free(p->stage);
    free(p->last_stage);
    free(p->kept);
    free(p->once);
    free(p->far_x);
    free(p->far_y);
    free(p->is_out);
    return done;
}

enum tri_status tri_plan_make(const struct tri_pipeline *pipeline, const struct tri_shape *in, enum tri_plan_kind kind,
                              struct tri_plan **result, struct tri_error *error)
{
    struct planner p = {.kind = kind};
    *result = NULL;
    enum tri_status status = tri_shape_check(in, error);
    if (status != TRI_OK)
        return status;
    p.plan = calloc(1, sizeof *p.plan);
    if (p.plan == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for a plan");
    p.plan->kind = kind;
    p.plan->in = *in;
    status = tri_graph_build(pipeline, in, &p.graph, &p.out, &p.plan->out, error);
    if (status == TRI_OK) {
        tri_graph_fit(&p.graph, &p.out);
        status = p.graph.error.status;
        if (status != TRI_OK || !make_plan(&p))
            status = tri_fail(error, TRI_FAILED, "no memory for a plan");
    }
    tri_graph_free(&p.graph);
    if (status == TRI_OK)
        *result = p.plan;
    else
        tri_plan_free(p.plan);
    return status;
}

void tri_plan_free(struct tri_plan *plan)
{
    if (plan == NULL)
        return;
    for (int i = 0; plan->stages != NULL && i < plan->stage_count; i++) {
        free(plan->stages[i].nodes);
        free(plan->stages[i].facts);
        free(plan->stages[i].passes);
        free(plan->stages[i].tallies);
    }
    free(plan->stages);
    free(plan->channels);
    free(plan->histories);
    free(plan->pasts);
    free(plan->frames);
    free(plan->constants);
    free(plan->finishes);
    free(plan->counts);
    free(plan);
}

/* What comes before a channel's own first frame is the lag of kernels before it, and nobody's past. */
static long own_frame(long frame, int first)
{
    return frame < first ? 0 : frame - first;
}

/* The last frame of the job that nodes of that delay run in, up to this one. */
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

/* Where a past is. Before the first frame it is that one; a state then has a zeroed slot. After the last it is that. */
static long past_slot(const struct tri_history *history, const struct tri_past *past, long frame, long last)
{
    const long then = frame - past->ago;
    if (then < 0)
        return slot_of(history, past->state ? history->slots - 1 : 0);
    return slot_of(history, then < last ? then : last);
}

void tri_plan_frame(struct tri_plan *plan, long frame, long frames, const struct tri_image *in,
                    const struct tri_image *out)
{
    int in_plane = 0;
    plan->over = frames > 0 && frame >= frames ? frame - frames + 1 : 0;
    memset(plan->counts, 0, ((size_t)plan->tally_count << plan->in.bits) * sizeof plan->counts[0]);
    for (int c = 1; c < plan->channel_count; c++) {
        struct walk_channel *channel = &plan->channels[c];
        if (channel->base == BASE_IN) {
            channel->stride = (int)in->stride;
            channel->offset = (in->data - (unsigned char *)in->memory) + in_plane++ * in->plane_stride;
        }
    }
    for (int p = 0; p < plan->out.planes; p++) {
        struct walk_channel *channel = &plan->channels[plan->out_channel[p]];
        channel->stride = (int)out->stride;
        channel->offset = (out->data - (unsigned char *)out->memory) + p * out->plane_stride;
    }
    for (int h = 0; h < plan->history_count; h++) {
        const struct tri_history *history = &plan->histories[h];
        struct walk_channel *now = &plan->channels[history->channel];
        now->offset = slot_of(history, own_frame(last_run(plan, frame, history->delay), history->first)) + row_start(now);
    }
    for (int i = 0; i < plan->past_count; i++) {
        const struct tri_past *past = &plan->pasts[i];
        const struct tri_history *history = &plan->histories[past->history];
        const struct walk_channel *now = &plan->channels[history->channel];
        struct walk_channel *before = &plan->channels[past->channel];
        const long last = own_frame(last_run(plan, frame, history->delay), history->first);
        before->stride = now->stride;
        before->offset = row_start(now) + past_slot(history, past, own_frame(frame, history->first), last);
    }
    for (int i = 0; i < plan->frame_count; i++) {
        const struct tri_finish *at = &plan->frames[i];
        at->frame(own_frame(last_run(plan, frame, at->delay), at->first), &at->operation, plan->constants + at->constants);
    }
}

bool tri_plan_zeroed(const struct tri_plan *plan, int i, long *offset, long *size)
{
    const struct tri_history *history = &plan->histories[plan->pasts[i].history];
    *offset = slot_of(history, history->slots - 1);
    *size = history->size;
    return plan->pasts[i].state;
}
