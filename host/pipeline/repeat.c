/* repeat.c -- stages that run in rounds: which they are, and when the last round is over. */
#include "plan_internal.h"

#include <stdlib.h>
#include <string.h>

void tri_repeat_stages(const struct planner *p, int stage, int *first, int *last)
{
    const struct tri_plan *plan = p->plan;
    *first = *last = stage;
    for (int i = 0; i < plan->repeat_count; i++) {
        if (stage >= plan->repeats[i].first && stage <= plan->repeats[i].last) {
            *first = plan->repeats[i].first;
            *last = plan->repeats[i].last;
        }
    }
}

/* Returns that of the repeat with this number, which is entered if it has none. */
static struct tri_repeat *entry_of(struct tri_plan *plan, int *entry_of_number, int number)
{
    if (entry_of_number[number] == 0) {
        plan->repeats[plan->repeat_count++].first = plan->stage_count;
        entry_of_number[number] = plan->repeat_count;
    }
    return &plan->repeats[entry_of_number[number] - 1];
}

bool tri_repeat_place(struct planner *p)
{
    struct tri_plan *plan = p->plan;
    const size_t room = (size_t)p->graph.repeat_count + 1;
    const size_t counts = p->graph.repeat_count > 0 ? plan->counts_size : 0;
    int *entries = calloc(room, sizeof *entries);
    plan->repeats = calloc(room, sizeof plan->repeats[0]);
    plan->counts_before = calloc(counts + 1, sizeof plan->counts_before[0]);
    const bool done = entries != NULL && plan->repeats != NULL && plan->counts_before != NULL;
    for (int i = 0; i < p->graph.node_count && done; i++) {
        const struct tri_node *node = &p->graph.nodes[i];
        if (node->repeat == 0)
            continue;
        struct tri_repeat *repeat = entry_of(plan, entries, node->repeat);
        repeat->first = p->stage[i] < repeat->first ? p->stage[i] : repeat->first;
        repeat->last = p->stage[i] > repeat->last ? p->stage[i] : repeat->last;
        repeat->most = node->rounds;
    }
    free(entries);
    return done;
}

void tri_repeat_reset(struct tri_plan *plan)
{
    for (int i = 0; i < plan->repeat_count; i++)
        plan->repeats[i].rounds = 1;
}

/* Returns whether the round has counted what the one before has. */
static bool has_settled(const struct tri_plan *plan, const struct tri_repeat *repeat)
{
    int counted = 0, settled = 0;
    for (int s = repeat->first; s <= repeat->last; s++) {
        const struct tri_stage *stage = &plan->stages[s];
        for (int i = 0; i < stage->histogram_count; i++) {
            const struct tri_counted *now = &plan->counted[stage->histograms[i].number - 1];
            counted++;
            settled += memcmp(plan->counts + now->first, plan->counts_before + now->first,
                              (size_t)now->bins * sizeof plan->counts[0]) == 0;
        }
    }
    return counted > 0 && settled == counted && repeat->rounds > 1;
}

/* Puts the counts aside, and counts from 0 again. */
static void begin_round(struct tri_plan *plan, struct tri_repeat *repeat)
{
    memcpy(plan->counts_before, plan->counts, plan->counts_size * sizeof plan->counts[0]);
    repeat->rounds++;
    for (int s = repeat->first; s <= repeat->last; s++) {
        const struct tri_stage *stage = &plan->stages[s];
        for (int i = 0; i < stage->histogram_count; i++) {
            const struct tri_counted *now = &plan->counted[stage->histograms[i].number - 1];
            memset(plan->counts + now->first, 0, (size_t)now->bins * sizeof plan->counts[0]);
        }
    }
}

int tri_plan_next(struct tri_plan *plan, int stage)
{
    for (int i = 0; i < plan->repeat_count; i++) {
        struct tri_repeat *repeat = &plan->repeats[i];
        if (repeat->last != stage || tri_plan_holds(plan, stage))
            continue;
        if (repeat->rounds < repeat->most && !has_settled(plan, repeat)) {
            begin_round(plan, repeat);
            return repeat->first;
        }
    }
    return stage + 1;
}
