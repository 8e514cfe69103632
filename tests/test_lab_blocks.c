/* test_lab_blocks.c -- what the lab's patterns are built of: the deque, channels, mailboxes, and
 * tasks on an event loop. */
#include "lab/channel.h"
#include "lab/deque.h"
#include "lab/loop.h"
#include "lab/mailbox.h"
#include "lab/team.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <stdlib.h>

int test_lab_blocks_suite(void);

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* ---- the deque ---- */

enum { TASKS = 3000, THIEVES = 3 };

struct theft {
    struct tri_deque *deque;
    atomic_int taken[TASKS];
    atomic_bool over;
    unsigned random;
    int left; /* to push */
};

static void have(struct theft *theft, void *task)
{
    if (task != NULL)
        atomic_fetch_add(&theft->taken[(atomic_int *)task - theft->taken], 1);
}

/* Pushes and takes in bursts, so that the deque is empty, nearly so, and larger than its first
 * ring. */
static void own(struct theft *theft)
{
    while (theft->left > 0) {
        for (unsigned burst = next_random(&theft->random) % 40; burst > 0 && theft->left > 0;
             burst--)
            if (tri_deque_push(theft->deque, &theft->taken[theft->left - 1]))
                theft->left--;
        for (unsigned burst = next_random(&theft->random) % 40; burst > 0; burst--)
            have(theft, tri_deque_take(theft->deque));
    }
    for (void *task; (task = tri_deque_take(theft->deque)) != NULL;)
        have(theft, task);
    atomic_store(&theft->over, true);
}

static void own_or_steal(void *argument, int member)
{
    struct theft *theft = argument;
    bool again;

    if (member == 0)
        own(theft);
    while (!atomic_load(&theft->over))
        have(theft, tri_deque_steal(theft->deque, &again));
}

static void test_deque_threads(void)
{
    static struct theft theft;
    struct tri_lab_team *team;
    struct tri_error error;
    unsigned random = (unsigned)test_seed();

    CU_ASSERT_EQUAL_FATAL(tri_lab_team_new(1 + THIEVES, &team, &error), TRI_OK);
    for (int run = 0; run < 300; run++) {
        theft.deque = tri_deque_new();
        CU_ASSERT_PTR_NOT_NULL_FATAL(theft.deque);
        for (int i = 0; i < TASKS; i++)
            atomic_store(&theft.taken[i], 0);
        atomic_store(&theft.over, false);
        theft.random = next_random(&random);
        theft.left = TASKS;
        tri_lab_team_run(team, "steal", own_or_steal, &theft);
        int wrong = 0;
        for (int i = 0; i < TASKS; i++)
            wrong += atomic_load(&theft.taken[i]) != 1;
        CU_ASSERT_EQUAL(wrong, 0);
        tri_deque_free(theft.deque);
    }
    tri_lab_team_free(team);
}

static void test_deque_order(void)
{
    struct tri_deque *deque = tri_deque_new();
    int tasks[100];
    bool again;

    CU_ASSERT_PTR_NOT_NULL_FATAL(deque);
    CU_ASSERT_PTR_NULL(tri_deque_take(deque));
    CU_ASSERT_PTR_NULL(tri_deque_steal(deque, &again));
    CU_ASSERT_FALSE(again);
    for (int i = 0; i < 100; i++)
        CU_ASSERT(tri_deque_push(deque, &tasks[i]));
    CU_ASSERT_PTR_EQUAL(tri_deque_take(deque), &tasks[99]); /* the newest */
    CU_ASSERT_PTR_EQUAL(tri_deque_steal(deque, &again), &tasks[0]);
    for (int i = 98; i > 0; i--)
        CU_ASSERT_PTR_EQUAL(tri_deque_take(deque), &tasks[i]);
    CU_ASSERT_PTR_NULL(tri_deque_take(deque));
    CU_ASSERT_PTR_NULL(tri_deque_take(deque));
    tri_deque_free(deque);
}

/* The model as it is, and with two faults that it must reveal. */
static void test_deque_model(void)
{
    static const char check[] =
        "for fault in 0 1 2; do rm -f pan*; "
        "spin -DBROKEN=$fault -a $ROOT/tests/models/deque.pml && "
        "cc -O2 -DSAFETY -DCOLLAPSE -w -o pan pan.c && ./pan -m100000 | "
        "grep -o -e 'errors: [0-9]*' -e 'assertion violated (taken.task.==1)' "
        "-e 'max search depth too small'; done; rm -f pan*";

    if (shell_run("command -v spin && command -v cc")->code != 0) {
        test_skip("the model of the deque needs spin and a C compiler");
        return;
    }
    EXPECT(check, 0,
           "errors: 0\n"
           "assertion violated (taken[task]==1)\nerrors: 1\n"
           "assertion violated (taken[task]==1)\nerrors: 1\n",
           "*");
}

/* ---- channels ---- */

enum { ITEMS = 4000, SENDERS = 3, RECEIVERS = 2 };

struct traffic {
    struct tri_channel *channels[3];
    atomic_int received[ITEMS], next, senders;
};

/* Members from 0 send, the others receive; the last sender closes. */
static void exchange(void *argument, int member)
{
    struct traffic *traffic = argument;
    void *item;

    if (member < SENDERS) {
        for (int i; (i = atomic_fetch_add(&traffic->next, 1)) < ITEMS;)
            CU_ASSERT(tri_channel_send(traffic->channels[0], &traffic->received[i]));
        if (atomic_fetch_sub(&traffic->senders, 1) == 1)
            tri_channel_close(traffic->channels[0]);
        return;
    }
    while (tri_channel_receive(traffic->channels[0], &item))
        atomic_fetch_add((atomic_int *)item, 1);
}

/* Each sends on a channel of its own, which it closes; one receives from all. */
static void exchange_by_select(void *argument, int member)
{
    struct traffic *traffic = argument;
    void *item;

    if (member < 3) {
        for (int i; (i = atomic_fetch_add(&traffic->next, 1)) < ITEMS;)
            CU_ASSERT(tri_channel_send(traffic->channels[member], &traffic->received[i]));
        tri_channel_close(traffic->channels[member]);
        return;
    }
    while (tri_channel_select(traffic->channels, 3, &item) >= 0)
        atomic_fetch_add((atomic_int *)item, 1);
}

static void run_traffic(int room, int members, void (*work)(void *argument, int member))
{
    static struct traffic traffic;
    struct tri_lab_team *team;
    struct tri_error error;
    int wrong = 0;

    for (int i = 0; i < ITEMS; i++)
        atomic_store(&traffic.received[i], 0);
    for (int i = 0; i < 3; i++) {
        traffic.channels[i] = tri_channel_new(i == 1 ? 0 : room); /* mixed kinds */
        CU_ASSERT_PTR_NOT_NULL_FATAL(traffic.channels[i]);
    }
    atomic_store(&traffic.next, 0);
    atomic_store(&traffic.senders, SENDERS);
    CU_ASSERT_EQUAL_FATAL(tri_lab_team_new(members, &team, &error), TRI_OK);
    tri_lab_team_run(team, "exchange", work, &traffic);
    tri_lab_team_free(team);
    for (int i = 0; i < ITEMS; i++)
        wrong += atomic_load(&traffic.received[i]) != 1;
    CU_ASSERT_EQUAL(wrong, 0);
    for (int i = 0; i < 3; i++)
        tri_channel_free(traffic.channels[i]);
}

static void test_channel_threads(void)
{
    for (int room = 0; room <= 3; room++)
        run_traffic(room, SENDERS + RECEIVERS, exchange);
}

static void test_select_threads(void)
{
    for (int room = 0; room <= 2; room++)
        run_traffic(room, 4, exchange_by_select);
}

/* Closing frees who waits, and what was sent before can still be received. */
static void send_third(void *argument, int member)
{
    struct tri_channel *const *channels = argument;
    static int third;

    if (member == 0) {
        CU_ASSERT_FALSE(tri_channel_send(channels[0], &third)); /* it is full */
        CU_ASSERT_FALSE(tri_channel_send(channels[1], &third)); /* nobody receives */
    } else {
        for (int i = 0; i < 2; i++)
            tri_channel_close(channels[i]);
    }
}

static void test_closing(void)
{
    struct tri_channel *channels[2] = {tri_channel_new(2), tri_channel_new(0)};
    struct tri_lab_team *team;
    struct tri_error error;
    int items[2];
    void *got = NULL;

    CU_ASSERT(channels[0] != NULL && channels[1] != NULL);
    CU_ASSERT(tri_channel_send(channels[0], &items[0])); /* there is room: nobody waits */
    CU_ASSERT(tri_channel_send(channels[0], &items[1]));
    CU_ASSERT_EQUAL_FATAL(tri_lab_team_new(2, &team, &error), TRI_OK);
    tri_lab_team_run(team, "close", send_third, channels);
    tri_lab_team_free(team);
    CU_ASSERT(tri_channel_receive(channels[0], &got));
    CU_ASSERT_PTR_EQUAL(got, &items[0]); /* in the order of sending */
    CU_ASSERT_EQUAL(tri_channel_select(channels, 2, &got), 0);
    CU_ASSERT_PTR_EQUAL(got, &items[1]);
    CU_ASSERT_FALSE(tri_channel_receive(channels[0], &got));
    CU_ASSERT_EQUAL(tri_channel_select(channels, 2, &got), -1);
    for (int i = 0; i < 2; i++)
        tri_channel_free(channels[i]);
}

/* Of two channels that always have items, neither waits for ever. */
static void test_select_is_fair(void)
{
    struct tri_channel *channels[2] = {tri_channel_new(100), tri_channel_new(100)};
    int times[2] = {0}, item;
    void *got;

    for (int i = 0; i < 200; i++)
        CU_ASSERT(tri_channel_send(channels[i % 2], &item));
    for (int i = 0; i < 50; i++)
        times[tri_channel_select(channels, 2, &got)]++;
    CU_ASSERT(times[0] > 0 && times[1] > 0);
    for (int i = 0; i < 2; i++)
        tri_channel_free(channels[i]);
}

/* ---- mailboxes ---- */

enum { LETTERS = 1000 };

struct letter {
    struct tri_letter letter;
    int sender, number;
};

struct post {
    struct tri_mailbox mailbox;
    struct letter letters[2][LETTERS];
};

static void post_or_read(void *argument, int member)
{
    struct post *post = argument;
    int next[2] = {0};

    if (member < 2) {
        for (int i = 0; i < LETTERS; i++) {
            post->letters[member][i].sender = member;
            post->letters[member][i].number = i;
            tri_mailbox_send(&post->mailbox, &post->letters[member][i].letter);
        }
        return;
    }
    for (int i = 0; i < 2 * LETTERS; i++) { /* of one sender, in order */
        const struct letter *letter = (struct letter *)tri_mailbox_read(&post->mailbox);
        CU_ASSERT_EQUAL(letter->number, next[letter->sender]++);
    }
}

static void test_mailbox(void)
{
    static struct post post;
    struct tri_lab_team *team;
    struct tri_error error;

    tri_mailbox_open(&post.mailbox);
    CU_ASSERT_EQUAL_FATAL(tri_lab_team_new(3, &team, &error), TRI_OK);
    tri_lab_team_run(team, "post", post_or_read, &post);
    tri_lab_team_free(team);
    CU_ASSERT_PTR_NULL(post.mailbox.first);
    tri_mailbox_close(&post.mailbox);
}

/* ---- tasks ---- */

struct walker {
    struct tri_task task;
    char *log; /* of all, in the order in which they ran */
    char name;
    int step;
    pthread_t helper;
};

static bool walk(struct tri_task *task)
{
    struct walker *own = (struct walker *)task;

    TRI_TASK_BEGIN(task);
    for (own->step = 0; own->step < 3; own->step++) {
        *strchr(own->log, '.') = own->name;
        TRI_TASK_YIELD(task);
    }
    TRI_TASK_END;
}

static void note_thread(void *argument)
{
    ((struct walker *)argument)->helper = pthread_self();
}

static bool hand_over(struct tri_task *task)
{
    struct walker *own = (struct walker *)task;

    TRI_TASK_BEGIN(task);
    for (own->step = 0; own->step < 200; own->step++) {
        own->helper = pthread_self();
        TRI_TASK_AWAIT(task, tri_loop_hand_over(task, note_thread, own));
        if (pthread_equal(own->helper, pthread_self()))
            break;
    }
    TRI_TASK_END;
}

static void test_tasks(void)
{
    struct walker walkers[3] = {{.name = 'a'}, {.name = 'b'}, {.name = 'c'}};
    char log[] = ".........";
    struct tri_loop *loop;
    struct tri_error error;

    CU_ASSERT_EQUAL_FATAL(tri_loop_new(2, &loop, &error), TRI_OK);
    for (int i = 0; i < 3; i++) {
        walkers[i].log = log;
        tri_loop_add(loop, &walkers[i].task, walk);
    }
    tri_loop_run(loop);
    CU_ASSERT_STRING_EQUAL(log, "abcabcabc"); /* they took turns */
    for (int i = 0; i < 3; i++)
        tri_loop_add(loop, &walkers[i].task, hand_over);
    tri_loop_run(loop); /* a loop runs again */
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(walkers[i].step, 200); /* always on another thread */
    tri_loop_free(loop);
}

int test_lab_blocks_suite(void)
{
    CU_pSuite suite = CU_add_suite("lab blocks", shell_begin, shell_end);

    if (suite == NULL)
        return CU_get_error();
    CU_add_test(suite, "deque: order", test_deque_order);
    CU_add_test(suite, "deque: thieves", test_deque_threads);
    CU_add_test(suite, "deque: model", test_deque_model);
    CU_add_test(suite, "channels", test_channel_threads);
    CU_add_test(suite, "channels: select", test_select_threads);
    CU_add_test(suite, "channels: closing", test_closing);
    CU_add_test(suite, "channels: select takes turns", test_select_is_fair);
    CU_add_test(suite, "mailboxes", test_mailbox);
    CU_add_test(suite, "tasks", test_tasks);
    return 0;
}
