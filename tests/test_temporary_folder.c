/* test_temporary_folder.c -- folders that are gone when nobody wants them any more. */
#include "image/temporary_folder.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int test_temporary_folder_suite(void);

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* TMPDIR is a folder of the test's. */
static void set_place(const char *name)
{
    CU_ASSERT_EQUAL_FATAL(setenv("TMPDIR", shell_path(name), 1), 0);
}

static void make(const char *what, char **path)
{
    struct tri_error error = {0};

    CU_ASSERT_EQUAL_FATAL(tri_temporary_folder_make(what, path, &error), TRI_OK);
}

/* In any order, with files in them. */
static void test_make(void)
{
    char *folders[3], path[300], name[400];
    struct stat status;

    EXPECT("rm -rf place; mkdir place", 0, "", "");
    set_place("place");
    for (int i = 0; i < 3; i++) {
        make("test", &folders[i]);
        snprintf(name, sizeof name, "%s/file", folders[i]);
        const int file = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        CU_ASSERT(file >= 0 && close(file) == 0);
        CU_ASSERT(stat(folders[i], &status) == 0 && (status.st_mode & 0777) == 0700);
    }
    EXPECT("ls place | grep -c '^triptych-test-......$'", 0, "3\n", "");
    for (int i = 0; i < 3; i++) {
        const int number = (i + 1) % 3;
        snprintf(path, sizeof path, "%s", folders[number]);
        tri_temporary_folder_remove(folders[number]);
        CU_ASSERT(!is_folder(path));
        CU_ASSERT(i == 2 || is_folder(folders[(i + 2) % 3]));
    }
    tri_temporary_folder_remove(NULL);
    EXPECT("rmdir place", 0, "", "");
    unsetenv("TMPDIR");
}

/* One that somebody else has removed already is no error. */
static void test_gone(void)
{
    char *path;

    EXPECT("rm -rf place; mkdir place", 0, "", "");
    set_place("place");
    make("test", &path);
    EXPECT("rm -r place", 0, "", "");
    tri_temporary_folder_remove(path);
    unsetenv("TMPDIR");
}

static void test_default(void)
{
    char *path;

    setenv("TMPDIR", "", 1);
    make("test", &path);
    CU_ASSERT_EQUAL(strncmp(path, "/tmp/triptych-test-", 19), 0);
    tri_temporary_folder_remove(path);
    unsetenv("TMPDIR");
}

static void test_failure(void)
{
    struct tri_error error = {0};
    char *path, place[5000];

    setenv("TMPDIR", "/nowhere", 1);
    CU_ASSERT_EQUAL(tri_temporary_folder_make("test", &path, &error), TRI_FAILED);
    CU_ASSERT_PTR_NULL(path);
    CU_ASSERT_STRING_EQUAL(error.text, "cannot make a folder in /nowhere: No such file or "
                                       "directory; set TMPDIR to one that can be written");
    memset(place, 'a', sizeof place - 1); /* longer than any path may be */
    place[sizeof place - 1] = '\0';
    setenv("TMPDIR", place, 1);
    CU_ASSERT_EQUAL(tri_temporary_folder_make("test", &path, &error), TRI_FAILED);
    CU_ASSERT_PTR_NULL(path);
    unsetenv("TMPDIR");
}

int test_temporary_folder_suite(void)
{
    CU_pSuite suite = CU_add_suite("temporary folders", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "made and removed", test_make) &&
             CU_add_test(suite, "gone already", test_gone) &&
             CU_add_test(suite, "in /tmp", test_default) &&
             CU_add_test(suite, "failures", test_failure));
}
