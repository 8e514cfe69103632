/* parallelism.c -- the same tasks on more and more cores; more tasks than cores, and fewer. */
#include "lab/lab.h"
#include "lab/picture.h"
#include "lab/team.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { TEAMS_MAX = 8, WORKERS_MAX = 64 };

/* `tasks` pictures, which the members of a team take one by one. */
struct load {
    struct parallelism *whole;
    struct tri_lab_team *team;
    int tasks;
    atomic_int next;
};

struct parallelism {
    struct tri_lab_picture *pictures[WORKERS_MAX]; /* one for each member */
    struct load loads[TEAMS_MAX];
    int load_count;
    int alone; /* the row of one task by one worker */
};

static void take_tasks(void *argument, int member)
{
    struct load *load = argument;

    while (atomic_fetch_add(&load->next, 1) < load->tasks)
        tri_lab_picture_run(load->whole->pictures[member]);
}

static void run_load(void *argument)
{
    struct load *load = argument;

    atomic_store(&load->next, 0);
    tri_lab_team_run(load->team, "filter", take_tasks, load);
}

static enum tri_status add_load(struct tri_lab_run *run, int tasks, int workers,
                                struct tri_error *error)
{
    struct parallelism *whole = run->context;
    struct load *load = &whole->loads[whole->load_count++];

    load->whole = whole;
    load->tasks = tasks;
    struct tri_lab_row *row =
        tri_lab_add(run, run_load, load, workers, "%d task%s, %d worker%s", tasks,
                    tasks > 1 ? "s" : "", workers, workers > 1 ? "s" : "");
    if (tasks < 4 * run->settings.workers && run->settings.workers > 1) /* one task by one worker */
        row->base = workers == 1 ? run->row_count - 1 : whole->alone;
    if (tasks == 1 && workers == 1)
        whole->alone = row->base;
    return tri_lab_team_new(workers, &load->team, error);
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    const struct tri_shape shape = {1280, 960, 1, 8};
    const int most = run->settings.workers < WORKERS_MAX ? run->settings.workers : WORKERS_MAX;
    struct parallelism *whole = run->context = calloc(1, sizeof *whole);
    enum tri_status status = TRI_OK;

    if (whole == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    for (int i = 0; i < most && status == TRI_OK; i++)
        status = tri_lab_picture_new("sequential", NULL, "median:radius=2", &shape,
                                     &whole->pictures[i], error);
    /* 1, 2, 4, ... workers and all of them, with the same tasks. */
    for (int n = 1; n < most && whole->load_count < TEAMS_MAX - 4 && status == TRI_OK; n *= 2)
        status = add_load(run, 4 * most, n, error);
    if (status == TRI_OK)
        status = add_load(run, 4 * most, most, error);
    if (status == TRI_OK && most > 1)
        status = add_load(run, 1, 1, error);
    if (status == TRI_OK && most > 1)
        status = add_load(run, 1, most, error);
    if (status == TRI_OK && most > 1)
        status = add_load(run, most + 1, most, error);
    return status;
}

static const struct tri_lab_row *find(const struct tri_lab_run *run, int tasks, int workers)
{
    char name[64];

    snprintf(name, sizeof name, "%d task%s, %d worker%s", tasks, tasks > 1 ? "s" : "", workers,
             workers > 1 ? "s" : "");
    return tri_lab_row(run, name);
}

static void conclude(struct tri_lab_run *run)
{
    const int most = run->settings.workers < WORKERS_MAX ? run->settings.workers : WORKERS_MAX;

    if (most < 2) {
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "With one core, nothing runs at the same time as something else: "
                    "this machine cannot show parallelism.");
        return;
    }
    const struct tri_interval all =
                                  tri_lab_faster(find(run, 4 * most, most), find(run, 4 * most, 1)),
                              one = tri_lab_faster(find(run, 1, most), find(run, 1, 1)),
                              odd = tri_lab_faster(find(run, most + 1, most), find(run, 1, 1));
    const enum tri_lab_verdict half = tri_lab_above(run, &all, 1 + (most - 1) / 2.0),
                               faster = tri_lab_above(run, &all, 1.1);
    tri_lab_answer(run, half == TRI_LAB_SHOWN                                ? 0
                        : half == TRI_LAB_REFUTED && faster == TRI_LAB_SHOWN ? 1
                        : faster == TRI_LAB_REFUTED                          ? 2
                                                                             : -1);
    tri_lab_say(run, faster,
                "%d workers do the same tasks %s times as fast as one worker: the time divides.",
                most, tri_lab_words(&all).text);
    tri_lab_say(
        run, tri_lab_above(run, &one, 1.25) == TRI_LAB_REFUTED ? TRI_LAB_SHOWN : TRI_LAB_UNCLEAR,
        "A single task is %s times as fast with %d workers: what is not divided does not gain.",
        tri_lab_words(&one).text, most);
    const struct tri_interval rounds = {1 / odd.ratio, 1 / odd.high, 1 / odd.low};
    tri_lab_say(
        run, tri_lab_above(run, &rounds, 1.5),
        "%d tasks on %d workers take %s times as long as one task: the last one runs alone.",
        most + 1, most, tri_lab_words(&rounds).text);
}

static void close(struct tri_lab_run *run)
{
    struct parallelism *whole = run->context;

    if (whole == NULL)
        return;
    for (int i = 0; i < TEAMS_MAX; i++)
        tri_lab_team_free(whole->loads[i].team);
    for (int i = 0; i < WORKERS_MAX; i++)
        tri_lab_picture_free(whole->pictures[i]);
    free(whole);
}

TRI_LAB_EXPERIMENT(parallelism) = {
    .name = "parallelism",
    .claim = "Parallelism is doing many things at the same time: with more cores, the same tasks "
             "take less time.",
    .plan = "Median filters of 1280x960 pictures as tasks: many tasks on 1 to all cores, one task, "
            "and one task more than there are cores.",
    .question = "All cores instead of one, with many equal tasks: how much faster?",
    .answers = {"more than half as many times as there are cores",
                "at most half as many times as there are cores", "not at all"},
    .cores = true,
    .next = "triptych lab parallelism --workers 1, and twice as many workers as cores.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
