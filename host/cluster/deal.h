/* deal.h -- hands out work to ranks as they get free. */
#ifndef TRI_CLUSTER_DEAL_H
#define TRI_CLUSTER_DEAL_H

#include "cluster.h"

/* Items 0, 1, ... in tasks of one or some. Rank 0 has one thread that talks, one that computes, and
 * the caller's, which prepares tasks and takes results; other ranks have one that talks and one
 * that computes. */
struct tri_dealt {
    void *own;
    long items; /* on rank 0; -1: until `prepare` finds no more */
    /* Tasks that are prepared and whose results are not taken yet: this bounds the memory. At
     * least 2. */
    int window;
    int ahead;  /* tasks that a rank has at the same time; 1 or 2 */
    bool stops; /* the first failure ends the work; else the caller gets them with the results */
    /* Rank 0: items from `first` on for a task, and what ranks need for it. NULL: one, nothing.
     * *count 0: there are no more. */
    enum tri_status (*prepare)(void *own, long first, long *count, struct tri_parcel *task,
                               struct tri_error *error);
    enum tri_status (*compute)(void *own, long first, long count, const struct tri_parcel *task,
                               struct tri_parcel *result, struct tri_error *error);
    /* Rank 0, in the order of the items; may take the parcel over. NULL: nothing to do. */
    enum tri_status (*take)(void *own, int rank, long first, long count, struct tri_parcel *result,
                            const struct tri_error *failure, struct tri_error *error);
    /* Rank 0: as soon as a result is there, in any order; from the thread that talks or computes,
     * one at a time. May be NULL. */
    void (*arrived)(void *own, int rank, long first, long count);
    long least, most; /* filled in on rank 0: items of the rank that computed fewest, and most */
};

/* All ranks call it. Returns the same status on all of them; the error is on rank 0. */
enum tri_status tri_deal_run(struct tri_link *link, struct tri_dealt *dealt,
                             struct tri_error *error);

/* Sends a parcel from rank 0 to all others; on those the parcel is what was sent. */
enum tri_status tri_link_spread(struct tri_link *link, struct tri_parcel *parcel,
                                struct tri_error *error);

#endif
