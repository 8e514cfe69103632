/* lab_switch.c -- what a switch costs: between tasks of the lab's event loop, and between threads
 * through a channel, next to the least that the kernel takes for it, a futex wake.
 *
 *     make bench-switch
 *
 * Prints the median of rounds that take turns, with the fastest and the slowest, and how often a
 * thread gave up its core for a hand-over: that does not depend on what else the machine does. */
#include "lab/channel.h"
#include "lab/loop.h"
#include "lab/team.h"
#include "measure/measure.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TASKS = 64, SWITCHES = 20000, HANDOVERS = 20000, ROUNDS = 15 };

/* ---- tasks that do nothing but yield ---- */

struct yielding {
    struct tri_task task;
    int left;
};

static bool yield(struct tri_task *task)
{
    struct yielding *own = (struct yielding *)task;

    TRI_TASK_BEGIN(task);
    while (own->left-- > 0)
        TRI_TASK_YIELD(task);
    TRI_TASK_END;
}

static int64_t switch_tasks(struct tri_loop *loop)
{
    static struct yielding tasks[TASKS];

    for (int i = 0; i < TASKS; i++) {
        tri_loop_add(loop, &tasks[i].task, yield);
        tasks[i].left = SWITCHES;
    }
    const int64_t start = tri_now_ns();
    tri_loop_run(loop);
    return (tri_now_ns() - start) / ((int64_t)TASKS * SWITCHES);
}

/* ---- two threads that hand something to and fro ---- */

struct pair {
    struct tri_channel *there, *back;
    atomic_uint turn;
};

static void by_channel(void *argument, int member)
{
    const struct pair *pair = argument;
    void *item = argument;

    for (int i = 0; i < HANDOVERS; i++)
        if (member == 0) {
            tri_channel_send(pair->there, item);
            tri_channel_receive(pair->back, &item);
        } else {
            tri_channel_receive(pair->there, &item);
            tri_channel_send(pair->back, item);
        }
}

static void wait_for_turn(struct pair *pair, unsigned turn)
{
    for (unsigned now; (now = atomic_load(&pair->turn)) != turn;)
        syscall(SYS_futex, &pair->turn, FUTEX_WAIT_PRIVATE, now, NULL, NULL, 0);
}

static void pass_turn(struct pair *pair, unsigned turn)
{
    atomic_store(&pair->turn, turn);
    syscall(SYS_futex, &pair->turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void by_futex(void *argument, int member)
{
    struct pair *pair = argument;

    for (int i = 0; i < HANDOVERS; i++) {
        wait_for_turn(pair, (unsigned)member);
        pass_turn(pair, (unsigned)!member);
    }
}

static long switches_so_far(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_nvcsw : 0;
}

/* Each of the two hands over once in each turn. Adds the switches to `switches`. */
static int64_t hand_over(struct tri_lab_team *team, void (*work)(void *argument, int member),
                         struct pair *pair, long *switches)
{
    const long before = switches_so_far();
    const int64_t start = tri_now_ns();

    atomic_store(&pair->turn, 0);
    tri_lab_team_run(team, "hand over", work, pair);
    const int64_t took = tri_now_ns() - start;
    *switches += switches_so_far() - before;
    return took / (2 * HANDOVERS);
}

/* ---- the whole ---- */

static struct tri_summary print(const char *what, const int64_t *samples)
{
    int64_t least = INT64_MAX, most = 0;
    const struct tri_summary summary = tri_summarize(samples, ROUNDS);

    for (int i = 0; i < ROUNDS; i++) {
        least = samples[i] < least ? samples[i] : least;
        most = samples[i] > most ? samples[i] : most;
    }
    printf("%-42s %6lld ns (%lld to %lld)\n", what, (long long)summary.median, (long long)least,
           (long long)most);
    return summary;
}

static void measure(struct tri_loop *loop, struct tri_lab_team *team, struct pair *pair,
                    struct pair *direct)
{
    int64_t tasks[ROUNDS], futex[ROUNDS], room[ROUNDS], meet[ROUNDS];
    const double all = 2.0 * HANDOVERS * ROUNDS;
    long switches[3] = {0};

    for (int i = 0; i < ROUNDS; i++) {
        tasks[i] = switch_tasks(loop);
        futex[i] = hand_over(team, by_futex, pair, &switches[0]);
        room[i] = hand_over(team, by_channel, pair, &switches[1]);
        meet[i] = hand_over(team, by_channel, direct, &switches[2]);
    }
    print("switch of a task", tasks);
    const double least = (double)print("hand-over to a thread, futex", futex).median;
    const double buffered = (double)print("hand-over to a thread, channel of one", room).median;
    const double meeting = (double)print("hand-over to a thread, unbuffered channel", meet).median;
    printf("channel of one / futex %.2f, unbuffered / futex %.2f\n", buffered / least,
           meeting / least);
    printf("switches for each: futex %.2f, channel of one %.2f, unbuffered %.2f\n",
           (double)switches[0] / all, (double)switches[1] / all, (double)switches[2] / all);
}

int main(void)
{
    struct pair pair = {tri_channel_new(1), tri_channel_new(1), 0},
                direct = {tri_channel_new(0), tri_channel_new(0), 0};
    struct tri_lab_team *team = NULL;
    struct tri_loop *loop = NULL;
    struct tri_error error = {.text = "out of memory for channels"};
    const bool memory = pair.there && pair.back && direct.there && direct.back;
    const bool ready = memory && tri_lab_team_new(2, &team, &error) == TRI_OK &&
                       tri_loop_new(1, &loop, &error) == TRI_OK;

    if (ready)
        measure(loop, team, &pair, &direct);
    else
        fprintf(stderr, "lab_switch: %s\n", error.text);
    tri_loop_free(loop);
    tri_lab_team_free(team);
    tri_channel_free(pair.there);
    tri_channel_free(pair.back);
    tri_channel_free(direct.there);
    tri_channel_free(direct.back);
    return ready ? 0 : 1;
}
