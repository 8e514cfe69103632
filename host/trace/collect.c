/* collect.c -- starts and ends a recording. In between, a thread empties the rings and passes the
 * events to the readers in order of time. */
#include "trace_parts.h"

#include "../parallel/cpu.h"

#include <string.h>
#include <time.h>

/* Between two rounds, unless a ring is half full before. Each round takes a core from a worker, for
 * which the others wait; but devices keep few events. */
#define ROUND_NS 50000000
#define ROUND_OF_DEVICES_NS 10000000
/* The number of busy threads is passed on no more often than this. */
#define BUSY_NS 50000

struct tri_trace_recorder tri_recorder = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- passing on ---- */

static void pass(const struct tri_trace_event *event)
{
    tri_recorder.events++;
    for (int i = 0; i < tri_recorder.reader_count; i++)
        tri_recorder.readers[i].event(tri_recorder.readers[i].context, event);
}

static void pass_busy(int64_t time)
{
    struct tri_trace_recorder *recorder = &tri_recorder;
    if (recorder->busy == recorder->busy_passed || time - recorder->busy_time < BUSY_NS)
        return;
    recorder->busy_passed = recorder->busy;
    recorder->busy_time = time;
    pass(&(struct tri_trace_event){.time = time,
                                   .count = recorder->busy,
                                   .core = -1,
                                   .kind = TRI_TRACE_COUNT,
                                   .counter = TRI_TRACE_BUSY});
}

/* Keeps track of which spans are open, and whether the thread is busy: it is in one that is no
 * wait. */
static void follow(struct tri_trace_ring *ring, const struct tri_trace_event *event)
{
    if (event->kind == TRI_TRACE_BEGIN) {
        const uint64_t bit = ring->depth < 64 ? UINT64_C(1) << ring->depth : 0;
        ring->waits = event->category == TRI_TRACE_WAIT ? ring->waits | bit : ring->waits & ~bit;
        ring->depth++;
    } else if (event->kind == TRI_TRACE_END) {
        ring->depth--;
    }
    const bool busy =
        ring->depth > 64 || (ring->depth > 0 && !(ring->waits & UINT64_C(1) << (ring->depth - 1)));
    tri_recorder.busy += busy - ring->busy;
    ring->busy = busy;
}

static void pass_from(struct tri_trace_ring *ring, unsigned at)
{
    struct tri_trace_event event = ring->events[at & (ring->size - 1)];
    if (event.kind == TRI_TRACE_WHOLE) {
        pass(&event);
        return;
    }
    event.track = (uint16_t)ring->track;
    ring->time_passed = event.time;
    pass(&event);
    follow(ring, &event);
    pass_busy(event.time);
}

/* ---- merging rings ---- */

static unsigned position(const struct tri_trace_ring *ring)
{
    return atomic_load_explicit(&ring->tail, memory_order_relaxed);
}

static int64_t time_of(const struct tri_trace_ring *ring)
{
    return ring->events[position(ring) & (ring->size - 1)].time;
}

/* The ring with the earliest event, and until when it stays that. NULL: all are empty. */
static struct tri_trace_ring *earliest(struct tri_trace_ring *rings, int64_t *until)
{
    struct tri_trace_ring *best = NULL;
    *until = INT64_MAX;
    for (struct tri_trace_ring *ring = rings; ring != NULL; ring = ring->next) {
        if (position(ring) == ring->head_seen)
            continue;
        const int64_t time = time_of(ring);
        if (best == NULL || time < time_of(best)) {
            *until = best != NULL ? time_of(best) : *until;
            best = ring;
        } else if (time < *until) {
            *until = time;
        }
    }
    return best;
}

static void merge(struct tri_trace_ring *rings)
{
    struct tri_trace_ring *ring;
    int64_t until;
    for (struct tri_trace_ring *at = rings; at != NULL; at = at->next)
        at->head_seen = atomic_load_explicit(&at->head, memory_order_acquire);
    while ((ring = earliest(rings, &until)) != NULL) {
        do {
            pass_from(ring, position(ring));
            atomic_store_explicit(&ring->tail, position(ring) + 1, memory_order_release);
        } while (position(ring) != ring->head_seen && time_of(ring) <= until);
    }
}

static void end_spans(struct tri_trace_ring *ring, int64_t now)
{
    int64_t time = now > ring->time_passed ? now : ring->time_passed + 1;
    for (; ring->depth > 0; time++) {
        const struct tri_trace_event end = {.time = time,
                                            .core = -1,
                                            .track = (uint16_t)ring->track,
                                            .kind = TRI_TRACE_END,
                                            .cut = true};
        pass(&end);
        follow(ring, &end);
    }
}

static void release(struct tri_trace_ring *ring)
{
    atomic_fetch_add(&tri_recorder.dropped, atomic_load(&ring->dropped));
    tri_ring_release(ring);
}

static void forget_one(void)
{
    pthread_mutex_lock(&tri_recorder.lock);
    tri_recorder.ring_count--;
    pthread_mutex_unlock(&tri_recorder.lock);
}

/* Rings of threads that have ended, once they are empty; new ones are only added before `first`. */
static void remove_ended(struct tri_trace_ring *first)
{
    for (struct tri_trace_ring *before = first; before != NULL && before->next != NULL;) {
        struct tri_trace_ring *ring = before->next;
        if (atomic_load_explicit(&ring->ended, memory_order_acquire) &&
            atomic_load(&ring->head) == position(ring)) {
            before->next = ring->next;
            forget_one();
            end_spans(ring, tri_now_ns());
            release(ring);
        } else {
            before = ring;
        }
    }
}

static struct tri_trace_ring *first_ring(void)
{
    pthread_mutex_lock(&tri_recorder.lock);
    struct tri_trace_ring *first = tri_recorder.rings;
    pthread_mutex_unlock(&tri_recorder.lock);
    return first;
}

static void empty_rings(void)
{
    merge(first_ring());
}

static void *collect(void *argument)
{
    tri_trace_be_collector();
    while (!atomic_load(&tri_recorder.ending)) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += tri_trace_has_sources() ? ROUND_OF_DEVICES_NS : ROUND_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        sem_clockwait(&tri_recorder.wake, CLOCK_MONOTONIC, &until);
        tri_trace_poll_sources(false, empty_rings);
        empty_rings();
        remove_ended(first_ring());
    }
    return argument;
}

/* ---- start and stop ---- */

static void reset(struct tri_trace_recorder *recorder)
{
    recorder->rings = NULL;
    recorder->ring_count = 0;
    recorder->events = 0;
    recorder->busy = recorder->busy_passed = 0;
    recorder->busy_time = 0;
    atomic_store(&recorder->ending, false);
    atomic_store(&recorder->dropped, 0);
    for (int i = 0; i < TRI_TRACE_COUNTERS; i++)
        atomic_store(&recorder->counters[i], 0);
    tri_tracks_clear();
}

enum tri_status tri_trace_start(const struct tri_trace_reader *readers, int count,
                                struct tri_error *error)
{
    struct tri_trace_recorder *recorder = &tri_recorder;
    if (tri_tracing())
        return tri_fail(error, TRI_USAGE, "a recording is already running");
    if (count > TRI_TRACE_READERS_MAX)
        return tri_fail(error, TRI_USAGE, "a recording has at most %d readers",
                        TRI_TRACE_READERS_MAX);
    pthread_mutex_lock(&recorder->lock);
    reset(recorder);
    recorder->reader_count = count;
    memcpy(recorder->readers, readers, (size_t)count * sizeof readers[0]);
    recorder->begin = tri_now_ns();
    if (recorder->sessions == 0)
        sem_init(&recorder->wake, 0, 0);
    const bool started = pthread_create(&recorder->collector, NULL, collect, NULL) == 0;
    if (started)
        atomic_store(&tri_trace_session, ++recorder->sessions);
    pthread_mutex_unlock(&recorder->lock);
    if (started)
        tri_ring_take_own();
    return started ? TRI_OK : tri_fail(error, TRI_FAILED, "cannot start the recording thread");
}

void tri_trace_stop(struct tri_trace_summary *summary)
{
    struct tri_trace_recorder *recorder = &tri_recorder;
    tri_trace_add_usage();
    atomic_store(&recorder->ending, true);
    sem_post(&recorder->wake);
    pthread_join(recorder->collector, NULL);
    tri_trace_poll_sources(true, empty_rings);
    atomic_store(&tri_trace_session, 0);
    struct tri_trace_ring *first = first_ring();
    const int64_t end = tri_now_ns();
    merge(first);
    recorder->rings = NULL;
    for (struct tri_trace_ring *ring = first, *next; ring != NULL; ring = next) {
        next = ring->next;
        end_spans(ring, end);
        release(ring);
    }
    tri_ring_drop_own();
    pass_busy(end + BUSY_NS);
    *summary = (struct tri_trace_summary){recorder->begin, end, recorder->events,
                                          atomic_load(&recorder->dropped)};
}
