/* filter_internal.h -- shared by filter.c, which makes filters, and filter_frame.c, which runs
 * them. */
#ifndef TRI_FILTER_INTERNAL_H
#define TRI_FILTER_INTERNAL_H

#include "filter.h"

#include <pthread.h>

/* The jobs that compute one frame at a time. A pipeline over time has one set. */
struct tri_filter_set {
    struct tri_filter_set *next; /* in the list of idle sets */
    struct tri_job *planes[3], *whole;
};

/* What else one frame in flight needs. */
struct tri_filter_slot {
    struct tri_filter_slot *next; /* in the list of idle slots */
    struct tri_inflight *inflight[3];
    /* For R, G and B: */
    struct tri_job *up[2], *down[2];  /* for Cb and Cr; NULL if they have luma's size */
    struct tri_image *before, *after; /* all planes together */
    struct tri_frame plain;           /* the result before `convert` */
    struct tri_frame *out;            /* since `compute` */
    double seconds;                   /* of the frame */
    const struct tri_image *with;     /* for `compute`; NULL: the pipeline's */
};

struct tri_filter {
    struct tri_backend *backend;
    struct tri_video in, out;
    bool by_plane, usual; /* usual: planes are picture content, not bare samples */
    enum { COMPUTED, COPIED, NEUTRAL } chroma; /* by plane: its source */
    const struct tri_pipeline *pipeline;       /* the caller's */
    struct tri_pipeline *planes[2];            /* by plane: for the first, and for the others */
    struct tri_pipeline *up, *whole, *down;
    struct tri_pipeline *copy; /* by plane: the pipeline of `convert` */
    /* converts results to or from R, G, B; NULL: not needed */
    struct tri_filter *convert;
    bool transposed; /* rows have become columns */
    int out_planes;  /* made by the pipeline, including alpha */
    int delay;
    const char *columns;  /* of the data a kernel reports besides the picture */
    bool tells;           /* result frames carry that data */
    pthread_mutex_t lock; /* for the members below */
    struct tri_filter_set *sets;
    struct tri_filter_slot *slots;
};

/* An 8-bit value as a plane's sample; 9 to 15 bits are scaled to 16. */
static inline uint32_t tri_filter_level(const struct tri_video *video, uint32_t eight)
{
    const uint32_t value = eight << (video->bits - 8);
    return video->bits == 8 ? eight : value << (16 - video->bits) | value >> (2 * video->bits - 16);
}

/* The job that sets a frame's delay and reports its data: luma's, if planes have separate jobs. */
static inline struct tri_job *tri_filter_telling_job(const struct tri_filter *filter,
                                                     const struct tri_filter_set *set)
{
    return filter->by_plane ? set->planes[0] : set->whole;
}

enum tri_status tri_filter_new_set(const struct tri_filter *filter, struct tri_filter_set **set,
                                   struct tri_error *error);
void tri_filter_put_set(struct tri_filter *filter, struct tri_filter_set *set);
void tri_filter_free_set(struct tri_filter_set *set);
enum tri_status tri_filter_take_slot(struct tri_filter *filter, struct tri_filter_slot **slot,
                                     struct tri_error *error);
void tri_filter_free_slot(struct tri_filter_slot *slot);

#endif
