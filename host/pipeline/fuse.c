/* fuse.c -- puts a pass and its source into one node where a kernel has a pass that does both. */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

static bool reads(const struct tri_node *node, int channel)
{
    for (int k = 0; k < node->inputs; k++) {
        if (node->spec.in[k] == channel)
            return true;
    }
    return false;
}

/* Whether anything but node `reader` reads a channel, now or in a later frame, or it is a result.
 */
static bool read_elsewhere(const struct tri_graph *graph, const struct tri_value *out, int channel,
                           int reader)
{
    for (int i = 0; i < graph->node_count; i++) {
        if (i != reader && reads(&graph->nodes[i], channel))
            return true;
    }
    for (int c = 1; c < graph->channel_count; c++) {
        if (graph->channels[c].producer == FROM_PREVIOUS && graph->channels[c].of == channel)
            return true;
    }
    for (int p = 0; p < out->planes; p++) {
        if (out->channel[p] == channel)
            return true;
    }
    return graph->told.channel == channel;
}

static bool same_constants(const struct tri_node *a, const struct tri_node *b)
{
    if (a->spec.finish != NULL || a->spec.frame != NULL || b->spec.finish != NULL ||
        b->spec.frame != NULL)
        return false;
    return a->constants == NULL || b->constants == NULL ||
           (a->spec.constants_size == b->spec.constants_size &&
            memcmp(a->constants, b->constants, a->spec.constants_size) == 0);
}

static bool has_height(const struct tri_node_spec *spec)
{
    return spec->low != 0 || spec->high != 0 || spec->sparse != 0 || spec->whole;
}

/* Returns the source of node `i` if the two can be one, else -1. */
static int source_of(const struct tri_graph *graph, const struct tri_value *out, int i, int most)
{
    const struct tri_node *node = &graph->nodes[i];
    const int source = graph->channels[node->spec.in[0]].producer;
    if (node->spec.fused == NULL || source < 0 || node->inputs > most)
        return -1;
    const struct tri_node *first = &graph->nodes[source];
    if (first->spec.outputs != node->inputs || node->inputs > FUSE_MOST || first->spec.reach > 0 ||
        node->spec.reach > FUSE_REACH || has_height(&node->spec) || first->spec.whole ||
        !same_constants(first, node))
        return -1;
    for (int k = 0; k < node->inputs; k++) {
        if (node->spec.in[k] != first->first_output + k ||
            read_elsewhere(graph, out, node->spec.in[k], i))
            return -1;
    }
    return source;
}

/* Makes node `i` read what `source` reads, and removes that. */
static void join(struct tri_graph *graph, int i, int source)
{
    struct tri_node *node = &graph->nodes[i], *first = &graph->nodes[source];
    const int old = first->first_output, outputs = first->spec.outputs;
    node->spec.operations = tri_node_operations(first) + tri_node_operations(node);
    node->pass = node->spec.fused;
    node->inputs = first->inputs;
    memcpy(node->spec.in, first->spec.in, sizeof node->spec.in);
    memcpy(node->spec.rows, first->spec.rows, sizeof node->spec.rows);
    node->spec.low = first->spec.low;
    node->spec.high = first->spec.high;
    node->spec.sparse = first->spec.sparse;
    if (node->constants == NULL) {
        node->constants = first->constants;
        node->spec.constants_size = first->spec.constants_size;
    } else {
        free(first->constants);
    }
    graph->node_count--;
    memmove(first, first + 1, (size_t)(graph->node_count - source) * sizeof *first);
    for (int c = 1; c < graph->channel_count; c++) {
        if (c >= old && c < old + outputs)
            graph->channels[c].producer = FROM_NOWHERE;
        else if (graph->channels[c].producer > source)
            graph->channels[c].producer--;
    }
}

void tri_graph_fuse(struct tri_graph *graph, const struct tri_value *out, int most)
{
    for (int i = 0; i < graph->node_count; i++) {
        const int source = source_of(graph, out, i, most);
        if (source < 0)
            continue;
        join(graph, i, source);
        i--;
    }
}
