/* test_store.c -- results in SQLite: --store, and 'triptych results'. */
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <string.h>

int test_store_suite(void);

/* Stores a run in s.db as fast as can be. */
#define STORE "$T bench invert --size 8,9x4 --time 0.001 --on sequential --isa scalar --store s.db"
#define SQL(query) "$T results s.db --sql \"" query "\" --format csv"
/* Runs whose rows are not all there, and what SQLite thinks of the file. */
#define WHOLE \
    SQL("SELECT count(*) AS torn FROM run WHERE kind = 'pictures' AND json_array_length(json, " \
        "'$.rows') <> (SELECT count(*) FROM row WHERE row.run = run.id)") \
    " && " SQL("PRAGMA integrity_check")
#define IS_WHOLE "torn\n0\nintegrity_check\nok\n"

static bool has_store(void)
{
    if (strstr(shell_run("$T results \"$ROOT/README.md\"")->err, "built without SQLite") == NULL)
        return true;
    test_skip("built without SQLite; sh setup.sh deps installs libsqlite3-dev");
    return false;
}

static void test_stored(void)
{
    if (!has_store())
        return;
    EXPECT(STORE " --json a.json > out && grep -c '^sequential' out", 0, "2\n",
           "triptych: note: stored as run 1 of s.db\n");
    EXPECT("$T results s.db export 1 | cmp - a.json && $T results s.db export 1 -o b.json && cmp "
           "a.json b.json",
           0, "", "");
    EXPECT("$T lab race --quick --store s.db > out && $T compare a.json a.json --store s.db > out",
           0, "", "*stored as run 2 of s.db\n*stored as run 3 of s.db\n");
    EXPECT(SQL("SELECT id, kind, triptych <> '' AS version, cores > 0 AS cores FROM run"), 0,
           "id,kind,version,cores\n1,pictures,1,1\n2,lab,,1\n3,comparison,*\n", "");
    EXPECT(SQL("SELECT run, number, pipeline, width, height, planes, bits, backend, isa, workers, "
               "usable, samples >= 6 AS samples, median_ns > 0 AS time FROM row"),
           0,
           "run,number,pipeline,width,height,planes,bits,backend,isa,workers,usable,samples,time\n"
           "1,1,invert,8,8,3,8,sequential,scalar,1,1,1,1\n"
           "1,2,invert,9,4,3,8,sequential,scalar,1,1,1,1\n",
           "");
    EXPECT("rm -f s.db* out a.json b.json", 0, "", "");
}

static void test_shown(void)
{
    if (!has_store())
        return;
    EXPECT(STORE " > out && " STORE " > out && $T lab race --quick --store s.db > out", 0, "", "*");
    EXPECT("$T results s.db", 0,
           "run *kind *version *\n  1 *pictures *\n  2 *pictures *\n  3 *lab *\n", "");
    EXPECT("$T results s.db show 2 --format csv | cut -d, -f1,3-7", 0,
           "pipeline,size,bits,backend,isa,workers\ninvert,8x8,8,sequential,scalar,1\n"
           "invert,9x4,8,sequential,scalar,1\n",
           "");
    EXPECT("$T results s.db show 3 | sed -n 2p", 0, "race *", "");
    EXPECT(
        "$T results s.db best --format csv | cut -d, -f1,3 && $T results s.db best invert | wc -l",
        0, "pipeline,size\ninvert,9x4\ninvert,8x8\n3\n", "");
    /* The slowest run of a picture has the longest bar. */
    EXPECT("test $($T results s.db history invert --format csv | grep -c "
           "',########################$') -ge 2",
           0, "", "");
    EXPECT("$T results s.db history invert --format json | grep -c '\"ms\": [0-9]'", 0, "4\n", "");
    /* Types are the columns', whatever texts look like. */
    EXPECT(
        "$T results s.db --format json --sql \"SELECT '1234567' AS a, '1.10' AS b, 1.5 AS c, 2 AS "
        "d, NULL AS e\" | tr -d ' \\n'",
        0, "[{\"a\":\"1234567\",\"b\":\"1.10\",\"c\":1.5,\"d\":2,\"e\":null}]", "");
    EXPECT("$T results s.db --format json --sql \"SELECT x'ff' AS a\"", 1, "",
           "*column a is not text*");
    EXPECT("$T results s.db --sql \"SELECT $(seq -s, 65)\"", 2, "", "*65 columns; at most 64*");
    EXPECT("rm -f s.db* out", 0, "", "");
}

static void test_requests(void)
{
    if (!has_store())
        return;
    EXPECT(STORE " > out 2>&1", 0, "", "");
    EXPECT("$T results", 2, "", "*expected the file of a store*");
    EXPECT("$T results s.db shw", 2, "", "*unknown command 'shw'*");
    EXPECT("$T results s.db show", 2, "", "*show needs the number of a run*");
    EXPECT("$T results s.db show x", 2, "", "*the number of a run*x*");
    EXPECT("$T results s.db show 1 2", 2, "", "*too many operands: '2'*");
    EXPECT("$T results s.db history", 2, "", "*history needs a pipeline*");
    EXPECT("$T results s.db export 7", 2, "", "triptych: s.db has no run 7; 'list' lists them\n");
    EXPECT("$T results s.db best sobel", 2, "", "triptych: s.db has no figures of 'sobel'\n");
    EXPECT("$T results s.db list --sql 'SELECT 1'", 2, "", "*remove 'list'*");
    EXPECT("$T results s.db --sql 'DELETE FROM run'", 2, "",
           "triptych: the query would change the store\n");
    EXPECT("$T results s.db --sql 'SELECT 1; DELETE FROM run'", 2, "",
           "*has to be one statement\n");
    EXPECT("$T results s.db --sql 'SELECT x FROM run'", 2, "", "*query is wrong: no such column*");
    EXPECT("$T results s.db -o s.db", 2, "", "*");
    EXPECT("$T results s.db | sed -n '2p' | cut -c1-3; rm -f s.db* out", 0, "  1\n", "");
}

/* What was measured is printed before it is stored. */
static void test_unusable(void)
{
    if (!has_store())
        return;
    EXPECT("$T results s.db", 1, "", "triptych: cannot read s.db: No such file or directory\n");
    EXPECT("echo text > s.db; " STORE " > out; echo $?; grep -c ^sequential out; cat s.db", 0,
           "1\n2\ntext\n", "triptych: cannot read s.db: file is not a database\n");
    EXPECT("rm s.db; mkdir s.db; " STORE " > out; echo $?; grep -c ^sequential out; rmdir s.db", 0,
           "1\n2\n", "triptych: cannot open s.db: *");
#define PYTHON(statements) \
    "python3 -c \"import sqlite3; c = sqlite3.connect('s.db'); " statements "; c.commit()\""
    EXPECT(PYTHON("c.execute('CREATE TABLE t (x)')") " && " STORE
                                                     " > out; echo $?; $T results s.db",
           1, "1\n",
           "triptych: s.db is a database, but no store of triptych\ntriptych: s.db is a database, "
           "but no store of triptych\n");
    EXPECT("rm -f s.db; " PYTHON("c.execute('PRAGMA application_id = -1')") "; $T results s.db", 1,
           "", "triptych: s.db is a database, but no store of triptych\n");
    EXPECT("rm s.db; " STORE " > out && " PYTHON(
               "c.execute('PRAGMA user_version = 99')") " && " STORE
                                                        " > out; echo $?; $T results s.db",
           1, "1\n", "*note*\n*later version*\n*later version*\n");
    EXPECT("rm -f s.db*; : > s.db; $T results s.db; " STORE " > out && $T results s.db | wc -l", 0,
           "2\n", "triptych: s.db has no runs\n*note*\n");
    EXPECT("rm -f s.db* out", 0, "", "");
}

/* A folder in which nothing may be written, as a user who has no more rights than others. */
static void test_unchanging(void)
{
    if (!has_store())
        return;
    if (shell_run("setpriv --reuid 65534 --regid 65534 --clear-groups true")->code != 0) {
        test_skip("cannot become another user");
        return;
    }
#define AS_NOBODY "setpriv --reuid 65534 --regid 65534 --clear-groups "
    EXPECT("mkdir r && cd r && " STORE " > ../out 2>&1 && chmod 755 . .. && chmod 644 s.db && ls",
           0, "s.db\n", "");
    EXPECT("cd r && " AS_NOBODY "$T results s.db | wc -l", 0, "2\n", "");
    EXPECT("cd r && " AS_NOBODY STORE " > /dev/null; echo $?; rm -r ../r ../out", 0, "1\n",
           "triptych: cannot * s.db: *\n");
}

static void test_many(void)
{
    if (!has_store())
        return;
    EXPECT(
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do " STORE
        " > /dev/null 2>> err & done; wait; grep -c 'stored as run' err; grep -v 'stored as run' "
        "err; " SQL("SELECT count(*) FROM run") " && " WHOLE "; rm -f err s.db*",
        0, "16\ncount(*)\n16\n" IS_WHOLE, "");
}

/* Killed at moments that spread over its whole life, 40 unless TRIPTYCH_KILLS says otherwise. What
 * was said to be stored is. */
static void test_killed(void)
{
    if (!has_store())
        return;
    EXPECT(
        STORE
        " > /dev/null 2> err; i=0; while [ $i -lt ${TRIPTYCH_KILLS:-40} ]; do i=$((i + 1)); " STORE
        " > /dev/null 2>> err & sleep 0.0$((i % 10))$i; kill -9 $! 2> /dev/null; "
        "wait $! 2> /dev/null; done; said=$(grep -c 'stored as run' err); " WHOLE "; "
        "test $($T results s.db --sql 'SELECT count(*) FROM run' | tail -1) -ge $said; "
        "echo $?; rm -f err s.db*",
        0, IS_WHOLE "0\n", "*");
}

int test_store_suite(void)
{
    CU_pSuite suite = CU_add_suite("store", shell_begin, shell_end);
    if (suite == NULL)
        return 1;
    CU_add_test(suite, "what is stored", test_stored);
    CU_add_test(suite, "what is shown", test_shown);
    CU_add_test(suite, "wrong requests", test_requests);
    CU_add_test(suite, "files that cannot be a store", test_unusable);
    CU_add_test(suite, "nothing may be written", test_unchanging);
    CU_add_test(suite, "16 processes at once", test_many);
    CU_add_test(suite, "killed", test_killed);
    return 0;
}
