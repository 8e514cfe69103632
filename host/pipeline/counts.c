/* counts.c -- where a plan keeps what its histograms count, and how parts of it are joined. */
#include "plan_internal.h"

#include <stdlib.h>

bool tri_counts_place(struct planner *p)
{
    struct tri_plan *plan = p->plan;
    plan->counted = calloc((size_t)plan->histogram_count + 1, sizeof plan->counted[0]);
    for (int i = 0; i < p->graph.node_count && plan->counted != NULL; i++) {
        const struct tri_node *node = &p->graph.nodes[i];
        if (tri_pass_counts(node->pass))
            plan->counted[node->histogram - 1] = (struct tri_counted){
                .bins = node->pass->kind == PASS_EXTREMES ? EXTREMES_COUNTED : 1 << p->graph.bits,
                .extremes = node->pass->kind == PASS_EXTREMES};
    }
    for (int i = 0; i < plan->histogram_count && plan->counted != NULL; i++) {
        plan->counted[i].first = plan->counts_size;
        plan->counts_size += (size_t)plan->counted[i].bins;
    }
    plan->counts = calloc(plan->counts_size + 1, sizeof plan->counts[0]);
    return plan->counted != NULL && plan->counts != NULL;
}

void tri_counts_join(const struct tri_plan *plan, uint64_t *counts, const uint64_t *others)
{
    for (int n = 0; n < plan->histogram_count; n++) {
        const struct tri_counted *counted = &plan->counted[n];
        uint64_t *count = counts + counted->first;
        const uint64_t *other = others + counted->first;
        for (int i = 0; i < counted->bins; i++)
            tri_count_join(&count[i], other[i], counted->extremes);
    }
}
