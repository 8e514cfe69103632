/* team.h -- threads that do something at the same time. */
#ifndef TRIPTYCH_LAB_TEAM_H
#define TRIPTYCH_LAB_TEAM_H

#include "triptych.h"

/* `count` threads, of which the caller is one. */
struct tri_lab_team;
enum tri_status tri_lab_team_new(int count, struct tri_lab_team **team, struct tri_error *error);
void tri_lab_team_free(struct tri_lab_team *team); /* may be NULL */
/* Calls work(argument, 0), ..., work(argument, count - 1), each on a thread of its own, all begun
 * at the same time; returns when all have ended. `name`, a literal, is that of their spans. One
 * thread at a time may call it. */
void tri_lab_team_run(struct tri_lab_team *team, const char *name,
                      void (*work)(void *argument, int member), void *argument);

#endif
