/* record.c -- what threads call: they add events to rings of their own. */
#include "trace_parts.h"

#include "../parallel/cpu.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Between two looks at what a thread has used. */
#define USAGE_NS 2000000

const char *const tri_trace_category_names[TRI_TRACE_CATEGORIES] = {
    "stage", "plan", "strip", "codec", "command", "wait", "other"};
const char *const tri_trace_cause_names[TRI_TRACE_CAUSES] = {
    "", "work", "lock", "order", "workers", "transfer", "device", "disk"};
const char *const tri_trace_counter_names[TRI_TRACE_COUNTERS] = {"frames in flight", "image memory",
                                                                 "busy threads"};

atomic_uint tri_trace_session;

static _Thread_local struct {
    struct tri_trace_ring *ring;
    uint64_t item;
    const char *kind;
    int number;
    bool collector;
} own;

/* ---- rings ---- */

static pthread_key_t key; /* its destructor runs when a thread ends */
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static bool has_key;

void tri_ring_release(struct tri_trace_ring *ring)
{
    if (ring != NULL && atomic_fetch_sub(&ring->owners, 1) == 1)
        free(ring);
}

static void leave(void *data)
{
    struct tri_trace_ring *ring = data;
    tri_trace_add_usage();
    own.ring = NULL;
    atomic_store_explicit(&ring->ended, true, memory_order_release);
    tri_ring_release(ring);
}

void tri_ring_drop_own(void)
{
    tri_ring_release(own.ring);
    own.ring = NULL;
    if (has_key)
        pthread_setspecific(key, NULL);
}

static void make_key(void)
{
    has_key = pthread_key_create(&key, leave) == 0;
}

static struct tri_trace_ring *new_ring(int before, unsigned session)
{
    const unsigned size = before < TRI_RINGS_LARGE || own.collector ? TRI_RING_LARGE
                          : before < TRI_RINGS_MEDIUM               ? TRI_RING_MEDIUM
                                                                    : TRI_RING_SMALL;
    const size_t bytes = sizeof(struct tri_trace_ring) + size * sizeof(struct tri_trace_event);
    struct tri_trace_ring *ring = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (ring == NULL)
        return NULL;
    *ring = (struct tri_trace_ring){.owners = 2, .session = session, .size = size};
    return ring;
}

static int new_track(void)
{
    struct tri_trace_track track = {.thread = (int)gettid()};
    const bool main_thread = track.thread == (int)getpid();
    const char *kind = own.kind != NULL ? own.kind : main_thread ? "main" : "thread";
    if (own.number > 0)
        snprintf(track.name, sizeof track.name, "%s %d", kind, own.number);
    else
        snprintf(track.name, sizeof track.name, "%s", kind);
    return tri_tracks_add(&track);
}

/* What the calling thread has used so far; false: unknown. */
static bool read_usage(struct tri_trace_event *event)
{
    struct rusage usage;
    if (getrusage(RUSAGE_THREAD, &usage) != 0)
        return false;
    *event = (struct tri_trace_event){
        .cpu_ns = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000000) +
                  (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * INT64_C(1000),
        .voluntary = (uint32_t)usage.ru_nvcsw,
        .involuntary = (uint32_t)usage.ru_nivcsw,
        .faults = (uint32_t)(usage.ru_minflt + usage.ru_majflt),
        .core = -1,
        .kind = TRI_TRACE_USAGE};
    return true;
}

/* What a thread had used before the recording, or before it reported anything. */
static void add_first_usage(struct tri_trace_ring *ring)
{
    struct tri_trace_event event;
    if (ring == NULL || !read_usage(&event))
        return;
    event.time = ring->last_time = tri_recorder.begin;
    ring->events[0] = event;
    atomic_store_explicit(&ring->head, 1, memory_order_release);
}

/* For the thread's first event of a recording. */
static struct tri_trace_ring *attach(unsigned session)
{
    struct tri_trace_ring *ring = NULL;
    pthread_once(&key_once, make_key);
    tri_ring_release(own.ring);
    own.ring = NULL;
    pthread_mutex_lock(&tri_recorder.lock);
    const bool runs = atomic_load(&tri_trace_session) == session;
    const int track = runs ? new_track() : 0;
    if (track > 0)
        ring = new_ring(tri_recorder.ring_count, session);
    if (ring != NULL) {
        ring->track = track;
        ring->next = tri_recorder.rings;
        tri_recorder.rings = ring;
        tri_recorder.ring_count++;
    }
    pthread_mutex_unlock(&tri_recorder.lock);
    own.ring = ring;
    if (has_key)
        pthread_setspecific(key, ring);
    add_first_usage(ring);
    return ring;
}

/* NULL: nothing is recorded, or there is no memory. */
static struct tri_trace_ring *own_ring(void)
{
    const unsigned session = atomic_load_explicit(&tri_trace_session, memory_order_relaxed);
    if (session == 0)
        return NULL;
    if (own.ring != NULL && own.ring->session == session)
        return own.ring;
    struct tri_trace_ring *ring = attach(session);
    if (ring == NULL)
        atomic_fetch_add_explicit(&tri_recorder.dropped, 1, memory_order_relaxed);
    return ring;
}

void tri_ring_take_own(void)
{
    own_ring();
}

/* Whether there is room for that many, and for the ends of open spans. Wakes the collector in
 * time. */
static bool has_room(struct tri_trace_ring *ring, unsigned count)
{
    const unsigned head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    unsigned used = head - ring->tail_seen;
    if (used > ring->size / 2) {
        ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
        used = head - ring->tail_seen;
        if (used > ring->size / 2 && !ring->hurried)
            sem_post(&tri_recorder.wake);
        ring->hurried = used > ring->size / 2;
    }
    return used + count + ring->open <= ring->size;
}

static void count_dropped(struct tri_trace_ring *ring)
{
    atomic_fetch_add_explicit(&ring->dropped, 1, memory_order_relaxed);
}

/* Times of a thread increase strictly, so that spans nest and never touch. */
static int64_t next_time(struct tri_trace_ring *ring, int64_t time)
{
    const int64_t now = time != 0 ? time : tri_now_ns();
    ring->last_time = now > ring->last_time ? now : ring->last_time + 1;
    return ring->last_time;
}

/* Where the next event goes; `publish` passes it on. */
static struct tri_trace_event *next_event(struct tri_trace_ring *ring)
{
    return &ring->events[atomic_load_explicit(&ring->head, memory_order_relaxed) &
                         (ring->size - 1)];
}

static void publish(struct tri_trace_ring *ring)
{
    const unsigned head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

/* ---- spans ---- */

tri_trace_mark tri_trace_begin_span(const struct tri_trace_span_begin *what, int64_t time)
{
    struct tri_trace_ring *ring = own_ring();
    if (ring == NULL)
        return 0;
    if (!has_room(ring, 2)) {
        count_dropped(ring);
        return 0;
    }
    *next_event(ring) = (struct tri_trace_event){.time = next_time(ring, time),
                                                 .item = own.item,
                                                 .name = what->name,
                                                 .first = what->first,
                                                 .rows = what->rows,
                                                 .core = (int16_t)sched_getcpu(),
                                                 .kind = TRI_TRACE_BEGIN,
                                                 .category = (uint8_t)what->category,
                                                 .cause = (uint8_t)what->cause};
    publish(ring);
    ring->open++;
    return ring->session;
}

void tri_trace_end_span(tri_trace_mark mark, int64_t bytes, int64_t time)
{
    struct tri_trace_ring *ring = own.ring;
    if (atomic_load_explicit(&tri_trace_session, memory_order_relaxed) != mark || ring == NULL ||
        ring->session != mark)
        return; /* the recording has ended, and with it the span */
    *next_event(ring) = (struct tri_trace_event){.time = next_time(ring, time),
                                                 .item = own.item,
                                                 .bytes = bytes,
                                                 .core = (int16_t)sched_getcpu(),
                                                 .kind = TRI_TRACE_END};
    publish(ring);
    ring->open--;
    if (ring->last_time - ring->last_usage > USAGE_NS)
        tri_trace_add_usage();
}

tri_trace_mark tri_trace_module_begin(enum tri_trace_category category, const char *name,
                                      int64_t time)
{
    return tri_trace_begin_at(category, name, time);
}

void tri_trace_module_end(tri_trace_mark mark, int64_t bytes, int64_t time)
{
    tri_trace_end_at(mark, bytes, time);
}

void tri_trace_lock_contended(pthread_mutex_t *lock, const char *name)
{
    if (pthread_mutex_trylock(lock) == 0)
        return;
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_LOCK, name);
    pthread_mutex_lock(lock);
    tri_trace_end(mark);
}

/* ---- other events ---- */

static void add(const struct tri_trace_event *event)
{
    struct tri_trace_ring *ring = own_ring();
    if (ring == NULL)
        return;
    if (!has_room(ring, 1)) {
        if (event->kind != TRI_TRACE_USAGE) /* the next one says the same and more */
            count_dropped(ring);
        return;
    }
    struct tri_trace_event *to = next_event(ring);
    *to = *event;
    if (event->kind != TRI_TRACE_WHOLE) {
        to->time = next_time(ring, 0);
        to->core = (int16_t)sched_getcpu();
    }
    publish(ring);
}

void tri_trace_add_instant(const char *name, const char *detail)
{
    add(&(struct tri_trace_event){
        .item = own.item, .name = name, .detail = detail, .kind = TRI_TRACE_INSTANT});
}

static void add_count(enum tri_trace_counter counter, int64_t value)
{
    add(&(struct tri_trace_event){
        .count = value, .kind = TRI_TRACE_COUNT, .counter = (uint8_t)counter});
}

void tri_trace_add_count(enum tri_trace_counter counter, int64_t by)
{
    add_count(counter, atomic_fetch_add(&tri_recorder.counters[counter], by) + by);
}

void tri_trace_image_memory(int64_t bytes)
{
    static atomic_llong total;
    const int64_t value = atomic_fetch_add_explicit(&total, bytes, memory_order_relaxed) + bytes;
    if (tri_tracing())
        add_count(TRI_TRACE_IMAGE_MEMORY, value);
}

void tri_trace_add_usage(void)
{
    struct tri_trace_event event;
    if (own.ring == NULL || !read_usage(&event))
        return;
    own.ring->last_usage = own.ring->last_time;
    add(&event);
}

void tri_trace_add_command(const struct tri_trace_command *command)
{
    if (command->queue <= 0)
        return;
    add(&(struct tri_trace_event){.time = command->begin,
                                  .item = command->item,
                                  .name = command->name,
                                  .bytes = command->bytes,
                                  .end = command->end,
                                  .core = -1,
                                  .track = (uint16_t)command->queue,
                                  .kind = TRI_TRACE_WHOLE,
                                  .category = TRI_TRACE_COMMAND});
}

void tri_trace_count_dropped(int count)
{
    atomic_fetch_add_explicit(&tri_recorder.dropped, count, memory_order_relaxed);
}

/* ---- the thread ---- */

void tri_trace_be_collector(void)
{
    own.collector = true;
    tri_trace_name_thread("recorder", 0);
}

uint64_t tri_trace_item(void)
{
    return own.item;
}

void tri_trace_set_item(uint64_t item)
{
    own.item = item;
}

unsigned tri_trace_new_stream(void)
{
    static atomic_uint streams;
    return atomic_fetch_add(&streams, 1) + 1;
}

void tri_trace_name_thread(const char *kind, int number)
{
    own.kind = kind;
    own.number = number;
}
