/* own_compile.c -- runs the compiler for kernel files: clang, which gives lanes, else any other. */
#include "../image/temporary_folder.h"
#include "../child.h"
#include "own.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { ARGUMENTS_MAX = 64, LOG_MAX = 1 << 20, LOG_SHOWN = 760 };

/* ---- finding it ---- */

static bool is_program(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static bool in_path(const char *name, char path[PATH_MAX])
{
    const char *folders = getenv("PATH");
    for (const char *at = folders; at != NULL && *at != '\0';) {
        const size_t length = strcspn(at, ":");
        const int made = snprintf(path, PATH_MAX, "%.*s/%s", length > 0 ? (int)length : 1,
                                  length > 0 ? at : ".", name);
        if (made > 0 && made < PATH_MAX && is_program(path))
            return true;
        at += length + (at[length] == ':');
    }
    return false;
}

/* Its real path, size and times: another version, or one behind a link, is another compiler. */
static bool identify(struct tri_own_compiler *compiler)
{
    struct stat status;
    char real[PATH_MAX];
    if (realpath(compiler->path, real) == NULL || stat(real, &status) != 0)
        return false;
    snprintf(compiler->identity, sizeof compiler->identity, "%s %lld %lld.%09ld", real,
             (long long)status.st_size, (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    const char *slash = strrchr(real, '/');
    compiler->clang = strstr(slash != NULL ? slash : real, "clang") != NULL;
    return true;
}

enum tri_status tri_own_compiler_find(struct tri_own_compiler *compiler, struct tri_error *error)
{
    static const char *const names[] = {"clang", "cc", "gcc"};
    const char *chosen = secure_getenv("TRIPTYCH_CC");
    bool found = false;
    if (chosen != NULL && chosen[0] != '\0') {
        if (strchr(chosen, '/') != NULL)
            found = strlen(chosen) < PATH_MAX && is_program(strcpy(compiler->path, chosen));
        else
            found = in_path(chosen, compiler->path);
        if (!found || !identify(compiler))
            return tri_fail(error, TRI_FAILED,
                            "there is no program '%.200s' to compile with, which TRIPTYCH_CC names",
                            chosen);
        return TRI_OK;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !found; i++)
        found = in_path(names[i], compiler->path) && identify(compiler);
    if (!found)
        return tri_fail(error, TRI_FAILED,
                        "no compiler is in PATH: install clang (apt-get install clang), or name "
                        "one in TRIPTYCH_CC");
    return TRI_OK;
}

/* ---- options ---- */

#define LEVEL_FLAGS(level, flags) [TRI_LEVEL_##level] = flags,
static const char *const level_flags[] = {
#include "level_flags.h"
};
#define LEVEL_NAME(level, argument) #level,
static const char *const level_names[] = {TRI_LEVELS(LEVEL_NAME, 0)};

struct arguments {
    char *list[ARGUMENTS_MAX + 1];
    int count;
    bool failed;
};

static void add(struct arguments *arguments, const char *text, size_t length)
{
    char *copy = arguments->count < ARGUMENTS_MAX ? strndup(text, length) : NULL;
    arguments->failed |= copy == NULL;
    if (copy != NULL)
        arguments->list[arguments->count++] = copy;
}

/* Words separated by blanks. */
static void add_words(struct arguments *arguments, const char *words)
{
    for (words += strspn(words, " "); *words != '\0'; words += strspn(words, " ")) {
        const size_t length = strcspn(words, " ");
        add(arguments, words, length);
        words += length;
    }
}

/* Those of the Makefile. Checks are made in scalar code, where they report lines. */
static void add_options(struct arguments *arguments, const struct tri_own_compiler *compiler,
                        const struct tri_own_build *build)
{
    char words[100];
    const bool checks = (build->parts & TRI_OWN_CHECKS) != 0;
    add_words(
        arguments,
        "-std=c11 -D_GNU_SOURCE -fPIC -fvisibility=hidden -ffp-contract=off "
        "-Werror=implicit-function-declaration -Wall -Wno-unused-function -Wno-unknown-pragmas "
        "-Wno-missing-field-initializers -Wno-psabi -Wno-unused-variable");
    add_words(arguments, compiler->clang ? "-Wno-pass-failed -fno-color-diagnostics "
                                           "-ferror-limit=5 -fmacro-backtrace-limit=1"
                                         : "-fdiagnostics-color=never -fmax-errors=5 "
                                           "-ftrack-macro-expansion=0");
    if (checks)
        add_words(arguments, "-O0 -DTRI_CHECK -fsanitize=signed-integer-overflow,shift,"
                             "integer-divide-by-zero,float-divide-by-zero,float-cast-overflow,"
                             "bounds");
    else
        add_words(arguments, "-O3");
    add_words(arguments, level_flags[build->level]);
    snprintf(words, sizeof words, "-DLEVEL=%s -DBITS=%d%s", level_names[build->level], build->bits,
             (build->parts & TRI_OWN_HOST) != 0 ? " -DHOST" : "");
    add_words(arguments, words);
}

static void free_arguments(struct arguments *arguments)
{
    for (int i = 0; i < arguments->count; i++)
        free(arguments->list[i]);
}

void tri_own_options(const struct tri_own_compiler *compiler, const struct tri_own_build *build,
                     FILE *to)
{
    struct arguments arguments = {.count = 0};
    add_options(&arguments, compiler, build);
    for (int i = 0; i < arguments.count; i++)
        fprintf(to, " %s", arguments.list[i]);
    free_arguments(&arguments);
}

/* ---- running it ---- */

/* In the group of the program, so that an interrupt from the terminal ends it too. */
static int start(const char *program, char *const arguments[], const char *log, pid_t *child)
{
    struct tri_spawn spawn;
    int code = tri_spawn_begin(&spawn, 0);
    if (code != 0)
        return code;
    code = posix_spawn_file_actions_addopen(&spawn.actions, 0, "/dev/null", O_RDONLY, 0);
    code = code != 0 ? code
                     : posix_spawn_file_actions_addopen(&spawn.actions, 1, log,
                                                        O_WRONLY | O_CREAT | O_TRUNC, 0600);
    code = code != 0 ? code : posix_spawn_file_actions_adddup2(&spawn.actions, 1, 2);
    code = code != 0
               ? code
               : posix_spawn(child, program, &spawn.actions, &spawn.attributes, arguments, environ);
    tri_spawn_end(&spawn);
    return code;
}

static bool write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return false;
    const bool written = fputs(text, file) >= 0;
    return (fclose(file) == 0) & written;
}

/* Reads a file of at most `most` bytes, with a zero after it; the caller frees it. */
static char *read_whole(const char *path, size_t most, size_t *size)
{
    FILE *file = fopen(path, "re");
    struct stat status;
    char *text = NULL;
    if (file != NULL && fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode)) {
        *size = (size_t)status.st_size < most ? (size_t)status.st_size : most;
        text = malloc(*size + 1);
        if (text != NULL && fread(text, 1, *size, file) != *size) {
            free(text);
            text = NULL;
        } else if (text != NULL) {
            text[*size] = '\0';
        }
    }
    if (file != NULL)
        fclose(file);
    return text;
}

/* The beginning of the log, in whole lines. */
static size_t shown(const char *log)
{
    size_t length = strlen(log);
    if (length > LOG_SHOWN) {
        length = LOG_SHOWN;
        while (length > 0 && log[length - 1] != '\n')
            length--;
    }
    while (length > 0 && log[length - 1] == '\n')
        length--;
    return length;
}

/* Errors in the text, which is in the log by its name, are the user's; others, such as a missing
 * linker, are not. */
static enum tri_status fail(const struct tri_own_compiler *compiler,
                            const struct tri_own_build *build, int status, const char *log,
                            struct tri_error *error)
{
    const bool text =
        log != NULL && strstr(log, "error:") != NULL && strstr(log, build->path) != NULL;
    if (text)
        return tri_fail(error, TRI_USAGE, "%.200s does not compile:\n%.*s", build->path,
                        (int)shown(log), log);
    if (WIFSIGNALED(status))
        return tri_fail(error, TRI_FAILED, "%.200s: the compiler %.200s was ended by signal %d",
                        build->path, compiler->path, WTERMSIG(status));
    return tri_fail(error, TRI_FAILED, "%.200s: the compiler %.200s failed%s%.*s", build->path,
                    compiler->path, log != NULL && log[0] != '\0' ? ":\n" : "",
                    log != NULL ? (int)shown(log) : 0, log != NULL ? log : "");
}

static enum tri_status wait_for(pid_t child, int *status)
{
    pid_t got;
    do {
        got = waitpid(child, status, 0);
    } while (got < 0 && errno == EINTR);
    return got == child ? TRI_OK : TRI_FAILED;
}

static enum tri_status run(const struct tri_own_compiler *compiler,
                           const struct tri_own_build *build, char *const arguments[],
                           const char *folder, void **object, size_t *size, char **log,
                           struct tri_error *error)
{
    char path[PATH_MAX];
    size_t log_size;
    pid_t child;
    int status = 0;
    snprintf(path, sizeof path, "%s/log", folder);
    const int code = start(compiler->path, arguments, path, &child);
    if (code != 0)
        return tri_fail(error, TRI_FAILED, "%.200s: cannot start the compiler %.200s: %s",
                        build->path, compiler->path, strerror(code));
    if (wait_for(child, &status) != TRI_OK)
        return tri_fail(error, TRI_FAILED, "%.200s: cannot wait for the compiler: %s", build->path,
                        strerror(errno));
    *log = read_whole(path, LOG_MAX, &log_size);
    if (status != 0)
        return fail(compiler, build, status, *log, error);
    snprintf(path, sizeof path, "%s/kernel.so", folder);
    *object = read_whole(path, SIZE_MAX, size);
    return *object != NULL ? TRI_OK
                           : tri_fail(error, TRI_FAILED, "cannot read what %.200s made of %.200s",
                                      compiler->path, build->path);
}

static enum tri_status compile_in(const char *folder, const struct tri_own_compiler *compiler,
                                  const struct tri_own_build *build, void **object, size_t *size,
                                  char **log, struct tri_error *error)
{
    struct arguments arguments = {.count = 0};
    char source[PATH_MAX], target[PATH_MAX];
    snprintf(source, sizeof source, "%s/kernel.c", folder);
    snprintf(target, sizeof target, "%s/kernel.so", folder);
    if (!write_text(source, build->text))
        return tri_fail(error, TRI_FAILED, "cannot write %s: %s", source, strerror(errno));
    add(&arguments, compiler->path, strlen(compiler->path));
    add_options(&arguments, compiler, build);
    add_words(&arguments, "-shared -o");
    add(&arguments, target, strlen(target));
    add(&arguments, source, strlen(source));
    /* The sanitizer's reports come to us, not to its library. */
    add_words(&arguments, "-nodefaultlibs -lm -lc");
    const enum tri_status status =
        arguments.failed ? tri_fail(error, TRI_FAILED, "out of memory for a compiler's options")
                         : run(compiler, build, arguments.list, folder, object, size, log, error);
    free_arguments(&arguments);
    return status;
}

enum tri_status tri_own_compile(const struct tri_own_compiler *compiler,
                                const struct tri_own_build *build, void **object, size_t *size,
                                char **log, struct tri_error *error)
{
    char *folder = NULL;
    *object = NULL;
    *log = NULL;
    if (tri_temporary_folder_make("kernel", &folder, error) != TRI_OK)
        return TRI_FAILED;
    const enum tri_status status = compile_in(folder, compiler, build, object, size, log, error);
    tri_temporary_folder_remove(folder);
    if (status != TRI_OK) {
        free(*log);
        *log = NULL;
    }
    return status;
}
