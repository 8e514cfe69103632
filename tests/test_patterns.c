/* test_patterns.c -- one job in all patterns: the same bytes, the same errors, and nothing left
 * behind. */
#include "lab/patterns.h"
#include "lab/patterns_job.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int test_patterns_suite(void);

/* ---- pictures ---- */

static void write_picture(const char *name, const struct tri_shape *shape, unsigned seed)
{
    struct tri_image *image;
    struct tri_error error;

    CU_ASSERT_EQUAL_FATAL(tri_picture_generate(shape, seed, &image, &error), TRI_OK);
    CU_ASSERT_EQUAL(tri_image_write(shell_path(name), image, NULL, &error), TRI_OK);
    tri_image_free(image);
}

/* Three good pictures in good/, and in bad/ a damaged one and one that is none among them. */
static void make_folders(void)
{
    const struct tri_shape shapes[] = {{400, 300, 3, 8}, {350, 200, 1, 16}, {500, 400, 3, 8}};
    char name[40];

    CU_ASSERT_EQUAL(shell_run("rm -rf good bad; mkdir good bad")->code, 0);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "good/%u.%s", i,
                 i == 2 && tri_format_find("jpeg") != NULL ? "jpg" : "ppm");
        write_picture(name, &shapes[i], i + 1);
    }
    CU_ASSERT_EQUAL(shell_run("cp good/* bad; head -c 3000 good/0.ppm > bad/1b.ppm; "
                              "echo nothing > bad/1c.ppm")
                        ->code,
                    0);
}

/* Runs sequential and one more pattern on a folder. */
static enum tri_status compare(const struct tri_pattern_entry *only, const char *folder,
                               int workers, struct tri_patterns_run *run)
{
    char path[300];
    struct tri_error error = {0};
    const struct tri_patterns_settings settings = {
        .folder = path, .workers = workers, .quick = true, .only = only};

    snprintf(path, sizeof path, "%s", shell_path(folder));
    const enum tri_status status = tri_patterns_compare(&settings, run, &error);
    if (status != TRI_OK && test_fail_once())
        printf("%s, %d workers: %s\n", only->name, workers, error.text);
    return status;
}

/* ---- the same of all ---- */

/* One worker, as many as usual, and more than pictures. */
static void test_same_bytes(void)
{
    static const int workers[] = {1, 2, 5};
    struct tri_patterns_run run;

    make_folders();
    for (const struct tri_pattern_entry *entry = tri_patterns; entry->name != NULL; entry++)
        for (int i = 0; i < 3 && entry->pattern != NULL; i++) {
            CU_ASSERT_EQUAL(compare(entry, "good", workers[i], &run), TRI_OK);
            CU_ASSERT_EQUAL(run.count, 3);
            CU_ASSERT_EQUAL(run.failures, 0);
            for (int row = 0; row < run.row_count; row++) {
                CU_ASSERT(run.rows[row].count >= 3);
                CU_ASSERT(run.rows[row].threads >= 1);
                CU_ASSERT(run.rows[row].first_time.median <= run.rows[row].total_time.median);
                CU_ASSERT_PTR_NOT_NULL(run.rows[row].timeline);
            }
            tri_patterns_free(&run);
        }
}

/* And these are the bytes that `triptych run` writes. */
static void test_right_bytes(void)
{
    struct tri_patterns_run run;
    char command[1000];

    make_folders();
    CU_ASSERT_EQUAL(compare(tri_pattern_find("fork-join"), "good", 2, &run), TRI_OK);
    for (int i = 0; i < run.count; i++) {
        snprintf(command, sizeof command,
                 "$T run resize:width=320,sobel %s -o right.%s && cmp %s right.*; rm right.*",
                 run.pictures[i].from, strrchr(run.pictures[i].to, '.') + 1, run.pictures[i].to);
        EXPECT(command, 0, "", "");
    }
    tri_patterns_free(&run);
}

/* What is not the same is found. */
static void test_differences(void)
{
    struct tri_patterns_run run;
    struct tri_error error;

    make_folders();
    CU_ASSERT_EQUAL(compare(tri_pattern_find("csp"), "good", 2, &run), TRI_OK);
    CU_ASSERT_EQUAL(tri_patterns_check(&run, "csp", &error), TRI_OK);
    run.digests[1] ^= 1;
    CU_ASSERT_EQUAL(tri_patterns_check(&run, "csp", &error), TRI_DIFFERS);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "sequential and csp made different bytes of "));
    run.digests[1] ^= 1;
    run.pictures[2].done = false; /* a picture that was forgotten */
    CU_ASSERT_EQUAL(tri_patterns_check(&run, "csp", &error), TRI_DIFFERS);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "csp did not finish "));
    run.pictures[2].error.status = TRI_FAILED; /* one that failed halfway */
    CU_ASSERT_EQUAL(tri_patterns_check(&run, "csp", &error), TRI_DIFFERS);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "left a result"));
    remove(run.pictures[2].to); /* one that failed in one pattern only */
    CU_ASSERT_EQUAL(tri_patterns_check(&run, "csp", &error), TRI_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "only in csp: "));
    tri_patterns_free(&run);
}

/* ---- failures ---- */

/* Every pattern gives the same error for the same picture, and makes all others. */
static void test_damaged(void)
{
    static const int workers[] = {1, 2, 7};
    struct tri_patterns_run run;

    make_folders();
    for (const struct tri_pattern_entry *entry = tri_patterns; entry->name != NULL; entry++)
        for (int i = 0; i < 3 && entry->pattern != NULL; i++) {
            CU_ASSERT_EQUAL(compare(entry, "bad", workers[i], &run), TRI_OK);
            CU_ASSERT_EQUAL(run.count, 5);
            CU_ASSERT_EQUAL(run.failures, 2);
            CU_ASSERT_PTR_NOT_NULL(strstr(run.failed.text, "/bad/1b.ppm: "));
            for (int p = 0; p < run.count; p++) /* of its last run, and of the first one */
                CU_ASSERT_STRING_EQUAL(run.pictures[p].error.text, run.expected[p].error.text);
            tri_patterns_free(&run);
        }
}

/* An actor that meets a damaged picture fails, and is started again: else one actor could not have
 * made the others, which test_damaged compares. */
static void test_supervision(void)
{
    struct tri_patterns_run run;

    make_folders();
    for (int workers = 1; workers <= 3; workers++) {
        CU_ASSERT_EQUAL(compare(tri_pattern_find("actors"), "bad", workers, &run), TRI_OK);
        CU_ASSERT_EQUAL(tri_pattern_row(&run, "actors")->restarts, 2);
        CU_ASSERT_EQUAL(tri_pattern_row(&run, "sequential")->restarts, 0);
        tri_patterns_free(&run);
    }
}

static void test_failing_system(void)
{
    make_folders();
    /* Files may not become larger than 1 KiB, as on a disk that is full. */
    EXPECT("mkdir -p place; (trap '' XFSZ; ulimit -f 2; TMPDIR=$PWD/place $T lab patterns good "
           "--quick > /dev/null); code=$?; ls -A place; exit $code",
           1, "", "triptych: cannot write */place/triptych-lab-*/0.*: File too large\n");
    EXPECT("TMPDIR=/nowhere $T lab patterns good", 1, "",
           "triptych: cannot make a folder in /nowhere: *; set TMPDIR *\n");
    EXPECT("$T lab patterns nowhere", 1, "", "triptych: cannot read the folder nowhere: *\n");
    EXPECT("mkdir -p empty; $T lab patterns empty", 1, "", "triptych: no picture files in empty\n");
}

/* A signal ends it, and nothing stays behind. */
static void test_interrupted(void)
{
    EXPECT("mkdir -p place; TMPDIR=$PWD/place timeout -s TERM 0.5 $T lab patterns > /dev/null; "
           "echo $?; ls -A place",
           0, "124\n", "*");
    /* And the trace is kept. */
    EXPECT("TMPDIR=$PWD/place timeout -s TERM 0.7 $T lab patterns --trace p.svg > /dev/null; "
           "echo $?; ls -A place; grep -q '</svg>' p.svg && rm p.svg",
           0, "124\n", "*");
}

/* ---- what single patterns do besides ---- */

/* The histogram, whatever the number of workers, is that of the pictures written. */
static void test_reduction(void)
{
    struct tri_patterns_run run;
    struct tri_thumbnail_tools tools;
    struct tri_edge_counts right = {0};
    struct tri_error error;
    _Atomic int64_t first = 0;

    make_folders();
    CU_ASSERT_EQUAL(compare(tri_pattern_find("map-reduce"), "bad", 1, &run), TRI_OK);
    for (int i = 0; i < run.count; i++) {
        struct tri_thumbnail picture = {0};
        if (run.pictures[i].done &&
            tri_image_read(run.pictures[i].to, NULL, &picture.image, NULL, &error) == TRI_OK)
            tri_thumbnail_count(&picture, &right);
        tri_thumbnail_drop(&picture);
    }
    CU_ASSERT(right.of[0] > 0 && right.of[255] > 0);
    CU_ASSERT_EQUAL_FATAL(tri_thumbnail_tools_open(NULL, &tools, &error), TRI_OK);
    for (int workers = 1; workers <= 6; workers++) {
        struct tri_pattern_job job = {
            .pictures = run.pictures, .count = run.count, .workers = workers};
        tri_patterns_renew(&run, &tools, &first);
        CU_ASSERT_EQUAL(tri_pattern_find("map-reduce")->pattern->run(&job, &error), TRI_OK);
        CU_ASSERT_EQUAL(memcmp(&job.counts, &right, sizeof right), 0);
    }
    tri_thumbnail_tools_close(&tools);
    tri_patterns_free(&run);
}

/* ---- their files ---- */

static void test_lines(void)
{
    CU_ASSERT_EQUAL(tri_pattern_lines(""), 0);
    CU_ASSERT_EQUAL(tri_pattern_lines("/* a\n * b */\n\nint a; /* c */\n  /* d */\n}\n"), 2);
}

/* Each says when to choose it, and is short enough to be read at once. */
static void test_sources(void)
{
    char command[200];

    for (const struct tri_pattern_entry *entry = tri_patterns; entry->name != NULL; entry++) {
        int lines = 0;
        for (const char *at = entry->source; (at = strchr(at, '\n')) != NULL; at++)
            lines++;
        CU_ASSERT(lines <= 150);
        CU_ASSERT(tri_pattern_lines(entry->source) > 5);
        CU_ASSERT_PTR_NOT_NULL(strstr(entry->source, "\n * For: "));
        CU_ASSERT_PTR_NOT_NULL(strstr(entry->source, "\n * Choose it "));
        CU_ASSERT_PTR_NOT_NULL(strstr(entry->source, "\n * Not "));
        CU_ASSERT_PTR_NOT_NULL(strstr(entry->source, "lab patterns`"));
        CU_ASSERT(entry->pattern == NULL || strcmp(entry->pattern->name, entry->name) == 0);
        snprintf(command, sizeof command,
                 "$T lab pattern %s --source | cmp - $ROOT/host/lab/patterns/$(echo %s | tr - _).c",
                 entry->name, entry->name);
        EXPECT(command, 0, "", "");
    }
}

/* What the files say of the table that is so on any machine: threads, and who has few lines. */
static void test_claims(void)
{
    make_folders();
    EXPECT("$T lab patterns good --quick --workers 3 --json - | python3 -c \"\n"
           "import json, sys\n"
           "rows = [x for x in json.load(sys.stdin)['patterns'] if 'missing' not in x]\n"
           "print(*(x['name'] + ' ' + str(x['threads']) for x in rows if x['name'] != "
           "'event-loop'), sep='\\n')\n"
           "print(all(x['threads'] == 4 for x in rows if x['name'] == 'event-loop'))\n"
           "by_lines = sorted(rows, key=lambda x: x['lines'])\n"
           "print(by_lines[0]['name'], by_lines[1]['name'], by_lines[-1]['name'])\n"
           "\"",
           0,
           "sequential 1\nengine 3\nactors 4\nasync-await 4\ncsp 5\ndata-parallel 3\n"
           "fork-join 3\nmap-reduce 3\npipeline 10\nTrue\nsequential async-await actors\n",
           "");
}

/* ---- the program ---- */

static void test_usage(void)
{
    char command[100], error[200];

    for (const struct tri_pattern_entry *entry = tri_patterns; entry->name != NULL; entry++)
        if (entry->pattern == NULL) { /* and its source is printed all the same, see above */
            snprintf(command, sizeof command, "$T lab pattern %s", entry->name);
            snprintf(error, sizeof error,
                     "triptych: %s is not built in: install %s and build triptych again\n",
                     entry->name, entry->package);
            EXPECT(command, 1, "", error);
        }
    EXPECT("$T lab pattern nothing", 2, "",
           "triptych: lab: unknown pattern 'nothing'; there are sequential, engine, actors, "
           "async-await, csp, data-parallel, event-loop, fork-join, map-reduce, pipeline*");
    EXPECT("$T lab pattern", 2, "", "triptych: lab: which pattern? There are sequential, *");
    EXPECT("$T lab patterns --source", 2, "", "triptych: lab: --source prints one pattern: *");
    EXPECT("$T lab patterns a b", 2, "", "*remove 'b'*");
    EXPECT("$T lab pattern csp --json a.svg --trace a.svg", 2, "", "*same file*");
}

static void test_program(void)
{
    make_folders();
    EXPECT("$T lab patterns bad --quick --workers 2 --json p.json > p.txt", 1, "",
           "triptych: cannot read bad/1b.ppm: *\n");
    EXPECT("grep -c '^2 of 5 pictures failed, in all patterns alike' p.txt; "
           "grep -c ': mailboxes; a failed actor is restarted' p.txt; rm p.txt",
           0, "1\n1\n", "");
    EXPECT("python3 -c \"import json; d = json.load(open('p.json')); p = d['patterns']; "
           "print(d['kind'], d['pictures'], d['failed'], [x['name'] for x in p][:2], "
           "all(len(x['samples_ns']) == 3 for x in p if 'missing' not in x))\"; rm p.json",
           0, "lab patterns 5 2 ['sequential', 'engine'] True\n", "");
    EXPECT("$T lab pattern pipeline --quick | grep -c -e '^sequential .* ms' -e '^pipeline .* ms' "
           "-e '^All wrote the same bytes'",
           0, "3\n", "");
}

int test_patterns_suite(void)
{
    CU_pSuite suite = CU_add_suite("patterns", shell_begin, shell_end);

    if (suite == NULL)
        return CU_get_error();
    CU_add_test(suite, "the same bytes", test_same_bytes);
    CU_add_test(suite, "the right bytes", test_right_bytes);
    CU_add_test(suite, "differences are found", test_differences);
    CU_add_test(suite, "damaged pictures", test_damaged);
    CU_add_test(suite, "supervision", test_supervision);
    CU_add_test(suite, "reduction", test_reduction);
    CU_add_test(suite, "lines of code", test_lines);
    CU_add_test(suite, "sources", test_sources);
    CU_add_test(suite, "what the sources say", test_claims);
    CU_add_test(suite, "usage", test_usage);
    CU_add_test(suite, "a system that fails", test_failing_system);
    CU_add_test(suite, "interrupted", test_interrupted);
    CU_add_test(suite, "the program", test_program);
    return 0;
}
