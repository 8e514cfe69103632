/* inputs.h -- the input files of `run`, including those in folders. */
#ifndef TRIPTYCH_CLI_INPUTS_H
#define TRIPTYCH_CLI_INPUTS_H

#include "triptych.h"

struct cli_input {
    char *path;
    bool video;
    const char *name; /* names the output in a folder: the file's name, or its path within the
                         folder given */
};

struct cli_inputs {
    struct cli_input *list;
    int count, videos; /* all, and how many of them are videos */
    int unread;        /* files and folders that could not be read, already reported */
    bool folders;      /* at least one operand was a folder */
};

/* Lists files as given, and those in folders recursively, in the order of their names. In folders,
 * hidden files, files without a known extension and the folder `except` (NULL: none) are skipped.
 * Release with cli_inputs_free. TRI_FAILED: a folder has no picture and no video. */
enum tri_status cli_inputs_find(char *const operands[], int count, const char *except,
                                struct cli_inputs *inputs, struct tri_error *error);
void cli_inputs_free(struct cli_inputs *inputs);

#endif
