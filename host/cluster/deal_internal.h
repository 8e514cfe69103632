/* deal_internal.h -- what deal.c and deal_lead.c share. */
#ifndef TRI_DEAL_INTERNAL_H
#define TRI_DEAL_INTERNAL_H

#include "deal.h"

#include <pthread.h>

enum { TRI_DEAL_WANT, TRI_DEAL_TASK, TRI_DEAL_RESULT, TRI_DEAL_END };

/* Before each message's data; if `status` is not TRI_OK, a struct tri_error is between them. All
 * ranks run the same build on the same kind of CPU: bytes are sent as they are in memory. */
struct tri_deal_head {
    int32_t kind;
    int32_t status;
    int64_t first, count;
    int64_t task; /* its number */
};

/* Copies the data, which stay the caller's. */
enum tri_status tri_deal_send(struct tri_link *link, int to, const struct tri_deal_head *head,
                              const struct tri_error *failure, const struct tri_parcel *data,
                              struct tri_error *error);
/* Takes the head and the error off. */
enum tri_status tri_deal_open(struct tri_parcel *parcel, struct tri_deal_head *head,
                              struct tri_error *failure, struct tri_error *error);
void tri_parcel_drop(struct tri_parcel *parcel);

/* Waits until `wake` is signalled, at most so long. */
void tri_deal_sleep(pthread_cond_t *wake, pthread_mutex_t *lock, int64_t ns);
/* How long to sleep after a sleep of `before` in which nothing came; hungry: nothing is computed
 * meanwhile. */
int64_t tri_deal_pause(int64_t before, bool hungry);

/* deal_lead.c: what rank 0 does. */
enum tri_status tri_deal_lead(struct tri_link *link, struct tri_dealt *dealt,
                              struct tri_error *error);

#endif
