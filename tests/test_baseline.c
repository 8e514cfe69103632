/* test_baseline.c -- bench --baseline: rows against an earlier run, what counts as slower, and
 * files that cannot be compared. */
#include "measure/baseline.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define RUN "$T bench sobel --size 32,48 --on sequential --isa scalar --time 0.005 "

/* ---- made-up files ---- */

static void save(json_t *root, const char *name)
{
    char path[600];

    snprintf(path, sizeof path, "%s", shell_path(name));
    CU_ASSERT_EQUAL_FATAL(json_dump_file(root, path, JSON_INDENT(1)), 0);
}

static json_t *load(const char *name)
{
    json_t *root = json_load_file(shell_path(name), 0, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    return root;
}

/* As measured by a machine that takes `times` as long. */
static void scale(json_t *root, double times)
{
    size_t i, j;
    json_t *row, *sample;

    json_array_foreach(json_object_get(root, "rows"), i, row)
    {
        json_t *samples = json_object_get(row, "samples_ns");
        json_array_foreach(samples, j, sample)
        {
            const json_int_t ns = (json_int_t)((double)json_integer_value(sample) * times);
            json_array_set_new(samples, j, json_integer(ns > 0 ? ns : 1));
        }
    }
}

static void make(const char *name, double times)
{
    json_t *root = load("a.json");

    scale(root, times);
    save(root, name);
    json_decref(root);
}

/* a.json as it was but for one member of its environment. */
static void make_other(const char *name, const char *member, json_t *value)
{
    json_t *root = load("a.json");

    json_object_set_new(json_object_get(root, "environment"), member, value);
    save(root, name);
    json_decref(root);
}

/* ---- verdicts ---- */

/* Rows of 20 samples near `median`. */
static json_t *make_row(const char *backend, int workers, double median, const char *digest)
{
    json_t *row = json_pack("{s:s,s:i,s:i,s:i,s:i,s:s,s:s,s:i,s:b,s:s,s:s}", "pipeline", "sobel",
                            "width", 64, "height", 64, "planes", 3, "bits", 8, "backend", backend,
                            "isa", "avx2", "workers", workers, "verified", median > 0, "digest",
                            digest, "input_digest", "00000000000000aa"),
           *samples = json_array();

    for (int i = 0; i < 20 && median > 0; i++)
        json_array_append_new(samples, json_integer((json_int_t)(median * (1 + 0.001 * (i % 5)))));
    json_object_set_new(row, "samples_ns", samples);
    return row;
}

static void take(json_t *rows, const char *name, struct tri_results *results)
{
    struct tri_error error;
    json_t *root = json_pack("{s:s,s:i,s:s,s:o}", "triptych", "0", "schema", 1, "kind", "pictures",
                             "rows", rows);

    CU_ASSERT_EQUAL_FATAL(tri_results_take(root, name, results, &error), TRI_OK);
}

static const char *const digests[] = {"00000000000000bb", "00000000000000cc"};

static void make_pair(struct tri_results files[2])
{
    json_t *before = json_array(), *now = json_array();
    static const double ratios[] = {1.2, 0.8, 1.01, 1.0505};

    for (int i = 0; i < 4; i++) {
        json_array_append_new(before, make_row("threads:x", i + 1, 1e6, digests[0]));
        json_array_append_new(now, make_row("threads:x", i + 1, 1e6 * ratios[i], digests[0]));
    }
    json_array_append_new(before, make_row("sequential", 1, 1e6, digests[0]));
    json_array_append_new(now, make_row("sequential", 1, 0, digests[0]));
    json_array_append_new(now, make_row("other", 1, 1e6, digests[0]));
    json_array_append_new(before, make_row("gone", 1, 1e6, digests[0]));
    take(before, "before", &files[0]);
    take(now, "now", &files[1]);
}

static void test_verdicts(void)
{
    static const enum tri_change expected[] = {TRI_SLOWER, TRI_FASTER, TRI_LEVEL, TRI_UNCLEAR};
    struct tri_results files[2];
    struct tri_baseline baseline;
    struct tri_error error;

    make_pair(files);
    CU_ASSERT_EQUAL_FATAL(tri_baseline_compare(files, 0.05, &baseline, &error), TRI_OK);
    CU_ASSERT_EQUAL_FATAL(baseline.row_count, 4);
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(baseline.rows[i].change, expected[i]);
        CU_ASSERT_EQUAL(baseline.rows[i].before->workers, i + 1);
        CU_ASSERT_EQUAL(baseline.counts[i], 1);
    }
    CU_ASSERT_DOUBLE_EQUAL(baseline.rows[0].interval.ratio, 1 / 1.2, 1e-3);
    /* "sequential" of both, for it has no figures in one; "other" and "gone". */
    CU_ASSERT_EQUAL(baseline.left_count, 4);
    tri_baseline_free(&baseline);
    /* Without a margin nothing is level. */
    CU_ASSERT_EQUAL_FATAL(tri_baseline_compare(files, 0, &baseline, &error), TRI_OK);
    CU_ASSERT_EQUAL(baseline.counts[TRI_SLOWER], 3);
    CU_ASSERT_EQUAL(baseline.counts[TRI_LEVEL], 0);
    tri_baseline_free(&baseline);
    tri_results_free(&files[0]);
    tri_results_free(&files[1]);
}

static void test_bytes(void)
{
    struct tri_results files[2];
    struct tri_baseline baseline;
    struct tri_error error;

    for (int i = 0; i < 2; i++)
        take(json_pack("[o]", make_row("sequential", 1, 1e6, digests[i])), "file", &files[i]);
    CU_ASSERT_EQUAL(tri_baseline_compare(files, 0.05, &baseline, &error), TRI_DIFFERS);
    tri_baseline_free(&baseline);
    tri_results_free(&files[0]);
    tri_results_free(&files[1]);
}

/* ---- the program ---- */

static void test_program(void)
{
    EXPECT(RUN "--json a.json > /dev/null", 0, "", "");
    make("slow.json", 30);
    make("quick.json", 1.0 / 30);
    EXPECT(RUN "--baseline slow.json", 0,
           "*Compared with the baseline slow.json, of *\n0 slower, 2 faster, 0 level, 0 that "
           "cannot be told;*\nsobel *32x32 *sequential *faster\n*48x48 *faster\n*",
           "*");
    EXPECT(RUN "--baseline quick.json --json o.json --markdown", 5,
           "*\n2 slower, 0 faster*| sobel | 32x32 | sequential scalar | *| slower (3) |\n*",
           "*note: 2 rows are slower than in quick.json; measured again*measured again*slower: "
           "sobel, 32x32 RGB 8 bits, on sequential scalar takes * times as long as in "
           "quick.json\n*slower: sobel, 48x48*");
    EXPECT("grep -c '\"measured\": 3' o.json; rm o.json", 0, "2\n", "");
    EXPECT(RUN "--baseline quick.json --fail-slower 10000% > /dev/null", 0, "", "*");
    EXPECT(RUN "--baseline - --csv < quick.json | wc -l", 0, "3\n", "*slower: sobel*");
}

/* Rows of one of the two are told. */
static void test_missing(void)
{
    EXPECT(
        "$T bench sobel --size 32,40 --workers 1 --on threads --on sequential --isa scalar --time "
        "0.002 "
        "--baseline slow.json",
        0,
        "*\n1 row of the baseline not measured now:\n- sobel, 48x48 RGB 8 bits, on sequential "
        "scalar\n\n3 rows of this run that the baseline does not have:\n- sobel, *",
        "*");
}

static void test_other_machine(void)
{
    make_other("cpu.json", "cpu", json_string("Elsewhere"));
    make_other("cores.json", "cores", json_integer(999));
    make_other("none.json", "cpu", json_null());
    make_other("system.json", "kernel", json_string("Other 1.0"));
    EXPECT(RUN "--baseline cpu.json", 1, "",
           "triptych: --baseline: cpu.json is of another machine: its CPU is Elsewhere, here it is "
           "*; write a baseline here with --json, or compare machines with 'triptych compare'\n");
    EXPECT(RUN "--baseline cores.json", 1, "", "*its cores is 999 of *");
    EXPECT(RUN "--baseline none.json --fail-slower 10000% > /dev/null", 0, "",
           "*note: none.json does not tell its CPU: whether it is of this machine is unknown\n*");
    EXPECT(RUN "--baseline system.json --fail-slower 10000% > /dev/null", 0, "",
           "*note: system.json has another system: Other 1.0; now: *");
}

static void test_wrong(void)
{
    EXPECT("head -c 300 a.json > cut.json; " RUN "--baseline cut.json", 1, "",
           "triptych: cut.json is truncated: it ends within line *");
    EXPECT("echo '{\"rows\": 1}' > cut.json; " RUN
           "--baseline cut.json; code=$?; rm cut.json; exit "
           "$code",
           1, "", "triptych: cut.json has no results of 'triptych bench --json'*");
    EXPECT(RUN "--baseline absent.json", 1, "", "triptych: cannot read absent.json: No such *");
    EXPECT("$T bench invert --size 32 --on sequential --baseline a.json", 1, "",
           "*triptych: --baseline: a.json has no figures of these pipelines on pictures of these "
           "sizes, such as invert on 32x32\n");
    EXPECT(RUN "--baseline a.json --json a.json", 2, "",
           "triptych: bench: --json 'a.json' would overwrite the input 'a.json'*");
    EXPECT(RUN "--fail-slower 5%", 2, "", "triptych: bench: --fail-slower needs --baseline*");
    EXPECT(RUN "--baseline a.json --fail-slower 5", 2, "",
           "triptych: bench: invalid value '5' for --fail-slower; expected a percentage*");
    EXPECT("$T bench sobel \"$ROOT/images/frame-1.png\" --end-to-end --baseline a.json", 2, "",
           "triptych: bench: --baseline is for pictures without --end-to-end*");
    EXPECT(RUN "--baseline \"$ROOT/tests/results/unversioned-clip.json\"", 1, "",
           "triptych: --baseline: *unversioned-clip.json has results of a video*");
    EXPECT("rm *.json", 0, "", "");
}

int test_baseline_suite(void)
{
    CU_pSuite suite = CU_add_suite("baseline", shell_begin, shell_end);

    return !suite || !CU_add_test(suite, "verdicts", test_verdicts) ||
           !CU_add_test(suite, "other bytes", test_bytes) ||
           !CU_add_test(suite, "the program", test_program) ||
           !CU_add_test(suite, "missing rows", test_missing) ||
           !CU_add_test(suite, "other machines", test_other_machine) ||
           !CU_add_test(suite, "what is wrong", test_wrong);
}
