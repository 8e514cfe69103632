/* csp.c -- processes that share nothing and meet at channels (lab/channel.h).
 *
 * For: programs whose parts are drawn as boxes with arrows: each box is sequential code, each arrow
 * a channel. A channel passes on a thing together with the right to use it. An unbuffered one is a
 * meeting: the sender knows that its item was taken. A bounded one lets both sides run ahead a
 * little, and holds back who is too fast. Closing says that nothing more comes.
 * Choose it where data flow between parts that are written and tested apart, and where a part has
 * to react to whichever of several things happens first: select. `lab patterns` shows two threads
 * more than workers, one for reading and one for writing, and an early first answer; the channels'
 * room decides how many pictures are in memory besides those in work.
 * Not where all parts need the same large state, and not for very small items: each one costs a
 * lock, and often the wake of a thread (`make bench-switch`), while a picture takes thousands of
 * times as long. (C. A. R. Hoare, CACM 21(8), 1978.) */
#include "lab/channel.h"
#include "lab/patterns.h"
#include "lab/team.h"

struct flow {
    struct tri_pattern_job *job;
    struct tri_channel *read;   /* unbuffered: the reader stays one picture ahead */
    struct tri_channel *made;   /* bounded: to the writer */
    struct tri_channel *failed; /* unbuffered: also to the writer, which counts them */
    atomic_int left;            /* processes that may still send to the writer */
    int failures;
};

/* The last one that leaves closes the writer's channels. */
static void leave(struct flow *flow)
{
    if (atomic_fetch_sub(&flow->left, 1) > 1)
        return;
    tri_channel_close(flow->made);
    tri_channel_close(flow->failed);
}

static void reader(struct flow *flow)
{
    for (int i = 0; i < flow->job->count; i++) {
        struct tri_thumbnail *picture = &flow->job->pictures[i];
        tri_channel_send(tri_thumbnail_read(picture) ? flow->read : flow->failed, picture);
    }
    tri_channel_close(flow->read);
    leave(flow);
}

static void maker(struct flow *flow)
{
    void *picture;

    while (tri_channel_receive(flow->read, &picture))
        tri_channel_send(tri_thumbnail_compute(picture) ? flow->made : flow->failed, picture);
    leave(flow);
}

/* Takes whichever comes first, until both are closed. */
static void writer(struct flow *flow)
{
    struct tri_channel *const channels[] = {flow->made, flow->failed};
    void *picture;

    for (int which; (which = tri_channel_select(channels, 2, &picture)) >= 0;)
        if (which == 1 || !tri_thumbnail_write(picture))
            flow->failures++;
}

static void process(void *argument, int member)
{
    struct flow *flow = argument;

    if (member == 0)
        writer(flow);
    else if (member == 1)
        reader(flow);
    else
        maker(flow);
}

static enum tri_status run(struct tri_pattern_job *job, struct tri_error *error)
{
    struct flow flow = {.job = job,
                        .read = tri_channel_new(0),
                        .made = tri_channel_new(job->workers),
                        .failed = tri_channel_new(0),
                        .left = job->workers + 1};
    struct tri_lab_team *team = NULL;
    enum tri_status status = flow.read != NULL && flow.made != NULL && flow.failed != NULL
                                 ? tri_lab_team_new(job->workers + 2, &team, error)
                                 : tri_fail(error, TRI_FAILED, "out of memory for channels");

    job->threads = job->workers + 2;
    if (status == TRI_OK)
        tri_lab_team_run(team, "process", process, &flow);
    tri_lab_team_free(team);
    tri_channel_free(flow.read);
    tri_channel_free(flow.made);
    tri_channel_free(flow.failed);
    return status;
}

TRI_PATTERN(csp) = {.name = "csp", .structure = "processes meet at channels", .run = run};
