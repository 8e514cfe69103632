/* test_stream.c -- threads that help each other, and items that pass through stages. */
#include "tests.h"
#include "parallel/stream.h"

#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the pool ---- */

struct pieces {
    atomic_int next, here, most_here;
    int count, workers;
    atomic_int *done; /* how often each piece was done */
    atomic_int strangers;
};

static void do_pieces(void *argument, int worker)
{
    struct pieces *pieces = argument;
    const int here = atomic_fetch_add(&pieces->here, 1) + 1;
    int most = atomic_load(&pieces->most_here);

    while (here > most && !atomic_compare_exchange_weak(&pieces->most_here, &most, here))
        ;
    if (worker < 0 || worker >= pieces->workers)
        atomic_fetch_add(&pieces->strangers, 1);
    for (int i; (i = atomic_fetch_add(&pieces->next, 1)) < pieces->count;)
        atomic_fetch_add(&pieces->done[i], 1);
    atomic_fetch_sub(&pieces->here, 1);
}

/* Every piece is done once, by at most the requested workers, none of which are left when the call
 * returns. */
static bool run_pieces(struct tri_pool *pool, int workers, int count)
{
    struct pieces pieces = {.count = count, .workers = workers};
    bool right = true;

    pieces.done = calloc((size_t)count + 1, sizeof pieces.done[0]);
    if (!pieces.done)
        return false;
    tri_pool_run(pool, workers, do_pieces, &pieces);
    right = atomic_load(&pieces.here) == 0 && atomic_load(&pieces.strangers) == 0 &&
            atomic_load(&pieces.most_here) <= workers;
    for (int i = 0; i < count; i++)
        right = right && atomic_load(&pieces.done[i]) == 1;
    free(pieces.done);
    return right;
}

static void test_pool(void)
{
    for (int threads = 1; threads <= 16; threads = threads < 3 ? threads + 1 : threads * 2) {
        struct tri_pool *pool;
        int wrong = 0;

        CU_ASSERT_EQUAL_FATAL(tri_pool_new(threads, &pool, NULL), TRI_OK);
        CU_ASSERT_EQUAL(tri_pool_workers(pool), threads);
        for (int i = 0; i < 2000; i++)
            wrong += !run_pieces(pool, 1 + i % (threads + 3), i % 50);
        CU_ASSERT_EQUAL(wrong, 0);
        tri_pool_free(pool);
    }
    CU_ASSERT_TRUE(run_pieces(NULL, 8, 100));
}

static void *call_often(void *argument)
{
    intptr_t wrong = 0;

    for (int i = 0; i < 1000; i++)
        wrong += !run_pieces(argument, 1 + i % 5, i % 40);
    return (void *)wrong;
}

static void call_within(void *argument, int worker)
{
    struct pieces *pieces = argument;

    (void)worker;
    for (int i; (i = atomic_fetch_add(&pieces->next, 1)) < pieces->count;)
        atomic_fetch_add(&pieces->strangers,
                         !run_pieces((struct tri_pool *)(void *)pieces->done, 3, 20));
}

/* Several threads call at once, also from within work. */
static void test_many_callers(void)
{
    struct tri_pool *pool;
    pthread_t callers[6];
    struct pieces nested = {.count = 500};
    void *wrong;

    CU_ASSERT_EQUAL_FATAL(tri_pool_new(4, &pool, NULL), TRI_OK);
    for (int i = 0; i < 6; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&callers[i], NULL, call_often, pool), 0);
    nested.done = (void *)pool;
    tri_pool_run(pool, 4, call_within, &nested);
    CU_ASSERT_EQUAL(atomic_load(&nested.strangers), 0);
    for (int i = 0; i < 6; i++) {
        CU_ASSERT_EQUAL_FATAL(pthread_join(callers[i], &wrong), 0);
        CU_ASSERT_PTR_NULL(wrong);
    }
    tri_pool_free(pool);
}

/* ---- the stream ---- */

enum { ITEMS = 300 };

struct flow {
    struct tri_pool *pool;
    int begun, most;
    atomic_int under_way, too_many;
    int in_second, in_order_wrong,
        last_in_order; /* of the ordered stage: one thread at a time, or TSan reports it */
    atomic_int seen[ITEMS], ended[ITEMS];
};

struct thing {
    int number;
    char zero[100];
};

static bool ends_early(int number)
{
    return number % 7 == 3;
}

static bool begin(void *context, void *item)
{
    struct flow *flow = context;
    struct thing *thing = item;
    static const char zero[sizeof thing->zero];

    if (flow->begun == ITEMS)
        return false;
    if (memcmp(thing->zero, zero, sizeof zero) != 0)
        atomic_fetch_add(&flow->too_many, 1);
    memset(thing->zero, 1, sizeof thing->zero);
    thing->number = flow->begun++;
    if (atomic_fetch_add(&flow->under_way, 1) >= flow->most)
        atomic_fetch_add(&flow->too_many, 1);
    return true;
}

static bool leave_early(struct flow *flow, int number)
{
    atomic_fetch_add(&flow->ended[number], 1);
    atomic_fetch_sub(&flow->under_way, 1);
    return false;
}

static bool scatter(void *context, void *item)
{
    struct flow *flow = context;
    const struct thing *thing = item;

    if (thing->number % 11 == 0)
        usleep(300); /* later ones overtake */
    if (thing->number % 5 == 0 && !run_pieces(flow->pool, 3, 10))
        atomic_fetch_add(&flow->too_many, 1);
    return ends_early(thing->number) ? leave_early(flow, thing->number) : true;
}

static bool gather(void *context, void *item)
{
    struct flow *flow = context;
    const struct thing *thing = item;

    if (flow->in_second++ != 0 || thing->number <= flow->last_in_order)
        flow->in_order_wrong++;
    flow->last_in_order = thing->number;
    flow->in_second--;
    return thing->number % 13 == 5 ? leave_early(flow, thing->number) : true;
}

static bool finish(void *context, void *item)
{
    struct flow *flow = context;
    const struct thing *thing = item;

    atomic_fetch_add(&flow->seen[thing->number], 1);
    atomic_fetch_sub(&flow->under_way, 1);
    return true;
}

static void expect_flow(struct tri_pool *pool, int most)
{
    static const struct tri_stream_stage stages[] = {{"begin", true, begin},
                                                     {"scatter", false, scatter},
                                                     {"gather", true, gather},
                                                     {"finish", false, finish}};
    struct flow flow = {.pool = pool, .most = most, .last_in_order = -1};
    struct tri_stream stream = {.stages = stages,
                                .stage_count = 4,
                                .context = &flow,
                                .item_size = sizeof(struct thing),
                                .items_most = most};

    CU_ASSERT_EQUAL(tri_stream_run(pool, &stream, NULL), TRI_OK);
    CU_ASSERT_EQUAL(stream.items, ITEMS);
    CU_ASSERT_EQUAL(flow.in_order_wrong, 0);
    CU_ASSERT_EQUAL(atomic_load(&flow.too_many), 0);
    CU_ASSERT_EQUAL(atomic_load(&flow.under_way), 0);
    CU_ASSERT_TRUE(stream.busy_ns[1] > 0 && stream.wall_ns > 0);
    for (int i = 0; i < ITEMS; i++) {
        const bool early = ends_early(i) || i % 13 == 5;
        CU_ASSERT_EQUAL(atomic_load(&flow.seen[i]), !early);
        CU_ASSERT_EQUAL(atomic_load(&flow.ended[i]), early);
    }
}

static void test_stream(void)
{
    expect_flow(NULL, 1);
    expect_flow(NULL, 5);
    for (int threads = 1; threads <= 8; threads *= 2) {
        struct tri_pool *pool;

        CU_ASSERT_EQUAL_FATAL(tri_pool_new(threads, &pool, NULL), TRI_OK);
        for (int most = 1; most <= 16; most = most * 2 + (most == 2))
            expect_flow(pool, most);
        tri_pool_free(pool);
    }
}

/* Stages of one item at a time each: the gain of such a pipeline is their overlap. */
static bool rest(void *context, void *item)
{
    (void)item;
    (void)context;
    usleep(3000);
    return true;
}

static bool count_down(void *context, void *item)
{
    int *left = context;
    (void)item;
    return (*left)-- > 0;
}

static void test_overlap(void)
{
    static const struct tri_stream_stage stages[] = {
        {"begin", true, count_down}, {"a", true, rest}, {"b", true, rest}, {"c", true, rest}};
    int left = 30;
    struct tri_stream stream = {
        .stages = stages, .stage_count = 4, .context = &left, .item_size = 1, .items_most = 4};
    struct tri_pool *pool;

    CU_ASSERT_EQUAL_FATAL(tri_pool_new(3, &pool, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_stream_run(pool, &stream, NULL), TRI_OK);
    tri_pool_free(pool);
    int64_t sum = stream.busy_ns[1] + stream.busy_ns[2] + stream.busy_ns[3];
    CU_ASSERT_TRUE(stream.wall_ns < sum); /* by far: 32 against 90 times 3 ms */
}

/* All threads find a place in a stream, even if they arrive one by one and the first have to wait.
 */
enum { TOGETHER = 6 };

static bool begin_late(void *context, void *item)
{
    atomic_int *begun = context;
    (void)item;
    const int number = atomic_fetch_add(&begun[0], 1);
    usleep(number == 0 ? 20000 : 0);
    return number < TOGETHER;
}

static bool meet(void *context, void *item)
{
    atomic_int *here = (atomic_int *)context + 1;
    (void)item;
    atomic_fetch_add(here, 1);
    for (int i = 0; i < 5000 && atomic_load(here) < TOGETHER; i++)
        usleep(1000);
    return true;
}

static void test_all_come(void)
{
    static const struct tri_stream_stage stages[] = {{"begin", true, begin_late},
                                                     {"meet", false, meet}};
    atomic_int counts[2] = {0};
    struct tri_stream stream = {.stages = stages,
                                .stage_count = 2,
                                .context = counts,
                                .item_size = 1,
                                .items_most = TOGETHER};
    struct tri_pool *pool;

    CU_ASSERT_EQUAL_FATAL(tri_pool_new(TOGETHER, &pool, NULL), TRI_OK);
    CU_ASSERT_EQUAL(tri_stream_run(pool, &stream, NULL), TRI_OK);
    tri_pool_free(pool);
    CU_ASSERT_TRUE(stream.wall_ns < INT64_C(4000000000)); /* five seconds, if one does not arrive */
}

int test_stream_suite(void)
{
    CU_pSuite suite = CU_add_suite("stream", NULL, NULL);
    return !(suite && CU_add_test(suite, "pool", test_pool) &&
             CU_add_test(suite, "pool, many callers", test_many_callers) &&
             CU_add_test(suite, "stages", test_stream) &&
             CU_add_test(suite, "stages overlap", test_overlap) &&
             CU_add_test(suite, "all threads come", test_all_come));
}
