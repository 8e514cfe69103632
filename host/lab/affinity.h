/* affinity.h -- threads on some of the cores only. */
#ifndef TRIPTYCH_LAB_AFFINITY_H
#define TRIPTYCH_LAB_AFFINITY_H

#include "triptych.h"

/* Where a thread might run before. */
struct tri_lab_cores;
/* Keeps the calling thread, and threads that it starts from now on, to the first `count` of the
 * cores that it may use. Until tri_lab_unpin. */
enum tri_status tri_lab_pin(int count, struct tri_lab_cores **before, struct tri_error *error);
void tri_lab_unpin(struct tri_lab_cores *before); /* frees it; may be NULL */

#endif
