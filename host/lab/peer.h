/* peer.h -- somebody to wait for: a peer that answers each request late. */
#ifndef TRIPTYCH_LAB_PEER_H
#define TRIPTYCH_LAB_PEER_H

#include "triptych.h"

/* A thread at the other end of `count` stream sockets. A request is one byte; its answer, one byte
 * too, comes `delay_ns` after it has arrived, however many others wait. */
struct tri_lab_peer;
enum tri_status tri_lab_peer_new(int count, int64_t delay_ns, struct tri_lab_peer **peer,
                                 struct tri_error *error);
void tri_lab_peer_free(struct tri_lab_peer *peer); /* may be NULL */
/* This end of a socket; it blocks. */
int tri_lab_peer_socket(const struct tri_lab_peer *peer, int number);

/* Each returns false, and tells tri_lab_row_failed, if the socket fails. */
bool tri_lab_peer_ask(const struct tri_lab_peer *peer, int number);
bool tri_lab_peer_answer(const struct tri_lab_peer *peer, int number); /* waits for it */

#endif
