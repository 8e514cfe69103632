/* perfetto.c -- turns events into packets of a trace and writes them. */
#include "perfetto_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- packets ---- */

static void flush(struct tri_perfetto *pf)
{
    if (pf->why == 0 && fwrite(pf->packed, 1, pf->used, pf->file) != pf->used)
        pf->why = errno != 0 ? errno : EIO;
    pf->used = 0;
}

uint8_t *tri_pf_room(struct tri_perfetto *pf, size_t size)
{
    if (pf->used + size > sizeof pf->packed)
        flush(pf);
    return pf->packed + pf->used;
}

/* A trace is its packets one after another, each as field 1 with its length. */
void tri_pf_write(struct tri_perfetto *pf, TriPf__TracePacket *packet)
{
    TriPf__Trace trace = TRI_PF__TRACE__INIT;
    packet->has_trusted_packet_sequence_id = true;
    packet->trusted_packet_sequence_id = PF_SEQUENCE;
    trace.n_packet = 1;
    trace.packet = &packet;
    const size_t size = tri_pf__trace__get_packed_size(&trace);
    if (pf->why != 0 || size > sizeof pf->packed)
        return;
    pf->used += tri_pf__trace__pack(&trace, tri_pf_room(pf, size));
}

static void add_number(struct pf_event *event, enum pf_note note, int64_t value)
{
    event->notes[event->note_count].note = note;
    event->notes[event->note_count++].value = value;
}

/* ---- events ---- */

/* Flows lead through stages of streams and through commands of devices. */
static bool in_flow(unsigned category)
{
    return category == TRI_TRACE_STAGE || category == TRI_TRACE_COMMAND;
}

static void begin(struct tri_perfetto *pf, const struct tri_trace_event *event)
{
    struct pf_thread *thread = tri_pf_thread_of(pf, event->track);
    struct pf_event to = {.time = event->time,
                          .type = PF_SLICE_BEGIN,
                          .track = PF_TRACK + event->track,
                          .name = tri_pf_name(pf, event->name, (enum tri_trace_cause)event->cause),
                          .item = in_flow(event->category) ? event->item : 0,
                          .category = event->category + 1U};
    if (event->item != 0)
        add_number(&to, NOTE_FRAME, tri_trace_item_number(event->item));
    if (event->rows > 0) {
        add_number(&to, NOTE_FIRST, event->first);
        add_number(&to, NOTE_ROWS, event->rows);
    }
    if (event->core >= 0)
        add_number(&to, NOTE_CORE, event->core);
    tri_pf_write_event(pf, &to);
    if (thread == NULL)
        return;
    if (thread->depth < PF_DEPTH)
        thread->open[thread->depth] = (struct pf_open){
            event->category == TRI_TRACE_WAIT ? 0 : to.name, event->category, event->item};
    thread->depth++;
    tri_pf_follow_core(pf, event);
}

static void end(struct tri_perfetto *pf, const struct tri_trace_event *event)
{
    struct pf_thread *thread = tri_pf_thread_of(pf, event->track);
    if (thread == NULL || thread->depth == 0)
        return;
    thread->depth--;
    const struct pf_open *open = thread->depth < PF_DEPTH ? &thread->open[thread->depth] : NULL;
    const bool moves =
        open != NULL && in_flow(open->category) && !event->cut && event->item != open->item;
    struct pf_event to = {.time = event->time,
                          .type = PF_SLICE_END,
                          .track = PF_TRACK + event->track,
                          .item = moves ? event->item : 0};
    if (event->bytes > 0)
        add_number(&to, NOTE_BYTES, event->bytes);
    tri_pf_write_event(pf, &to);
    tri_pf_follow_core(pf, event);
}

static void whole(struct tri_perfetto *pf, const struct tri_trace_event *event)
{
    struct pf_event to = {.time = event->time,
                          .type = PF_SLICE_BEGIN,
                          .track = PF_TRACK + event->track,
                          .name = tri_pf_name(pf, event->name, TRI_TRACE_NO_WAIT),
                          .item = event->item,
                          .category = event->category + 1U};
    if (event->item != 0)
        add_number(&to, NOTE_FRAME, tri_trace_item_number(event->item));
    if (event->bytes > 0)
        add_number(&to, NOTE_BYTES, event->bytes);
    tri_pf_write_event(pf, &to);
    to = (struct pf_event){
        .time = event->end, .type = PF_SLICE_END, .track = PF_TRACK + event->track};
    tri_pf_write_event(pf, &to);
}

/* Through the library, since it may have a text. */
static void instant(struct tri_perfetto *pf, const struct tri_trace_event *event)
{
    TriPf__TracePacket packet = TRI_PF__TRACE_PACKET__INIT;
    TriPf__TrackEvent made = TRI_PF__TRACK_EVENT__INIT;
    TriPf__DebugAnnotation notes[2] = {TRI_PF__DEBUG_ANNOTATION__INIT,
                                       TRI_PF__DEBUG_ANNOTATION__INIT};
    TriPf__DebugAnnotation *list[2] = {&notes[0], &notes[1]};
    made.name_iid = tri_pf_name(pf, event->name, TRI_TRACE_NO_WAIT);
    made.has_type = made.has_track_uuid = made.has_name_iid = true;
    made.type = PF_INSTANT;
    made.track_uuid = event->track > 0 ? PF_TRACK + event->track : PF_PROCESS;
    made.debug_annotations = list;
    if (event->item != 0) {
        notes[0].has_name_iid = notes[0].has_int_value = true;
        notes[0].name_iid = NOTE_FRAME;
        notes[0].int_value = tri_trace_item_number(event->item);
        made.n_debug_annotations = 1;
    }
    if (event->detail != NULL) {
        TriPf__DebugAnnotation *note = &notes[made.n_debug_annotations++];
        note->has_name_iid = true;
        note->name_iid = NOTE_DETAIL;
        note->string_value = (char *)event->detail;
    }
    packet.track_event = &made;
    packet.has_timestamp = packet.has_sequence_flags = true;
    packet.timestamp = (uint64_t)event->time;
    packet.sequence_flags = PF_USE_NAMES;
    tri_pf_write(pf, &packet);
}

static void count(struct tri_perfetto *pf, int64_t time, uint64_t track, int64_t value)
{
    struct pf_event to = {.time = time, .type = PF_COUNTER, .track = track, .value = value};
    tri_pf_write_event(pf, &to);
}

static void usage(struct tri_perfetto *pf, const struct tri_trace_event *event)
{
    const uint64_t first = PF_USAGE + USAGES * (uint64_t)event->track;
    count(pf, event->time, first + USAGE_CPU, event->cpu_ns);
    count(pf, event->time, first + USAGE_VOLUNTARY, event->voluntary);
    count(pf, event->time, first + USAGE_INVOLUNTARY, event->involuntary);
    count(pf, event->time, first + USAGE_FAULTS, event->faults);
}

static void take(void *context, const struct tri_trace_event *event)
{
    struct tri_perfetto *pf = context;
    if (event->track > 0)
        tri_pf_describe_track(pf, event->track);
    switch ((enum tri_trace_kind)event->kind) {
    case TRI_TRACE_BEGIN:
        begin(pf, event);
        break;
    case TRI_TRACE_END:
        end(pf, event);
        break;
    case TRI_TRACE_WHOLE:
        whole(pf, event);
        break;
    case TRI_TRACE_INSTANT:
        instant(pf, event);
        break;
    case TRI_TRACE_COUNT:
        tri_pf_describe_counter(pf, (enum tri_trace_counter)event->counter);
        count(pf, event->time, PF_COUNTERS + event->counter, event->count);
        break;
    case TRI_TRACE_USAGE:
        usage(pf, event);
        break;
    }
}

/* ---- the trace ---- */

static uint64_t clock_now(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Without this, readers could not tell what our clock has to do with theirs. */
static void write_clocks(struct tri_perfetto *pf)
{
    static const struct {
        clockid_t clock;
        uint32_t number;
    } known[3] = {{CLOCK_BOOTTIME, PF_BOOT_TIME},
                  {CLOCK_MONOTONIC, PF_MONOTONIC},
                  {CLOCK_REALTIME, PF_REAL_TIME}};
    TriPf__TracePacket packet = TRI_PF__TRACE_PACKET__INIT;
    TriPf__ClockSnapshot snapshot = TRI_PF__CLOCK_SNAPSHOT__INIT;
    TriPf__ClockSnapshot__Clock clocks[3], *list[3];
    for (int i = 0; i < 3; i++) {
        clocks[i] = (TriPf__ClockSnapshot__Clock)TRI_PF__CLOCK_SNAPSHOT__CLOCK__INIT;
        clocks[i].has_clock_id = clocks[i].has_timestamp = true;
        clocks[i].clock_id = known[i].number;
        clocks[i].timestamp = clock_now(known[i].clock);
        list[i] = &clocks[i];
    }
    snapshot.n_clocks = 3;
    snapshot.clocks = list;
    snapshot.has_primary_trace_clock = true;
    snapshot.primary_trace_clock = PF_MONOTONIC;
    packet.clock_snapshot = &snapshot;
    tri_pf_write(pf, &packet);
}

enum tri_status tri_perfetto_new(FILE *file, const char *name, struct tri_perfetto **perfetto,
                                 struct tri_error *error)
{
    struct tri_perfetto *pf = calloc(1, sizeof *pf);
    *perfetto = pf;
    if (pf == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a trace");
    pf->file = file;
    pf->name = name;
    errno = 0;
    tri_pf_write_fixed_names(pf);
    write_clocks(pf);
    tri_pf_describe_process(pf);
    return TRI_OK;
}

struct tri_trace_reader tri_perfetto_reader(struct tri_perfetto *perfetto)
{
    return (struct tri_trace_reader){take, perfetto};
}

/* On the process, since it is not known which thread's spans are missing. */
static void write_dropped(struct tri_perfetto *pf, const struct tri_trace_summary *summary)
{
    char text[80];
    if (summary->dropped == 0)
        return;
    snprintf(text, sizeof text, "%lld events dropped", (long long)summary->dropped);
    instant(pf, &(struct tri_trace_event){.time = summary->end, .name = tri_trace_text(text)});
}

enum tri_status tri_perfetto_end(struct tri_perfetto *perfetto,
                                 const struct tri_trace_summary *summary, struct tri_error *error)
{
    if (perfetto == NULL)
        return TRI_OK;
    if (summary != NULL)
        write_dropped(perfetto, summary);
    flush(perfetto);
    const char *name = perfetto->name;
    const int why = perfetto->why;
    const bool no_memory = perfetto->no_memory;
    free(perfetto->names);
    free(perfetto->slots);
    free(perfetto->threads);
    free(perfetto->cores);
    free(perfetto);
    if (why != 0)
        return tri_fail(error, TRI_FAILED, "cannot write %s: %s", name, strerror(why));
    return no_memory ? tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", name) : TRI_OK;
}
