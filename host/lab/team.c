/* team.c -- threads that do something at the same time. */
#include "lab/team.h"
#include "trace/trace.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct member {
    struct tri_lab_team *team;
    pthread_t thread;
    int number;
};

struct tri_lab_team {
    pthread_mutex_t lock;         /* for all below */
    pthread_cond_t begins, ended; /* a round; all of its members but the caller */
    int round, running;
    bool over;
    const char *name;
    void (*work)(void *argument, int member);
    void *argument;
    int count, started;
    struct member members[];
};

static void take_part(const struct tri_lab_team *team, int number)
{
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_STRIP, team->name);

    team->work(team->argument, number);
    tri_trace_end(mark);
}

/* Returns false when there are no more rounds. */
static bool next_round(struct tri_lab_team *team, int *round)
{
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_WORK, "idle");

    pthread_mutex_lock(&team->lock);
    while (team->round == *round && !team->over)
        pthread_cond_wait(&team->begins, &team->lock);
    *round = team->round;
    const bool over = team->over;
    pthread_mutex_unlock(&team->lock);
    tri_trace_end(mark);
    return !over;
}

static void *belong(void *argument)
{
    const struct member *self = argument;
    struct tri_lab_team *team = self->team;
    int round = 0;

    tri_trace_name_thread("worker", self->number);
    while (next_round(team, &round)) {
        take_part(team, self->number);
        pthread_mutex_lock(&team->lock);
        if (--team->running == 0)
            pthread_cond_signal(&team->ended);
        pthread_mutex_unlock(&team->lock);
    }
    return NULL;
}

enum tri_status tri_lab_team_new(int count, struct tri_lab_team **made, struct tri_error *error)
{
    struct tri_lab_team *team = calloc(1, sizeof *team + (size_t)count * sizeof team->members[0]);

    *made = team;
    if (team == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for threads");
    team->count = count;
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->begins, NULL);
    pthread_cond_init(&team->ended, NULL);
    for (int i = 1; i < count; i++) {
        team->members[i] = (struct member){.team = team, .number = i};
        const int why = pthread_create(&team->members[i].thread, NULL, belong, &team->members[i]);
        if (why != 0) {
            tri_lab_team_free(team);
            *made = NULL;
            return tri_fail(error, TRI_FAILED, "cannot start %d threads: %s", count, strerror(why));
        }
        team->started = i;
    }
    return TRI_OK;
}

void tri_lab_team_free(struct tri_lab_team *team)
{
    if (team == NULL)
        return;
    pthread_mutex_lock(&team->lock);
    team->over = true;
    pthread_cond_broadcast(&team->begins);
    pthread_mutex_unlock(&team->lock);
    for (int i = 1; i <= team->started; i++)
        pthread_join(team->members[i].thread, NULL);
    pthread_cond_destroy(&team->begins);
    pthread_cond_destroy(&team->ended);
    pthread_mutex_destroy(&team->lock);
    free(team);
}

void tri_lab_team_run(struct tri_lab_team *team, const char *name,
                      void (*work)(void *argument, int member), void *argument)
{
    pthread_mutex_lock(&team->lock);
    team->name = name;
    team->work = work;
    team->argument = argument;
    team->running = team->count - 1;
    team->round++;
    pthread_cond_broadcast(&team->begins);
    pthread_mutex_unlock(&team->lock);
    take_part(team, 0);
    const tri_trace_mark mark = tri_trace_wait(TRI_TRACE_FOR_WORKERS, "others");
    pthread_mutex_lock(&team->lock);
    while (team->running > 0)
        pthread_cond_wait(&team->ended, &team->lock);
    pthread_mutex_unlock(&team->lock);
    tri_trace_end(mark);
}
