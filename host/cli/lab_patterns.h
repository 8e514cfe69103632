/* lab_patterns.h -- triptych lab patterns, and lab pattern NAME. */
#ifndef TRIPTYCH_CLI_LAB_PATTERNS_H
#define TRIPTYCH_CLI_LAB_PATTERNS_H

#include "cli/option.h"
#include "cli/trace_output.h"

struct cli_lab_patterns {
    int workers;
    bool quick, source;
    const char *json, *store;
    struct cli_trace *trace;
};

/* Whether the operands are for this: they begin with "patterns" or "pattern". */
bool cli_is_lab_patterns(int count, char **operands);
/* Returns the exit code. */
int cli_lab_patterns(const struct cli_lab_patterns *request, int count, char **operands);
/* For completion. */
void cli_add_pattern_names(char words[CLI_WORDS_MAX]);

#endif
