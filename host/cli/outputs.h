/* outputs.h -- where `run` writes: one file, a folder, or a numbered pattern. */
#ifndef TRIPTYCH_CLI_OUTPUTS_H
#define TRIPTYCH_CLI_OUTPUTS_H

#include "cli/inputs.h"

struct cli_outputs {
    char **paths; /* one for each input */
    int count;
    char *folder;  /* to be created before the first file is written, or NULL */
    bool numbered; /* the paths come from a pattern, whose folder is to be created */
};

/* The format that --format names, if any: of pictures, or of videos only. */
struct cli_formats {
    const struct tri_format *picture;
    const char *video;
};

/* What else a command reads and writes; NULL: nothing. */
struct cli_more_files {
    const char *pipeline; /* whose parameters may name files */
    const char *with;     /* the file of --with */
    const char *trace;    /* where --trace writes */
    const char *data;     /* where --data writes */
    bool nowhere;         /* no pictures are written */
    const char *command;  /* for messages; NULL: "run" */
};

/* Determines the output path of each input, by extensions unless a format is given; writes nothing.
 * TRI_USAGE if two inputs would share an output, an
 * output would replace another's input, or an extension is unknown. Release with cli_outputs_free.
 */
enum tri_status cli_outputs_plan(const char *target, const struct cli_formats *formats,
                                 const struct cli_input *inputs, int count,
                                 const struct cli_more_files *more, struct cli_outputs *outputs,
                                 struct tri_error *error);
void cli_outputs_free(struct cli_outputs *outputs);

/* Creates the output folder, its parents, and the folders of names within it. */
enum tri_status cli_outputs_begin(const struct cli_outputs *outputs, struct tri_error *error);

bool cli_is_folder(const char *path); /* it exists as a folder, or the name ends in '/' */
/* Creates the folders of a numbered output such as "dir/frame-%04d.png". */
enum tri_status cli_make_parent(const char *path, struct tri_error *error);

#endif
