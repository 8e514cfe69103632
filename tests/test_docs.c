/* test_docs.c -- docs/concurrency.md: that it is whole and up to date, and that it claims only what
 * the run behind it has shown. */
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>

int test_docs_suite(void);

#define NAMES "$($T lab | sed -n 's/^\\([a-z]*\\)  *[A-Z].*/\\1/p')"
#define PAGE "$ROOT/docs/concurrency.md"
#define TEMPLATE "$ROOT/docs/concurrency.in.md"
#define CHECK "python3 \"$ROOT/tests/check_page.py\" "
/* Makes a page of a template, both to be named, with the program ./lab. */
#define MAKE "python3 \"$ROOT/bench/concurrency_page.py\" ./lab "

/* ---- the page in the tree ---- */

static void test_page(void)
{
    EXPECT("grep -c -e '{{' -e '}}' \"" PAGE "\"", 1, "0\n", "");
    EXPECT("test $(echo " NAMES " | wc -w) = $(ls \"$ROOT/host/lab/experiments\" | wc -l)", 0, "",
           "");
    EXPECT("for n in " NAMES "; do grep -q \"^| .$n. | .* [a-z]* |$\" \"" PAGE
           "\" || echo \"no claim of $n\"; "
           "grep -q \"triptych lab [a-z ]*\\b$n\\b\" \"" PAGE "\" || echo \"$n is not run\"; done",
           0, "", "");
}

/* `make docs` was run after the last change of the text. */
static void test_made(void)
{
    EXPECT(CHECK "made \"" TEMPLATE "\" \"" PAGE "\"", 0, "", "");
    EXPECT("printf 'a {{x}} b {{y}} c' > t; printf 'a 1 b 2 d' > p; " CHECK "made t p; rm t p", 0,
           "p lacks: c\n", "");
}

static void test_links(void)
{
    EXPECT("cd \"$ROOT\" && " CHECK "links docs/*.md", 0, "", "");
    EXPECT("grep -c '(docs/concurrency.md)' \"$ROOT/README.md\"", 0, "1\n", "");
    EXPECT(
        "printf '# One, two\\n[a](#one-two) [b](#three) [c](no.md) [d](https://e.fr/g)' > p; " CHECK
        "links p; rm p",
        0, "p: no heading #three\np: no file no.md\n", "");
}

/* `make gallery` was run after the last kernel came. */
static void test_gallery(void)
{
    EXPECT("$T kernels --json | sed -n 's/^    \"name\": \"\\(.*\\)\",/\\1/p' > names; test -s "
           "names && "
           "for n in $(cat names); do grep -q \"<figure id=.$n.><img .*data:image\" "
           "\"$ROOT/docs/gallery.html\" || echo \"no picture of $n: make gallery\"; done; rm names",
           0, "", "");
}

/* ---- pages of runs that are made up ---- */

/* ./lab is triptych with a run in which all findings have the same verdict. */
static void make_up(void)
{
    EXPECT("printf '#!/bin/sh\\nexec python3 \"$ROOT/tests/made_up_lab.py\" \"$@\"\\n' > lab; "
           "chmod +x lab",
           0, "", "");
}

/* count PATTERN: says if not as many lines of the page match as there are experiments. */
#define RUN(verdict) \
    "count() { test $(grep -c -e \"$1\" p.md) = $(ls \"$ROOT/host/lab/experiments\" | wc -l) || " \
    "echo \"wrong count: $1\"; }; " \
    "export ROOT TEMPLATE=\"" TEMPLATE "\" NAMES=\"" NAMES "\" VERDICT=" verdict "; " MAKE \
    "\"$TEMPLATE\" p.md && "

#define BUSY "concurrency_page.py: other programs kept cores busy during *race*: run it again *\n"

/* The word stands only where the text explains it. */
static void test_verdicts(void)
{
    make_up();
    EXPECT(RUN("unclear") "count '^- \\*\\*unclear\\*\\*: '; count '| 1 unclear |'; "
                          "grep shown p.md > a; grep shown \"$TEMPLATE\" | cmp - a && "
                          "grep -c 'not so' p.md",
           0, "1\n", BUSY);
    EXPECT(RUN("refuted") "count '^- \\*\\*not so\\*\\*: '; count '| 1 not so |'; "
                          "grep shown p.md | cmp - a",
           0, "", BUSY);
    EXPECT(RUN("shown") "count '^- \\*\\*shown\\*\\*: '; rm a p.md lab", 0, "", BUSY);
}

/* What stands for each placeholder. */
static void test_placeholders(void)
{
    make_up();
    EXPECT(RUN("unclear") "count 'other programs kept 1.5 of 2 cores busy'; "
                          "grep -c -e '{{' -e '}}' p.md; "
                          "grep -c 'Made Up, 2 cores.* 2001-02-03' p.md; "
                          "grep -c '^main  ENABLES' p.md; "
                          "grep -A4 '^Which core ran' p.md | grep -c '^core 0  by core'; grep -q "
                          "'it cannot tell' p.md && "
                          "grep '^| work, all' p.md | sort -u; "
                          "grep -e '^| alone' -e '^| all' -e '^| device' p.md; rm p.md lab",
           0,
           "0\n1\n1\n1\n"
           "| work, all | 1.23 ms | 1.25 | 0.9 to 1.75 | 22.1 % lost, 4096 page faults |\n"
           "| alone | 1.23 ms · 1× |  |  |\n| all | 1.23 ms · 1.25× (0.9 to 1.75) |  |  |\n"
           "| device | not run |  |  |\n",
           BUSY);
}

/* Each error names the placeholder, and the page that there was stays. */
static void test_errors(void)
{
    make_up();
#define WRONG(text, error) \
    EXPECT("export ROOT TEMPLATE=t.md NAMES=race VERDICT=shown; " \
           "echo '{{findings race}} " text "' > t.md; echo old > p.md; " MAKE "t.md p.md; " \
           "echo $?; cat p.md; ls p.md*; rm t.md p.md", \
           0, "1\nold\np.md\n", "concurrency_page.py: " error "\n")
    WRONG("{{rows nothing}}", "{{rows nothing}} has no value: the run has no experiment 'nothing'");
    WRONG("{{pie race}}", "{{pie race}} has no value: there is no such placeholder");
    WRONG("{{ratio race: work, alone}}", "{{ratio race: work, alone}} has no value: the row is *");
    WRONG("{{median order: x}}", "{{median order: x}} has no value: *no experiment 'order'");
    WRONG("{{cores order}}", "{{cores order}} has no value: *no experiment 'order'");
    WRONG("{{rows race", "'{{rows race' is no placeholder");
    EXPECT("export ROOT TEMPLATE=t.md NAMES='race order' VERDICT=shown; "
           "echo '{{findings race}}' > t.md; " MAKE "t.md p.md",
           1, "", "*the template leaves out 'order': write {{findings order}} where it belongs\n");
    EXPECT("printf '#!/bin/sh\\necho broken >&2; exit 1\\n' > lab; " MAKE "t.md p.md", 1, "",
           "concurrency_page.py: './lab lab --all --json *' failed (1): broken\n");
    EXPECT("rm lab; " MAKE "t.md p.md", 1, "", "concurrency_page.py: cannot run ./lab: *\n");
    EXPECT(MAKE "none.md p.md", 1, "", "concurrency_page.py: none.md: No such file *\n");
    EXPECT("rm t.md; ls", 0, "", "");
}

int test_docs_suite(void)
{
    CU_pSuite suite = CU_add_suite("docs", shell_begin, shell_end);

    if (suite == NULL)
        return CU_get_error();
    CU_add_test(suite, "the page on concurrency", test_page);
    CU_add_test(suite, "made from its text", test_made);
    CU_add_test(suite, "links", test_links);
    CU_add_test(suite, "gallery", test_gallery);
    CU_add_test(suite, "verdicts", test_verdicts);
    CU_add_test(suite, "placeholders", test_placeholders);
    CU_add_test(suite, "errors", test_errors);
    return 0;
}
