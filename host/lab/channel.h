/* channel.h -- channels, through which threads pass on what they own (as in C. A. R. Hoare,
 * "Communicating Sequential Processes", Communications of the ACM 21(8), 1978, and in Go). */
#ifndef TRIPTYCH_LAB_CHANNEL_H
#define TRIPTYCH_LAB_CHANNEL_H

#include <stdbool.h>

#define TRI_CHANNELS_MAX 8 /* of one tri_channel_select */

struct tri_channel;
/* A channel that holds `room` items; 0: a sender waits until a receiver has taken its item. NULL:
 * no memory. Many threads may send and receive at once. */
struct tri_channel *tri_channel_new(int room);
void tri_channel_free(struct tri_channel *channel); /* nobody may use it; may be NULL */
/* Waits for room. False: the channel is closed, and the item is still the sender's. */
bool tri_channel_send(struct tri_channel *channel, void *item);
/* Waits for an item. False: the channel is closed, and empty. */
bool tri_channel_receive(struct tri_channel *channel, void **item);
/* No more items are sent: what is in the channel can still be received. */
void tri_channel_close(struct tri_channel *channel);
/* Waits for an item from any of the channels, and returns the number of its channel; those that
 * have items take turns. -1: all are closed and empty. */
int tri_channel_select(struct tri_channel *const channels[], int count, void **item);

#endif
