/* test_cluster.c -- how work is dealt to ranks, with processes of this machine in place of MPI. */
#include "cluster/agree.h"
#include "cluster/deal.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- dealing ---- */

/* Item i gives i * i + what was prepared for it. */
struct squares {
    long next, fails, prepared;
    uint64_t sum;
    long ranks; /* bits of those that computed */
    bool in_order;
};

static enum tri_status prepare(void *own, long first, long *count, struct tri_parcel *task,
                               struct tri_error *error)
{
    struct squares *squares = own;
    if (first >= squares->prepared) {
        *count = 0;
        return TRI_OK;
    }
    *count = first % 3 == 0 && first + 2 <= squares->prepared ? 2 : 1;
    *task = (struct tri_parcel){malloc(sizeof first), sizeof first};
    if (task->data == NULL)
        return tri_fail(error, TRI_FAILED, "no memory");
    memcpy(task->data, &first, sizeof first);
    return TRI_OK;
}

static enum tri_status compute(void *own, long first, long count, const struct tri_parcel *task,
                               struct tri_parcel *result, struct tri_error *error)
{
    const struct squares *squares = own;
    uint64_t sum = 0;
    long told = -1;
    if (task->size == sizeof told)
        memcpy(&told, task->data, sizeof told);
    usleep(500);
    for (long i = first; i < first + count; i++) {
        if (i == squares->fails)
            return tri_fail(error, TRI_FAILED, "item %ld fails", i);
        sum += (uint64_t)(i * i + told);
    }
    *result = (struct tri_parcel){malloc(sizeof sum), sizeof sum};
    if (result->data == NULL)
        return tri_fail(error, TRI_FAILED, "no memory");
    memcpy(result->data, &sum, sizeof sum);
    return TRI_OK;
}

static enum tri_status take(void *own, int rank, long first, long count, struct tri_parcel *result,
                            const struct tri_error *failure, struct tri_error *error)
{
    struct squares *squares = own;
    uint64_t sum = 0;
    (void)error;
    squares->in_order &= first == squares->next;
    squares->next = first + count;
    squares->ranks |= 1L << rank;
    if (failure == NULL && result->size == sizeof sum)
        memcpy(&sum, result->data, sizeof sum);
    squares->sum += sum;
    return TRI_OK;
}

static uint64_t expected(long items)
{
    uint64_t sum = 0;
    for (long first = 0; first < items;) {
        const long count = first % 3 == 0 && first + 2 <= items ? 2 : 1;
        for (long i = first; i < first + count; i++)
            sum += (uint64_t)(i * i + first);
        first += count;
    }
    return sum;
}

/* Runs as all ranks: those that were forked end here. */
static enum tri_status deal(int ranks, struct squares *squares, int ahead, bool stops,
                            struct tri_error *error)
{
    struct tri_link *link;
    struct tri_dealt dealt = {.own = squares,
                              .items = -1,
                              .window = ranks + 2,
                              .ahead = ahead,
                              .stops = stops,
                              .prepare = prepare,
                              .compute = compute,
                              .take = take};
    squares->in_order = true;
    if (tri_link_fork(ranks, &link, error) != TRI_OK)
        return TRI_FAILED;
    const enum tri_status status = tri_deal_run(link, &dealt, error);
    link->close(link);
    return status;
}

static void test_deal(void)
{
    static const int ranks[] = {1, 2, 3, 8};
    struct tri_error error;
    for (int i = 0; i < 4; i++) {
        struct squares squares = {.prepared = 100, .fails = -1};
        CU_ASSERT_EQUAL(deal(ranks[i], &squares, 1 + i % 2, true, &error), TRI_OK);
        CU_ASSERT_EQUAL(squares.sum, expected(100));
        CU_ASSERT_TRUE(squares.in_order);
        CU_ASSERT_EQUAL(squares.next, 100);
        /* Each has more than enough time for one. */
        CU_ASSERT_EQUAL(squares.ranks, (1L << ranks[i]) - 1);
    }
}

static void test_few_items(void)
{
    struct tri_error error;
    for (long items = 0; items < 4; items++) {
        struct squares squares = {.prepared = items, .fails = -1};
        CU_ASSERT_EQUAL(deal(5, &squares, 2, true, &error), TRI_OK);
        CU_ASSERT_EQUAL(squares.sum, expected(items));
    }
}

/* The failure is known on rank 0, and all ranks end. */
static void test_failing_item(void)
{
    struct tri_error error;
    for (int ranks = 1; ranks <= 3; ranks++) {
        struct squares squares = {.prepared = 50, .fails = 20};
        CU_ASSERT_EQUAL(deal(ranks, &squares, 2, true, &error), TRI_FAILED);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "item 20 fails"));
        CU_ASSERT_TRUE(squares.next <= 21);
        squares = (struct squares){.prepared = 50, .fails = 20};
        CU_ASSERT_EQUAL(deal(ranks, &squares, 2, false, &error), TRI_OK);
        CU_ASSERT_EQUAL(squares.next, 50);
    }
}

static enum tri_status die(void *own, long first, long count, const struct tri_parcel *task,
                           struct tri_parcel *result, struct tri_error *error)
{
    const pid_t *leader = own;
    (void)first, (void)count, (void)task, (void)result, (void)error;
    if (getpid() != *leader)
        _exit(3);
    usleep(20000);
    return TRI_OK;
}

/* A rank that is gone is noticed. */
static void test_lost_rank(void)
{
    pid_t leader = getpid();
    struct tri_link *link;
    struct tri_error error;
    struct tri_dealt dealt = {
        .own = &leader, .items = 20, .window = 5, .ahead = 2, .stops = true, .compute = die};
    CU_ASSERT_EQUAL_FATAL(tri_link_fork(3, &link, &error), TRI_OK);
    CU_ASSERT_EQUAL(tri_deal_run(link, &dealt, &error), TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "has ended"));
    CU_ASSERT_TRUE(link->broken);
    link->close(link);
}

/* ---- what all ranks do together ---- */

static void test_agree(void)
{
    struct tri_link *link;
    struct tri_error error = {0};
    for (int failing = -1; failing < 4; failing++) {
        CU_ASSERT_EQUAL_FATAL(tri_link_fork(4, &link, &error), TRI_OK);
        enum tri_status status = TRI_OK;
        if (link->rank == failing)
            status = tri_fail(&error, TRI_USAGE, "this one");
        status = tri_link_agree(link, status, &error);
        uint64_t numbers[2] = {(uint64_t)link->rank, status == TRI_USAGE};
        /* What the others believe comes back as a sum. */
        const enum tri_status summed = link->sum(link, numbers, 2, &error);
        if (link->rank == 0) {
            CU_ASSERT_EQUAL(status, failing < 0 ? TRI_OK : TRI_USAGE);
            CU_ASSERT_EQUAL(summed, TRI_OK);
            CU_ASSERT_EQUAL(numbers[0], 0 + 1 + 2 + 3);
            CU_ASSERT_EQUAL(numbers[1], failing < 0 ? 0 : 4);
        }
        link->close(link);
    }
}

static void test_spread(void)
{
    struct tri_link *link;
    struct tri_error error;
    char text[] = "what rank 0 says";
    struct tri_parcel parcel = {(unsigned char *)text, sizeof text};
    CU_ASSERT_EQUAL_FATAL(tri_link_fork(3, &link, &error), TRI_OK);
    enum tri_status status = tri_link_spread(link, &parcel, &error);
    uint64_t same = status == TRI_OK && parcel.size == sizeof text &&
                    memcmp(parcel.data, "what rank 0 says", sizeof text) == 0;
    status = link->sum(link, &same, 1, &error);
    if (link->rank == 0) {
        CU_ASSERT_EQUAL(status, TRI_OK);
        CU_ASSERT_EQUAL(same, 3);
    }
    link->close(link);
}

int test_cluster_suite(void)
{
    CU_pSuite suite = CU_add_suite("cluster", NULL, NULL);
    return !(suite && CU_add_test(suite, "all ranks compute, results come in order", test_deal) &&
             CU_add_test(suite, "fewer items than ranks", test_few_items) &&
             CU_add_test(suite, "an item fails", test_failing_item) &&
             CU_add_test(suite, "a rank is lost", test_lost_rank) &&
             CU_add_test(suite, "ranks agree", test_agree) &&
             CU_add_test(suite, "rank 0 tells all", test_spread));
}
