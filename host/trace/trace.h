/* trace.h -- the recorder: what ran, on which thread, core and device queue, when, and why it
 * waited.
 *
 * Code that does work reports when a piece of it begins and ends. Each thread writes to a ring of
 * its own, without locks; a collector thread empties the rings and passes the events, in order of
 * time, to the readers that were named at the start. Memory is bounded: events that do not fit are
 * dropped and counted.
 *
 * While nothing is recorded, each call below costs one predictable branch.
 *
 * All functions may be called by any thread, except where stated. Times are nanoseconds of
 * CLOCK_MONOTONIC (tri_now_ns). */
#ifndef TRI_TRACE_H
#define TRI_TRACE_H

#include "../triptych.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- what is reported ---- */

enum tri_trace_category {
    TRI_TRACE_STAGE,   /* a stage of a stream, for one item: "decode" of frame 7 */
    TRI_TRACE_PLAN,    /* a stage of a plan on a backend, or a share of it; rows: its output's */
    TRI_TRACE_STRIP,   /* rows of such a stage that one worker computes */
    TRI_TRACE_CODEC,   /* a part of reading or writing a format; rows where it has them */
    TRI_TRACE_COMMAND, /* what a device executes: on a queue's track */
    TRI_TRACE_WAIT,    /* nothing is done; `cause` says why */
    TRI_TRACE_OTHER,   /* anything else: opening a device, building a program, a run of `bench` */
    TRI_TRACE_CATEGORIES
};

enum tri_trace_cause {
    TRI_TRACE_NO_WAIT,
    TRI_TRACE_FOR_WORK,     /* no piece is left, or no item may begin */
    TRI_TRACE_FOR_LOCK,     /* another thread holds it */
    TRI_TRACE_FOR_ORDER,    /* items are there, but an earlier one has to pass the stage first */
    TRI_TRACE_FOR_WORKERS,  /* own pieces are done, those of others are not */
    TRI_TRACE_FOR_TRANSFER, /* to or from a device */
    TRI_TRACE_FOR_DEVICE,   /* its kernels */
    TRI_TRACE_FOR_DISK,     /* reading or writing a file or a pipe */
    TRI_TRACE_CAUSES
};

enum tri_trace_counter {
    TRI_TRACE_IN_FLIGHT,    /* items of streams: frames or pictures */
    TRI_TRACE_IMAGE_MEMORY, /* bytes of all images that exist */
    TRI_TRACE_BUSY,         /* threads that are in a span and do not wait; made by the collector */
    TRI_TRACE_COUNTERS
};

/* Names for people: "stage", "work", "frames in flight". */
extern const char *const tri_trace_category_names[TRI_TRACE_CATEGORIES];
extern const char *const tri_trace_cause_names[TRI_TRACE_CAUSES];
extern const char *const tri_trace_counter_names[TRI_TRACE_COUNTERS];

/* An item is a frame or picture of one stream: the stream's number and the item's, from 0.
 * 0 is no item. */
#define TRI_TRACE_ITEM(stream, number) ((uint64_t)(stream) << 40 | (uint64_t)((number) + 1))
static inline long tri_trace_item_number(uint64_t item) /* -1: no item */
{
    return (long)(item & ((UINT64_C(1) << 40) - 1)) - 1;
}

/* ---- reporting ---- */

/* The number of the running recording; 0: none. */
extern atomic_uint tri_trace_session
    __attribute__((visibility("hidden"))); /* read without the GOT */

static inline bool tri_tracing(void)
{
    return __builtin_expect(atomic_load_explicit(&tri_trace_session, memory_order_relaxed) != 0, 0);
}

/* A span that has begun; 0: not recorded. It ends on the same thread. */
typedef unsigned tri_trace_mark;

/* What begins. Texts must live until the recording has ended: literals, or tri_trace_text. */
struct tri_trace_span_begin {
    enum tri_trace_category category;
    enum tri_trace_cause cause;
    const char *name;
    int first, rows; /* rows 0: not rows */
};

tri_trace_mark tri_trace_begin_span(const struct tri_trace_span_begin *what, int64_t time);
void tri_trace_end_span(tri_trace_mark mark, int64_t bytes, int64_t time);

static inline tri_trace_mark tri_trace_begin_rows(enum tri_trace_category category,
                                                  const char *name, int first, int rows)
{
    return tri_tracing() ? tri_trace_begin_span(
                               &(struct tri_trace_span_begin){category, 0, name, first, rows}, 0)
                         : 0;
}

static inline tri_trace_mark tri_trace_begin(enum tri_trace_category category, const char *name)
{
    return tri_trace_begin_rows(category, name, 0, 0);
}

static inline tri_trace_mark tri_trace_wait(enum tri_trace_cause cause, const char *name)
{
    return tri_tracing() ? tri_trace_begin_span(
                               &(struct tri_trace_span_begin){TRI_TRACE_WAIT, cause, name, 0, 0}, 0)
                         : 0;
}

/* The same at a time that the caller has read (tri_now_ns). */
static inline tri_trace_mark tri_trace_begin_at(enum tri_trace_category category, const char *name,
                                                int64_t time)
{
    return tri_tracing()
               ? tri_trace_begin_span(&(struct tri_trace_span_begin){category, 0, name, 0, 0}, time)
               : 0;
}

/* End the thread's innermost span; `bytes` that it read, wrote or moved, 0: unknown. */
static inline void tri_trace_end_at(tri_trace_mark mark, int64_t bytes, int64_t time)
{
    if (__builtin_expect(mark != 0, 0))
        tri_trace_end_span(mark, bytes, time);
}

static inline void tri_trace_end_bytes(tri_trace_mark mark, int64_t bytes)
{
    tri_trace_end_at(mark, bytes, 0);
}

static inline void tri_trace_end(tri_trace_mark mark)
{
    tri_trace_end_at(mark, 0, 0);
}

/* The same for modules, which do not see the session. */
tri_trace_mark tri_trace_module_begin(enum tri_trace_category category, const char *name,
                                      int64_t time);
void tri_trace_module_end(tri_trace_mark mark, int64_t bytes, int64_t time);

/* Locks a mutex; a wait for it is a span. */
void tri_trace_lock_contended(pthread_mutex_t *lock, const char *name);
static inline void tri_trace_lock(pthread_mutex_t *lock, const char *name)
{
    if (tri_tracing())
        tri_trace_lock_contended(lock, name);
    else
        pthread_mutex_lock(lock);
}

void tri_trace_add_instant(const char *name, const char *detail);
static inline void tri_trace_instant(const char *name, const char *detail) /* detail may be NULL */
{
    if (tri_tracing())
        tri_trace_add_instant(name, detail);
}

void tri_trace_add_count(enum tri_trace_counter counter, int64_t by);
static inline void tri_trace_count(enum tri_trace_counter counter, int64_t by)
{
    if (tri_tracing())
        tri_trace_add_count(counter, by);
}

/* An image's memory was allocated (bytes) or freed (-bytes). Always counted, so that the counter
 * holds what exists; recorded only during a recording. */
void tri_trace_image_memory(int64_t bytes);

/* The item that this thread works on now: its spans get it. Pools pass it on to helping threads.
 * When a span ends under another item than it began with, a flow leads on to that one: a pipeline
 * that looks at later frames takes in one frame and gives out an earlier. */
uint64_t tri_trace_item(void);
void tri_trace_set_item(uint64_t item);
/* A number for a new stream, from 1. */
unsigned tri_trace_new_stream(void);

/* Names the calling thread, "worker 2", also for recordings that begin later. `kind` is a literal;
 * number 0: the kind alone. */
void tri_trace_name_thread(const char *kind, int number);

/* A copy of the text that lives until the process ends, the same for equal texts; a literal if
 * there are too many. Takes a lock. */
const char *tri_trace_text(const char *text);

/* ---- devices ---- */

/* The track of a device's queue, the same for equal names; 0: no room. */
int tri_trace_queue(const char *device, const char *queue);

/* A command that a device has executed, in times of the host's clock. */
struct tri_trace_command {
    int queue;
    const char *name;
    uint64_t item;
    int64_t begin, end, bytes;
};
void tri_trace_add_command(const struct tri_trace_command *command);

/* Commands that could not be kept. */
void tri_trace_count_dropped(int count);

/* A device that reports its commands when asked: `poll` is called now and then by the collector,
 * and by the thread that removes it or ends the recording; never by two threads at once. Removing
 * waits until no call is running. */
struct tri_trace_source {
    void (*poll)(struct tri_trace_source *source, bool last);
    struct tri_trace_source *next; /* the recorder's */
};
void tri_trace_add_source(struct tri_trace_source *source);
void tri_trace_remove_source(struct tri_trace_source *source);

/* ---- reading ---- */

enum tri_trace_kind {
    TRI_TRACE_BEGIN,   /* of a span, on a thread's track */
    TRI_TRACE_END,     /* of the innermost span of that track */
    TRI_TRACE_WHOLE,   /* a span of a queue's track, with both its times */
    TRI_TRACE_INSTANT, /* a moment on a thread's track */
    TRI_TRACE_COUNT,   /* the new value of a counter */
    TRI_TRACE_USAGE    /* what a thread has used so far */
};

struct tri_trace_event {
    int64_t time;
    uint64_t item;    /* at an end: the item that follows, usually the same */
    const char *name; /* of spans and instants; at an end NULL */
    union {
        int64_t bytes;      /* END, WHOLE */
        int64_t count;      /* COUNT */
        const char *detail; /* INSTANT, may be NULL */
        int64_t cpu_ns;     /* USAGE: CPU time */
    };
    union {
        int64_t end; /* WHOLE */
        struct {     /* BEGIN */
            int32_t first, rows;
        };
        struct { /* USAGE: context switches */
            uint32_t voluntary, involuntary;
        };
    };
    uint32_t faults;  /* USAGE: page faults, with and without the disk */
    int16_t core;     /* that the thread was on; -1: unknown */
    uint16_t track;   /* of tri_trace_track_at */
    uint8_t kind;     /* enum tri_trace_kind */
    uint8_t category; /* BEGIN, WHOLE */
    uint8_t cause;    /* BEGIN of a wait */
    uint8_t counter;  /* COUNT */
    bool cut;         /* END: the recording ended in the middle of the span */
};

/* A thread or a queue. Numbers begin at 1; a track that an event names exists from before it on. */
struct tri_trace_track {
    char name[64];   /* "worker 2"; "kernels" */
    char device[96]; /* of a queue; "": a thread */
    int thread;      /* the kernel's number of the thread; 0: a queue */
};
int tri_trace_track_count(void);
/* Copies a track; false: no such track. */
bool tri_trace_track_at(int track, struct tri_trace_track *to);

/* Gets each event once, one call at a time: events of one track in the order in which they
 * happened, each BEGIN with its END; of several tracks in order of time, but for events that a
 * thread was late to report. WHOLE comes when the device is asked, so much later than its times.
 * Called by the collector thread, and by the one that ends the recording. */
struct tri_trace_reader {
    void (*event)(void *context, const struct tri_trace_event *event);
    void *context;
};
#define TRI_TRACE_READERS_MAX 4

struct tri_trace_summary {
    int64_t begin, end;
    int64_t events, dropped; /* passed to readers; lost because a ring or a list was full */
};

/* Starts to record for these readers, which are copied. TRI_USAGE: it runs already; TRI_FAILED: no
 * memory, or no thread. Devices report commands only if they are opened after this. */
enum tri_status tri_trace_start(const struct tri_trace_reader *readers, int count,
                                struct tri_error *error);
/* Passes on what is left and ends the spans that have not ended. Afterwards no reader is called.
 * Called by the thread that started it. */
void tri_trace_stop(struct tri_trace_summary *summary);

/* ---- a recording in memory ---- */

struct tri_trace_span {
    int64_t begin, end;
    const char *name;
    uint64_t item, item_after; /* differ where a flow leads on to another item */
    int64_t bytes;
    int first, rows;
    int track, depth; /* 0: outermost on its track */
    int core_begin, core_end;
    enum tri_trace_category category;
    enum tri_trace_cause cause;
    bool cut;
};

struct tri_trace_flow {
    uint64_t item;
    int span; /* index into `spans` */
};

/* Filled by a reader. All lists are in order of time: spans by their begin, and of those that begin
 * at the same time the outer first. */
struct tri_trace_log {
    struct tri_trace_span *spans;
    struct tri_trace_event *others; /* INSTANT, COUNT, USAGE */
    /* Flows: the spans of stages and commands, by item and then by time. Neighbours of the same
     * item follow each other. */
    struct tri_trace_flow *flows;
    int span_count, other_count, flow_count;
    struct tri_trace_track *tracks; /* [0] is unused */
    int track_count;                /* with [0] */
    struct tri_trace_summary summary;
    int64_t left_out; /* spans and other events beyond the limit */
    struct tri_trace_log_state *state;
};

/* A log for at most `most` spans and as many other events; NULL: no memory. */
struct tri_trace_log *tri_trace_log_new(int most);
struct tri_trace_reader tri_trace_log_reader(struct tri_trace_log *log);
/* After tri_trace_stop: sorts, and fills in the lists. TRI_FAILED: no memory. */
enum tri_status tri_trace_log_finish(struct tri_trace_log *log,
                                     const struct tri_trace_summary *summary,
                                     struct tri_error *error);
void tri_trace_log_free(struct tri_trace_log *log);

#endif
