/* test_instructions.c -- bench/instructions.py: what it takes as more instructions, and that it
 * never passes without having compared. The counts themselves are `make instructions`. */
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>

#define SCRIPT "python3 \"$ROOT/bench/instructions.py\" "
#define PYTHON "cd \"$ROOT/bench\" && python3 -B -c 'import instructions as i; "

static bool has_python(void)
{
    if (shell_run("python3 -c ''")->code == 0)
        return true;
    test_skip("no python3");
    return false;
}

static void test_compare(void)
{
    if (!has_python())
        return;
    EXPECT(PYTHON "print(i.compare({\"a\": 1.0, \"b\": 2.0}, {\"a\": 1.0199, \"b\": 1.99}))'", 0,
           "True\n", "");
    EXPECT(PYTHON "print(i.compare({\"a\": 1.0, \"b\": 2.0}, {\"a\": 1.0, \"b\": 2.05}))'", 0,
           "b: 2.050, was 2.000: 2.5 % MORE\nFalse\n", "");
    EXPECT(PYTHON "print(i.compare({}, {\"a\": 1.0}))'", 0,
           "a: 1.000, not in the table: add it with --update\nFalse\n", "");
    EXPECT(PYTHON "print(i.compare({\"a\": 1.0, \"b\": 2.0}, {\"a\": 0.9}))'", 0,
           "a: 0.900, was 1.000: 10.0 % less: keep it with --update\nb: in the table, no longer in "
           "the suite: remove it with --update\nTrue\n",
           "");
}

/* Every table that is kept has each pipeline of the suite, and nothing else. */
static void test_table(void)
{
    if (!has_python())
        return;
    EXPECT(PYTHON "tables = i.read_table()[\"compilers\"]; print(len(tables) > 0, "
                  "all(list(t) == [i.name_of(w) for w in i.works()] for t in tables.values()))'",
           0, "True True\n", "");
}

/* With other compilers, a sanitizer, or without valgrind, nothing passes. */
static void test_not_compared(void)
{
    if (!has_python())
        return;
    EXPECT(PYTHON "import os; os.environ[\"PATH\"] = \"none\"; i.main()'", 77, "",
           "instructions.py: valgrind is not installed; not compared\n");
    EXPECT("mkdir b none", 0, "", "");
    EXPECT(
        "printf '#!/bin/sh\nexit 1\n' > none/valgrind; printf '#!/bin/sh\necho some clang 99.1\n' "
        "> none/other; chmod +x none/*; export PATH=\"$PWD/none:$PATH\"; echo other -O3 > "
        "b/kernel.flags; echo other -O2 > b/host.flags; " SCRIPT "b",
        77, "",
        "instructions.py: the table has no kernels by clang 99.1, host by clang 99.1, only: "
        "*; not compared\n");
    EXPECT("PATH=\"$PWD/none:$PATH\"; echo other -fsanitize=address > b/host.flags; " SCRIPT "b",
           77, "", "instructions.py: b is built with a sanitizer, *; not compared\n");
    EXPECT("PATH=\"$PWD/none:$PATH\"; rm b/host.flags; " SCRIPT "b", 1, "",
           "instructions.py: cannot read b/host.flags: No such file*");
    EXPECT("rm -r b none", 0, "", "");
}

int test_instructions_suite(void)
{
    CU_pSuite suite = CU_add_suite("instructions", shell_begin, shell_end);

    return !suite || !CU_add_test(suite, "more or less", test_compare) ||
           !CU_add_test(suite, "the table", test_table) ||
           !CU_add_test(suite, "not compared", test_not_compared);
}
