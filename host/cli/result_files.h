/* result_files.h -- the files of results that a command's operands stand for. */
#ifndef TRIPTYCH_CLI_RESULT_FILES_H
#define TRIPTYCH_CLI_RESULT_FILES_H

#include "triptych.h"

struct cli_result_files {
    char **list;
    int count, room;
};

/* Initialize with {0}. A folder stands for the .json files in it, in the order of their names; all
 * else is taken as it is. TRI_FAILED: a folder cannot be read or has none, or no memory. */
enum tri_status cli_result_files_find(char *const operands[], int count,
                                      struct cli_result_files *paths, struct tri_error *error);
/* Reads a percentage for --fail-slower, "5%". Returns false after reporting that it is none. */
bool cli_slower_parse(const char *command, const char *text, double *share);
void cli_result_files_free(struct cli_result_files *paths);

#endif
