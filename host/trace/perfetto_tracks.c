/* perfetto_tracks.c -- describes tracks: the process, its threads, cores, queues and counters. */
#include "perfetto_parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_track(struct tri_perfetto *pf, TriPf__TrackDescriptor *track)
{
    TriPf__TracePacket packet = TRI_PF__TRACE_PACKET__INIT;
    packet.track_descriptor = track;
    tri_pf_write(pf, &packet);
}

static TriPf__TrackDescriptor made(uint64_t number, uint64_t parent, const char *name)
{
    TriPf__TrackDescriptor track = TRI_PF__TRACK_DESCRIPTOR__INIT;
    track.has_uuid = true;
    track.uuid = number;
    track.has_parent_uuid = parent != 0;
    track.parent_uuid = parent;
    track.name = (char *)name;
    return track;
}

static void describe_counter(struct tri_perfetto *pf, uint64_t number, uint64_t parent,
                             const char *name, uint32_t unit)
{
    TriPf__TrackDescriptor track = made(number, parent, name);
    TriPf__CounterDescriptor counter = TRI_PF__COUNTER_DESCRIPTOR__INIT;
    counter.has_unit = true;
    counter.unit = unit;
    track.counter = &counter;
    write_track(pf, &track);
}

/* Words of the command line, which end in zeros; returns their number. */
static size_t command_line(char text[4096], char *words[64])
{
    FILE *file = fopen("/proc/self/cmdline", "re");
    size_t size = 0, count = 0;
    if (file == NULL)
        return 0;
    size = fread(text, 1, 4095, file);
    text[size] = '\0';
    fclose(file);
    for (size_t at = 0; at < size && count < 64; at += strlen(text + at) + 1)
        words[count++] = text + at;
    return count;
}

void tri_pf_describe_process(struct tri_perfetto *pf)
{
    char text[4096], *words[64];
    TriPf__TrackDescriptor track = made(PF_PROCESS, 0, NULL), cores;
    TriPf__ProcessDescriptor process = TRI_PF__PROCESS_DESCRIPTOR__INIT;
    process.has_pid = true;
    process.pid = (int32_t)getpid();
    process.process_name = (char *)"triptych";
    process.n_cmdline = command_line(text, words);
    process.cmdline = words;
    track.process = &process;
    write_track(pf, &track);
    cores = made(PF_CORES, PF_PROCESS, "cores");
    cores.has_child_ordering = true;
    cores.child_ordering = PF_EXPLICIT_ORDER;
    write_track(pf, &cores);
}

/* ---- threads and queues ---- */

struct pf_thread *tri_pf_thread_of(struct tri_perfetto *pf, int track)
{
    if (track >= pf->thread_count) {
        const int count = track + 64;
        struct pf_thread *threads = realloc(pf->threads, (size_t)count * sizeof *threads);
        if (threads == NULL) {
            pf->no_memory = true;
            return NULL;
        }
        pf->threads = threads;
        for (int i = pf->thread_count; i < count; i++)
            threads[i] = (struct pf_thread){.core = -1};
        pf->thread_count = count;
    }
    return &pf->threads[track];
}

static void describe_usage(struct tri_perfetto *pf, int number)
{
    static const struct {
        const char *name;
        uint32_t unit;
    } usages[USAGES] = {{"CPU time", PF_NANOSECONDS},
                        {"voluntary context switches", PF_COUNT},
                        {"involuntary context switches", PF_COUNT},
                        {"page faults", PF_COUNT}};
    for (int i = 0; i < USAGES; i++)
        describe_counter(pf, (uint64_t)PF_USAGE + USAGES * (uint64_t)number + (uint64_t)i,
                         PF_TRACK + (uint64_t)number, usages[i].name, usages[i].unit);
}

static void describe_thread(struct tri_perfetto *pf, int number,
                            const struct tri_trace_track *about)
{
    TriPf__TrackDescriptor track = made(PF_TRACK + (uint64_t)number, PF_PROCESS, NULL);
    TriPf__ThreadDescriptor thread = TRI_PF__THREAD_DESCRIPTOR__INIT;
    thread.has_pid = thread.has_tid = true;
    thread.pid = (int32_t)getpid();
    thread.tid = about->thread;
    thread.thread_name = (char *)about->name;
    track.thread = &thread;
    write_track(pf, &track);
    describe_usage(pf, number);
}

void tri_pf_describe_track(struct tri_perfetto *pf, int track)
{
    struct pf_thread *thread = tri_pf_thread_of(pf, track);
    struct tri_trace_track about;
    char name[200];
    if (thread == NULL || thread->described || !tri_trace_track_at(track, &about))
        return;
    thread->described = true;
    if (about.thread != 0) {
        describe_thread(pf, track, &about);
        return;
    }
    snprintf(name, sizeof name, "%s: %s", about.device, about.name);
    TriPf__TrackDescriptor queue = made(PF_TRACK + (uint64_t)track, PF_PROCESS, name);
    write_track(pf, &queue);
}

/* ---- cores and counters ---- */

void tri_pf_describe_core(struct tri_perfetto *pf, int core)
{
    char name[20];
    if (pf->cores[core].described)
        return;
    pf->cores[core].described = true;
    snprintf(name, sizeof name, "core %d", core);
    TriPf__TrackDescriptor track = made(PF_CORE + (uint64_t)core, PF_CORES, name);
    track.has_sibling_order_rank = true;
    track.sibling_order_rank = core;
    write_track(pf, &track);
}

void tri_pf_describe_counter(struct tri_perfetto *pf, enum tri_trace_counter counter)
{
    if (!pf->counters[counter])
        describe_counter(pf, PF_COUNTERS + (uint64_t)counter, PF_PROCESS,
                         tri_trace_counter_names[counter],
                         counter == TRI_TRACE_IMAGE_MEMORY ? PF_BYTES : PF_COUNT);
    pf->counters[counter] = true;
}
