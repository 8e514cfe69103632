/* loop.h -- an event loop for the tasks of task.h: one thread runs them all, and none of them ever
 * blocks it. What blocks or computes is handed to threads of the loop's, and awaited. */
#ifndef TRIPTYCH_LAB_LOOP_H
#define TRIPTYCH_LAB_LOOP_H

#include "lab/task.h"
#include "triptych.h"

/* With so many threads for what tasks hand over. TRI_FAILED: no memory, threads or descriptors. */
enum tri_status tri_loop_new(int workers, struct tri_loop **loop, struct tri_error *error);
void tri_loop_free(struct tri_loop *loop); /* not while it runs; may be NULL */

/* Adds a task, which begins when the loop runs. The struct must exist until it has ended. */
void tri_loop_add(struct tri_loop *loop, struct tri_task *task,
                  bool (*body)(struct tri_task *task));
/* Runs until all tasks have ended. */
void tri_loop_run(struct tri_loop *loop);

/* For tasks, inside TRI_TASK_AWAIT: goes on after work(argument) has returned on another thread;
 * goes on when the loop has run the others that are ready. */
void tri_loop_hand_over(struct tri_task *task, void (*work)(void *argument), void *argument);
void tri_loop_ready(struct tri_task *task);

#endif
