/* timeline.c -- turns events into blocks while they arrive. */
#include "timeline_parts.h"

#include "../parallel/cpu.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* ---- blocks ---- */

static bool make_room(struct tri_timeline *timeline)
{
    struct tri_timeline_state *state = timeline->state;
    if (timeline->block_count < state->room)
        return true;
    if (state->room == state->most) {
        tri_timeline_sort(timeline);
        tri_timeline_shorten(timeline);
        return timeline->block_count < state->room;
    }
    const int larger = state->room == 0                ? 1024
                       : state->room > state->most / 2 ? state->most
                                                       : 2 * state->room;
    const int room = larger < state->most ? larger : state->most;
    struct tri_timeline_block *blocks =
        realloc(timeline->blocks, (size_t)room * sizeof *timeline->blocks);
    if (blocks == NULL)
        return false;
    timeline->blocks = blocks;
    state->room = room;
    return true;
}

static void add_block(struct tri_timeline *timeline, const struct tri_timeline_block *block)
{
    if (block->end <= block->begin)
        return;
    if (timeline->state->most == 0)
        timeline->kinds[block->kind].busy += block->end - block->begin;
    else if (make_room(timeline))
        timeline->blocks[timeline->block_count++] = *block;
    else
        timeline->dropped++;
}

/* ---- events ---- */

static struct timeline_track *track_of(struct tri_timeline *timeline, int number)
{
    struct tri_timeline_state *state = timeline->state;
    if (number >= state->track_room) {
        const int room = number + 64;
        struct timeline_track **tracks = realloc(state->tracks, (size_t)room * sizeof *tracks);
        if (tracks == NULL)
            return NULL;
        memset(tracks + state->track_room, 0,
               (size_t)(room - state->track_room) * sizeof(struct timeline_track *));
        state->tracks = tracks;
        state->track_room = room;
    }
    if (state->tracks[number] == NULL)
        state->tracks[number] = calloc(1, sizeof *state->tracks[number]);
    return state->tracks[number];
}

/* What the thread has done since its last event. */
static void close_block(struct tri_timeline *timeline, struct timeline_track *track, int number,
                        int64_t time)
{
    if (track->depth > 0 && track->depth <= TIMELINE_DEPTH) {
        const struct timeline_open *top = &track->open[track->depth - 1];
        add_block(timeline, &(struct tri_timeline_block){.begin = track->since,
                                                         .end = time,
                                                         .label = top->name,
                                                         .frame = tri_trace_item_number(top->item),
                                                         .first = top->first,
                                                         .rows = top->rows,
                                                         .kind = top->kind,
                                                         .lane = number,
                                                         .core = track->core});
    }
    track->since = time;
}

static void begin(struct tri_timeline *timeline, struct timeline_track *track,
                  const struct tri_trace_event *event)
{
    if (track->depth < TIMELINE_DEPTH) {
        const int kind = tri_timeline_kind_of(timeline, event);
        close_block(timeline, track, event->track, event->time);
        track->open[track->depth] = (struct timeline_open){
            event->name, event->item, event->first, event->rows, kind, event->category};
        track->core = event->core;
    }
    track->depth++;
}

static void end(struct tri_timeline *timeline, struct timeline_track *track,
                const struct tri_trace_event *event)
{
    if (track->depth == 0)
        return;
    if (track->depth <= TIMELINE_DEPTH)
        close_block(timeline, track, event->track, event->time);
    track->core = event->core >= 0 ? event->core : track->core;
    track->depth--;
}

static void whole(struct tri_timeline *timeline, const struct tri_trace_event *event)
{
    struct tri_trace_track track = {0};
    tri_trace_track_at(event->track, &track);
    add_block(timeline, &(struct tri_timeline_block){
                            .begin = event->time,
                            .end = event->end,
                            .label = event->name,
                            .frame = tri_trace_item_number(event->item),
                            .kind = tri_timeline_kind_of_command(timeline, track.name),
                            .lane = event->track,
                            .core = -1});
}

/* What a thread has used before its first report is not of this recording. */
static void count_cpu(struct timeline_track *track, int64_t cpu)
{
    if (!track->reported)
        track->cpu_before = cpu;
    track->reported = true;
    track->cpu = cpu - track->cpu_before;
}

static void take_locked(struct tri_timeline *timeline, const struct tri_trace_event *event)
{
    struct timeline_track *track = event->track > 0 ? track_of(timeline, event->track) : NULL;
    if (track == NULL) {
        timeline->state->no_memory |= event->track > 0;
        return;
    }
    if (event->kind == TRI_TRACE_BEGIN)
        begin(timeline, track, event);
    else if (event->kind == TRI_TRACE_END)
        end(timeline, track, event);
    else if (event->kind == TRI_TRACE_WHOLE)
        whole(timeline, event);
    else if (event->kind == TRI_TRACE_USAGE)
        count_cpu(track, event->cpu_ns);
}

static void take(void *context, const struct tri_trace_event *event)
{
    struct tri_timeline *timeline = context;
    pthread_mutex_lock(&timeline->state->lock);
    take_locked(timeline, event);
    pthread_mutex_unlock(&timeline->state->lock);
}

/* ---- the timeline ---- */

/* CPU time of the whole process; -1: unknown. */
static int64_t process_cpu(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return -1;
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000000) +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * INT64_C(1000);
}

struct tri_timeline *tri_timeline_new(int most)
{
    struct tri_timeline *timeline = calloc(1, sizeof *timeline);
    if (timeline != NULL)
        timeline->state = calloc(1, sizeof *timeline->state);
    if (timeline != NULL && timeline->state == NULL) {
        free(timeline);
        return NULL;
    }
    if (timeline != NULL) {
        timeline->state->most = most;
        timeline->state->cpu_before = process_cpu();
        pthread_mutex_init(&timeline->state->lock, NULL);
    }
    return timeline;
}

struct tri_trace_reader tri_timeline_reader(struct tri_timeline *timeline)
{
    return (struct tri_trace_reader){take, timeline};
}

/* The process's CPU time less that of threads that reported theirs, since the timeline was made. */
static int64_t other_cpu(const struct tri_timeline *timeline)
{
    const struct tri_timeline_state *state = timeline->state;
    const int64_t now = process_cpu();
    if (now < 0 || state->cpu_before < 0)
        return -1;
    int64_t rest = now - state->cpu_before;
    for (int i = 0; i < state->track_room; i++)
        rest -= state->tracks[i] != NULL ? state->tracks[i]->cpu : 0;
    return rest > 0 ? rest : 0;
}

/* From times of the clock to those since the begin; what a device did before that is cut off. */
static void count_from(struct tri_timeline *timeline, int64_t origin)
{
    int kept = 0;
    for (int i = 0; i < timeline->block_count; i++) {
        struct tri_timeline_block block = timeline->blocks[i];
        block.begin = block.begin > origin ? block.begin - origin : 0;
        block.end -= origin;
        if (block.end > timeline->length)
            timeline->length = block.end;
        if (block.end > block.begin)
            timeline->blocks[kept++] = block;
    }
    timeline->block_count = kept;
}

static void add_up(struct tri_timeline *timeline)
{
    for (int i = 0; i < timeline->block_count; i++) {
        const struct tri_timeline_block *block = &timeline->blocks[i];
        struct tri_timeline_lane *lane = &timeline->lanes[block->lane];
        const int64_t time = block->end - block->begin;
        lane->count++;
        timeline->frames |= block->frame > 0;
        timeline->kinds[block->kind].busy += time;
        *(tri_timeline_waits(timeline, block) ? &lane->waiting : &lane->busy) += time;
    }
    for (int i = 1; i < timeline->lane_count; i++)
        timeline->lanes[i].first = timeline->lanes[i - 1].first + timeline->lanes[i - 1].count;
}

enum tri_status tri_timeline_finish(struct tri_timeline *timeline,
                                    const struct tri_trace_summary *summary,
                                    struct tri_error *error)
{
    timeline->length = summary->end > summary->begin ? summary->end - summary->begin : 1;
    timeline->dropped += summary->dropped;
    timeline->other_cpu = other_cpu(timeline);
    count_from(timeline, summary->begin);
    tri_timeline_sort(timeline);
    if (timeline->state->no_memory || !tri_timeline_make_lanes(timeline))
        return tri_fail(error, TRI_FAILED, "out of memory for a timeline");
    add_up(timeline);
    return TRI_OK;
}

int tri_timeline_sums(struct tri_timeline *timeline,
                      struct tri_timeline_kind kinds[TRI_TIMELINE_KINDS])
{
    const struct tri_timeline_state *state = timeline->state;
    pthread_mutex_lock(&timeline->state->lock);
    const int count = timeline->kind_count;
    const int64_t now = tri_now_ns();
    memcpy(kinds, timeline->kinds, sizeof timeline->kinds);
    for (int i = 0; i < state->track_room; i++) {
        const struct timeline_track *track = state->tracks[i];
        if (track != NULL && track->depth > 0 && track->depth <= TIMELINE_DEPTH)
            kinds[track->open[track->depth - 1].kind].busy += now - track->since;
    }
    pthread_mutex_unlock(&timeline->state->lock);
    return count;
}

void tri_timeline_free(struct tri_timeline *timeline)
{
    if (timeline == NULL)
        return;
    for (int i = 0; i < timeline->state->track_room; i++)
        free(timeline->state->tracks[i]);
    pthread_mutex_destroy(&timeline->state->lock);
    free(timeline->state->tracks);
    free(timeline->state);
    free(timeline->blocks);
    free(timeline->lanes);
    free(timeline);
}

/* ---- cells ---- */

/* Adds a block's time to `sums`, which has the times of all kinds for each cell. */
static void spread(const struct tri_timeline_block *block, double *sums, int count, double width)
{
    const double begin = (double)block->begin / width, end = (double)block->end / width;
    for (int i = (int)begin; i < count && i < end; i++) {
        const double from = begin > i ? begin : i, to = end < i + 1 ? end : i + 1;
        sums[i * TRI_TIMELINE_KINDS + block->kind] += to - from;
    }
}

static struct tri_timeline_cell cell_of(const double sums[TRI_TIMELINE_KINDS])
{
    struct tri_timeline_cell cell = {0, -1};
    for (int k = 0; k < TRI_TIMELINE_KINDS; k++) {
        cell.busy += sums[k];
        if (sums[k] > (cell.kind < 0 ? 0 : sums[cell.kind]))
            cell.kind = k;
    }
    return cell;
}

enum tri_status tri_timeline_cells(const struct tri_timeline *timeline, int lane, int64_t longest,
                                   struct tri_timeline_cell *cells, int count)
{
    const struct tri_timeline_lane *of = &timeline->lanes[lane];
    const double width = timeline->length > 0 ? (double)timeline->length / count : 1;
    double *sums = calloc((size_t)count * TRI_TIMELINE_KINDS, sizeof *sums);
    if (sums == NULL)
        return TRI_FAILED;
    for (int i = of->first; i < of->first + of->count; i++) {
        const struct tri_timeline_block *block = &timeline->blocks[i];
        if (!tri_timeline_waits(timeline, block) && block->end - block->begin < longest)
            spread(block, sums, count, width);
    }
    for (int i = 0; i < count; i++)
        cells[i] = cell_of(&sums[i * TRI_TIMELINE_KINDS]);
    free(sums);
    return TRI_OK;
}
