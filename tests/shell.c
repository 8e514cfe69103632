/* shell.c -- the program as users see it: a command, an exit code, and two streams. */
#include "shell.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], program[PATH_MAX], root[PATH_MAX];
static struct shell_result result;

int shell_begin(void)
{
    const char *given = getenv("TRIPTYCH");

    if (!realpath(given ? given : "build/triptych", program)) {
        perror(given ? given : "build/triptych");
        return 1;
    }
    strcpy(folder, "/tmp/triptych-test-XXXXXX");
    return !getcwd(root, sizeof root) || !mkdtemp(folder);
}

int shell_end(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) != 0;
}

const char *shell_path(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* A file that listings of the folder do not show, since tests check those. */
static int capture_file(void)
{
    char path[] = "/tmp/triptych-test-XXXXXX";
    int file = mkostemp(path, O_CLOEXEC);

    unlink(path);
    return file;
}

static void read_back(int file, char *text, size_t size)
{
    ssize_t length = pread(file, text, size - 1, 0);

    text[length < 0 ? 0 : length] = '\0';
    close(file);
}

const struct shell_result *shell_run(const char *command)
{
    int out = capture_file(), err = capture_file(), status = 0;
    pid_t child = fork();

    if (child == 0) {
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (chdir(folder) == 0 && dup2(null, 0) >= 0 && dup2(out, 1) >= 0 && dup2(err, 2) >= 0) {
            setenv("T", program, 1);
            setenv("ROOT", root, 1);
            unsetenv("POSIXLY_CORRECT");
            unsetenv("NO_COLOR");       /* .ci/run sets it */
            unsetenv("POCL_CACHE_DIR"); /* set by test_main.c; the program sets its own */
            unsetenv("POCL_MAX_PTHREAD_COUNT");
            unsetenv("POCL_CPU_MAX_CU_COUNT");
            unsetenv("POCL_AFFINITY");
            execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        }
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        status = 127 << 8;
    result.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    read_back(out, result.out, sizeof result.out);
    read_back(err, result.err, sizeof result.err);
    return &result;
}

static bool matches(const char *pattern, const char *text)
{
    for (; *pattern != '*'; pattern++, text++) {
        if (*pattern != *text)
            return false;
        if (!*pattern)
            return true;
    }
    do
        if (matches(pattern + 1, text))
            return true;
    while (*text++);
    return false;
}

static bool check(bool good, const char *file, int line, const char *command, const char *what,
                  const char *expected, const char *actual)
{
    if (!good)
        printf("\n%s:%d: %s\n-- %s expected:\n%s\n-- but got:\n%s\n", file, line, command, what,
               expected, actual);
    return good;
}

void shell_expect(const char *file, int line, const char *command, int code, const char *out,
                  const char *err)
{
    char expected[16], actual[16];
    bool good;

    shell_run(command);
    snprintf(expected, sizeof expected, "%d", code);
    snprintf(actual, sizeof actual, "%d", result.code);
    good = check(result.code == code, file, line, command, "exit code", expected, actual);
    good &=
        check(matches(out, result.out), file, line, command, "standard output", out, result.out);
    good &= check(matches(err, result.err), file, line, command, "standard error", err, result.err);
    CU_assertImplementation(good, (unsigned)line, command, file, "", CU_FALSE);
}
