/* stage.c -- one stage of a plan: when each node makes its rows, and the rings that keep them for
 * other nodes. */
#include "plan_internal.h"

#include "../trace/trace.h"

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

/* Finds, from the last node to the first, how far ahead of the stage's last pass each node runs and
 * from how far back, and how many rows the rings need for that. */
static void time_nodes(const struct planner *p, struct tri_stage *stage)
{
    for (int i = stage->node_count - 1; i >= 0; i--) {
        struct walk_node *node = &stage->nodes[i];
        bool is_read_here = false;
        for (int pass = 0; pass < 2; pass++) {
            for (int o = 0; o < node->outputs; o++) {
                struct walk_channel *c = &p->plan->channels[node->out[o]];
                int oldest = node->ahead;
                for (int j = i + 1; j < stage->node_count; j++) {
                    const struct walk_node *reader = &stage->nodes[j];
                    int low, high;
                    if (!reads(reader, node->out[o]))
                        continue;
                    lowest_highest(reader, &low, &high);
                    const int ahead = reader->ahead + high, back = reader->back - low;
                    oldest = reader->ahead + low < oldest ? reader->ahead + low : oldest;
                    if (pass == 0) {
                        node->ahead = !is_read_here || ahead > node->ahead ? ahead : node->ahead;
                        node->back = !is_read_here || back > node->back ? back : node->back;
                        is_read_here = true;
                    }
                }
                if (pass == 1 && c->base == BASE_SCRATCH)
                    c->rows = node->ahead - oldest + 1;
            }
        }
        stage->lead =
            node->back + node->ahead > stage->lead ? node->back + node->ahead : stage->lead;
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
    for (int i = 0; i < stage->histogram_count; i++) {
        const struct tri_histogram *histogram = &stage->histograms[i];
        stage->histograms[i].offset = at;
        at += round_up((long)histogram->bins * histogram->tables * (long)sizeof(uint32_t), 64);
    }
    stage->zeroed = at;
    for (int i = 0; i < stage->node_count; i++) {
        const struct walk_node *node = &stage->nodes[i];
        for (int o = 0; o < node->outputs; o++) {
            struct walk_channel *c = &p->plan->channels[node->out[o]];
            if (node->kind != PASS_HISTOGRAM && c->base == BASE_SCRATCH) {
                c->offset = at + row_start(c);
                at += (long)c->rows * c->stride;
            } else if (c->aside == ASIDE_WANTED) {
                c->aside = at + row_start(c);
                at += row_stride(c);
            }
        }
    }
    stage->scratch_size = round_up(at + 64, 4096);
}

/* Adds a channel of one row for a histogram's tables, after the graph's channels. */
static int histogram_channel(struct tri_plan *plan)
{
    plan->channels[plan->channel_count] =
        (struct walk_channel){.base = BASE_SCRATCH, .rows = 1, .size = 4};
    return plan->channel_count++;
}

/* Per sample. Operations that only choose need the narrowest lanes, and there are the most of
 * those. Updates have no lanes. */
static double work_of(const struct tri_node *node)
{
    const double operations = tri_node_operations(node);
    return 4 + (node->pass->kind == PASS_CHOOSE   ? operations / 3
                : node->pass->kind == PASS_UPDATE ? operations * 16
                                                  : operations);
}

static void add_node(struct planner *p, struct tri_stage *stage, const struct tri_node *node,
                     long constants)
{
    struct tri_plan *plan = p->plan;
    struct walk_node *to = &stage->nodes[stage->node_count++];
    const struct tri_channel *in = &p->graph.channels[node->spec.in[0]];
    *to = (struct walk_node){.constants = constants,
                             .pass = pass_number(stage, node->pass),
                             .kind = (int)node->pass->kind,
                             .inputs = node->inputs,
                             .outputs = node->spec.outputs,
                             .whole = node->spec.whole,
                             .sparse = node->spec.sparse,
                             .low = node->spec.low,
                             .high = node->spec.high,
                             .height = node->spec.height,
                             .block = node->spec.transposed  ? TRANSPOSE_ROWS
                                      : node->spec.block > 1 ? node->spec.block
                                                             : 1};
    stage->facts[stage->node_count - 1] =
        (struct tri_node_facts){.width = node->spec.width,
                                .reach = node->spec.reach,
                                .dynamic = node->spec.dynamic,
                                .specialize = node->spec.specialize,
                                .transposed = node->spec.transposed,
                                .fixed = node->spec.finish == NULL && node->spec.frame == NULL,
                                .operations = tri_node_operations(node),
                                .part = tri_node_reads_part(node),
                                .across = node->spec.across,
                                .down = node->spec.down,
                                .constants_size = (long)node->spec.constants_size};
    memcpy(to->in, node->spec.in, sizeof to->in);
    memcpy(to->rows, node->spec.rows, sizeof to->rows);
    for (int o = 0; o < to->outputs; o++)
        to->out[o] = node->first_output + o;
    if (tri_pass_counts(node->pass)) {
        to->kind = PASS_HISTOGRAM;
        to->height = in->height;
        to->outputs = 1;
        to->out[0] = histogram_channel(plan);
        stage->histograms[stage->histogram_count++] = (struct tri_histogram){
            .number = node->histogram,
            .bins = plan->counted[node->histogram - 1].bins,
            .tables = node->pass->kind == PASS_EXTREMES ? 1 : HISTOGRAM_COPIES(p->graph.bits)};
    }
    const int window = node->inputs * (to->sparse != 0 ? to->sparse : to->high - to->low + 1);
    stage->window = window > stage->window ? window : stage->window;
    stage->height = to->height > stage->height ? to->height : stage->height;
    stage->samples += (int64_t)node->spec.width * to->height;
    stage->work += (double)node->spec.width * to->height * work_of(node);
    stage->delay = node->delay;
}

/* Sets the offsets of histogram tables, once the rings are placed. */
static void place_histograms(struct planner *p, struct tri_stage *stage)
{
    int histogram = 0;
    for (int i = 0; i < stage->node_count; i++) {
        if (stage->nodes[i].kind == PASS_HISTOGRAM)
            p->plan->channels[stage->nodes[i].out[0]].offset =
                stage->histograms[histogram++].offset;
    }
}

/* ---- components ---- */

static bool touches(const struct tri_node *node, int channel)
{
    for (int k = 0; k < node->inputs; k++) {
        if (node->spec.in[k] == channel)
            return true;
    }
    return channel >= node->first_output && channel < node->first_output + node->spec.outputs;
}

/* Whether one reads what the other reads or makes. */
static bool share_plane(const struct tri_node *one, const struct tri_node *other)
{
    for (int k = 0; k < one->inputs; k++) {
        if (touches(other, one->spec.in[k]))
            return true;
    }
    for (int k = 0; k < other->inputs; k++) {
        if (touches(one, other->spec.in[k]))
            return true;
    }
    return false;
}

/* component[i] is the first node of the component that node i belongs to; -1: it is in another
 * stage. Nodes are connected if they share a plane. */
static void find_components(const struct planner *p, int number, int *component)
{
    for (int i = 0; i < p->graph.node_count; i++) {
        component[i] = p->stage[i] == number ? i : -1;
        for (int j = 0; j < i && component[i] >= 0; j++) {
            const int joined = component[j], from = component[i];
            if (joined < 0 || joined == from ||
                !share_plane(&p->graph.nodes[j], &p->graph.nodes[i]))
                continue;
            const int first = joined < from ? joined : from, second = joined < from ? from : joined;
            for (int k = 0; k <= i; k++)
                component[k] = component[k] == second ? first : component[k];
        }
    }
}

/* Nodes of a component follow each other, in their order. */
static bool add_nodes(struct planner *p, struct tri_stage *stage, int number, const long *constants)
{
    const int count = p->graph.node_count;
    int *component = malloc((size_t)count * sizeof *component);
    if (component == NULL)
        return false;
    find_components(p, number, component);
    for (int first = 0; first < count; first++) {
        for (int i = first; i < count && component[first] == first; i++) {
            if (component[i] != first)
                continue;
            add_node(p, stage, &p->graph.nodes[i], constants[i]);
            stage->nodes[stage->node_count - 1].apart = i == first;
        }
    }
    free(component);
    return true;
}

bool tri_stage_make(struct planner *p, int number, const long *constants)
{
    struct tri_stage *stage = &p->plan->stages[number];
    const size_t count = (size_t)p->graph.node_count;
    stage->nodes = calloc(count, sizeof stage->nodes[0]);
    stage->facts = calloc(count, sizeof stage->facts[0]);
    stage->passes = calloc(count, sizeof stage->passes[0]);
    stage->histograms = calloc(count, sizeof stage->histograms[0]);
    if (stage->nodes == NULL || stage->facts == NULL || stage->passes == NULL ||
        stage->histograms == NULL || !add_nodes(p, stage, number, constants))
        return false;
    time_nodes(p, stage);
    place_rings(p, stage);
    place_histograms(p, stage);
    return true;
}

const char *tri_stage_traced_name(struct tri_stage *stage)
{
    char text[120] = "";
    size_t used = 0;
    for (int i = 0; i < stage->pass_count && stage->traced_name == NULL && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? "+" : "",
                                 stage->passes[i]->name);
    if (stage->traced_name == NULL)
        stage->traced_name = tri_trace_text(text);
    return stage->traced_name;
}
