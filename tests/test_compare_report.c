/* test_compare_report.c -- the page of compare --report: what it says of two, ten and fifty
 * machines, its size, what the program does with bad places, and the page in a browser. */
#include "report/compare_page.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <glob.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int test_compare_report_suite(void);

/* ---- machines, made up from the results of a real one ---- */

enum { SAMPLES = 12 };

struct machine {
    const char *name, *cpu, *gpu; /* of the file; gpu NULL: none */
    int cores;
    double speed; /* over the real machine, on average */
    int seed;     /* of how it differs from row to row; 0: nowhere */
    int suite;    /* its version */
};

static uint64_t state;

/* -1 to 1; the same in each run. */
static double draw(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(state >> 11) / (double)(UINT64_C(1) << 52) - 1;
}

static json_t *real_results(void)
{
    glob_t found;

    CU_ASSERT_EQUAL_FATAL(glob("bench/results/machines/*_no-gpu_*.json", 0, NULL, &found), 0);
    json_t *root = json_load_file(found.gl_pathv[0], 0, NULL);
    globfree(&found);
    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    return root;
}

static void scale_samples(json_t *row, double factor)
{
    json_t *samples = json_object_get(row, "samples_ns");

    while (json_array_size(samples) > SAMPLES)
        json_array_remove(samples, json_array_size(samples) - 1);
    for (size_t i = 0; i < json_array_size(samples); i++) {
        const double ns = (double)json_integer_value(json_array_get(samples, i));
        json_array_set_new(samples, i, json_integer((json_int_t)(ns * factor) + 1));
    }
}

/* Threads gain by cores, and a GPU computes what the OpenCL CPU did. */
static void change_row(json_t *row, const struct machine *machine)
{
    const char *backend = json_string_value(json_object_get(row, "backend"));
    double speed = machine->speed * (machine->seed > 0 ? exp(0.4 * draw()) : 1);
    char threads[20];

    if (strncmp(backend, "threads", 7) == 0) {
        snprintf(threads, sizeof threads, "threads:%d", machine->cores);
        speed *= machine->cores / 2.0;
        json_object_set_new(row, "backend", json_string(threads));
        json_object_set_new(row, "workers", json_integer(machine->cores));
    } else if (strncmp(backend, "opencl", 6) == 0 && machine->gpu != NULL) {
        speed *= 20;
        json_object_set_new(row, "device", json_string(machine->gpu));
    }
    scale_samples(row, 1 / speed);
}

static void change_environment(json_t *root, const struct machine *machine)
{
    json_t *environment = json_object_get(root, "environment"),
           *device = json_array_get(json_object_get(environment, "opencl"), 0);

    json_object_set_new(environment, "cpu", json_string(machine->cpu));
    json_object_set_new(environment, "cores", json_integer(machine->cores));
    if (machine->gpu != NULL) {
        json_object_set_new(device, "type", json_string("GPU"));
        json_object_set_new(device, "name", json_string(machine->gpu));
    }
    if (machine->suite > 0)
        json_object_set_new(json_object_get(root, "suite"), "version",
                            json_integer(machine->suite));
}

/* Writes its file into the shell's folder. */
static void make_machine(const json_t *real, const struct machine *machine)
{
    json_t *root = json_deep_copy(real), *rows = json_object_get(root, "rows");

    state = (uint64_t)machine->seed;
    for (size_t i = 0; i < json_array_size(rows); i++)
        change_row(json_array_get(rows, i), machine);
    change_environment(root, machine);
    CU_ASSERT_EQUAL(json_dump_file(root, shell_path(machine->name), JSON_COMPACT), 0);
    json_decref(root);
}

static void make_pair(void)
{
    json_t *real = real_results();

    make_machine(real, &(struct machine){"a.json", "Small <CPU> & co", NULL, 2, 1, 0, 0});
    make_machine(real, &(struct machine){"b.json", "Intel(R) Large(TM) CPU @ 3GHz", "Some GPU", 8,
                                         1.5, 3, 2});
    make_machine(real, &(struct machine){"same.json", "Small <CPU> & co", NULL, 2, 1.0001, 0, 0});
    make_machine(real, &(struct machine){"slow.json", "Small <CPU> & co", NULL, 2, 0.5, 0, 0});
    json_decref(real);
}

static void make_machines(int count)
{
    json_t *real = real_results();
    char name[20], cpu[60];

    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "m%03d.json", i);
        snprintf(cpu, sizeof cpu, "Maker(R) Model(TM) %d%c00-%d CPU @ %d.00GHz", i / 3,
                 "KXU"[i % 3], i, 2 + i % 3);
        make_machine(real, &(struct machine){name, cpu, i % 4 == 1 ? "Some GPU 9000" : NULL,
                                             2 << (i % 5), exp(0.03 * (i % 11 - 3)), i, 0});
    }
    json_decref(real);
}

/* ---- what the page says ---- */

static void test_pair(void)
{
    make_pair();
    EXPECT("$T compare a.json b.json --report p.html | head -c 10", 0, "Medians of", "");
    EXPECT("grep -o '<h1>.*</h1>' p.html", 0,
           "<h1>Intel Large (8 cores, Some GPU) is *\xC3\x97 as fast as Small &lt;CPU&gt; &amp; co "
           "(2 cores)</h1>\n",
           "");
    EXPECT("grep -c -e '<CPU>' -e nan -e 'inf ' p.html", 1, "0\n", "");
    EXPECT(
        "grep -o 'b.json compared with a.json, the reference: [0-9]* rows of [0-9]* pieces' p.html",
        0, "*", "");
    EXPECT("grep -o 'The files are of different suites' p.html", 0, "*", "");
    EXPECT("grep -c 'not in the others' p.html", 0, "*", "");
    EXPECT("grep -o '<b>the other</b> standard, version 2' p.html", 0, "*", "");
    EXPECT("grep -c verdict p.html", 0, "2\n", ""); /* the style sheet */
    EXPECT("grep -o 'triptych compare a.json b.json --report p.html' p.html", 0, "*", "");
    EXPECT("grep -o 'data:application/gzip;base64,[^\"]*' p.html | cut -d, -f2 | base64 -d | gzip "
           "-d > in.json; $T compare a.json b.json --format json | python3 -c 'import json, sys; "
           "a, b = json.load(sys.stdin), json.load(open(\"in.json\")); "
           "sys.exit(len(a[\"rows\"]) != len(b[\"rows\"]))'",
           0, "", "");
}

/* Two runs of one machine: named by their files, and nothing can be told. */
static void test_open(void)
{
    make_pair();
    EXPECT("$T compare a.json same.json --report p.html > /dev/null; grep -o '<h1>.*</h1>' p.html",
           0, "<h1>No difference between a and same can be told</h1>\n", "");
    EXPECT("grep -o 'No row differs for certain' p.html | uniq", 0, "No row differs for certain\n",
           "");
    EXPECT("grep -c '<td class=t>cannot be told</td>' p.html; grep -c '<td class=t>certain' p.html",
           1, "1*\n0\n", "");
    EXPECT("grep -c 'class=\"bar\"' p.html; grep -c 'class=\"open\"' p.html", 0, "0\n*", "");
    EXPECT("$T compare a.json a.json --report p.html > /dev/null; grep -o 'No difference' p.html | "
           "uniq",
           0, "No difference\n", "");
}

static void test_verdict(void)
{
    make_pair();
    EXPECT("$T compare a.json slow.json --report p.html --fail-slower 5% > /dev/null", 5, "",
           "triptych: slower: *");
    EXPECT("grep -o 'differ for certain, most of all [^<]*: 0.50' p.html | uniq", 0,
           "differ for certain*\n", "");
    EXPECT(
        "grep -o 'Failed: [0-9]* rows take longer than in the reference by more than 5 %' p.html",
        0, "*", "");
    EXPECT("$T compare a.json slow.json --fail-slower 5% 2>&1 >/dev/null | grep -c slower: > o; "
           "sed -n '/id=slower/,/section>/p' p.html | grep -c '<tr><th scope=row' | diff o -",
           0, "", "");
    EXPECT("$T compare a.json same.json --report p.html --fail-slower 0.5% > /dev/null", 0, "", "");
    EXPECT("grep -o 'Passed: no row takes longer than in the reference by more than 0.5 %' p.html",
           0, "*", "");
}

/* Files of versions before there were versions, and of another suite. */
static void test_versions(void)
{
    EXPECT("$T compare $ROOT/tests/results/unversioned-a.json "
           "$ROOT/tests/results/unversioned-b.json --report p.html > /dev/null; tail -n 1 p.html",
           0, "</script></body></html>\n", "");
    EXPECT("$T bench sobel --size 64x48 --on sequential --time 0.001 --json n.json > /dev/null; "
           "$T compare n.json $ROOT/tests/results/unversioned-a.json --report p.html > /dev/null; "
           "grep -o 'of different [a-z ]*versions of triptych' p.html",
           0, "*", "");
}

static void test_many(void)
{
    make_machines(10);
    EXPECT("$T compare m*.json --report p.html > /dev/null; grep -o '<h1>.*</h1>' p.html", 0,
           "<h1>Maker Model * is the fastest of 10: *\xC3\x97 the speed of Maker Model 0K00-0 (2 "
           "cores)</h1>\n",
           "");
    EXPECT("grep -o '9 files compared with m000.json, the reference' p.html", 0, "*", "");
    EXPECT("$T compare m*.json --format svg -o c.svg && python3 -c 'import xml.dom.minidom as m; "
           "m.parse(\"c.svg\")' && grep -c 'class=\"value\">' c.svg",
           0, "9\n", "");
    EXPECT("rm m*.json", 0, "", "");
}

/* ---- its size ---- */

static void test_fifty(void)
{
    make_machines(50);
    EXPECT("timeout 60 $T compare m*.json --report p.html > /dev/null", 0, "", "");
    EXPECT("size=$(wc -c < p.html); test $size -gt 100000 && test $size -le 400000", 0, "", "");
    EXPECT("sed -n '/id=all/,/[/]details>/p' p.html | grep -c '<tr><th scope=row'", 0, "2*\n", "");
}

/* More rows than fit: the page says what it leaves out. */
static void test_large(void)
{
    json_t *real = real_results(), *rows = json_object_get(real, "rows");
    const size_t count = json_array_size(rows);

    for (size_t i = 0; i < count; i++)
        scale_samples(json_array_get(rows, i), 1);
    for (int copy = 1; copy < 12; copy++)
        for (size_t i = 0; i < count; i++) {
            json_t *row = json_deep_copy(json_array_get(rows, i));
            json_object_set_new(row, "height", json_integer(2000 + copy));
            json_array_append_new(rows, row);
        }
    CU_ASSERT_EQUAL(json_dump_file(real, shell_path("a.json"), JSON_COMPACT), 0);
    json_decref(real);
    EXPECT("cp a.json b.json; timeout 60 $T compare a.json b.json --report p.html > /dev/null; "
           "test $(wc -c < p.html) -le 400000 && grep -o 'The table has the first [0-9]* of [0-9]* "
           "rows' p.html",
           0, "The table has the first *", "");
    EXPECT("rm -f *.json", 0, "", "");
}

/* ---- the program ---- */

static void test_places(void)
{
    make_pair();
    EXPECT("$T compare a.json b.json --report -", 0, "<!DOCTYPE html>*</html>\n", "");
    EXPECT(
        "$T compare a.json b.json --report - -o text > p; head -c 15 p; head -c 10 text; rm text",
        0, "<!DOCTYPE html>Medians of", "");
    EXPECT("$T compare a.json b.json --report - -o -", 2, "", "*standard output*");
    EXPECT("$T compare a.json b.json --report - --format csv", 2, "", "*standard output*");
    EXPECT("$T compare a.json b.json --report p.html --format csv | head -n 1", 0, "pipeline,*",
           "");
    /* Before anything is read. */
    EXPECT("$T compare nothing.json none.json --report missing/p.html", 1, "",
           "triptych: cannot write missing/p.html: No such file or directory\n");
    EXPECT("mkdir folder; $T compare a.json b.json --report folder", 1, "",
           "triptych: cannot write folder: *; name a file\n");
    EXPECT("$T compare a.json b.json --report b.json", 2, "", "*would overwrite the input*");
    EXPECT("$T compare a.json b.json --report x -o x", 2, "", "*same file*");
    EXPECT("$T compare a.json nothing.json --report q.html; test -e q.html", 1, "",
           "triptych: cannot read nothing.json: *");
}

/* A disk that is full: neither half a page nor the old one gone. */
static void test_full(void)
{
    make_pair();
    EXPECT("$T compare a.json b.json --report /dev/full > text", 1, "",
           "triptych: cannot write /dev/full: No space left on device\n");
    EXPECT("echo old > p.html; trap '' 25; ulimit -f 16; "
           "$T compare a.json b.json --report p.html > /dev/null",
           1, "", "triptych: cannot write p.html: File too large\n");
    EXPECT("cat p.html; ls -A | grep -c '^[.]triptych'", 1, "old\n0\n", "");
}

/* Times of different results are not compared, and there is no page of them. */
static void test_digests(void)
{
    make_pair();
    EXPECT(
        "rm -f p.html; sed 's/\"digest\":\"[0-9a-f]*\"/\"digest\":\"00000000deadbeef\"/' a.json > "
        "c.json; $T compare a.json c.json --report p.html; code=$?; test -e p.html && echo "
        "written; exit $code",
        3, "", "triptych: a.json and c.json have different results of *");
}

/* ---- in a browser ---- */

static void expect_looks(const char *files, const char *options)
{
    char command[600];

    snprintf(
        command, sizeof command,
        "$T compare %s --report p.html --fail-slower 10%% --format json -o p.json 2>/dev/null; "
        "python3 $ROOT/tests/pages/report.py p.html p.json %s",
        files, options);
    const struct shell_result *result = shell_run(command);
    if (result->code == 77) {
        test_skip("Chromium is not installed");
        return;
    }
    if (result->code != 0) {
        printf("\n%s\n%s%s\n", files, result->out, result->err);
        CU_FAIL("the page");
    }
}

static void test_browser_pair(void)
{
    make_pair();
    expect_looks("b.json a.json", "");
}

static void test_browser_many(void)
{
    make_machines(10);
    expect_looks("m*.json", "--few");
    EXPECT("rm m*.json", 0, "", "");
}

static void test_browser_fifty(void)
{
    make_machines(50);
    expect_looks("m*.json", "--few");
    EXPECT("rm m*.json", 0, "", "");
}

int test_compare_report_suite(void)
{
    CU_pSuite suite = CU_add_suite("compare_report", shell_begin, shell_end);

    return !suite || !CU_add_test(suite, "two machines", test_pair) ||
           !CU_add_test(suite, "no difference", test_open) ||
           !CU_add_test(suite, "fail-slower", test_verdict) ||
           !CU_add_test(suite, "suites and versions", test_versions) ||
           !CU_add_test(suite, "ten machines", test_many) ||
           !CU_add_test(suite, "fifty machines", test_fifty) ||
           !CU_add_test(suite, "too many rows", test_large) ||
           !CU_add_test(suite, "places", test_places) ||
           !CU_add_test(suite, "a full disk", test_full) ||
           !CU_add_test(suite, "different results", test_digests) ||
           !CU_add_test(suite, "two in a browser", test_browser_pair) ||
           !CU_add_test(suite, "ten in a browser", test_browser_many) ||
           !CU_add_test(suite, "fifty in a browser", test_browser_fifty);
}
