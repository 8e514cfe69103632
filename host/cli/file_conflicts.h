/* file_conflicts.h -- compares the files that a command reads and writes: no output may overwrite
 * an input, and no two outputs may be the same file. */
#ifndef TRIPTYCH_CLI_FILE_CONFLICTS_H
#define TRIPTYCH_CLI_FILE_CONFLICTS_H

#include "triptych.h"

struct cli_place;

/* Initialize as {.command = NAME}. Failures are kept until cli_places_check. */
struct cli_places {
    const char *command;
    struct cli_place *list;
    int count, room;
    struct tri_error error;
};

/* Add a file or a stream ("-"); NULL adds nothing. Files that are not regular may be named any
 * number of times. An output may replace the input with the same `number`, since the user asked for
 * that (0: none). `option` is for messages, and NULL for an input. Paths are not copied. */
void cli_places_input(struct cli_places *places, const char *path, int number);
void cli_places_output(struct cli_places *places, const char *option, const char *path, int number);
/* Adds the files that parameters of a pipeline name, as inputs. */
void cli_places_pipeline(struct cli_places *places, const char *pipeline);
/* The same, but "frame-%04d.png" stands for all files of that pattern, which are numbered from 1
 * unless `number` is 0. */
void cli_places_numbered(struct cli_places *places, const char *option, const char *path,
                         int number);

/* Compares all of them, existing files by device and inode, and frees the list. */
enum tri_status cli_places_check(struct cli_places *places, struct tri_error *error);

#endif
