/* inputs.h -- the files that `run` is given, those in folders included. */
#ifndef TRIPTYCH_CLI_INPUTS_H
#define TRIPTYCH_CLI_INPUTS_H

#include "triptych.h"

struct cli_input {
    char *path;
    bool video;
    const char *name; /* what an output in a folder is named for: the file's name, or its path in the folder given */
};

struct cli_inputs {
    struct cli_input *list;
    int count, videos; /* `videos` of the `count` */
    int unread;   /* what could not be looked into, which is told already */
    bool folders; /* one at least was a folder */
};

/* Files as given; folders are walked, with those in them, in the order of their names. There, files without a
 * known extension and hidden ones are passed over, and so is the folder `except` (NULL: none). Ends with
 * cli_inputs_free. TRI_FAILED: a folder holds no picture and no video. */
enum tri_status cli_inputs_find(char *const operands[], int count, const char *except, struct cli_inputs *inputs,
                                struct tri_error *error);
void cli_inputs_free(struct cli_inputs *inputs);

#endif
