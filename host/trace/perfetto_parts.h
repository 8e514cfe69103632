/* perfetto_parts.h -- shared by perfetto.c, which turns events into packets; perfetto_event.c,
 * which encodes most of them; perfetto_names.c, which numbers names; perfetto_tracks.c, which
 * describes tracks; and perfetto_cores.c, which finds out what each core does. */
#ifndef TRI_PERFETTO_PARTS_H
#define TRI_PERFETTO_PARTS_H

#include "perfetto.h"
#include "trace/perfetto.pb-c.h"

/* Perfetto's numbers. */
enum { PF_SLICE_BEGIN = 1, PF_SLICE_END = 2, PF_INSTANT = 3, PF_COUNTER = 4 };
enum { PF_REAL_TIME = 1, PF_MONOTONIC = 3, PF_BOOT_TIME = 6 };
enum { PF_NANOSECONDS = 1, PF_COUNT = 2, PF_BYTES = 3 };
enum { PF_FORGET_NAMES = 1, PF_USE_NAMES = 2 };
enum { PF_EXPLICIT_ORDER = 3 };

/* Our numbers of what the notes on a slice are about. */
enum pf_note {
    NOTE_FRAME = 1, /* of a stream, from 0 */
    NOTE_FIRST,
    NOTE_ROWS,
    NOTE_BYTES,
    NOTE_CORE,
    NOTE_DETAIL,
    NOTES_END
};

#define PF_SEQUENCE 1 /* all packets are of one */

/* Tracks. Threads and queues have the recorder's number behind these. */
enum {
    PF_PROCESS = 1,
    PF_CORES = 2,
    PF_COUNTERS = 16,
    PF_CORE = 1 << 20,
    PF_TRACK = 2 << 20,
    PF_USAGE = 3 << 20 /* four for each thread */
};
enum { USAGE_CPU, USAGE_VOLUNTARY, USAGE_INVOLUNTARY, USAGE_FAULTS, USAGES };

/* A name and what it is a wait for; its number is its index + 1. */
struct pf_name {
    const char *name;
    unsigned cause;
};

#define PF_DEPTH 32
/* What a thread does: its open spans, those within PF_DEPTH. */
struct pf_thread {
    bool described;
    int depth;
    struct pf_open {
        uint64_t name; /* its number; 0: a wait */
        unsigned category;
        uint64_t item;
    } open[PF_DEPTH];
    int core;  /* whose track shows it; -1: none */
    int shown; /* there: the span at this depth + 1 */
};

struct pf_core {
    bool described;
    int thread; /* its track; 0: nothing runs that is known of */
    int64_t time;
};

struct tri_perfetto {
    FILE *file;
    const char *name;
    int why;                 /* errno of the first failure; 0: none */
    uint8_t packed[1 << 16]; /* packets that are not in the file yet */
    size_t used;
    bool no_memory;
    struct pf_name *names;
    int *slots; /* a hash table of indices into `names`; -1: free */
    int name_count, name_room, slot_count;
    struct pf_thread *threads; /* by track */
    int thread_count;
    struct pf_core *cores;
    int core_count;
    bool counters[TRI_TRACE_COUNTERS];
};

/* An event to write; `name` 0: none, item 0: none. */
struct pf_event {
    int64_t time;
    uint32_t type;
    uint64_t track, name, item;
    unsigned category; /* number + 1; 0: none */
    int64_t value;
    int note_count;
    struct {
        enum pf_note note;
        int64_t value;
    } notes[4];
};

/* ---- perfetto.c ---- */
void tri_pf_write(struct tri_perfetto *pf, TriPf__TracePacket *packet);
/* Where the next bytes go, `size` at most; the caller then adds to `used`. */
uint8_t *tri_pf_room(struct tri_perfetto *pf, size_t size);

/* ---- perfetto_event.c ---- */
void tri_pf_write_event(struct tri_perfetto *pf, const struct pf_event *event);

/* ---- perfetto_names.c ---- */
/* The first packet of names, which are the same for all traces. */
void tri_pf_write_fixed_names(struct tri_perfetto *pf);
/* The number of a name, which is written at first use; 0: no memory. */
uint64_t tri_pf_name(struct tri_perfetto *pf, const char *name, enum tri_trace_cause cause);

/* ---- perfetto_tracks.c ---- */
void tri_pf_describe_process(struct tri_perfetto *pf);
/* Describe tracks at first use. */
void tri_pf_describe_track(struct tri_perfetto *pf, int track);
void tri_pf_describe_core(struct tri_perfetto *pf, int core);
void tri_pf_describe_counter(struct tri_perfetto *pf, enum tri_trace_counter counter);
/* The state of a track; NULL: no memory. */
struct pf_thread *tri_pf_thread_of(struct tri_perfetto *pf, int track);

/* ---- perfetto_cores.c ---- */
/* A span of a thread has begun or ended. */
void tri_pf_follow_core(struct tri_perfetto *pf, const struct tri_trace_event *event);

#endif
