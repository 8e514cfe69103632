/* test_lab.c -- the lab: verdicts, what experiments are made of, and how they run on this machine.
 */
#include "lab/peer.h"
#include "lab/stuck.h"
#include "lab/tally.h"
#include "lab_rows.h"
#include "parallel/cpu.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <math.h>
#include <sys/wait.h>
#include <time.h>

int test_lab_suite(void);

static void test_intervals(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "simd", 2);
    lab_row(&run, "slow", 1, 2000000, 0);
    lab_row(&run, "fast", 1, 1000000, 0);
    struct tri_interval twice =
        tri_lab_faster(tri_lab_row(&run, "fast"), tri_lab_row(&run, "slow"));
    CU_ASSERT(twice.low < 2.0 && twice.high > 2.0 && twice.high - twice.low < 0.1);
    CU_ASSERT_EQUAL(tri_lab_above(&run, &twice, 1.5), TRI_LAB_SHOWN);
    CU_ASSERT_EQUAL(tri_lab_above(&run, &twice, 2.0), TRI_LAB_UNCLEAR);
    CU_ASSERT_EQUAL(tri_lab_above(&run, &twice, 3.0), TRI_LAB_REFUTED);
    run.others = 1; /* a busy machine refutes nothing */
    CU_ASSERT_EQUAL(tri_lab_above(&run, &twice, 3.0), TRI_LAB_UNCLEAR);
    const struct tri_interval unknown =
        tri_lab_faster(tri_lab_row(&run, "fast"), tri_lab_row(&run, "none"));
    CU_ASSERT(isnan(unknown.ratio));
    CU_ASSERT_EQUAL(tri_lab_above(&run, &unknown, 1), TRI_LAB_UNCLEAR);
    tri_lab_free(&run);
}

static void test_tally(void)
{
    struct tri_lab_tally tally = {0};

    CU_ASSERT(isnan(tri_lab_tally_mean(&tally).ratio) && isnan(tri_lab_tally_odds(&tally).ratio));
    for (int i = 0; i < 10; i++)
        tri_lab_tally_add(&tally, i == 9 ? 5 : 0);
    const struct tri_interval mean = tri_lab_tally_mean(&tally), odds = tri_lab_tally_odds(&tally);
    CU_ASSERT_DOUBLE_EQUAL(mean.ratio, 0.5, 1e-12);
    /* 2.262 is Student's t of 9 degrees of freedom; the deviation is sqrt(22.5 / 9). */
    CU_ASSERT_DOUBLE_EQUAL(mean.high, 0.5 + 2.262157 * sqrt(2.5 / 10), 1e-4);
    CU_ASSERT_DOUBLE_EQUAL(mean.low, 0.5 - 2.262157 * sqrt(2.5 / 10), 1e-4);
    /* 1 of 10, as in tables of Wilson's interval. */
    CU_ASSERT_DOUBLE_EQUAL(odds.ratio, 0.1, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(odds.low, 0.01788, 1e-4);
    CU_ASSERT_DOUBLE_EQUAL(odds.high, 0.40415, 1e-4);
}

/* Long enough for the other process to take its first lock too. */
static void hold_on(void *argument)
{
    const struct timespec pause = {0, 100000000};

    (void)argument;
    nanosleep(&pause, NULL);
}

static void do_nothing(void *argument)
{
    (void)argument;
}

static void test_stuck(void)
{
    struct tri_lab_stuck result;
    struct tri_error error;

    CU_ASSERT_EQUAL(tri_lab_get_stuck(10, hold_on, NULL, &result, &error), TRI_OK);
    CU_ASSERT_TRUE(result.stuck);
    CU_ASSERT_EQUAL(result.turns, 0);
    CU_ASSERT(result.until > 0 && result.until < 2000000000);
    /* No turn at all: both end by themselves. */
    CU_ASSERT_EQUAL(tri_lab_get_stuck(0, do_nothing, NULL, &result, &error), TRI_OK);
    CU_ASSERT_FALSE(result.stuck);
    CU_ASSERT_EQUAL(result.turns, 0);
    CU_ASSERT(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void test_peer(void)
{
    const int64_t late = 20000000, start = tri_now_ns();
    struct tri_lab_peer *peer;
    struct tri_error error;

    CU_ASSERT_EQUAL_FATAL(tri_lab_peer_new(3, late, &peer, &error), TRI_OK);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_TRUE(tri_lab_peer_ask(peer, i));
    for (int i = 2; i >= 0; i--)
        CU_ASSERT_TRUE(tri_lab_peer_answer(peer, i));
    CU_ASSERT(tri_now_ns() - start >= late);
    CU_ASSERT_TRUE(tri_lab_peer_ask(peer, 1));
    tri_lab_peer_free(peer); /* while an answer is due */
}

/* Rows that failed, or none at all: nothing may be claimed, and nothing crashes. */
static void test_empty(void)
{
    for (int i = 0; tri_lab_experiments[i] != NULL; i++) {
        struct tri_lab_run run;
        lab_begin(&run, tri_lab_experiments[i]->name, 2);
        run.experiment->conclude(&run);
        for (int f = 0; f < run.finding_count; f++)
            CU_ASSERT(run.findings[f].verdict != TRI_LAB_SHOWN);
        CU_ASSERT_EQUAL(run.answer, -1);
        tri_lab_free(&run);
    }
}

/* ---- the program ---- */

static void test_list(void)
{
    EXPECT("$T lab | grep -c '^[a-z]'", 0, "17\n", "");
    EXPECT("$T lab nothing", 2, "",
           "triptych: lab: unknown experiment 'nothing'; 'triptych lab' *");
    EXPECT("$T lab --report x.html", 2, "", "*name experiments, or use --all*");
    EXPECT("$T lab --all race", 2, "",
           "triptych: lab: --all runs every experiment; remove 'race'*");
    EXPECT("$T lab race --workers 0", 2, "", "*--workers*");
    EXPECT("$T lab race --json /nowhere/a.json", 1, "",
           "triptych: cannot write /nowhere/a.json: *");
    EXPECT("$T lab race --json a.svg --trace a.svg", 2, "", "*same file*");
}

/* What every machine shows, however busy it is. */
static void test_runs(void)
{
    EXPECT("$T lab race order --quick --workers 2 --json lab.json > lab.txt; "
           "grep -c -e '^claim' -e '^run' -e '^try next' -e '^worker 1' lab.txt; "
           "grep -c 'shown *Atomic increments' lab.txt; grep -c 'shown *Integers' lab.txt",
           0, "8\n1\n1\n", "");
    EXPECT("python3 -c \"import json; d = json.load(open('lab.json')); "
           "e = d['experiments']; print([x['experiment'] for x in e], d['kind'], d['schema']); "
           "print(len(e[0]['rows']), e[1]['answer'], "
           "all(len(r['samples_ns']) >= 8 for x in e for r in x['rows']))\"",
           0, "['race', 'order'] lab 1\n9 no True\n", "");
    EXPECT("$T lab order --quick --workers 1 --json - | grep -c claim; rm lab.json lab.txt", 0,
           "1\n", "");
}

static void test_all_run(void)
{
    EXPECT("$T lab --all --quick --json all.json --report all.html > all.txt; "
           "grep -c '^try next' all.txt",
           0, "17\n", "");
    /* It has what the text of docs/concurrency.md needs of a run. */
    EXPECT(
        "printf '#!/bin/sh\\ncp all.json \"$4\"; cat all.txt\\n' > again; chmod +x again; "
        "python3 \"$ROOT/bench/concurrency_page.py\" ./again "
        "\"$ROOT/docs/concurrency.in.md\" page.md 2>/dev/null; grep -c '^# Concurrency' page.md; "
        "rm all.json all.txt again page.md",
        0, "1\n", "");
    const struct shell_result *result =
        shell_run("python3 $ROOT/tests/pages/report.py all.html; code=$?; rm all.html; exit $code");
    if (result->code == 77)
        test_skip("Chromium is not installed");
    else if (result->code != 0) {
        printf("\n%s%s\n", result->out, result->err);
        CU_FAIL("the page");
    }
}

static void test_report(void)
{
    EXPECT("$T lab order race --quick --report lab.html --json lab.json > text; "
           "grep -c '<section id=e' lab.html; grep -c '^try next' text; "
           "python3 -c \"import json; [print(f['text'] in __import__('html').unescape("
           "open('lab.html').read())) for e in json.load(open('lab.json'))['experiments'] "
           "for f in e['findings']]\" | sort -u; rm lab.html lab.json text",
           0, "2\n2\nTrue\n", "");
    EXPECT("$T lab order --quick --report - | head -1; $T lab order --report no/such.html", 1,
           "<!DOCTYPE html>\n", "*no/such.html*");
    EXPECT("$T lab order --report x.html --json x.html", 2, "", "*");
}

/* Asks on a terminal only. */
static void test_predict(void)
{
    EXPECT("echo a | $T lab order --quick --predict | grep -c expect", 1, "0\n", "");
    EXPECT(
        "TYPED='x\\nb\\n' TERM=xterm python3 $ROOT/tests/terminal.py 80 $T lab order "
        "--quick --predict > asked; grep -c -e 'Type a letter from a to b' -e 'no; right' asked; "
        "rm asked",
        0, "2\n", "");
}

int test_lab_suite(void)
{
    CU_pSuite suite = CU_add_suite("lab", shell_begin, shell_end);
    if (suite == NULL)
        return 1;
    CU_add_test(suite, "intervals and verdicts", test_intervals);
    CU_add_test(suite, "odds", test_tally);
    CU_add_test(suite, "two processes get stuck", test_stuck);
    CU_add_test(suite, "a peer that answers late", test_peer);
    CU_add_test(suite, "no rows", test_empty);
    CU_add_test(suite, "list and usage", test_list);
    CU_add_test(suite, "runs", test_runs);
    CU_add_test(suite, "all experiments run", test_all_run);
    CU_add_test(suite, "the page", test_report);
    CU_add_test(suite, "predictions", test_predict);
    return 0;
}
