/* log.c -- keeps a recording in memory: begins and ends become spans. */
#include "trace_parts.h"

#include <stdlib.h>
#include <string.h>

struct tri_trace_log_state {
    int most, span_room, other_room;
    bool no_memory;
    struct open_spans {
        int *spans; /* indices of open spans, the outermost first; -1: left out */
        int depth, room;
    } * tracks;
    int track_room;
};

/* Makes room for one more of `size` bytes, but not beyond `most`. */
static bool make_room(void **list, int count, int *room, int most, size_t size)
{
    if (count < *room)
        return true;
    const int larger = *room == 0 ? 256 : *room > most / 2 ? most : 2 * *room;
    void *grown = count < larger ? realloc(*list, (size_t)larger * size) : NULL;
    if (grown == NULL)
        return false;
    *list = grown;
    *room = larger;
    return true;
}

/* ---- events ---- */

static struct open_spans *open_of(struct tri_trace_log_state *state, int track)
{
    if (track >= state->track_room) {
        const int room = track + 64;
        struct open_spans *list = realloc(state->tracks, (size_t)room * sizeof *list);
        if (list == NULL)
            return NULL;
        memset(list + state->track_room, 0, (size_t)(room - state->track_room) * sizeof *list);
        state->tracks = list;
        state->track_room = room;
    }
    return &state->tracks[track];
}

/* The index of the new span; -1: no room. */
static int add_span(struct tri_trace_log *log, const struct tri_trace_event *event, int depth)
{
    struct tri_trace_log_state *state = log->state;
    if (!make_room((void **)&log->spans, log->span_count, &state->span_room, state->most,
                   sizeof log->spans[0])) {
        log->left_out++;
        return -1;
    }
    log->spans[log->span_count] =
        (struct tri_trace_span){.begin = event->time,
                                .end = event->time,
                                .name = event->name,
                                .item = event->item,
                                .item_after = event->item,
                                .track = event->track,
                                .depth = depth,
                                .core_begin = event->core,
                                .core_end = event->core,
                                .category = (enum tri_trace_category)event->category};
    return log->span_count++;
}

static void begin(struct tri_trace_log *log, const struct tri_trace_event *event)
{
    struct open_spans *open = open_of(log->state, event->track);
    if (open == NULL || !make_room((void **)&open->spans, open->depth, &open->room, 1 << 20,
                                   sizeof open->spans[0])) {
        log->state->no_memory = true;
        return;
    }
    const int index = add_span(log, event, open->depth);
    open->spans[open->depth++] = index;
    if (index < 0)
        return;
    log->spans[index].cause = (enum tri_trace_cause)event->cause;
    log->spans[index].first = event->first;
    log->spans[index].rows = event->rows;
}

static void end(struct tri_trace_log *log, const struct tri_trace_event *event)
{
    struct open_spans *open = open_of(log->state, event->track);
    const int index = open != NULL && open->depth > 0 ? open->spans[--open->depth] : -1;
    if (index < 0)
        return;
    struct tri_trace_span *span = &log->spans[index];
    span->end = event->time;
    span->bytes = event->bytes;
    span->core_end = event->core;
    span->cut = event->cut;
    if (!event->cut)
        span->item_after = event->item;
}

static void whole(struct tri_trace_log *log, const struct tri_trace_event *event)
{
    const int index = add_span(log, event, 0);
    if (index < 0)
        return;
    log->spans[index].end = event->end;
    log->spans[index].bytes = event->bytes;
}

static void other(struct tri_trace_log *log, const struct tri_trace_event *event)
{
    struct tri_trace_log_state *state = log->state;
    if (make_room((void **)&log->others, log->other_count, &state->other_room, state->most,
                  sizeof log->others[0]))
        log->others[log->other_count++] = *event;
    else
        log->left_out++;
}

static void take(void *context, const struct tri_trace_event *event)
{
    switch ((enum tri_trace_kind)event->kind) {
    case TRI_TRACE_BEGIN:
        begin(context, event);
        break;
    case TRI_TRACE_END:
        end(context, event);
        break;
    case TRI_TRACE_WHOLE:
        whole(context, event);
        break;
    case TRI_TRACE_INSTANT:
    case TRI_TRACE_COUNT:
    case TRI_TRACE_USAGE:
        other(context, event);
        break;
    }
}

/* ---- the log ---- */

struct tri_trace_log *tri_trace_log_new(int most)
{
    struct tri_trace_log *log = calloc(1, sizeof *log);
    if (log != NULL)
        log->state = calloc(1, sizeof *log->state);
    if (log != NULL && log->state == NULL) {
        free(log);
        return NULL;
    }
    if (log != NULL)
        log->state->most = most;
    return log;
}

struct tri_trace_reader tri_trace_log_reader(struct tri_trace_log *log)
{
    return (struct tri_trace_reader){take, log};
}

static int by_begin(const void *a, const void *b)
{
    const struct tri_trace_span *first = a, *second = b;
    if (first->begin != second->begin)
        return first->begin < second->begin ? -1 : 1;
    return (first->end < second->end) - (first->end > second->end);
}

static int by_time(const void *a, const void *b)
{
    const struct tri_trace_event *first = a, *second = b;
    return (first->time > second->time) - (first->time < second->time);
}

static int by_item(const void *a, const void *b)
{
    const struct tri_trace_flow *first = a, *second = b;
    if (first->item != second->item)
        return first->item < second->item ? -1 : 1;
    return (first->span > second->span) - (first->span < second->span);
}

static bool in_flow(const struct tri_trace_span *span)
{
    return span->item != 0 &&
           (span->category == TRI_TRACE_STAGE || span->category == TRI_TRACE_COMMAND);
}

/* A span in which the item changes is in the flows of both. */
static bool find_flows(struct tri_trace_log *log)
{
    struct tri_trace_flow *flows = malloc(2 * (size_t)log->span_count * sizeof *flows + 1);
    int count = 0;
    for (int i = 0; flows != NULL && i < log->span_count; i++) {
        const struct tri_trace_span *span = &log->spans[i];
        if (in_flow(span))
            flows[count++] = (struct tri_trace_flow){span->item, i};
        if (in_flow(span) && span->item_after != span->item && span->item_after != 0)
            flows[count++] = (struct tri_trace_flow){span->item_after, i};
    }
    if (count > 0)
        qsort(flows, (size_t)count, sizeof *flows, by_item);
    log->flows = flows;
    log->flow_count = count;
    return flows != NULL;
}

static bool copy_tracks(struct tri_trace_log *log)
{
    log->track_count = tri_trace_track_count() + 1;
    log->tracks = calloc((size_t)log->track_count, sizeof *log->tracks);
    for (int i = 1; log->tracks != NULL && i < log->track_count; i++)
        tri_trace_track_at(i, &log->tracks[i]);
    return log->tracks != NULL;
}

enum tri_status tri_trace_log_finish(struct tri_trace_log *log,
                                     const struct tri_trace_summary *summary,
                                     struct tri_error *error)
{
    log->summary = *summary;
    if (log->span_count > 0)
        qsort(log->spans, (size_t)log->span_count, sizeof log->spans[0], by_begin);
    if (log->other_count > 0)
        qsort(log->others, (size_t)log->other_count, sizeof log->others[0], by_time);
    return !log->state->no_memory && copy_tracks(log) && find_flows(log)
               ? TRI_OK
               : tri_fail(error, TRI_FAILED, "out of memory for a recording");
}

void tri_trace_log_free(struct tri_trace_log *log)
{
    if (log == NULL)
        return;
    for (int i = 0; i < log->state->track_room; i++)
        free(log->state->tracks[i].spans);
    free(log->state->tracks);
    free(log->state);
    free(log->spans);
    free(log->others);
    free(log->flows);
    free(log->tracks);
    free(log);
}
