/* fit.c -- makes a graph fit for planning: outputs that nothing else reads, inputs whose padding
 * suffices. Where one does not fit, a pass that copies comes between. */
#include "plan.h"

#include "../image/image.h"

#include <stdlib.h>
#include <string.h>

extern const struct tri_pass tri_pass_relay;

static int relay(struct tri_graph *graph, int channel)
{
    static const struct tri_operation none = {0};
    graph->operation = &none;
    return tri_graph_add(graph, &tri_pass_relay, &(struct tri_node_spec){.in = {channel}});
}

static bool is_read(const struct tri_graph *graph, int channel)
{
    for (int i = 0; i < graph->node_count; i++) {
        for (int k = 0; k < graph->nodes[i].inputs; k++) {
            if (graph->nodes[i].spec.in[k] == channel)
                return true;
        }
    }
    for (int c = 1; c < graph->channel_count; c++) {
        if (graph->channels[c].producer == FROM_BEFORE && graph->channels[c].of == channel)
            return true;
    }
    return false;
}

/* The output's planes are written by nodes that write nothing else and read by none. */
static void relay_outputs(struct tri_graph *graph, struct tri_value *out)
{
    for (int i = 0; i < out->planes; i++) {
        bool shared = false;
        for (int k = 0; k < i; k++)
            shared |= out->channel[k] == out->channel[i];
        if (graph->channels[out->channel[i]].producer < 0 || shared || is_read(graph, out->channel[i]))
            out->channel[i] = relay(graph, out->channel[i]);
    }
}

/* Puts a relay behind an input channel for all that read it, the frame after included. The new
 * node goes to the front, so that the order stays topological. */
static void relay_input(struct tri_graph *g, int channel)
{
    const int count = g->node_count, copy = relay(g, channel);
    if (g->error.status != TRI_OK)
        return;
    struct tri_node node = g->nodes[count];
    node.delay = 0; /* no kernel is before it */
    memmove(g->nodes + 1, g->nodes, (size_t)count * sizeof node);
    g->nodes[0] = node;
    for (int c = 1; c < g->channel_count; c++) {
        if (g->channels[c].producer >= 0)
            g->channels[c].producer = c == copy ? 0 : g->channels[c].producer + 1;
        if (g->channels[c].producer == FROM_BEFORE && g->channels[c].of == channel)
            g->channels[c].of = copy;
    }
    for (int i = 1; i <= count; i++) {
        for (int k = 0; k < g->nodes[i].inputs; k++)
            g->nodes[i].spec.in[k] = g->nodes[i].spec.in[k] == channel ? copy : g->nodes[i].spec.in[k];
    }
}

void tri_graph_halos(const struct tri_graph *graph, int *halo)
{
    memset(halo, 0, (size_t)graph->channel_count * sizeof *halo);
    for (int i = graph->node_count - 1; i >= 0; i--) {
        const struct tri_node *node = &graph->nodes[i];
        const int reach = node->pass->kind == PASS_SCAN ? halo[node->first_output] : node->spec.reach;
        for (int k = 0; k < node->inputs; k++)
            halo[node->spec.in[k]] = reach > halo[node->spec.in[k]] ? reach : halo[node->spec.in[k]];
    }
}

static void relay_inputs(struct tri_graph *graph)
{
    int *halo = calloc((size_t)graph->channel_count, sizeof *halo);
    if (halo == NULL) {
        tri_fail(&graph->error, TRI_FAILED, "no memory for a plan");
        return;
    }
    tri_graph_halos(graph, halo);
    for (int c = graph->channel_count - 1; c > 0; c--) {
        const struct tri_channel channel = graph->channels[c];
        if (channel.producer == FROM_BEFORE && graph->channels[channel.of].producer == FROM_INPUT)
            relay_input(graph, channel.of);
        else if (channel.producer == FROM_INPUT && halo[c] > TRI_PAD)
            relay_input(graph, c);
    }
    free(halo);
}

void tri_graph_fit(struct tri_graph *graph, struct tri_value *out)
{
    relay_outputs(graph, out);
    relay_inputs(graph);
}
