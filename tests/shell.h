/* shell.h -- runs the program through a shell in a folder of its own, and compares its output. */
#ifndef TESTS_SHELL_H
#define TESTS_SHELL_H

#include <stdbool.h>

/* For CU_add_suite: make and remove the folder. $TRIPTYCH is the program, else build/triptych. */
int shell_begin(void);
int shell_end(void);

/* The path of `name` in the folder; valid until the next call. */
const char *shell_path(const char *name);

/* Runs `command` in the folder; $T names the program, $ROOT the folder where the tests started.
 * Captures its output. */
struct shell_result {
    int code; /* 128 plus the signal's number if a signal ended it */
    char out[1 << 18], err[1 << 16];
};
const struct shell_result *shell_run(const char *command);

/* Fails the running test unless `command` ends with `code` and gives exactly this on standard
 * output and error; a '*' matches anything. */
#define EXPECT(command, code, out, err) shell_expect(__FILE__, __LINE__, command, code, out, err)
void shell_expect(const char *file, int line, const char *command, int code, const char *out,
                  const char *err);

#endif
