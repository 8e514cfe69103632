/* filter_parts.h -- what filter.c, which makes filters, and filter_frame.c, which runs them, share. */
#ifndef TRI_FILTER_PARTS_H
#define TRI_FILTER_PARTS_H

#include "filter.h"

#include <pthread.h>

/* The jobs that compute one frame at a time. Of a pipeline over time there is one set. */
struct tri_filter_set {
    struct tri_filter_set *next; /* of those that are idle */
    struct tri_job *planes[3], *whole;
};

/* What one frame under way needs beside them. */
struct tri_filter_slot {
    struct tri_filter_slot *next; /* of those that are idle */
    struct tri_flight *flights[3];
    /* For R, G and B: */
    struct tri_job *up[2], *down[2];  /* of Cb and Cr; NULL where they have luma's size */
    struct tri_image *before, *after; /* all planes together */
    struct tri_frame plain;           /* the result before `convert` */
    struct tri_frame *out;            /* since `compute` */
};

struct tri_filter {
    struct tri_backend *backend;
    struct tri_video in, out;
    bool by_plane, usual; /* usual: as a picture is meant, not as samples are */
    enum { COMPUTED, COPIED, NEUTRAL } chroma; /* by plane; what it comes from */
    const struct tri_pipeline *pipeline; /* the caller's */
    struct tri_pipeline *planes[2]; /* by plane: for the first, and for the others */
    struct tri_pipeline *up, *whole, *down;
    struct tri_pipeline *copy;   /* by plane: of `convert` */
    struct tri_filter *convert;  /* of results to R, G, B, or from it; NULL: they are as they are wanted */
    bool turned; /* rows have become columns */
    int out_planes; /* that the pipeline for R, G and B makes, alpha with them */
    int delay;
    const char *columns; /* of what a kernel tells beside the picture */
    bool tells;          /* and whether results come with it */
    pthread_mutex_t lock; /* for these */
    struct tri_filter_set *sets;
    struct tri_filter_slot *slots;
};

/* A value of eight bits in terms of a plane's samples, where 9 to 15 bits are spread over 16. */
static inline uint32_t tri_filter_level(const struct tri_video *video, uint32_t eight)
{
    const uint32_t value = eight << (video->bits - 8);
    return video->bits == 8 ? eight : value << (16 - video->bits) | value >> (2 * video->bits - 16);
}

/* Whose delay is the frame's, and what it tells: luma's, where planes have jobs of their own. */
static inline struct tri_job *tri_filter_telling_job(const struct tri_filter *filter, const struct tri_filter_set *set)
{
    return filter->by_plane ? set->planes[0] : set->whole;
}

enum tri_status tri_filter_new_set(const struct tri_filter *filter, struct tri_filter_set **set, struct tri_error *error);
void tri_filter_put_set(struct tri_filter *filter, struct tri_filter_set *set);
void tri_filter_free_set(struct tri_filter_set *set);
enum tri_status tri_filter_take_slot(struct tri_filter *filter, struct tri_filter_slot **slot, struct tri_error *error);
void tri_filter_free_slot(struct tri_filter_slot *slot);

#endif
