/* stuck.h -- two processes that take two locks in opposite order, and a watch that sees them stuck.
 *
 * They are processes, and not threads, so that they can be ended: what holds a lock for ever is
 * killed, and nothing of this process waits for it. */
#ifndef TRIPTYCH_LAB_STUCK_H
#define TRIPTYCH_LAB_STUCK_H

#include "triptych.h"

struct tri_lab_stuck {
    bool stuck;    /* each held one lock and waited for the other's */
    int64_t until; /* ns from the beginning until the watch knew it, or until both had ended */
    int64_t turns; /* that both had taken before */
};

/* Lets them take up to `turns` turns each, and ends them. `turn` is what a process does while it
 * holds its first lock; it must be safe in the child of a process with threads. Also after a
 * failure nothing is left of them. */
enum tri_status tri_lab_get_stuck(int64_t turns, void (*turn)(void *argument), void *argument,
                                  struct tri_lab_stuck *result, struct tri_error *error);

#endif
