/* lent.c -- inputs of earlier runs that stay in the caller's memory. Kernels over time then read
 * them there: nothing is copied, and the arena has no room for them. */
#include "plan_internal.h"

#include <stdlib.h>

/* Images of one run share a base. */
static int base_of(const struct tri_plan *plan, int ago)
{
    int next = BASE_PAST;
    for (int i = 0; i < plan->lent.past_count; i++) {
        const int base = plan->channels[plan->lent.pasts[i].channel].base;
        if (plan->lent.pasts[i].ago == ago)
            return base;
        next = base >= next ? base + 1 : next;
    }
    return next;
}

/* Returns how many later runs read an input. One that looks ahead reads the last frame again. */
static int runs_after(const struct tri_graph *graph)
{
    int runs = 0;
    for (int i = 0; i < graph->node_count; i++) {
        const struct tri_node *node = &graph->nodes[i];
        for (int k = 0; k < node->inputs; k++) {
            const int channel = node->spec.in[k];
            const bool past = tri_graph_past_input(graph, channel);
            if (!past && graph->channels[channel].producer != FROM_INPUT)
                continue;
            const int ago = past ? graph->channels[channel].ago : 0;
            runs = ago > runs ? ago : runs;
            runs = node->delay > runs ? node->delay : runs;
        }
    }
    return runs;
}

bool tri_lent_place(struct planner *p)
{
    struct tri_plan *plan = p->plan;
    struct tri_lent *lent = &plan->lent;
    if (!p->graph.lent)
        return true;
    lent->room = runs_after(&p->graph) + 1;
    lent->images = calloc((size_t)lent->room, sizeof lent->images[0]);
    lent->pasts = calloc((size_t)p->graph.channel_count, sizeof lent->pasts[0]);
    if (lent->images == NULL || lent->pasts == NULL)
        return false;
    for (int c = 1; c < p->graph.channel_count; c++) {
        const struct tri_channel *past = &p->graph.channels[c];
        if (!tri_graph_past_input(&p->graph, c))
            continue;
        plan->channels[c].base = base_of(plan, past->ago);
        lent->pasts[lent->past_count++] =
            (struct tri_past){c, p->graph.channels[past->of].of, past->ago};
    }
    return true;
}

/* Before the first frame is the first, after the last one the last. */
static const struct tri_image *image_of(const struct tri_plan *plan, long frame, long last)
{
    const long then = frame < 0 ? 0 : frame < last ? frame : last;
    return &plan->lent.images[then % plan->lent.room];
}

const struct tri_image *tri_lent_frame(struct tri_plan *plan, long frame,
                                       const struct tri_image *in)
{
    const long last = frame - plan->over;
    if (plan->over == 0)
        plan->lent.images[frame % plan->lent.room] = *in;
    for (int i = 0; i < plan->lent.past_count; i++) {
        const struct tri_past *past = &plan->lent.pasts[i];
        const struct tri_image *image = image_of(plan, frame - past->ago, last);
        struct walk_channel *channel = &plan->channels[past->channel];
        channel->stride = (int)image->stride;
        channel->offset =
            (image->data - (unsigned char *)image->memory) + past->plane * image->plane_stride;
        plan->inputs[channel->base - BASE_IN] = image->memory;
    }
    return image_of(plan, frame, last);
}
