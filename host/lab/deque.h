/* deque.h -- a worker's own tasks, which others may steal: the owner pushes and takes at one end,
 * the newest first; thieves steal at the other, the oldest first.
 *
 * D. Chase and Y. Lev, "Dynamic Circular Work-Stealing Deque", SPAA 2005, in the C11 form of
 * N. M. Lê, A. Pop, A. Cohen and F. Zappa Nardelli, "Correct and Efficient Work-Stealing for Weak
 * Memory Models", PPoPP 2013. */
#ifndef TRIPTYCH_LAB_DEQUE_H
#define TRIPTYCH_LAB_DEQUE_H

#include <stdbool.h>

struct tri_deque;
struct tri_deque *tri_deque_new(void);        /* NULL: no memory */
void tri_deque_free(struct tri_deque *deque); /* nobody may use it; may be NULL */

/* By the owner: */
bool tri_deque_push(struct tri_deque *deque, void *task); /* false: no memory; it is not in */
void *tri_deque_take(struct tri_deque *deque);            /* NULL: it is empty */
/* By any other thread. NULL: it is empty, or somebody else was faster; *again is then true. */
void *tri_deque_steal(struct tri_deque *deque, bool *again);

#endif
