/* test_lab_database.c -- the experiment on databases: what it concludes, and a run of it. */
#include "lab_rows.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <string.h>

int test_lab_database_suite(void);

/* Additions: percent lost and repeated of each way; NULL ends. */
static void add_additions(struct tri_lab_run *run, double lost, double repeated, double waiting)
{
    static const char *const names[] = {"read, then write", "one statement", "deferred transaction",
                                        "immediate transaction"};
    const double figures[][2] = {{lost, 0}, {0, 0}, {0, repeated}, {0, waiting}};

    for (int i = 0; i < 4; i++) {
        lab_row(run, names[i], run->settings.workers, 1000000, 0);
        lab_figure(run, figures[i][0]);
        lab_figure(run, figures[i][1]);
    }
}

/* Times with a journal and a log; percent of second reads that differ, and of writes refused. */
static void add_readers(struct tri_lab_run *run, int64_t journal, int64_t log)
{
    lab_row(run, "journal, writer and readers", 2, journal, 0);
    lab_figure(run, 20);
    lab_row(run, "log, writer and readers", 2, log, 0);
    lab_figure(run, 0);
}

static void add_reads(struct tri_lab_run *run, double apart, double inside, double held_up)
{
    const double figures[][2] = {{apart, 0}, {inside, 0}, {0, held_up}};
    static const char *const names[] = {"log, two reads", "log, two reads in a transaction",
                                        "journal, two reads in a transaction"};

    for (int i = 0; i < 3; i++) {
        lab_row(run, names[i], 1, 1000000, 0);
        lab_figure(run, figures[i][0]);
        lab_figure(run, figures[i][1]);
    }
}

static void test_conclusions(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "database", 2);
    add_additions(&run, 30, 12, 0);
    add_readers(&run, 4000000, 1000000);
    add_reads(&run, 100, 0, 100);
    lab_expect(&run, "ssssss", 1);
    lab_begin(&run, "database", 2); /* all as it should not be */
    add_additions(&run, 30, 12, 3);
    add_readers(&run, 1000000, 4000000);
    add_reads(&run, 0, 100, 0);
    lab_expect(&run, "ssrrrr", 1);
    lab_begin(&run, "database", 1); /* nobody to meet, and no readers */
    add_additions(&run, 0, 0, 0);
    add_reads(&run, 100, 0, 100);
    lab_expect(&run, "ususs", -1);
    lab_begin(&run, "database", 2);
    tri_lab_skip(tri_lab_add(&run, NULL, NULL, 2, "read, then write"), "no SQLite");
    lab_expect(&run, "u", -1);
}

/* What does not depend on chance is the same in each run. */
static void test_run(void)
{
    if (strstr(shell_run("$T results \"$ROOT/README.md\"")->err, "built without SQLite") != NULL) {
        test_skip("built without SQLite; sh setup.sh deps installs libsqlite3-dev");
        return;
    }
    EXPECT(
        "TMPDIR=$PWD $T lab database --quick --workers 3 > text && "
        "sed -n 's/  *[0-9.]* [mu]s .*, \\([0-9]* % lost, 0 % repeated\\)$/ \\1/p;"
        " s/  *[0-9.]* [mu]s .*  \\([0-9]* % of second.*\\)/ \\1/p;"
        " s/  *[0-9.]* [mu]s .*, \\([0-9]* % of second.*\\)/ \\1/p' text | grep -v 'read, then' && "
        "ls && rm text",
        0,
        "  one statement 0 % lost, 0 % repeated\n  immediate transaction 0 % lost, 0 % repeated\n"
        "  log, two reads 100 % of second reads differ, 0 % of writes refused\n"
        "  log, two reads in a transaction 0 % of second reads differ, 0 % of writes refused\n"
        "  journal, two reads in a transaction 0 % of second reads differ, 100 % of writes "
        "refused\ntext\n",
        "");
    EXPECT("TMPDIR=/no/such $T lab database --quick", 1, "*", "*/no/such*");
}

int test_lab_database_suite(void)
{
    CU_pSuite suite = CU_add_suite("lab_database", shell_begin, shell_end);
    if (suite == NULL)
        return 1;
    CU_add_test(suite, "conclusions", test_conclusions);
    CU_add_test(suite, "a run", test_run);
    return 0;
}
