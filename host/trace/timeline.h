/* timeline.h -- what ran when: a recording as lanes of blocks, for drawings and reports.
 *
 * Each thread and each queue of a device has a lane. Its blocks follow each other without overlap;
 * what a thread does at a moment is its innermost span, under the stage that it works for. Waits
 * are blocks too; drawings leave them blank. */
#ifndef TRI_TIMELINE_H
#define TRI_TIMELINE_H

#include "trace.h"

enum tri_timeline_class {
    TRI_TIMELINE_WORK,     /* computing, and all that is not below */
    TRI_TIMELINE_CODEC,    /* decoding and encoding */
    TRI_TIMELINE_TRANSFER, /* to and from devices */
    TRI_TIMELINE_FILE,     /* inside a call that reads or writes a file */
    TRI_TIMELINE_WAIT      /* for the cause that is the kind's name */
};

#define TRI_TIMELINE_KINDS 32

/* What blocks belong to: a stage ("decode"), or what runs outside of stages. */
struct tri_timeline_kind {
    const char *name;
    enum tri_timeline_class class;
    char letter;  /* unique; ' ': a wait */
    int64_t busy; /* ns, summed over the lanes of threads and queues */
};

struct tri_timeline_block {
    int64_t begin, end; /* ns since the timeline's begin */
    const char *label;  /* the innermost span's name; NULL: short blocks of one kind, summed up */
    long frame;         /* -1: none */
    int first, rows;    /* rows 0: not rows */
    int kind;           /* index into `kinds` */
    int lane;
    int core; /* that the thread was on at its begin; -1: unknown */
};

struct tri_timeline_lane {
    char name[64];         /* "worker 2"; "kernels" */
    char device[96];       /* of a queue; "": a thread */
    int64_t busy, waiting; /* ns */
    int first, count;      /* its blocks */
};

struct tri_timeline {
    /* Threads first, the main one before all, then queues by their device. A thread that only waits
     * has a lane; one that reports nothing has none. Pools that follow each other share lanes. */
    struct tri_timeline_lane *lanes;
    struct tri_timeline_block *blocks; /* by lane, then by time */
    struct tri_timeline_kind kinds[TRI_TIMELINE_KINDS];
    int lane_count, block_count, kind_count;
    bool frames;       /* there are several: their numbers tell blocks apart */
    int64_t length;    /* ns, from the recording's begin to its end; at least 1 */
    int64_t dropped;   /* events that the recorder or this lost */
    int64_t other_cpu; /* ns of CPU time of threads without lanes: libraries' own; -1: unknown */
    struct tri_timeline_state *state;
};

/* A timeline of at most `most` blocks; 0: only sums are kept, for tri_timeline_sums. Beyond that
 * short blocks are summed up over a time that grows as needed: a recording may be of any length.
 * NULL: no memory. */
struct tri_timeline *tri_timeline_new(int most);
/* For tri_trace_start. */
struct tri_trace_reader tri_timeline_reader(struct tri_timeline *timeline);
/* After tri_trace_stop: fills in the lists. TRI_FAILED: no memory. */
enum tri_status tri_timeline_finish(struct tri_timeline *timeline,
                                    const struct tri_trace_summary *summary,
                                    struct tri_error *error);
/* Makes the same of a finished timeline with a lane for each core that a thread was seen on, and
 * without waits; free it with tri_timeline_free, before the other one. Without lanes if the system
 * does not tell cores. The kinds keep the times that threads had, so that both drawings give them
 * the same colours. TRI_FAILED: no memory. */
enum tri_status tri_timeline_by_core(const struct tri_timeline *of, struct tri_timeline **cores,
                                     struct tri_error *error);
/* Copies the kinds with their times until now, spans that have not ended included; while the
 * recording runs, from any thread. Only of a timeline without blocks. Returns their number. */
int tri_timeline_sums(struct tri_timeline *timeline,
                      struct tri_timeline_kind kinds[TRI_TIMELINE_KINDS]);
void tri_timeline_free(struct tri_timeline *timeline);

/* What fills a part of a lane: `busy` of it, 0 to 1, and the kind that has most of that; -1: none.
 */
struct tri_timeline_cell {
    double busy;
    int kind;
};
/* Divides a lane into `count` cells of equal time; only blocks shorter than `longest` count.
 * TRI_FAILED: no memory. */
enum tri_status tri_timeline_cells(const struct tri_timeline *timeline, int lane, int64_t longest,
                                   struct tri_timeline_cell *cells, int count);

/* Draws it in text, at most `columns` wide, with ANSI colours if wanted. */
void tri_timeline_print(FILE *file, const struct tri_timeline *timeline, int columns, bool colours);
/* The same without the legend. */
void tri_timeline_print_lanes(FILE *file, const struct tri_timeline *timeline, int columns,
                              bool colours);
/* Draws it as SVG. */
void tri_timeline_svg(FILE *file, const struct tri_timeline *timeline);

#endif
