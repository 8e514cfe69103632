/* timeline_parts.h -- shared by the files that make a timeline and those that draw it. */
#ifndef TRI_TIMELINE_PARTS_H
#define TRI_TIMELINE_PARTS_H

#include "timeline.h"

#define TIMELINE_DEPTH 32 /* spans within each other; deeper ones are ignored */

struct timeline_open {
    const char *name;
    uint64_t item;
    int first, rows, kind;
    uint8_t category;
};

/* A thread or queue while the recording runs. */
struct timeline_track {
    struct timeline_open open[TIMELINE_DEPTH];
    int depth;
    int64_t since; /* when the thread's innermost span last changed */
    int core;
    int64_t cpu, cpu_before; /* ns since its first report, and until then */
    bool reported;
};

struct tri_timeline_state {
    struct timeline_track **tracks; /* by number; NULL: nothing yet */
    int track_room;
    int most, room;
    pthread_mutex_t lock; /* for all, while the recording runs */
    int64_t window;       /* in which short blocks are summed up; 0: none are */
    int64_t cpu_before;   /* of the process, when this was made; -1: unknown */
    bool no_memory;
};

/* ---- timeline_kinds.c ---- */
/* The index of a kind, which is added if it is new. `name` is not copied. */
int tri_timeline_kind(struct tri_timeline *timeline, const char *name,
                      enum tri_timeline_class class);
/* That of a span that begins on a track. */
int tri_timeline_kind_of(struct tri_timeline *timeline, const struct tri_trace_event *begin);
/* That of a command of a device. */
int tri_timeline_kind_of_command(struct tri_timeline *timeline, const char *queue);

/* ---- timeline_lanes.c: works on blocks whose lanes are still numbers of tracks ---- */
/* Sorts blocks by lane and time, and cuts overlaps off. */
void tri_timeline_sort(struct tri_timeline *timeline);
/* Sums up short blocks until at most half of the room is in use. */
void tri_timeline_shorten(struct tri_timeline *timeline);
/* Makes lanes of tracks. Returns false if memory runs out. */
bool tri_timeline_make_lanes(struct tri_timeline *timeline);

/* ---- timeline_scale.c ---- */
/* Times with a unit that suits all of a scale. */
struct timeline_scale {
    int64_t step; /* ns between marks: 1, 2 or 5 times a power of ten */
    int64_t unit; /* ns */
    const char *name;
};
/* A scale over `length` with at most `most` steps. */
struct timeline_scale tri_timeline_scale(int64_t length, int most);
/* "250", and with the unit "250 ms". */
void tri_timeline_mark(char text[32], const struct timeline_scale *scale, int64_t time, bool unit);
/* A time for people: "12.3 ms". */
void tri_timeline_time(char text[32], int64_t time);
/* Names for people: "gpu kernels"; devices are numbered if there are several. */
void tri_timeline_lane_name(char text[80], const struct tri_timeline *timeline, int lane);
/* Devices of the lanes, each once; returns their number. */
int tri_timeline_devices(const struct tri_timeline *timeline, const char *devices[], int most);
bool tri_timeline_waits(const struct tri_timeline *timeline,
                        const struct tri_timeline_block *block);
/* ns of all lanes */
int64_t tri_timeline_busy(const struct tri_timeline *timeline);
/* Kinds that are waits, or that are not, the longest first; returns their number. */
int tri_timeline_sort_kinds(const struct tri_timeline *timeline, bool waits,
                            int kinds[TRI_TIMELINE_KINDS]);
/* Shares of the time of all threads; returns their number. */
struct timeline_wait {
    const char *name;
    double share;
};
int tri_timeline_sum_waits(const struct tri_timeline *timeline,
                           struct timeline_wait waits[TRI_TIMELINE_KINDS + 1]);

#endif
