/* outputs.h -- where `run` writes: one file, a folder, or a numbered pattern. */
#ifndef TRIPTYCH_CLI_OUTPUTS_H
#define TRIPTYCH_CLI_OUTPUTS_H

#include "cli/inputs.h"

struct cli_outputs {
    char **paths; /* one for each input */
    int count;
    char *folder; /* to be made before the first is written, or NULL */
    bool numbered; /* the paths are those of a pattern, whose folder is to be made */
};

/* What --format names, if anything: a format of pictures, or of videos alone. */
struct cli_formats {
    const struct tri_format *picture;
    const char *video;
};

/* Finds the output path of each input; writes nothing. Without formats: by the extensions. TRI_USAGE
 * where two inputs would share an output, an output would replace another's input, or an extension says
 * nothing. Ends with cli_outputs_free. */
enum tri_status cli_outputs_plan(const char *target, const struct cli_formats *formats,
                                 const struct cli_input *inputs, int count, struct cli_outputs *outputs,
                                 struct tri_error *error);
void cli_outputs_free(struct cli_outputs *outputs);

/* Makes the folder, with those above it and those of the names within it. */
enum tri_status cli_outputs_begin(const struct cli_outputs *outputs, struct tri_error *error);

bool cli_is_folder(const char *path); /* there is one, or the name ends in '/' */
/* Makes the folders of a numbered output, as of "dir/frame-%04d.png". */
enum tri_status cli_make_parent(const char *path, struct tri_error *error);

#endif
