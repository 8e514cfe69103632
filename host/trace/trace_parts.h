/* trace_parts.h -- shared by record.c, which threads call, collect.c, which empties their rings,
 * and tracks.c, which names them. */
#ifndef TRI_TRACE_PARTS_H
#define TRI_TRACE_PARTS_H

#include "trace.h"

#include <semaphore.h>

/* Events in a ring: the first threads get more, so that 1,024 take less than 60 MB, and a busy
 * machine may leave the collector waiting for some tenths of a second. */
#define TRI_RING_LARGE 131072U
#define TRI_RING_MEDIUM 4096U
#define TRI_RING_SMALL 256U
#define TRI_RINGS_LARGE 4
#define TRI_RINGS_MEDIUM 64

/* One producer, its thread; one consumer, the collector. Positions count events and wrap around. */
struct tri_trace_ring {
    /* The thread's: */
    _Alignas(64) atomic_uint head;
    unsigned tail_seen, open; /* spans that have begun; their ends always have room */
    int64_t last_time, last_usage;
    bool hurried; /* the collector was woken since the ring was half full */
    /* The collector's: */
    _Alignas(64) atomic_uint tail;
    unsigned head_seen; /* in this round */
    int depth;
    int64_t time_passed;
    uint64_t waits; /* bit d: the span at depth d is a wait */
    bool busy;
    struct tri_trace_ring *next;
    /* Of both: */
    _Alignas(64) atomic_int owners; /* thread and collector; the last one frees it */
    atomic_bool ended;              /* the thread has */
    atomic_llong dropped;
    unsigned session, size; /* size is a power of two */
    int track;
    struct tri_trace_event events[];
};

struct tri_trace_recorder {
    pthread_mutex_t lock; /* for `rings`, which threads add to */
    struct tri_trace_ring *rings;
    int ring_count;
    unsigned sessions; /* begun so far */
    struct tri_trace_reader readers[TRI_TRACE_READERS_MAX];
    int reader_count;
    pthread_t collector;
    sem_t wake;
    atomic_bool ending;
    atomic_llong dropped; /* of rings that are gone, or never were */
    int64_t begin, events;
    atomic_llong counters[TRI_TRACE_COUNTERS];
    /* The collector's: */
    int busy, busy_passed;
    int64_t busy_time;
};
extern struct tri_trace_recorder tri_recorder;

/* ---- record.c ---- */
void tri_ring_release(struct tri_trace_ring *ring);
/* The calling thread gets a ring, and its usage until now is known. */
void tri_ring_take_own(void);
/* The calling thread's ring is done with: the main thread would keep it until the program ends. */
void tri_ring_drop_own(void);
/* The calling thread is the collector: it gets a large ring, for what devices report. */
void tri_trace_be_collector(void);
/* Records what the calling thread has used so far. */
void tri_trace_add_usage(void);

/* ---- tracks.c ---- */
void tri_tracks_clear(void);
int tri_tracks_add(const struct tri_trace_track *track); /* 0: no room */

/* ---- sources.c ---- */
bool tri_trace_has_sources(void);
/* Asks all of them, and after each one calls `after`, which makes room for the next. */
void tri_trace_poll_sources(bool last, void (*after)(void));

#endif
