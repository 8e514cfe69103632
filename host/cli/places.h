/* places.h -- the files that a command reads and writes: no output overwrites an input, and no two outputs are one file. */
#ifndef TRIPTYCH_CLI_PLACES_H
#define TRIPTYCH_CLI_PLACES_H

#include "triptych.h"

struct cli_place;

/* Begins as {.command = NAME}. Failures are kept until the check. */
struct cli_places {
    const char *command;
    struct cli_place *list;
    int count, room;
    struct tri_error error;
};

/* A file or a stream ("-"); NULL is none. What is no regular file may be named as often as one likes. `number`: an output
 * may replace the input of its own number, for that is what was asked for; 0: none. `option` is for messages, and NULL of an
 * input. Paths stay the caller's. */
void cli_places_input(struct cli_places *places, const char *path, int number);
void cli_places_output(struct cli_places *places, const char *option, const char *path, int number);
/* The same, but "frame-%04d.png" is all files of such names, with numbers of their own from 1 unless `number` is 0. */
void cli_places_numbered(struct cli_places *places, const char *option, const char *path, int number);

/* Compares them all, by device and inode where they are there, and ends the list. */
enum tri_status cli_places_check(struct cli_places *places, struct tri_error *error);

#endif
