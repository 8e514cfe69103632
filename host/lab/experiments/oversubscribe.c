/* oversubscribe.c -- more workers than cores: no more is done, and each task takes longer. */
#include "lab/lab.h"
#include "lab/picture.h"
#include "lab/team.h"

#include "parallel/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { KINDS = 3, MEMBERS_MAX = 256 };
static const int factors[KINDS] = {1, 4, 16};

struct crowd {
    struct oversubscribe *whole;
    struct tri_lab_team *team;
    atomic_int next;
    atomic_llong taken, tasks; /* ns that all tasks have taken, from begin to end; their number */
};

struct oversubscribe {
    struct tri_lab_picture *pictures[MEMBERS_MAX]; /* one for each member */
    struct crowd crowds[KINDS];
    int tasks;
};

static void take_tasks(void *argument, int member)
{
    struct crowd *crowd = argument;

    while (atomic_fetch_add(&crowd->next, 1) < crowd->whole->tasks) {
        const int64_t start = tri_now_ns();
        tri_lab_picture_run(crowd->whole->pictures[member]);
        atomic_fetch_add(&crowd->taken, tri_now_ns() - start);
        atomic_fetch_add(&crowd->tasks, 1);
    }
}

static void run_crowd(void *argument)
{
    struct crowd *crowd = argument;

    atomic_store(&crowd->next, 0);
    tri_lab_team_run(crowd->team, "filter", take_tasks, crowd);
}

static double milliseconds_a_task(void *argument)
{
    struct crowd *crowd = argument;
    const long long tasks = atomic_load(&crowd->tasks);

    return tasks > 0 ? (double)atomic_load(&crowd->taken) / (double)tasks / 1e6 : 0;
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    const struct tri_shape shape = {1280, 960, 3, 8};
    struct oversubscribe *whole = run->context = calloc(1, sizeof *whole);
    enum tri_status status = TRI_OK;
    int opened = 0;

    if (whole == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    whole->tasks =
        16 * run->settings.workers < MEMBERS_MAX ? 16 * run->settings.workers : MEMBERS_MAX;
    for (int kind = 0; kind < KINDS && status == TRI_OK; kind++) {
        struct crowd *crowd = &whole->crowds[kind];
        int members = factors[kind] * run->settings.workers;
        members = members < MEMBERS_MAX ? members : MEMBERS_MAX;
        crowd->whole = whole;
        for (; opened < members && status == TRI_OK; opened++)
            status = tri_lab_picture_new("sequential", NULL, "median:radius=2", &shape,
                                         &whole->pictures[opened], error);
        struct tri_lab_row *row =
            factors[kind] == 1
                ? tri_lab_add(run, run_crowd, crowd, members, "as many workers as cores")
                : tri_lab_add(run, run_crowd, crowd, members, "%d times as many", factors[kind]);
        row->figure = milliseconds_a_task;
        row->unit = "ms a task";
        if (status == TRI_OK)
            status = tri_lab_team_new(members, &crowd->team, error);
    }
    return status;
}

static void conclude(struct tri_lab_run *run)
{
    const struct tri_lab_row *fit = tri_lab_row(run, "as many workers as cores"),
                             *crowd = tri_lab_row(run, "16 times as many");
    const struct tri_interval faster = tri_lab_faster(crowd, fit);

    if (fit == NULL || crowd == NULL)
        return;
    if (faster.low > 1.1 && tri_lab_was_busy(run)) {
        tri_lab_say(
            run, TRI_LAB_UNCLEAR,
            "%d workers do the tasks %s times as fast as %d: they took a larger share of the "
            "cores from the other programs.",
            crowd->workers, tri_lab_words(&faster).text, fit->workers);
    } else {
        tri_lab_answer(run, faster.low > 1.1    ? 0
                            : faster.high < 0.9 ? 2
                            : faster.high < 1.1 ? 1
                                                : -1);
        tri_lab_say(
            run,
            faster.low > 1.1    ? TRI_LAB_REFUTED
            : faster.high < 1.1 ? TRI_LAB_SHOWN
                                : TRI_LAB_UNCLEAR,
            "%d workers do the tasks %s times as fast as %d: no more can run at a time than "
            "there are cores.",
            crowd->workers, tri_lab_words(&faster).text, fit->workers);
    }
    tri_lab_say(
        run, crowd->value > 1.5 * fit->value ? TRI_LAB_SHOWN : TRI_LAB_UNCLEAR,
        "A task takes %.3g ms instead of %.3g: it waits while others have the core. That is "
        "why pools have as many threads as cores, and queues a limit.",
        crowd->value, fit->value);
}

static void close(struct tri_lab_run *run)
{
    struct oversubscribe *whole = run->context;

    if (whole == NULL)
        return;
    for (int i = 0; i < KINDS; i++)
        tri_lab_team_free(whole->crowds[i].team);
    for (int i = 0; i < MEMBERS_MAX; i++)
        tri_lab_picture_free(whole->pictures[i]);
    free(whole);
}

TRI_LAB_EXPERIMENT(oversubscribe) = {
    .name = "oversubscribe",
    .claim = "More workers than cores do not get more done: each task only takes longer.",
    .plan = "The same median filters of 1280x960 pictures by as many workers as cores, by 4 and by "
            "16 times as many.",
    .question = "16 times as many workers as cores: how much faster are all tasks done?",
    .answers = {"faster", "about the same", "slower"},
    .next = "triptych lab oversubscribe --trace crowd.svg: who had a core when.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
