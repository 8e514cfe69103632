/* pipeline.c -- a stage for each step, with bounded queues between them: an assembly line.
 *
 * For: streams: items that all pass the same steps. Each stage does one thing, keeps its own data
 * at hand, and runs at the same time as the others; an item's steps stay in order. A bounded queue
 * holds back a stage that is too fast, so memory is bounded whatever the input.
 * Choose it where steps differ in what they need: a disk, a device, a lot of memory.
 * Not where threads or memory are short: of the rows of `lab patterns` it has the most threads, one
 * or more for each stage, and each queue keeps pictures in memory. Not where the first answer
 * should come early: stages that already have later pictures compete with it for the cores. Not
 * where one step takes most of the time: the total is that of the slowest stage. Such a stage needs
 * several threads, as decoding and encoding get here, and then items may overtake each other. */
#include "lab/channel.h"
#include "lab/patterns.h"
#include "lab/team.h"

enum { STAGES = 6, ROOM = 2 };

static const struct stage {
    bool (*step)(struct tri_thumbnail *picture);
    bool wide; /* gets as many threads as there are workers */
} stages[STAGES] = {
    {tri_thumbnail_read, false},   {tri_thumbnail_decode, true}, {tri_thumbnail_shrink, false},
    {tri_thumbnail_filter, false}, {tri_thumbnail_encode, true}, {tri_thumbnail_write, false},
};

struct line {
    struct tri_pattern_job *job;
    struct tri_channel *queues[STAGES]; /* before each stage but the first */
    atomic_int left[STAGES];            /* threads of each stage */
};

static int threads_of(const struct tri_pattern_job *job, int stage)
{
    return stages[stage].wide ? job->workers : 1;
}

/* A picture that failed leaves the line. */
static void pass(struct line *line, int stage, struct tri_thumbnail *picture)
{
    if (stages[stage].step(picture) && stage + 1 < STAGES)
        tri_channel_send(line->queues[stage + 1], picture);
}

static void run_stage(struct line *line, int stage)
{
    void *picture;

    if (stage == 0)
        for (int i = 0; i < line->job->count; i++)
            pass(line, 0, &line->job->pictures[i]);
    else
        while (tri_channel_receive(line->queues[stage], &picture))
            pass(line, stage, picture);
    /* The last thread of a stage closes the next one's queue. */
    if (atomic_fetch_sub(&line->left[stage], 1) == 1 && stage + 1 < STAGES)
        tri_channel_close(line->queues[stage + 1]);
}

/* Which stage is a member's: the first ones have the first stage, and so on. */
static void work(void *argument, int member)
{
    struct line *line = argument;
    int stage = 0;

    for (; member >= threads_of(line->job, stage); stage++)
        member -= threads_of(line->job, stage);
    run_stage(line, stage);
}

static bool make_queues(struct line *line)
{
    bool memory = true;

    for (int stage = 0; stage < STAGES; stage++) {
        atomic_init(&line->left[stage], threads_of(line->job, stage));
        if (stage > 0)
            line->queues[stage] = tri_channel_new(ROOM);
        memory = memory && (stage == 0 || line->queues[stage] != NULL);
    }
    return memory;
}

static enum tri_status run(struct tri_pattern_job *job, struct tri_error *error)
{
    struct line line = {.job = job};
    struct tri_lab_team *team = NULL;

    job->threads = 0;
    for (int stage = 0; stage < STAGES; stage++)
        job->threads += threads_of(job, stage);
    const enum tri_status status = make_queues(&line)
                                       ? tri_lab_team_new(job->threads, &team, error)
                                       : tri_fail(error, TRI_FAILED, "out of memory for queues");
    if (status == TRI_OK)
        tri_lab_team_run(team, "stage", work, &line);
    tri_lab_team_free(team);
    for (int stage = 1; stage < STAGES; stage++)
        tri_channel_free(line.queues[stage]);
    return status;
}

TRI_PATTERN(pipeline) = {
    .name = "pipeline", .structure = "a stage for each step, bounded queues", .run = run};
