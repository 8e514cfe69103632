/* timeline_lanes.c -- puts blocks in order, and makes lanes of tracks. */
#include "timeline_parts.h"

#include <stdlib.h>
#include <string.h>

/* ---- order ---- */

static int by_time(const void *a, const void *b)
{
    const struct tri_timeline_block *first = a, *second = b;
    if (first->lane != second->lane)
        return first->lane < second->lane ? -1 : 1;
    if (first->begin != second->begin)
        return first->begin < second->begin ? -1 : 1;
    return (first->end > second->end) - (first->end < second->end);
}

/* Cuts off where two blocks of a lane overlap: of a wait, else of the later one. */
static void cut_overlap(const struct tri_timeline *timeline, struct tri_timeline_block *first,
                        struct tri_timeline_block *second)
{
    if (first->end <= second->begin)
        return;
    if (tri_timeline_waits(timeline, first) && !tri_timeline_waits(timeline, second))
        first->end = second->begin;
    else
        second->begin = first->end;
}

/* Blocks of a thread do not overlap. Commands of a device's queue may, by errors of its clock, and
 * so may waits of threads that share a lane. */
void tri_timeline_sort(struct tri_timeline *timeline)
{
    int kept = 0;
    if (timeline->block_count > 0)
        qsort(timeline->blocks, (size_t)timeline->block_count, sizeof *timeline->blocks, by_time);
    for (int i = 0; i < timeline->block_count; i++) {
        struct tri_timeline_block block = timeline->blocks[i];
        struct tri_timeline_block *before = kept > 0 ? &timeline->blocks[kept - 1] : NULL;
        if (before != NULL && before->lane == block.lane)
            cut_overlap(timeline, before, &block);
        kept -= before != NULL && before->end <= before->begin;
        if (block.end > block.begin)
            timeline->blocks[kept++] = block;
    }
    timeline->block_count = kept;
}

/* ---- summing up ---- */

static bool is_short(const struct tri_timeline_block *block, int64_t window)
{
    return block->end - block->begin < window;
}

/* The number of blocks from `first` on that are short and begin in the same window. */
static int group_size(const struct tri_timeline *timeline, int first, int64_t window)
{
    const struct tri_timeline_block *blocks = timeline->blocks;
    int i = first;
    while (i < timeline->block_count && blocks[i].lane == blocks[first].lane &&
           is_short(&blocks[i], window) && blocks[i].begin / window == blocks[first].begin / window)
        i++;
    return i - first;
}

/* Makes one block for each kind of a group, at `to`, which is not behind the group. Returns how
 * many. They take as much time as before, so that they end before the group did. */
static int sum_up(struct tri_timeline *timeline, const struct tri_timeline_block *group, int size,
                  struct tri_timeline_block *to)
{
    int64_t sums[TRI_TIMELINE_KINDS] = {0}, time = group->begin;
    const int lane = group->lane, core = group->core;
    int made = 0;
    for (int i = 0; i < size; i++)
        sums[group[i].kind] += group[i].end - group[i].begin;
    for (int kind = 0; kind < timeline->kind_count; kind++) {
        if (sums[kind] == 0)
            continue;
        to[made++] = (struct tri_timeline_block){.begin = time,
                                                 .end = time + sums[kind],
                                                 .frame = -1,
                                                 .kind = kind,
                                                 .lane = lane,
                                                 .core = core};
        time += sums[kind];
    }
    return made;
}

static void sum_up_all(struct tri_timeline *timeline, int64_t window)
{
    int kept = 0;
    for (int i = 0; i < timeline->block_count;) {
        const int size = group_size(timeline, i, window);
        if (size > 1)
            kept += sum_up(timeline, &timeline->blocks[i], size, &timeline->blocks[kept]);
        else
            timeline->blocks[kept++] = timeline->blocks[i];
        i += size > 1 ? size : 1;
    }
    timeline->block_count = kept;
}

/* The window grows only where the one before no longer suffices. */
void tri_timeline_shorten(struct tri_timeline *timeline)
{
    struct tri_timeline_state *state = timeline->state;
    const int64_t longest = INT64_C(1) << 60;
    if (state->window == 0)
        state->window = 10000;
    sum_up_all(timeline, state->window);
    while (timeline->block_count > state->room / 2 && state->window < longest) {
        state->window *= 2;
        sum_up_all(timeline, state->window);
    }
}

/* ---- lanes ---- */

static int rank(const struct tri_timeline_lane *lane)
{
    return lane->device[0] != '\0'                  ? 3
           : strcmp(lane->name, "main") == 0        ? 0
           : strncmp(lane->name, "worker ", 7) == 0 ? 1
                                                    : 2;
}

/* In the order in which work passes them. */
static int queue_rank(const char *name)
{
    return strcmp(name, "uploads") == 0 ? 0 : strcmp(name, "kernels") == 0 ? 1 : 2;
}

static int by_rank(const void *a, const void *b)
{
    const struct tri_timeline_lane *first = a, *second = b;
    if (rank(first) != rank(second))
        return rank(first) - rank(second);
    const int device = strcmp(first->device, second->device);
    if (device != 0)
        return device;
    if (rank(first) == 3)
        return queue_rank(first->name) - queue_rank(second->name);
    const int order = strverscmp(first->name, second->name);
    return order != 0 ? order : first->first - second->first;
}

/* The next block from `at` on in which the lane does not wait; its end if there is none. */
static int next_busy(const struct tri_timeline *timeline, const struct tri_timeline_lane *lane,
                     int at)
{
    while (at < lane->first + lane->count && tri_timeline_waits(timeline, &timeline->blocks[at]))
        at++;
    return at;
}

static bool same_name(const struct tri_timeline_lane *a, const struct tri_timeline_lane *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->device, b->device) == 0;
}

/* Whether at most one of both is busy at any time. */
static bool take_turns(const struct tri_timeline *timeline, const struct tri_timeline_lane *a,
                       const struct tri_timeline_lane *b)
{
    int i = next_busy(timeline, a, a->first), j = next_busy(timeline, b, b->first);
    while (i < a->first + a->count && j < b->first + b->count) {
        const struct tri_timeline_block *x = &timeline->blocks[i], *y = &timeline->blocks[j];
        if (x->begin < y->end && y->begin < x->end)
            return false;
        if (x->end <= y->begin)
            i = next_busy(timeline, a, i + 1);
        else
            j = next_busy(timeline, b, j + 1);
    }
    return true;
}

/* A track with blocks. */
struct used_track {
    struct tri_timeline_lane lane; /* `first` and `count` are of its blocks */
    int number, lane_number;
};

static int by_rank_of_lane(const void *a, const void *b)
{
    return by_rank(&((const struct used_track *)a)->lane, &((const struct used_track *)b)->lane);
}

/* In the order of their numbers. Returns how many there are; NULL in *used: no memory. */
static int find_used(const struct tri_timeline *timeline, struct used_track **used)
{
    int count = 0;
    *used = calloc((size_t)tri_trace_track_count() + 1, sizeof **used);
    for (int i = 0; *used != NULL && i < timeline->block_count; i++) {
        struct tri_trace_track track = {0};
        if (i == 0 || timeline->blocks[i - 1].lane != timeline->blocks[i].lane) {
            struct used_track *to = &(*used)[count++];
            to->number = timeline->blocks[i].lane;
            to->lane.first = i;
            tri_trace_track_at(to->number, &track);
            memcpy(to->lane.name, track.name, sizeof to->lane.name);
            memcpy(to->lane.device, track.device, sizeof to->lane.device);
        }
        (*used)[count - 1].lane.count++;
    }
    return count;
}

/* Whether a track can share the lane of those before it from `from` on. */
static bool can_share(const struct tri_timeline *timeline, const struct used_track *used, int from,
                      int track)
{
    for (int i = from; i < track; i++)
        if (!same_name(&used[i].lane, &used[track].lane) ||
            !take_turns(timeline, &used[i].lane, &used[track].lane))
            return false;
    return from < track;
}

/* Fills in the lanes and which one each track has. */
static void assign_lanes(struct tri_timeline *timeline, struct used_track *used, int count)
{
    int from = 0;
    for (int i = 0; i < count; i++) {
        if (!can_share(timeline, used, from, i)) {
            struct tri_timeline_lane *lane = &timeline->lanes[timeline->lane_count++];
            from = i;
            *lane = used[i].lane;
            lane->first = lane->count = 0;
        }
        used[i].lane_number = timeline->lane_count - 1;
    }
}

bool tri_timeline_make_lanes(struct tri_timeline *timeline)
{
    struct used_track *used;
    const int count = find_used(timeline, &used);
    timeline->lanes = calloc((size_t)count + 1, sizeof *timeline->lanes);
    if (used == NULL || timeline->lanes == NULL) {
        free(used);
        return false;
    }
    qsort(used, (size_t)count, sizeof *used, by_rank_of_lane);
    assign_lanes(timeline, used, count);
    for (int i = 0; i < count; i++)
        for (int j = 0; j < used[i].lane.count; j++)
            timeline->blocks[used[i].lane.first + j].lane = used[i].lane_number;
    free(used);
    tri_timeline_sort(timeline);
    return true;
}
