/* affinity.h -- threads on some of the cores only. */
#ifndef TRIPTYCH_LAB_AFFINITY_H
#define TRIPTYCH_LAB_AFFINITY_H

#include "lab/team.h"

/* Where a thread might run before. */
struct tri_lab_cores;
/* Keeps the calling thread, and threads that it starts from now on, to the first `count` of the
 * cores that it may use. Until tri_lab_unpin. */
enum tri_status tri_lab_pin(int count, struct tri_lab_cores **before, struct tri_error *error);
/* The same with one core: that of a number, from 0, counted round. */
enum tri_status tri_lab_pin_to(int number, struct tri_lab_cores **before, struct tri_error *error);
void tri_lab_unpin(struct tri_lab_cores *before); /* frees it; may be NULL */

/* Calls work(argument) on the first `count` cores. If the thread cannot be kept to them, tells
 * tri_lab_row_failed, and calls it all the same. */
void tri_lab_run_on(int count, void (*work)(void *argument), void *argument);
/* As tri_lab_team_new, with threads that are kept to the first `cores` cores. */
enum tri_status tri_lab_team_new_on(int cores, int count, struct tri_lab_team **team,
                                    struct tri_error *error);

#endif
