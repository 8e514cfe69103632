/* perfetto_cores.c -- what each core does, as far as is known: a thread is seen on a core when its
 * spans begin and end. Its outermost span is on the core's track until that ends, the thread waits
 * or is seen elsewhere, or another one is seen on that core. */
#include "perfetto_parts.h"

#include <stdlib.h>

enum { CORES_MAX = 1 << 14 };

static bool make_room(struct tri_perfetto *pf, int core)
{
    if (core < pf->core_count)
        return true;
    const int count = core + 16;
    struct pf_core *cores =
        core < CORES_MAX ? realloc(pf->cores, (size_t)count * sizeof *cores) : NULL;
    if (cores == NULL)
        return false;
    for (int i = pf->core_count; i < count; i++)
        cores[i] = (struct pf_core){0};
    pf->cores = cores;
    pf->core_count = count;
    return true;
}

/* Times of a core's track do not go back, even where events come late. */
static int64_t time_on(struct pf_core *core, int64_t time)
{
    core->time = time > core->time ? time : core->time;
    return core->time;
}

static void leave(struct tri_perfetto *pf, int number, int64_t time)
{
    struct pf_core *core = &pf->cores[number];
    if (core->thread == 0)
        return;
    struct pf_event to = {
        .time = time_on(core, time), .type = PF_SLICE_END, .track = PF_CORE + (uint64_t)number};
    pf->threads[core->thread].core = -1;
    core->thread = 0;
    tri_pf_write_event(pf, &to);
}

static void enter(struct tri_perfetto *pf, int number, int track, const struct pf_open *open,
                  int64_t time)
{
    struct pf_core *core = &pf->cores[number];
    struct pf_event to = {.time = time_on(core, time),
                          .type = PF_SLICE_BEGIN,
                          .track = PF_CORE + (uint64_t)number,
                          .name = open->name,
                          .category = open->category + 1};
    core->thread = track;
    pf->threads[track].core = number;
    tri_pf_write_event(pf, &to);
}

/* The thread's outermost span that is no wait, as its depth + 1; 0: it waits, or does nothing. */
static int what_runs(const struct pf_thread *thread)
{
    const int depth = thread->depth < PF_DEPTH ? thread->depth : PF_DEPTH;
    if (depth == 0 || thread->open[depth - 1].name == 0)
        return 0;
    int shown = 0;
    while (thread->open[shown].name == 0)
        shown++;
    return shown + 1;
}

void tri_pf_follow_core(struct tri_perfetto *pf, const struct tri_trace_event *event)
{
    struct pf_thread *thread = &pf->threads[event->track];
    const int shown = what_runs(thread);
    if (thread->core >= 0 && thread->core == event->core && thread->shown == shown)
        return;
    if (thread->core >= 0)
        leave(pf, thread->core, event->time);
    if (event->core < 0 || shown == 0 || !make_room(pf, event->core))
        return;
    tri_pf_describe_core(pf, event->core);
    leave(pf, event->core, event->time);
    enter(pf, event->core, event->track, &thread->open[shown - 1], event->time);
    thread->shown = shown;
}
