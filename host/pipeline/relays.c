/* relays.c -- prepares a graph for planning: nothing may read outputs, and inputs need enough
 * padding. Inserts a copying pass where that does not hold. */
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

bool tri_graph_past_input(const struct tri_graph *graph, int channel)
{
    const struct tri_channel *c = &graph->channels[channel];
    return c->producer == FROM_PREVIOUS && graph->channels[c->of].producer == FROM_INPUT;
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
        if (graph->channels[c].producer == FROM_PREVIOUS && graph->channels[c].of == channel)
            return true;
    }
    return false;
}

/* Makes the output's planes distinct channels that nodes make and none read. */
static void relay_outputs(struct tri_graph *graph, struct tri_value *out)
{
    for (int i = 0; i < out->planes; i++) {
        bool shared = false;
        for (int k = 0; k < i; k++)
            shared |= out->channel[k] == out->channel[i];
        if (graph->channels[out->channel[i]].producer < 0 || shared ||
            is_read(graph, out->channel[i]))
            out->channel[i] = relay(graph, out->channel[i]);
    }
}

/* Inserts a relay of an input channel as node number `at`; returns its channel, or 0 if out of
 * memory. */
static int insert_relay(struct tri_graph *g, int at, int channel)
{
    const int count = g->node_count, copy = relay(g, channel);
    if (g->error.status != TRI_OK)
        return 0;
    struct tri_node node = g->nodes[count];
    node.delay = 0; /* no kernel precedes it */
    memmove(g->nodes + at + 1, g->nodes + at, (size_t)(count - at) * sizeof node);
    g->nodes[at] = node;
    for (int c = 1; c < g->channel_count; c++) {
        if (g->channels[c].producer >= at)
            g->channels[c].producer = c == copy ? at : g->channels[c].producer + 1;
    }
    return copy;
}

static void read_instead(struct tri_node *node, int channel, int copy)
{
    for (int k = 0; k < node->inputs; k++)
        node->spec.in[k] = node->spec.in[k] == channel ? copy : node->spec.in[k];
}

/* Puts a relay between an input channel and all its readers, including those in later frames. The
 * new node goes to the front, which keeps the order topological. */
static void relay_input(struct tri_graph *g, int channel)
{
    const int copy = insert_relay(g, 0, channel);
    if (copy == 0)
        return;
    for (int c = 1; c < g->channel_count; c++) {
        if (g->channels[c].producer == FROM_PREVIOUS && g->channels[c].of == channel)
            g->channels[c].of = copy;
    }
    for (int i = 1; i < g->node_count; i++)
        read_instead(&g->nodes[i], channel, copy);
}

bool tri_node_needs_padding(const struct tri_node *node)
{
    return node->spec.reach > 0 || node->pass->kind == PASS_SCAN;
}

/* Rows of packed images get their padding when they are read. */
static void relay_packed(struct tri_graph *g)
{
    for (int i = g->node_count - 1; i >= 0; i--) {
        for (int k = 0, at = i; k < g->nodes[at].inputs && tri_node_needs_padding(&g->nodes[at]);
             k++) {
            const int channel = g->nodes[at].spec.in[k];
            if (g->channels[channel].producer != FROM_INPUT && !tri_graph_past_input(g, channel))
                continue;
            const int copy = insert_relay(g, i, channel);
            if (copy == 0)
                return;
            read_instead(&g->nodes[++at], channel, copy);
            g->nodes[i].delay = g->nodes[at].delay; /* they share a stage */
            g->nodes[i].repeat = g->nodes[at].repeat;
            g->nodes[i].rounds = g->nodes[at].rounds;
        }
    }
}

void tri_graph_halos(const struct tri_graph *graph, int *halo)
{
    memset(halo, 0, (size_t)graph->channel_count * sizeof *halo);
    for (int i = graph->node_count - 1; i >= 0; i--) {
        const struct tri_node *node = &graph->nodes[i];
        const int reach =
            node->pass->kind == PASS_SCAN ? halo[node->first_output] : node->spec.reach;
        for (int k = 0; k < node->inputs; k++)
            halo[node->spec.in[k]] =
                reach > halo[node->spec.in[k]] ? reach : halo[node->spec.in[k]];
    }
}

/* Returns whether all earlier inputs can be read where they are: there is a base for each, they
 * begin with the job's frame 0, and the padding of images suffices. */
static bool can_lend(const struct tri_graph *graph, const int *halo)
{
    int agos[TRI_INPUTS], count = 0;
    for (int c = 1; c < graph->channel_count; c++) {
        const struct tri_channel *past = &graph->channels[c];
        if (!tri_graph_past_input(graph, c))
            continue;
        int i = 0;
        while (i < count && agos[i] != past->ago)
            i++;
        if (i == TRI_INPUTS || past->first != 0 || past->state || halo[c] > TRI_PAD)
            return false;
        agos[i] = past->ago;
        count = i == count ? count + 1 : count;
    }
    return count > 0;
}

static void relay_inputs(struct tri_graph *graph)
{
    int *halo = calloc((size_t)graph->channel_count, sizeof *halo);
    if (halo == NULL) {
        tri_fail(&graph->error, TRI_FAILED, "out of memory for a plan");
        return;
    }
    tri_graph_halos(graph, halo);
    graph->lent = graph->lent && can_lend(graph, halo);
    for (int c = graph->channel_count - 1; c > 0; c--) {
        const struct tri_channel channel = graph->channels[c];
        if (tri_graph_past_input(graph, c)) {
            if (!graph->lent)
                relay_input(graph, channel.of);
        } else if (channel.producer == FROM_INPUT && halo[c] > TRI_PAD) {
            relay_input(graph, c);
        }
    }
    free(halo);
}

void tri_graph_fit(struct tri_graph *graph, struct tri_value *out, bool packed)
{
    relay_outputs(graph, out);
    relay_inputs(graph);
    if (packed)
        relay_packed(graph);
}
