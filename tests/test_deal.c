/* test_deal.c -- dealing out work, with made-up speeds: no clock, no threads. */
#include "backend/load_balance.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

/* Parts with a given time per row in ns, plus `each` ns per strip. */
struct world {
    struct tri_pace pace;
    double row[TRI_PARTS_MAX], each[TRI_PARTS_MAX];
    double now;
    int rows[TRI_PARTS_MAX]; /* of each part in the last picture */
    int strips;
    int fails_at[TRI_PARTS_MAX]; /* the number of its strip, from 1; 0: never */
};

static struct world world_of(int parts, const double *row)
{
    struct world world = {.pace = {.parts = parts, .spread = 1}};
    memcpy(world.row, row, (size_t)parts * sizeof row[0]);
    return world;
}

struct busy {
    double until;
    int from, to;
};

static void give(struct world *world, struct tri_deal *deal, int part, double now,
                 struct busy *busy)
{
    int from, to;
    if (!tri_deal_take(deal, &world->pace, part, 0, &from, &to))
        return;
    CU_ASSERT_TRUE(from >= 0 && from < to && to <= deal->rows);
    *busy = (struct busy){now + (to - from) * world->row[part] + world->each[part], from, to};
    world->strips++;
}

/* One picture; every row must be done exactly once. Returns the time. */
static double run_picture(struct world *world, struct tri_deal *deal)
{
    static unsigned char done[100000];
    struct busy busy[TRI_PARTS_MAX] = {{0}};
    const double start = world->now;
    double ended[TRI_PARTS_MAX] = {0}, shortest = 0, now = start;
    memset(done, 0, sizeof done);
    memset(world->rows, 0, sizeof world->rows);
    world->strips = 0;
    tri_deal_begin(deal, &world->pace, (int64_t)now);
    for (;;) {
        int next = -1;
        for (int i = 0; i < world->pace.parts; i++) {
            if (busy[i].until <= 0)
                give(world, deal, i, now, &busy[i]);
            if (busy[i].until > 0 && (next < 0 || busy[i].until < busy[next].until))
                next = i;
        }
        if (next < 0)
            break;
        struct busy *of = &busy[next];
        now = of->until;
        if (world->fails_at[next] > 0 && --world->fails_at[next] == 0) {
            world->pace.out[next] = true;
            tri_deal_back(deal, of->from, of->to);
        } else {
            tri_pace_learn(&world->pace, next, of->to - of->from,
                           of->until -
                               (now - (of->to - of->from) * world->row[next] - world->each[next]));
            for (int y = of->from; y < of->to; y++)
                CU_ASSERT_FALSE(done[y]++);
            world->rows[next] += of->to - of->from;
            ended[next] = now - start;
        }
        *of = (struct busy){0};
    }
    for (int y = 0; y < deal->rows; y++)
        if (!done[y]) {
            CU_FAIL("a row was left out");
            break;
        }
    CU_ASSERT_EQUAL(tri_deal_left(deal), 0);
    for (int i = 0; i < world->pace.parts; i++)
        shortest = ended[i] > 0 && (shortest <= 0 || ended[i] < shortest) ? ended[i] : shortest;
    tri_pace_ended(&world->pace, shortest, now - start);
    world->now = now;
    return now - start;
}

static struct tri_deal deal_of(int rows, int unit)
{
    return (struct tri_deal){.rows = rows, .unit = unit, .row = 1};
}

/* Speeds are unknown at first. After a few pictures the time is near the optimum. */
static void test_speeds(void)
{
    static const double speeds[][4] = {
        {10, 10, 0}, {10, 30, 0}, {50, 10, 20, 0}, {10, 11, 12, 13}, {5, 400, 0}};
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
        for (int doubles = 0; doubles < 2; doubles++) {
            int parts = 2;
            while (parts < 4 && speeds[i][parts] > 0)
                parts++;
            struct world world = world_of(parts, speeds[i]);
            struct tri_deal deal = deal_of(2160, 34);
            double sum = 0, time = 0;
            for (int p = 0; p < parts; p++) {
                sum += 1 / speeds[i][p];
                deal.doubles[p] = doubles && p > 0;
            }
            for (int picture = 0; picture < 12; picture++)
                time = run_picture(&world, &deal);
            const double ideal = 2160 / sum;
            if (time > ideal * 1.12) {
                printf("\n  case %zu: %.0f ns, %.0f are possible\n", i, time, ideal);
                CU_FAIL("shares that do not fit the speeds");
            }
            if (world.strips > (doubles ? 8 : 3) * parts)
                printf("\n  case %zu: %d strips\n", i, world.strips);
            CU_ASSERT_TRUE(world.strips <= (doubles ? 8 : 3) * parts);
        }
}

/* A device that becomes four times slower gets less from the next picture on, and more when it
 * recovers. */
static void test_slows_down(void)
{
    static const double speeds[] = {10, 10};
    struct world world = world_of(2, speeds);
    struct tri_deal deal = deal_of(2000, 10);
    for (int i = 0; i < 6; i++)
        run_picture(&world, &deal);
    CU_ASSERT_TRUE(world.rows[0] > 900 && world.rows[0] < 1100);
    world.row[1] = 40;
    run_picture(&world, &deal);
    const int at_once = world.rows[1];
    run_picture(&world, &deal);
    CU_ASSERT_TRUE(world.rows[1] < at_once && world.rows[1] < 900);
    for (int i = 0; i < 6; i++)
        run_picture(&world, &deal);
    CU_ASSERT_TRUE(world.rows[1] > 350 && world.rows[1] < 450); /* a fifth */
    world.row[1] = 10;
    for (int i = 0; i < 8; i++)
        run_picture(&world, &deal);
    CU_ASSERT_TRUE(world.rows[1] > 900);
}

/* Too slow for even one strip: it gets none, but is tried occasionally, and returns when it has
 * recovered. */
static void test_too_slow(void)
{
    static const double speeds[] = {10, 20000};
    struct world world = world_of(2, speeds);
    struct tri_deal deal = deal_of(1000, 50);
    int tried = 0;
    run_picture(&world, &deal);
    for (int i = 0; i < 3000; i++) {
        run_picture(&world, &deal);
        tried += world.rows[1] > 0;
    }

    CU_ASSERT_TRUE(tried > 0 && tried < 30);
    world.row[1] = 10;
    int pictures = 0;
    while (world.rows[1] < 450 && pictures < 10000) {
        run_picture(&world, &deal);
        pictures++;
    }
    CU_ASSERT_TRUE(pictures < 10000);
}

static void test_failures(void)
{
    static const double speeds[] = {10, 12, 9};
    for (int part = 0; part < 3; part++)
        for (int at = 1; at < 4; at++)
            for (int strict = 0; strict < 2; strict++) {
                struct world world = world_of(3, speeds);
                struct tri_deal deal = deal_of(777, 10);
                deal.strict = strict;
                world.fails_at[part] = at;
                run_picture(&world, &deal); /* sees that the others do all rows */
                run_picture(&world, &deal);
                world.pace.out[part] = true;
                run_picture(&world, &deal);
                CU_ASSERT_EQUAL(world.rows[part], 0);
            }
    struct world world = world_of(2, speeds);
    struct tri_deal deal = deal_of(100, 10);
    world.pace.out[0] = world.pace.out[1] = true;
    int from, to;
    tri_deal_begin(&deal, &world.pace, 0);
    CU_ASSERT_FALSE(tri_deal_take(&deal, &world.pace, 0, 0, &from, &to));
    CU_ASSERT_EQUAL(tri_pace_fastest(&world.pace), -1);
}

/* All kinds of heights and units, including height equal to unit. */
static void test_sizes(void)
{
    static const double speeds[] = {10, 33, 4, 10, 10};
    for (int parts = 1; parts <= 5; parts++)
        for (int rows = 1; rows < 70; rows++)
            for (int unit = 1; unit < 20; unit += 3)
                for (int how = 0; how < 4; how++) {
                    struct world world = world_of(parts, speeds);
                    struct tri_deal deal = deal_of(rows, unit);
                    deal.strict = how == 1;
                    for (int p = 0; p < parts; p++)
                        deal.doubles[p] = how == 2 || (how == 3 && p % 2 == 0);
                    run_picture(&world, &deal);
                    run_picture(&world, &deal);
                }
}

/* Strips of doubling parts are 1, 2, 4, ... units, except for the rest of a region. */
static void test_doubling(void)
{
    static const double speeds[] = {10, 10};
    struct world world = world_of(2, speeds);
    struct tri_deal deal = deal_of(64 * 7, 7);
    deal.doubles[0] = deal.doubles[1] = true;
    int from, to, odd = 0;
    tri_deal_begin(&deal, &world.pace, 0);
    for (int part = 0; tri_deal_take(&deal, &world.pace, part, 0, &from, &to); part = !part) {
        const int units = (to - from + 6) / 7;
        odd += (to - from) % 7 != 0;
        CU_ASSERT_EQUAL(units & (units - 1), 0);
    }
    CU_ASSERT_TRUE(odd <= 2);
    tri_deal_begin(&deal, &world.pace, 0);
    CU_ASSERT_TRUE(tri_deal_take(&deal, &world.pace, 0, 15, &from, &to));
    CU_ASSERT_EQUAL(to - from, 14);
}

/* ---- whole pictures ---- */

/* Runs `pictures` pictures of one size, each started when a place is free; returns how many each
 * part had. */
static void run_stream(struct tri_pace *pace, const double *each, int places, int pictures,
                       double *now, int *had)
{
    double waiting[TRI_PARTS_MAX] = {0}, end[TRI_PARTS_MAX][16];
    int count[TRI_PARTS_MAX] = {0}, under_way = 0;
    memset(had, 0, TRI_PARTS_MAX * sizeof had[0]);
    while (pictures > 0 || under_way > 0) {
        if (pictures > 0 && under_way < places) {
            const int part = tri_deal_picture(pace, waiting, 1, (int64_t)*now);
            CU_ASSERT_FATAL(part >= 0);
            const double begin = count[part] > 0 ? end[part][count[part] - 1] : *now;
            end[part][count[part]++] = begin + each[part];
            waiting[part] = count[part] * pace->ns[part];
            under_way++;
            pictures--;
            had[part]++;
            continue;
        }
        int next = -1;
        for (int i = 0; i < pace->parts; i++)
            if (count[i] > 0 && (next < 0 || end[i][0] < end[next][0]))
                next = i;
        *now = end[next][0];
        memmove(end[next], end[next] + 1, sizeof end[next] - sizeof end[next][0]);
        tri_pace_learn(pace, next, 1, each[next]);
        waiting[next] = --count[next] * pace->ns[next];
        under_way--;
    }
}

static void test_pictures(void)
{
    double each[] = {100, 300, 50}, now = 1;
    struct tri_pace pace = {.parts = 3, .spread = 1};
    int had[TRI_PARTS_MAX];
    run_stream(&pace, each, 16, 1000, &now, had);
    CU_ASSERT_TRUE(had[0] > 280 && had[0] < 320); /* 3 of 10 */
    CU_ASSERT_TRUE(had[1] > 80 && had[1] < 120);
    each[2] = 400;
    run_stream(&pace, each, 16, 1000, &now, had);
    CU_ASSERT_TRUE(had[2] > 110 && had[2] < 190); /* 3 of 19 */
    pace.out[0] = true;
    run_stream(&pace, each, 8, 100, &now, had);
    CU_ASSERT_EQUAL(had[0], 0);
    pace.out[1] = pace.out[2] = true;
    const double waiting[TRI_PARTS_MAX] = {0};
    CU_ASSERT_EQUAL(tri_deal_picture(&pace, waiting, 1, 0), -1);
}

int test_deal_suite(void)
{
    CU_pSuite suite = CU_add_suite("deal", NULL, NULL);
    return !(suite && CU_add_test(suite, "shares follow speeds", test_speeds) &&
             CU_add_test(suite, "a part that slows down", test_slows_down) &&
             CU_add_test(suite, "a part that is too slow", test_too_slow) &&
             CU_add_test(suite, "parts that fail", test_failures) &&
             CU_add_test(suite, "all sizes", test_sizes) &&
             CU_add_test(suite, "strips that double", test_doubling) &&
             CU_add_test(suite, "whole pictures", test_pictures));
}
