/* task.h -- stackless tasks: functions that stop in the middle and go on there later.
 *
 * A task is a struct that begins with a struct tri_task, and a body:
 *
 *     struct greeting { struct tri_task task; int i; };
 *
 *     static bool greet(struct tri_task *task)
 *     {
 *         struct greeting *own = (struct greeting *)task;
 *
 *         TRI_TASK_BEGIN(task);
 *         for (own->i = 0; own->i < 3; own->i++) {
 *             puts("hello");
 *             TRI_TASK_YIELD(task);
 *         }
 *         TRI_TASK_END;
 *     }
 *
 * How it works. The body is one switch over `at`, the line where it stopped. TRI_TASK_AWAIT stores
 * its line, starts something that will make the task ready again, and returns; the next call jumps
 * to the `case` that stands behind the return, also into a loop. (Tom Duff's device; A. Dunkels et
 * al., "Protothreads", SenSys 2006.)
 *
 * What follows. A task costs its struct and no stack, and a switch is a return and a call.
 * Variables of the body do not survive an await: what must is in the struct. A body awaits only in
 * itself, not in functions that it calls, and not inside a switch of its own. */
#ifndef TRIPTYCH_LAB_TASK_H
#define TRIPTYCH_LAB_TASK_H

#include <stdbool.h>

struct tri_loop;

struct tri_task {
    int at;                              /* the line where it goes on; 0: its begin */
    bool (*body)(struct tri_task *task); /* returns whether the task has ended */
    struct tri_loop *loop;
    struct tri_task *next; /* in a queue of the loop's */
    /* What a thread of the loop's does for it. */
    void (*work)(void *argument);
    void *argument;
};

#define TRI_TASK_BEGIN(task) \
    switch ((task)->at) { \
    case 0:

#define TRI_TASK_AWAIT(task, start) \
    do { \
        (task)->at = __LINE__; \
        start; \
        return false; \
    case __LINE__:; \
    } while (0)

/* Lets all others that are ready go first. */
#define TRI_TASK_YIELD(task) TRI_TASK_AWAIT(task, tri_loop_ready(task))

#define TRI_TASK_END \
    } \
    return true

#endif
