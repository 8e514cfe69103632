/* outputs.h -- where `run` writes: one file, a folder, or a numbered pattern. */
#ifndef TRIPTYCH_CLI_OUTPUTS_H
#define TRIPTYCH_CLI_OUTPUTS_H

#include "cli/inputs.h"

struct cli_outputs {
    char **paths; /* one for each input */
    int count;
    char *folder; /* to be made before the first is written, or NULL */
};

/* Finds the output path of each input; writes nothing. `format` may be NULL: by the extensions. TRI_USAGE
 * where two inputs would share an output, an output would replace another's input, or an extension says
 * nothing. Ends with cli_outputs_free. */
enum tri_status cli_outputs_plan(const char *target, const struct tri_format *format,
                                 const struct cli_input *inputs, int count, struct cli_outputs *outputs,
                                 struct tri_error *error);
void cli_outputs_free(struct cli_outputs *outputs);

/* Makes the folder, with those above it and those of the names within it. */
enum tri_status cli_outputs_begin(const struct cli_outputs *outputs, struct tri_error *error);

#endif
