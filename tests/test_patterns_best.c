/* test_patterns_best.c -- what follows from tables of patterns, made here, of several machines. */
#include "lab/patterns.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int test_patterns_best_suite(void);

/* ---- tables ---- */

enum { ROUNDS = 9 };

static const struct tri_pattern_entry entries[] = {{.name = "sequential"},
                                                   {.name = "engine"},
                                                   {.name = "csp"},
                                                   {.name = "pipeline"},
                                                   {.name = "missing", .package = "libuv1-dev"}};

/* A figure in each round, in thousandths of `middle` that it may be away from it. */
static void fill(int64_t *samples, int64_t middle, int64_t spread)
{
    for (int i = 0; i < ROUNDS; i++)
        samples[i] = middle + middle * spread * (i - ROUNDS / 2) / (ROUNDS / 2) / 1000;
}

/* In ms, MB and lines. */
static void add_row(struct tri_patterns_run *run, int64_t first, int64_t total, int64_t memory,
                    int lines, int64_t spread)
{
    struct tri_pattern_row *row = &run->rows[run->row_count];

    row->entry = &entries[run->row_count++];
    row->count = ROUNDS;
    row->lines = lines;
    fill(row->first, first * 1000000, spread);
    fill(row->total, total * 1000000, spread);
    fill(row->memory, memory * 1000000, spread);
    row->first_time = tri_summarize(row->first, ROUNDS);
    row->total_time = tri_summarize(row->total, ROUNDS);
}

static void add_missing(struct tri_patterns_run *run)
{
    run->rows[run->row_count++] =
        (struct tri_pattern_row){.entry = &entries[4], .lines = 5, .peak = -1};
}

static void expect(const struct tri_patterns_run *run, enum tri_pattern_merit merit,
                   const char *right)
{
    char text[TRI_PATTERN_TEXT_MAX];

    CU_ASSERT_EQUAL(tri_pattern_say(run, merit, text), right[0] != '\0');
    CU_ASSERT_STRING_EQUAL(text, right);
    if (strcmp(text, right) != 0)
        printf("%s: '%s', not '%s'\n", tri_pattern_merit_name(merit), text, right);
}

static void expect_gain(const struct tri_patterns_run *run, const char *right)
{
    char text[TRI_PATTERN_TEXT_MAX];

    CU_ASSERT_EQUAL(tri_pattern_say_gain(run, text), right[0] != '\0');
    CU_ASSERT_STRING_EQUAL(text, right);
}

/* ---- what each machine shows ---- */

/* Four cores, and nothing else runs. */
static void test_clear(void)
{
    struct tri_patterns_run run = {.row_count = 0};

    add_row(&run, 20, 160, 10, 10, 10);
    add_row(&run, 30, 50, 40, 65, 10);
    add_row(&run, 25, 40, 30, 73, 10);
    add_row(&run, 40, 200, 90, 75, 10);
    expect_gain(&run, "faster than sequential: 2 of 3 patterns; slower: 1; cannot be told: 0.");
    expect(&run, TRI_PATTERN_FIRST,
           "sequential is the first to answer, after 20.0 ms; of the others, csp is the first to "
           "answer, after 25.0 ms.");
    expect(&run, TRI_PATTERN_TOTAL, "csp ends first, after 40.0 ms.");
    expect(&run, TRI_PATTERN_MEMORY,
           "sequential needs the least memory, 10.0 MB; of the others, csp needs the least memory, "
           "30.0 MB.");
    expect(&run, TRI_PATTERN_LINES,
           "sequential is the shortest, with 10 lines; of the others, engine is the shortest, with "
           "65 lines.");
}

/* Two are as fast as each other, and one is told from both. */
static void test_close(void)
{
    struct tri_patterns_run run = {.row_count = 0};

    add_row(&run, 20, 160, 10, 10, 100);
    add_row(&run, 30, 81, 20, 60, 100);
    add_row(&run, 31, 80, 21, 60, 100);
    add_row(&run, 60, 120, 40, 75, 100);
    expect_gain(&run, "faster than sequential: 3 of 3 patterns; slower: 0; cannot be told: 0.");
    expect(&run, TRI_PATTERN_FIRST,
           "sequential is the first to answer, after 20.0 ms; of the others, cannot tell which "
           "answers first: engine and csp are too close.");
    expect(&run, TRI_PATTERN_TOTAL, "cannot tell which ends first: csp and engine are too close.");
    expect(&run, TRI_PATTERN_LINES,
           "sequential is the shortest, with 10 lines; of the others, engine and csp are equally "
           "short, with 60 lines.");
}

/* One core, or a busy one: the medians differ, the samples do not tell. */
static void test_unclear(void)
{
    struct tri_patterns_run run = {.row_count = 0};

    add_row(&run, 20, 100, 10, 10, 700);
    add_row(&run, 21, 99, 11, 65, 700);
    add_row(&run, 22, 102, 12, 73, 700);
    expect_gain(&run, "faster than sequential: 0 of 2 patterns; slower: 0; cannot be told: 2.");
    expect(&run, TRI_PATTERN_FIRST, "cannot tell which answers first: all are too close.");
    expect(&run, TRI_PATTERN_TOTAL, "cannot tell which ends first: all are too close.");
    expect(&run, TRI_PATTERN_MEMORY,
           "cannot tell which needs the least memory: all are too close.");
}

/* The kernel does not tell the memory, a pattern is not built in, and a figure does not vary. */
static void test_unknown(void)
{
    struct tri_patterns_run run = {.row_count = 0};

    add_row(&run, 20, 100, 10, 10, 0);
    add_row(&run, 30, 50, 20, 65, 0);
    add_missing(&run);
    expect(&run, TRI_PATTERN_MEMORY, "sequential needs the least memory, 10.0 MB.");
    expect(&run, TRI_PATTERN_LINES, "sequential is the shortest, with 10 lines.");
    expect(&run, TRI_PATTERN_TOTAL, "engine ends first, after 50.0 ms.");
    expect_gain(&run, "engine is faster than sequential.");
    run.rows[1].memory[4] = -1;
    expect(&run, TRI_PATTERN_MEMORY, "");
    CU_ASSERT_EQUAL(tri_pattern_best(&run, TRI_PATTERN_MEMORY, 0).count, 0);
}

/* No memory above what was there before is the least that there is. */
static void test_nothing_used(void)
{
    struct tri_patterns_run run = {.row_count = 0};

    add_row(&run, 20, 100, 0, 10, 0);
    add_row(&run, 30, 50, 20, 65, 0);
    CU_ASSERT_EQUAL(tri_pattern_best(&run, TRI_PATTERN_MEMORY, 0).count, 1);
    CU_ASSERT_EQUAL(tri_pattern_best(&run, TRI_PATTERN_MEMORY, 0).rows[0], 0);
}

static void test_pair(void)
{
    struct tri_patterns_run run = {.row_count = 0};

    add_row(&run, 20, 100, 10, 10, 10);
    expect_gain(&run, "");
    expect(&run, TRI_PATTERN_TOTAL, "");
    add_row(&run, 20, 101, 10, 65, 300);
    expect_gain(&run, "cannot tell whether engine is faster than sequential.");
    expect(&run, TRI_PATTERN_TOTAL,
           "cannot tell which ends first: sequential and engine are too close.");
    fill(run.rows[1].total, 200000000, 10);
    expect_gain(&run, "engine is slower than sequential.");
    expect(&run, TRI_PATTERN_TOTAL, "sequential ends first, after 100 ms.");
}

/* ---- where it is told ---- */

static void test_printed(void)
{
    struct tri_patterns_run run = {.settings = {.workers = 2}};
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    add_row(&run, 20, 100, 10, 10, 10);
    add_row(&run, 30, 50, 20, 65, 10);
    add_missing(&run);
    tri_patterns_print(file, &run, 80, false);
    fclose(file);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nmissing        not built in: install libuv1-dev and "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n\nspeed     engine is faster than sequential.\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\ntotal     engine ends first, after 50.0 ms.\n"));
    free(text);
}

static void test_json(void)
{
    struct tri_patterns_run run = {.settings = {.workers = 2}};

    add_row(&run, 20, 100, 10, 10, 100);
    add_row(&run, 30, 50, 20, 65, 100);
    add_row(&run, 31, 51, 20, 66, 100);
    json_t *root = tri_patterns_json(&run), *findings = json_object_get(root, "findings");
    char *total = json_dumps(json_object_get(findings, "total"), JSON_COMPACT | JSON_SORT_KEYS),
         *speed = json_dumps(json_object_get(findings, "speed"), JSON_COMPACT | JSON_SORT_KEYS);

    CU_ASSERT_STRING_EQUAL(total, "{\"best\":[\"engine\",\"csp\"],\"of_others\":[\"engine\","
                                  "\"csp\"],\"text\":\"cannot tell which ends first: engine and "
                                  "csp are too close.\"}");
    CU_ASSERT_STRING_EQUAL(speed, "{\"faster\":2,\"slower\":0,\"text\":\"faster than sequential: 2 "
                                  "of 2 patterns; slower: 0; cannot be told: 0.\",\"unclear\":0}");
    CU_ASSERT_EQUAL(json_object_size(findings), 1 + TRI_PATTERN_MERITS);
    free(total);
    free(speed);
    json_decref(root);
}

int test_patterns_best_suite(void)
{
    CU_pSuite suite = CU_add_suite("which pattern is best", NULL, NULL);

    return !(suite && CU_add_test(suite, "a clear table", test_clear) &&
             CU_add_test(suite, "some are close", test_close) &&
             CU_add_test(suite, "all are close", test_unclear) &&
             CU_add_test(suite, "unknown figures", test_unknown) &&
             CU_add_test(suite, "no memory used", test_nothing_used) &&
             CU_add_test(suite, "one and two", test_pair) &&
             CU_add_test(suite, "printed", test_printed) && CU_add_test(suite, "JSON", test_json));
}
