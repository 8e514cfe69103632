/* lab_quiz.h -- triptych lab --quiz: asks first, then measures and tells. */
#ifndef TRIPTYCH_CLI_LAB_QUIZ_H
#define TRIPTYCH_CLI_LAB_QUIZ_H

#include "cli/option.h"
#include "lab/lab.h"

struct cli_quiz {
    bool on;
    uint64_t seed;       /* 0: from the clock */
    const char *student; /* NULL: unknown */
};

extern const struct cli_option cli_quiz_options[];

/* Returns TRI_OK, or the exit code after reporting what does not fit. `other` is an option that
 * --quiz cannot go with, if one was given, else NULL. */
int cli_quiz_check(const struct cli_quiz *quiz, const char *other);

/* Returns the exit code. `json` is where to write the answers; NULL: nowhere. */
int cli_quiz_take(const struct cli_quiz *quiz, const struct tri_lab_experiment *const *experiments,
                  int count, const struct tri_lab_settings *settings, const char *json);

#endif
